"""What a shard goes out with: its order, and the papers and saved files that the order names."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path

from caniload.runner.engines import parcels
from caniload.runner.engines.carrying import read_folder
from caniload.runner.engines.orders import Order, belongs, caniload_sha256
from caniload.runner.environments.home import Home
from caniload.runner.evidence.artifacts import Stored
from caniload.runner.evidence.known import Evidence
from caniload.runner.evidence.log import Record
from caniload.runner.matrix.plan import Stage
from caniload.runner.sharding import notes
from caniload.runner.sharding.dividing import Shard, part
from caniload.runner.sharding.merging import files_of

PARCEL_BYTES = 16_000_000
"""Of files that go out at a time; one that is larger goes by itself."""

ALONG_BYTES = 1_000_000


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What was asked for: matrix.yaml and locks as they lie here, and further arguments.

    ``ids`` are those of cells, if it was these; ``plan`` is what the notes of its shards say.
    """

    matrix: Path
    locks: Path
    ids: tuple[str, ...]
    words: tuple[str, ...]
    plan: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Shipment:
    """An order, and all that it names: papers by their hashes, saved folders by their paths."""

    order: Order
    papers: Mapping[str, bytes]
    folders: frozenset[str]
    home: Home

    def first(self) -> bytes:
        """Return the order; with its papers, where it costs less to send them than to be asked."""
        small = sum(map(len, self.papers.values())) <= ALONG_BYTES
        along = {f"papers/{sha256}": content for sha256, content in self.papers.items()}
        return parcels.pack(self.order.as_plain(), along if small else None)

    def parcels(self, lacking: Collection[str]) -> Iterator[bytes]:
        """Yield what is lacking in pieces: all but the last are only to be kept."""
        piece: dict[str, bytes] = {}
        for named in lacking:
            if sum(map(len, piece.values())) >= PARCEL_BYTES:
                yield parcels.pack(replace(self.order, run=False).as_plain(), piece)
                piece = {}
            piece |= self._files(named)
        yield parcels.pack(self.order.as_plain(), piece)

    def _files(self, named: str) -> dict[str, bytes]:
        if named in self.papers:
            return {f"papers/{named}": self.papers[named]}
        if named not in self.folders:
            raise parcels.ParcelError(f"{named} is asked for, and was never named")
        return read_folder(self.home.artifacts, named)


class Shipping:
    """Makes the shipments of one stage, of what is known when it begins."""

    def __init__(
        self, evidence: Evidence, asked: Asked, stage: Stage, seconds: Callable[[Shard], float]
    ) -> None:
        self._evidence, self._asked, self._stage = evidence, asked, stage
        self._seconds = seconds
        self._caniload = caniload_sha256()

    def __call__(self, shard: Shard) -> Shipment:
        folders = [*dict.fromkeys(self._folders(shard))]
        papers = {
            **self._common,
            "saved": self._saved if self._stage is Stage.LOAD else self._lines(shard),
            "cells": self._lines(shard) if self._stage is Stage.LOAD else b"",
            "folders": json.dumps([asdict(one) for one in folders]).encode(),
        }
        return Shipment(
            order=self._order(shard, papers),
            papers={parcels.sha256(content): content for content in papers.values()},
            folders=frozenset(one.path for one in folders),
            home=self._evidence.home,
        )

    def _order(self, shard: Shard, papers: Mapping[str, bytes]) -> Order:
        resolution = self._evidence.resolution
        meeting = [
            one for one in resolution.usable if one in shard.environments or one in self._savers
        ]
        return Order(
            caniload=self._caniload,
            place=shard.place,
            plan=self._asked.plan,
            environments=shard.environments,
            rows={one.id: one.python for one in self._evidence.plan.matrix.environments},
            pythons={one: resolution.usable[one].interpreter.version for one in meeting},
            fingerprints={one: resolution.fingerprints[one] for one in meeting},
            papers={name: parcels.sha256(content) for name, content in papers.items()},
            words=self._asked.words,
            seconds=self._seconds(shard),
        )

    @cached_property
    def _common(self) -> dict[str, bytes]:
        asked = self._asked
        locks = {one.name: one for one in sorted(asked.locks.iterdir()) if one.is_file()}
        texts = {name: one.read_text(encoding="utf-8") for name, one in locks.items()}
        noted = {f"{one.place}.json": notes.as_text(one) for one in self._notes}
        papers = {
            "matrix.yaml": asked.matrix.read_bytes(),
            "locks": json.dumps(texts).encode(),
            "notes": json.dumps(
                {name.replace("/", "-of-").replace(" ", "-"): one for name, one in noted.items()}
            ).encode(),
        }
        return papers | ({"ids": "\n".join(asked.ids).encode()} if asked.ids else {})

    @cached_property
    def _notes(self) -> list[notes.Note]:
        if self._stage is Stage.SAVE:
            return []
        there = [one for one in notes.read(self._evidence.home) if one.plan == self._asked.plan]
        return [one for one in there if one.place.stage is Stage.SAVE]

    @cached_property
    def _savers(self) -> set[str]:
        """Return whose files a shard that loads has to find: of all that saved."""
        return {one for note in self._notes for one in note.fingerprints}

    @cached_property
    def _saved(self) -> bytes:
        """Return all records of saving and importing: the same for every shard that loads."""
        ids = {one.id for one in self._evidence.plan.environments}
        return _as_lines(
            (key, one)
            for key, one in self._evidence.store.items()
            if one["kind"] in {"save", "import"} and one["environment"] in ids
        )

    def _lines(self, shard: Shard) -> bytes:
        """Return what is known of the shard, which it need not measure again."""
        return _as_lines(
            (key, one)
            for key, one in self._evidence.store.items()
            if belongs(one, shard.place, shard.environments)
        )

    def _folders(self, shard: Shard) -> Iterator[Stored]:
        """Yield the saved files that are needed there."""
        if self._stage is Stage.SAVE:
            for record in self._evidence.store.values():
                if belongs(record, shard.place, shard.environments):
                    yield from files_of(record)
            return
        own = part(self._evidence.plan, shard)
        for cell in (*own.controls, *own.cells):
            if saved := self._evidence.saved(cell.artifact):
                yield from (saved.file, saved.expected)


def _as_lines(records: Iterator[tuple[str, Record]]) -> bytes:
    return "".join(f"{json.dumps([key, one])}\n" for key, one in records).encode()
