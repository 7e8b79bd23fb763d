"""Where each result goes: the original's place and name, with the ending of the target's format."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from posixpath import splitext

from caniload.runner.checking.subjects import ENDINGS


def results(names: Sequence[str], suffix: str, known: Mapping[str, str]) -> dict[str, str]:
    """Return the name of each original's result.

    ``known`` are those that were given out before, which stay. Of originals that differ in their
    endings only each keeps its own: ``a.h5.keras`` and ``a.json.keras``.
    """
    found = {name: known[name] for name in names if known.get(name, "").endswith(suffix)}
    short = {name: _stem(name) + suffix for name in names}
    often = Counter(short.values())
    taken = set(found.values())
    for name in names:
        if name in found:
            continue
        wanted = short[name] if often[short[name]] == 1 else f"{name}{suffix}"
        while wanted in taken:
            wanted = f"{wanted}{suffix}"
        found[name] = wanted
        taken.add(wanted)
    return found


def _stem(name: str) -> str:
    stem, suffix = splitext(name)
    return stem if suffix in ENDINGS else name
