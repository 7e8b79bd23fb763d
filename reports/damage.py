"""What is silently another model: how, by how much, and where; worst first (pure)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from caniload.reports.groups import Example, example, present
from caniload.reports.planes import Planes
from caniload.reports.table import Table, firsts, grouped
from caniload.runner.core.judged import Verdict
from caniload.runner.core.judgedtable import Flags
from caniload.runner.core.outcomes import Outcome

WORDS = {
    "outputs": "outputs",
    "weights": "weights",
    "structure": "shape or structure",
    "signatures": "what it is called by",
    "trainable": "what is frozen",
    "training": "training step",
    "optimizer": "optimizer state",
    "settings": "settings",
}
"""Kinds of difference, those that reach a user first."""

KINDS = tuple(WORDS)


@dataclass(frozen=True, kw_only=True)
class Size:
    """The largest difference of one kind in one unit; ``size`` is ``None`` where it has none."""

    what: str
    size: float | None
    unit: str
    text: str

    @property
    def words(self) -> str:
        return WORDS.get(self.what, self.what)


@dataclass(frozen=True, kw_only=True)
class Damage:
    """One model in one format that differs in the same kinds, wherever it does."""

    model: str
    format: str
    sizes: tuple[Size, ...]
    cells: int
    upgrades: int
    save: tuple[str, ...]
    load: tuple[str, ...]
    example: Example


def damages(table: Table, grid: Planes) -> list[Damage]:
    """Group what is silently wrong by model, format and kinds, and sort it by its size."""
    rows = np.flatnonzero(table.counted & table.is_any([Outcome.DIFFERS]))
    of_each = (int(rows[place]) for place, _ in firsts(table.verdict[rows]))
    sizes = {int(table.verdict[row]): _sizes(table.said(row)) for row in of_each}
    known: dict[str, int] = {}
    kinds = np.zeros(len(table.cells.verdicts), dtype=np.int64)
    for code, found in sizes.items():
        words = ", ".join(f"{size.what} {size.unit}" for size in found)
        kinds[code] = known.setdefault(words, len(known))
    alike = (table.model[rows].astype(np.int64) * len(table.formats) + table.format[rows]) * (
        len(known) + 1
    ) + kinds[table.verdict[rows]]
    groups = sorted((rows[places] for places in grouped(alike)), key=lambda group: int(group[0]))
    return sorted((_damage(table, group, sizes, grid.older) for group in groups), key=_rank)


def _sizes(verdict: Verdict) -> tuple[Size, ...]:
    """Return the largest difference of each kind and unit, worst kind first.

    A share of a step's length and a loss are not to be compared, though both are of training.
    """
    largest: dict[tuple[str, str], Size] = {}
    for one in verdict.differences:
        size = None if one.get("size") is None else float(one["size"])
        found = Size(
            what=one["what"], size=size, unit=one.get("unit", ""), text=one.get("text") or ""
        )
        known = largest.get((found.what, found.unit))
        if known is None or _weight(found.size) > _weight(known.size):
            largest[found.what, found.unit] = found
    return tuple(sorted(largest.values(), key=lambda size: (_place(size.what), size.unit)))


def _place(what: str) -> int:
    return KINDS.index(what) if what in KINDS else len(KINDS)


def _weight(size: float | None) -> float:
    """Sort a size: not a number beats any number, and any number what cannot be counted."""
    return -1.0 if size is None else math.inf if math.isnan(size) else size


def _damage(
    table: Table,
    rows: npt.NDArray[np.intp],
    sizes: Mapping[int, tuple[Size, ...]],
    older: Flags,
) -> Damage:
    first = int(rows[0])
    kind, _, _, model = table.place(first)
    found = [sizes[table.verdict[rows[row]]] for row, _ in firsts(table.verdict[rows])]
    together = [_worst(column) for column in zip(*found, strict=True)]  # of one kind and unit
    save, load = table.save[rows], table.load[rows]
    return Damage(
        model=model,
        format=kind,
        sizes=tuple(together),
        cells=len(rows),
        upgrades=int((~older[save, load]).sum()),
        save=present(save, table.environments),
        load=present(load, table.environments),
        example=example(table, first),
    )


def _worst(sizes: Sequence[Size]) -> Size:
    return max(sizes, key=lambda size: _weight(size.size))


def _rank(one: Damage) -> tuple[int, str, float, int, str, str]:
    """Sort by the worst kind, then by its size in its unit, then by how often it happens."""
    worst = next(iter(one.sizes), Size(what="", size=None, unit="", text=""))
    return (_place(worst.what), worst.unit, -_weight(worst.size), -one.cells, one.model, one.format)
