"""What constructors take, as a part of a pack: every text once, for environments share most; pure.

An entry is what one environment answered: ``environment`` its key, ``probe`` the hash of what
asked, ``candidates`` the hash of what was tried, ``versions`` and ``kinds`` the answer.
"""

from __future__ import annotations

import functools
import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from caniload.runner.packs.columns import cleaned
from caniload.runner.packs.contents import key_of
from caniload.runner.packs.frame import canonical
from caniload.runner.packs.joining import first, table

PARTS = ("classes", "functions")
Entry = Mapping[str, Any]


def folded(entries: Sequence[Entry], candidates: Mapping[str, Any]) -> dict[str, Any]:
    """Return the part, the same for the same entries; ``candidates`` are by their hash."""
    if not entries:
        return {}
    texts = sorted({text for one in entries for text in _texts(one["kinds"])})
    numbers = {text: number for number, text in enumerate(texts)}

    def number(value: Any) -> int:
        return numbers[canonical(value)]

    return {
        "candidates": dict(candidates),
        "texts": texts,
        "entries": [
            {**one, "kinds": _mapped(one["kinds"], number)} for one in sorted(entries, key=_key)
        ],
    }


def _key(entry: Entry) -> str:
    return key_of([entry["environment"], entry["probe"], entry["candidates"]])


def _texts(kinds: Mapping[str, Any]) -> Iterable[str]:
    for said in kinds.values():
        yield canonical(said["names"])
        yield from (canonical(one) for part in PARTS for one in said[part].values())


def _mapped(kinds: Mapping[str, Any], change: Callable[[Any], Any]) -> dict[str, Any]:
    return {
        kind: {
            "names": change(said["names"]),
            **{part: {name: change(one) for name, one in said[part].items()} for part in PARTS},
        }
        for kind, said in kinds.items()
    }


def unfolded(entry: Entry, value: Callable[[int], Any]) -> dict[str, Any]:
    """Return an entry with what it says in place of numbers; ``value`` is that of its part."""
    return {**entry, "kinds": _mapped(entry["kinds"], value)}


def values(part: Mapping[str, Any]) -> Callable[[int], Any]:
    """Return what reads the texts of a part, each once."""
    texts = part.get("texts", ())

    @functools.cache
    def value(number: int) -> Any:
        if number < 0:
            raise ValueError("a text before the first")
        return cleaned(json.loads(texts[number]))

    return value


def tried(part: Mapping[str, Any]) -> dict[str, Any]:
    """Return what most of the entries were asked, beside what each environment has itself."""
    counts = Counter(one["candidates"] for one in part.get("entries", ()))
    ranked = sorted(counts, key=lambda one: (-counts[one], one))
    return dict(part["candidates"][ranked[0]]) if ranked else {}


def joined(parts: Sequence[Mapping[str, Any]]) -> tuple[dict[str, Any], list[str]]:
    """Return what all say, and the environments of which there are two answers; one is kept."""
    found: dict[str, list[dict[str, Any]]] = {}
    for part in parts:
        value = values(part)
        for one in part.get("entries", ()):
            found.setdefault(_key(one), []).append(unfolded(one, value))
    twice = [said[0]["environment"] for said in found.values() if len({*map(canonical, said)}) > 1]
    candidates = table(*(part.get("candidates", {}) for part in parts))
    return folded([first(said) for said in found.values()], candidates), sorted(twice)
