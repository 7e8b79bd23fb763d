"""One answer in every format, coloured or not; and many models as a table."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from model_files import DENSE, INPUT, functional, hdf5

from caniload.runner.checking.answers import Answer, Basis, Checked
from caniload.runner.checking.describe import SIGNS, as_json
from caniload.runner.checking.sheets import as_table, rows, sentence
from caniload.runner.commands import cli
from caniload.runner.commands.grammar import parser
from caniload.runner.commands.showing import is_coloured, painted
from caniload.runner.core.outcomes import Outcome
from caniload.runner.core.sheet import Row, as_markdown
from caniload.runner.core.testcases import as_junit
from caniload.runner.core.texts import cleaned

ESCAPE = "\x1b[1mbold\x1b[0m\x1b]0;title\x07"


def _checked(path: str, *outcomes: Outcome, reason: str = "why") -> Checked:
    answers = tuple(
        Answer(
            environment=f"tf-{number}",
            label=f"TF {number}",
            stack="tf.keras",
            outcome=one,
            basis=Basis.UNKNOWN if one is Outcome.UNTESTED else Basis.FILE,
            reason=reason,
        )
        for number, one in enumerate(outcomes)
    )
    return Checked(path=path, answers=answers, format="h5")


ZOO = [
    _checked("good.h5", Outcome.IDENTICAL, Outcome.TOLERANCE),
    _checked("fails.h5", Outcome.IDENTICAL, Outcome.ERROR, reason="does not load: E: bad"),
    Checked(path="notes.txt", problem="a text", readable=False),
    _checked("unknown.h5", Outcome.UNTESTED, Outcome.UNTESTED),
    _checked("warns.h5", Outcome.WARNING, Outcome.WARNING),
    _checked("other.h5", Outcome.DIFFERS, Outcome.IDENTICAL),
    Checked(path="weights.h5", problem="weights only"),
]


def test_what_is_held_back_is_no_file_that_cannot_be_read() -> None:
    held = Checked(path="a.h5", problem="no sandbox holds here", readable=False, held_back=True)
    head, *_ = as_table([*ZOO[:3], held])
    assert head.startswith("Of 4 models 1 needs action, 1 cannot be read, 1 was not run, 1 stays")


def test_many_models_are_a_table_with_what_needs_action_first() -> None:
    head, *lines, last = as_table(ZOO)
    assert head == (
        "Of 7 models 3 need action, 1 cannot be read, 1 is not known, 1 is no whole model, 1 stays"
        " the same."
    )
    assert [line.split()[1] for line in lines] == [
        *("fails.h5", "other.h5", "warns.h5", "notes.txt", "unknown.h5", "weights.h5", "good.h5")
    ]
    assert [line.split()[0] for line in lines] == [*"✕≠!???✓"]
    assert "in TF 1 it does not load: E: bad" in lines[0]
    assert last.startswith("In full: -v")
    assert sentence(ZOO[:1]) == ""


def test_rows_are_cases_that_pass_fail_or_are_skipped() -> None:
    root = ET.fromstring(as_junit("caniload check", rows(ZOO)).partition("\n")[2])  # noqa: S314 - our own
    suites = {one.get("name"): one for one in root}
    assert list(suites) == [one.path for one in ZOO]
    counts = {name: (one.get("failures"), one.get("skipped")) for name, one in suites.items()}
    assert counts["good.h5"] == ("0", "0")
    assert counts["fails.h5"] == ("1", "0")
    assert counts["notes.txt"] == ("1", "0")
    assert counts["weights.h5"] == ("0", "1")
    assert counts["unknown.h5"] == ("0", "2")
    failure = suites["fails.h5"].find(".//failure")
    assert failure is not None
    assert str(failure.get("message")).startswith("✕ error: does not load: E: bad")


def test_texts_of_strangers_stay_text_in_every_format() -> None:
    hostile = f"a|b <b>x</b> @me {ESCAPE} \x00\ud800"
    row = Row(about=hostile, where="there", word="no", said=hostile, good=False)
    for text in (as_markdown("t", hostile, [row]), as_junit("t", [row])):
        assert "\x1b" not in text
        assert "<b>" not in text
        text.encode()
    ET.fromstring(as_junit("t", [row]).partition("\n")[2])  # noqa: S314 - our own
    (found,) = json.loads(as_json([_checked("m.h5", Outcome.ERROR, reason=ESCAPE)]))
    assert found["answers"][0]["reason"] == "bold"


def test_what_is_cleaned_keeps_its_numbers_and_has_no_escapes() -> None:
    given = {"a": [1, 2.5, True, None, float("nan"), ESCAPE], ESCAPE: Outcome.ERROR, "t": (1,)}
    assert cleaned(given) == {
        "a": [1, 2.5, True, None, "nan", "bold"],
        "bold": Outcome.ERROR,
        "t": [1],
    }


def test_json_of_an_inspection_has_no_escapes_but_its_own_path(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = functional(INPUT, DENSE)
    config["config"]["name"] = ESCAPE
    path = hdf5(tmp_path / "m.h5", config)
    assert cli.main(["inspect", str(path), "--json"]) == 0
    (found,) = json.loads(capsys.readouterr().out)
    assert (found["model_name"], found["path"], found["files"]) == ("bold", str(path), ["m.h5"])


@pytest.mark.parametrize("kind", ["text", "json", "markdown", "junit"])
def test_a_file_is_inspected_in_every_format(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], kind: str
) -> None:
    path = hdf5(tmp_path / "m.h5", functional(INPUT, DENSE))
    assert cli.main(["inspect", str(path), "--format", kind]) == 0
    said = capsys.readouterr().out
    begins = {"text": str(path), "json": "[", "markdown": "# caniload inspect", "junit": "<?xml"}
    assert said.startswith(begins[kind])
    assert cli.main(["diff", str(path), str(path), "--format", kind]) == 0
    assert capsys.readouterr().out


COMMANDS = {
    "inspect": ["m"],
    "diff": ["a", "b"],
    "check": ["m"],
    "upgrade": ["2.15", "2.21"],
    "convert": ["m", "--to", "2.21"],
    "bisect": ["m", "--good", "1", "--bad", "2"],
}
LISTS = {"plan": [], "releases": [], "constructors": ["Dense"], "env": ["list"]}


@pytest.mark.parametrize("name", [*COMMANDS, *LISTS])
def test_every_command_that_answers_has_formats_and_a_short_form(name: str) -> None:
    words = [name, *{**COMMANDS, **LISTS}[name]]
    read = parser.parser().parse_args
    usual = "markdown" if name == "upgrade" else "text"
    assert read(words).format == usual
    assert read([*words, "--json"]).format == "json"
    for kind in ("text", "json", *(("markdown", "junit", "sarif") if name in COMMANDS else ())):
        assert read([*words, "--format", kind]).format == kind


@pytest.mark.parametrize(
    ("when", "terminal", "variables", "coloured"),
    [
        ("auto", True, {}, True),
        ("auto", False, {}, False),
        ("auto", True, {"NO_COLOR": "1"}, False),
        ("auto", True, {"NO_COLOR": ""}, True),
        ("auto", True, {"TERM": "dumb"}, False),
        ("always", False, {"NO_COLOR": "1"}, True),
        ("never", True, {}, False),
    ],
)
def test_colour_is_asked_for_or_fits(
    monkeypatch: pytest.MonkeyPatch,
    when: str,
    terminal: bool,  # noqa: FBT001
    variables: dict[str, str],
    coloured: bool,  # noqa: FBT001
) -> None:
    for name in ("NO_COLOR", "TERM"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    answers: Callable[[], bool] = lambda: terminal  # noqa: E731
    monkeypatch.setattr("sys.stdout.isatty", answers, raising=False)
    assert is_coloured(when) is coloured


def test_only_signs_are_coloured() -> None:
    text = "    tf-2.15  ✕ error: not! a sign ! here"
    found = painted(text, SIGNS)
    assert found == "    tf-2.15  \x1b[31m✕\x1b[0m error: not! a sign ! here"
    assert painted("a ? not known", SIGNS) == "a ? not known"
