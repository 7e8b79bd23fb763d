"""The numbers at the top of everything: what the rows shown add up to (pure)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from caniload.reports import glossdata
from caniload.reports.answers import size
from caniload.reports.glossary import Glossary
from caniload.reports.groups import (
    Reason,
    failure_groups,
    shortened,
    untested_reasons,
    warning_groups,
)
from caniload.reports.planes import Planes
from caniload.reports.table import Table
from caniload.reports.text import CleanMatrix
from caniload.reports.words import ABSENT, CLEAN_CODES, CODE, ORDER, UNTESTED, WORDS, shown
from caniload.runner.core.judgedtable import NONE, Flags
from caniload.runner.core.outcomes import Outcome


@dataclass(frozen=True, kw_only=True)
class Figures:
    """Cells of the matrix by outcome: all, and those where the same or a newer version loads.

    Cells that a failed control makes worthless are in ``no_evidence`` and in no outcome. ``shown``
    are the outcomes that legends and totals name. ``derived`` cells were not run themselves.
    """

    planned: int
    shown: tuple[Outcome, ...]
    outcomes: dict[Outcome, int]
    upgrade: dict[Outcome, int]
    no_evidence: int
    not_repeatable: int
    controls: int
    controls_failed: int
    derived: int

    @property
    def tested(self) -> int:
        return _tested(self.outcomes)

    @property
    def upgrade_tested(self) -> int:
        return _tested(self.upgrade)

    @property
    def upgrade_clean(self) -> int:
        return sum(self.upgrade[ORDER[code]] for code in CLEAN_CODES)


def _tested(counts: Mapping[Outcome, int]) -> int:
    return sum(count for outcome, count in counts.items() if 0 < CODE[outcome] < UNTESTED)


def figures(table: Table, grid: Planes) -> Figures:
    """Count everything once."""
    counted = (grid.codes != ABSENT) & ~grid.no_evidence
    upward = counted & ~grid.older[:, :, None, None]
    checked = controls(table, grid)
    return Figures(
        planned=int((grid.codes != ABSENT).sum()),
        shown=shown(_by_outcome(grid, grid.codes != ABSENT)),
        outcomes=_by_outcome(grid, counted),
        upgrade=_by_outcome(grid, upward),
        no_evidence=int(grid.no_evidence.sum()),
        not_repeatable=int(grid.not_repeatable.sum()),
        controls=len(checked),
        controls_failed=sum(not one.passed for one in checked),
        derived=int((table.cells.columns.derived[~table.control] != NONE).sum()),
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


def headline(found: Figures) -> str:
    """One sentence for somebody who upgrades."""
    if not found.upgrade_tested:
        return _nothing(found)
    silent = found.upgrade[Outcome.DIFFERS]
    failing = found.upgrade[Outcome.ERROR] + found.upgrade[Outcome.CRASH]
    return (
        f"Of {found.upgrade_tested:,} times that a file was loaded by the same or a newer version, "
        f"it came back unchanged {found.upgrade_clean:,} times, failed plainly {failing:,} times, "
        f"and behaved differently without an error {silent:,} times."
    )


def _nothing(found: Figures) -> str:
    """Say why there is nothing to say: untested is one reason of several."""
    if found.tested:
        return "No result that counts is of the same or a newer version than saved the file."
    if found.no_evidence:
        return f"Nothing counts: a control failed, so {found.no_evidence:,} results prove nothing."
    if found.planned == found.outcomes[Outcome.NA] > 0:
        return "There was nothing to load: every cell is not applicable."
    return "Nothing has been tested yet."


@dataclass(frozen=True, kw_only=True)
class Summary:
    """A run in plain text; ``unnamed`` says which share without an entry is too large.

    ``untested`` and ``unproven`` cells, controls among them, are those that prove nothing.
    """

    lines: list[str]
    unnamed: list[str]
    untested: int
    unproven: int


def summary(
    table: Table, grid: Planes, found: Figures, known: Glossary, matrix: CleanMatrix
) -> Summary:
    """Sum a run up: what matters most to somebody who upgrades comes first."""
    lines = [headline(found)]
    lines += _silent_lines(table, found)
    lines += _cause_lines(table, found)
    lines += _warning_lines(table, found)
    lines += _untested_lines(untested_reasons(table), found)
    lines += glossdata.lines(known, matrix)
    lines += _derived_lines(found)
    lines += _control_lines(controls(table, grid), found)
    return Summary(
        lines=lines,
        unnamed=known.coverage.over(matrix.bounds),
        untested=int(table.is_any([Outcome.UNTESTED]).sum()),
        unproven=int((~table.evidence).sum()),
    )


def _silent_lines(table: Table, found: Figures) -> list[str]:
    count = found.outcomes[Outcome.DIFFERS]
    lines = ["", f"{WORDS[Outcome.DIFFERS].glyph} silently wrong: {count:,} cells"]
    groups = failure_groups(table, [Outcome.DIFFERS])
    for group in groups[:10]:
        worst = "" if group.largest is None else f", max |d| {size(group.largest)}"
        lines.append(f"  {group.cells:>6,}  {_line(group.signature)}{worst}")
        lines.append(f"          {shortened(group.models)}; e.g. {group.example.id}")
    return [*lines, *_more(len(groups), 10)]


def _cause_lines(table: Table, found: Figures) -> list[str]:
    outcomes = [Outcome.CRASH, Outcome.ERROR, Outcome.WORKAROUND]
    count = sum(found.outcomes[outcome] for outcome in outcomes)
    groups = failure_groups(table, outcomes)
    lines = [
        "",
        f"{WORDS[Outcome.ERROR].glyph} fail plainly: {count:,} cells, {len(groups):,} causes",
    ]
    for group in groups[:10]:
        word = WORDS[group.outcome].word.lower()
        lines.append(f"  {group.cells:>6,}  {word}: {_line(group.signature)}")
        lines.append(f"          loaded by {shortened(group.load)}; e.g. {group.example.id}")
    return [*lines, *_more(len(groups), 10)]


def _warning_lines(table: Table, found: Figures) -> list[str]:
    count = found.outcomes[Outcome.WARNING]
    loud = table.take(table.counted & table.is_any([Outcome.WARNING]))
    groups = [group for group in warning_groups(loud) if group.matters]
    groups.sort(key=lambda group: -group.cells)
    lines = ["", f"{WORDS[Outcome.WARNING].glyph} load with warnings to act on: {count:,} cells"]
    lines += [f"  {group.cells:>6,}  {group.category}: {_line(group.text)}" for group in groups[:5]]
    return [*lines, *_more(len(groups), 5)]


def _untested_lines(reasons: list[Reason], found: Figures) -> list[str]:
    count = found.outcomes[Outcome.UNTESTED]
    lines = [
        "",
        f"{WORDS[Outcome.UNTESTED].glyph} not tested: {count:,} of {found.planned:,} cells",
    ]
    lines += [f"  {reason.cells:>6,}  {_line(reason.text)}" for reason in reasons[:10]]
    return [*lines, *_more(len(reasons), 10)]


def _control_lines(checked: Sequence[Control], found: Figures) -> list[str]:
    lines = ["", f"controls: {found.controls:,} checked, {found.controls_failed:,} failed"]
    failed = [one for one in checked if not one.passed]
    lines += [
        f"          {one.id}: {one.outcome}, must be {must_be(one.damage)}" for one in failed[:10]
    ]
    if found.no_evidence:
        lines.append(f"  {found.no_evidence:>6,}  cells are no evidence because a control failed")
    if found.not_repeatable:
        lines.append(f"  {found.not_repeatable:>6,}  cells depend on the order in which they ran")
    return lines


def _derived_lines(found: Figures) -> list[str]:
    if not found.derived:
        return []
    return ["", f"{found.derived:,} of {found.planned:,} cells were derived, not run themselves"]


def _line(text: str, width: int = 150) -> str:
    """Return the first line of a text, cut to a width."""
    first = text.strip().splitlines()[0] if text.strip() else "(no message)"
    return first if len(first) <= width else f"{first[: width - 1]}…"


def _more(count: int, shown: int) -> list[str]:
    return [f"          and {count - shown:,} more; see the report"] if count > shown else []
