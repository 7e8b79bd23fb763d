"""Plan + store -> what is known of each cell: its key, its record, or what is still to be done."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

from caniload.runner.core.cells import Artifact, Cell
from caniload.runner.core.errors import MatrixError
from caniload.runner.core.precision import HalfPrecision
from caniload.runner.environments.home import Home
from caniload.runner.evidence import keys
from caniload.runner.evidence.artifacts import Stored
from caniload.runner.evidence.log import Record
from caniload.runner.evidence.resolve import Resolution
from caniload.runner.evidence.results import OUTSIDE
from caniload.runner.evidence.store import Store
from caniload.runner.matrix.plan import Plan, Stage
from caniload.runner.matrix.reference import Family, read_family, read_form
from caniload.runner.matrix.schema import Limits, Model

Made = TypeVar("Made")

ENDED_BY = {
    "timeout": ("seconds", "seconds_floor", "history_factor"),
    "memory": ("memory_mb",),
}
"""Kinds of crash that are our doing, and the limits that decide when."""


def died_of_limits(entry: Mapping[str, Any]) -> bool:
    """Say whether saving was ended by us or from outside, which says nothing of the framework."""
    crash = entry.get("crash") or {}
    return crash.get("kind") in ENDED_BY or crash.get("signal") in OUTSIDE


def cut_short(record: Mapping[str, Any], limits: Limits) -> bool:
    """Say whether it was ended by a limit that has been raised since, so that it is worth a try.

    ``record`` is that of a cell, or of a format as it was saved.
    """
    crash = record.get("crash") or {}
    if crash.get("kind") not in ENDED_BY:
        return False
    then = record["limits"]
    return any(getattr(limits, name) > then[name] for name in ENDED_BY[crash["kind"]])


@dataclass(frozen=True, kw_only=True)
class Saved:
    """An artifact that is at hand, with what its saving side recorded.

    ``says`` is equal for files of one content that are fed the same, whoever saved them; empty
    where it is not known.
    """

    artifact: Artifact
    file: Stored
    expected: Stored
    says: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Written:
    """What saving gave of one format: its files, and how its process ended if that was our doing.

    All but that is what a run has to know of a model that was saved; the rest takes room.
    ``expected`` is what the file is compared with, ``says`` as in ``Saved``.
    """

    stored: Stored | None
    expected: Stored | None
    damaged: Mapping[str, Stored]
    ended: Mapping[str, Any] | None
    says: str

    def files(self) -> Iterator[Stored]:
        """Yield all that has to be there."""
        there = (self.stored, self.expected, *self.damaged.values())
        yield from (stored for stored in there if stored)


SavedModel = Mapping[str, Written]
"""What saving a model gave, by format: where it was saved by the code that saves it today."""


def _saved_model(record: Record | None) -> SavedModel | None:
    if record is None:
        return None
    formats = record["formats"].items()
    return {name: _written(entry) for name, entry in formats if _is_of_today(name, entry)}


def _is_of_today(format_id: str, entry: Mapping[str, Any]) -> bool:
    """Say whether the code that saves the format is the same as then."""
    try:
        return bool(entry["form"] == read_form(format_id).sha256)
    except MatrixError:  # there is no such format any more
        return False


def _written(entry: Mapping[str, Any]) -> Written:
    crash = entry.get("crash") or {}
    content, fed = entry["content"], entry["fed"]
    return Written(
        stored=Stored(**entry["stored"]) if entry["stored"] else None,
        expected=Stored(**entry["expected"]) if entry["expected"] else None,
        damaged={damage: Stored(**one) for damage, one in entry["damaged"].items() if one},
        ended={"crash": crash, "limits": entry["limits"]}
        if crash.get("kind") in ENDED_BY
        else None,
        says=f"{content} {fed}" if content and fed else "",
    )


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """Looks up what the store has for the cells of a plan, under the keys of today."""

    plan: Plan
    home: Home
    store: Store
    resolution: Resolution

    @cached_property
    def _families(self) -> Mapping[str, Family]:
        return {model.id: read_family(model.family) for model in self.plan.matrix.models}

    @cached_property
    def _formats(self) -> Mapping[str, tuple[str, ...]]:
        matrix, planned = self.plan.matrix, {one.id for one in self.plan.formats}
        return {
            model.id: tuple(one for one in matrix.formats_of(model.id) if one in planned)
            for model in matrix.models
        }

    @cached_property
    def _made(self) -> dict[str, tuple[int, Any]]:
        return {}

    def until_put(self, name: str, make: Callable[[], Made]) -> Made:
        """Return what is made of all that is stored, once until something is put into the store."""
        changes = self.store.changes
        if self._made.get(name, (-1, None))[0] != changes:
            self._made[name] = changes, make()
        made: Made = self._made[name][1]
        return made

    def family(self, model_id: str) -> Family:
        return self._families[model_id]

    def models(self) -> list[Model]:
        """Return the models to save: those of the plan, and the control."""
        control = self.plan.matrix.controls.model
        chosen = {model.id for model in self.plan.models} | {control}
        return [model for model in self.plan.matrix.models if model.id in chosen]

    def saves(self) -> list[tuple[str, str]]:
        """Return the (environment, model) that cells and controls need, where they can be saved."""
        if Stage.SAVE not in self.plan.stages:
            return []
        control = self.plan.matrix.controls.model
        wanted = {*self.plan.cells.saves()}
        return [
            (environment.id, model.id)
            for environment in self.plan.environments
            if environment.id in self.resolution.usable
            for model in self.models()
            if model.id == control or (environment.id, model.id) in wanted
        ]

    def formats(self, model_id: str) -> tuple[str, ...]:
        """Return the formats of a model that the plan wants."""
        return self._formats[model_id]

    def save_key(self, environment_id: str, model_id: str) -> str:
        fingerprint = self.resolution.fingerprints[environment_id]
        return keys.save_key(fingerprint, model_id, self._families[model_id].sha256)

    def import_key(self, environment_id: str) -> str:
        return keys.import_key(self.resolution.fingerprints[environment_id])

    def refused(self, environment_id: str) -> str | None:
        """Return why the environment would not build or import when it was last tried."""
        if environment_id not in self.resolution.usable:
            return self.resolution.untested[environment_id]
        record = self.store.get(self.import_key(environment_id)) or {}
        return record.get("refused")

    def save_record(self, environment_id: str, model_id: str) -> Record | None:
        if environment_id not in self.resolution.fingerprints:
            return None
        return self.store.get(self.save_key(environment_id, model_id))

    def format_record(self, artifact: Artifact) -> Mapping[str, Any] | None:
        """Return how saving this very file went; ``None`` if it has not been tried."""
        record = self.save_record(artifact.saved_by, artifact.model)
        if record is None:
            return None
        found: Mapping[str, Any] | None = record["formats"].get(artifact.format)
        return found if found is not None and _is_of_today(artifact.format, found) else None

    def saved_model(self, environment_id: str, model_id: str) -> SavedModel | None:
        """Return the files of a model; ``None`` if saving it has not been tried."""
        if environment_id not in self.resolution.fingerprints:
            return None
        return self.store.derived(self.save_key(environment_id, model_id), _saved_model)

    def saved(self, artifact: Artifact) -> Saved | None:
        """Return the artifact if its environment has written it."""
        model = self.saved_model(artifact.saved_by, artifact.model)
        written = model.get(artifact.format) if model else None
        if written is None or written.expected is None:
            return None
        file = written.damaged.get(artifact.damage) if artifact.damage else written.stored
        if file is None:
            return None
        says = "" if artifact.damage else written.says
        return Saved(artifact=artifact, file=file, expected=written.expected, says=says)

    def trains(self, cell: Cell) -> bool:
        return "training" in self.carries(cell)

    def carries(self, cell: Cell) -> tuple[str, ...]:
        return self.plan.matrix.format(cell.artifact.format).carries

    def precision(self, cell: Cell) -> HalfPrecision | None:
        return self._precisions.get(cell.artifact.model)

    @cached_property
    def _precisions(self) -> dict[str, HalfPrecision | None]:
        return {model.id: model.precision for model in self.plan.matrix.models}

    def cell_key(self, cell: Cell) -> str | None:
        """Return the key of a cell; ``None`` while its artifact or loader is not at hand."""
        return self._key(cell, self.saved(cell.artifact))

    def _key(self, cell: Cell, saved: Saved | None) -> str | None:
        fingerprint = self.resolution.fingerprints.get(cell.loaded_by)
        if saved is None or fingerprint is None:
            return None
        return keys.cell_key(fingerprint, self.file_key(saved))

    def file_key(self, saved: Saved) -> str:
        """Return the half of a cell's key that is the same for all who load a file."""
        return keys.file_key(**self.key_parts(saved))

    def key_parts(self, saved: Saved) -> dict[str, Any]:
        """Return what of a file a result depends on."""
        return {
            "artifact_sha256": saved.file.sha256,
            "expected_sha256": saved.expected.sha256,
            "family_sha256": self._families[saved.artifact.model].sha256,
            "form_sha256": read_form(saved.artifact.format).sha256,
            "train": "training" in self.plan.matrix.format(saved.artifact.format).carries,
        }

    def record(self, cell: Cell) -> Record | None:
        """Return what the cell's run gave; files of the same bytes share one, under their paths."""
        saved = self.saved(cell.artifact)
        key = self._key(cell, saved)
        record = self.store.get(key) if key else None
        if record is None or saved is None or record["artifact"] == saved.file.path:
            return record
        return under_path(record, saved.file.path)

    def put_fault(self, key: str, reason: str) -> None:
        """Keep why a job could not be run, which is no result: the next run tries again."""
        self.store.put(_fault_key(key), {"kind": "fault", "reason": reason})

    def fault(self, cell: Cell) -> str | None:
        """Return why the cell, or the file it needs, could not be made when it was last tried."""
        key = self.cell_key(cell)
        if key is None and cell.artifact.saved_by in self.resolution.fingerprints:
            key = self.save_key(cell.artifact.saved_by, cell.artifact.model)
        record = self.store.get(_fault_key(key)) if key else None
        return record["reason"] if record else None

    def path(self, saved: Saved) -> Path:
        """Return what a person hands to the loading function."""
        return self.home.artifacts / saved.file.path / read_form(saved.artifact.format).target

    def save_job(self, model_id: str, folder: Path) -> dict[str, Any]:
        return {
            "kind": "save",
            "model": model_id,
            "family": str(self._families[model_id].path),
            "formats": list(self._formats[model_id]),
            "folder": str(folder),
        }

    def load_job(self, cell: Cell, saved: Saved) -> dict[str, Any]:
        return {
            "kind": "load",
            "cell": cell.id,
            "model": cell.artifact.model,
            "family": str(self._families[cell.artifact.model].path),
            "format": cell.artifact.format,
            "artifact": str(self.home.artifacts / saved.file.path),
            "expected": str(self.home.artifacts / saved.expected.path),
            "train": self.trains(cell),
        }


def under_path(record: Record, path: str) -> Record:
    """Return the record with another file's path in all that was said."""
    text = json.dumps(record).replace(json.dumps(record["artifact"])[1:-1], json.dumps(path)[1:-1])
    changed: Record = json.loads(text)
    return changed


def _fault_key(key: str) -> str:
    return f"{key}:fault"
