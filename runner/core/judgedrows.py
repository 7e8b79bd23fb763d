"""Judged cells one by one -> columns, each distinct verdict once."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping
from dataclasses import fields, replace
from typing import Any

import numpy as np

from caniload.runner.core.cells import Cell
from caniload.runner.core.judged import Failure, JudgedCell, Shipped, Verdict
from caniload.runner.core.judgedtable import (
    NONE,
    Columns,
    Derived,
    File,
    JudgedTable,
    Names,
    Process,
    Verdicts,
    nothing,
)


def as_table(cells: Iterable[JudgedCell]) -> JudgedTable:
    """Return the cells as columns; a table is returned as it is."""
    if isinstance(cells, JudgedTable):
        return cells
    rows = Rows()
    for cell in cells:
        rows.append(cell)
    return rows.table()


class Rows:
    """Takes judged cells one by one, and holds each distinct verdict once."""

    def __init__(self) -> None:
        self._axes: tuple[dict[str, int], ...] = ({}, {}, {}, {}, {})
        self._files: dict[File, int] = {}
        self._processes: dict[Process, int] = {}
        self._repeats: dict[str, int] = {}
        self._derivations: dict[Derived, int] = {}
        self._shipments: dict[Any, tuple[int, Shipped]] = {}
        self._shipped: dict[int, int] = {}  # by the place of the cell: most runs have none
        self._verdicts = Verdicts()
        self._known: dict[int, int] = {}
        self._alike: dict[Any, int] = {}
        self._codes: dict[str, array[Any]] = {name: array(kind) for name, kind in _KINDS.items()}

    def append(self, cell: JudgedCell) -> None:
        """Take one judged cell; what reads alike becomes one verdict."""
        derived = cell.derived
        self.add(
            cell.cell,
            Verdict(**{name: getattr(cell, name) for name in _VERDICT}),
            file=File(cell.artifact, cell.artifact_sha256, cell.artifact_bytes),
            process=Process(cell.python, tuple(cell.variables.items())),
            solo=cell.solo,
            evidence=cell.evidence,
            repeatable=cell.repeatable,
            seconds=cell.seconds,
            control=cell.control,
            repeat=cell.repeat,
            derived=derived,
            shipped=cell.shipped,
        )

    def add(
        self,
        cell: Cell,
        verdict: Verdict,
        *,
        file: File,
        process: Process,
        solo: bool | None = None,
        evidence: bool = True,
        repeatable: bool = True,
        seconds: float | None = None,
        control: bool = False,
        repeat: str = "",
        derived: Mapping[str, str] | None = None,
        shipped: Shipped | None = None,
    ) -> None:
        """Take one cell; ``verdict`` is found fastest where it is the object that came before."""
        artifact = cell.artifact
        savers, models, formats, readers, damages = self._axes
        found = derived and Derived(derived["rule"], derived["from"])
        row: dict[str, float] = {
            "saver": _code(savers, artifact.saved_by),
            "model": _code(models, artifact.model),
            "format": _code(formats, artifact.format),
            "reader": _code(readers, cell.loaded_by),
            "damage": NONE if artifact.damage is None else _code(damages, artifact.damage),
            "file": _code(self._files, file),
            "process": _code(self._processes, process),
            "verdict": self._verdict(verdict),
            "repeat": _code(self._repeats, repeat),
            "derived": NONE if not found else _code(self._derivations, found),
            "solo": NONE if solo is None else solo,
            "control": control,
            "evidence": evidence,
            "repeatable": repeatable,
            "seconds": np.nan if seconds is None else seconds,
        }
        if shipped is not None:
            self._shipped[len(self._codes["saver"])] = self._shipment(shipped)
        for name, codes in self._codes.items():
            codes.append(row[name])

    def _shipment(self, shipped: Shipped) -> int:
        alike = shipped.source, _alike(shipped.verdict)
        return self._shipments.setdefault(alike, (len(self._shipments), shipped))[0]

    def _verdict(self, verdict: Verdict) -> int:
        code = self._known.get(id(verdict))
        if code is not None and self._verdicts[code] is verdict:
            return code
        alike = _alike(verdict)
        code = self._alike.setdefault(alike, len(self._verdicts))
        if code == len(self._verdicts):
            self._verdicts.append(verdict)
            self._known[id(verdict)] = code
        return code

    def table(self) -> JudgedTable:
        """Return what was taken so far."""
        savers, models, formats, readers, damages = map(tuple, self._axes)
        columns: dict[str, Any] = {
            name: np.frombuffer(codes, dtype=codes.typecode)
            if len(codes)
            else np.zeros(0, dtype=codes.typecode)
            for name, codes in self._codes.items()
        }
        for name in ("control", "evidence", "repeatable"):
            columns[name] = columns[name].view(bool)
        columns["shipped"] = nothing(len(columns["saver"]))
        if self._shipped:
            columns["shipped"] = columns["shipped"].copy()
            columns["shipped"][list(self._shipped)] = list(self._shipped.values())
        return JudgedTable(
            names=Names(
                savers=savers,
                models=models,
                formats=formats,
                readers=readers,
                damages=damages,
                files=tuple(self._files),
                processes=tuple(self._processes),
                repeats=tuple(self._repeats),
                derivations=tuple(self._derivations),
                shipments=tuple(one for _, one in self._shipments.values()),
            ),
            columns=Columns(**columns),
            verdicts=self._verdicts,
        )


class Shared:
    """Makes verdicts share the messages and texts that they have in common."""

    def __init__(self) -> None:
        self._known: dict[Any, Any] = {}

    def __call__(self, verdict: Verdict) -> Verdict:
        error, predicting = verdict.error, verdict.predicting
        return replace(
            verdict,
            predicting=predicting and self(predicting),
            error=error
            and Failure(**{name: self._one(text) for name, text in vars(error).items()}),
            messages=tuple(map(self._one, verdict.messages)),
            **{
                name: self._one(getattr(verdict, name)) for name in ("reason", "signature", "cause")
            },
        )

    def _one(self, value: Any) -> Any:
        return self._known.setdefault(value, value)


_KINDS = {
    **dict.fromkeys(("saver", "model", "format", "reader"), "h"),
    **dict.fromkeys(("file", "process", "verdict", "repeat", "derived"), "i"),
    **dict.fromkeys(("damage", "solo", "control", "evidence", "repeatable"), "b"),
    "seconds": "d",
}
_VERDICT = tuple(one.name for one in fields(Verdict))


def _code(known: dict[Any, int], value: Any) -> int:
    return known.setdefault(value, len(known))


def _alike(verdict: Verdict) -> object:
    """Return what is equal of verdicts that read alike; nan is not even equal to itself."""
    numbers = (verdict.max_abs_diff, verdict.max_rel_diff, verdict.max_ulp_diff)
    told = (verdict.outcome, verdict.reason, verdict.signature, verdict.cause)
    shown = repr((verdict.differences, numbers))
    predicting = verdict.predicting and _alike(verdict.predicting)
    return told, verdict.error, verdict.messages, shown, predicting
