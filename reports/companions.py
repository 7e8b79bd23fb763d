"""What a companion package alone is to blame for: twins, and where they part (pure)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pandas as pd

from caniload.reports.groups import Place
from caniload.reports.text import CleanMatrix
from caniload.reports.words import CODE, UNTESTED
from caniload.runner.core.judged import JudgedEnvironment
from caniload.runner.core.outcomes import Outcome

LOADS, SAVES = "loads", "saves"
_SIDES = {LOADS: "load", SAVES: "save"}


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


def pairs(table: pd.DataFrame, matrix: CleanMatrix) -> list[Pair]:
    """Compare every environment that has a twin in this report, in the order of the matrix."""
    environments = {one.id: one for one in matrix.environments}
    # What proves nothing elsewhere counts here: a control that fails in the twin alone is the find.
    # What comes out otherwise the next time, as a timeout may, is nobody's to blame for.
    tested = (table["outcome"].map(CODE).astype(int) < UNTESTED) & table["repeatable"]
    known = table[~table["control"] & tested]
    return [
        _pair(known, environments[one.twin], one)
        for one in matrix.environments
        if one.twin in environments
    ]


def _pair(table: pd.DataFrame, base: JudgedEnvironment, twin: JudgedEnvironment) -> Pair:
    sides = [_both(table, axis, base.id, twin.id) for axis in _SIDES.values()]
    return Pair(
        base=base,
        twin=twin,
        inside=_inside(base, twin),
        compared=sum(len(both) for both in sides),
        partings=[
            parting
            for side, both in zip(_SIDES, sides, strict=True)
            for parting in _partings(side, both)
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


def _both(table: pd.DataFrame, axis: str, base: str, twin: str) -> pd.DataFrame:
    """Return the cells that differ in one axis alone, side by side: ``_x`` of base, ``_y`` of twin.

    Cells whose other axis is one of the two are left out of the saving side: they are the loading
    side's, or compare two changes at once.
    """
    other = "save" if axis == "load" else "load"
    keys = ["model", "format", other]
    columns = [*keys, "outcome", "reason"]
    plain = table.astype(dict.fromkeys((*keys, axis, "outcome"), "str"))
    if axis == "save":
        plain = plain[~plain[other].isin([base, twin])]
    one, two = (plain.loc[plain[axis] == name, columns] for name in (base, twin))
    both = one.merge(two, on=keys)
    both[axis] = twin
    nowhere = (both["outcome_x"] == Outcome.NA) & (both["outcome_y"] == Outcome.NA)
    return both[~nowhere]


def _partings(side: str, both: pd.DataFrame) -> Iterator[Parting]:
    changed = both[both["outcome_x"] != both["outcome_y"]]
    groups = changed.groupby(["outcome_x", "outcome_y", "format"], sort=False)
    found = [_parting(side, rows.to_dict("records")) for _, rows in groups]
    yield from sorted(found, key=lambda one: (-max(CODE[one.was], CODE[one.now]), -one.cells))


def _parting(side: str, rows: list[dict[Any, Any]]) -> Parting:
    first = rows[0]
    return Parting(
        side=side,
        kind=first["format"],
        was=Outcome(first["outcome_x"]),
        now=Outcome(first["outcome_y"]),
        models=tuple(dict.fromkeys(row["model"] for row in rows)),
        cells=len(rows),
        example=(first["format"], first["save"], first["load"], first["model"]),
        reason=first["reason_y"],
        other_reason=first["reason_x"],
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
