"""The folder as a whole: complete, the same every time, and harmless whatever the texts say."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import replace
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit
from xml.etree import ElementTree as ET

import pytest
from drawn import contents
from judged_example import ENTRIES, ENVIRONMENTS, HOSTILE, TRAINS_NO_MORE, example

from caniload.reports.aspects import aspects
from caniload.reports.folder import Folder
from caniload.reports.markdown import BUDGET, escaped, markdown
from caniload.reports.planes import planes
from caniload.reports.shards import shards
from caniload.reports.site import render
from caniload.reports.table import frame, tabulate
from caniload.reports.text import ingest
from caniload.reports.views import slugs, square_words
from caniload.reports.words import UNGIVEN, WORDS
from caniload.runner.core.judged import JudgedCell, JudgedMatrix
from caniload.runner.core.outcomes import Outcome

HOME = Path("/var/store/home")
ROOT = Path(__file__).parents[2]
SCRIPTS = {"index.html": 3, "train/index.html": 3}
VOID = {"meta", "link", "input", "img", "br"}


class Reader(HTMLParser):
    """What a browser would make of a page: its elements, attributes, ids, links and matrices."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.cells: list[str] = []
        self.data = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        if tag not in VOID:
            self.open.append(tag)
        if tag == "td" and re.match(r"o\d", dict(attrs).get("class") or ""):
            self.cells.append("")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open[-2:] == ["td", "span"] and self.cells:
            self.cells[-1] += data
        if self.open[-1:] == ["script"]:
            self.data += data

    def values(self, name: str) -> list[str]:
        return [value for _, known, value in self.attributes if known == name]


def read(page: bytes) -> Reader:
    reader = Reader()
    reader.feed(page.decode())
    reader.close()
    assert not reader.open
    return reader


SOURCES = {source for entry in ENTRIES for source in entry.sources}


@cache
def files() -> dict[str, bytes]:
    return contents(example(hostile=True), HOME)


def pages() -> list[str]:
    return [path for path in files() if path.endswith(".html")]


def test_equal_input_gives_equal_bytes() -> None:
    assert contents(example(hostile=True), HOME) == files()


def test_every_kind_of_page_is_there() -> None:
    known = {path.split("/")[0] for path in pages()}
    top = {"index", "environments", "warnings", "what-warnings", "failures", "data", "about"}
    top |= {"companions", "security"}
    assert known == {f"{name}.html" for name in top} | {"model", "from", "format", "train"}


def test_each_purpose_has_the_same_pages_and_each_leads_to_the_other() -> None:
    trained = {path.removeprefix("train/") for path in pages() if path.startswith("train/")}
    assert {"index.html", "failures.html"} < trained <= set(pages())
    for path in trained:
        for one, other in ((path, f"train/{path}"), (f"train/{path}", path)):
            reader = read(files()[one])
            up = "../" * one.count("/")
            assert f"{up}{other}" in reader.values("href")
            assert reader.values("data-purpose") == ["predict" if one == path else "train"]


@pytest.mark.parametrize("path", sorted(pages()))
def test_every_link_leads_somewhere(path: str) -> None:
    reader = read(files()[path])
    ids = reader.values("id")
    assert len(ids) == len(set(ids))
    for link in [*reader.values("href"), *reader.values("src")]:
        parts = urlsplit(link)
        assert parts.scheme in {"", "data"} or link in SOURCES, link
        if parts.scheme:
            continue
        folder = Path("/", path).parent
        target = str((folder / unquote(parts.path)).resolve())[1:] if parts.path else path
        assert target in files(), link
        if parts.fragment and "=" not in parts.fragment:
            assert parts.fragment in read(files()[target]).values("id"), link


@pytest.mark.parametrize("path", sorted(pages()))
def test_hostile_text_stays_text(path: str) -> None:
    text = files()[path].decode()
    reader = read(files()[path])
    assert [tag for tag in reader.tags if tag == "b"] == ["b"] * text.count("</b>")
    assert not [name for _, name, _ in reader.attributes if name.startswith("on")]
    assert not [name for _, name, _ in reader.attributes if name == "style"]
    scripts = [attributes for attributes in reader.attributes if attributes[0] == "script"]
    assert len([name for _, name, _ in scripts if name == "src"]) == SCRIPTS.get(path, 1)
    assert reader.tags.count("script") == (SCRIPTS[path] + 1 if path in SCRIPTS else 1)
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e]", text)


def test_the_machine_s_paths_do_not_leave_it() -> None:
    text = b"".join(files().values()).decode(errors="replace")
    assert "/var/store" not in text
    assert "$CANILOAD_HOME" in frame(example(), HOME)["artifact"].iloc[0]


def test_the_static_matrix_says_what_the_plane_holds() -> None:
    judged = ingest(example(hostile=True), HOME)
    whole = planes(tabulate(judged), judged)
    places = range(len(whole.environments))
    for tree, grid in (("train/", whole), ("", whole.turned)):
        for number, kind in enumerate(grid.formats):
            words = [
                square_words(grid.square(save, load, number), grid.purpose)
                for save in places
                for load in places
            ]
            assert read(files()[f"{tree}format/{kind.id}.html"]).cells == words


