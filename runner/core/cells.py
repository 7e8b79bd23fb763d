"""The coordinates of the matrix; an id is built from these and never parsed back."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, order=True)
class Artifact:
    """A reference model on disk: what, in which format, saved by which environment.

    ``damage`` names how a control file was spoilt after saving (``truncated``, ``bitflipped``,
    ``empty``) and is ``None`` for every file that is as its environment wrote it.
    """

    saved_by: str
    model: str
    format: str
    damage: str | None = None

    @property
    def name(self) -> str:
        stem = self.model if self.damage is None else f"{self.model}-{self.damage}"
        return f"{stem}.{self.format}"

    @property
    def id(self) -> str:
        return f"{self.saved_by}/{self.name}"


@dataclass(frozen=True, kw_only=True, order=True)
class Cell:
    """One square of the matrix: an artifact and the environment that loads it."""

    artifact: Artifact
    loaded_by: str

    @property
    def id(self) -> str:
        return f"{self.artifact.id}/{self.loaded_by}"

    @property
    def diagonal(self) -> bool:
        """Whether the environment loads what it saved itself."""
        return self.artifact.saved_by == self.loaded_by
