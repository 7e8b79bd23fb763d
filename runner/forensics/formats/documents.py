"""JSON texts from strangers -> plain values; longer or deeper ones are refused."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from caniload.runner.forensics.facts import UnreadableError

TEXT_BYTES = 32 * 2**20
"""Longest JSON text; the configurations of the largest models of Keras have less than 2 MB."""

DEPTH = 200
"""Deepest nesting; a model within a model adds three or four."""

VALUES = 2_000_000
"""Most values in one text, counted as they are walked: YAML can name one value many times."""

LETTERS = 64 * 2**20
"""Most letters in all of them, counted the same way."""


class TaggedError(UnreadableError):
    """A YAML text that asks its reader for a Python object."""


def read_json(text: bytes | str) -> Any:
    """Return what a JSON text says; ``UnreadableError``: too long, too deep, or no JSON."""
    if len(text) > TEXT_BYTES:
        raise UnreadableError("holds a text that is longer than is read")
    try:
        data = json.loads(text, parse_constant=str)  # NaN is no JSON, whatever Python says
    except RecursionError as error:
        raise UnreadableError("holds JSON nested deeper than is read") from error
    except ValueError as error:  # not UTF-8 is one, too
        raise UnreadableError(f"not JSON: {error}") from error
    check_size(data)
    return data


def bounded(path: Path) -> bytes:
    """Return a text, and of one that is too long as much as shows that it is."""
    with path.open("rb") as stream:
        return stream.read(TEXT_BYTES + 1)


def check_size(data: Any) -> None:
    """Raise ``UnreadableError`` for what would be walked for ever or too deep."""
    letters = 0
    for _, value in walk(data):
        letters += len(value) if isinstance(value, str) else 0
        if letters > LETTERS:
            raise UnreadableError("holds more text than is read")


def walk(data: Any, key: str = "") -> Iterator[tuple[str, Any]]:
    """Yield every value with the key that it stands under, parents first, in the text's order."""
    pending: list[tuple[str, Any, int]] = [(key, data, 0)]
    seen = 0
    while pending:
        key, value, depth = pending.pop()
        seen += 1
        if depth > DEPTH or seen > VALUES:
            raise UnreadableError("holds values nested deeper, or more of them, than are read")
        yield key, value
        if isinstance(value, dict):
            inner = [(str(name), one, depth + 1) for name, one in value.items()]
        elif isinstance(value, list):
            inner = [(key, one, depth + 1) for one in value]
        else:
            continue
        pending += reversed(inner)
