"""What the readers hand over: a model as a tree of layers, and arrays that are read when asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol


class Array(Protocol):
    """Numbers in a file. ``refusal`` says why they cannot be read, if they cannot."""

    shape: tuple[int, ...]
    dtype: str
    """As numpy or Keras names it; ``bfloat16`` is read as float32."""
    refusal: str | None

    def read(self, start: int, count: int, slices: tuple[slice, ...]) -> Any:
        """Return ``count`` numbers from the ``start``-th on, flat, in C order.

        ``slices`` say the same by axes. OSError and what h5py raises: the file is damaged.
        """


@dataclass(frozen=True, kw_only=True)
class Weight:
    """An array and where it stands: ``scope`` within its layer, then its own name or number."""

    array: Array
    label: str
    """Its place in the file, for people."""
    scope: tuple[str, ...] = ()
    leaf: str = ""

    @property
    def numbered(self) -> bool:
        return self.leaf.isdigit()


@dataclass(frozen=True, kw_only=True)
class Stored:
    """An array as a reader finds it, before it is known whose it is.

    ``parts`` are names from the outside in, the last being its own. ``by`` says of what kind they
    are: ``names`` of layers, or ``objects`` as Keras 3 numbers them; ``labels`` are the layers'
    names where these are known beside them.
    """

    array: Array
    label: str
    parts: tuple[str, ...]
    by: str = "names"
    labels: tuple[str | None, ...] = ()
    layer: str | None = None
    """The layer of the outermost model that the file keeps it under, if it says so."""


@dataclass(kw_only=True, eq=False)
class Layer:
    """A layer, or a model with ``members``; ``parts`` are what it is built around, by attribute."""

    name: str | None
    class_name: str | None
    settings: dict[str, Any] = field(default_factory=dict)
    """Arguments in one dialect: see ``values``."""
    members: list[Layer] = field(default_factory=list)
    parts: dict[str, Layer] = field(default_factory=dict)
    key: str = ""
    """What Keras 3 calls its group: the class, and a number from the second of it on."""
    calls: Any = None
    """What it is given each time it is called, from whom; None for a line of layers."""
    ends: tuple[list[tuple[str, int, int]], list[tuple[str, int, int]]] | None = None
    """Of a graph of layers: from which its inputs and outputs are taken."""
    rank: int | None = None
    """Dimensions of its input, with the batch, where the file says so."""
    is_model: bool = False
    unread: str | None = None
    """What of it was not read, a sentence."""
    weights: list[Weight] = field(default_factory=list)

    def walk(self, before: str = "") -> Iterator[tuple[str, Layer]]:
        """Yield every layer below with its name and those around it."""
        for one in self.within():
            name = f"{before}{one.name or one.class_name or one.key}"
            yield name, one
            yield from one.walk(f"{name}/")

    def within(self) -> list[Layer]:
        """Return the members, of what it is built around too."""
        return [*self.members, *(one for part in self.parts.values() for one in part.within())]


@dataclass(kw_only=True)
class Saved:
    """One file; ``model`` is None where no architecture is in it."""

    said: str
    model: Layer | None = None
    weights: list[Stored] = field(default_factory=list)
    state: list[Stored] = field(default_factory=list)
    training: dict[str, Any] | None = None
    """Compile settings in one dialect; empty: not compiled; None: cannot be in such a file."""
    assets: dict[str, tuple[int, Callable[[], str | None]]] = field(default_factory=dict)
    """Other files inside: size in bytes, and what returns their hash, or None: unreadable."""
    files: str | None = None
    """In which way other files inside are named; None where there can be none."""
    groups: list[tuple[str, str | None]] = field(default_factory=list)
    """Layers as the weights are grouped by: the group, and the layer's name if it is stated."""
    gaps: list[str] = field(default_factory=list)
    """What could not be read of it, a sentence each."""
    bytes: int | None = None
