"""What was measured of a person's own models, on disk: one folder for each content.

Every record is a file of its own, put in place in one step: a check that is killed loses what it
was at, and several may run at a time.
"""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from caniload.runner.core.putting import put_text
from caniload.runner.core.shipped import PROBES
from caniload.runner.environments.home import Home
from caniload.runner.evidence.keys import digest, schema

SCRIPT = PROBES / "own" / "worker.py"

Record = Mapping[str, Any]


@functools.cache
def script_sha256(folder: Path = SCRIPT.parent) -> str:
    """Hash all that decides what is measured: these probes, and those they are made of."""
    files = sorted(folder.glob("*.py"))
    return digest(schema("load"), [hashlib.sha256(one.read_bytes()).hexdigest() for one in files])


@dataclass(frozen=True, kw_only=True)
class Terms:
    """Under what a model is measured: its content, what it is fed, and the code it is given."""

    content: str
    inputs: str | None = None
    custom: str | None = None

    @property
    def key(self) -> str:
        return digest(self.content, self.inputs, self.custom, script_sha256())


class Kept:
    """The records of one home."""

    def __init__(self, home: Home) -> None:
        self._root = home.checked

    def has(self, content: str) -> bool:
        """Say whether anything was ever kept of a file's content, whatever it was run with."""
        return (self._root / content[:16]).is_dir()

    def folder(self, terms: Terms) -> Path:
        return self._root / terms.content[:16]

    def expected(self, terms: Terms, fingerprint: str) -> Path:
        """Return where an environment writes what the model is there, for others to compare."""
        return self.folder(terms) / f"expected-{_reference_key(terms, fingerprint)[:16]}"

    def reference(self, terms: Terms, fingerprint: str) -> Record | None:
        """Return what the environment recorded of the model, or how it failed to."""
        record = self._read(terms, _reference_key(terms, fingerprint))
        if record is not None and loaded(record):
            whole = self.expected(terms, fingerprint) / "expected.json"
            return record if whole.is_file() else None
        return record

    def comparison(self, terms: Terms, fingerprint: str, reference: str) -> Record | None:
        """Return how the model did there, compared with the environment ``reference``."""
        return self._read(terms, _comparison_key(terms, fingerprint, reference))

    def put(self, terms: Terms, fingerprint: str, reference: str | None, record: Record) -> None:
        """Keep a record; ``reference`` is ``None`` for that of a reference itself."""
        key = (
            _reference_key(terms, fingerprint)
            if reference is None
            else _comparison_key(terms, fingerprint, reference)
        )
        folder = self.folder(terms)
        folder.mkdir(parents=True, exist_ok=True)
        text = json.dumps({**record, "key": key, "script": script_sha256()}, sort_keys=True)
        put_text(folder / f"{key[:24]}.json", text)

    def all_of(self, content: str) -> Iterator[Record]:
        """Yield all records of a content that today's probes made, whatever the terms."""
        for file in sorted((self._root / content[:16]).glob("*.json")):
            record = _json(file)
            if record is not None and record.get("script") == script_sha256():
                yield record

    def _read(self, terms: Terms, key: str) -> Record | None:
        record = _json(self.folder(terms) / f"{key[:24]}.json")
        return record if record is not None and record.get("key") == key else None


def loaded(record: Record) -> bool:
    """Say whether a reference was recorded: the model loaded there and predicted."""
    facts = record.get("facts")
    return facts is not None and facts["error"] is None


def _reference_key(terms: Terms, fingerprint: str) -> str:
    return digest("own-reference", terms.key, fingerprint)


def _comparison_key(terms: Terms, fingerprint: str, reference: str) -> str:
    return digest("own-comparison", terms.key, fingerprint, reference)


def _json(file: Path) -> dict[str, Any] | None:
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
