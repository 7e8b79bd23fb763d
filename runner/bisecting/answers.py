"""What ``caniload bisect`` finds: plain values, the schema of its ``--json``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from caniload.runner.bisecting.search import Result
from caniload.runner.core.outcomes import Outcome, Purpose

SCHEMA = 1


class Status(StrEnum):
    """How far it came."""

    FOUND = "found"
    RANGE = "narrowed to several releases"
    TOGETHER = "narrowed to two environments, whose packages cannot be told apart"
    NOT_GOOD = "not good at the good end"
    NOT_BAD = "not bad at the bad end"
    UNTESTED = "an end cannot be tested"
    REFUSED = "the file cannot be used"


@dataclass(frozen=True, kw_only=True)
class Step:
    """One environment that the model was tried in, and what it showed.

    ``result`` is as ``git bisect`` has it: what could not be tried is ``skip``, and ``reason`` says
    why.
    """

    stage: str
    tried: str
    environment: str
    result: Result
    outcome: Outcome
    reason: str
    max_abs_diff: float | None = None
    packages: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Bisection:
    """Where a model stops loading or changes, for a ``purpose``, and all measurements that say so.

    ``package`` changed from ``last_good`` to ``first_bad``; releases in ``untested`` lie between
    them, so that each of those and ``first_bad`` may be the first. ``happens`` is what happens with
    it, ``reason`` its words. ``environments`` are the neighbours that were told apart: the last
    good and the first bad. ``evidence`` are sentences, each of them measured.
    """

    path: str
    status: Status
    schema: int = SCHEMA
    purpose: Purpose = Purpose.PREDICT
    format: str | None = None
    saved_by: str = ""
    problem: str | None = None
    good: str = ""
    bad: str = ""
    happens: str = ""
    package: str | None = None
    last_good: str | None = None
    first_bad: str | None = None
    untested: tuple[str, ...] = ()
    reason: str = ""
    environments: tuple[str, ...] = ()
    differing: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    steps: tuple[Step, ...] = ()
    sandbox: Mapping[str, Any] | None = None
    """The wall that held in this run: ``level``, what it ``blocked``, and what is ``open``."""

    @property
    def found(self) -> bool:
        """Whether it is one release of one package."""
        return self.status is Status.FOUND
