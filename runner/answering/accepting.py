"""What the constructors of the environment that loads take of a file's traits; pure.

What a loader does before it calls them is not in their answers, so no refusal is believed of what
was seen to load there.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from caniload.runner.answering.deciding import LAYER, Trait, apart
from caniload.runner.evidence.taken import INVENTED

KINDS = {
    "layer": "layers",
    "initializer": "initializers",
    "regularizer": "regularizers",
    "constraint": "constraints",
}
"""Optimizers, losses and metrics are not believed when they refuse: loaders translate or leave out
what they state (``is_legacy_optimizer``, an older ``decay``), and look them up elsewhere."""

_ALL = KINDS | {
    "policy": "policies",
    "optimizer": "optimizers",
    "schedule": "schedules",
    "loss": "losses",
    "metric": "metrics",
}

MODELS = frozenset({"Model", "Functional", "Network", "Sequential", "Container", "Graph"})
_LEGACY = frozenset({"h5", "json", "yaml"})

Record = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """What is refused: the trait as it is weighed, and what the framework says to it."""

    trait: str
    text: str


@dataclass(frozen=True, kw_only=True)
class Accepting:
    """The constructors of one environment; ``record`` returns what is known of a class.

    None: nothing is known of it. An empty one: there is no such class.
    """

    record: Callable[[str, str], Record | None]

    def refusals(
        self, traits: Collection[str], format_id: str, own: Collection[str] = ()
    ) -> Iterator[Refusal]:
        """Yield what of these traits is refused; nothing of classes of somebody's ``own``."""
        stated = (one.partition(" of ") for one in traits if " of " in one)
        modules = {what: module for what, _, module in stated}
        for trait in sorted(traits):
            one = apart(trait)
            if one.kind not in KINDS or one.name in own or one.name in MODELS:
                continue
            found = self.record(KINDS[one.kind], one.name)
            if found is None:
                continue
            if not found:
                if ".src." in modules.get(one.what, "") or "legacy" in modules.get(one.what, ""):
                    continue  # it is looked for there, whatever lists of names say
                yield Refusal(trait=_class_of(one), text=f"it has no {one.kind} {one.name}")
            elif one.argument and "takes" in found:
                legacy = format_id in _LEGACY and one.kind == LAYER and one.what not in modules
                if (text := _refused(found, one, legacy=legacy)) is not None:
                    yield Refusal(trait=f"{one.what} with {one.argument}", text=text)

    def takes(self, trait: str, format_id: str) -> bool:
        """Say whether it is known that a class, or its argument, is taken of a file's format."""
        one = apart(trait)
        found = self.record(_ALL[one.kind], one.name) if one.kind in _ALL and one.name else None
        if not found:
            return False
        legacy = found.get("legacy", {}) if format_id in _LEGACY else {}
        taken = found.get("takes", {})
        return not one.argument or any(bool(which.get(one.argument)) for which in (taken, legacy))


def _class_of(one: Trait) -> str:
    return f"layer {one.name}" if one.kind == LAYER else one.what


def _refused(found: Record, one: Trait, *, legacy: bool) -> str | None:
    """Return what is said to an argument that is refused; None if it is not, or that is unknown."""
    if found["untried"] or (legacy and found["legacy"].get(one.argument)):
        return None
    takes = found["takes"]
    if one.argument in takes:
        said = found["refusals"].get(one.argument) if takes[one.argument] == 0 else None
        return None if said is None else f"{one.name} does not take {one.argument}: {said}"
    if takes.get(INVENTED) == 0:
        return f"{one.name} does not know {one.argument}"
    return None
