"""How much a model differs where it is the same: by itself, and from one version to another."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

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


def by_model(table: pd.DataFrame) -> dict[str, tuple[Noise | None, Noise | None]]:
    """Return of each model its noise where saver and loader are one, and where they are two.

    Of cells that count, load, and are judged to be the same model.
    """
    rows = table[
        ~table["control"] & table["evidence"] & table["compared"] & table["outcome"].isin(SAME)
    ]
    rows = rows[rows["max_abs_diff"].notna()]
    own = rows["save"].astype("str") == rows["load"].astype("str")
    return {
        str(model): (_noise(group[own[group.index]]), _noise(group[~own[group.index]]))
        for model, group in rows.groupby("model", observed=True)
    }


def _noise(rows: pd.DataFrame) -> Noise | None:
    if rows.empty:
        return None
    worst = rows.sort_values("max_abs_diff").iloc[-1]
    return Noise(
        cells=len(rows),
        bit_identical=int((rows["max_abs_diff"] == 0).sum()),
        worst_absolute=float(worst["max_abs_diff"]),
        worst_relative=float(rows["max_rel_diff"].max()),
        pair=(str(worst["save"]), str(worst["load"])),
    )
