"""The saving half of a run: which models to save, and taking in what the save jobs wrote."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from caniload.runner.core.cells import Artifact
from caniload.runner.evidence import artifacts, content
from caniload.runner.evidence.artifacts import Stored
from caniload.runner.evidence.known import Evidence, Written, cut_short
from caniload.runner.evidence.results import Result
from caniload.runner.matrix.choosing import Gaps
from caniload.runner.matrix.joining import patience
from caniload.runner.matrix.reference import read_form
from caniload.runner.running.schedule import Unit


@dataclass(kw_only=True)
class _Save:
    """A model being saved; where saving all formats at once kills the process, one by one."""

    environment: str
    model: str
    waiting: set[str] = field(default_factory=set)
    formats: dict[str, Any] = field(default_factory=dict)
    facts: Mapping[str, Any] | None = None


class Saving:
    """Makes the save jobs of a plan and keeps what comes back.

    ``again`` queues further jobs; ``finished`` is told of every model, and whether it was saved.
    """

    def __init__(
        self,
        evidence: Evidence,
        again: Callable[[Sequence[Unit]], None],
        finished: Callable[[bool], None],
    ) -> None:
        self._evidence, self._again, self._finished = evidence, again, finished
        self._matrix = evidence.plan.matrix
        self._gaps = Gaps(self._matrix)
        self._root = evidence.home.artifacts
        self._under_way: dict[str, _Save] = {}
        self._numbers = itertools.count(1)

    def sweep(self) -> None:
        """Remove what a killed run left half done."""
        for left in self._root.glob("tmp-*"):
            shutil.rmtree(left, ignore_errors=True)

    def missing(self, *, rerun: bool, save_again: bool = True) -> dict[str, list[Unit]]:
        """Return the save jobs still to be done, by environment.

        With ``rerun`` all, or without ``save_again`` those that left no file.
        """
        units: dict[str, list[Unit]] = {}
        for environment, model in self._evidence.saves():
            formats = self._evidence.formats(model)
            if not (rerun and save_again):
                formats = self._unsaved(environment, model, formats, refused=rerun)
            if formats:
                unit = self._unit(environment, model, formats)
                units.setdefault(environment, []).append(unit)
        return units

    def _unsaved(
        self, environment: str, model: str, formats: Sequence[str], *, refused: bool
    ) -> tuple[str, ...]:
        """Return the formats that the model is still to be saved in, or also where it failed."""
        saved = self._evidence.saved_model(environment, model) or {}
        return tuple(one for one in formats if not self._is_saved(saved.get(one), refused=refused))

    def _is_saved(self, written: Written | None, *, refused: bool) -> bool:
        if written is None or (refused and written.stored is None):
            return False
        if written.ended is not None and cut_short(written.ended, self._matrix.limits):
            return False
        return all(artifacts.intact(one, self._root) for one in written.files())

    def _unit(self, environment: str, model: str, formats: Sequence[str]) -> Unit:
        folder = self._root / f"tmp-{environment}-{model}-{next(self._numbers)}"
        job = {**self._evidence.save_job(model, folder), "formats": list(formats)}
        label = f"{environment}/{model}"
        save = self._under_way.setdefault(label, _Save(environment=environment, model=model))
        save.waiting |= set(formats)
        seconds = self._matrix.limits.seconds * len(formats)
        seconds *= patience(self._matrix.environment(environment))
        return Unit(environment=environment, label=label, job=job, deadline=lambda: seconds)

    def went_wrong(self, unit: Unit, result: Result) -> bool:
        """Say whether to save again alone: something was refused that no gap foretells."""
        if result.facts is None or result.facts["error"] is not None:
            return True
        for format_id, one in result.facts["formats"].items():
            gap = self._gaps.of(unit.environment, unit.job["model"], format_id)
            if one["error"] and not (gap and gap.says in one["error"]["message"]):
                return True
        return False

    def take(self, unit: Unit, result: Result) -> None:
        """Keep what a save job answered; where it died, ask for each format by itself."""
        save, formats = self._under_way[unit.label], set(unit.job["formats"])
        if result.fault is not None:
            key = self._evidence.save_key(save.environment, save.model)
            self._evidence.put_fault(key, result.fault)
            self._done_with(save, formats)
            return
        if result.facts is None and len(formats) > 1:
            for format_id in sorted(formats):
                self._again([self._unit(unit.environment, save.model, (format_id,))])
            return
        self._adopt(save, Path(unit.job["folder"]), formats, result)
        self._done_with(save, formats)

    def _done_with(self, save: _Save, formats: set[str]) -> None:
        save.waiting -= formats
        if not save.waiting:
            if save.formats:  # all but those that ended in a fault of ours
                self._finish(save)
            self._finished(bool(save.formats))

    def _adopt(self, save: _Save, folder: Path, formats: set[str], result: Result) -> None:
        """Take in what a save job wrote; what it could not write is recorded as its answer."""
        told = (result.facts or {}).get("formats") or {}
        whole = (result.facts or {}).get("error")
        expected = fed = None
        if whole is None and (folder / "expected").is_dir():
            fed = content.of_fed(folder / "expected")
            name = f"{save.environment}/{save.model}/expected"
            expected = asdict(artifacts.take(folder / "expected", self._root, name))
        for format_id in formats:
            facts = dict(
                told.get(format_id) or {"error": whole, "unsupported": None, "messages": []}
            )
            stored = None
            written = folder / format_id
            if whole is None and result.crash is None and written.is_dir():
                name = f"{save.environment}/{save.model}/{format_id}"
                stored = asdict(artifacts.take(written, self._root, name))
            save.formats[format_id] = {
                **facts,
                "crash": result.crash,
                "limits": self._matrix.limits.model_dump(),
                "form": read_form(format_id).sha256,
                "stored": stored,
                "content": content.of_file(self._root / stored["path"]) if stored else None,
                "expected": expected,
                "fed": fed,
                "damaged": {},
            }
        save.facts = save.facts or result.facts
        shutil.rmtree(folder, ignore_errors=True)

    def _finish(self, save: _Save) -> None:
        facts = save.facts or {}
        key = self._evidence.save_key(save.environment, save.model)
        before = self._evidence.store.get(key) or {"formats": {}}
        record = {
            "kind": "save",
            "environment": save.environment,
            "model": save.model,
            "formats": {**before["formats"], **save.formats},
            "error": facts.get("error"),
            "messages": facts.get("messages", []),
            "cpu_seconds": facts.get("cpu_seconds"),
        }
        self._evidence.store.put(key, record)

    def spoil_controls(self) -> None:
        """Make the damaged copies of the control's files that are not there yet."""
        control = self._matrix.controls.model
        for environment in self._evidence.plan.environments:
            record = self._evidence.save_record(environment.id, control)
            if record is None:
                continue
            formats = dict(record["formats"])
            for format_id, entry in formats.items():
                missing = [
                    one for one in self._matrix.controls.damage if one not in entry["damaged"]
                ]
                if entry["stored"] and missing:
                    damaged = dict(
                        self._spoilt(environment.id, format_id, entry["stored"], missing)
                    )
                    formats[format_id] = {**entry, "damaged": {**entry["damaged"], **damaged}}
            if formats != record["formats"]:
                key = self._evidence.save_key(environment.id, control)
                self._evidence.store.put(key, {**record, "formats": formats})

    def _spoilt(
        self, environment: str, format_id: str, stored: Mapping[str, Any], damages: Sequence[str]
    ) -> Iterator[tuple[str, Any]]:
        for damage in damages:
            artifact = Artifact(
                saved_by=environment,
                model=self._matrix.controls.model,
                format=format_id,
                damage=damage,
            )
            yield damage, asdict(artifacts.spoil(Stored(**stored), artifact, self._root))
