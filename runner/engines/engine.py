"""What an engine is: somebody elsewhere who carries out errands; and the ways in which it fails."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Protocol

from caniload.runner.core.errors import CaniloadError

STARTS = 3
"""How often a shard is started before it is given up."""


class EngineGoneError(CaniloadError):
    """Nobody takes errands any more; what has come back is kept."""


class LostError(Exception):
    """The worker that had an errand has died; ``starts`` says how often it was started."""

    def __init__(self, reason: str, *, starts: int) -> None:
        super().__init__(reason)
        self.starts = starts


@dataclass(frozen=True, kw_only=True)
class Answer:
    """How an errand's process ended: on which worker, with what code, what it wrote and said."""

    worker: str
    code: int
    reply: bytes
    said: str


class Engine(Protocol):
    """Carries out errands elsewhere, each in a process of its own."""

    def slots(self) -> tuple[str, ...]:
        """Return the workers that there are now, each of which has room for one shard.

        Asked every second while anything runs, so an engine can look after its errands here.
        """

    def submit(self, errand: bytes, prefer: Sequence[str]) -> Future[Answer]:
        """Start an errand: on one of these workers, or on another where that cannot be.

        The future raises ``LostError`` where it died with its worker, and is cancelled where the
        connection was lost.
        """

    def close(self) -> None:
        """Let go of all that runs; the workers stay."""
