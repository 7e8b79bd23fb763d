"""What is known of one reference model's file: what it can be compared by, and how it loaded; pure.

Kept as plain data, in the index of a store and in what comes with caniload.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from caniload.runner.answering.features import Features
from caniload.runner.answering.lineage import around
from caniload.runner.core.cells import Artifact, Cell
from caniload.runner.core.outcomes import Outcome


@dataclass(frozen=True, kw_only=True)
class Loaded:
    """How one environment did with a reference model."""

    outcome: Outcome
    reason: str
    cause: str | None = None
    signature: str = ""
    phase: str | None = None
    raised: str = ""


@dataclass(frozen=True, kw_only=True)
class Known:
    """A reference model's file: its features, and how loading it went, by environment.

    ``when``: the day on which that was measured elsewhere; empty for what was measured here.
    """

    saved_by: str
    model: str
    format: str
    features: Features
    cells: Mapping[str, Loaded]
    when: str = ""

    def cell(self, environment: str) -> str:
        artifact = Artifact(saved_by=self.saved_by, model=self.model, format=self.format)
        return Cell(artifact=artifact, loaded_by=environment).id


@dataclass(frozen=True, kw_only=True)
class Index:
    """All reference files of some formats; ``store`` is the folder that it was made from."""

    known: Sequence[Known]
    store: Path

    def kin(self, wanted: Features) -> list[list[Known]]:
        """Return those of the same format that the same version saved, in one group.

        Where there are none, two groups: of the nearest version before it, and after.
        """
        alike = [one for one in self.known if one.format == wanted.format]
        same = [one for one in alike if one.features.origin == wanted.origin]
        return [same] if same else around(wanted.origin, alike, lambda one: one.features.origin)


def as_plain(known: Known) -> dict[str, Any]:
    cells = {name: asdict(cell) for name, cell in known.cells.items()}
    return {**vars(known), "features": plain_features(known.features), "cells": cells}


def plain_features(one: Features) -> dict[str, Any]:
    return {
        "format": one.format,
        "origin": list(one.origin),
        "classes": sorted(one.classes),
        "traits": sorted(one.traits),
        "own": one.own,
    }


def features_of(entry: Mapping[str, Any]) -> Features:
    return Features(
        format=entry["format"],
        origin=tuple(entry["origin"]),
        classes=frozenset(entry["classes"]),
        traits=frozenset(entry["traits"]),
        own=entry["own"],
    )


def from_plain(entry: Mapping[str, Any]) -> Known:
    cells = {
        name: Loaded(**{**cell, "outcome": Outcome(cell["outcome"])})
        for name, cell in entry["cells"].items()
    }
    return Known(**{**entry, "features": features_of(entry["features"]), "cells": cells})
