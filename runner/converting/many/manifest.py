"""What came of many files: plain values, the schema of ``manifest.json``; pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from caniload.runner.converting.outcome import Endpoint, Proof, Remedy, Verdict
from caniload.runner.converting.receipt import Hashed

SCHEMA = 1


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One model; ``name`` is the original's, relative to the folder that was given."""

    name: str
    material: tuple[Hashed, ...]
    """All files of the original, as they were when it was read."""
    verdict: Verdict
    asked: str | None = None
    """Identifies all that this answer depends on; None: it is to be tried again."""
    reason: str | None = None
    needs_trust: bool = False
    out: str | None = None
    """The file or folder that was delivered, relative to the folder of results."""
    result: tuple[Hashed, ...] = ()
    """All files of that, named in the same way."""
    receipt: str | None = None
    remedy: Remedy | None = None
    proof: Proof | None = None
    """By whom the original was read, and how far the result's outputs are from its."""
    endpoint: Endpoint | None = None
    """How it is called, where it is for inference only."""
    lost: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Skipped:
    """What is no saved model, and why."""

    name: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """Models in the order of their names.

    ``earlier`` are those whose results are here and whose originals are no longer among the files.
    """

    target: str
    lock: str
    """The sha256 of the target's lock."""
    version: str
    """Of caniload."""
    schema: int = SCHEMA
    models: tuple[Entry, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    earlier: tuple[Entry, ...] = ()
    sandbox: Mapping[str, Any] | None = None
    """The wall that held in this run: ``level``, what it ``blocked``, and what is ``open``."""

    def having(self, verdict: Verdict) -> list[Entry]:
        return [one for one in self.models if one.verdict is verdict]
