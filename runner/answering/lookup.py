"""Packs -> the reference files that a file is compared with; no other part of them is read.

What was measured here goes before what was imported, and that before what comes with caniload: of
each cell the first that says anything of it. What one pack contradicts itself about says nothing.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from caniload.runner.answering.features import Features
from caniload.runner.answering.lineage import around
from caniload.runner.answering.references import Index, Known, Loaded, features_of, loaded_of
from caniload.runner.answering.standing import beside
from caniload.runner.core.outcomes import Outcome, Purpose
from caniload.runner.packs.columns import Row
from caniload.runner.packs.contents import OWN, Part
from caniload.runner.packs.frame import PackError
from caniload.runner.packs.joining import end
from caniload.runner.packs.shelf import Here, Shelved

NOTHING = frozenset({Outcome.UNTESTED, Outcome.NA})

MORE = 2
"""Of an origin with so many times the files a model is likely to have what a file's own lacks."""

Origin = tuple[str, ...]


class _Measured(NamedTuple):
    """What one pack says of one cell; the smallest ``order`` is the one to believe."""

    order: tuple[int, int]
    verdict: Row
    source: str


@dataclass(kw_only=True)
class _File:
    """One file in one pack, with its cells by the environment's id.

    Those are kept that are asked about, those of readers that may stand for these, and what the
    version that saved it makes of it;
    ``counts``: there are some that count here, asked about or not.
    """

    order: tuple[int, int, str]
    saved_by: str
    model: str
    features: Features
    cells: defaultdict[str, list[_Measured]]
    counts: bool = False


@dataclass(frozen=True, kw_only=True)
class Lookup:
    """Looks things up in packs, the first before the others; ``say`` tells of one that is damaged.

    ``asked`` are the environments that an answer is about, ``purpose`` what is wanted of the file.
    A part is read at most once.
    """

    shelved: Sequence[Shelved]
    here: Here
    asked: frozenset[str]
    purpose: Purpose
    say: Callable[[str], None]
    _read: dict[tuple[int, str], list[_File]] = field(default_factory=dict)

    def index(self, format_id: str, wanted: Features | None) -> Index:
        """Return what a file of that format and these features is compared with."""
        places: defaultdict[Origin, list[tuple[int, str]]] = defaultdict(list)
        sizes: Counter[Origin] = Counter()
        for number, one in enumerate(self.shelved):
            for said in one.pack.files():
                if said["format"] == format_id:
                    for origin in said["origins"]:
                        places[origin].append((number, said["name"]))
                        sizes[origin] += said["files"]
        measured = bool(places)  # which may all turn out to be of other locks
        known = []
        if wanted is not None:
            known = list(self._near(format_id, wanted.origin, places, sizes))
        return Index(known=sorted(known, key=self._place), measured=measured)

    def _place(self, one: Known) -> tuple[int, int, str]:
        """Return where a file stands in matrix.yaml; those of somebody's own come last."""
        savers, models = self._order
        return savers.get(one.saved_by, len(savers)), models.get(one.model, len(models)), one.model

    @cached_property
    def _order(self) -> tuple[dict[str, int], dict[str, int]]:
        matrix = self.here.matrix
        return (
            {one.id: number for number, one in enumerate(matrix.environments)},
            {one.id: number for number, one in enumerate(matrix.models)},
        )

    @cached_property
    def _compared(self) -> frozenset[str]:
        """Return the environments that are asked about, and those that may stand for them."""
        rows = self.here.matrix.environments
        asked = [one for one in rows if one.id in self.asked]
        return self.asked | {other.id for one in asked for other in beside(one, rows)}

    def _near(
        self,
        format_id: str,
        origin: Origin,
        places: dict[Origin, list[tuple[int, str]]],
        sizes: Mapping[Origin, int],
    ) -> Iterator[Known]:
        """Yield files of that origin, of the nearest before and after it, and of richer ones.

        An origin of which nothing counts here is none.
        """
        while origins := _nearest(origin, places, sizes):
            found = {
                one: list(_known(format_id, self.purpose, self._files(format_id, one, places[one])))
                for one in origins
            }
            if all(found.values()):
                yield from (known for listed in found.values() for known in listed)
                return
            for one in origins:
                if not found[one]:
                    del places[one]

    def _files(
        self, format_id: str, origin: Origin, places: Iterable[tuple[int, str]]
    ) -> Iterator[_File]:
        for number, name in places:
            if (number, name) not in self._read:
                self._read[number, name] = self._part(format_id, number, name)
            yield from (one for one in self._read[number, name] if one.features.origin == origin)

    def _part(self, format_id: str, number: int, name: str) -> list[_File]:
        pack = self.shelved[number].pack
        try:
            part = pack.part(name)
        except PackError as error:
            self.say(f"{error}; nothing of that part is used")
            return []
        return list(self._of_part(part, format_id, number))

    def _of_part(self, part: Part, format_id: str, number: int) -> Iterator[_File]:
        """Yield the files of a part that count here, with the cells that do."""
        shelved = self.shelved[number]
        tables = shelved.pack.tables
        named = {reader for _, reader in part.cells} | {row["saver"] for row in part.files.values()}
        ranks = {key: self.here.rank(tables.environments[key]) for key in named if key}
        counting = {
            key: f"{shelved.called}, {row['when']}" if shelved.called else ""
            for key, row in tables.sources.items()
            if self.here.counts(row)
        }
        files = {}
        for key, row in part.files.items():
            saver = row.get("saver")
            rank = ranks[saver] if saver else 0
            if rank is not None:
                files[key] = _File(
                    order=(number, rank, key),
                    saved_by=tables.environments[saver]["id"] if saver else OWN,
                    model=row["model"],
                    features=features_of(row, format_id),
                    cells=defaultdict(list),
                )
        for (key, reader), verdicts in part.cells.items():
            rank, file = ranks[reader], files.get(key)
            if file is None or rank is None:
                continue
            counting_here = [
                one
                for one in verdicts
                if one["source"] in counting and one["outcome"] not in NOTHING
            ]
            file.counts |= bool(counting_here)
            name = tables.environments[reader]["id"]
            if name in {*self._compared, file.saved_by}:
                order = number, file.order[1] + rank
                file.cells[name] += [
                    _Measured(order, one, counting[one["source"]]) for one in counting_here
                ]
        yield from files.values()


