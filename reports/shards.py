"""The details behind the squares, in small scripts that a page loads when somebody asks.

They are classic scripts because nothing else may be read from ``file://``. One holds the cells of
one (save, load) pair; long texts are stored once, by their hash, and shared by all of them.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from caniload.reports.planes import NO_EVIDENCE, NOT_REPEATABLE, Planes, packed_json

SHORT = 160
"""Texts up to this length stand in the shard itself."""

SNIPPET = 70
"""How much of a message stands in its folded line."""

STORE_BYTES = 400_000
"""About how much text one file of the store may hold, before compression."""


Record = dict[Any, Any]


@dataclass(kw_only=True)
class Shards:
    """File contents by path, and the names that the page needs to find them."""

    files: dict[str, str] = field(default_factory=dict)
    pairs: list[str] = field(default_factory=list)
    texts: dict[str, str] = field(default_factory=dict)
    digits: int = 0


def shards(table: pd.DataFrame, grid: Planes) -> Shards:
    """Cut the table's rows that are not controls into one shard for each pair of environments."""
    found = Shards()
    store: dict[str, str] = {}
    rows = table[~table["control"]]
    groups: dict[tuple[str, str], list[Record]] = {}
    for row in rows.to_dict("records"):
        groups.setdefault((row["save"], row["load"]), []).append(row)
    models = {model.id: place for place, model in enumerate(grid.models)}
    for save in grid.environments:
        for load in grid.environments:
            group = groups.get((save.id, load.id))
            data = _pair(group, models, store) if group else None
            found.pairs.append(_add(found.files, "data/c", data) if data else "")
    _store_texts(found, store)
    return found


def _add(files: dict[str, str], folder: str, data: Any) -> str:
    """Write one shard under the hash of its content; the script hands its name back with it."""
    content = packed_json(data)
    name = hashlib.sha256(content.encode()).hexdigest()[:12]
    files[f"{folder}/{name}.js"] = f'__shard("{name}","{content}");\n'
    return name


def _pair(rows: list[Record], models: dict[str, int], store: dict[str, str]) -> dict[str, Any]:
    """Gather the cells of one pair; texts are numbered, and long ones named by hash."""
    texts: dict[str, int] = {}

    def number(text: object) -> int | None:
        # What is missing in a column of text is nan.
        return texts.setdefault(text, len(texts)) if isinstance(text, str) and text else None

    cells = [_cell(row, models, number) for row in rows]
    return {"cells": cells, "texts": [_reference(text, store) for text in texts]}


def _reference(text: str, store: dict[str, str]) -> str | list[str]:
    if len(text) <= SHORT:
        return text
    name = hashlib.sha256(text.encode()).hexdigest()[:12]
    store[name] = text
    return [name]


def _cell(row: Record, models: dict[str, int], number: Any) -> dict[str, Any]:
    """One cell with only what it has, under short names that app.js spells out."""
    failed = isinstance(row["error_type"], str)
    head = f"{row['error_type']}: {row['error_message']}" if failed else None
    mark = NO_EVIDENCE * (not row["evidence"]) + NOT_REPEATABLE * (not row["repeatable"])
    full: Record = {
        "id": row["id"],
        "m": models[row["model"]],
        "f": row["format"],
        "o": row["outcome"],
        "mark": mark or None,
        "reason": number(row["reason"]),
        "signature": number(row["signature"]),
        "cause": number(row["cause"]),
        "error": number(head),
        "phase": row["error_phase"] if failed else None,
        "traceback": number(row["error_traceback"]),
        "heard": [_heard(message, number) for message in json.loads(row["warnings"])],
        "differs": [_difference(item, number) for item in json.loads(row["differences"])],
        "size": _sizes(row),
        "repeat": row["repeat"] or None,
    }
    return {key: value for key, value in full.items() if value is not None and value != []}


def _heard(message: dict[str, Any], number: Any) -> list[int | str]:
    text = message["text"].strip() or "(no text)"
    start = text.splitlines()[0]
    start = start if len(start) <= SNIPPET else f"{start[:SNIPPET]}…"
    head = f"{message['category']} ({message['channel']}, while {message['phase']}): {start}"
    return [head, number(text)]


def _difference(item: dict[str, Any], number: Any) -> list[Any]:
    text = str(item.get("text") or "(no text)")
    return [str(item.get("what", "")), number(text), number_text(item.get("size"))]


def _sizes(row: Record) -> list[str] | None:
    if not row["compared"]:
        return None
    # Only the first was certainly measured: nan in it is a result, in the others a gap.
    others = [row[name] for name in ("max_rel_diff", "max_ulp_diff")]
    known = [None if math.isnan(value) else value for value in others]
    return [number_text(value) for value in (row["max_abs_diff"], *known)]


def number_text(value: Any) -> str:
    """Write a measured number with three digits; nan and inf, which JSON lacks, as words."""
    if not isinstance(value, int | float):
        return "" if value is None else str(value)
    if math.isnan(value):
        return "not a number"
    return f"{value:.3g}"


def _store_texts(found: Shards, store: dict[str, str]) -> None:
    """Spread the long texts over as many files as keep each one small."""
    total = sum(len(text) for text in store.values())
    found.digits = 0 if total <= STORE_BYTES else 1 if total <= 16 * STORE_BYTES else 2
    for prefix in _prefixes(found.digits):
        held = {name: store[name] for name in sorted(store) if name.startswith(prefix)}
        if held:
            found.texts[prefix] = _add(found.files, "data/t", held)


def _prefixes(digits: int) -> Iterator[str]:
    if digits == 0:
        yield ""
        return
    for place in range(16**digits):
        yield f"{place:0{digits}x}"
