"""What ``caniload check`` finds: plain values, the schema of its ``--json``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby
from typing import Any

from caniload.runner.core.judged import Failure, Message, Verdict
from caniload.runner.core.outcomes import CLEAN, Outcome, Purpose

SCHEMA = 1


class Basis(StrEnum):
    """Where a sentence comes from; a guess has no place here."""

    FILE = "measured on this file"
    MODELS = "measured on reference models"
    CONSTRUCTORS = "by the reader's constructors"
    RULE = "by rule"
    UNKNOWN = "not known"


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What happens to a model in one environment, as far as it is known.

    ``outcome`` is ``untested`` where it is not known. ``likely``: it was not this file that was
    measured, so it is what to expect. ``cells`` names the reference models' cells it rests on.
    ``sandbox`` is the wall that it was measured behind: ``level``, what it ``blocked``, and what is
    ``open``; ``None`` where this file was not measured. What else was measured is as in
    ``caniload.runner.core.judged.JudgedCell``. It is an answer for one purpose, to predict or to go
    on training; ``other_purpose`` is the verdict for the other, where that is another outcome.
    """

    environment: str
    label: str
    stack: str
    outcome: Outcome
    basis: Basis
    reason: str
    likely: bool = False
    cells: tuple[str, ...] = ()
    cause: str | None = None
    error: Failure | None = None
    messages: tuple[Message, ...] = ()
    differences: tuple[Mapping[str, Any], ...] = ()
    max_abs_diff: float | None = None
    max_rel_diff: float | None = None
    max_ulp_diff: float | None = None
    signature: str = ""
    seconds: float | None = None
    sandbox: Mapping[str, Any] | None = None
    other_purpose: Verdict | None = None

    @property
    def known(self) -> bool:
        return self.outcome not in (Outcome.UNTESTED, Outcome.NA)

    @property
    def good(self) -> bool:
        """Say whether the model loads there and is the same model, with nothing to act on."""
        return self.outcome in CLEAN


@dataclass(frozen=True, kw_only=True)
class Choice:
    """An environment in which a model stays the same, and which attack files reach something there.

    ``open`` has those that run, import, read or write, ``lesser`` those that take memory or disk or
    call what Keras itself has; ``closed`` counts those that reach nothing, ``untested`` has those
    of which nothing is known there. ``likely``: that the model stays the same is to be expected,
    and was not measured on this file.
    """

    environment: str
    label: str
    keras: str
    same: str
    likely: bool
    open: tuple[str, ...]
    lesser: tuple[str, ...]
    closed: int
    measured_at: str
    untested: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Secure:
    """The newest environment without an open door in which a model stays the same.

    ``choice`` is ``None`` where there is none; ``known`` says that this was found out. ``front``
    are the newest first, each with fewer open doors than all newer ones. ``newer`` names
    environments that are newer, each with why it is not chosen.
    """

    sentence: str
    known: bool
    choice: Choice | None = None
    front: tuple[Choice, ...] = ()
    newer: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, kw_only=True)
class Turn:
    """In one stack of environments, where a model stops being good; ``None``: nowhere."""

    stack: str
    last_good: str | None
    first_bad: str | None


@dataclass(frozen=True, kw_only=True)
class Checked:
    """What is known of one model; with a ``problem`` it could not be checked, and why.

    ``sha256`` hashes the content of all its files. ``readable`` is false where the file itself is
    what is wrong. ``reference`` is the environment that the others were compared with, ``notes``
    what holds for all of them.
    ``needs_trust``: nothing loads it that is not told to trust it; ``held_back``: that nobody did,
    or that there is no sandbox here, is the ``problem``.
    ``purpose`` is what the answers are for; ``secure`` is told where it was asked for.
    """

    path: str
    sha256: str = ""
    schema: int = SCHEMA
    purpose: Purpose = Purpose.PREDICT
    problem: str | None = None
    readable: bool = True
    needs_trust: bool = False
    held_back: bool = False
    format: str | None = None
    saved_by: str = ""
    reference: str | None = None
    notes: tuple[str, ...] = ()
    answers: tuple[Answer, ...] = ()
    secure: Secure | None = None

    @property
    def sandbox(self) -> Mapping[str, Any] | None:
        """The weakest wall that any of it was measured behind; ``None``: nothing was measured."""
        held = [one.sandbox for one in self.answers if one.sandbox is not None]
        return min(held, key=lambda one: len(one["blocked"]), default=None)

    @property
    def turns(self) -> tuple[Turn, ...]:
        return tuple(_turns(self.answers))


def _turns(answers: tuple[Answer, ...]) -> Iterator[Turn]:
    for stack, group in groupby(answers, key=lambda one: one.stack):
        known = [one for one in group if one.known]
        if not known:
            continue
        good = [place for place, one in enumerate(known) if one.good]
        after = known[good[-1] + 1 :] if good else known
        yield Turn(
            stack=stack,
            last_good=known[good[-1]].environment if good else None,
            first_bad=next((one.environment for one in after), None),
        )