def test_the_first_page_stays_small() -> None:
    made = contents(example(environments=ENVIRONMENTS, models=18, formats=6), HOME)
    page = made["index.html"]
    assert len(page) <= 300 * 1024
    assert len(read(page).tags) <= 6_000
    assert all(len(content) <= 1024 * 1024 for path, content in made.items() if ".html" in path)
    assert max(len(made[path]) for path in made if path.startswith("data/")) <= 300 * 1024


def test_details_hold_every_cell_and_every_text(tmp_path: Path) -> None:
    judged = ingest(example(hostile=True), HOME)
    table = tabulate(judged)
    folder = Folder(tmp_path)
    found = shards(table, planes(table, judged), folder)
    matrix = table.take(~table.control).wide()
    assert len([name for name in found.pairs if name]) == len(judged.environments) ** 2
    assert sum(path.startswith("data/c/") for path in folder.files) <= len(found.pairs)
    assert matrix["error_traceback"].notna().any()
    assert found.texts


def test_the_manifest_names_every_other_file() -> None:
    manifest = json.loads(files()["manifest.json"])
    assert set(manifest["files"]) == set(files()) - {"manifest.json"}
    for path, entry in manifest["files"].items():
        assert entry["sha256"] == hashlib.sha256(files()[path]).hexdigest()


def test_the_summary_keeps_to_its_schema() -> None:
    summary, schema = (json.loads(files()[f"summary{end}.json"]) for end in ("", ".schema"))
    types = {"string": str, "integer": int, "object": dict, "array": list}
    assert set(schema["required"]) == set(summary) == set(schema["properties"])
    assert summary["schema_version"] == schema["properties"]["schema_version"]["const"]
    for name, rule in schema["properties"].items():
        if "type" in rule:
            assert isinstance(summary[name], types[rule["type"]]), name
    counts = schema["$defs"]["counts"]["required"]
    rule = schema["properties"]["purposes"]
    assert list(summary["purposes"]) == rule["required"]
    for one in (summary, *summary["purposes"].values()):
        for found in (one["outcomes"], one["upgrade"], *one["formats"].values()):
            assert list(found) == counts
    for one in summary["purposes"].values():
        assert set(one) == set(rule["additionalProperties"]["required"])
    assert {name: summary[name] for name in one} == one  # for whoever goes on training


def test_junit_has_a_case_for_each_pair_and_format() -> None:
    root = ET.fromstring(files()["junit.xml"])  # noqa: S314 - written by ourselves a moment ago
    judged = example()
    cases = root.findall("testsuite/testcase")
    names = [(case.get("classname"), case.get("name")) for case in cases]
    assert len(set(names)) == len(cases) == len(judged.environments) ** 2 * len(judged.formats)
    assert all(len(list(case)) <= 1 for case in cases)
    for suite in root:
        assert suite.get("tests") == str(len(suite))
        assert suite.get("failures") == str(len(suite.findall("testcase/failure")))
        assert suite.get("skipped") == str(len(suite.findall("testcase/skipped")))
    assert {node.get("type") for node in root.iter("failure")} == {"differs", "error"}


def test_junit_tells_by_default_what_fails_to_predict() -> None:
    model, kind = TRAINS_NO_MORE
    for end, told in (("", False), ("-train", True)):
        root = ET.fromstring(files()[f"junit{end}.xml"])  # noqa: S314 - as above
        case = root.find(
            f"testsuite[@name='compat.{kind}']/testcase[@name='load=tf-2.21']"
            f"[@classname='compat.{kind}.save_tf-2_15']"
        )
        assert case is not None
        assert (f"{model}: error" in "".join(case.itertext())) is told


def test_markdown_cannot_be_broken_out_of() -> None:
    text = files()["report.md"].decode()
    assert len(text.encode()) <= BUDGET
    assert "<script" not in text
    assert escaped("a|b `c` <d> @e *f*\ng") == "a\\|b \\`c\\` &lt;d&gt; @\u200be \\*f\\* g"


def test_an_overlong_markdown_says_what_it_leaves_out(monkeypatch: pytest.MonkeyPatch) -> None:
    matrix = ingest(example(), HOME)
    table = tabulate(matrix)
    monkeypatch.setattr("caniload.reports.markdown.BUDGET", 1_000)
    text = markdown(aspects(table, matrix), matrix)
    assert "more sections; see the full report" in text


def test_every_failure_names_the_command_that_repeats_it() -> None:
    page = files()["failures.html"].decode()
    commands = re.findall(r"<dt>Reproduce</dt><dd><code>(.*?)</code>", page, re.DOTALL)
    assert commands
    assert all(re.fullmatch(r"caniload reproduce \S+", command) for command in commands)


def test_badges_say_it_in_words() -> None:
    badge = json.loads(files()["badge/overall.json"])
    assert badge["schemaVersion"] == 1
    assert re.fullmatch(r"[\d,]+/[\d,]+ load unchanged, \d+ silently wrong", badge["message"])
    trained = json.loads(files()["badge/overall-train.json"])
    assert trained["label"] == f"{badge['label']}, to go on training"
    assert trained["message"] != badge["message"]
    picture = ET.fromstring(files()["badge/overall.svg"])  # noqa: S314 - as above
    assert picture.get("role") == "img"


