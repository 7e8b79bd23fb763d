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
        teller = _Teller(table, grid, store)
        for place in range(size * size):
            data = _Pair(teller).data(groups[place]) if place in groups else None
            found.pairs.append(add(folder, "data/c", data) if data else "")
        _store_texts(found, store, folder)
    return found


def add(folder: Folder, under: str, data: Any) -> str:
    """Write one shard under the hash of its content; the script hands its name back with it."""
    content = packed_json(data)
    name = hashlib.sha256(content.encode()).hexdigest()[:12]
    folder.write(f"{under}/{name}.js", f'__shard("{name}","{content}");\n'.encode())
    return name


Reference = str | tuple[str]
"""A short text as it is, or the name of a long one."""


@dataclass(frozen=True, kw_only=True)
class _Told:
    """What a verdict tells of, its texts by reference, in the order in which a page reads them."""

    texts: dict[str, Reference | None]
    phase: str | None
    heard: list[tuple[str, Reference]]
    differs: list[tuple[str, Reference, str]]
    size: list[str] | None


class _Teller:
    """Looks at each verdict once, whatever pairs it is found in."""

    def __init__(self, table: Table, grid: Planes, store: TextStore) -> None:
        self.table, self._store = table, store
        self.models = {model.id: place for place, model in enumerate(grid.models)}
        self._known: dict[int, _Told] = {}

    def told(self, verdict: int, file: int) -> _Told:
        cells = self.table.cells
        if cells.verdicts.marked[verdict]:
            return self._tell(cells.told(verdict, file))
        if verdict not in self._known:
            self._known[verdict] = self._tell(cells.verdicts[verdict])
        return self._known[verdict]

    def reference(self, text: str | None) -> Reference | None:
        if not text:
            return None
        return text if len(text) <= SHORT else (self._store.add(text),)

    def _tell(self, verdict: Verdict) -> _Told:
        error = verdict.error
        texts = {
            "reason": verdict.reason,
            "signature": verdict.signature,
            "cause": verdict.cause,
            "error": f"{error.type}: {error.message}" if error else None,
            "traceback": error.traceback if error else None,
        }
        return _Told(
            texts={name: self.reference(text) for name, text in texts.items()},
            phase=error.phase if error else None,
            heard=[self._heard(message) for message in verdict.messages],
            differs=[self._difference(item) for item in verdict.differences],
            size=_sizes(verdict),
        )

    def _heard(self, message: Message) -> tuple[str, Reference]:
        text = message.text.strip() or "(no text)"
        start = text.splitlines()[0]
        start = start if len(start) <= SNIPPET else f"{start[:SNIPPET]}…"
        head = f"{message.category} ({message.channel}, while {message.phase}): {start}"
        return head, self.reference(text) or ""

    def _difference(self, item: Mapping[str, Any]) -> tuple[str, Reference, str]:
        text = self.reference(str(item.get("text") or "(no text)")) or ""
        size = item.get("size")
        finite = not isinstance(size, float) or math.isfinite(size)
        return str(item.get("what", "")), text, number_text(size if finite else str(size))


class _Pair:
    """Gathers the cells of one pair, and numbers the texts that they tell."""

    def __init__(self, teller: _Teller) -> None:
        self._teller, self._table = teller, teller.table
        self._texts: dict[Reference, int] = {}
        self._told: dict[tuple[int, int], Record] = {}

    def data(self, rows: npt.NDArray[np.intp]) -> Record:
        cells = [self._cell(int(row)) for row in rows]
        return {"cells": cells, "texts": list(self._texts)}

    def _number(self, text: Reference | None) -> int | None:
        return self._texts.setdefault(text, len(self._texts)) if text else None

    def _cell(self, row: int) -> Record:
        """One cell with only what it has, under short names that app.js spells out."""
        table, columns = self._table, self._table.cells.columns
        shaky = NOT_REPEATABLE * (not table.repeatable[row])
        mark = NO_EVIDENCE * (not table.evidence[row]) + shaky
        derived = self._derived(int(columns.derived[row]))
        return {
            "id": table.id(row),
            "m": self._teller.models[table.models[table.model[row]]],
            "f": table.formats[table.format[row]],
            "o": ORDER[table.outcome[row]],
            **({"mark": mark} if mark else {}),
            **self._verdict(int(columns.verdict[row]), int(columns.file[row])),
            **_there(
                repeat=table.cells.names.repeats[columns.repeat[row]] or None,
                derived=self._number(self._teller.reference(derived)),
            ),
        }

    def _derived(self, code: int) -> str | None:
        return None if code == NONE else derivation(self._table.cells.names.derivations[code])

    def _verdict(self, verdict: int, file: int) -> Record:
        """Tell what was found once, for all cells of the pair that it was found in."""
        key = (verdict, file if self._table.cells.verdicts.marked[verdict] else NONE)
        if key not in self._told:
            self._told[key] = self._numbered(self._teller.told(verdict, file))
        return self._told[key]

    def _numbered(self, told: _Told) -> Record:
        number, texts = self._number, told.texts
        return _there(
            reason=number(texts["reason"]),
            signature=number(texts["signature"]),
            cause=number(texts["cause"]),
            error=number(texts["error"]),
            phase=told.phase,
            traceback=number(texts["traceback"]),
            heard=[[head, number(text)] for head, text in told.heard],
            differs=[[what, number(text), size] for what, text, size in told.differs],
            size=told.size,
        )


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
