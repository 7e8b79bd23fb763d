"""Judged matrix -> the one table, a row for each planned cell, from which all else is computed.

All grouping is done on codes; ``wide`` writes out what they stand for, of some rows at a time.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from caniload.reports.text import ingest, normalised
from caniload.reports.words import CODE
from caniload.runner.core.judged import JudgedMatrix, Message, Verdict
from caniload.runner.core.judgedtable import NONE, Codes, Flags, JudgedTable
from caniload.runner.core.outcomes import Outcome, Purpose

COLUMNS: dict[str, str] = {
    "id": "save environment / model.format / load environment",
    "save": "environment that saved the file",
    "model": "reference model",
    "format": "file format",
    "load": "environment that loads the file",
    "outcome": "the verdict for whoever goes on training: na, identical, tolerance, warning, "
    "workaround, error, crash, differs or untested; the columns below explain this one",
    "reason": "that verdict in one sentence",
    "predict_outcome": "the verdict for whoever only predicts, in the same words",
    "predict_reason": "the verdict for whoever only predicts, in one sentence",
    "signature": "groups cells that failed alike",
    "cause": "id of the catalogue's entry for what was raised or must be acted on",
    "error_type": "name of the exception's type",
    "error_message": "the exception's whole message",
    "error_phase": "import, build, save, load, predict or train",
    "error_traceback": "the exception's traceback",
    "warnings": "JSON list of the messages heard, each with channel, category, level, text, phase",
    "compared": "whether outputs were compared; true with an empty max_*_diff means not a number",
    "max_abs_diff": "largest absolute difference over all outputs",
    "max_rel_diff": "largest relative difference over all outputs",
    "max_ulp_diff": "largest difference in units in the last place",
    "differences": "JSON list of what differs, each with what, text, size, unit",
    "damage": "how a control file was spoilt after saving; empty for every other file",
    "control": "a control: not part of the matrix",
    "evidence": "false where a control failed, so that the cell proves nothing",
    "repeatable": "false where two runs of the cell disagreed",
    "solo": "whether the recorded run had a process to itself",
    "artifact": "where the saved file is kept",
    "artifact_sha256": "hash of the saved file",
    "artifact_bytes": "size of the saved file",
    "python": "interpreter that loaded it",
    "variables": "JSON object of the environment variables that were set",
    "seconds": "time that loading and comparing took",
    "repeat": "command that runs the cell again; empty where caniload reproduce with its id does",
    "derived": "same-content or refused-by-name where it was not run itself; else empty",
    "derived_from": "id of the cell that was run in its place",
    "shipped_outcome": "of a cell that is untested here: what shipped evidence says of it, for "
    "whoever goes on training; measured elsewhere, and counted nowhere",
    "shipped_predict_outcome": "the same for whoever only predicts",
    "shipped_reason": "that shipped verdict in one sentence",
    "shipped_source": "who measured it, until when and on what",
}
"""Every column with its meaning, in order; data.html prints this."""

_TYPES: dict[str, Any] = {
    "compared": "bool",
    **dict.fromkeys(("max_abs_diff", "max_rel_diff", "max_ulp_diff"), np.dtype(float)),
}

AT_HAND = 4_096
"""So many verdicts are kept spelt out at most, 5 KB each; neighbours share most of theirs."""

Place = tuple[str, str, str, str]
"""Format, saver, loader and model of a cell: what a link into the matrix is made of."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Table:
    """The judged cells in the order of the plan, with codes that are places in the matrix.

    ``control`` are the rows that are no part of the matrix; ``outcome`` is in the order of
    ``Outcome``, and ``beside`` that for the other purpose. What many rows share stands in
    ``cells.verdicts``, whose codes ``verdict`` holds.
    """

    environments: list[str]
    models: list[str]
    formats: list[str]
    cells: JudgedTable
    save: Codes
    model: Codes
    format: Codes
    load: Codes
    outcome: Codes
    beside: Codes
    purpose: Purpose = Purpose.TRAIN
    flattened: dict[int, tuple[Any, ...]] = field(default_factory=dict)
    kinds: dict[int, str] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.save)

    @property
    def verdict(self) -> Codes:
        return self.cells.columns.verdict

    @property
    def evidence(self) -> Flags:
        return self.cells.columns.evidence

    @property
    def repeatable(self) -> Flags:
        return self.cells.columns.repeatable

    @cached_property
    def control(self) -> Flags:
        spoilt: Flags = self.cells.columns.damage != NONE
        return self.cells.columns.control | spoilt

    @cached_property
    def counted(self) -> Flags:
        """Rows of the matrix that are evidence."""
        return ~self.control & self.evidence

    def is_any(self, outcomes: Iterable[Outcome]) -> Flags:
        found: Flags = np.isin(self.outcome, [CODE[one] for one in outcomes])
        return found

    def by_verdict(self, ask: Callable[[Verdict], Any], kind: Any) -> npt.NDArray[Any]:
        """Ask each distinct verdict once; the answers are by its code."""
        return np.array([ask(one) for one in self.cells.verdicts], dtype=kind)

    def take(self, rows: Any) -> Table:
        """Return some of the rows, by a mask or by their places."""
        names = ("save", "model", "format", "load", "outcome", "beside")
        codes = {name: getattr(self, name)[rows] for name in names}
        return replace(self, cells=self.cells.take(rows), **codes)

    def to_predict(self) -> Table:
        """Return the same rows with the verdicts for whoever only predicts."""
        return replace(
            self,
            cells=self.cells.to(Purpose.PREDICT),
            outcome=self.beside,
            beside=self.outcome,
            purpose=Purpose.PREDICT,
            flattened={},
            kinds={},
        )

    def place(self, row: int) -> Place:
        return (
            self.formats[self.format[row]],
            self.environments[self.save[row]],
            self.environments[self.load[row]],
            self.models[self.model[row]],
        )

    def said(self, row: int) -> Verdict:
        return self.cells.verdict(row)

    def raised(self, row: int) -> str:
        """Return what was raised in a row with names and numbers taken out; empty if nothing was.

        Once for each verdict: where a file lies makes no difference to it.
        """
        code = int(self.verdict[row])
        if code not in self.kinds:
            error = self.said(row).error
            kind = normalised(f"{error.type}: {error.message}") if error else ""
            self.kinds[code] = sys.intern(kind)
        return self.kinds[code]

    def id(self, row: int) -> str:
        return self.cells.id(row)

    def wide(self) -> pd.DataFrame:
        """Return a data frame with every column, each text as often as it is said.

        Of the table for whoever goes on training, whose verdicts have those for predicting.
        """
        return pd.DataFrame({**self._axes(), **self._told(), **self._own()})[list(COLUMNS)]

    def _axes(self) -> dict[str, Any]:
        names = {
            "save": self.environments,
            "model": self.models,
            "format": self.formats,
            "load": self.environments,
        }
        columns: dict[str, Any] = {
            "id": pd.array([self.id(row) for row in range(len(self))], dtype="str"),
            "outcome": _categorical(self.outcome, [outcome.value for outcome in Outcome]),
            "predict_outcome": _categorical(self.beside, [outcome.value for outcome in Outcome]),
        }
        return columns | {
            name: _categorical(getattr(self, name), order) for name, order in names.items()
        }

    def _told(self) -> dict[str, Any]:
        """Return what verdicts say; one that tells where a file lies is another for each file."""
        cells, files = self.cells, len(self.cells.names.files)
        file = np.where(cells.verdicts.marked[self.verdict], cells.columns.file, 0)
        told, back = np.unique(self.verdict.astype(np.int64) * files + file, return_inverse=True)
        rows = [self._flat(*divmod(int(one), files)) for one in told]
        columns = zip(*rows, strict=True) if rows else [()] * len(_FLAT)
        return {
            name: pd.array(list(column), dtype=_TYPES.get(name, "str")).take(back)
            for name, column in zip(_FLAT, columns, strict=True)
        }

    def _flat(self, verdict: int, file: int) -> tuple[Any, ...]:
        """Flatten a verdict, once where it is told of all files alike."""
        if self.cells.verdicts.marked[verdict]:
            return _flat(self.cells.told(verdict, file))
        if verdict not in self.flattened:
            if len(self.flattened) >= AT_HAND:
                self.flattened.clear()
            self.flattened[verdict] = _flat(self.cells.verdicts[verdict])
        return self.flattened[verdict]

    def _own(self) -> dict[str, Any]:
        """Return what is of each cell alone, and of its file and its loader."""
        names, columns = self.cells.names, self.cells.columns
        loaders = names.processes
        variables = [_json(dict(one.variables)) for one in loaders]
        return {
            "control": self.control,
            "evidence": columns.evidence,
            "repeatable": columns.repeatable,
            "solo": pd.arrays.BooleanArray(columns.solo == 1, columns.solo == NONE),
            "seconds": columns.seconds,
            "damage": _texts(names.damages, columns.damage),
            "artifact": _texts([one.path for one in names.files], columns.file),
            "artifact_sha256": _texts([one.sha256 for one in names.files], columns.file),
            "artifact_bytes": _texts([one.bytes for one in names.files], columns.file, "Int64"),
            "python": _texts([one.python for one in loaders], columns.process),
            "variables": _texts(variables, columns.process),
            "repeat": _texts(names.repeats, columns.repeat),
            "derived": _texts([one.rule for one in names.derivations], columns.derived),
            "derived_from": _texts([one.source for one in names.derivations], columns.derived),
        } | self._shipped()

    def _shipped(self) -> dict[str, Any]:
        """Return what shipped evidence says of cells without a result."""
        told, codes = self.cells.names.shipments, self.cells.columns.shipped
        predict = [one.verdict.to(Purpose.PREDICT).outcome.value for one in told]
        return {
            "shipped_outcome": _texts([one.verdict.outcome.value for one in told], codes),
            "shipped_predict_outcome": _texts(predict, codes),
            "shipped_reason": _texts([one.verdict.reason for one in told], codes),
            "shipped_source": _texts([one.source for one in told], codes),
        }


