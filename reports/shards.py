"""The details behind the squares, in small scripts that a page loads when somebody asks.

They are classic scripts because nothing else may be read from ``file://``. One holds the cells of
one (save, load) pair; long texts are stored once, by their hash, and shared by all of them.
"""

from __future__ import annotations

import hashlib
import math
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from json.encoder import encode_basestring
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from caniload.reports.folder import Folder
from caniload.reports.planes import NO_EVIDENCE, NOT_REPEATABLE, Planes, packed
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
            if place not in groups:
                found.pairs.append("")
                continue
            save, load = (grid.environments[one].id for one in divmod(place, size))
            data = _Pair(teller, save, load).data(groups[place])
            found.pairs.append(add(folder, "data/c", data))
        _store_texts(found, store, folder)
    return found


def add(folder: Folder, under: str, text: str) -> str:
    """Write one shard under the hash of its content; the script hands its name back with it."""
    content = packed(text.encode())
    name = hashlib.sha256(content.encode()).hexdigest()[:12]
    folder.write(f"{under}/{name}.js", f'__shard("{name}","{content}");\n'.encode())
    return name


@dataclass(frozen=True, slots=True)
class _Told:
    """What a verdict tells of, as JSON with a gap for the number of each text.

    There is one more of ``between`` than of ``texts``, which are JSON as well: a short text as it
    is, a long one by its name.
    """

    between: tuple[str, ...]
    texts: tuple[str, ...]

    def numbered(self, known: dict[str, int]) -> str:
        """Fill the gaps; texts that are not known yet are numbered."""
        told = self.between[0]
        for text, after in zip(self.texts, self.between[1:], strict=True):
            number = known.get(text)
            if number is None:
                number = known[text] = len(known)
            told += f"{number}{after}"
        return told


class _Writing:
    """Puts a ``_Told`` together, field by field."""

    def __init__(self, reference: Callable[[str], str]) -> None:
        self._reference = reference
        self._between = [""]
        self._texts: list[str] = []

    def literal(self, text: str) -> None:
        self._between[-1] += text

    def text(self, text: str) -> None:
        self._texts.append(self._reference(text))
        self._between.append("")

    def named(self, name: str, text: str | None) -> None:
        if text:
            self.literal(f',"{name}":')
            self.text(text)

    def told(self) -> _Told:
        return _Told(tuple(map(sys.intern, self._between)), tuple(self._texts))


class _Teller:
    """Looks at each verdict once, whatever pairs it is found in."""

    def __init__(self, table: Table, grid: Planes, store: TextStore) -> None:
        self.table, self._store = table, store
        self.models = {model.id: place for place, model in enumerate(grid.models)}
        self.names = {name: _json(name)[1:-1] for name in (*table.models, *table.formats)}
        self._known: dict[int, _Told] = {}

    def told(self, verdict: int, file: int) -> _Told:
        cells = self.table.cells
        if cells.verdicts.marked[verdict]:
            return self._tell(cells.told(verdict, file))
        if verdict not in self._known:
            self._known[verdict] = self._tell(cells.verdicts[verdict])
        return self._known[verdict]

    def reference(self, text: str) -> str:
        """Return as JSON a short text, or of a long one, which is stored, its name."""
        return _json(text) if len(text) <= SHORT else f'["{self._store.add(text)}"]'

    def _tell(self, verdict: Verdict) -> _Told:
        """Write only what there is, under short names that matrix.js spells out."""
        error, writing = verdict.error, _Writing(self.reference)
        writing.named("reason", verdict.reason)
        writing.named("signature", verdict.signature)
        writing.named("cause", verdict.cause)
        if error:
            writing.named("error", f"{error.type}: {error.message}")
            writing.literal(f',"phase":{_json(error.phase)}')
            writing.named("traceback", error.traceback)
        _listed(writing, "heard", verdict.messages, _heard)
        _listed(writing, "differs", verdict.differences, _difference)
        if (sizes := _sizes(verdict)) is not None:
            writing.literal(f',"size":[{",".join(map(_json, sizes))}]')
        return writing.told()


