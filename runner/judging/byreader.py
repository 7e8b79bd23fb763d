"""What was measured of a plan's cells, judged one loading environment after the other.

A store holds a reader's results together, and what many of its rows say alike is read and judged
once; a cell takes some twenty bytes.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np

from caniload.runner.core.cells import Artifact, Cell
from caniload.runner.core.judged import Verdict
from caniload.runner.evidence import lookup
from caniload.runner.evidence.known import Evidence, under_path
from caniload.runner.evidence.log import Record
from caniload.runner.judging import signatures

Judge = Callable[[Record, Cell, str], tuple[Verdict, bool]]
"""Returns a verdict, and whether it is that of all that says the same, of a path as long."""

Called = Callable[[Artifact], signatures.Signatures | None]
"""Returns by what a file is called where it was saved."""

NONE = -1


class Measured:
    """Of each cell of a plan its verdict, and what is its own; nothing where nothing was run."""

    def __init__(self, count: int) -> None:
        self._verdict = np.full(count, NONE, np.int32)
        self._solo = np.full(count, NONE, np.int8)
        self._repeatable = np.zeros(count, bool)
        self._seconds = np.full(count, np.nan)
        self._derived = np.full(count, NONE, np.int32)
        self._verdicts: list[Verdict] = []
        self._derivations: dict[str, int] = {}
        self.audited = 0

    def __len__(self) -> int:
        return len(self._verdict)

    def of(self, number: int) -> tuple[Verdict, dict[str, Any]] | None:
        """Return the verdict of a cell by its place in the plan, and what is its own."""
        code = self._verdict[number]
        if code == NONE:
            return None
        solo, derived, seconds = (
            column[number].item() for column in (self._solo, self._derived, self._seconds)
        )
        return self._verdicts[code], {
            "solo": None if solo == NONE else bool(solo),
            "repeatable": self._repeatable[number].item(),
            "seconds": None if np.isnan(seconds) else seconds,
            "derived": None if derived == NONE else self._told[derived],
        }

    def put(self, number: int, code: int, own: dict[str, Any], seconds: float) -> None:
        self._verdict[number] = code
        self._solo[number] = NONE if own["solo"] is None else own["solo"]
        self._repeatable[number] = own["repeatable"]
        self._seconds[number] = seconds

    def put_derived(self, number: int, text: str) -> None:
        self._derived[number] = self._derivations.setdefault(text, len(self._derivations))

    def code(self, verdict: Verdict) -> int:
        self._verdicts.append(verdict)
        return len(self._verdicts) - 1

    def read(self) -> None:
        """Read what was put of derivations, once all are there."""
        self._told = [json.loads(text) for text in self._derivations]


def own_of(record: Record) -> dict[str, Any]:
    """Return of a record what is its cell's own, and no part of the verdict."""
    return {
        "solo": record["solo"],
        "repeatable": record["batched"] is None,
        "seconds": record["seconds"],
        "derived": record.get("derived"),
    }


def by_reader(evidence: Evidence, judge: Judge, called: Called) -> Measured:
    """Judge all that the store has of a plan."""
    found = Measured(len(evidence.plan.cells))
    for reader in evidence.plan.cells.names.environments:
        _judge_reader(evidence, reader, found, judge, called)
    found.read()
    return found


def _judge_reader(
    evidence: Evidence, reader: str, into: Measured, judge: Judge, called: Called
) -> None:
    there = lookup.found(evidence, reader)
    ran = there.at >= 0
    rows, known = there.rows, {}
    shows: dict[int, bool] = {}  # whether what many say alike has signatures, which are compared
    derived, texts = rows.coded("derived")
    told = texts.to_pylist()
    for number, row in zip(there.cells[ran].tolist(), there.at[ran].tolist(), strict=True):
        cell = evidence.plan.cells[number]
        saved = evidence.saved(cell.artifact)
        assert saved is not None  # noqa: S101 - it has a key
        path = saved.file.path
        carries, precision = evidence.carries(cell), evidence.precision(cell)
        code, record = rows.codes[row].item(), None
        if code not in shows:
            record = rows.record(row)
            shows[code] = signatures.of(record) is not None
        was = json.dumps(called(cell.artifact), sort_keys=True) if shows[code] else ""
        kind = (code, carries, precision, len(path), was)
        if kind not in known:
            record = record or rows.record(row)
            if record["artifact"] != path:
                record = dict(under_path(record, path))
            verdict, is_of_all = judge(record, cell, path)
            found = into.code(verdict), own_of(record), "audit" in record
            if is_of_all:
                known[kind] = found
        else:
            found = known[kind]
        judged, own, audited = found
        into.audited += audited
        into.put(number, judged, own, rows.seconds[row].item())
        if derived[row] >= 0:
            into.put_derived(number, told[derived[row]])