def frame(judged: JudgedMatrix, home: Path | None = None) -> pd.DataFrame:
    """Return every column; categories are in the order of the matrix."""
    return tabulate(judged, home).wide()


def tabulate(judged: JudgedMatrix, home: Path | None = None) -> Table:
    """Return the table, in the order of the plan."""
    matrix = ingest(judged, home)
    environments = _unique(environment.id for environment in matrix.environments)
    models = _unique(model.id for model in matrix.models)
    formats = _unique(known.id for known in matrix.formats)
    names, columns = matrix.cells.names, matrix.cells.columns
    train, predict = (
        np.array([CODE[one.to(what).outcome] for one in matrix.cells.verdicts], dtype=np.uint8)
        for what in (Purpose.TRAIN, Purpose.PREDICT)
    )
    return Table(
        environments=environments,
        models=models,
        formats=formats,
        cells=matrix.cells,
        save=_places(environments, names.savers)[columns.saver],
        model=_places(models, names.models)[columns.model],
        format=_places(formats, names.formats)[columns.format],
        load=_places(environments, names.readers)[columns.reader],
        outcome=train[columns.verdict],
        beside=predict[columns.verdict],
    )


def firsts(keys: npt.NDArray[Any]) -> Iterator[tuple[int, int]]:
    """Yield of each distinct key its first row and how many rows have it, in order of the rows."""
    _, rows, counts = np.unique(keys, return_index=True, return_counts=True)
    for place in np.argsort(rows):
        yield int(rows[place]), int(counts[place])