def test_retry_lists_what_cannot_be_relied_on() -> None:
    table = frame(example(), HOME)
    listed = set(files()["retry.txt"].decode().split())
    missing = table[table["outcome"] == Outcome.UNTESTED]["id"]
    assert set(missing) <= listed
    assert set(table[~table["repeatable"]]["id"]) <= listed


def test_the_method_of_a_thinned_run_does_not_say_that_all_was_loaded() -> None:
    judged = example(formats=1, models=2)
    near = tuple(
        one for one in judged.cells if "tf-2.15" in (one.cell.loaded_by, one.cell.artifact.saved_by)
    )
    thin = contents(replace(judged, cells=near), HOME)["about.html"].decode()
    assert "loads every file" in contents(judged, HOME)["about.html"].decode()
    assert "loads some of the files (13 of 49 pairs of environments)" in thin


def test_an_outcome_that_no_verdict_gives_is_in_no_legend() -> None:
    """A zero beside it would look as if it had been measured."""
    judged = example(formats=1)
    without = tuple(
        replace(one, outcome=Outcome.ERROR) if one.outcome in UNGIVEN else one
        for one in judged.cells
    )
    pages = {
        name: content.decode()
        for name, content in contents(replace(judged, cells=without), HOME).items()
        if name.endswith((".html", "report.md"))
    }
    for outcome in UNGIVEN:
        told = f"</span> {WORDS[outcome].word}<", f"{WORDS[outcome].word} |", f'="{outcome.value}"'
        assert not [name for name, page in pages.items() if any(one in page for one in told)]
        given = contents(judged, HOME)
        assert told[0] in given["format/h5.html"].decode()
        assert told[1] in given["report.md"].decode()
        assert told[2] in given["index.html"].decode()


def test_no_verdict_gives_what_no_legend_names() -> None:
    given = "".join(
        (ROOT / "runner" / "judging" / f"{name}.py").read_text() for name in ("verdict", "assemble")
    )
    assert {one for one in Outcome if f"Outcome.{one.name}" not in given} == UNGIVEN


def hostile_names(judged: JudgedMatrix) -> JudgedMatrix:
    """Give a model and an environment names that no file may have."""
    name, place = f"../{HOSTILE}/x", "TF <2>/..\\"

    def renamed(environment: str) -> str:
        return place if environment == "tf-2.12" else environment

    def moved(cell: JudgedCell) -> JudgedCell:
        artifact = cell.cell.artifact
        artifact = replace(
            artifact,
            model=name if artifact.model == "lstm" else artifact.model,
            saved_by=renamed(artifact.saved_by),
        )
        loaded_by = renamed(cell.cell.loaded_by)
        return replace(cell, cell=replace(cell.cell, artifact=artifact, loaded_by=loaded_by))

    return replace(
        judged,
        models=tuple(
            replace(model, id=name if model.id == "lstm" else model.id) for model in judged.models
        ),
        environments=tuple(replace(one, id=renamed(one.id)) for one in judged.environments),
        cells=tuple(moved(cell) for cell in judged.cells),
    )


def test_hostile_names_neither_leave_the_folder_nor_the_page(tmp_path: Path) -> None:
    index, _ = render(hostile_names(example()), tmp_path / "report", HOME)
    made = [path.relative_to(tmp_path) for path in tmp_path.rglob("*.html")]
    assert all(path.parts[0] == "report" for path in made)
    assert all(re.fullmatch(r"[\w./-]+", str(path)) for path in made)
    reader = read(index.read_bytes())
    assert reader.tags.count("script") == SCRIPTS["index.html"] + 1
    assert reader.tags.count("img") == 1  # the badge
    assert json.loads(reader.data)["environments"]


def test_slugs_are_distinct() -> None:
    names = ["a", "A", "a/b", "a_b", "..", "é", ""]
    found = slugs(names)
    assert len(set(found.values())) == len(names)
    assert found["a"] == "a"
    assert all(re.fullmatch(r"[a-z0-9_-][a-z0-9._-]*", slug) for slug in found.values())


def test_a_lock_is_published_whole() -> None:
    judged = example()
    lock = "package==1.0 --hash=sha256:0\n" * 5_000
    first, *others = judged.environments
    made = contents(replace(judged, environments=(replace(first, lock_text=lock), *others)), HOME)[
        "environments.html"
    ].decode()
    assert lock in made


@pytest.mark.parametrize(
    "judged",
    [
        pytest.param(example(environments=("tf-2.15",), models=1, formats=1), id="controls only"),
        pytest.param(example(environments=("tf-2.15",), models=2, formats=1), id="one square"),
        pytest.param(replace(example(models=2), cells=()), id="nothing planned"),
    ],
)
def test_the_smallest_runs_have_a_report(judged: JudgedMatrix) -> None:
    made = contents(judged, HOME)
    assert read(made["index.html"]).cells
    ET.fromstring(made["junit.xml"])  # noqa: S314 - as above
