"""How much a model differs where it is the same: by itself, and from one version to another."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from caniload.reports.table import Table, grouped
from caniload.runner.core.outcomes import Outcome

SAME = (Outcome.IDENTICAL, Outcome.TOLERANCE, Outcome.WARNING)
"""Outcomes with outputs and weights within tolerance."""


@dataclass(frozen=True, kw_only=True)
class Noise:
    """Differences of outputs over some cells of one model; ``pair`` is where the largest was."""

    cells: int
    bit_identical: int
    worst_absolute: float
    worst_relative: float
    pair: tuple[str, str]


def by_model(table: Table) -> dict[str, tuple[Noise | None, Noise | None]]:
    """Return of each model its noise where saver and loader are one, and where they are two.

    Of cells that count, load, and are judged to be the same model.
    """
    size = table.by_verdict(lambda one: one.max_abs_diff, float)  # None is nan, as is no number
    rows = np.flatnonzero(table.counted & table.is_any(SAME) & ~np.isnan(size[table.verdict]))
    own = table.save[rows] == table.load[rows]
    found = {}
    for places in grouped(table.model[rows]):
        alone, across = places[own[places]], places[~own[places]]
        model = table.models[table.model[rows[places[0]]]]
        found[model] = (_noise(table, rows[alone]), _noise(table, rows[across]))
    return found


def _noise(table: Table, rows: npt.NDArray[np.intp]) -> Noise | None:
    if not len(rows):
        return None
    verdicts, back = np.unique(table.verdict[rows], return_inverse=True)
    found = [table.cells.verdicts[code] for code in verdicts]
    absolute = np.array([one.max_abs_diff for one in found], dtype=float)[back]
    relative = np.array([one.max_rel_diff for one in found], dtype=float)
    worst = int(rows[np.argsort(absolute)[-1]])
    _, save, load, _ = table.place(worst)
    return Noise(
        cells=len(rows),
        bit_identical=int((absolute == 0).sum()),
        worst_absolute=float(absolute.max()),
        worst_relative=float(np.nanmax(relative)) if not np.isnan(relative).all() else math.nan,
        pair=(save, load),
    )
