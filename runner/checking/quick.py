"""A file's features and the evidence about others -> what to expect of it; pure.

What was measured on others is a statement about others. It becomes an expectation in two cases
only: another file with nothing but what this one has, too, came to grief, or what was raised names
a class of this one; or everything that this one has is found in files that loaded, and no file with
nothing else did not.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from runner.checking.answers import Answer, Basis
from runner.checking.features import Features
from runner.checking.index import Known
from runner.matrix import Environment
from runner.outcomes import CLEAN, SEVERITY, Outcome

NAMED = 3
"""How many cells are named at most as what an answer rests on."""

_LOADS = frozenset({*CLEAN, Outcome.WARNING})


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


def expect(wanted: Features, kin: Sequence[Known], environment: str) -> Expected | str:
    """Return what to expect of a file, or in a sentence why that is not known.

    ``kin`` are reference files of its format that the same version saved.
    """
    tried = [one for one in kin if environment in one.cells]
    if not tried:
        return "no reference model of this format and version was loaded there"
    if failing := _failing(wanted, tried, environment):
        return _as_bad(wanted, failing, environment)
    loading = [one for one in tried if one.cells[environment].outcome in _LOADS]
    covered = frozenset().union(*(one.features.traits for one in loading))
    missing = sorted(wanted.traits - covered)
    if missing:
        names = ", ".join(missing[:NAMED])
        return f"none of the {len(loading)} reference models that load there has its {names}"
    return _as_loading(wanted, loading, environment)


def _failing(wanted: Features, tried: Sequence[Known], environment: str) -> list[Known]:
    """Return the files that came to grief for something that this one has, too.

    Those that have nothing which it has not come first; then those of which what was raised names a
    class of it, unless a file with that class loads.
    """
    bad = [one for one in tried if one.cells[environment].outcome not in _LOADS]
    within = [one for one in bad if one.features.traits <= wanted.traits]
    if within:
        return within
    good = [one for one in tried if one.cells[environment].outcome in _LOADS]
    fine = frozenset().union(*(one.features.traits for one in good))
    return [one for one in bad if _named(wanted, one, environment) - fine]


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


def _as_loading(wanted: Features, loading: Sequence[Known], environment: str) -> Expected:
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
    return (
        f"reference model {one.model}, saved by {one.saved_by} as {one.format}, uses {shared} of"
        f" this file's {len(wanted.classes)} layer classes"
    )


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
