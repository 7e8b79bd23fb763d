"""What a person asks of what constructors take, and the lines that say it; pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Taken(StrEnum):
    """What from_config did with a configuration that has the argument, too."""

    KEPT = "taken"
    UNSTATED = "taken, not stated again"
    """get_config of what was made does not have it: it may be without effect."""
    LEGACY = "taken from HDF5 only"
    """Refused by from_config; Keras 3 translates it when a layer was written without a module."""
    REFUSED = "refused"
    UNKNOWN = "not known"
    NO_CLASS = "no such class"


_ANSWERS = {2: Taken.KEPT, 1: Taken.UNSTATED, 0: Taken.REFUSED, None: Taken.UNKNOWN}


@dataclass(frozen=True, kw_only=True)
class Found:
    """A class or function that has a name in an environment; ``record`` is what was asked of it."""

    kind: str
    name: str
    record: Mapping[str, Any]

    @property
    def is_class(self) -> bool:
        return "takes" in self.record


def find(report: Mapping[str, Any], name: str, kind: str | None = None) -> list[Found]:
    """Return what a name is found as, by kind: by a saved file, or by the class's own name."""
    listed = []
    for one, said in sorted(report["kinds"].items()):
        if kind not in (None, one):
            continue
        key = said["names"].get(name) or name
        record = said["classes"].get(key) or said["functions"].get(key)
        if record is not None:
            listed.append(Found(kind=one, name=key, record=record))
    return listed


def answer(found: Found, argument: str) -> Taken:
    """Say whether a configuration with that argument is loaded."""
    if not found.is_class:
        named = any(one[0] == argument for one in found.record["arguments"])
        return Taken.KEPT if named else Taken.UNKNOWN
    if found.record["legacy"].get(argument):
        return Taken.LEGACY
    return _ANSWERS[found.record["takes"].get(argument)]


def why(found: Found, argument: str) -> str:
    """Return what the framework said to an argument, or why it was not asked."""
    if not found.is_class:
        return ""
    said: str | None = found.record["refusals"].get(argument) or found.record["untried"]
    return said or ""


def summary(report: Mapping[str, Any]) -> Iterator[str]:
    """Yield a line for each kind: how many there are, and their names."""
    for kind, said in report["kinds"].items():
        names = sorted({*said["classes"], *said["functions"]})
        yield f"{kind} ({len(names)}): {', '.join(names)}"


def lines(found: Found) -> Iterator[str]:
    """Yield what a person reads of one class or function."""
    record = found.record
    where = f" in {record['module']}" if "module" in record else ""
    yield f"{found.name} ({found.kind}){where}"
    width = max([len(one[0]) for one in record["arguments"]], default=0)
    for argument in record["arguments"]:
        default = f"= {_shown(argument[1])}" if len(argument) > 1 else "must be given"
        told = answer(found, argument[0]) if found.is_class else Taken.KEPT
        note = "" if told is Taken.KEPT else f"  ({told})"
        yield f"  {argument[0]:{width}}  {default}{note}"
    if found.is_class:
        yield from _others(found)


def _others(found: Found) -> Iterator[str]:
    own = {one[0] for one in found.record["arguments"]}
    for told in Taken:
        names = [one for one in found.record["takes"] if answer(found, one) is told]
        names = [one for one in names if one not in own and one != INVENTED]
        if names:
            yield f"  {told} beside them: {', '.join(sorted(names))}"
    invented = answer(found, INVENTED)
    if invented in (Taken.KEPT, Taken.UNSTATED):
        yield "  any other argument: taken, whatever its name"
    elif invented is Taken.REFUSED:
        yield "  an invented argument: refused"
    if found.record["untried"]:
        yield f"  nothing could be tried: {found.record['untried']}"


INVENTED = "caniload_invented"
"""The name that no framework has, by which the probe asks what becomes of any other."""


def _shown(default: Any) -> str:
    """Return a default as Python writes it; what JSON has not is its ``<repr>``."""
    if isinstance(default, str) and default.startswith("<"):
        return default
    return repr(default) if not isinstance(default, dict) else json.dumps(default)
