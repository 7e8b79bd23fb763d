"""Sentences for somebody who upgrades, computed from the planes (pure).

A sentence names the worst first. Cells that a failed control makes worthless, and cells without a
result, are counted apart and never as an incompatibility.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from caniload.reports.groups import shortened
from caniload.reports.planes import Planes, Square
from caniload.reports.words import (
    BREAKING_CODES,
    CLEAN_CODES,
    CODE,
    LOADING_CODES,
    ORDER,
    UNTESTED,
    WORDS,
)
from caniload.runner.core.outcomes import TO, Outcome

DIFFERS = CODE[Outcome.DIFFERS]
NOT_HERE = "Shipped evidence, not measured here"


@dataclass(frozen=True, kw_only=True)
class Clause:
    """A part of a sentence; ``strong`` is what must not be overlooked."""

    text: str
    strong: bool = False


@dataclass(frozen=True, kw_only=True)
class Reach:
    """How far a file of one environment gets within its own stack, by place in the matrix.

    ``untested``, ``unproven`` and ``absent`` are the environments from ``save`` on that say nothing
    of it: no result, none that counts because a control failed, or not asked in this run.
    """

    save: int
    stack: str
    last_good: int | None
    first_break: int | None
    newest_tested: int | None
    untested: tuple[int, ...] = ()
    unproven: tuple[int, ...] = ()
    absent: tuple[int, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Path:
    """Load with ``through``, save again as format ``resave``, load that at the goal."""

    through: int
    resave: int
    served: int
    needed: int


def evidence(
    planes: Planes, save: int, load: int, kind: int, models: Sequence[int] | None = None
) -> Square:
    """Sum up a square without the cells that prove nothing."""
    void = planes.no_evidence[save, load, :, kind]
    if models is not None:
        return planes.square(save, load, kind, [model for model in models if not void[model]])
    return planes.square(save, load, kind, np.flatnonzero(~void) if void.any() else None)


def aside(
    planes: Planes, save: int, load: int, kind: int, models: Sequence[int] | None = None
) -> str:
    """Say how it ends for the other purpose, where that is something else; else nothing."""
    here, there = (
        text(
            verdict(
                evidence(one, save, load, kind, models),
                ignored=one.square(save, load, kind, models).no_evidence,
            )
        )
        for one in (planes, planes.turned)
    )
    to = TO[planes.turned.purpose]
    return "" if here == there else f"{to[0].upper()}{to[1:]}: {there[0].lower()}{there[1:]}"


def told(
    planes: Planes, save: int, load: int, kind: int, *, largest: float | None = None
) -> list[Clause]:
    """Say what all models do: by results, and where there is none by shipped evidence."""
    square = evidence(planes, save, load, kind)
    if not square.tested and (said := shipped(planes, save, load, kind)):
        return [Clause(text=said)]
    ignored = planes.square(save, load, kind).no_evidence
    return verdict(square, ignored=ignored, largest=largest)


def shipped(
    planes: Planes, save: int, load: int, kind: int, models: Sequence[int] | None = None
) -> str:
    """Say what shipped evidence has on models without a result; nothing where it has none."""
    if planes.shipped is None:
        return ""
    square = planes.shipped.square(save, load, kind, models)
    if not square.tested:
        return ""
    said = text(verdict(square))
    return f"{NOT_HERE}: {said[0].lower()}{said[1:]}"


def verdict(square: Square, *, ignored: int = 0, largest: float | None = None) -> list[Clause]:
    """Say what a set of models does, worst first; ``largest`` is the largest difference seen."""
    if not square.tested:
        return [Clause(text=_nothing(square, ignored))]
    return [*_outcomes(square, largest), *_rest(square, ignored), Clause(text=".")]


def _nothing(square: Square, ignored: int) -> str:
    if ignored:
        return "No evidence: a control of one of the two environments failed."
    if square.counts[UNTESTED]:
        return "Not tested: there is no result yet, which says nothing against it."
    if square.counts[0]:
        return "Not applicable: there is no such file to load."
    return "Not part of this run."


def _outcomes(square: Square, largest: float | None) -> list[Clause]:
    """One clause for each verb that applies."""
    groups = _verbs(square)
    total = square.tested
    if len(groups) == 1:
        code, count = groups[0]
        words = WORDS[ORDER[code]]
        subject = "The model" if total == 1 else f"All {total} tested models"
        text = f"{subject} {words.one if total == 1 else words.many}"
        return [Clause(text=text + _size(code, largest), strong=code == DIFFERS)]
    clauses = []
    for place, (code, count) in enumerate(groups):
        words = WORDS[ORDER[code]]
        number = f"{count} of {total}" if place == 0 else f", {count}"
        text = f"{number} {words.one if count == 1 else words.many}"
        clauses.append(Clause(text=text + _size(code, largest), strong=code == DIFFERS))
    return clauses


def _verbs(square: Square) -> list[tuple[int, int]]:
    """Count by verb, worst first; identical and within tolerance share theirs."""
    found = [(code, square.counts[code]) for code in reversed(range(CODE[Outcome.WARNING], 8))]
    found.append((CLEAN_CODES[0], sum(square.counts[code] for code in CLEAN_CODES)))
    return [(code, count) for code, count in found if count]


def _size(code: int, largest: float | None) -> str:
    return f" (max |d| {size(largest)})" if code == DIFFERS and largest is not None else ""


def size(value: float) -> str:
    """Write a difference with two digits."""
    return f"{value:.1e}" if np.isfinite(value) else "not a number" if np.isnan(value) else "inf"


def measure(value: float | None, unit: str) -> str:
    """Write the size of a difference in its unit; without a unit it is absolute."""
    if value is None:
        return "not counted"
    if unit.startswith("of "):
        return f"{value:.0%} {unit}" if np.isfinite(value) else f"{size(value)} {unit}"
    if not unit or unit.startswith("in "):
        return f"{size(value)} {unit}".rstrip()
    return f"{value:,.0f} {unit.removesuffix('s') if value == 1 else unit}"


def _rest(square: Square, ignored: int) -> list[Clause]:
    """Name what the sentence does not count."""
    parts = [
        (square.counts[UNTESTED], "not tested"),
        (square.counts[0], "not applicable"),
        (ignored, "not counted because a control failed"),
    ]
    return [Clause(text=f"; {count} {words}") for count, words in parts if count]


def reach(planes: Planes, save: int, kind: int, models: Sequence[int] | None = None) -> Reach:
    """Walk from the saving environment to the newest of its stack; twins are no versions of it.

    ``last_good`` is the newest where every tested model loads, ``first_break`` the oldest where
    one does not; a later one may load again, so the two need not be neighbours.
    """
    stack = planes.environments[save].stack
    tested: dict[int, bool] = {}
    untested, unproven, absent = [], [], []
    for load in dict(planes.stacks)[stack]:
        if load < save or (planes.environments[load].twin and load != save):
            continue
        square = evidence(planes, save, load, kind, models)
        if square.tested:
            tested[load] = square.worst in LOADING_CODES
        elif planes.square(save, load, kind, models).no_evidence:
            unproven.append(load)
        elif square.counts[UNTESTED]:
            untested.append(load)
        elif not square.counts[0]:
            absent.append(load)
    return Reach(
        save=save,
        stack=stack,
        last_good=max((load for load, loads in tested.items() if loads), default=None),
        first_break=min((load for load, loads in tested.items() if not loads), default=None),
        newest_tested=max(tested, default=None),
        untested=tuple(untested),
        unproven=tuple(unproven),
        absent=tuple(absent),
    )


def reach_sentence(planes: Planes, found: Reach) -> str:
    """Say in words how far the files get, and which environments leave that open."""
    labels = [environment.label for environment in planes.environments]
    if found.newest_tested is None and not found.unproven:
        return f"Nothing was tested within {found.stack}."
    open_ends = (
        (found.untested, "Not tested"),
        (found.unproven, "No evidence, because a control failed"),
        (found.absent, "Not in this run"),
    )
    gaps = [
        f" {words}: {shortened([labels[place] for place in places])}."
        for places, words in open_ends
        if places
    ]
    return "".join([_known_reach(labels, found), *gaps])


def _known_reach(labels: Sequence[str], found: Reach) -> str:
    if found.newest_tested is None:
        return f"Within {found.stack} nothing is known."
    if found.first_break is None:
        return f"Within {found.stack} nothing tested breaks, up to {labels[found.newest_tested]}."
    if found.first_break == found.save:
        return _broken_at_home(labels, found, found.newest_tested)
    breaks = f"The first tested version of {found.stack} that breaks is {labels[found.first_break]}"
    if found.last_good is None:
        return f"{breaks}; no tested version loads them all."
    if found.last_good > found.first_break:
        return f"{breaks}, yet all load again in {labels[found.last_good]}."
    return f"Last tested version where all load: {labels[found.last_good]}. {breaks}."


def _broken_at_home(labels: Sequence[str], found: Reach, newest: int) -> str:
    home = f"{labels[found.save]} itself does not load them all"
    if found.last_good is not None:
        return f"{home}; {labels[found.last_good]} does."
    if newest == found.save:
        return f"{home}."
    return f"{home}, nor does any tested version up to {labels[newest]}."


def recommend(
    planes: Planes, save: int, load: int, kind: int, models: Sequence[int] | None = None
) -> Path | None:
    """Find the two clean hops that carry most of the models that do not load cleanly at once.

    Each hop is a measured cell, but their chain was not run as one. Among equals the same format
    wins, then the newest environment. ``None``: nothing needs it, or nothing does it.
    """
    chosen = np.arange(len(planes.models)) if models is None else np.asarray(models, dtype=int)
    codes = planes.codes[save, load, chosen, kind]
    direct = np.isin(codes, LOADING_CODES) & ~planes.no_evidence[save, load, chosen, kind]
    needy = chosen[planes.tested[save, load, chosen, kind] & ~direct]
    best: tuple[int, bool, int, int] | None = None
    for through in range(len(planes.environments)):
        if through in (save, load):
            continue
        first = planes.clean[save, through, needy, kind]
        for resave in range(len(planes.formats)):
            served = int((first & planes.clean[through, load, needy, resave]).sum())
            candidate = (served, resave == kind, through, -resave)
            if served and (best is None or candidate > best):
                best = candidate
    if best is None:
        return None
    return Path(through=best[2], resave=-best[3], served=best[0], needed=len(needy))


def path_sentence(planes: Planes, load: int, path: Path) -> str:
    """Say the way in words, with what is and is not known about it."""
    through, goal = planes.environments[path.through].label, planes.environments[load].label
    kind = planes.formats[path.resave].label
    whom = "all of them" if path.served == path.needed else f"{path.served} of {path.needed}"
    return (
        f"Recommended path for {whom}: load with {through}, save again as {kind}, "
        f"load that with {goal}. Both hops were measured, separately; the chain was not."
    )


def text(clauses: Sequence[Clause]) -> str:
    """Return the sentence without its emphasis."""
    return "".join(clause.text for clause in clauses)


def breaks(square: Square) -> bool:
    """Whether anything in the square must be acted on before an upgrade."""
    return square.worst in BREAKING_CODES
