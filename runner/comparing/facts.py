"""What comparing two files finds: plain values, the schema of ``caniload diff --format json``."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

SCHEMA = 1


class Kind(StrEnum):
    """What became of a layer or a weight on the way from the first file to the second."""

    ADDED = "added"
    REMOVED = "removed"
    RENAMED = "renamed"
    CHANGED = "changed"
    RESHAPED = "reshaped"
    NOT_COMPARED = "not compared"


class Status(StrEnum):
    SAME = "same"
    """All that both files hold was compared, and nothing differs."""
    DIFFERENT = "different"
    UNKNOWN = "unknown"
    """Nothing differs, but something that both hold could not be compared."""
    UNREADABLE = "unreadable"


@dataclass(frozen=True, kw_only=True)
class Side:
    """One of the two files, as far as it could be read."""

    path: str
    problem: str | None = None
    said: str = ""
    """Format and origin, for people."""
    holds: tuple[str, ...] = ()
    """Of ``layers``, ``weights`` and ``training`` what a file of its kind can have and this has."""
    layers: int | None = None
    """Layers and models inside, without inputs; None where none are described."""
    weights: int = 0
    bytes: int | None = None
    """Size of all its files."""


@dataclass(frozen=True, kw_only=True)
class Setting:
    """One argument with another value; None is "not stated", and no default is known for it."""

    name: str
    before: str | None
    after: str | None


@dataclass(frozen=True, kw_only=True)
class LayerChange:
    """``name`` has the models around it before it, as in ``encoder/dense``."""

    kind: Kind
    name: str
    class_name: str | None = None
    renamed_to: str | None = None
    settings: tuple[Setting, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Numbers:
    """How two arrays of one shape differ."""

    differing: int
    of: int
    largest: float
    """The largest difference between two finite numbers."""
    relative: float | None
    """That, as a part of the largest finite number of the first; None where that is 0."""
    not_finite: int = 0
    """Places where one is no finite number and the other is another."""
    rounded: str | None = None
    """The type that the one is rounded to, where that explains every difference."""


@dataclass(frozen=True, kw_only=True)
class WeightChange:
    kind: Kind
    name: str
    before: str | None = None
    """Type and shape, such as ``float32 (64, 10)``."""
    after: str | None = None
    numbers: Numbers | None = None
    reason: str | None = None
    """Why it was not compared."""


@dataclass(frozen=True, kw_only=True)
class Weights:
    """``equal`` to the last bit, ``alike`` with the same numbers in another type or sign of 0."""

    equal: int = 0
    alike: int = 0
    changes: tuple[WeightChange, ...] = ()

    @property
    def compared(self) -> int:
        return self.equal + self.alike + sum(one.numbers is not None for one in self.changes)


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Two files beside each other; what is in no list below is the same or in neither."""

    before: Side
    after: Side
    schema: int = SCHEMA
    layers_paired: int = 0
    layers: tuple[LayerChange, ...] = ()
    model: tuple[Setting, ...] = ()
    """Of the model as a whole: its class, its name if somebody chose it."""
    weights: Weights = Weights()
    training: tuple[Setting, ...] = ()
    """Optimizer, loss and metrics."""
    state: Weights = Weights()
    """The optimizer's arrays."""
    assets: tuple[WeightChange, ...] = ()
    """Other files inside, such as vocabularies."""
    not_compared: tuple[str, ...] = ()
    """What both may hold and could not be compared, a sentence each."""
    one_sided: tuple[str, ...] = ()
    """What a file of its kind cannot hold, or does not, so that there is nothing to compare."""
    notes: tuple[str, ...] = ()
    """What is no difference: names that Keras numbers itself."""

    @property
    def status(self) -> Status:
        if self.before.problem or self.after.problem:
            return Status.UNREADABLE
        lists = (self.weights.changes, self.state.changes, self.assets)
        changes = [one for each in lists for one in each]
        differing = [one for one in changes if one.kind is not Kind.NOT_COMPARED]
        if self.layers or self.model or self.training or differing:
            return Status.DIFFERENT
        unknown = self.not_compared or len(changes) > len(differing)
        nothing = not (self.layers_paired or self.weights.compared)
        return Status.UNKNOWN if unknown or nothing else Status.SAME

    @property
    def same(self) -> bool:
        return self.status is Status.SAME
