"""A run in plain lines: what is told on a terminal when a report was drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from caniload.reports import glossdata
from caniload.reports.answers import size
from caniload.reports.aspects import Aspect, Aspects
from caniload.reports.figures import Control, Figures, controls, headlines, must_be
from caniload.reports.glossary import Glossary
from caniload.reports.groups import (
    PROBLEM_ORDER,
    Reason,
    failure_groups,
    shortened,
    untested_reasons,
    warning_groups,
)
from caniload.reports.text import CleanMatrix
from caniload.reports.words import WORDS
from caniload.runner.core.outcomes import TO, Outcome, Purpose


@dataclass(frozen=True, kw_only=True)
class Summary:
    """A run in plain text; ``unnamed`` says which share without an entry is too large.

    ``untested`` and ``unproven`` cells, controls among them, are those that prove nothing.
    """

    lines: list[str]
    unnamed: list[str]
    untested: int
    unproven: int


def summary(seen: Aspects, known: Glossary, matrix: CleanMatrix) -> Summary:
    """Sum a run up: what matters most to somebody who upgrades and predicts comes first."""
    whole, only = seen[Purpose.TRAIN], seen[Purpose.PREDICT]
    table, found = whole.table, whole.figures
    lines = headlines(one.figures for one in seen.values())
    lines += ["", f"{TO[Purpose.PREDICT]}:"]
    lines += _silent_lines(only)
    lines += _cause_lines(only)
    lines += _warning_lines(only)
    lines += _training_lines(whole)
    lines += _untested_lines(untested_reasons(table), found)
    lines += glossdata.lines(known, matrix)
    lines += _shipped_lines(found, matrix)
    lines += _derived_lines(found)
    lines += _control_lines(controls(table, whole.grid), found)
    return Summary(
        lines=lines,
        unnamed=known.coverage.over(matrix.bounds),
        untested=int(table.is_any([Outcome.UNTESTED]).sum()),
        unproven=int((~table.evidence).sum()),
    )


def _silent_lines(seen: Aspect) -> list[str]:
    count = seen.figures.outcomes[Outcome.DIFFERS]
    lines = [f"{WORDS[Outcome.DIFFERS].glyph} silently wrong: {count:,} cells"]
    groups = failure_groups(seen.table, [Outcome.DIFFERS])
    for group in groups[:10]:
        worst = "" if group.largest is None else f", max |d| {size(group.largest)}"
        lines.append(f"  {group.cells:>6,}  {_line(group.signature)}{worst}")
        lines.append(f"          {shortened(group.models)}; e.g. {group.example.id}")
    return [*lines, *_more(len(groups), 10)]


def _cause_lines(seen: Aspect) -> list[str]:
    outcomes = [Outcome.CRASH, Outcome.ERROR, Outcome.WORKAROUND]
    count = sum(seen.figures.outcomes[outcome] for outcome in outcomes)
    groups = failure_groups(seen.table, outcomes)
    lines = [
        "",
        f"{WORDS[Outcome.ERROR].glyph} fail plainly: {count:,} cells, {len(groups):,} causes",
    ]
    for group in groups[:10]:
        word = WORDS[group.outcome].word.lower()
        lines.append(f"  {group.cells:>6,}  {word}: {_line(group.signature)}")
        lines.append(f"          loaded by {shortened(group.load)}; e.g. {group.example.id}")
    return [*lines, *_more(len(groups), 10)]


def _warning_lines(seen: Aspect) -> list[str]:
    table, count = seen.table, seen.figures.outcomes[Outcome.WARNING]
    loud = table.take(table.counted & table.is_any([Outcome.WARNING]))
    groups = [group for group in warning_groups(loud) if group.matters]
    groups.sort(key=lambda group: -group.cells)
    lines = ["", f"{WORDS[Outcome.WARNING].glyph} load with warnings to act on: {count:,} cells"]
    lines += [f"  {group.cells:>6,}  {group.category}: {_line(group.text)}" for group in groups[:5]]
    return [*lines, *_more(len(groups), 5)]


def _training_lines(seen: Aspect) -> list[str]:
    """Tell what only training meets, by cause, worst first."""
    table = seen.table
    worse = table.is_any(PROBLEM_ORDER) & (table.outcome > table.beside)
    met = table.take(table.counted & worse)
    are = "cell is" if len(met) == 1 else "cells are"
    lines = ["", f"{TO[Purpose.TRAIN]}: {len(met):,} {are} worse than to predict"]
    groups = failure_groups(met)
    for group in groups[:10]:
        word = WORDS[group.outcome].word.lower()
        lines.append(f"  {group.cells:>6,}  {word}: {_line(group.signature)}")
        lines.append(f"          loaded by {shortened(group.load)}; e.g. {group.example.id}")
    return [*lines, *_more(len(groups), 10)]


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


def _shipped_lines(found: Figures, matrix: CleanMatrix) -> list[str]:
    if not found.shipped and not matrix.unshipped:
        return []
    count = found.shipped.planned if found.shipped else 0
    told = f"{count:,} of the cells not tested, and in no other number"
    return [
        "",
        f"shipped evidence, not measured here: {told}",
        *(f"          {_line(sentence)}" for sentence in matrix.unshipped),
    ]


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
