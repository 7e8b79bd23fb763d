"""What an inspection finds: plain values, the same for every format; ``None`` is "not stated".

These classes are the schema of ``caniload inspect --json``: a field is never renamed or removed
without a new ``SCHEMA``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

SCHEMA = 1

Shape = tuple[int | None, ...]


class Severity(StrEnum):
    DANGER = "danger"
    """Runs code or reaches out of the file when somebody loads it."""
    DAMAGE = "damage"
    """Part of the file is missing or cannot be read."""
    NOTICE = "notice"
    """Unusual, or needs something that the file does not bring."""
    UNCHECKED = "unchecked"
    """Not looked into, so that silence about it means nothing."""


class Holds(StrEnum):
    MODEL = "model"
    """Architecture and weights."""
    WEIGHTS = "weights"
    ARCHITECTURE = "architecture"
    GRAPH = "graph"
    """Operations and weights, without Keras's description of layers."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """Something to know before loading; ``kind`` is stable, ``text`` is for people."""

    severity: Severity
    kind: str
    text: str


@dataclass(frozen=True, kw_only=True)
class Origin:
    """What wrote the file, as the file states it; nothing is inferred."""

    keras_version: str | None = None
    tensorflow_version: str | None = None
    backend: str | None = None
    date_saved: str | None = None
    """As written, without a time zone: Keras writes local time."""
    graph_producer: int | None = None
    """TensorFlow's own number for the version of its graphs (GraphDef.versions.producer)."""


@dataclass(frozen=True, kw_only=True)
class Tensor:
    """An input or output; ``None`` in a shape is a dimension of any length."""

    name: str | None = None
    shape: Shape | None = None
    dtype: str | None = None


@dataclass(frozen=True, kw_only=True)
class Signature:
    """One way to call a graph: what it takes by name, and what it gives."""

    name: str
    inputs: tuple[Tensor, ...] = ()
    outputs: tuple[Tensor, ...] = ()
    method: str | None = None
    """What TensorFlow Serving is to do with it, such as ``tensorflow/serving/predict``."""


@dataclass(frozen=True, kw_only=True)
class Layer:
    """A layer of the model; those of a model inside carry its name in ``inside``.

    In files that hold weights only, ``class_name`` is not stated.
    """

    name: str | None = None
    class_name: str | None = None
    inside: str | None = None
    wraps: tuple[str, ...] = ()
    """Classes of the layers and cells that it was built around, as Bidirectional is."""
    dtype: str | None = None
    trainable: bool | None = None
    settings: Mapping[str, str] = field(default_factory=dict)
    """Arguments that name something (an activation, a padding, an initializer's class) or are
    ``true``; numbers and shapes are left out."""


@dataclass(frozen=True, kw_only=True)
class Stated:
    """An object that the configuration describes: a layer or what one is made with; each once.

    ``kind`` is ``layer``, ``initializer``, ``regularizer``, ``constraint``, ``policy``,
    ``activation``, ``optimizer``, ``schedule``, ``loss``, ``metric`` or ``object``. ``arguments``
    are all that it states, in few letters: of an object inside its class, of what is long ``…``;
    its name is left out. ``called`` is what a layer is called with beside tensors.
    """

    kind: str
    class_name: str
    module: str | None = None
    registered: str | None = None
    """The name it is registered under, where the file states one."""
    arguments: tuple[tuple[str, str], ...] = ()
    called: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, kw_only=True)
class Custom:
    """A class or function that neither Keras nor TensorFlow brings."""

    name: str
    package: str | None = None
    """The part before ``>`` of a registered name."""
    module: str | None = None
    role: str = "class"
    """``layer``, ``class`` or ``function``."""


@dataclass(frozen=True, kw_only=True)
class Code:
    """A program inside the file; ``where`` is the layer that brings it."""

    kind: str
    """``bytecode`` or ``pickle``."""
    where: str | None = None
    bytes: int | None = None


@dataclass(frozen=True, kw_only=True)
class Optimizer:
    """How the model was trained; ``settings`` are what the file states of its constructor."""

    class_name: str | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    iterations: int | None = None
    slots: int | None = None
    """Arrays of its own that are stored, such as momentums; 0: training starts anew."""


@dataclass(frozen=True, kw_only=True)
class Weights:
    """All arrays of the model, without those of its optimizer and metrics."""

    variables: int
    parameters: int
    """Numbers in them, trainable or not."""
    bytes: int
    dtypes: Mapping[str, int] = field(default_factory=dict)
    """How many arrays are of which type."""
    trainable: int | None = None
    """Numbers in those that the file calls trainable."""


@dataclass(frozen=True, kw_only=True)
class Packaging:
    """What a folder is that a model lies in, in words; ``within``: where, if not at its top."""

    said: str
    within: str = ""


@dataclass(frozen=True, kw_only=True)
class Inspection:
    """All that was found in one file or folder; with a ``problem``, little or nothing else.

    ``format`` is one of ``h5``, ``weights-h5``, ``keras``, ``savedmodel``, ``checkpoint``,
    ``json``, ``yaml``, ``pickle``, or ``None`` for what is none of them; ``variant`` says which
    layout of it. ``bytes`` counts all ``files``, which are relative to ``path`` or beside it; in a
    folder with a ``packaging``, to where the model lies in it.
    """

    path: str
    schema: int = SCHEMA
    problem: str | None = None
    format: str | None = None
    variant: str | None = None
    holds: Holds | None = None
    packaging: Packaging | None = None
    files: tuple[str, ...] = ()
    bytes: int | None = None
    origin: Origin = Origin()
    model_class: str | None = None
    model_name: str | None = None
    layers: tuple[Layer, ...] = ()
    layers_by_class: Mapping[str, int] = field(default_factory=dict)
    """Layers without models inside, the classes of these models not counted."""
    inputs: tuple[Tensor, ...] = ()
    outputs: tuple[Tensor, ...] = ()
    signatures: tuple[Signature, ...] = ()
    """The endpoints of a SavedModel, as it lists them."""
    tags: tuple[str, ...] = ()
    """By which a SavedModel's first graph is loaded; more than ``serve`` are of TensorFlow 1."""
    dtype_policies: Mapping[str, int] = field(default_factory=dict)
    """How many layers compute under which policy; input layers not counted."""
    stated: tuple[Stated, ...] = ()
    """All that the configuration describes, how it was compiled included."""
    custom: tuple[Custom, ...] = ()
    code: tuple[Code, ...] = ()
    optimizer: Optimizer | None = None
    loss: tuple[str, ...] = ()
    metrics: tuple[str, ...] = ()
    weights: Weights | None = None
    asks_for: int | None = None
    """Numbers that the settings of all layers ask for, at least."""
    findings: tuple[Finding, ...] = ()

    @property
    def sound(self) -> bool:
        """Say whether all of it could be read."""
        return self.problem is None and all(
            finding.severity is not Severity.DAMAGE for finding in self.findings
        )


class UnreadableError(ValueError):
    """The file as a whole cannot be read; the text says in one line what it is instead."""


def danger(kind: str, text: str) -> Finding:
    return Finding(severity=Severity.DANGER, kind=kind, text=text)


def damage(kind: str, text: str) -> Finding:
    return Finding(severity=Severity.DAMAGE, kind=kind, text=text)


def notice(kind: str, text: str) -> Finding:
    return Finding(severity=Severity.NOTICE, kind=kind, text=text)


def unchecked(kind: str, text: str) -> Finding:
    return Finding(severity=Severity.UNCHECKED, kind=kind, text=text)
