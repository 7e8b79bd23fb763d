"""What to try in one environment: all that constructors have in any other; pure."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

VALUES = 3
"""How many values of an argument are tried at most: the ones that files have."""


def candidates(reports: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Return names, arguments with values, and written forms, by kind, of several environments."""
    found: dict[str, Any] = {}
    for report in reports:
        for kind, said in report["kinds"].items():
            into = found.setdefault(kind, {"names": set(), "arguments": {}, "forms": {}})
            into["names"] |= set(said["names"])
            for key, one in said["classes"].items():
                _add(into, key.rsplit(".", 1)[-1], one)
    return {kind: _plain(one) for kind, one in sorted(found.items())}


def _add(into: dict[str, Any], name: str, one: Mapping[str, Any]) -> None:
    arguments = into["arguments"].setdefault(name, defaultdict(set))
    for argument, value in _values(one):
        arguments[argument].add(json.dumps(value, sort_keys=True))
    for argument in one["takes"]:
        arguments[argument].update()  # a name is worth trying without a value, too
    if one["writes"]:
        into["forms"].setdefault(name, set()).add(json.dumps(one["writes"]))


def _values(one: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    yield from (one["written"] or {}).items()
    for argument in one["arguments"]:
        yield argument[0], argument[1] if len(argument) > 1 else None


def _plain(one: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "names": sorted(one["names"]),
        "arguments": {
            name: {argument: _first(texts) for argument, texts in sorted(said.items())}
            for name, said in sorted(one["arguments"].items())
        },
        "forms": {
            name: [json.loads(text) for text in sorted(texts)]
            for name, texts in sorted(one["forms"].items())
        },
    }


def _first(texts: Iterable[str]) -> list[Any]:
    """Return the values that say most, first: a null and a ``<repr>`` say nothing."""
    told = [text for text in sorted(texts) if text != "null" and not text.startswith('"<')]
    return [json.loads(text) for text in told[:VALUES]]
