"""`inspect` in CI: what stops, what somebody allowed, and the same as SARIF."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import hidden_attacks
import pytest
import yaml
from model_files import DENSE, INPUT, functional, hdf5, keras_file

from caniload.runner.commands.cli import main
from caniload.runner.forensics import published
from caniload.runner.forensics.reading import inspect_here

LAMBDA = {"class_name": "Lambda", "config": {"name": "out", "function": ["4wEA", None, None]}}
VOCABULARY = {"class_name": "StringLookup", "config": {"name": "out", "vocabulary": "words.txt"}}


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    hdf5(tmp_path / "bad.h5", functional(INPUT, LAMBDA))
    hdf5(tmp_path / "odd.h5", functional(INPUT, VOCABULARY))
    hdf5(tmp_path / "good.h5", functional(INPUT, DENSE))
    return tmp_path


def allow(folder: Path, **more: Any) -> None:
    entry = {
        "sha256": hashlib.sha256((folder / "bad.h5").read_bytes()).hexdigest(),
        "finding": "bytecode",
        "reason": "ours, reviewed",
        **more,
    }
    lines = "".join(f"{key} = {json.dumps(value)}\n" for key, value in entry.items())
    (folder / "pyproject.toml").write_text(f"[[tool.caniload.allow]]\n{lines}")


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["good.h5"], 0),
        (["good.h5", "bad.h5"], 1),
        (["bad.h5", "--fail-on", "never"], 0),
        (["odd.h5"], 0),
        (["odd.h5", "--fail-on", "notice"], 1),
        (["odd.h5", "--fail-on", "unchecked"], 1),
        (["bad.h5", "nothing.h5"], 2),
    ],
)
def test_a_gate_closes(arguments: list[str], code: int) -> None:
    assert main(["inspect", *arguments]) == code
    assert main(["inspect", *arguments, "--json"]) == code
    assert main(["inspect", *arguments, "--format", "sarif"]) == code


@pytest.mark.parametrize("leads", ["elsewhere", "/"])
def test_what_lies_behind_a_link_is_neither_read_nor_in_a_baseline(here: Path, leads: str) -> None:
    """It may be as large as the machine, and another thing tomorrow."""
    model = hidden_attacks.with_link("", of_assets=True)(here / "made")
    if leads == "/":
        (model / "assets").unlink()
        (model / "assets").symlink_to("/")
    given = ["inspect", str(model)]
    assert main([*given, "--write-baseline", "base.json"]) == 0
    assert main([*given, "--baseline", "base.json"]) == 1
    assert json.loads((here / "base.json").read_text())["findings"] == []


def test_a_link_to_itself_is_told(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model = hidden_attacks.with_link("", of_assets=True)(here / "made")
    (model / "assets").unlink()
    (model / "assets").symlink_to(model / "assets")
    assert main(["inspect", str(model)]) == 2
    assert "Too many levels of symbolic links" in capsys.readouterr().out


def test_a_baseline_of_what_cannot_be_read_is_told(here: Path) -> None:
    (here / "odd.txt").write_text("no model")
    assert main(["inspect", "odd.txt", "bad.h5", "--write-baseline", "base.json"]) == 2
    assert json.loads((here / "base.json").read_text())["findings"]


def test_what_is_allowed_is_one_finding_of_one_file(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    allow(here)
    (here / "below").mkdir()
    assert main(["inspect", "bad.h5"]) == 0
    assert "allowed     bytecode: ours, reviewed" in capsys.readouterr().out
    allow(here, finding="pickle")
    assert main(["inspect", "bad.h5"]) == 1
    allow(here)
    hdf5(here / "bad.h5", functional(INPUT, LAMBDA), attributes={"keras_version": "2.5.0"})
    assert main(["inspect", "bad.h5"]) == 1


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[tool.caniload]\nfail_on = 'danger'", "has no key 'fail_on'; nearest: fail-on, "),
        ("[tool.caniload]\nfail-on = 'always'", "fail-on: invalid choice: 'always' (choose from "),
        ("[[tool.caniload.allow]]\nsha256 = 'a'", "sha256, finding and reason"),
        ("[tool.caniload]\nallow = 3", "sha256, finding and reason"),
        ("[tool", "cannot be read"),
    ],
)
def test_what_is_not_understood_is_told(
    here: Path, capsys: pytest.CaptureFixture[str], text: str, told: str
) -> None:
    (here / "pyproject.toml").write_text(text)
    assert main(["inspect", "good.h5"]) == 2
    assert told in capsys.readouterr().err


def test_the_project_says_from_where_on_it_stops(here: Path) -> None:
    (here / "pyproject.toml").write_text("[tool.caniload]\nfail-on = 'notice'")
    assert main(["inspect", "odd.h5"]) == 1
    assert main(["inspect", "odd.h5", "--fail-on", "danger"]) == 0


def test_a_baseline_keeps_what_was_there_and_nothing_else(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    both, strict = ["inspect", "bad.h5", "odd.h5"], ["--fail-on", "notice"]
    assert main([*both, *strict, "--write-baseline", "base.json"]) == 0
    assert main([*both, *strict, "--baseline", "base.json"]) == 0
    keras_file(here / "new.keras", functional(INPUT, LAMBDA))
    assert main([*both, "new.keras", *strict, "--baseline", "base.json"]) == 1
    (here / "base.json").write_text("{}")
    assert main([*both, "--baseline", "base.json"]) == 2
    assert "no baseline that can be read" in capsys.readouterr().err


def test_sarif_says_where_what_and_what_is_suppressed(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    allow(here)
    main(["inspect", "bad.h5", "odd.h5", "nothing.h5", "--format", "sarif"])
    log = json.loads(capsys.readouterr().out)
    (run,) = log["runs"]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    found = {
        one["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]: one
        for one in run["results"]
    }
    assert log["version"] == "2.1.0"
    assert {name: one["level"] for name, one in found.items()} == {
        "bad.h5": "error",
        "odd.h5": "warning",
        "nothing.h5": "error",
    }
    assert found["bad.h5"]["suppressions"][0]["justification"] == "ours, reviewed"
    assert "suppressions" not in found["odd.h5"]
    assert all(rules[one["ruleIndex"]] == one["ruleId"] for one in run["results"])
    assert "CVE-2025-9905" in next(
        rule["fullDescription"]["text"]
        for rule in run["tool"]["driver"]["rules"]
        if rule["id"] == "bytecode"
    )


def test_a_folder_is_known_by_all_of_its_files(tmp_path: Path) -> None:
    """The hash of a folder is that of the lines that sha256sum prints of what is in it."""
    from caniload.runner.forensics.gate import sha256_of  # noqa: PLC0415 - beside its one use

    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps(functional(INPUT, DENSE)))
    (folder / "metadata.json").write_text("{}")
    one = inspect_here(folder)
    first = sha256_of(folder, one)
    lines = "".join(
        f"{hashlib.sha256((folder / name).read_bytes()).hexdigest()}  {name}\n"
        for name in sorted(one.files)
    )
    assert first == hashlib.sha256(lines.encode()).hexdigest()
    (folder / "metadata.json").write_text("{ }")
    assert sha256_of(folder, one) != first


def test_every_kind_of_danger_in_the_list_of_advisories_is_one_that_is_found() -> None:
    room = Path(published.__file__).parent
    source = "".join(path.read_text("utf-8") for path in room.rglob("*.py"))
    for kind in yaml.safe_load((room / "advisories.yaml").read_text("utf-8")):
        assert published.advisories(kind)
        assert f'"{kind}"' in source, kind
