"""What many cells have in common: warnings by text, failures by cause, untested by reason."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from caniload.reports.table import Place, Table, firsts, grouped
from caniload.reports.text import normalised
from caniload.reports.words import CODE
from caniload.runner.core.judged import Aside, Entry, Message, Verdict
from caniload.runner.core.judgedtable import Codes, Flags
from caniload.runner.core.outcomes import Outcome


@dataclass(kw_only=True)
class WarningGroup:
    """One text, however its names and numbers read; ``places`` are the environments that say it.

    ``cells`` counts those where it was heard, ``times`` how often in all, cells or not.
    """

    anchor: str
    text: str
    example: str
    category: str
    channel: str
    severity: str
    matters: bool
    rule: str | None
    phases: set[str] = field(default_factory=set)
    places: set[int] = field(default_factory=set)
    cells: int = 0
    times: int = 0
    where: Place | None = None


@dataclass(frozen=True, kw_only=True)
class Example:
    """One cell as a page shows it; ``error_type`` is ``None`` where nothing was raised."""

    id: str
    save: str
    model: str
    format: str
    load: str
    reason: str
    repeat: str
    error_type: str | None
    error_message: str
    error_traceback: str


def example(table: Table, row: int) -> Example:
    kind, save, load, model = table.place(row)
    judged = table.cells[row]
    error = judged.error
    return Example(
        id=judged.cell.id,
        save=save,
        model=model,
        format=kind,
        load=load,
        reason=judged.reason,
        repeat=judged.repeat,
        error_type=error.type if error else None,
        error_message=error.message if error else "",
        error_traceback=error.traceback if error else "",
    )


@dataclass(frozen=True, kw_only=True)
class FailureGroup:
    """Cells with one outcome, one signature and one cause.

    ``cause`` is the entry of the catalogue that names them, if one does; ``upgrades`` how many are
    loaded by the same or a newer version than saved them. ``largest`` is the largest difference
    among them, ``example`` the first of them in the plan.
    """

    anchor: str
    outcome: Outcome
    signature: str
    cause: str | None
    cells: int
    upgrades: int
    save: tuple[str, ...]
    load: tuple[str, ...]
    models: tuple[str, ...]
    formats: tuple[str, ...]
    largest: float | None
    example: Example


@dataclass(frozen=True, kw_only=True)
class Reason:
    """Why some cells have no result."""

    text: str
    cells: int


def anchor(prefix: str, *parts: str) -> str:
    """Make a name that stays the same from run to run as long as the text does."""
    digest = hashlib.sha256("\0".join(parts).encode()).hexdigest()
    return f"{prefix}-{digest[:8]}"


def warning_groups(table: Table, asides: Sequence[Aside] = ()) -> list[WarningGroup]:
    """Group every message that was heard; those that a user must act on come first."""
    groups: dict[str, WarningGroup] = {}
    loaders = _loaders(table)
    for row, cells in firsts(table.verdict):
        _hear(groups, table, row, cells, loaders)
    places = {name: place for place, name in enumerate(table.environments)}
    for aside in asides:
        group = _warning_group(groups, aside.message)
        _add(group, {places[aside.environment]}, aside.message.phase, aside.times)
    return sorted(
        groups.values(), key=lambda group: (_rank(group.severity), -group.cells, group.anchor)
    )


def _loaders(table: Table) -> dict[int, set[int]]:
    """Return of each verdict the environments whose loading gave it."""
    size = len(table.environments) + 1
    found: dict[int, set[int]] = {}
    for key in np.unique(table.verdict.astype(np.int64) * size + table.load):
        verdict, load = divmod(int(key), size)
        found.setdefault(verdict, set()).add(load)
    return found


def _hear(
    groups: dict[str, WarningGroup],
    table: Table,
    row: int,
    cells: int,
    loaders: Mapping[int, set[int]],
) -> None:
    """Take in what one verdict tells of, which so many cells share; ``row`` is the first."""
    seen = set()
    for message in table.said(row).messages:
        group = _warning_group(groups, message)
        _add(group, loaders[int(table.verdict[row])], message.phase, cells)
        group.where = group.where or table.place(row)
        group.cells += 0 if group.anchor in seen else cells
        seen.add(group.anchor)


def _add(group: WarningGroup, places: set[int], phase: str, times: int) -> None:
    group.phases.add(phase)
    group.places |= places
    group.times += times


LOUDEST_FIRST = ("danger", "attention", "unknown", "info", "noise")


def _rank(severity: str) -> int:
    """Sort a severity; one that is new here comes before all, so that it is seen."""
    return LOUDEST_FIRST.index(severity) if severity in LOUDEST_FIRST else -1


def _warning_group(groups: dict[str, WarningGroup], message: Message) -> WarningGroup:
    text = normalised(message.text)
    name = anchor("w", message.channel, message.category, text)
    if name not in groups:
        groups[name] = WarningGroup(
            anchor=name,
            text=text,
            example=message.text,
            category=message.category,
            channel=message.channel,
            severity=message.severity,
            matters=message.matters,
            rule=message.rule,
        )
    return groups[name]


PROBLEM_ORDER = (Outcome.DIFFERS, Outcome.CRASH, Outcome.ERROR, Outcome.WORKAROUND, Outcome.WARNING)


Kind = tuple[Outcome, str, str]
"""Outcome, signature and cause of what fails alike."""


def failure_groups(
    table: Table, outcomes: Sequence[Outcome] = PROBLEM_ORDER, older: Flags | None = None
) -> list[FailureGroup]:
    """Group the matrix's problems by outcome and signature: worst first, then most frequent.

    One text can have several causes, which its traceback or what a signature leaves out tells
    apart. What is silently another model has none: its cell's is that of what it raised after.
    ``older`` says of [save, load] whether the loader is the older one; without it none is.
    """
    known: dict[Kind, int] = {}
    kinds = table.by_verdict(lambda one: known.setdefault(_kind(one), len(known)), np.int32)
    rows = np.flatnonzero(table.counted & table.is_any(outcomes))
    named = list(known)
    groups = [
        _failure_group(table, rows[places], named[kinds[table.verdict[rows[places[0]]]]], older)
        for places in grouped(kinds[table.verdict[rows]])
    ]
    return sorted(groups, key=_severity)


def _severity(group: FailureGroup) -> tuple[int, int, str, str]:
    return -CODE[group.outcome], -group.cells, group.signature, group.cause or ""


def _kind(verdict: Verdict) -> Kind:
    cause = verdict.cause if verdict.outcome is not Outcome.DIFFERS else None
    return verdict.outcome, verdict.signature or verdict.reason, cause or ""


def _failure_group(
    table: Table, rows: npt.NDArray[np.intp], kind: Kind, older: Flags | None
) -> FailureGroup:
    outcome, signature, cause = kind
    save, load = table.save[rows], table.load[rows]
    return FailureGroup(
        anchor=anchor("f", outcome, signature, *filter(None, [cause])),
        outcome=outcome,
        signature=signature,
        cause=cause or None,
        cells=len(rows),
        upgrades=len(rows) - (0 if older is None else int(older[save, load].sum())),
        save=present(save, table.environments),
        load=present(load, table.environments),
        models=present(table.model[rows], table.models),
        formats=present(table.format[rows], table.formats),
        largest=largest(table, rows),
        example=example(table, int(rows[0])),
    )


@dataclass(frozen=True, kw_only=True)
class CauseGroup:
    """Failures that one entry of the catalogue names; without an entry, one signature alone."""

    anchor: str
    entry: Entry | None
    outcome: Outcome
    cells: int
    upgrades: int
    groups: tuple[FailureGroup, ...]


def cause_groups(found: Sequence[FailureGroup], catalogue: Sequence[Entry]) -> list[CauseGroup]:
    """Gather failures by what causes them; the cause of most upgrades that fail comes first."""
    entries = {entry.id: entry for entry in catalogue}
    together: dict[str, list[FailureGroup]] = {}
    for group in found:
        name = f"c-{group.cause}" if group.cause in entries else f"c-{group.anchor}"
        together.setdefault(name, []).append(group)
    causes = [
        CauseGroup(
            anchor=name,
            entry=entries.get(groups[0].cause or ""),
            outcome=max((group.outcome for group in groups), key=CODE.__getitem__),
            cells=sum(group.cells for group in groups),
            upgrades=sum(group.upgrades for group in groups),
            groups=tuple(groups),
        )
        for name, groups in together.items()
    ]
    return sorted(causes, key=lambda cause: (-cause.upgrades, -cause.cells, cause.anchor))


def largest(table: Table, rows: npt.NDArray[np.intp]) -> float | None:
    """Return the largest difference of some rows: nan beats any number, ``None`` is no number."""
    found = [table.cells.verdicts[code] for code in np.unique(table.verdict[rows])]
    measured = [
        one.max_abs_diff for one in found if one.max_abs_diff is not None and _about_outputs(one)
    ]
    return float(np.max(measured)) if measured else None


def _about_outputs(verdict: Verdict) -> bool:
    """Where only settings or the optimizer differ, the size of the outputs' noise says nothing."""
    return not verdict.differences or any(one["what"] == "outputs" for one in verdict.differences)


def present(codes: Codes, names: Sequence[str]) -> tuple[str, ...]:
    """Return the names that occur, in the order of the matrix."""
    return tuple(names[code] for code in np.unique(codes))


def untested_reasons(table: Table) -> list[Reason]:
    """Count why cells of the matrix have no result, most frequent first."""
    rows = np.flatnonzero(~table.control & table.is_any([Outcome.UNTESTED]))
    counts: Counter[str] = Counter()
    for row, cells in firsts(table.verdict[rows]):
        counts[table.said(int(rows[row])).reason] += cells
    reasons = [Reason(text=text, cells=count) for text, count in counts.items()]
    return sorted(reasons, key=lambda reason: (-reason.cells, reason.text))


def shortened(names: Iterable[str], most: int = 6) -> str:
    """List names, or the first and last of many."""
    names = list(names)
    if len(names) <= most:
        return ", ".join(names)
    return f"{', '.join(names[: most - 1])} … {names[-1]} ({len(names)})"
