"""A file's features and the evidence about others -> what to expect of it; pure.

What was measured on others is a statement about others. It becomes an expectation only where
another file with nothing but what this one has, too, came to grief; where what was raised names a
class of this one; where several came to grief alike that have nothing in common which this one
lacks; or where everything that this one has is found in files that loaded.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

from caniload.runner.answering.features import Features
from caniload.runner.answering.references import Known
from caniload.runner.checking.answers import Answer, Basis
from caniload.runner.core.outcomes import CLEAN, SEVERITY, Outcome
from caniload.runner.matrix.schema import Environment
from caniload.runner.packs.contents import OWN

NAMED = 3
"""How many cells are named at most as what an answer rests on."""

_UNMEASURED = "no model that this very version saved in this format was measured"

SEVERAL = 3
"""How many models make a group: what two have in common may be chance."""

_LOADS = frozenset({*CLEAN, Outcome.WARNING, Outcome.DIFFERS})


@dataclass(frozen=True, kw_only=True)
class Expected:
    """What is to be expected in an environment, and the files that it was measured on."""

    outcome: Outcome
    reason: str
    cells: tuple[str, ...]
    cause: str | None = None


def blank(environment: Environment, reason: str) -> Answer:
    return Answer(
        environment=environment.id,
        label=environment.label,
        stack=environment.stack,
        outcome=Outcome.UNTESTED,
        basis=Basis.UNKNOWN,
        reason=reason,
    )


def agreed(found: Sequence[Expected | str]) -> Expected | str:
    """Return what to expect where each of them lets expect the same, else why that is not known.

    One is of files that the very version saved; two are of the versions before and after it.
    """
    if not found:
        return f"{_UNMEASURED}, nor any of versions on both sides of it"
    first, *others = found
    if not others:
        return first
    for one in found:
        if isinstance(one, str):
            return f"{_UNMEASURED}; on one side of it, {one}"
    expected = [one for one in found if isinstance(one, Expected)]
    ends = {"good" if one.outcome in CLEAN else str(one.outcome) for one in expected}
    if len(ends) > 1:
        return (
            f"{_UNMEASURED}, and those of the nearest versions before and after it end differently"
            f" there: {' and '.join(one.outcome for one in expected)}"
        )
    worst = max(expected, key=lambda one: SEVERITY[one.outcome])
    told = f"{_UNMEASURED}; the nearest before and after it let expect the same: {worst.reason}"
    return replace(worst, reason=told, cells=tuple(one.cells[0] for one in expected))


def expect(wanted: Features, kin: Sequence[Known], environment: str) -> Expected | str:
    """Return what to expect of a file, or in a sentence why that is not known.

    ``kin`` are reference files of its format that the same version saved.
    """
    tried = [one for one in kin if environment in one.cells]
    if not tried:
        return "no reference model of this format and version was loaded there"
    plain = [one for one in tried if not one.features.own]
    named = _naming(wanted, tried, environment)
    within, alike = _within(wanted, plain, environment), _alike(wanted, plain, environment)
    decided = [one for one in within if not _also_good(one, plain, environment)]
    if wanted.own:
        # What already fails to load does so whatever that code is.
        for group in (decided, named, alike):
            if group and all(one.cells[environment].phase == "load" for one in group):
                return _as_bad(wanted, group, environment)
        return "code of its own decides, which no reference model has"
    if failing := decided or named or alike:
        return _unless_worse(wanted, failing, plain, environment)
    return (
        _undecided(within[0], plain, environment) if within else _good(wanted, plain, environment)
    )


def _good(wanted: Features, tried: Sequence[Known], environment: str) -> Expected | str:
    """Expect that it stays the same if all that it has is in files that do."""
    good = [one for one in tried if one.cells[environment].outcome in CLEAN]
    if missing := _missing(wanted, good):
        return (
            f"none of the {len(good)} reference models that stay the same there has its {missing}"
        )
    return _as_good(wanted, good, environment)


def _missing(wanted: Features, among: Sequence[Known]) -> str:
    """Return which traits none of these files has, the first of them; empty if there is none."""
    missing = sorted(wanted.traits.difference(*(one.features.traits for one in among)))
    return ", ".join(missing[:NAMED])


def _bad(tried: Sequence[Known], environment: str) -> list[Known]:
    return [one for one in tried if one.cells[environment].outcome not in CLEAN]


def _traits_of_good(tried: Sequence[Known], environment: str) -> list[frozenset[str]]:
    return [one.features.traits for one in tried if one.cells[environment].outcome in CLEAN]


def _traits_of_loaded(tried: Sequence[Known], environment: str) -> list[frozenset[str]]:
    """Return what is in files that load there, whatever becomes of them afterwards."""
    return [
        one.features.traits
        for one in tried
        if (cell := one.cells[environment]).outcome in _LOADS
        or (cell.outcome is Outcome.ERROR and cell.phase != "load")
    ]


def _within(wanted: Features, tried: Sequence[Known], environment: str) -> list[Known]:
    """Return the files that came to grief though they have nothing which this one has not."""
    return [one for one in _bad(tried, environment) if one.features.traits <= wanted.traits]


def _also_good(bad: Known, tried: Sequence[Known], environment: str) -> list[Known]:
    """Return what stays the same and has all that this one has: the files do not say why."""
    return [
        one
        for one in tried
        if one.cells[environment].outcome in CLEAN and bad.features.traits <= one.features.traits
    ]


def _undecided(bad: Known, tried: Sequence[Known], environment: str) -> str:
    good = _also_good(bad, tried, environment)[0]
    return (
        f"reference model {bad.model} has nothing that this file lacks, and does not stay the same"
        f" there; {good.model} has all of that, too, and does. Of the first:"
        f" {bad.cells[environment].reason}"
    )


def _naming(wanted: Features, tried: Sequence[Known], environment: str) -> list[Known]:
    """Return those of which what was raised names a class of this one that loads in no other."""
    fine = frozenset().union(*_traits_of_loaded(tried, environment))
    return [one for one in _bad(tried, environment) if _named(wanted, one, environment) - fine]


def _alike(wanted: Features, tried: Sequence[Known], environment: str) -> list[Known]:
    """Return several that failed alike, if this one has all that they have in common.

    And no file that stays the same has that.
    """
    good = _traits_of_good(tried, environment)
    for alike in _groups(_bad(tried, environment), environment):
        common = frozenset.intersection(*(one.features.traits for one in alike))
        if common <= wanted.traits and not any(common <= traits for traits in good):
            return alike
    return []


def _unless_worse(
    wanted: Features, failing: Sequence[Known], tried: Sequence[Known], environment: str
) -> Expected | str:
    """Expect what those came to, unless something that none of them has may be worse.

    A file that does not even load there is no other model there, nor one with a warning.
    """
    expected = _as_bad(wanted, failing, environment)
    if expected.outcome in (Outcome.ERROR, Outcome.CRASH):
        return expected
    loading = [one for one in tried if one.cells[environment].outcome in _LOADS]
    if missing := _missing(wanted, loading):
        return f"none of the {len(loading)} reference models that load there has its {missing}"
    return expected


def _groups(bad: Sequence[Known], environment: str) -> list[list[Known]]:
    """Return the groups of several models that failed for one reason, the largest first."""
    groups: defaultdict[str, list[Known]] = defaultdict(list)
    for one in bad:
        cell = one.cells[environment]
        groups[cell.cause or cell.signature].append(one)
    several = [alike for alike in groups.values() if len({one.model for one in alike}) >= SEVERAL]
    return sorted(several, key=len, reverse=True)


def _named(wanted: Features, one: Known, environment: str) -> frozenset[str]:
    """Return which traits of the wanted file, its layers or its kind, what was raised names."""
    cell = one.cells[environment]
    if cell.phase != "load":
        return frozenset()
    shared = wanted.traits & one.features.traits
    return frozenset(
        trait
        for trait in shared
        if trait.startswith(("layer ", "model "))
        and re.search(rf"\b{re.escape(trait.partition(' ')[2])}\b", cell.raised)
    )


def _as_bad(wanted: Features, failing: Sequence[Known], environment: str) -> Expected:
    # Of what was measured the mildest is told: this file may have less of what is wrong.
    first = min(failing, key=lambda one: SEVERITY[one.cells[environment].outcome])
    cell = first.cells[environment]
    return Expected(
        outcome=cell.outcome,
        reason=f"{_uses(wanted, first)}; there it ended with: {cell.reason}",
        cells=_ids([first, *(one for one in failing if one is not first)], environment),
        cause=cell.cause,
    )


def _as_good(wanted: Features, loading: Sequence[Known], environment: str) -> Expected:
    """Tell of the fewest files that together have all that the wanted one has."""
    left, chosen = set(wanted.traits), []
    while left:
        best = max(loading, key=lambda one: len(left & one.features.traits))
        chosen.append(best)
        left -= best.features.traits
    worst = max(chosen, key=lambda one: SEVERITY[one.cells[environment].outcome])
    cell = worst.cells[environment]
    told = f"{_uses(wanted, chosen[0])}; there it ended with: {cell.reason}"
    if len(chosen) > 1:
        told = f"{len(chosen)} reference models together use all of its features; {told}"
    return Expected(
        outcome=cell.outcome, reason=told, cells=_ids(chosen, environment), cause=cell.cause
    )


def _uses(wanted: Features, one: Known) -> str:
    shared = len(wanted.classes & one.features.classes)
    what = f"reference model {one.model}, saved by {one.saved_by} as {one.format},"
    if one.saved_by == OWN:
        what = f"a file of somebody's ({one.model}, {one.format})"
    return f"{what} uses {shared} of this file's {len(wanted.classes)} layer classes"


def _ids(found: Sequence[Known], environment: str) -> tuple[str, ...]:
    return tuple(one.cell(environment) for one in found[:NAMED])


def as_answer(environment: Environment, expected: Expected) -> Answer:
    return Answer(
        environment=environment.id,
        label=environment.label,
        stack=environment.stack,
        outcome=expected.outcome,
        basis=Basis.MODELS,
        reason=expected.reason,
        likely=True,
        cells=expected.cells,
        cause=expected.cause,
    )
