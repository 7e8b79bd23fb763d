"""Two records under one key -> whether they say the same, and which may stand; pure.

The same job in two places gives other times, paths, addresses and last bits, and that is no
contradiction. What is compared is what a verdict rests on: what was raised, how a process ended,
what was said, how far numbers are off, and which bytes were saved.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from caniload.runner.core import texts
from caniload.runner.evidence.known import died_of_limits
from caniload.runner.evidence.log import Record

MEASURED = frozenset(
    {"seconds", "cpu_seconds", "limit", "limits", "traceback", "max_ulp", "max_rel"}
)
"""Fields that say how it went there: times, limits, places in the code, and distances that grow
large where numbers are small; ``max_abs`` says how far off these are."""

HEARD = frozenset({"save", "load", "predict", "train"})
"""Phases whose messages are about the file."""

NEAR = {"abs_tol": 1e-5, "rel_tol": 1e-2}
"""Numbers as near as this say the same: processors round differently."""


def name(record: Record) -> str:
    """Return what a record is of, as a person knows it."""
    if record["kind"] == "cell":
        cell = record["cell"]
        file = cell["artifact"]
        damage = f"-{file['damage']}" if file["damage"] else ""
        return f"{file['saved_by']}/{file['model']}{damage}.{file['format']}/{cell['loaded_by']}"
    where = (record.get("environment"), record.get("model"))
    return f"{record['kind']} {'/'.join(one for one in where if one)}".rstrip()


def yields(old: Record, new: Record) -> bool:
    """Say whether ``old`` tells of a machine that fell short, and ``new`` of one that did not.

    A run would put ``new`` in the place of ``old``, too.
    """
    if old["kind"] != new["kind"]:
        return False
    if old["kind"] == "save" and _saved(old) == _saved(new):
        return _spoilt(old) < _spoilt(new)  # the copies are made after all is saved
    return _shortcomings(old) > _shortcomings(new)


def _shortcomings(record: Record) -> int:
    match record["kind"]:
        case "import":
            return bool(record.get("refused"))
        case "cell":  # what was run itself goes before what is told from another's run
            return 2 * died_of_limits(record) + (record.get("derived") is not None)
        case "save":
            return sum(map(died_of_limits, record["formats"].values()))
        case _:
            return 0


def _spoilt(record: Record) -> int:
    return sum(len(entry["damaged"]) for entry in record["formats"].values())


def contradiction(one: Record, other: Record) -> str | None:
    """Return where two records of the same differ, and how; ``None`` where they agree."""
    if one["kind"] == other["kind"] == "fault" or (one.get("refused") and other.get("refused")):
        return None  # no result: the job, or the environment, could not be run
    if one["kind"] == other["kind"] == "save":
        one, other = _in_both(one, other), _in_both(other, one)
    return _difference(_facts(one), _facts(other), "")


def _in_both(record: Record, other: Record) -> Record:
    """Return how a model was saved in the formats that the other has, too."""
    shared = {key: one for key, one in record["formats"].items() if key in other["formats"]}
    return {**record, "formats": shared}


def _facts(record: Record) -> Any:
    match record["kind"]:
        case "import":
            return record.get("versions")  # what it says depends on the processor
        case "save":
            return {
                "bytes": _saved(record),
                **{key: _steady(key, record[key]) for key in ("formats", "error", "messages")},
            }
        case "cell":
            return {key: _steady(key, record[key]) for key in ("crash", "facts")}
        case _:
            return record


def _saved(record: Record) -> dict[str, Any]:
    """Return the hash of all that was saved; spoilt copies follow from the rest."""
    files = {}
    for key, entry in record["formats"].items():
        files[key], files[f"{key} expected"] = entry["stored"], entry["expected"]
    return {key: file and file["sha256"] for key, file in files.items()}


def _steady(key: str, value: Any) -> Any:
    """Return the value without what differs from machine to machine."""
    if key == "messages":
        return sorted({_message(one) for one in value or () if one["phase"] in HEARD})
    if key == "error" and value is not None and "message" in value:
        return {"phase": value["phase"], "raised": texts.raised(value["type"], value["message"])}
    if isinstance(value, Mapping):
        left = value.keys() - MEASURED - {"stored", "damaged", "expected"}
        return {inner: _steady(inner, value[inner]) for inner in sorted(left)}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_steady("", one) for one in value]
    return value


def _message(message: Mapping[str, Any]) -> str:
    said = texts.normalised(message["text"])
    return f"{message['channel']} {message['category']} in {message['phase']}: {said}"


def _difference(one: Any, other: Any, place: str) -> str | None:
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        found = (
            _difference(one.get(key), other.get(key), f"{place}.{key}" if place else key)
            for key in sorted({*one, *other})
        )
        return next((told for told in found if told), None)
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        pairs = enumerate(zip(one, other, strict=True))
        found = (_difference(left, right, f"{place}[{index}]") for index, (left, right) in pairs)
        return next((told for told in found if told), None)
    return None if _same(one, other) else f"{place}: {_short(one)}, elsewhere {_short(other)}"


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, float) and isinstance(other, float | int):
        return math.isclose(one, other, **NEAR) or (math.isnan(one) and math.isnan(other))
    if isinstance(other, float):
        return _same(other, one)
    return bool(one == other)


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 80 else f"{text[:79]}…"  # noqa: PLR2004 - what a line has room for