def _nearest(
    origin: Origin, places: Collection[Origin], sizes: Mapping[Origin, int]
) -> list[Origin]:
    """Return the origin, if it is there, those near it, and the nearest that know much more."""
    own = [origin] if origin in places else []
    others = [one for one in places if one != origin]
    more = [one for one in others if sizes[one] >= MORE * sizes.get(origin, 0)]
    near = [*around(origin, others, lambda one: one), *around(origin, more, lambda one: one)]
    return list(dict.fromkeys([*own, *(one for group in near for one in group)]))


def _known(format_id: str, purpose: Purpose, files: Iterable[_File]) -> Iterator[Known]:
    """Yield what all packs together say of each file; of one that is read differently the first."""
    groups: defaultdict[tuple[str, str], list[_File]] = defaultdict(list)
    for one in files:
        groups[one.saved_by, one.model].append(one)
    for (saved_by, model), same in groups.items():
        first = min(same, key=lambda one: one.order)
        measured: defaultdict[str, list[_Measured]] = defaultdict(list)
        for one in same:
            if one.features == first.features:
                for reader, found in one.cells.items():
                    measured[reader] += found
        cells = {
            reader: loaded
            for reader, found in measured.items()
            if (loaded := _believed(found, purpose))
        }
        if any(one.counts for one in same):
            yield Known(
                saved_by=saved_by,
                model=model,
                format=format_id,
                features=first.features,
                cells=cells,
            )


def _believed(found: Sequence[_Measured], purpose: Purpose) -> Loaded | None:
    """Return the first that is said of a cell, unless others with as much right contradict it."""
    if not found:
        return None
    best = min(one.order for one in found)
    equal = [one for one in found if one.order == best]
    if len({end(one.verdict) for one in equal}) > 1:
        return None
    return loaded_of(equal[0].verdict, equal[0].source, purpose)
