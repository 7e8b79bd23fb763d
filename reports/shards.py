"""The details behind the squares, in small scripts that a page loads when somebody asks.

They are classic scripts because nothing else may be read from ``file://``. One holds the cells of
one (save, load) pair; long texts are stored once, by their hash, and shared by all of them.
"""

from __future__ import annotations

import hashlib
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from caniload.reports.folder import Folder
from caniload.reports.planes import NO_EVIDENCE, NOT_REPEATABLE, Planes, packed
from caniload.reports.table import Table, grouped
from caniload.reports.textstore import TextStore
from caniload.reports.told import Told, as_json, tell
from caniload.reports.words import ORDER
from caniload.runner.core.judged import DERIVED, Verdict
from caniload.runner.core.judgedtable import NONE, Derived
from caniload.runner.core.outcomes import Purpose

SHORT = 160
"""Texts up to this length stand in the shard itself."""

STORE_BYTES = 400_000
"""About how much text one file of the store may hold, before compression."""

LEVEL = 6
"""How hard gzip tries: 9 takes an eighth more time here, for a file smaller by a fortieth."""

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
    content = packed(text.encode(), LEVEL)
    name = hashlib.sha256(content.encode()).hexdigest()[:12]
    folder.write(f"{under}/{name}.js", f'__shard("{name}","{content}");\n'.encode())
    return name


class _Teller:
    """Looks at each verdict once, whatever pairs it is found in."""

    def __init__(self, table: Table, grid: Planes, store: TextStore) -> None:
        self.table, self._store = table, store
        place = {model.id: place for place, model in enumerate(grid.models)}
        self._models = [(as_json(one)[1:-1], place.get(one, NONE)) for one in table.models]
        self._formats = [as_json(one)[1:-1] for one in table.formats]
        self._known: dict[int, Told] = {}

    def named(self, model: int, kind: int) -> tuple[str, str, int]:
        """Return names of a model and a format inside of JSON, and the model's place on pages."""
        name, place = self._models[model]
        return name, self._formats[kind], place

    def told(self, verdict: int, file: int) -> Told:
        cells = self.table.cells
        if cells.verdicts.marked[verdict]:
            return tell(cells.told(verdict, file), self.reference)
        if verdict not in self._known:
            self._known[verdict] = tell(cells.verdicts[verdict], self.reference)
        return self._known[verdict]

    def reference(self, text: str) -> str:
        """Return as JSON a short text, or of a long one, which is stored, its name."""
        return as_json(text) if len(text) <= SHORT else f'["{self._store.add(text)}"]'


class _Pair:
    """Writes the cells of one pair as JSON, and numbers the texts that they tell."""

    def __init__(self, teller: _Teller, save: str, load: str) -> None:
        self._teller, self._table = teller, teller.table
        self._save, self._load = as_json(save)[:-1], as_json(load)[1:]
        self._texts: dict[str, int] = {}
        self._told: dict[tuple[int, int], str] = {}

    def data(self, rows: npt.NDArray[np.intp]) -> str:
        table, columns = self._table, self._table.cells.columns
        marks = NO_EVIDENCE * ~table.evidence[rows] + NOT_REPEATABLE * ~table.repeatable[rows]
        # A number of an array costs more to look up than all else of a cell; lists have plain ones.
        of_cells = (
            *(table.model, table.format, table.outcome),
            *(columns.verdict, columns.file, columns.repeat, columns.derived, columns.shipped),
        )
        numbers = zip(*(one[rows].tolist() for one in of_cells), strict=True)
        cells = map(self._cell, marks.tolist(), numbers)
        return f'{{"cells":[{",".join(cells)}],"texts":[{",".join(self._texts)}]}}'

    def _cell(self, mark: int, numbers: tuple[int, ...]) -> str:
        model, kind, outcome, verdict, file, repeat, derived, shipped = numbers
        name, format_id, place = self._teller.named(model, kind)
        told = f',"mark":{mark}' if mark else ""
        return (
            f'{{"id":{self._save}/{name}.{format_id}/{self._load}'
            f',"m":{place},"f":"{format_id}","o":"{ORDER[outcome]}"'
            f"{told}{self._verdict(verdict, file)}{self._more(repeat, derived)}"
            f"{self._shipped(shipped) if shipped != NONE else ''}}}"
        )

    def _shipped(self, shipped: int) -> str:
        """Tell what is known of the cell from elsewhere, for both purposes."""
        one = self._table.cells.names.shipments[shipped]
        predict = one.verdict.to(Purpose.PREDICT)
        sides = ",".join(map(self._side, (one.verdict, predict)))
        return f',"shipped":{{"source":{self._number(one.source)},"told":[{sides}]}}'

    def _side(self, verdict: Verdict) -> str:
        named = f',"cause":{self._number(verdict.cause)}' if verdict.cause else ""
        return f'{{"o":"{verdict.outcome}","reason":{self._number(verdict.reason)}{named}}}'

    def _number(self, text: str) -> int:
        return self._texts.setdefault(self._teller.reference(text), len(self._texts))

    def _more(self, repeat: int, derived: int) -> str:
        """Tell how to repeat the cell, and whether it was run itself, where that is special."""
        names = self._table.cells.names
        again = names.repeats[repeat]
        told = f',"repeat":{as_json(again)}' if again else ""
        if derived != NONE:
            told += f',"derived":{self._number(derivation(names.derivations[derived]))}'
        return told

    def _verdict(self, verdict: int, file: int) -> str:
        """Tell what was found once, for all cells of the pair that it was found in."""
        key = (verdict, file if self._table.cells.verdicts.marked[verdict] else NONE)
        if key not in self._told:
            self._told[key] = self._teller.told(verdict, file).numbered(self._texts)
        return self._told[key]


def derivation(derived: Derived) -> str:
    """Say of a cell in whose place another one was run."""
    told = DERIVED.get(derived.rule, f"by the rule {derived.rule}")
    return f"not run itself: taken from {derived.source}, {told}"


def _store_texts(found: Shards, store: TextStore, folder: Folder) -> None:
    """Spread the long texts over as many files as keep each one small."""
    total = store.characters
    found.digits = next((n for n in range(DIGITS) if total <= STORE_BYTES * 16**n), DIGITS)
    for prefix, held in store.parts(found.digits):
        texts = ",".join(f'"{name}":{text}' for name, text in held.items())
        found.texts[prefix] = add(folder, "data/t", f"{{{texts}}}")
