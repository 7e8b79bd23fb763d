"""What a companion package alone is to blame for: twins, and where they part (pure)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from caniload.reports.planes import Planes
from caniload.reports.table import Place, Table, grouped
from caniload.reports.text import CleanMatrix
from caniload.reports.words import CODE, ORDER, UNTESTED
from caniload.runner.core.judged import JudgedEnvironment
from caniload.runner.core.judgedtable import Flags
from caniload.runner.core.outcomes import Outcome

LOADS, SAVES = "loads", "saves"
SAVE, LOAD = range(2)
_SIDES = {LOADS: LOAD, SAVES: SAVE}


@dataclass(frozen=True, kw_only=True)
class Parting:
    """Cells that differ in one environment of a pair, grouped by what became of them in both.

    ``side``: whether the two load the same file, or have saved the one that a third loads.
    ``example`` is a cell of the twin, ``reason`` what is said of it, ``other_reason`` of its
    counterpart.
    """

    side: str
    kind: str
    was: Outcome
    now: Outcome
    models: tuple[str, ...]
    cells: int
    example: Place
    reason: str
    other_reason: str


@dataclass(frozen=True, kw_only=True)
class Pair:
    """Two environments and what is not the same inside: {package: (version there, in the twin)}.

    ``compared`` counts the cells that both have a result for.
    """

    base: JudgedEnvironment
    twin: JudgedEnvironment
    inside: dict[str, tuple[str, str]]
    compared: int
    partings: list[Parting]

    @property
    def cells(self) -> int:
        return sum(parting.cells for parting in self.partings)


def pairs(table: Table, grid: Planes, matrix: CleanMatrix) -> list[Pair]:
    """Compare every environment that has a twin in this report, in the order of the matrix."""
    place = {one.id: n for n, one in enumerate(matrix.environments)}
    # What proves nothing elsewhere counts here: a control that fails in the twin alone is the find.
    # What comes out otherwise the next time, as a timeout may, is nobody's to blame for.
    tested = (table.outcome < UNTESTED) & table.repeatable
    known = np.append(tested, np.zeros(1, dtype=bool))[grid.rows]  # the last: no such row
    return [
        _pair(table, grid, known, place[one.twin], twin)
        for twin, one in enumerate(matrix.environments)
        if one.twin in place
    ]


def _pair(table: Table, grid: Planes, known: Flags, base: int, twin: int) -> Pair:
    sides = [_both(grid, known, axis, base, twin) for axis in _SIDES.values()]
    one, other = grid.environments[base], grid.environments[twin]
    return Pair(
        base=one,
        twin=other,
        inside=_inside(one, other),
        compared=sum(len(both) for both in sides),
        partings=[
            parting
            for side, both in zip(_SIDES, sides, strict=True)
            for parting in _partings(table, side, both)
        ],
    )


def _inside(base: JudgedEnvironment, twin: JudgedEnvironment) -> dict[str, tuple[str, str]]:
    """Compare what was found; nothing where one of them is not there to be asked."""
    if not base.packages or not twin.packages:
        return {}
    here, there = (
        {**one.packages, **one.variables, "python": one.versions.get("python", one.python)}
        for one in (base, twin)
    )
    names = sorted(here.keys() | there.keys())
    both = {name: (here.get(name, ""), there.get(name, "")) for name in names}
    return {name: versions for name, versions in both.items() if versions[0] != versions[1]}


Rows = npt.NDArray[np.int32]
"""Pairs of rows of the table: of a cell of the one, and of its counterpart in the twin."""


def _both(grid: Planes, known: Flags, axis: int, base: int, twin: int) -> Rows:
    """Return the cells that differ in one axis alone, in the order of the table.

    Cells whose other axis is one of the two are left out of the saving side: they are the loading
    side's, or compare two changes at once. So is what is not applicable in both.
    """
    one, two = (np.take(known, place, axis) for place in (base, twin))
    na = np.take(grid.codes, base, axis) + np.take(grid.codes, twin, axis) == 0
    there = one & two & ~na
    if axis == SAVE:
        there[[base, twin]] = False
    rows = [np.take(grid.rows, place, axis)[there] for place in (base, twin)]
    both = np.stack(rows, axis=1)
    return both[np.argsort(both[:, 0])]


def _partings(table: Table, side: str, both: Rows) -> Iterator[Parting]:
    was, now = table.outcome[both].T
    changed = both[was != now]
    alike = table.outcome[changed].astype(np.int64) @ [16, 1] * len(table.formats)
    groups = [changed[rows] for rows in grouped(alike + table.format[changed[:, 0]])]
    groups.sort(key=lambda rows: int(rows[0, 0]))
    found = [_parting(table, side, rows) for rows in groups]
    yield from sorted(found, key=lambda one: (-max(CODE[one.was], CODE[one.now]), -one.cells))


def _parting(table: Table, side: str, rows: Rows) -> Parting:
    was, now = (int(row) for row in rows[0])
    models = [table.models[code] for code in table.model[rows[:, 0]]]
    return Parting(
        side=side,
        kind=table.formats[table.format[was]],
        was=ORDER[table.outcome[was]],
        now=ORDER[table.outcome[now]],
        models=tuple(dict.fromkeys(models)),
        cells=len(rows),
        example=table.place(now),
        reason=table.said(now).reason,
        other_reason=table.said(was).reason,
    )


def exported(found: list[Pair]) -> list[dict[str, Any]]:
    """Return the numbers as summary.json holds them."""
    return [
        {
            "environment": pair.base.id,
            "twin": pair.twin.id,
            "inside": {name: list(versions) for name, versions in pair.inside.items()},
            "compared": pair.compared,
            "changed": pair.cells,
        }
        for pair in found
    ]