def grouped(keys: npt.NDArray[Any]) -> Iterator[npt.NDArray[np.intp]]:
    """Yield the rows of each distinct key, by the key's order; rows stay in theirs."""
    order = np.argsort(keys, kind="stable")
    bounds = np.flatnonzero(np.diff(keys[order])) + 1
    yield from (rows for rows in np.split(order, bounds) if len(rows))


def _unique(names: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(names))


def _places(order: list[str], names: Iterable[str]) -> Codes:
    """Return of each name its place in an order."""
    place = {name: n for n, name in enumerate(order)}
    return np.array([place.get(name, NONE) for name in names], dtype=np.int16)


def _categorical(codes: Codes, order: list[str]) -> Any:
    return pd.Categorical.from_codes(codes.tolist(), categories=pd.Index(order), ordered=True)


def _texts(values: Iterable[Any], codes: Codes, kind: Any = "str") -> Any:
    """Return for each row its value; the last stands for what there is none of."""
    return pd.array([*values, None], dtype=kind).take(codes)


_FLAT = (
    *("reason", "predict_reason", "signature", "cause"),
    *("error_type", "error_message", "error_phase"),
    *("error_traceback", "warnings", "compared", "max_abs_diff", "max_rel_diff"),
    *("max_ulp_diff", "differences"),
)


def _flat(judged: Verdict) -> tuple[Any, ...]:
    """Flatten one verdict, in the order of ``_FLAT``."""
    error = judged.error
    raised = (error.type, error.message, error.phase, error.traceback) if error else (None,) * 4
    return (
        *(judged.reason, judged.to(Purpose.PREDICT).reason, judged.signature, judged.cause),
        *raised,
        _messages(judged.messages),
        judged.max_abs_diff is not None,
        *map(_number, (judged.max_abs_diff, judged.max_rel_diff, judged.max_ulp_diff)),
        _json([dict(one) for one in judged.differences]) if judged.differences else "[]",
    )


@lru_cache(maxsize=1_024)
def _messages(messages: tuple[Message, ...]) -> str:
    return _json([vars(message) for message in messages])


def _number(value: float | None) -> float:
    return math.nan if value is None else value


def _json(value: Any) -> str:
    """Write plain data as text that compares equal when the data does; inf and nan as words."""
    return json.dumps(_finite(value), ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _finite(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return value
