"""What a SavedModel is called by, there and where it was saved -> differences; pure.

A cell records the signatures that its own loader showed. What they were is what the environment
that saved the file shows when it loads it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

Signatures = Mapping[str, Mapping[str, Any]]
"""By name: ``inputs`` and ``outputs``, each by name with ``shape`` and ``dtype``, or ``None``."""

_SIDES = (("inputs", "input", "takes", "took"), ("outputs", "output", "gives", "gave"))


def of(record: Mapping[str, Any]) -> Signatures | None:
    """Return what a record says its model is called by; ``None`` where that is no such model."""
    found = (record.get("facts") or {}).get("signatures")
    return found if isinstance(found, Mapping) and found else None


def beside(record: Mapping[str, Any], saved: Callable[[], Signatures | None]) -> Mapping[str, Any]:
    """Return the record of a cell with both sides of its signatures, so that they are compared.

    ``saved`` looks up what they were; it is asked only where there are some.
    """
    now = of(record)
    was = saved() if now is not None else None
    if was is None:
        return record
    return {**record, "facts": {**record["facts"], "signatures": [was, now]}}


def texts(sides: Any) -> Iterator[str]:
    """Yield in what the signatures differ; nothing where only one side is known, or neither.

    A signature that has come is no difference: whoever called the others still can.
    """
    if not isinstance(sides, list) or not all(sides):
        return
    was, now = sides
    for name in sorted(was):
        if name not in now:
            yield f"signature {name} is gone"
            continue
        for side, word, does, did in _SIDES:
            before, after = was[name].get(side), now[name].get(side)
            if before is not None and after is not None:
                yield from _side(f"signature {name}", (word, does, did), before, after)


def _side(
    signature: str,
    words: tuple[str, str, str],
    before: Mapping[str, Any],
    after: Mapping[str, Any],
) -> Iterator[str]:
    word, does, did = words
    if before.keys() != after.keys():
        yield f"{signature} {does} {_listed(after)}; it {did} {_listed(before)}"
        return
    for one in sorted(before):
        if before[one]["dtype"] != after[one]["dtype"]:
            yield (
                f"{word} {one} of {signature} is {after[one]['dtype']},"
                f" it was {before[one]['dtype']}"
            )


def _listed(names: Mapping[str, Any]) -> str:
    return ", ".join(sorted(names)) or "nothing"
