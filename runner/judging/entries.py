"""What an entry of catalogue.yaml may say; plain checks, for a quick `check` waits for them."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator
from typing import Any

from caniload.runner.core.judged import CATEGORIES, CHANNELS, SEVERITIES, Entry
from caniload.runner.matrix.places import Location, Problem

_OF_ENTRY = dataclasses.fields(Entry)
KNOWN = {"pattern", "traceback", *(one.name for one in _OF_ENTRY)}
REQUIRED = (
    *("pattern", "remedy"),
    *(one.name for one in _OF_ENTRY if one.default is dataclasses.MISSING),
)
LISTS = {"channels", "sources"}
PATTERNS = {"pattern", "traceback"}
ONE_OF = {"severity": SEVERITIES, "category": CATEGORIES, "channels": CHANNELS}
REMEDY = re.compile(r"[a-z0-9.]+(-[a-z0-9.]+)*")


def problems(data: Any) -> Iterator[Problem]:
    """Find all that is wrong in the entries."""
    if not isinstance(data, list):
        yield (), "is no list of entries"
        return
    first: dict[Any, int] = {}
    for index, one in enumerate(data):
        if not isinstance(one, dict):
            yield (index,), "is no entry"
            continue
        yield from _of_one(one, index)
        name = str(one.get("id"))
        if name in first and "id" in one:
            yield (index, "id"), f"{name!r} is the id of [{first[name]}] too"
        first.setdefault(name, index)


def _of_one(entry: dict[Any, Any], index: int) -> Iterator[Problem]:
    for name in REQUIRED:
        if name not in entry:
            yield (index, name), "is missing"
    for name, value in entry.items():
        if name not in KNOWN:
            yield (index, str(name)), "unknown key; the head of the file has the known ones"
        elif name not in LISTS:
            yield from _of_text(name, value, (index, name))
        elif not isinstance(value, list) or not value:
            yield (index, name), "is no list, or an empty one"
        else:
            for place, item in enumerate(value):
                yield from _of_text(name, item, (index, name, place))


def _of_text(name: str, value: Any, place: Location) -> Iterator[Problem]:
    if not isinstance(value, str) or not value:
        yield place, f"{value!r} is no text"
    elif name in ONE_OF and value not in ONE_OF[name]:
        yield place, f"{value!r} is not one of {', '.join(ONE_OF[name])}"
    elif name == "remedy" and not REMEDY.fullmatch(value):
        yield place, f"{value!r} is no word such as recompile or rename-file"
    elif name in PATTERNS:
        try:
            re.compile(value)
        except re.error as error:
            yield place, f"is no regular expression: {error}"
