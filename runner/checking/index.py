"""The stored evidence, arranged by what a file can be compared by, and kept so between commands.

Reading and judging a whole store takes half a minute; so what is needed here is written beside it,
one file a format, and made again when the store, matrix.yaml or the rules have changed.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from caniload.runner.checking.features import Features, features
from caniload.runner.checking.lineage import around
from caniload.runner.core import texts
from caniload.runner.core.cells import Artifact, Cell
from caniload.runner.core.judged import JudgedCell
from caniload.runner.core.outcomes import Outcome
from caniload.runner.core.shipped import LOCKS, ROOT
from caniload.runner.environments.home import Home
from caniload.runner.evidence.keys import digest
from caniload.runner.evidence.known import Evidence, Saved
from caniload.runner.evidence.resolve import resolve
from caniload.runner.evidence.store import Store
from caniload.runner.forensics.apart import inspect_all
from caniload.runner.judging.assemble import Assembly
from caniload.runner.matrix import plan as planning
from caniload.runner.matrix.plan import Selection
from caniload.runner.matrix.schema import Matrix

SCHEMA = 1
RULES = (
    "checking/index.py",
    "judging/verdict.py",
    "judging/differences.py",
    "judging/catalogue.yaml",
    "core/texts.py",
)
"""Sources that decide what stands in the index, with the catalogue."""

NOTHING = frozenset({Outcome.UNTESTED, Outcome.NA})


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


def read_index(
    formats: Sequence[str],
    *,
    matrix: Matrix,
    home: Home,
    locks: Path = LOCKS,
    say: Callable[[str], None],
) -> Index:
    """Return what the store of a home knows of files in these formats; ``say`` if that takes long.

    Empty where there is no store.
    """
    records = home.results / "records.jsonl"
    if not records.is_file():
        return Index(known=(), store=home.results)
    stamp = _stamp(records, matrix, locks)
    folder = home.checked / "index"
    if _text(folder / "stamp") != stamp:
        say("arranging the stored results, once until they change")
        _write(folder, stamp, list(_arranged(matrix, home, locks, _inspected(folder))))
    known = []
    for one in dict.fromkeys(formats):
        listed = json.loads(_text(folder / f"{one}.json") or "[]")
        known += [from_plain(entry) for entry in listed]
    return Index(known=known, store=home.results)


def _stamp(records: Path, matrix: Matrix, locks: Path) -> str:
    status = records.stat()
    sources = [ROOT / "runner" / name for name in RULES]
    return digest(
        SCHEMA,
        status.st_size,
        status.st_mtime_ns,
        matrix.model_dump(mode="json"),
        str(locks),
        [hashlib.sha256(source.read_bytes()).hexdigest() for source in sources],
        _readers(),
    )


def _arranged(
    matrix: Matrix, home: Home, locks: Path, inspected: Mapping[str, Features]
) -> Iterator[tuple[str, Known]]:
    """Yield every reference file that has been loaded anywhere, with the hash of its content."""
    chosen = planning.make(matrix, Selection(profile="all", models=(matrix.controls.model,)))
    resolution = resolve(chosen.environments, home=home, locks=locks)
    evidence = Evidence(plan=chosen, home=home, store=Store(home.results), resolution=resolution)
    judge = Assembly(evidence=evidence, batch=1, locks=locks)
    files = list(_files(evidence))
    new = [saved for saved in files if saved.file.sha256 not in inspected]
    said = {
        saved.file.sha256: features(one)
        for saved, one in zip(
            new, inspect_all([evidence.path(saved) for saved in new]), strict=True
        )
    }
    for saved in files:
        found = inspected.get(saved.file.sha256) or said.get(saved.file.sha256)
        if found is None:
            continue
        cells = dict(_cells(saved, evidence, judge))
        if cells:
            known = Known(
                saved_by=saved.artifact.saved_by,
                model=saved.artifact.model,
                format=saved.artifact.format,
                features=found,
                cells=cells,
            )
            yield saved.file.sha256, known


def _files(evidence: Evidence) -> Iterator[Saved]:
    for environment in evidence.resolution.fingerprints:
        for model in evidence.plan.matrix.models:
            if evidence.family(model.id).arguments.get(model.id):
                continue  # it is loaded with wishes, and people's files are without
            for known in evidence.plan.matrix.formats_of(model.id):
                artifact = Artifact(saved_by=environment, model=model.id, format=known)
                saved = evidence.saved(artifact)
                if saved is not None:
                    yield saved


def _cells(saved: Saved, evidence: Evidence, judge: Assembly) -> Iterator[tuple[str, Loaded]]:
    for environment in evidence.resolution.fingerprints:
        cell = Cell(artifact=saved.artifact, loaded_by=environment)
        key = evidence.cell_key(cell)
        if key is None or key not in evidence.store:
            continue
        judged = judge.cell(cell)
        if judged.evidence and judged.repeatable and judged.outcome not in NOTHING:
            yield environment, _loaded(judged)


def _loaded(judged: JudgedCell) -> Loaded:
    error = judged.error
    return Loaded(
        outcome=judged.outcome,
        reason=judged.reason,
        cause=judged.cause,
        signature=judged.signature,
        phase=error.phase if error else None,
        raised=texts.raised(error.type, error.message) if error else "",
    )


def _inspected(folder: Path) -> dict[str, Features]:
    """Return the features that an older index knows, by the hash of the file's content."""
    found = json.loads(_text(folder / "features.json") or "{}")
    if found.pop("readers", None) != _readers():
        return {}
    return {name: _features(entry) for name, entry in found.items()}


def _readers() -> str:
    """Hash all that decides what features a file has."""
    sources = [*(ROOT / "runner" / "forensics").glob("*"), ROOT / "runner/checking/features.py"]
    files = sorted(one for one in sources if one.is_file())
    return digest([hashlib.sha256(one.read_bytes()).hexdigest() for one in files])


def _write(folder: Path, stamp: str, arranged: Sequence[tuple[str, Known]]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "stamp").unlink(missing_ok=True)  # until all of it is there
    by_format: defaultdict[str, list[Any]] = defaultdict(list)
    for _, known in arranged:
        by_format[known.format].append(as_plain(known))
    for old in folder.glob("*.json"):
        old.unlink()
    for name, listed in by_format.items():
        (folder / f"{name}.json").write_text(json.dumps(listed), encoding="utf-8")
    seen = {sha256: _plain_features(known.features) for sha256, known in arranged}
    seen_by = {**seen, "readers": _readers()}
    (folder / "features.json").write_text(json.dumps(seen_by), encoding="utf-8")
    (folder / "stamp").write_text(stamp, encoding="utf-8")


def as_plain(known: Known) -> dict[str, Any]:
    cells = {name: asdict(cell) for name, cell in known.cells.items()}
    return {**vars(known), "features": _plain_features(known.features), "cells": cells}


def _plain_features(one: Features) -> dict[str, Any]:
    return {
        "format": one.format,
        "origin": list(one.origin),
        "classes": sorted(one.classes),
        "traits": sorted(one.traits),
        "own": one.own,
    }


def _features(entry: Mapping[str, Any]) -> Features:
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
    return Known(**{**entry, "features": _features(entry["features"]), "cells": cells})


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except OSError:
        return ""
