"""What an upgrade came to: plain values, the schema of ``caniload upgrade --json``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from caniload.runner.checking.answers import Answer
from caniload.runner.converting.outcome import Conversion
from caniload.runner.core.outcomes import Outcome, Purpose

SCHEMA = 1


class Fate(StrEnum):
    """What becomes of one model, or why that is not known."""

    KEEPS = "keeps working"
    """The same model there, and nothing to act on that was not to be acted on before."""
    WARNS = "works, with warnings"
    CHANGE = "needs a change"
    """Not the same as it is; a converted file was proven to be."""
    PARTLY = "works in part"
    """It predicts the same, and its training does not go on, or there is a graph and no model."""
    LOST = "lost"
    """Not the same as it is, and no remedy held."""
    BROKEN = "breaks"
    """Not the same as it is; no remedy was tried, so that nothing is known of one."""
    BEFORE = "did not work before"
    """It fails in the version that is left, too: no loss of the upgrade."""
    UNREAD = "not run"
    """No whole model is in the file, or code in it is not trusted."""
    UNTESTED = "not tested"
    """Something here kept it from being measured; that says nothing of either version."""


@dataclass(frozen=True, kw_only=True)
class Side:
    """One of the two environments; ``versions`` are those found inside, empty if not built."""

    id: str
    label: str
    versions: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Warned:
    """What is said or raised there, and was not before, in the words of the catalogue."""

    id: str
    means: str
    advice: str


@dataclass(frozen=True, kw_only=True)
class Tried:
    """What came of the remedies for one model.

    ``problem``: none was tried, and why; it is of ours. ``after`` is the converted file, loaded
    there and compared with the original in the version that is left. ``kept`` is where the file is.
    """

    problem: str | None = None
    conversion: Conversion | None = None
    after: Answer | None = None
    kept: str | None = None


@dataclass(frozen=True, kw_only=True)
class Returned:
    """A model as the new version saved it anew, loaded by the old one and compared.

    ``answer`` is ``None`` where there is nothing to compare, for the ``reason``.
    """

    format: str
    converted: bool
    answer: Answer | None = None
    reason: str | None = None


@dataclass(frozen=True, kw_only=True)
class Model:
    """One model of a person's own; ``reason`` is a sentence where it has no answers."""

    path: str
    fate: Fate
    format: str | None = None
    saved_by: str = ""
    reason: str | None = None
    before: Answer | None = None
    after: Answer | None = None
    warned: tuple[Warned, ...] = ()
    cause: Warned | None = None
    """What is raised there, where the catalogue knows it."""
    tried: Tried | None = None
    returned: tuple[Returned, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Cause:
    """Reference models that fared alike, with one of their cells."""

    outcome: Outcome
    text: str
    cells: int
    example: str
    advice: str = ""


@dataclass(frozen=True, kw_only=True)
class Direction:
    """Reference models that ``save`` saved and ``load`` loaded, counted; ``na`` do not exist."""

    save: str
    load: str
    outcomes: Mapping[Outcome, int]
    causes: tuple[Cause, ...] = ()
    untested: tuple[Cause, ...] = ()

    @property
    def measured(self) -> int:
        nothing = (Outcome.UNTESTED, Outcome.NA)
        return sum(count for outcome, count in self.outcomes.items() if outcome not in nothing)


@dataclass(frozen=True, kw_only=True)
class Upgrade:
    """The whole answer; ``models`` is empty where reference models were asked instead."""

    before: Side
    after: Side
    date: str
    command: str
    schema: int = SCHEMA
    purpose: Purpose = Purpose.PREDICT
    given: tuple[str, ...] = ()
    """Options that `caniload convert` needs, too."""
    models: tuple[Model, ...] = ()
    remedies: bool = True
    rollback: bool = True
    reference: tuple[Direction, ...] = ()
    sandbox: Mapping[str, Any] | None = None
    """The wall that models were run behind: ``level``, ``blocked`` and ``open``; None: none ran."""
    opened: tuple[str, ...] = ()
    """What files that attack reach in the newer version and did not before, a sentence a format."""
