"""Long texts as JSON by their hash, each once; more than a little of them waits on the disk."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from json.encoder import encode_basestring
from pathlib import Path

BUCKET = 2
"""Digits by which texts are told apart on the disk."""

HELD = 32_000_000
"""Characters that are held in memory before they are put there."""


class TextStore:
    """Takes texts in any order, and gives them back by the beginning of their names."""

    def __init__(self, scratch: Path, held: int = HELD) -> None:
        self._scratch, self._limit = scratch, held
        self._known: set[str] = set()
        self._waiting: dict[str, dict[str, str]] = {}
        self._held = 0
        self.characters = 0

    def add(self, text: str) -> str:
        """Take a text, and return its name."""
        name = hashlib.sha256(text.encode()).hexdigest()[:12]
        if name not in self._known:
            self._known.add(name)
            told = encode_basestring(text)
            self._waiting.setdefault(name[:BUCKET], {})[name] = told
            self.characters += len(text)
            self._held += len(text)
            if self._held > self._limit:
                self._spill()
        return name

    def parts(self, digits: int) -> Iterator[tuple[str, dict[str, str]]]:
        """Yield all texts as JSON, by so many digits of their names, in order; none of nothing."""
        buckets = sorted({name[:BUCKET] for name in self._known})
        for start in sorted({bucket[:digits] for bucket in buckets}):
            held: dict[str, dict[str, str]] = {}
            for bucket in (one for one in buckets if one.startswith(start)):
                for name, text in self._texts(bucket):
                    held.setdefault(name[:digits], {})[name] = text
            for prefix in sorted(held):
                yield prefix, dict(sorted(held[prefix].items()))

    def _texts(self, bucket: str) -> Iterator[tuple[str, str]]:
        path = self._scratch / bucket
        if path.exists():
            with path.open(encoding="utf-8", newline="\n") as file:
                for line in file:
                    name, _, text = line.rstrip("\n").partition(" ")
                    yield name, text
        yield from self._waiting.get(bucket, {}).items()

    def _spill(self) -> None:
        for bucket, texts in self._waiting.items():
            with (self._scratch / bucket).open("a", encoding="utf-8") as file:
                file.writelines(f"{name} {text}\n" for name, text in texts.items())
        self._waiting.clear()
        self._held = 0
