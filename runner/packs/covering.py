"""What a pack covers: savers, readers, models and formats, counted, and the holes in it; pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from caniload.runner.packs.columns import Row
from caniload.runner.packs.contents import OWN, Part
from caniload.runner.packs.joining import contradictions

SHOWN = 8
"""How many names a line has room for."""


@dataclass(kw_only=True)
class Counts:
    """Files and cells of one format."""

    files: int = 0
    cells: int = 0
    savers: set[str] = field(default_factory=set)
    readers: set[str] = field(default_factory=set)


@dataclass(kw_only=True)
class Coverage:
    """What all parts of a pack say, counted; ``loads`` are cells by saver and reader."""

    formats: dict[str, Counts] = field(default_factory=dict)
    models: set[str] = field(default_factory=set)
    loads: Counter[tuple[str, str]] = field(default_factory=Counter)
    outcomes: Counter[str] = field(default_factory=Counter)
    derived: Counter[str] = field(default_factory=Counter)
    contradictions: list[str] = field(default_factory=list)
    own: int = 0

    def take(self, part: Part, format_id: str, environments: dict[str, Row]) -> None:
        """Count in what one environment saved in one format."""
        counts = self.formats.setdefault(format_id, Counts())
        for row in part.files.values():
            counts.files += 1
            if row.get("saver") is None:
                self.own += 1
            else:
                self.models.add(row["model"])
        for (key, reader), verdicts in part.cells.items():
            saver = part.files[key].get("saver")
            sides = environments[saver]["id"] if saver else OWN, environments[reader]["id"]
            self.loads[sides] += 1
            counts.cells += 1
            counts.savers.add(sides[0])
            counts.readers.add(sides[1])
            for one in verdicts:
                self.outcomes[one["outcome"]] += 1
                if one.get("derived") is not None:
                    self.derived[str(one["derived"].get("rule", ""))] += 1
        self.contradictions += contradictions(part, format_id, environments)

    @property
    def savers(self) -> set[str]:
        return {saver for saver, _ in self.loads} - {OWN}

    @property
    def readers(self) -> set[str]:
        return {reader for _, reader in self.loads}


@dataclass(frozen=True, kw_only=True)
class Holes:
    """What of matrix.yaml a pack has not, in its order.

    ``pairs`` are of savers and readers that it has, but never together.
    """

    savers: tuple[str, ...]
    readers: tuple[str, ...]
    models: tuple[str, ...]
    formats: tuple[str, ...]
    pairs: tuple[tuple[str, str], ...]


def holes(
    covered: Coverage, environments: Sequence[str], models: Sequence[str], formats: Sequence[str]
) -> Holes:
    there = covered.savers, covered.readers
    return Holes(
        savers=tuple(one for one in environments if one not in there[0]),
        readers=tuple(one for one in environments if one not in there[1]),
        models=tuple(one for one in models if one not in covered.models),
        formats=tuple(one for one in formats if one not in covered.formats),
        pairs=tuple(
            (saver, reader)
            for saver in environments
            if saver in there[0]
            for reader in environments
            if reader in there[1] and (saver, reader) not in covered.loads
        ),
    )


def as_json(covered: Coverage, missing: Holes) -> dict[str, Any]:
    """Return the counts as plain data."""
    return {
        "savers": sorted(covered.savers),
        "readers": sorted(covered.readers),
        "models": sorted(covered.models),
        "files": sum(one.files for one in covered.formats.values()),
        "own_files": covered.own,
        "cells": sum(covered.loads.values()),
        "derived": dict(sorted(covered.derived.items())),
        "outcomes": dict(sorted(covered.outcomes.items())),
        "contradictions": covered.contradictions,
        "formats": {
            name: {
                "files": one.files,
                "cells": one.cells,
                "savers": sorted(one.savers),
                "readers": sorted(one.readers),
            }
            for name, one in sorted(covered.formats.items())
        },
        "loads": [
            {"saver": saver, "reader": reader, "cells": count}
            for (saver, reader), count in sorted(covered.loads.items())
        ],
        "holes": {
            "savers": list(missing.savers),
            "readers": list(missing.readers),
            "models": list(missing.models),
            "formats": list(missing.formats),
            "pairs": [list(pair) for pair in missing.pairs],
        },
    }


def as_lines(covered: Coverage, missing: Holes) -> Iterator[str]:
    """Yield what a person reads of the counts."""
    cells, files = sum(covered.loads.values()), sum(x.files for x in covered.formats.values())
    derived = covered.derived.total()
    if cells:
        yield (
            f"{len(covered.savers)} savers x {len(covered.readers)} readers x"
            f" {len(covered.models)} models x {len(covered.formats)} formats:"
            f" {files:,} files, {cells:,} cells"
        )
        yield f"measured: {cells - derived:,} cells; derived: {derived:,} ({derived / cells:.1%})"
    for name, one in sorted(covered.formats.items()):
        yield (
            f"{name}: {one.files:,} files of {len(one.savers)} savers, {one.cells:,} cells in"
            f" {len(one.readers)} readers"
        )
    if covered.own:
        yield f"files of somebody's own: {covered.own}"
    yield from (f"contradiction, so unused: {one}" for one in some(covered.contradictions))
    yield from _hole_lines(missing)


def _hole_lines(missing: Holes) -> Iterator[str]:
    for what, names in (
        *(("savers", missing.savers), ("readers", missing.readers)),
        *(("models", missing.models), ("formats", missing.formats)),
    ):
        if names:
            yield f"holes: {len(names)} {what} of matrix.yaml: {', '.join(some(names))}"
    if missing.pairs:
        told = [f"{saver} in {reader}" for saver, reader in missing.pairs]
        yield f"holes: {len(told)} pairs never loaded: {', '.join(some(told))}"


def some(names: Iterable[str]) -> list[str]:
    """Return the first few, and how many more there are."""
    listed = list(names)
    more = [f"and {len(listed) - SHOWN} more"] if len(listed) > SHOWN else []
    return [*listed[:SHOWN], *more]
