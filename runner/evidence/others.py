"""Results that are no cell's, and those of another form: whole, each a text, found by key."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from caniload.runner.evidence import shelf
from caniload.runner.evidence.log import Record

MOST = 256
"""Rows of a file: what saving a model says has tens of kilobytes."""

_OPEN = 4  # files whose texts are in memory: neighbours are asked for one after the other


class Others:
    """The folder of such results; read when first asked."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.forget()

    def forget(self) -> None:
        """Read anew what is there."""
        self.__dict__.pop("_read", None)
        self.__dict__.pop("_places", None)
        self._texts = functools.lru_cache(_OPEN)(self._texts_of)

    @cached_property
    def _read(self) -> shelf.Read:
        return shelf.read(self._folder)

    @cached_property
    def _places(self) -> dict[str, tuple[int, int]]:
        places: dict[str, tuple[int, int]] = {}
        for number, (_, content) in enumerate(self._read.files):
            keys = shelf.opened(content).read(["key"]).column("key").to_pylist()
            for row, key in enumerate(keys):
                places.pop(key, None)
                places[key] = number, row
        return places

    @property
    def lost(self) -> int:
        return self._read.lost

    def __contains__(self, key: str) -> bool:
        return key in self._places

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def get(self, key: str) -> Record | None:
        place = self._places.get(key)
        if place is None:
            return None
        number, row = place
        record: Record = json.loads(self._texts(number)[row].as_py())
        return record

    def _texts_of(self, number: int) -> Any:
        return shelf.opened(self._read.files[number][1]).read(["record"]).column("record")

    def add(self, texts: Mapping[str, bytes]) -> None:
        """Keep these; written anew without what they replace, where that is much."""
        replaced = sum(key in self._places for key in texts)
        rows = sum(one.rows for one, _ in self._read.files)
        if 2 * (rows - len(self._places) + replaced) > rows:
            kept = {key: self._text(key) for key in self._places if key not in texts}
            shelf.rewrite(self._folder, _table({**kept, **texts}), MOST)
        else:
            shelf.append(self._folder, _table(texts), self._read, MOST)
        self.forget()

    def _text(self, key: str) -> bytes:
        number, row = self._places[key]
        text: str = self._texts(number)[row].as_py()
        return text.encode()


def _table(texts: Mapping[str, bytes]) -> Any:
    import pyarrow as pa  # noqa: PLC0415

    keys: Sequence[str] = list(texts)
    return pa.table({"key": keys, "record": [text.decode() for text in texts.values()]})
