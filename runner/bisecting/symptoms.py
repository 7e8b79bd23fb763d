"""What was measured in an environment -> how bad it is, so that two can be compared; pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from caniload.runner.bisecting.search import Result
from caniload.runner.checking.answers import Answer
from caniload.runner.core.outcomes import CLEAN, Outcome

_MODEL = frozenset({"outputs", "weights", "structure", "signatures"})


class Level(IntEnum):
    """How far from the model that the good end loads."""

    SAME = 0
    WARNS = 1
    TRAINS_OTHERWISE = 2
    ANOTHER_MODEL = 3
    FAILS = 4


HAPPENS = {
    Level.SAME: "stays the same",
    Level.WARNS: "loads with a warning",
    Level.TRAINS_OTHERWISE: "no longer trains as it did",
    Level.ANOTHER_MODEL: "loads as another model",
    Level.FAILS: "stops loading",
}
"""What happens to the model with the first bad release."""


@dataclass(frozen=True, kw_only=True)
class Trial:
    """What came of the model in one environment; without a ``level`` it could not be tried.

    ``signature`` is the reason without names and numbers: equal ones are one and the same failure.
    """

    environment: str
    packages: dict[str, str]
    outcome: Outcome
    reason: str
    level: Level | None = None
    signature: str = ""
    cause: str | None = None
    max_abs_diff: float | None = None


def level(answer: Answer, phase: str | None) -> Level | None:
    """Return the level of an answer; ``phase`` is where it raised or died, if it did."""
    outcome = answer.outcome
    if outcome in CLEAN:
        return Level.SAME
    if outcome in (Outcome.WARNING, Outcome.WORKAROUND):
        return Level.WARNS
    if outcome is Outcome.DIFFERS:
        another = _MODEL & {str(one["what"]) for one in answer.differences}
        return Level.ANOTHER_MODEL if another else Level.TRAINS_OTHERWISE
    if outcome in (Outcome.ERROR, Outcome.CRASH):
        return Level.TRAINS_OTHERWISE if phase == "train" else Level.FAILS
    return None


def verdict(trial: Trial, bad: Trial) -> Result:
    """Say whether a trial is as bad as the bad end: what is less bad came before the change."""
    if trial.level is None or bad.level is None:
        return Result.SKIP
    return Result.BAD if trial.level >= bad.level else Result.GOOD


def strictly(trial: Trial, bad: Trial) -> Result:
    """Say it of an environment that nobody ever had: its failure counts only if it is the same.

    Packages that were never made for each other may fail in ways of their own, which says nothing.
    """
    found = verdict(trial, bad)
    if found is Result.BAD and not same(trial, bad):
        return Result.SKIP
    return found


def similarly(trial: Trial, bad: Trial) -> Result:
    """Say it of a package's releases, whose words for one failure may differ from each other."""
    found = verdict(trial, bad)
    alike = trial.level is bad.level and _kind(trial) == _kind(bad)
    return Result.SKIP if found is Result.BAD and not (alike or same(trial, bad)) else found


def _kind(trial: Trial) -> str:
    """Return phase and type of what was raised, without its message."""
    return ": ".join(trial.signature.split(": ")[:2]) if trial.level is Level.FAILS else ""


def same(one: Trial, other: Trial) -> bool:
    """Say whether two trials failed in the same way."""
    if one.level is not other.level:
        return False
    if one.level is Level.FAILS:
        named = one.cause is not None and one.cause == other.cause
        return named or one.signature == other.signature
    return True
