"""The catalogue: each entry is found by its own text, says what to do, and is found once."""

from __future__ import annotations

import re
from pathlib import Path
from re import _parser  # type: ignore[attr-defined]
from typing import Any

import pytest
from model_files import DENSE, INPUT, functional, hdf5
from verdict_facts import rule

from caniload.runner.checking import pricing
from caniload.runner.commands import cli
from caniload.runner.core import texts
from caniload.runner.core.errors import MatrixError
from caniload.runner.core.judged import CATEGORIES, CHANNELS, EXCEPTION, SEVERITIES
from caniload.runner.judging import catalogue
from caniload.runner.judging.catalogue import (
    ACTED_ON,
    FILE,
    Rule,
    match,
    match_raised,
    parse_catalogue,
    read_catalogue,
)
from caniload.runner.judging.verdict import cause

RULES = read_catalogue()
SAMPLES = {"CATEGORY_DIGIT": "7", "CATEGORY_SPACE": " ", "CATEGORY_WORD": "w"}
SAMPLES |= {"CATEGORY_NOT_SPACE": "x"}
MATRIX = str(Path(__file__).parents[2] / "matrix.yaml")
GOOD = """\
- id: one
  channels: [warnings, logging]
  pattern: 'no file \\w+'
  means: There is no such file.
  category: file-damaged
  severity: danger
  advice: Look for it.
  remedy: rename-file
- id: two
  channels: [exception]
  pattern: list index out of range
  traceback: in call
  means: There is no such item.
  category: training
  severity: info
  sources: [https://example.org]
  advice: Wait for it.
  remedy: nothing
"""


def sample(pattern: str) -> str:
    """Return the plainest text that a pattern matches."""
    return "".join(_text(item) for item in _parser.parse(pattern))


def _text(item: tuple[Any, Any]) -> str:  # noqa: PLR0911 - one for each kind of node
    kind, value = str(item[0]), item[1]
    match kind:
        case "LITERAL":
            return chr(value)
        case "ANY" | "NOT_LITERAL":
            return "x"
        case "IN":
            return _one_of(value)
        case "MAX_REPEAT" | "MIN_REPEAT":
            least, most, inner = value
            times: int = max(least, min(1, most))
            return "".join(map(_text, inner)) * times
        case "SUBPATTERN":
            return "".join(map(_text, value[3]))
        case "BRANCH":
            return "".join(map(_text, value[1][0]))
        case "AT" | "ASSERT" | "ASSERT_NOT":
            return ""
        case _:
            raise AssertionError(f"no sample for {kind}")


def _one_of(choices: list[tuple[Any, Any]]) -> str:
    kind, value = str(choices[0][0]), choices[0][1]
    if kind == "NEGATE":
        return "x"
    if kind == "CATEGORY":
        return SAMPLES.get(str(value), "x")
    first: int = value[0] if kind == "RANGE" else value
    return chr(first)


def found_by(one: Rule, text: str) -> Rule | None:
    """Match a text as what it is: something raised, ``Type: message``, or something said."""
    if not one.raised:
        return match(text, RULES)
    kind, _, message = text.partition(": ") if re.match(r"\w+: ", text) else ("E", "", text)
    traceback = sample(one.traceback.pattern) if one.traceback else ""
    return match_raised(kind, message, traceback, RULES)


def test_ids_are_unique() -> None:
    ids = [one.entry.id for one in RULES]
    assert len(ids) == len(set(ids)) > 250


@pytest.mark.parametrize("one", RULES, ids=lambda one: one.entry.id)
def test_an_entry_is_found_by_its_own_text(one: Rule) -> None:
    text = one.entry.example or sample(one.pattern.pattern)
    found = found_by(one, text)
    assert one.pattern.search(text)
    assert found is not None
    assert found.entry.id == one.entry.id, f"{found.entry.id} stands before it and takes its text"


def test_examples_are_as_they_are_matched() -> None:
    told = [one.entry.example for one in RULES if one.entry.example]
    assert len(told) > 140
    assert [texts.plain(text) for text in told] == told  # no path of a machine among them


def test_every_entry_can_be_acted_on() -> None:
    for entry in (one.entry for one in RULES):
        assert min(len(entry.advice), len(entry.means)) >= 10, entry.id
        assert entry.sources or not entry.cause or EXCEPTION in entry.channels


def test_every_word_that_there_is_is_used_and_told() -> None:
    """A word that no entry has any more goes; the head of the file tells of each."""
    assert {one.entry.severity for one in RULES} == {*SEVERITIES} > ACTED_ON
    assert {one.entry.category for one in RULES} == {*CATEGORIES}
    assert {name for one in RULES for name in one.entry.channels} == {*CHANNELS}
    head = FILE.read_text("utf-8").partition("\n- id")[0]
    told = {*re.findall(r"[a-z][a-z-]+[a-z]", head)}
    assert {*SEVERITIES, *CATEGORIES, *CHANNELS} <= told


