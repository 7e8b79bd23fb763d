"""The words for what happened in a cell, in order of severity."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class Purpose(StrEnum):
    """What somebody wants of a model: to predict with it, or to go on training it."""

    PREDICT = "predict"
    TRAIN = "train"


TO: Mapping[Purpose, str] = {
    Purpose.PREDICT: "to predict",
    Purpose.TRAIN: "to go on training",
}
"""What is wanted of a model, in the order in which it is asked: most people only predict."""

OTHER: Mapping[Purpose, Purpose] = {
    Purpose.PREDICT: Purpose.TRAIN,
    Purpose.TRAIN: Purpose.PREDICT,
}


NOT_RUN = "not run yet"
"""Why a cell is ``untested`` that the next run, or the one that is going on, answers."""


class Outcome(StrEnum):
    """The verdict on one cell, least severe first; ``untested`` stands apart from the order."""

    NA = "na"
    IDENTICAL = "identical"
    TOLERANCE = "tolerance"
    WARNING = "warning"
    WORKAROUND = "workaround"
    ERROR = "error"
    CRASH = "crash"
    DIFFERS = "differs"
    UNTESTED = "untested"


SEVERITY: dict[Outcome, int] = {outcome: rank for rank, outcome in enumerate(Outcome)} | {
    Outcome.UNTESTED: -1
}
"""Rank of each outcome; ``untested`` is below all, for it says nothing about a framework."""

OF_TRAINING = frozenset({"settings", "optimizer", "training", "trainable"})
"""Kinds of differences that leave what is predicted alone: what a verdict's ``what`` may say."""

CLEAN = frozenset({Outcome.IDENTICAL, Outcome.TOLERANCE})
"""Outcomes under which a model loads and is the same model, with nothing to act on."""

PROBLEMS = frozenset(
    {Outcome.WARNING, Outcome.WORKAROUND, Outcome.ERROR, Outcome.CRASH, Outcome.DIFFERS}
)
"""Outcomes that somebody who upgrades must act on."""
