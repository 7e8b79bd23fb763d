"""The numbers at the top of everything: what the rows shown add up to (pure)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from caniload.reports.planes import Planes
from caniload.reports.table import Table
from caniload.reports.words import ABSENT, CLEAN_CODES, CODE, ORDER, UNTESTED, shown
from caniload.runner.core.judgedtable import NONE, Flags
from caniload.runner.core.outcomes import TO, Outcome, Purpose


@dataclass(frozen=True, kw_only=True)
class Figures:
    """Cells of the matrix by outcome for a purpose: all, and those that are upgrades.

    An upgrade is loaded by the same or a newer version than saved it.

    Cells that a failed control makes worthless are in ``no_evidence`` and in no outcome. ``shown``
    are the outcomes that legends and totals name. ``derived`` cells were not run themselves.
    ``shipped`` are figures of shipped evidence on cells without a result, in none of these.
    """

    purpose: Purpose
    planned: int
    shown: tuple[Outcome, ...]
    outcomes: dict[Outcome, int]
    upgrade: dict[Outcome, int]
    no_evidence: int
    not_repeatable: int
    controls: int
    controls_failed: int
    derived: int
    shipped: Figures | None = None

    @property
    def tested(self) -> int:
        return _tested(self.outcomes)

    @property
    def upgrade_tested(self) -> int:
        return _tested(self.upgrade)

    @property
    def upgrade_clean(self) -> int:
        return sum(self.upgrade[ORDER[code]] for code in CLEAN_CODES)

    @property
    def percent_clean(self) -> int:
        """Rounded down, so that 100 means every one."""
        return self.upgrade_clean * 100 // self.upgrade_tested


def _tested(counts: Mapping[Outcome, int]) -> int:
    return sum(count for outcome, count in counts.items() if 0 < CODE[outcome] < UNTESTED)


def figures(table: Table, grid: Planes, checked: Sequence[Control]) -> Figures:
    """Count everything once; ``checked`` are the controls that were decided."""
    return _counted(
        grid,
        controls=len(checked),
        controls_failed=sum(not one.passed for one in checked),
        derived=int((table.cells.columns.derived[~table.control] != NONE).sum()),
        shipped=_counted(grid.shipped) if grid.shipped else None,
    )


def _counted(
    grid: Planes,
    *,
    controls: int = 0,
    controls_failed: int = 0,
    derived: int = 0,
    shipped: Figures | None = None,
) -> Figures:
    counted = (grid.codes != ABSENT) & ~grid.no_evidence
    upward = counted & ~grid.older[:, :, None, None]
    return Figures(
        purpose=grid.purpose,
        planned=int((grid.codes != ABSENT).sum()),
        shown=shown(_by_outcome(grid, grid.codes != ABSENT)),
        outcomes=_by_outcome(grid, counted),
        upgrade=_by_outcome(grid, upward),
        no_evidence=int(grid.no_evidence.sum()),
        not_repeatable=int(grid.not_repeatable.sum()),
        controls=controls,
        controls_failed=controls_failed,
        derived=derived,
        shipped=shipped,
    )


def _by_outcome(grid: Planes, where: Flags) -> dict[Outcome, int]:
    codes = grid.codes[where]
    return {outcome: int((codes == CODE[outcome]).sum()) for outcome in ORDER}


@dataclass(frozen=True, kw_only=True)
class Control:
    """A control that was decided; ``damage`` is how its file was spoilt, if it was."""

    id: str
    load: str
    format: str
    damage: str | None
    outcome: Outcome
    passed: bool


def controls(table: Table, grid: Planes) -> list[Control]:
    """Pick the controls that were decided, each with whether it came out as it must.

    A damaged file must be an error or a crash; any other control must be identical where the
    environment that saved it loads it. What is not applicable or has no result is not listed.
    """
    models = [table.models.index(model.id) for model in grid.models if model.control]
    control = table.control | np.isin(table.model, models)
    told = (table.cells.columns.damage != NONE) | (table.save == table.load)
    decided = ~table.is_any([Outcome.NA, Outcome.UNTESTED])
    return [_control(table, int(row)) for row in np.flatnonzero(control & told & decided)]


def _control(table: Table, row: int) -> Control:
    kind, _, load, _ = table.place(row)
    cell, outcome = table.cells.where(row), ORDER[table.outcome[row]]
    damage = cell.artifact.damage
    refused = outcome in (Outcome.ERROR, Outcome.CRASH)
    return Control(
        id=cell.id,
        load=load,
        format=kind,
        damage=damage,
        outcome=outcome,
        passed=outcome is Outcome.IDENTICAL if damage is None else refused,
    )


def must_be(damage: str | None) -> str:
    """Say how a control must come out; ``damage`` is ``None`` unless its file was spoilt."""
    return "an error" if damage else "identical"


def headlines(found: Iterable[Figures]) -> list[str]:
    """Say it for each purpose; where there is nothing to say, once.

    What shipped evidence says comes after, apart and named.
    """
    counted = list(found)
    told = [headline(one) for one in counted]
    shipped = [one.shipped for one in counted if one.shipped]
    told += [
        f"Shipped evidence on {one.planned:,} cells, not measured here. {headline(one)}"
        for one in shipped
    ]
    return list(dict.fromkeys(told))


def headline(found: Figures) -> str:
    """One sentence for somebody who upgrades, for one purpose."""
    if not found.upgrade_tested:
        return _nothing(found)
    silent = found.upgrade[Outcome.DIFFERS]
    failing = found.upgrade[Outcome.ERROR] + found.upgrade[Outcome.CRASH]
    came_back, otherwise = _COMES_BACK[found.purpose]
    to = TO[found.purpose]
    return (
        f"{to[0].upper()}{to[1:]}: of {found.upgrade_tested:,} times that a file was loaded by the "
        f"same or a newer version, it came back {came_back} {_times(found.upgrade_clean)} "
        f"({found.percent_clean} %), failed plainly {_times(failing)}, and {otherwise} without an "
        f"error {_times(silent)}."
    )


def _times(count: int) -> str:
    return f"{count:,} {'time' if count == 1 else 'times'}"


_COMES_BACK = {
    Purpose.PREDICT: ("as the same model", "was another model"),
    Purpose.TRAIN: ("with all that its format keeps", "was or trained otherwise"),
}


def _nothing(found: Figures) -> str:
    """Say why there is nothing to say: untested is one reason of several."""
    if found.tested:
        return "No result that counts is of the same or a newer version than saved the file."
    if found.no_evidence:
        return f"Nothing counts: a control failed, so {found.no_evidence:,} results prove nothing."
    if found.planned == found.outcomes[Outcome.NA] > 0:
        return "There was nothing to load: every cell is not applicable."
    return "Nothing has been tested yet."
