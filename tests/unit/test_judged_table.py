"""Judged cells as columns: every cell comes back as it was, and what repeats is held once."""

from __future__ import annotations

import json
import math
from dataclasses import fields, replace
from typing import Any

import numpy as np
import pytest
from judged_example import example

from caniload.runner.core.judged import JudgedCell, Verdict
from caniload.runner.core.judgedrows import Rows, Shared, as_table
from caniload.runner.core.judgedtable import MARK, File, JudgedTable, Process, keeps_marks, placed
from caniload.runner.core.outcomes import Outcome
from caniload.runner.judging.recorded import said


def plain(cell: Verdict) -> dict[str, Any]:
    """What a cell says; nan, which is not even equal to itself, as a word."""
    values = {one.name: getattr(cell, one.name) for one in fields(cell)}
    return {name: _plain(value) for name, value in values.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, Verdict):
        return plain(value)
    return "nan" if isinstance(value, float) and math.isnan(value) else value


def cells() -> list[JudgedCell]:
    found = list(example(hostile=True).cells)
    found[3] = replace(found[3], derived={"rule": "same-content", "from": found[0].cell.id})
    found[4] = replace(found[4], repeat="do it again", solo=None, python=None)
    return found


def test_cells_come_back_as_they_were() -> None:
    table = as_table(cells())
    assert [plain(one) for one in table] == [plain(one) for one in cells()]
    assert plain(table[-1]) == plain(cells()[-1])
    assert as_table(table) is table


def test_some_cells_are_a_table_of_their_own() -> None:
    table = as_table(cells())
    part = table[2:5]
    assert isinstance(part, JudgedTable)
    assert [plain(one) for one in part] == [plain(one) for one in cells()[2:5]]
    spoilt = table.take(table.columns.damage >= 0)
    assert {one.cell.artifact.damage for one in spoilt} == {"truncated", "empty"}


def test_what_reads_alike_is_held_once() -> None:
    table = as_table(cells())
    assert len(table.verdicts) < len(table) / 2
    assert len(table.names.files) < len(table)
    nan = Verdict(outcome=Outcome.DIFFERS, reason="", max_abs_diff=math.nan)
    rows = Rows()
    for cell in cells()[:2]:
        rows.add(cell.cell, replace(nan), file=File(), process=Process(None, ()))
    assert len(rows.table().verdicts) == 1


def test_nothing_at_all_is_a_table() -> None:
    table = as_table([])
    assert list(table) == []
    assert len(table.take(np.zeros(0, dtype=bool))) == 0


def test_verdicts_share_their_messages() -> None:
    shared = Shared()
    heard, other = (as_table(cells()).verdicts for _ in range(2))
    one, again = (next(told for told in verdicts if told.messages) for verdicts in (heard, other))
    assert one.messages[0] is not again.messages[0]
    assert shared(one).messages[0] is shared(again).messages[0]


RECORD = {
    "crash": None,
    "facts": {
        "error": {"type": "OSError", "message": "no a/b/h5-1 here", "phase": "load"},
        "seconds": {"load": 0.5},
        "cpu_seconds": 0.4,
    },
    "artifact": "a/b/h5-1",
    "seconds": 1.0,
}


@pytest.mark.parametrize(
    ("path", "text"),
    [("a/b/h5-1", f"no {MARK * 8} here"), ("c/d/h5-1", "no a/b/h5-1 here"), ("", "")],
)
def test_a_path_is_no_part_of_what_is_said(path: str, text: str) -> None:
    content, marked = said(RECORD, path)
    assert marked == (MARK in text)
    assert text in json.loads(content)["facts"]["error"]["message"]


def test_times_are_no_part_of_what_is_said() -> None:
    facts = {**RECORD["facts"], "seconds": {"load": 9.9}, "cpu_seconds": 7.0}  # type: ignore[dict-item]
    slower = {**RECORD, "facts": facts, "seconds": 99.0}
    assert said(slower, "a/b/h5-1") == said(RECORD, "a/b/h5-1")
    trained = {**RECORD, "facts": {**facts, "seconds": {"load": 9.9, "train": 1.0}}}
    assert said(trained, "a/b/h5-1") != said(RECORD, "a/b/h5-1")


def test_each_file_has_its_own_path_in_a_verdict_that_all_share() -> None:
    verdict = Verdict(
        outcome=Outcome.ERROR,
        reason=f"no {MARK * 9}/model.h5",
        differences=({"what": "outputs", "text": f"of {MARK * 9}", "size": 1.0},),
    )
    rows = Rows()
    for cell, path in zip(cells(), ("a/b/h5-01", "c/d/h5-02"), strict=False):
        file = File(f"/home/{path}/model.h5", "0", 1, path)
        rows.add(cell.cell, verdict, file=file, process=Process("python", ()))
    table = rows.table()
    assert len(table.verdicts) == 1
    assert [one.reason for one in table] == ["no a/b/h5-01/model.h5", "no c/d/h5-02/model.h5"]
    assert table[1].differences[0]["text"] == "of c/d/h5-02"


def test_a_mark_that_was_cut_is_noticed() -> None:
    whole = Verdict(outcome=Outcome.ERROR, reason=f"no {MARK * 9}, nor {MARK * 9}")
    assert keeps_marks(whole, 9)
    assert not keeps_marks(replace(whole, signature=MARK), 9)
    assert placed(whole, "a/b/h5-01").reason == "no a/b/h5-01, nor a/b/h5-01"
