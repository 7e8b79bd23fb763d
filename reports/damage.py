"""What is silently another model: how, by how much, and where; worst first (pure)."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from caniload.reports.groups import present
from caniload.reports.planes import Planes
from caniload.runner.core.outcomes import Outcome

WORDS = {
    "outputs": "outputs",
    "weights": "weights",
    "structure": "shape or structure",
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
    example: pd.Series


def damages(table: pd.DataFrame, grid: Planes) -> list[Damage]:
    """Group what is silently wrong by model, format and kinds, and sort it by its size."""
    rows = table[
        ~table["control"] & table["evidence"] & (table["outcome"] == Outcome.DIFFERS)
    ].copy()
    found = [_sizes(text) for text in rows["differences"]]
    rows["kinds"] = [", ".join(f"{size.what} {size.unit}" for size in sizes) for sizes in found]
    save, load = rows["save"].cat.codes.to_numpy(), rows["load"].cat.codes.to_numpy()
    rows["upgrade"] = ~grid.older[save, load]
    sizes = dict(zip(rows.index, found, strict=True))
    groups = rows.groupby(["model", "format", "kinds"], observed=True, sort=False)
    return sorted((_damage(group, sizes) for _, group in groups), key=_rank)


def _sizes(differences: str) -> tuple[Size, ...]:
    """Return the largest difference of each kind and unit, worst kind first.

    A share of a step's length and a loss are not to be compared, though both are of training.
    """
    largest: dict[tuple[str, str], Size] = {}
    for one in json.loads(differences):
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


def _damage(group: pd.DataFrame, sizes: Mapping[object, tuple[Size, ...]]) -> Damage:
    first = group.iloc[0]
    alike = zip(*(sizes[label] for label in group.index), strict=True)  # kind and unit
    together = [_worst(column) for column in alike]
    return Damage(
        model=str(first["model"]),
        format=str(first["format"]),
        sizes=tuple(together),
        cells=len(group),
        upgrades=int(group["upgrade"].sum()),
        save=present(group["save"]),
        load=present(group["load"]),
        example=first,
    )


def _worst(sizes: Sequence[Size]) -> Size:
    return max(sizes, key=lambda size: _weight(size.size))


def _rank(one: Damage) -> tuple[int, str, float, int, str, str]:
    """Sort by the worst kind, then by its size in its unit, then by how often it happens."""
    worst = next(iter(one.sizes), Size(what="", size=None, unit="", text=""))
    return (_place(worst.what), worst.unit, -_weight(worst.size), -one.cells, one.model, one.format)
