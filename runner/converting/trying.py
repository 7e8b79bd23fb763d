"""What the last environment of a way is to do, and the file that it makes: plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from caniload.runner.converting.applying import Change
from caniload.runner.converting.outcome import Remedy
from caniload.runner.converting.rewriting import Recipe


@dataclass(frozen=True, kw_only=True)
class Try:
    """What the last environment of ``way`` is to do: a job of rebuild.py, with its recipe if any.

    ``flat``: to make an HDF5 file that is to be read again, and no result.
    """

    remedy: Remedy
    way: tuple[str, ...]
    job: Mapping[str, Any]
    recipe: Recipe | None = None
    flat: bool = False


@dataclass(frozen=True, kw_only=True)
class Made(Try):
    """A file that a try made, not yet proven; ``facts`` are those of rebuild.py."""

    out: Path
    facts: Mapping[str, Any]

    @property
    def changes(self) -> tuple[Change, ...]:
        return self.recipe.changes if self.recipe else ()
