"""Arrays by name, shape and type -> the model's weights and the optimizer's state; pure."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from caniload.runner.forensics.facts import Weights


class Owner(StrEnum):
    MODEL = "model"
    OPTIMIZER = "optimizer"
    OTHER = "other"
    """Metrics, counters of saves, states of random generators: nothing that predicts."""


@dataclass(frozen=True, kw_only=True)
class Variable:
    """One stored array: its path in the file, and what the file states of it."""

    path: str
    shape: tuple[int, ...]
    dtype: str
    bytes: int
    owner: Owner = Owner.MODEL
    trainable: bool | None = None

    @property
    def numbers(self) -> int:
        return math.prod(self.shape)


def owner_in_layers(path: str) -> Owner:
    """Return whose a variable is in the layout of ``.weights.h5``: ``layers/dense/vars/0``."""
    parts = path.split("/")
    if parts[0] == "optimizer":
        return Owner.OPTIMIZER
    if parts[0] == "metrics" or any(part.startswith("seed_generator") for part in parts):
        return Owner.OTHER
    return Owner.MODEL


def owner_in_checkpoint(key: str) -> Owner:
    """Return whose a variable is in a TensorFlow checkpoint made of objects, by its key."""
    parts = key.split("/")
    if ".OPTIMIZER_SLOT" in parts or any(part in ("optimizer", "_optimizer") for part in parts):
        return Owner.OPTIMIZER
    if parts[0] in ("save_counter", "keras_api") or "_random_generator" in parts:
        return Owner.OTHER
    return Owner.OTHER if "keras_api" in parts or "seed_generator" in parts else Owner.MODEL


def weights(variables: Iterable[Variable]) -> Weights:
    """Sum up those that are the model's."""
    own = [one for one in variables if one.owner is Owner.MODEL]
    known = all(one.trainable is not None for one in own)
    return Weights(
        variables=len(own),
        parameters=sum(one.numbers for one in own),
        bytes=sum(one.bytes for one in own),
        dtypes=dict(Counter(one.dtype for one in own).most_common()),
        trainable=sum(one.numbers for one in own if one.trainable) if known and own else None,
    )


def slots(variables: Iterable[Variable]) -> int:
    """Count the optimizer's arrays; its single numbers (steps, learning rate) are no slots."""
    return sum(one.owner is Owner.OPTIMIZER and one.shape != () for one in variables)
