"""While a run goes on: which pairs of versions are done with (pure).

A pair is done when none of its cells waits to be run; what cannot be tested here waits for nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from caniload.reports.planes import Planes
from caniload.reports.table import Table
from caniload.reports.words import ABSENT
from caniload.runner.core.outcomes import NOT_RUN


@dataclass(frozen=True, kw_only=True)
class Loader:
    """The pairs of one loading environment, by the places of those that saved."""

    load: int
    done: tuple[int, ...]
    waiting: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class Pairs:
    """All pairs of a run; those of one loader stand together."""

    loaders: Sequence[Loader]

    @property
    def done(self) -> int:
        return sum(len(one.done) for one in self.loaders)

    @property
    def planned(self) -> int:
        return self.done + sum(len(one.waiting) for one in self.loaders)


def pairs(table: Table, grid: Planes) -> Pairs:
    """Find the pairs of the run, and which of them wait for something."""
    size = len(grid.environments)
    planned = (grid.codes != ABSENT).reshape(size, size, -1).any(axis=-1)
    waits = table.by_verdict(lambda one: one.reason == NOT_RUN, bool)[table.verdict]
    rows = waits & ~table.control
    waiting = np.zeros((size, size), dtype=bool)
    waiting[table.save[rows], table.load[rows]] = True
    found = []
    for load in range(size):
        asked = np.flatnonzero(planned[:, load])
        if len(asked):
            open_ones = waiting[asked, load]
            found.append(
                Loader(
                    load=load,
                    done=tuple(asked[~open_ones].tolist()),
                    waiting=tuple(asked[open_ones].tolist()),
                )
            )
    return Pairs(loaders=tuple(found))


def as_data(found: Pairs, grid: Planes) -> dict[str, Any]:
    """Return them by ids, for programs."""
    ids = [one.id for one in grid.environments]
    return {
        "planned": found.planned,
        "done": found.done,
        "loaders": [
            {
                "load": ids[one.load],
                "done": [ids[save] for save in one.done],
                "waiting": [ids[save] for save in one.waiting],
            }
            for one in found.loaders
        ],
    }
