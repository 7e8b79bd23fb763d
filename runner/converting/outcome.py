"""What a conversion came to: plain values, the schema of ``caniload convert --json``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from caniload.runner.converting.applying import Change

SCHEMA = 1


class Remedy(StrEnum):
    """The rungs of the ladder, cheapest and safest first."""

    AS_IT_IS = "as it is"
    UNCOMPILED = "compile=False"
    CUSTOM = "custom objects"
    CODE = "built by your function"
    REBUILT = "rewritten and rebuilt"
    BRIDGED = "rewritten and rebuilt, by way of another version"
    INFERENCE = "inference only"


class Verdict(StrEnum):
    DELIVERED = "delivered"
    """The file is there, loads plainly in the target, and its outputs are the original's."""
    INFERENCE = "inference only"
    """A SavedModel for keras.layers.TFSMLayer is there; a model to train on is not."""
    REFUSED = "refused"
    """Nothing is there: no remedy gave a model with the same outputs, or none was allowed."""


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """One remedy that was tried; ``problem`` says why it was not enough, None that it was."""

    remedy: Remedy
    environments: tuple[str, ...]
    problem: str | None = None
    difference: float | None = None
    """Largest absolute difference of any output, where outputs could be compared."""


@dataclass(frozen=True, kw_only=True)
class Power:
    """What a proof would have noticed: of the result's weights, each changed by 1 % for a moment.

    Noticed is what makes the comparison fail, by an output or by what a layer gives inside.
    """

    layers: int
    """Layers that have weights."""
    changed: int
    """Those that there was time for."""
    noticed: int
    """Those of which the change of a weight was noticed."""
    weights: int
    """Arrays that were changed, of all these layers."""
    weights_noticed: int
    unnoticed: tuple[str, ...] = ()
    """Layers of which no change was noticed: they may be others, unseen."""
    copied: tuple[str, ...] = ()
    """Further weights of which that is so, and which are the original's bit for bit."""
    uncertain: tuple[str, ...] = ()
    """Further weights of which that is so, and which the original has not as they are."""
    inputs: tuple[str, ...] = ()
    """What else the model was fed, beside the inputs that the proof begins with."""
    inside: tuple[str, ...] = ()
    """Layers of which what they give was compared, too, for the outputs do not show it."""
    trained: tuple[str, ...] = ()
    """Layers of which was compared what a step in training does."""
    seconds: float = 0.0
    """CPU time that changing weights took."""


@dataclass(frozen=True, kw_only=True)
class Proof:
    """What was run: the original in ``reader``, the result in a fresh process in ``target``.

    ``max_abs``, ``scale`` and ``bound`` are of the one output that came nearest to its bound.
    """

    reader: str
    target: str
    outputs: int
    max_abs: float
    scale: float
    """Largest magnitude in the original's output."""
    bound: float
    """What ``max_abs`` had to stay below: absolute + relative * scale, from matrix.yaml."""
    inputs: tuple[Mapping[str, object], ...] = ()
    weak: str | None = None
    """Why equal outputs say less here than they usually do; None where they say it all."""
    power: Power | None = None
    """None where it is not known."""

    @property
    def is_blind(self) -> bool:
        """Say whether other weights would have given the same: equal outputs then say nothing."""
        return self.power is not None and self.power.changed > 0 and not self.power.noticed


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """How a graph is called that was delivered for inference only."""

    name: str
    takes: str
    """Its inputs in words: name, shape and dtype of each."""
    gives: str
    call: str
    """The Python that calls it."""
    layer: str | None = None
    """A ``.keras`` of one layer that calls it where it lies; None where the target loads none."""


@dataclass(frozen=True, kw_only=True)
class Conversion:
    """The outcome for one file; ``reason`` is a sentence where nothing was delivered."""

    path: str
    target: str
    verdict: Verdict
    schema: int = SCHEMA
    out: str | None = None
    remedy: Remedy | None = None
    reason: str | None = None
    needs_trust: bool = False
    sandbox: Mapping[str, Any] | None = None
    """What held while it was loaded: ``level``, what it ``blocked``, and what is ``open``."""
    attempts: tuple[Attempt, ...] = ()
    proof: Proof | None = None
    changes: tuple[Change, ...] = ()
    lost: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    endpoint: Endpoint | None = None
    """Where the verdict is ``inference only``."""
    receipt: str | None = None
    """The file beside the result that says what it was made of, and how that was proved."""
