"""`caniload ci` and action.yml: one comment, quiet where there is nothing to say, codes kept."""

from __future__ import annotations

import json
import re
import shutil
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import action_steps
import pytest
from hypothesis import given
from hypothesis import strategies as st
from model_files import EXAMPLES, INPUT, UNSIGNED, functional, hdf5, unsigned

from caniload.runner.ci import hosting, telling
from caniload.runner.ci.outcome import GRAVEST, Part, Report, gravest
from caniload.runner.commands.cli import main
from caniload.runner.core.sheet import Row
from caniload.runner.core.texts import clean

ROOT = Path(__file__).parents[2]
MATRIX = str(ROOT / "matrix.yaml")
GOOD, BAD, UNKNOWN = "text_3.keras", "text.h5", UNSIGNED
LAMBDA = {"class_name": "Lambda", "config": {"name": "out", "function": ["4wEA", None, None]}}


def put(name: str, project: Path) -> None:
    if name == UNKNOWN:
        unsigned(project)
    else:
        shutil.copy(EXAMPLES / name, project)


class Host(HTTPServer):
    """A host with the comments of one pull request, and what was asked of it."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answering)
        self.comments: list[dict[str, Any]] = [{"id": 1, "body": "nice"}]
        self.asked: list[str] = []
        self.refuses = False

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    @property
    def ours(self) -> list[str]:
        return [one["body"] for one in self.comments if "caniload" in one["body"]]


class Answering(BaseHTTPRequestHandler):
    server: Host

    def do_GET(self) -> None:
        page = int(self.path.partition("&page=")[2])
        self.answer(self.server.comments[(page - 1) * 100 : page * 100])

    def do_POST(self) -> None:
        self.server.comments.append({"id": len(self.server.comments) + 1, **self.read()})
        self.answer(self.server.comments[-1])

    def do_PATCH(self) -> None:
        number = int(self.path.rpartition("/")[2])
        found = next(one for one in self.server.comments if one["id"] == number)
        found.update(self.read())
        self.answer(found)

    def read(self) -> Any:
        return json.loads(self.rfile.read(int(self.headers["Content-Length"])))

    def answer(self, what: object) -> None:
        assert self.headers["Authorization"] == "Bearer a-token"
        self.server.asked.append(f"{self.command} {self.path.partition('?')[0]}")
        self.send_response(403 if self.server.refuses else 200)
        self.end_headers()
        self.wfile.write(json.dumps(what).encode())

    def log_message(self, format: str, *_: object) -> None:  # noqa: A002 - its name there
        """Say nothing."""


@pytest.fixture
def host() -> Iterator[Host]:
    with Host() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    monkeypatch.setenv("CANILOAD_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(folder)
    for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY", "GITHUB_EVENT_PATH"):
        monkeypatch.delenv(name, raising=False)
    return folder


def ask(*words: str) -> int:
    return main(["--matrix", MATRIX, "ci", ".", "--to", "tf-2.21", *words])


def pull(host: Host, folder: Path) -> dict[str, str]:
    event = folder / "event.json"
    event.write_text(json.dumps({"pull_request": {"number": 7}}))
    return {
        "GITHUB_API_URL": host.address,
        "GITHUB_REPOSITORY": "you/project",
        "GITHUB_TOKEN": "a-token",
        "GITHUB_EVENT_PATH": str(event),
    }


@pytest.mark.parametrize(
    ("models", "words", "told"),
    [
        ([GOOD], (), (0, "clean")),
        ([GOOD, BAD], (), (1, "needs action")),
        ([GOOD, UNKNOWN], (), (5, "not known")),
        ([GOOD, UNKNOWN], ("--lenient",), (0, "not known")),
        ([UNKNOWN, BAD], ("--lenient",), (1, "needs action")),
        (["lambda.h5"], ("--lenient",), (1, "needs action")),
        (["lambda.h5"], ("--lenient", "--fail-on", "never"), (0, "not known")),
        (["torn.h5", GOOD], ("--lenient",), (2, "cannot be read")),
        ([], (), (2, None)),
    ],
)
def test_the_gravest_of_all_questions_is_the_code(
    project: Path,
    monkeypatch: pytest.MonkeyPatch,
    models: list[str],
    words: tuple[str, ...],
    told: tuple[int, str | None],
) -> None:
    for name in models:
        if name == "lambda.h5":
            hdf5(project / name, functional(INPUT, LAMBDA))
        elif name == "torn.h5":
            (project / name).write_bytes((EXAMPLES / BAD).read_bytes()[:2000])
        else:
            put(name, project)
    code, verdict = told
    written = project.parent / "outputs"
    monkeypatch.setenv("GITHUB_OUTPUT", str(written))
    assert ask(*words) == code
    if verdict is not None:
        outputs = dict(line.split("=", 1) for line in written.read_text().splitlines())
        assert (outputs["verdict"], outputs["exit-code"]) == (verdict, str(code))
        assert ET.parse(outputs["junit"]).getroot().tag == "testsuites"  # noqa: S314 - ours
        assert json.loads(Path(outputs["sarif"]).read_text())["version"] == "2.1.0"
        assert Path(outputs["report"]).read_text().startswith("### ")


def test_one_comment_is_written_then_updated_and_says_when_all_is_well(
    project: Path, host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in pull(host, project.parent).items():
        monkeypatch.setenv(name, value)
    host.comments += [{"id": 2 + n, "body": f"a word {n}"} for n in range(120)]
    shutil.copy(EXAMPLES / GOOD, project)
    assert ask("--comment") == 0
    assert host.ours == []  # quiet: there is nothing to say, and nothing was said
    shutil.copy(EXAMPLES / BAD, project)
    assert ask("--comment") == 1
    (first,) = host.ours
    assert "text.h5" in first
    host.asked.clear()
    assert ask("--comment") == 1
    assert not any(one.startswith(("POST", "PATCH")) for one in host.asked)  # it says so already
    (project / BAD).unlink()
    assert ask("--comment") == 0
    (last,) = host.ours
    assert "1 model: nothing to do" in last
    assert ask("--comment", "--key", "other") == 0
    assert len(host.ours) == 1


def test_a_comment_that_is_refused_changes_no_answer(
    project: Path, host: Host, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in pull(host, project.parent).items():
        monkeypatch.setenv(name, value)
    host.refuses = True
    shutil.copy(EXAMPLES / BAD, project)
    assert ask("--comment") == 1
    assert "answers 403 " in capsys.readouterr().err
    monkeypatch.setenv("GITHUB_TOKEN", "")
    assert ask("--comment") == 1
    assert "GITHUB_TOKEN and GITHUB_REPOSITORY have to be set" in capsys.readouterr().err
    (project.parent / "event.json").write_text("{}")
    assert ask("--comment") == 1
    assert "no pull request here, so no comment" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("model", "inputs", "codes"),
    [
        (GOOD, {}, (0, 0)),
        (BAD, {}, (1, 1)),
        (BAD, {"fail": "false"}, (0, 1)),
        (UNKNOWN, {}, (0, 0)),
        (UNKNOWN, {"unknown": "fail"}, (5, 5)),
        (GOOD, {"to": "tf-9.9"}, (2, 2)),
        (BAD, {"models": "$(touch hacked)"}, (2, 2)),
    ],
)
def test_the_steps_of_the_action(
    project: Path, host: Host, model: str, inputs: dict[str, str], codes: tuple[int, int]
) -> None:
    """As a runner has them: bash with -e, in which an output after a failure would be lost."""
    put(model, project)
    temporary = project.parent / "runner"
    (temporary / "caniload" / "bin").mkdir(parents=True)
    shim = temporary / "caniload" / "bin" / "caniload"
    shim.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m caniload --matrix "{MATRIX}" "$@"\n')
    shim.chmod(0o755)
    given = {"models": ".", "to": "tf-2.21", **inputs}
    job = action_steps.run(project, temporary, given, pull(host, project.parent), ["install"])
    assert job.code == codes[0], job.said
    assert job.outputs["ask"]["exit-code"] == str(codes[1])
    told = inputs.get("to") != "tf-9.9"
    assert bool(job.summary) == told
    assert len(host.ours) == (told and codes[1] != 0)
    assert not (project / "hacked").exists()
    assert [one.partition("@")[0] for one, _ in job.used] == ["actions/setup-python"]


def test_findings_are_sent_where_that_is_wanted(project: Path) -> None:
    shutil.copy(EXAMPLES / GOOD, project)
    temporary = project.parent / "runner"
    (temporary / "caniload" / "bin").mkdir(parents=True)
    shim = temporary / "caniload" / "bin" / "caniload"
    shim.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m caniload --matrix "{MATRIX}" "$@"\n')
    shim.chmod(0o755)
    given = {"models": ".", "to": "tf-2.21", "sarif": "true", "comment": "false"}
    job = action_steps.run(project, temporary, given, {}, ["install"])
    name, with_what = job.used[-1]
    assert name.startswith("github/codeql-action/upload-sarif@")
    assert Path(with_what["sarif_file"]).is_file()


def test_the_action_says_what_its_steps_read() -> None:
    action = action_steps.read()
    text = (ROOT / "action.yml").read_text()
    for name in action["inputs"]:
        assert f"inputs.{name} " in text, name
    runs = [step["run"] for step in action["runs"]["steps"] if "run" in step]
    assert not [one for one in runs if "${{" in one]  # no input becomes a part of a script
    told = telling.outputs(Report(models=1, parts=()))
    for one in action["outputs"].values():
        name = one["value"].removeprefix("${{ steps.ask.outputs.").removesuffix(" }}")
        assert name in {*told, "report", "sarif", "junit"}


@given(st.lists(st.sampled_from(GRAVEST)))
def test_a_further_answer_never_makes_it_better(codes: list[int]) -> None:
    whole = gravest(codes)
    assert all(GRAVEST.index(whole) <= GRAVEST.index(one) for one in codes)
    assert whole == gravest(codes[::-1])


ROWS = st.builds(
    Row,
    about=st.text(max_size=300),
    where=st.text(max_size=20),
    word=st.text(max_size=20),
    said=st.text(),
    good=st.sampled_from([True, False, None]),
)


@given(st.lists(ROWS, max_size=200), st.text(max_size=40))
def test_whatever_models_say_the_comment_fits_and_begins_with_its_mark(
    rows: list[Row], key: str
) -> None:
    report = Report(models=1, parts=(Part(name="check", code=1, rows=tuple(rows)),))
    text = telling.comment(report, key)
    assert text.startswith(telling.marker(key))
    assert len(text) <= 65_536
    assert text.count("<!--") == 1
    assert len(telling.page(report).encode()) < 2**20


@given(st.text(), st.text())
def test_no_model_steers_a_terminal_or_a_page(sentence: str, path: str) -> None:
    row = Row(about=path, word="error", said=sentence, good=False)
    part = Part(name="check", code=1, rows=(row,), sentence=sentence)
    report = Report(models=1, parts=(part,))
    said = telling.sentence(report)
    assert "\n" not in said
    assert clean(said) == said
    assert telling.comment(report, "x").count("<!--") == 1
    assert not re.search(r"<(?!!--|/?details|/?summary)", telling.comment(report, "x"))


@given(st.lists(st.text(max_size=30)), st.text(min_size=1, max_size=30), st.booleans())
def test_there_is_never_a_second_comment(bodies: list[str], text: str, quiet: bool) -> None:  # noqa: FBT001
    mark = telling.marker("default")
    there: list[dict[str, Any]] = [{"id": n, "body": body} for n, body in enumerate(bodies)]
    for _ in range(2):
        step = hosting.decide(f"{mark}\n{text}", mark, there, quiet=quiet)
        if step.what == "create":
            there.append({"id": len(there), "body": step.text})
    assert sum(str(one["body"]).startswith(mark) for one in there) == (not quiet)