def test_a_good_catalogue() -> None:
    one, two = parse_catalogue(GOOD)
    assert (one.said, one.raised, two.said, two.raised) == (True, False, False, True)
    assert two.traceback is not None


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("severity: danger", "severity: dangr", "6: [0].severity: 'dangr' is not one of noise, "),
        ("category: training", "category: train", "14: [1].category: 'train' is not one of back"),
        ("[warnings, logging]", "[warnings, logs]", "2: [0].channels[1]: 'logs' is not one of war"),
        ("[exception]", "exception", "10: [1].channels: is no list, or an empty one"),
        ("[exception]", "[]", "10: [1].channels: is no list, or an empty one"),
        ("remedy: rename-file", "remedy: rename it", "8: [0].remedy: 'rename it' is no word such"),
        ("remedy: rename-file", "remedy: 3", "8: [0].remedy: 3 is no text"),
        ("means: There is no such file.", "means:", "4: [0].means: None is no text"),
        ("  remedy: rename-file\n", "", "1: [0].remedy: is missing"),
        ("  pattern: list index out of range\n", "", "9: [1].pattern: is missing"),
        ("traceback: in", "traceback: (in", "12: [1].traceback: is no regular expression: "),
        ("'no file", "'(no file", "3: [0].pattern: is no regular expression: missing ), untermin"),
        ("  traceback:", "  trace:", "12: [1].trace: unknown key; the head of the file has the k"),
        ("id: two", "id: one", "9: [1].id: 'one' is the id of [0] too"),
        ("severity: info", "severity: info\n  severity: danger", "16: [1].severity: this key stan"),
        ("- id: two", "- two\n- id: two", "9: [1]: is no entry"),
        ("[exception]", "[exception", "11: not YAML: expected ',' or ']', but got ':'"),
        (GOOD, "schema: 1", "1: (the whole file): is no list of entries"),
        (GOOD, "", "1: (the whole file): is no list of entries"),
    ],
)
def test_mistakes_are_told_with_their_place(old: str, new: str, told: str) -> None:
    assert GOOD.count(old) == 1
    with pytest.raises(MatrixError) as refused:
        parse_catalogue(GOOD.replace(old, new))
    (line,) = str(refused.value).splitlines()
    assert line.startswith(f"catalogue.yaml:{told}")


def test_check_tells_it_before_anything_is_built(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CANILOAD_HOME", str(tmp_path / "home"))
    broken = tmp_path / FILE.name
    broken.write_text(GOOD.replace("severity: danger", "severity: dangr"), encoding="utf-8")
    monkeypatch.setattr(catalogue, "FILE", broken)
    monkeypatch.setattr(pricing, "resolve", lambda *_, **__: pytest.fail("it looks what to build"))
    read_catalogue.cache_clear()
    model = str(hdf5(tmp_path / "model.h5", functional(INPUT, DENSE)))
    try:
        code = cli.main(["--matrix", MATRIX, "check", model, "--to", "tf-2.21", "--run"])
    finally:
        read_catalogue.cache_clear()
    assert code == 2
    assert capsys.readouterr().err.startswith("caniload: catalogue.yaml:6: [0].severity: 'dangr'")


def test_no_pattern_takes_just_anything() -> None:
    texts_of_others = ["", "x", "ValueError: something is wrong", "a brand new message of 2031"]
    for text in texts_of_others:
        assert match(text, RULES) is None
        kind, _, message = text.partition(": ")
        assert match_raised(kind, message, "Traceback\nValueError", RULES) is None


def test_the_first_of_several_wins() -> None:
    rules = (rule("narrow", "old file", "c", "info"), rule("wide", "file", "c", "info"))
    found = [match(text, rules) for text in ("an old file", "a file", "nothing")]
    assert [one and one.entry.id for one in found] == ["narrow", "wide", None]


def test_what_is_raised_and_what_is_said_are_kept_apart() -> None:
    rules = (rule("said", "gone", "c", "info"), rule("raised", "gone", "c", "info", EXCEPTION))
    said, raised = match("gone", rules), match_raised("E", "gone", "", rules)
    assert said is not None
    assert raised is not None
    assert (said.entry.id, raised.entry.id) == ("said", "raised")


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("\x1b[1mno\x1b[0m  such\nlayer \udcff", r"E: no such layer \udcff"),
        ("at 0x7f00 in /tmp/a/b/model.keras", "E: at 0x… in <path>.keras"),
        ("outer config={'a': 1}\n\nException encountered: inner 'x'", "E: inner 'x'"),
        ("outer\n\nException encountered: ''", "E: outer Exception encountered: ''"),
        ("no 'A'. Full object config: {'groups': 1}", "E: no 'A'. Full object config: {…}"),
    ],
)
def test_texts_are_made_alike_before_they_are_matched(message: str, expected: str) -> None:
    assert texts.raised("E", message) == expected


@pytest.mark.parametrize(
    ("kind", "message", "expected"),
    [
        ("ValueError", "Unknown layer: Functional", "functional-unknown"),
        ("ValueError", "Unknown layer: 'TFOpLambda'. Please ensure", "tfoplambda-unknown"),
        ("ValueError", "Unknown layer: 'SlicingOpLambda'.", "tfoplambda-unknown"),
        ("ValueError", "Unknown layer: 'pkg>Mine'. Please", "custom-layer-unknown"),
        (
            "TypeError",
            (
                "Error when deserializing class 'DepthwiseConv2D' using config={'groups': 1}.\n\n"
                "Exception encountered: Unrecognized keyword arguments passed to DepthwiseConv2D: "
                "{'groups': 1}"
            ),
            "convolution-groups",
        ),
        (
            "ValueError",
            "Unrecognized keyword arguments passed to GRU: {'time_major': False}",
            "rnn-time-major",
        ),
        ("ValueError", "bad marshal data (unknown type code)", "lambda-marshal"),
        (
            "AttributeError",
            "'str' object has no attribute 'quantization_mode'",
            "quantization-mode-of-text",
        ),
        (
            "TypeError",
            "Could not locate class 'FloatDTypePolicy'. Make sure custom classes",
            "dtype-policy-unlocated",
        ),
        (
            "ValueError",
            "Shape mismatch in layer #0 (named gru)for weight gru/bias. Weight expects (2, 12)",
            "weight-shape-assign",
        ),
        ("TypeError", "'str' object is not callable", None),  # the traceback would tell
    ],
)
def test_known_breakages_are_named(kind: str, message: str, expected: str | None) -> None:
    error = {"type": kind, "message": message, "traceback": ""}
    assert cause(error, RULES) == expected
