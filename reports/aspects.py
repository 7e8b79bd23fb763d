"""The matrix as it is for each purpose: its table, its planes and its numbers, counted once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from caniload.reports.figures import Figures, controls, figures
from caniload.reports.planes import Planes, planes
from caniload.reports.table import Table
from caniload.reports.text import CleanMatrix
from caniload.runner.core.outcomes import Purpose


@dataclass(frozen=True, kw_only=True)
class Aspect:
    """What is counted for one purpose."""

    table: Table
    grid: Planes
    figures: Figures

    @property
    def purpose(self) -> Purpose:
        return self.table.purpose


Aspects = Mapping[Purpose, Aspect]
"""By purpose, predicting first."""


def aspects(table: Table, matrix: CleanMatrix) -> Aspects:
    """Count for both purposes; whether a control failed is said once, by its whole verdict."""
    grid = planes(table, matrix)
    checked = controls(table, grid)
    pairs = ((table.to_predict(), grid.turned), (table, grid))
    return {
        rows.purpose: Aspect(table=rows, grid=plane, figures=figures(rows, plane, checked))
        for rows, plane in pairs
    }
