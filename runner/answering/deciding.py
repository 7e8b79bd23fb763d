"""What of a file's traits is weighed, for which purpose, and how exactly: ``deciding.yaml``; pure.

Every trait is weighed as it stands, but for what that file lists.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from caniload.runner.core.outcomes import Purpose

FILE = Path(__file__).with_name("deciding.yaml")

LAYER = "layer"
_KINDS = frozenset(
    {
        *("initializer", "regularizer", "constraint", "policy", "activation"),
        *("optimizer", "schedule", "loss", "metric", "object"),
    }
)
ANY = "any "
"""Before the kind of an object whose class does not matter: its base class takes the argument."""

STATE = "optimizer state"
_WITH, _CALLED = " with ", " called with "
_NUMBER = re.compile(r"-?[\d.].*|\[.*|null|inf|nan|true|false|…", re.DOTALL)
_ONES = re.compile(r"[\[\], ]*1[1\[\], ]*")


class Trait(NamedTuple):
    """A trait taken apart; ``argument`` and ``value`` are empty where none are stated.

    ``kind`` is that of ``facts.Stated``; empty for what is no object, such as "one input".
    """

    kind: str
    name: str
    argument: str = ""
    value: str = ""

    @property
    def what(self) -> str:
        return self.name if self.kind == LAYER else f"{self.kind} {self.name}"


@functools.lru_cache(maxsize=100_000)
def apart(trait: str) -> Trait:
    """Take a trait of ``features`` apart."""
    if _CALLED in trait or trait.endswith(STATE):
        return Trait("", trait)
    if trait.startswith(ANY):
        kind, _, given = trait.removeprefix(ANY).partition(_WITH)
        argument, _, value = given.partition("=")
        return Trait(kind, "", argument, value)
    what, stated, given = trait.partition(_WITH)
    kind, _, name = what.partition(" ")
    if kind not in _KINDS or not name:
        kind, name = (LAYER, what.removeprefix("layer ")) if _is_layer(trait) else ("", trait)
    if not kind:
        return Trait("", trait)
    if not stated:
        return Trait(kind, name.removesuffix(", an object").partition(" ")[0])
    argument, _, value = given.partition("=")
    return Trait(kind, name, argument, value)


def _is_layer(trait: str) -> bool:
    what, stated, _ = trait.partition(_WITH)
    return trait.startswith("layer ") or (bool(stated) and " " not in what)


@dataclass(frozen=True, kw_only=True)
class Weighed:
    """A file's traits for one purpose.

    ``asked`` have to be known to stay the same; ``idle`` change nothing of what is asked for, but a
    loader may stumble over them.
    """

    asked: frozenset[str]
    idle: frozenset[str]

    @functools.cached_property
    def all(self) -> frozenset[str]:
        return self.asked | self.idle


@dataclass(frozen=True, kw_only=True)
class Shared:
    """What an argument is weighed as in every layer; ``ones``: of a number only 1 or more."""

    name: str
    ones: bool = False


@dataclass(frozen=True, kw_only=True)
class Lists:
    """``deciding.yaml``, whose head says what each is."""

    sizes: frozenset[str]
    shared: Mapping[str, Shared]
    stored_kinds: frozenset[str]
    stored_arguments: tuple[str, ...]
    kinds: frozenset[str]
    layers: frozenset[str]
    arguments: frozenset[str]
    traits: frozenset[str]

    def weighed(self, traits: frozenset[str], purpose: Purpose) -> Weighed:
        asked: set[str] = set()
        idle: set[str] = set()
        for trait in traits:
            for one, decides in self._weighed(trait, purpose):
                (asked if decides else idle).add(one)
        return Weighed(asked=frozenset(asked), idle=frozenset(idle - asked))

    def _weighed(self, trait: str, purpose: Purpose) -> Iterator[tuple[str, bool]]:
        """Yield what a trait is weighed as, and whether that is asked."""
        one = apart(trait)
        decides = not self._idle(one, trait, purpose)
        if not one.argument:
            yield trait, decides
            if one.kind not in ("", LAYER) and " registered as " in trait:
                package = trait.rpartition(" ")[2].partition(">")[0]
                yield f"{ANY}{one.kind} registered as {package}>", False
            return
        yield f"{one.what}{_WITH}{one.argument}", False
        if one.kind != LAYER:
            yield f"{ANY}{one.kind}{_WITH}{one.argument}", False
        if shared := self.shared.get(one.argument):
            yield f"{shared.name} {self._shared(one, shared)}", decides
            return
        value = self._value(one)
        if value is not None:
            yield f"{one.what}{_WITH}{one.argument}={value}", decides
            if one.kind != LAYER:
                yield f"{ANY}{one.kind}{_WITH}{one.argument}={value}", False

    def _idle(self, one: Trait, trait: str, purpose: Purpose) -> bool:
        if one.kind in self.stored_kinds or one.argument.endswith(self.stored_arguments):
            return True
        if purpose is not Purpose.PREDICT:
            return False
        return (
            one.kind in self.kinds
            or trait in self.traits
            or (one.kind == LAYER and one.name in self.layers)
            or (one.kind == LAYER and one.argument in self.arguments)
        )

    def _value(self, one: Trait) -> str | None:
        """Return the value as exactly as it is weighed; None if it is not."""
        if one.argument in self.sizes and _NUMBER.fullmatch(one.value):
            return None
        return one.value

    def _shared(self, one: Trait, shared: Shared) -> str:
        if shared.ones and _NUMBER.fullmatch(one.value):
            return "1" if _ONES.fullmatch(one.value) else "more"
        return one.value


@functools.cache
def lists(file: Path = FILE) -> Lists:
    """Return the lists that ship."""
    data = yaml.load(
        file.read_text(encoding="utf-8"),
        Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader),  # noqa: S506 - both are safe
    )
    return lists_of(data)


def lists_of(data: Mapping[str, Any]) -> Lists:
    """Check what ``deciding.yaml`` says; ``KeyError`` and ``ValueError`` where it is malformed."""
    stored, training = data["stored"], data["training"]
    for group in (*data["sizes"], *data["shared"], stored, training):
        if not str(group["because"]).strip():
            raise ValueError("a list without a reason")
    return Lists(
        sizes=frozenset(name for group in data["sizes"] for name in group["arguments"]),
        shared={
            name: Shared(name=group["as"], ones=bool(group.get("ones")))
            for group in data["shared"]
            for name in group["arguments"]
        },
        stored_kinds=frozenset(stored["kinds"]),
        stored_arguments=tuple(stored["arguments"]),
        kinds=frozenset(training["kinds"]),
        layers=frozenset(training["layers"]),
        arguments=frozenset(training["arguments"]),
        traits=frozenset(training["traits"]),
    )


@functools.lru_cache(maxsize=20_000)
def weighed(traits: frozenset[str], purpose: Purpose) -> Weighed:
    """Return a file's traits as they are weighed by the lists that ship."""
    return lists().weighed(traits, purpose)


def without_size(trait: str) -> str:
    """Return a trait without a number that is not weighed anyway, such as how many units."""
    one = apart(trait)
    if one.argument in lists().sizes and _NUMBER.fullmatch(one.value):
        return f"{trait.partition('=')[0]}=…"
    return trait


def in_words(traits: Sequence[str], most: int = 3) -> str:
    """Return the first few of these, as a sentence ends with them."""
    more = f" and {len(traits) - most} more" if len(traits) > most else ""
    return f"{', '.join(traits[:most])}{more}"
