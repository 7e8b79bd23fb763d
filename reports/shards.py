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

from reports.planes import NO_EVIDENCE, NOT_REPEATABLE, Planes, packed_json

SHORT = 160
"""Texts up to this length stand in the shard itself."""

STORE_BYTES = 400_000
"""About how much text one file of the store may hold, before compression."""


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
    groups = {key: group for key, group in rows.groupby(["save", "load"], observed=True)}
    models = {model.id: place for place, model in enumerate(grid.models)}
    for save in grid.environments:
        for load in grid.environments:
            group = groups.get((save.id, load.id))
            if group is None:
                found.pairs.append("")
                continue
            data = _pair(group, models, store)
            found.pairs.append(_add(found.files, "data/c", data))
    _store_texts(found, store)
    return found


def _add(files: dict[str, str], folder: str, data: Any) -> str:
    """Write one shard under the hash of its content; the script hands its name back with it."""
    content = packed_json(data)
    name = hashlib.sha256(content.encode()).hexdigest()[:12]
    files[f"{folder}/{name}.js"] = f'__shard("{name}","{content}");\n'
    return name


def _pair(rows: pd.DataFrame, models: dict[str, int], store: dict[str, str]) -> dict[str, Any]:
    """The cells of one pair; texts are numbered, and long ones named by hash."""
    texts: dict[str, int] = {}

    def number(text: object) -> int | None:
        return None if pd.isna(text) or not text else texts.setdefault(str(text), len(texts))  # type: ignore[call-overload]

    cells = [_cell(row, models, number) for row in rows.to_dict("records")]
    return {"cells": cells, "texts": [_reference(text, store) for text in texts]}


def _reference(text: str, store: dict[str, str]) -> str | list[str]:
    if len(text) <= SHORT:
        return text
    name = hashlib.sha256(text.encode()).hexdigest()[:12]
    store[name] = text
    return [name]


def _cell(row: dict[Any, Any], models: dict[str, int], number: Any) -> dict[str, Any]:
    """One cell with only what it has, under short names that app.js spells out."""
    head = f"{row['error_type']}: {row['error_message']}" if pd.notna(row["error_type"]) else None
    full = {
        "id": row["id"],
        "m": models[row["model"]],
        "f": row["format"],
        "o": row["outcome"],
        "mark": NO_EVIDENCE * (not row["evidence"]) + NOT_REPEATABLE * (not row["repeatable"]),
        "reason": number(row["reason"]),
        "signature": number(row["signature"]),
        "error": number(head),
        "phase": row["error_phase"] if head else None,
        "traceback": number(row["error_traceback"]),
        "heard": [_heard(message, number) for message in json.loads(row["warnings"])],
        "differs": [_difference(item, number) for item in json.loads(row["differences"])],
        "size": _sizes(row),
    }
    return {key: value for key, value in full.items() if value not in (None, 0, []) or key == "m"}


def _heard(message: dict[str, Any], number: Any) -> list[int | str]:
    head = f"{message['category']} · {message['channel']} · while {message['phase']}"
    return [head, number(message["text"]) or 0]


def _difference(item: dict[str, Any], number: Any) -> list[Any]:
    value = item.get("size")
    return [str(item.get("what", "")), number(str(item.get("text", ""))), number_text(value)]


def _sizes(row: dict[Any, Any]) -> list[str] | None:
    if not row["compared"]:
        return None
    others = [None if pd.isna(row[name]) else row[name] for name in ("max_rel_diff", "max_ulp_diff")]
    return [number_text(value) for value in (row["max_abs_diff"], *others)]


def number_text(value: Any) -> str:
    """Write a measured number with three digits; nan and inf, which JSON lacks, as words."""
    if value is None or not isinstance(value, int | float):
        return "" if value is None else str(value)
    return f"{value:.3g}" if math.isfinite(value) else "not a number" if math.isnan(value) else "inf"


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
