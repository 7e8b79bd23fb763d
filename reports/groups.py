"""What many cells have in common: warnings by text, failures by cause, untested by reason."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from caniload.reports.planes import Flags
from caniload.reports.text import normalised
from caniload.reports.words import CODE
from caniload.runner.core.judged import Aside, Entry
from caniload.runner.core.outcomes import Outcome

Place = tuple[str, str, str, str]
"""Format, saver, loader and model of a cell: what a link into the matrix is made of."""


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
    example: pd.Series


@dataclass(frozen=True, kw_only=True)
class Reason:
    """Why some cells have no result."""

    text: str
    cells: int


def anchor(prefix: str, *parts: str) -> str:
    """Make a name that stays the same from run to run as long as the text does."""
    digest = hashlib.sha256("\0".join(parts).encode()).hexdigest()
    return f"{prefix}-{digest[:8]}"


def warning_groups(table: pd.DataFrame, asides: Sequence[Aside] = ()) -> list[WarningGroup]:
    """Group every message that was heard; those that a user must act on come first."""
    groups: dict[str, WarningGroup] = {}
    heard = table[table["warnings"] != "[]"]
    columns = [heard[name].astype("str") for name in ("format", "save", "load", "model")]
    rows = zip(heard["warnings"], heard["load"].cat.codes, *columns, strict=True)
    for text, place, *where in rows:
        seen = set()
        for group, phase in _groups_of(groups, text):
            _add(group, int(place), phase)
            group.where = group.where or (where[0], where[1], where[2], where[3])
            group.cells += group.anchor not in seen
            seen.add(group.anchor)
    places = {name: place for place, name in enumerate(table["load"].cat.categories)}
    for aside in asides:
        group = _warning_group(groups, vars(aside.message))
        _add(group, places[aside.environment], aside.message.phase, aside.times)
    return sorted(
        groups.values(), key=lambda group: (_rank(group.severity), -group.cells, group.anchor)
    )


def _groups_of(groups: dict[str, WarningGroup], text: str) -> list[tuple[WarningGroup, str]]:
    return [(_warning_group(groups, one), one["phase"]) for one in json.loads(text)]


def _add(group: WarningGroup, place: int, phase: str, times: int = 1) -> None:
    group.phases.add(phase)
    group.places.add(place)
    group.times += times


LOUDEST_FIRST = ("danger", "attention", "unknown", "info", "noise")


def _rank(severity: str) -> int:
    """Sort a severity; one that is new here comes before all, so that it is seen."""
    return LOUDEST_FIRST.index(severity) if severity in LOUDEST_FIRST else -1


def _warning_group(groups: dict[str, WarningGroup], message: dict[str, Any]) -> WarningGroup:
    text = normalised(message["text"])
    name = anchor("w", message["channel"], message["category"], text)
    if name not in groups:
        groups[name] = WarningGroup(
            anchor=name,
            text=text,
            example=message["text"],
            category=message["category"],
            channel=message["channel"],
            severity=message["severity"],
            matters=message["matters"],
            rule=message["rule"],
        )
    return groups[name]


PROBLEM_ORDER = (Outcome.DIFFERS, Outcome.CRASH, Outcome.ERROR, Outcome.WORKAROUND, Outcome.WARNING)


def failure_groups(
    table: pd.DataFrame, outcomes: Sequence[Outcome] = PROBLEM_ORDER, older: Flags | None = None
) -> list[FailureGroup]:
    """Group the matrix's problems by outcome and signature: worst first, then most frequent.

    One text can have several causes, which its traceback or what a signature leaves out tells
    apart. What is silently another model has none: its cell's is that of what it raised after.
    ``older`` says of [save, load] whether the loader is the older one; without it none is.
    """
    rows = table[~table["control"] & table["evidence"] & table["outcome"].isin(list(outcomes))]
    if older is not None:
        places = rows["save"].cat.codes.to_numpy(), rows["load"].cat.codes.to_numpy()
        rows = rows.assign(upgrade=~older[places])
    else:
        rows = rows.assign(upgrade=True)
    outcome = rows["outcome"].astype("str")
    signature = rows["signature"].where(rows["signature"] != "", rows["reason"])
    cause = rows["cause"].astype("object").where(outcome != Outcome.DIFFERS, None).fillna("")
    groups = [
        _failure_group(group, Outcome(str(what)), str(text), str(named))
        for (what, text, named), group in rows.groupby([outcome, signature, cause], sort=True)
    ]
    return sorted(groups, key=lambda group: (-CODE[group.outcome], -group.cells, group.signature))


def _failure_group(
    group: pd.DataFrame, outcome: Outcome, signature: str, cause: str
) -> FailureGroup:
    return FailureGroup(
        anchor=anchor("f", outcome, signature, *filter(None, [cause])),
        outcome=outcome,
        signature=signature,
        cause=cause or None,
        cells=len(group),
        upgrades=int(group["upgrade"].sum()),
        save=present(group["save"]),
        load=present(group["load"]),
        models=present(group["model"]),
        formats=present(group["format"]),
        largest=largest(group),
        example=group.iloc[0],
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


OUTPUTS = '"what":"outputs"'


def largest(rows: pd.DataFrame) -> float | None:
    """Return the largest difference of some rows: nan beats any number, ``None`` is no number."""
    compared = rows[rows["compared"]]
    # Where only settings or the optimizer differ, the size of the outputs' noise says nothing.
    about = compared["differences"]
    measured = compared.loc[(about == "[]") | about.str.contains(OUTPUTS), "max_abs_diff"]
    return None if measured.empty else float(measured.max(skipna=False))


def present(column: pd.Series) -> tuple[str, ...]:
    """Return the categories that occur, in the order of the matrix."""
    return tuple(str(name) for name in column.cat.remove_unused_categories().cat.categories)


def untested_reasons(table: pd.DataFrame) -> list[Reason]:
    """Count why cells of the matrix have no result, most frequent first."""
    rows = table[~table["control"] & (table["outcome"] == Outcome.UNTESTED)]
    counts = rows["reason"].value_counts(sort=False).to_dict()
    reasons = [Reason(text=str(text), cells=int(count)) for text, count in counts.items()]
    return sorted(reasons, key=lambda reason: (-reason.cells, reason.text))


def shortened(names: Iterable[str], most: int = 6) -> str:
    """List names, or the first and last of many."""
    names = list(names)
    if len(names) <= most:
        return ", ".join(names)
    return f"{', '.join(names[: most - 1])} … {names[-1]} ({len(names)})"
