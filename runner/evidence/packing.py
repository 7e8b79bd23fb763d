"""The record of a cell <-> a row of columns, in which what repeats is a text of its own; pure.

Of a record, some differs in every cell (seconds, memory, the path of the file) and the rest repeats
in many: the same exception with its traceback, the same warnings, the same optimizer. So a row has
numbers, the cell's coordinates, and a few JSON texts that a column keeps once each. In these the
path of the file is a mark, for it stands in what frameworks say. The way back is exact.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

COORDINATES = ("saved_by", "model", "format", "damage", "loaded_by")
FACTS = ("error", "messages", "optimizer", "outputs")
"""Facts that are long and repeat, each in a column of its own; the other facts are ``rest``."""

TEXTS = (*FACTS, "rest")
"""Columns that together say all that a verdict rests on."""

PATH = "\x02"
"""Stands in a text for the path of the file: JSON has no such character."""

FLOAT, INTEGER = "\x01f", "\x01i"
"""Stand for a number that is in the columns; a string is never where they stand."""

_EXACT = 2**53  # integers up to this are floats without loss
_KEY = re.compile(r"([0-9A-Za-z_.-]+)/([0-9a-f]{64})", re.ASCII)


class Row(NamedTuple):
    """One cell's record in columns.

    ``crash`` is how its process ended, in a word; ``limits`` are those that it then ran under.
    """

    saved_by: str
    model: str
    format: str
    damage: str | None
    loaded_by: str
    artifact: str
    crash: str | None
    limits: str | None
    seconds: float | None
    numbers: list[float]
    derived: str | None
    error: str | None
    messages: str | None
    optimizer: str | None
    outputs: str | None
    rest: str


def split_key(key: str) -> tuple[str, str] | None:
    """Return reader key and file key of a cell's; ``None`` for the key of anything else."""
    found = _KEY.fullmatch(key)
    return (found[1], found[2]) if found and not found[1].startswith(".") else None


def pack(record: Mapping[str, Any]) -> Row | None:
    """Return a record as a row; ``None`` if it has not the form of a cell's."""
    place = _coordinates(record)
    if place is None:
        return None
    facts, artifact = record["facts"], record["artifact"]
    rest = {name: value for name, value in record.items() if name not in ("cell", "artifact")}
    derived, limits = rest.pop("derived", None), rest.pop("limits", None)
    parts: dict[str, Any] = {}
    if facts is not None:
        parts = {name: facts[name] for name in FACTS if name in facts}
        rest["facts"] = {name: value for name, value in facts.items() if name not in parts}
        if isinstance(facts.get("seconds"), Mapping):
            rest["facts"]["seconds"] = dict(facts["seconds"])
    numbers: list[float] = []
    for holder, name in _places(rest):
        if isinstance(holder[name], str):
            return None
        numbers += _taken(holder, name)
    seconds = _taken(rest, "seconds")
    if isinstance(rest.get("seconds"), str) and not seconds:
        return None
    escaped = _escaped(artifact)
    texts = {name: _text(value, escaped) for name, value in parts.items()}
    crash = record.get("crash")
    return Row(
        **place,
        artifact=artifact,
        crash=str(crash.get("kind")) if isinstance(crash, Mapping) else None,
        limits=_text(limits, escaped) if "limits" in record else None,
        seconds=seconds[0] if seconds else None,
        numbers=numbers,
        derived=_text(derived, escaped) if "derived" in record else None,
        error=texts.get("error"),
        messages=texts.get("messages"),
        optimizer=texts.get("optimizer"),
        outputs=texts.get("outputs"),
        rest=_text(rest, escaped),
    )


def unpack(row: Row) -> dict[str, Any]:
    """Return the record that was packed."""
    escaped = _escaped(row.artifact)
    record: dict[str, Any] = _value(row.rest, escaped)
    facts = record["facts"]
    for name in FACTS:
        text = getattr(row, name)
        if text is not None:
            facts[name] = _value(text, escaped)
    numbers = iter(row.numbers)
    for holder, name in _places(record):
        _put_back(holder, name, numbers)
    if "seconds" in record and row.seconds is not None:
        _put_back(record, "seconds", iter((row.seconds,)))
    record["cell"] = {
        "artifact": {name: getattr(row, name) for name in COORDINATES[:-1]},
        "loaded_by": row.loaded_by,
    }
    record["artifact"] = row.artifact
    for name, text in (("derived", row.derived), ("limits", row.limits)):
        if text is not None:
            record[name] = _value(text, escaped)
    return record


def _coordinates(record: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return where the cell is, if all that columns and marks rely on is as it should be."""
    cell, artifact = record.get("cell"), record.get("artifact")
    if record.get("kind") != "cell" or not isinstance(cell, Mapping) or not _is_name(artifact):
        return None
    file = cell.get("artifact")
    if cell.keys() != {"artifact", "loaded_by"} or not isinstance(file, Mapping):
        return None
    place = {**file, "loaded_by": cell["loaded_by"]}
    if file.keys() != {*COORDINATES[:-1]}:
        return None
    if not all(_is_name(value) for name, value in place.items() if (name, value) != _WHOLE):
        return None
    facts = record.get("facts", "")
    return place if facts is None or isinstance(facts, Mapping) else None


_WHOLE = ("damage", None)


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and value.isascii() and value != ""


def _places(record: Mapping[str, Any]) -> Iterator[tuple[Any, str]]:
    """Yield where a record has numbers that differ from cell to cell, always in the same order."""
    yield from ((record, name) for name in ("cpu", "rss_kb") if name in record)
    facts = record.get("facts") or {}
    if "cpu_seconds" in facts:
        yield facts, "cpu_seconds"
    spent = facts.get("seconds")
    if isinstance(spent, Mapping):
        yield from ((spent, name) for name in sorted(spent))


def _taken(holder: dict[str, Any], name: str) -> list[float]:
    """Take a number out and leave its mark; what is no number stays."""
    value = holder.get(name)
    if type(value) is float:
        holder[name] = FLOAT
    elif type(value) is int and abs(value) <= _EXACT:
        holder[name] = INTEGER
    else:
        return []
    return [float(value)]


def _put_back(holder: dict[str, Any], name: str, numbers: Iterator[float]) -> None:
    mark = holder[name]
    if mark == FLOAT:
        holder[name] = next(numbers)
    elif mark == INTEGER:
        holder[name] = int(next(numbers))


def _escaped(path: str) -> str:
    return json.dumps(path)[1:-1]


def _text(value: Any, path: str) -> str:
    text = json.dumps(value, sort_keys=True, separators=(",", ":"))
    return text.replace(path, PATH)


def _value(text: str, path: str) -> Any:
    return json.loads(text.replace(PATH, path))
