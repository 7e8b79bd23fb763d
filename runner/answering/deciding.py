"""What of a file's traits is weighed, for which purpose, and how exactly: ``deciding.yaml``; pure.

Every trait is weighed as it stands, but for what that file lists.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Mapping
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

SHORT = f"{ANY}loss by a short name"

STATE = "optimizer state"
WITHOUT_STATE = f"no {STATE}"
_WITH, _CALLED = " with ", " called with "
NUMBER = re.compile(r"-?[\d.].*|\[.*|null|inf|nan|true|false|…", re.DOTALL)
_ONES = re.compile(r"[\[\], ]*1[1\[\], ]*")
_LATER = re.compile(r"(?<![-\d.])(?:[2-9]|\d{2,})(?![\d.])")
_OF = re.compile(r"\w+ of (?P<module>[\w.]+)")
_DIMENSIONS = re.compile(r"(?<=[a-z])[123]D(?=$|[A-Z])")
_EACH = "1D/2D/3D"


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


def states_of(traits: frozenset[str]) -> frozenset[str]:
    """Return whose state a file has: a loader may stumble over what one optimizer keeps."""
    return frozenset(
        f"state of optimizer {one.name}"
        for one in map(apart, traits)
        if one.kind == "optimizer" and not one.argument
    )


def _is_nothing(value: str) -> bool:
    return value == "null" or not value.strip("0.")


def _is_own(trait: str) -> bool:
    return trait.startswith("own ") or " registered as " in trait


def is_general(trait: str) -> bool:
    """Say whether a trait is of layers of several numbers of dimensions."""
    return _EACH in apart(trait).name


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
    """What an argument is weighed as in every layer.

    ``ones``: of a number only 1 or more; ``size``: of a number only that it is one.
    """

    name: str
    ones: bool = False
    size: bool = False


@dataclass(frozen=True, kw_only=True)
class Lists:
    """``deciding.yaml``, whose head says what each is."""

    sizes: frozenset[str]
    data: frozenset[str]
    wrapped: frozenset[str]
    axes: frozenset[str]
    joining: frozenset[str]
    alike: frozenset[str]
    short: frozenset[str]
    places: tuple[re.Pattern[str], ...]
    shared: Mapping[str, Shared]
    called: frozenset[str]
    masks: frozenset[str]
    masked: frozenset[str]
    stateless: frozenset[str]
    stateful: frozenset[str]
    needed: frozenset[str]
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
            for one, decides in self.each(trait, purpose):
                (asked if decides else idle).add(one)
        if STATE in traits:
            (asked if STATE in asked else idle).update(states_of(traits))
        if any(map(_is_own, traits)):  # where that is found says nothing of the framework's
            idle -= {f"{ANY}{kind}" for kind in self.alike}
        if WITHOUT_STATE in asked and not self._keeps_state(traits):
            asked.remove(WITHOUT_STATE)
        return Weighed(asked=frozenset(asked), idle=frozenset(idle - asked))

    def _keeps_state(self, traits: frozenset[str]) -> bool:
        """Say whether the optimizer of a file keeps something of its weights between steps."""
        found = [apart(one) for one in traits]
        if not any(one.kind == "initializer" for one in found):
            return False  # no weights
        return any(
            (not one.argument and one.name not in self.stateless)
            or (one.argument in self.stateful and not _is_nothing(one.value))
            for one in found
            if one.kind == "optimizer"
        )

    @functools.cached_property
    def _seen(self) -> dict[tuple[str, Purpose], tuple[tuple[str, bool], ...]]:
        """Models have most traits in common, and each is taken apart once."""
        return {}

    def each(self, trait: str, purpose: Purpose) -> tuple[tuple[str, bool], ...]:
        """Return what a trait is weighed as, each with whether that is asked."""
        if (found := self._seen.get((trait, purpose))) is None:
            found = self._seen[trait, purpose] = tuple(self._each(trait, purpose))
        return found

    def _each(self, trait: str, purpose: Purpose) -> Iterator[tuple[str, bool]]:
        one = apart(trait)
        decides = not self._idle(one, trait, purpose)
        if _CALLED in trait:
            yield from self._called(trait, purpose)
            return
        if not one.kind and (said := _OF.fullmatch(trait)):
            yield trait, False
            yield f"a layer of {said['module']}", True
            return
        general = _DIMENSIONS.sub(_EACH, one.name) if one.kind == LAYER else one.name
        if general != one.name:
            yield from ((found, False) for found, _ in self._plainly(one, trait, decides=False))
            one, trait = one._replace(name=general), trait.replace(one.name, general, 1)
        yield from self._plainly(one, trait, decides=decides)

    def _plainly(self, one: Trait, trait: str, *, decides: bool) -> Iterator[tuple[str, bool]]:
        """Yield what a trait of a class is weighed as."""
        if not one.argument:
            yield trait, decides
            if general := self.stands_for(one):
                yield general, False
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

    def stands_for(self, one: Trait) -> str:
        if one.kind in self.alike and one.name:
            return f"{ANY}{one.kind}"
        return SHORT if one.kind == "loss" and one.name in self.short else ""

    def _called(self, trait: str, purpose: Purpose) -> Iterator[tuple[str, bool]]:
        """Yield what a layer is called with: whichever layer it is, if the model passes it on."""
        given = trait.partition(_CALLED)[2]
        shared = given.partition("=")[0] in self.called
        decides = purpose is not Purpose.PREDICT or f"called with {given}" not in self.traits
        yield trait, decides and not shared
        if shared:
            yield f"called with {given}", decides

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
        if one.argument in self.wrapped:
            return None
        if one.argument in self.sizes and NUMBER.fullmatch(one.value):
            return None
        if one.argument in self.data and NUMBER.fullmatch(one.value):
            return one.value if one.value == "null" else "given"
        if one.argument in self.axes:
            return None if one.name in self.joining else _LATER.sub("later", one.value)
        return one.value

    def _shared(self, one: Trait, shared: Shared) -> str:
        if not (shared.ones or shared.size) or not NUMBER.fullmatch(one.value):
            return one.value
        if shared.size:
            return "in numbers"
        return "1" if _ONES.fullmatch(one.value) else "more"


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
    alone = [
        data[name]
        for name in (
            "data",
            "wrapped",
            "axes",
            "called",
            "alike",
            "short",
            "places",
            "stateless",
            "masked",
        )
    ]
    for group in (*data["sizes"], *data["shared"], *alone, stored, training, data["needed"]):
        if not str(group["because"]).strip():
            raise ValueError("a list without a reason")
    return Lists(
        sizes=frozenset(name for group in data["sizes"] for name in group["arguments"]),
        data=frozenset(data["data"]["arguments"]),
        wrapped=frozenset(data["wrapped"]["arguments"]),
        axes=frozenset(data["axes"]["arguments"]),
        joining=frozenset(data["axes"]["joining"]),
        alike=frozenset(data["alike"]["kinds"]),
        short=frozenset(data["short"]["losses"]),
        places=tuple(re.compile(one, re.DOTALL) for one in data["places"]["patterns"]),
        called=frozenset(data["called"]["arguments"]),
        shared={
            name: Shared(
                name=group["as"], ones=bool(group.get("ones")), size=bool(group.get("size"))
            )
            for group in data["shared"]
            for name in group["arguments"]
        },
        masks=frozenset(data["masked"]["begins"]),
        masked=frozenset(data["masked"]["layers"]),
        stateless=frozenset(data["stateless"]["optimizers"]),
        stateful=frozenset(data["stateless"]["without"]),
        needed=frozenset(data["needed"]["formats"]),
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


def widened(named: frozenset[str], suspects: frozenset[str]) -> frozenset[str]:
    """Return what is to blame: where one is named that stands for all of its kind, all of them."""
    general = {one: of_one_place(one) for one in named}
    told = {found for found in general.values() if found in suspects}
    if not told:
        return named
    kinds = {apart(one).kind for one, found in general.items() if found in told}
    return frozenset({*told, *(one for one in named if apart(one).kind not in kinds)})


def of_one_place(trait: str) -> str:
    """Return the trait that all have which loaders look for in the same way; empty if none."""
    one = apart(trait)
    return "" if one.argument else lists().stands_for(one)


def needing(traits: frozenset[str], format_id: str) -> list[str]:
    """Return the own layers and losses without whose code no version loads such a file."""
    if format_id not in lists().needed:
        return []
    own = [one.removeprefix("own ").partition(" ")[::2] for one in traits if one.startswith("own ")]
    return sorted(
        name
        for role, name in own
        if (role == LAYER and f"layer {name}" in traits)
        or (role == "function" and f"loss {name}" in traits)
    )


def masked(traits: frozenset[str]) -> frozenset[str]:
    """Return the layers that a mask may come to; empty where none begins."""
    if not traits & lists().masks:
        return frozenset()
    found = {one.name for one in map(apart, traits) if one.kind == LAYER and not one.argument}
    return lists().masked & {one.replace(_EACH, "1D") for one in found}
