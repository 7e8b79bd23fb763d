"""The details behind the squares, in small scripts that a page loads when somebody asks.

They are classic scripts because nothing else may be read from ``file://``. One holds the cells of
one (save, load) pair; long texts are stored once, by their hash, and shared by all of them.
"""

from __future__ import annotations

import hashlib
import math
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from caniload.reports.folder import Folder
from caniload.reports.planes import NO_EVIDENCE, NOT_REPEATABLE, Planes, packed_json
from caniload.reports.table import Table, grouped
from caniload.reports.textstore import TextStore
from caniload.reports.words import ORDER
from caniload.runner.core.judged import DERIVED, Message, Verdict
from caniload.runner.core.judgedtable import NONE, Derived

SHORT = 160
"""Texts up to this length stand in the shard itself."""

SNIPPET = 70
"""How much of a message stands in its folded line."""

STORE_BYTES = 400_000
"""About how much text one file of the store may hold, before compression."""

DIGITS = 3
"""Most digits that name a file of the store, so that there are 4,096 of them at most."""


Record = dict[str, Any]


@dataclass(kw_only=True)
class Shards:
    """The names by which the page finds what was written."""

    pairs: list[str] = field(default_factory=list)
    texts: dict[str, str] = field(default_factory=dict)
    digits: int = 0


def shards(table: Table, grid: Planes, folder: Folder) -> Shards:
    """Cut the table's rows that are not controls into one shard for each pair of environments."""
    found = Shards()
    rows = np.flatnonzero(~table.control)
    size = len(grid.environments)
    pair = table.save[rows].astype(np.int32) * size + table.load[rows]
    groups = {int(pair[places[0]]): rows[places] for places in grouped(pair)}
    with tempfile.TemporaryDirectory() as scratch:
        store = TextStore(Path(scratch))
        for place in range(size * size):
            data = _Pair(table, grid, store).data(groups[place]) if place in groups else None
            found.pairs.append(add(folder, "data/c", data) if data else "")
        _store_texts(found, store, folder)
    return found


def add(folder: Folder, under: str, data: Any) -> str:
    """Write one shard under the hash of its content; the script hands its name back with it."""
    content = packed_json(data)
    name = hashlib.sha256(content.encode()).hexdigest()[:12]
    folder.write(f"{under}/{name}.js", f'__shard("{name}","{content}");\n'.encode())
    return name


class _Pair:
    """Gathers the cells of one pair; texts are numbered, and long ones named by hash."""

    def __init__(self, table: Table, grid: Planes, store: TextStore) -> None:
        self._table, self._store = table, store
        self._models = {model.id: place for place, model in enumerate(grid.models)}
        self._texts: dict[str, int] = {}
        self._told: dict[tuple[int, int], Record] = {}

    def data(self, rows: npt.NDArray[np.intp]) -> Record:
        cells = [self._cell(int(row)) for row in rows]
        return {"cells": cells, "texts": [self._reference(text) for text in self._texts]}

    def _reference(self, text: str) -> str | list[str]:
        return text if len(text) <= SHORT else [self._store.add(text)]

    def _number(self, text: str | None) -> int | None:
        return self._texts.setdefault(text, len(self._texts)) if text else None

    def _cell(self, row: int) -> Record:
        """One cell with only what it has, under short names that app.js spells out."""
        table, columns = self._table, self._table.cells.columns
        kind, _, _, model = table.place(row)
        mark = NO_EVIDENCE * (not table.evidence[row]) + NOT_REPEATABLE * (
            not table.repeatable[row]
        )
        return {
            "id": table.id(row),
            "m": self._models[model],
            "f": kind,
            "o": ORDER[table.outcome[row]],
            **_there(mark=mark or None),
            **self._verdict(int(columns.verdict[row]), int(columns.file[row])),
            **_there(
                repeat=table.cells.names.repeats[columns.repeat[row]] or None,
                derived=self._number(self._derived(int(columns.derived[row]))),
            ),
        }

    def _derived(self, code: int) -> str | None:
        return None if code == NONE else derivation(self._table.cells.names.derivations[code])

    def _verdict(self, verdict: int, file: int) -> Record:
        """Tell what was found once, for all cells of the pair that it was found in."""
        key = (verdict, file if self._table.cells.marked[verdict] else NONE)
        if key not in self._told:
            self._told[key] = self._tell(self._table.cells.told(verdict, file))
        return self._told[key]

    def _tell(self, verdict: Verdict) -> Record:
        error, number = verdict.error, self._number
        return _there(
            reason=number(verdict.reason),
            signature=number(verdict.signature),
            cause=number(verdict.cause),
            error=number(f"{error.type}: {error.message}") if error else None,
            phase=error.phase if error else None,
            traceback=number(error.traceback) if error else None,
            heard=[self._heard(message) for message in verdict.messages],
            differs=[self._difference(item) for item in verdict.differences],
            size=_sizes(verdict),
        )

    def _heard(self, message: Message) -> list[int | str | None]:
        text = message.text.strip() or "(no text)"
        start = text.splitlines()[0]
        start = start if len(start) <= SNIPPET else f"{start[:SNIPPET]}…"
        head = f"{message.category} ({message.channel}, while {message.phase}): {start}"
        return [head, self._number(text)]

    def _difference(self, item: Mapping[str, Any]) -> list[Any]:
        text = str(item.get("text") or "(no text)")
        size = item.get("size")
        finite = not isinstance(size, float) or math.isfinite(size)
        told = number_text(size if finite else str(size))
        return [str(item.get("what", "")), self._number(text), told]


def derivation(derived: Derived) -> str:
    """Say of a cell in whose place another one was run."""
    told = DERIVED.get(derived.rule, f"by the rule {derived.rule}")
    return f"not run itself: taken from {derived.source}, {told}"


def _there(**values: Any) -> Record:
    return {name: value for name, value in values.items() if value is not None and value != []}


def _sizes(verdict: Verdict) -> list[str] | None:
    if verdict.max_abs_diff is None:
        return None
    # Only the first was certainly measured: nan in it is a result, in the others a gap.
    others = [verdict.max_rel_diff, verdict.max_ulp_diff]
    known = [None if value is None or math.isnan(value) else value for value in others]
    return [number_text(value) for value in (float(verdict.max_abs_diff), *known)]


def number_text(value: Any) -> str:
    """Write a measured number with three digits; nan and inf, which JSON lacks, as words."""
    if not isinstance(value, int | float):
        return "" if value is None else str(value)
    if math.isnan(value):
        return "not a number"
    return f"{value:.3g}"


def _store_texts(found: Shards, store: TextStore, folder: Folder) -> None:
    """Spread the long texts over as many files as keep each one small."""
    total = store.characters
    found.digits = next((n for n in range(DIGITS) if total <= STORE_BYTES * 16**n), DIGITS)
    for prefix, held in store.parts(found.digits):
        found.texts[prefix] = add(folder, "data/t", held)