Item = TypeVar("Item")


def _listed(
    writing: _Writing, name: str, items: Sequence[Item], write: Callable[[_Writing, Item], None]
) -> None:
    for place, item in enumerate(items):
        writing.literal("," if place else f',"{name}":[')
        write(writing, item)
    writing.literal("]" if items else "")


def _heard(writing: _Writing, message: Message) -> None:
    text = message.text.strip() or "(no text)"
    start = text.splitlines()[0]
    start = start if len(start) <= SNIPPET else f"{start[:SNIPPET]}…"
    head = f"{message.category} ({message.channel}, while {message.phase}): {start}"
    writing.literal(f"[{_json(head)},")
    writing.text(text)
    writing.literal("]")


def _difference(writing: _Writing, item: Mapping[str, Any]) -> None:
    size = item.get("size")
    finite = not isinstance(size, float) or math.isfinite(size)
    writing.literal(f"[{_json(str(item.get('what', '')))},")
    writing.text(str(item.get("text") or "(no text)"))
    writing.literal(f",{_json(number_text(size if finite else str(size)))}]")


class _Pair:
    """Writes the cells of one pair as JSON, and numbers the texts that they tell."""

    def __init__(self, teller: _Teller, save: str, load: str) -> None:
        self._teller, self._table = teller, teller.table
        self._save, self._load = _json(save)[:-1], _json(load)[1:]
        self._texts: dict[str, int] = {}
        self._told: dict[tuple[int, int], str] = {}

    def data(self, rows: npt.NDArray[np.intp]) -> str:
        cells = ",".join([self._cell(int(row)) for row in rows])
        return f'{{"cells":[{cells}],"texts":[{",".join(self._texts)}]}}'

    def _cell(self, row: int) -> str:
        table, columns, names = self._table, self._table.cells.columns, self._teller.names
        model, kind = table.models[table.model[row]], table.formats[table.format[row]]
        mark = NO_EVIDENCE * (not table.evidence[row]) + NOT_REPEATABLE * (
            not table.repeatable[row]
        )
        told = f',"mark":{mark}' if mark else ""
        told += self._verdict(int(columns.verdict[row]), int(columns.file[row]))
        return (
            f'{{"id":{self._save}/{names[model]}.{names[kind]}/{self._load}'
            f',"m":{self._teller.models[model]},"f":"{names[kind]}","o":"{ORDER[table.outcome[row]]}"'
            f"{told}{self._more(row)}}}"
        )

    def _more(self, row: int) -> str:
        """Tell how to repeat the cell, and whether it was run itself, where that is special."""
        names, columns = self._table.cells.names, self._table.cells.columns
        repeat, derived = names.repeats[columns.repeat[row]], int(columns.derived[row])
        told = f',"repeat":{_json(repeat)}' if repeat else ""
        if derived != NONE:
            text = self._teller.reference(derivation(names.derivations[derived]))
            told += f',"derived":{self._texts.setdefault(text, len(self._texts))}'
        return told

    def _verdict(self, verdict: int, file: int) -> str:
        """Tell what was found once, for all cells of the pair that it was found in."""
        key = (verdict, file if self._table.cells.verdicts.marked[verdict] else NONE)
        if key not in self._told:
            self._told[key] = self._teller.told(verdict, file).numbered(self._texts)
        return self._told[key]


def _json(text: str) -> str:
    """Write a text as ``json.dumps`` does; that makes an encoder for each."""
    return encode_basestring(text)


def derivation(derived: Derived) -> str:
    """Say of a cell in whose place another one was run."""
    told = DERIVED.get(derived.rule, f"by the rule {derived.rule}")
    return f"not run itself: taken from {derived.source}, {told}"


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
        texts = ",".join(f'"{name}":{text}' for name, text in held.items())
        found.texts[prefix] = add(folder, "data/t", f"{{{texts}}}")
