"""SARIF of every answer: what a reader needs is there, and nothing else can be.

What is looked for is what the schema of SARIF 2.1.0 asks of these objects: their properties, which
of them have to be there, and what a level may be.
"""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import unquote, urlsplit
from xml.etree import ElementTree as ET

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from transcripts import EXAMPLES

from caniload.runner.commands.cli import main
from caniload.runner.converting.outcome import Conversion, Verdict
from caniload.runner.converting.telling import as_row
from caniload.runner.core.sarif import Result, log, of_rows
from caniload.runner.core.sheet import Row
from caniload.runner.core.testcases import as_junit

PROPERTIES = {
    "log": ({"version", "runs"}, {"$schema"}),
    "run": ({"tool"}, {"results"}),
    "driver": ({"name"}, {"version", "rules"}),
    "rule": ({"id"}, {"shortDescription", "fullDescription", "properties"}),
    "result": (
        {"message"},
        {"ruleId", "ruleIndex", "level", "locations", "partialFingerprints", "suppressions"},
    ),
    "suppression": ({"kind"}, {"justification"}),
}


def shaped(kind: str, found: dict[str, Any]) -> dict[str, Any]:
    needed, more = PROPERTIES[kind]
    assert needed <= found.keys() <= needed | more
    return found


def results_of(found: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the results of a log after all of it was looked at."""
    assert shaped("log", found)["version"] == "2.1.0"
    (run,) = found["runs"]
    driver = shaped("driver", shaped("run", run)["tool"]["driver"])
    ids = [shaped("rule", rule)["id"] for rule in driver["rules"]]
    assert len({*ids}) == len(ids)
    assert all(rule[key]["text"] for rule in driver["rules"] for key in rule if "Desc" in key)
    for one in run["results"]:
        shaped("result", one)
        assert one["level"] in ("none", "note", "warning", "error")
        assert ids[one["ruleIndex"]] == one["ruleId"]
        assert isinstance(one["message"]["text"], str)
        (place,) = one["locations"]
        uri = place["physicalLocation"]["artifactLocation"]["uri"]
        assert re.fullmatch(r"[!-~]*", uri)
        assert urlsplit(uri).scheme in ("", "file")
        assert all(re.fullmatch("[0-9a-f]{64}", one) for one in one["partialFingerprints"].values())
        for each in one.get("suppressions", ()):
            assert shaped("suppression", each)["kind"] in ("inSource", "external")
    return list(run["results"])


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (
            [
                *("check", "text.h5", "text_3.keras", "scaled.h5", "labels.txt"),
                *("--to", "tf-2.21", "--custom", "my_layers.py"),
            ],
            {
                ("rnn-time-major", "warning"),
                ("outcome-untested", "note"),
                ("not-checked", "error"),
            },
        ),
        (["inspect", "text.h5", "labels.txt"], {("unreadable", "error")}),
        (["diff", "text_3.keras", "text_new.keras"], {("diff-different", "error")}),
        (["diff", "text.h5", "text.h5"], set()),
    ],
)
def test_what_is_wrong_is_a_result_by_a_name_that_stays(
    words: list[str],
    found: set[tuple[str, str]],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    monkeypatch.setenv("CANILOAD_HOME", str(tmp_path_factory.mktemp("home")))
    monkeypatch.chdir(EXAMPLES)
    main([*words, "--format", "sarif"])
    results = results_of(json.loads(capsys.readouterr().out))
    assert {(one["ruleId"], one["level"]) for one in results} == found


@pytest.mark.parametrize(
    ("verdict", "more", "told"),
    [
        (Verdict.DELIVERED, {}, []),
        (Verdict.REFUSED, {"reason": "no remedy"}, [("convert-refused", "error")]),
        (Verdict.INFERENCE, {"reason": "no layers"}, [("convert-inference", "error")]),
        (Verdict.REFUSED, {"needs_trust": True}, [("convert-refused", "note")]),
    ],
)
def test_a_conversion_is_one_result_or_none(
    verdict: Verdict, more: dict[str, Any], told: list[tuple[str, str]]
) -> None:
    one = Conversion(path="m.h5", target="there", verdict=verdict, **more)
    row = as_row(one, one.path, one.target)
    results = results_of(log(of_rows([row]), "1"))
    assert [(each["ruleId"], each["level"]) for each in results] == told
    (case,) = ET.fromstring(as_junit("convert", [row]).split("\n", 1)[1]).iter("testcase")  # noqa: S314
    assert {child.tag for child in case} == (
        {"skipped"} if row.good is None else set() if row.good else {"failure"}
    )


TEXT = st.text(max_size=50) | st.text(st.characters(categories=["Cs", "Cc", "Lu"]), max_size=5)
RESULTS = st.lists(
    st.builds(
        Result,
        rule=st.sampled_from(["a", "b", "c"]),
        level=st.sampled_from(["error", "warning", "note"]),
        text=TEXT,
        path=st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30),
        allowed=st.none() | TEXT,
    ),
    max_size=5,
)


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(RESULTS)
def test_whatever_is_found_a_reader_can_read_it(results: list[Result]) -> None:
    text = json.dumps(log(results, "1"))
    text.encode("ascii")
    found = results_of(json.loads(text))
    assert len(found) == len(results)
    order = ["error", "warning", "note"]
    assert [one["level"] for one in found] == sorted((o.level for o in results), key=order.index)


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
def test_a_place_is_the_path_again(path: str) -> None:
    row = Row(about=path, word="no", said="", good=False)
    (one,) = results_of(log(of_rows([row]), "1"))
    uri = one["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert unquote(uri.removeprefix("file://")) == path


def test_the_end_is_cut_where_a_host_would_cut() -> None:
    one = Result(rule="a", level="note", text="t", path="p")
    grave = Result(rule="b", level="error", text="t", path="p")
    found = results_of(log([one] * 6000 + [grave], "1"))
    assert (len(found), found[0]["ruleId"]) == (5000, "b")
