"""Plan + evidence + verdicts -> the judged matrix: every planned cell, none lost."""

from __future__ import annotations

import platform
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from caniload.runner.core import texts
from caniload.runner.core.cells import Cell
from caniload.runner.core.judged import (
    Bounds,
    JudgedCell,
    JudgedEnvironment,
    JudgedFormat,
    JudgedMatrix,
    JudgedModel,
    NoiseFloor,
)
from caniload.runner.core.outcomes import Outcome
from caniload.runner.core.shipped import LOCKS
from caniload.runner.core.version import commit, version
from caniload.runner.environments.build import Receipt
from caniload.runner.environments.locking import lock_path
from caniload.runner.environments.receipts import read_receipt
from caniload.runner.environments.variables import replay_variables
from caniload.runner.evidence.known import Evidence, died_of_limits
from caniload.runner.judging import confirm
from caniload.runner.judging.asides import asides
from caniload.runner.judging.catalogue import read_catalogue
from caniload.runner.judging.provenance import origins
from caniload.runner.judging.verdict import Verdict, cause, failure, judge
from caniload.runner.matrix.choosing import Gaps
from caniload.runner.matrix.reference import provoked, read_form
from caniload.runner.matrix.schema import Environment


@dataclass(frozen=True, kw_only=True)
class Assembly:
    """Judges what the store knows."""

    evidence: Evidence
    batch: int
    locks: Path = LOCKS

    @cached_property
    def _gaps(self) -> Gaps:
        return Gaps(self.evidence.plan.matrix)

    def __call__(self) -> JudgedMatrix:
        plan = self.evidence.plan
        cells = tuple(self._cells())
        matrix = plan.matrix
        environments = tuple(self._environment(one) for one in plan.environments)
        return JudgedMatrix(
            environments=environments,
            models=tuple(self._models()),
            formats=tuple(
                JudgedFormat(
                    id=one.id,
                    label=one.label,
                    carries=one.carries,
                    save_code=read_form(one.id).save_code,
                    load_code=read_form(one.id).load_code,
                )
                for one in plan.formats
            ),
            cells=cells,
            noise=noise_floor(cells),
            tolerances=matrix.tolerances.named(),
            sampling=confirm.statement((cell.solo for cell in cells), batch=self.batch),
            built_at=datetime.now(UTC).isoformat(timespec="seconds"),
            version=version(),
            commit=commit(),
            machine=f"{platform.system()} {platform.machine()}, CPU only, one thread a process",
            catalogue=tuple(rule.entry for rule in read_catalogue()),
            bounds=Bounds(**matrix.catalogue.model_dump()),
            asides=tuple(asides(self.evidence, read_catalogue())),
            origins=tuple(origins(self.evidence)),
            whole=plan.whole and not any(one.untested for one in environments),
        )

    def _models(self) -> Iterator[JudgedModel]:
        for model in self.evidence.plan.models:
            family = self.evidence.family(model.id)
            yield JudgedModel(
                id=model.id,
                family=model.family,
                why=texts.first_line(family.docstrings[model.id]),
                source="\n\n\n".join(
                    filter(None, (family.source(model.id), family.source_there(model.id)))
                ),
                control=model.id == self.evidence.plan.matrix.controls.model,
                provokes=provoked(model, family),
            )

    def _environment(self, environment: Environment) -> JudgedEnvironment:
        resolution = self.evidence.resolution
        receipt = self._receipt(environment)
        found = resolution.usable.get(environment.id)
        lock = lock_path(environment, self.locks)
        return JudgedEnvironment(
            id=environment.id,
            label=environment.label,
            stack=environment.stack,
            python=environment.python,
            asked=dict(environment.packages),
            variables=replay_variables(environment),
            lock_sha256=found.lock_sha256 if found else "",
            lock_text=lock.read_text(encoding="utf-8") if lock.exists() else "",
            versions=dict(receipt.versions) if receipt else {},
            packages=dict(receipt.packages) if receipt else {},
            platform=receipt.platform if receipt else "",
            built_at=receipt.built_at if receipt else "",
            untested=self.evidence.refused(environment.id),
            twin=environment.twin,
        )

    def _receipt(self, environment: Environment) -> Receipt | None:
        return read_receipt(self.evidence.home.environment(environment.id))

    def _cells(self) -> Iterator[JudgedCell]:
        control = self.evidence.plan.matrix.controls.model
        wanted = {model.id for model in self.evidence.plan.models}
        for cell in self.evidence.plan.cells:
            yield self.cell(cell)
        for cell in self.evidence.plan.controls:
            if cell.artifact.damage is not None or control not in wanted:
                yield self.cell(cell, control=True)

    def cell(self, cell: Cell, *, control: bool = False) -> JudgedCell:
        """Judge one cell by what the store has for it."""
        environment = self.evidence.plan.matrix.environment(cell.loaded_by)
        common: dict[str, Any] = {
            "cell": cell,
            "control": control,
            "python": str(self.evidence.home.python(cell.loaded_by)),
            "variables": replay_variables(environment),
            "evidence": self._is_evidence(cell),
        }
        saved = self.evidence.saved(cell.artifact)
        if saved is not None:
            common |= {
                "artifact": str(self.evidence.path(saved)),
                "artifact_sha256": saved.file.sha256,
                "artifact_bytes": saved.file.bytes,
            }
        record = self.evidence.record(cell)
        entry = self.evidence.format_record(cell.artifact)
        if saved is None and entry is not None:
            # What was measured stays true when an environment can no longer be built here.
            outcome, reason = self._unsaved(cell)
            error = entry.get("error")
            return JudgedCell(
                **common,
                outcome=outcome,
                reason=reason,
                signature=f"save: {reason}",
                cause=cause(error, read_catalogue()) if error else None,
                error=failure(error) if error else None,
            )
        if record is None:
            reason = self._refused(cell) or self._not_run(cell)
            return JudgedCell(**common, outcome=Outcome.UNTESTED, reason=reason)
        verdict = self._judge(record, cell)
        return JudgedCell(
            **common,
            outcome=verdict.outcome,
            reason=verdict.reason,
            signature=verdict.signature,
            cause=verdict.cause,
            error=verdict.error,
            messages=verdict.messages,
            differences=verdict.differences,
            max_abs_diff=verdict.max_abs_diff,
            max_rel_diff=verdict.max_rel_diff,
            max_ulp_diff=verdict.max_ulp_diff,
            solo=record["solo"],
            repeatable=record["batched"] is None,
            seconds=record["seconds"],
        )

    def _refused(self, cell: Cell) -> str | None:
        for side in (cell.artifact.saved_by, cell.loaded_by):
            if reason := self.evidence.refused(side):
                return f"{side}: {reason}"
        return None

    def _judge(self, record: Mapping[str, Any], cell: Cell) -> Verdict:
        tolerances = self.evidence.plan.matrix.tolerances
        carries, precision = self.evidence.carries(cell), self.evidence.precision(cell)
        return judge(record, tolerances, read_catalogue(), carries, precision)

    def _not_run(self, cell: Cell) -> str:
        fault = self.evidence.fault(cell)
        return f"{texts.clean(fault)}; the next run tries again" if fault else "not run yet"

    def _unsaved(self, cell: Cell) -> tuple[Outcome, str]:
        """Say why there is no file: a gap, a refusal of the framework's, or work not done yet."""
        artifact = cell.artifact
        entry = self.evidence.format_record(artifact)
        gap = self._gaps.of(artifact.saved_by, artifact.model, artifact.format)
        assert entry is not None  # noqa: S101 - it is asked for formats that were tried
        said = _refusal(entry)
        if died_of_limits(entry):
            return (
                Outcome.UNTESTED,
                f"saving it there did not end: {said}; raise `limits` in matrix.yaml, or --rerun",
            )
        if gap is not None and gap.says in said:
            return Outcome.NA, f"{gap.reason} ({artifact.saved_by} says: {texts.told(said)})"
        if said:
            phase = (entry.get("error") or {}).get("phase", "save")
            return Outcome.NA, f"{artifact.saved_by} cannot {phase} it: {texts.told(said)}"
        return Outcome.UNTESTED, "saving left no file; run again with --rerun"

    @cached_property
    def _failed_controls(self) -> frozenset[tuple[str, str]]:
        """Return (environment, format) pairs whose plain control is not identical to itself."""
        failed = set()
        for cell in self.evidence.plan.controls:
            record = self.evidence.record(cell)
            if record is None:
                continue
            outcome = self._judge(record, cell).outcome
            wrong = (
                outcome is not Outcome.IDENTICAL
                if cell.artifact.damage is None
                else outcome not in (Outcome.ERROR, Outcome.CRASH)
            )
            if wrong:
                failed.add((cell.loaded_by, cell.artifact.format))
        return frozenset(failed)

    def _is_evidence(self, cell: Cell) -> bool:
        sides = (cell.artifact.saved_by, cell.loaded_by)
        return all((side, cell.artifact.format) not in self._failed_controls for side in sides)


def _refusal(entry: Mapping[str, Any]) -> str:
    """Return in the framework's own words why it did not write the file; empty if it did."""
    if entry.get("unsupported"):
        return texts.clean(entry["unsupported"])
    if entry.get("error"):
        told = texts.told(texts.clean(entry["error"]["message"]))
        return f"{entry['error']['type']}: {told}"
    if entry.get("crash"):
        crash = entry["crash"]
        return f"its process ended ({crash.get('signal') or crash['kind']})"
    return ""


def noise_floor(cells: tuple[JudgedCell, ...]) -> NoiseFloor:
    """Measure how much a model differs from itself, saved and loaded by one environment.

    Taken over the diagonal cells that load and are not judged to differ.
    """
    own = [
        cell
        for cell in cells
        if cell.cell.diagonal
        and cell.cell.artifact.damage is None
        and cell.outcome in (Outcome.IDENTICAL, Outcome.TOLERANCE, Outcome.WARNING)
        and cell.max_abs_diff is not None
    ]
    return NoiseFloor(
        cells=len(own),
        bit_identical=sum(cell.max_abs_diff == 0.0 for cell in own),
        worst_absolute=max((cell.max_abs_diff or 0.0 for cell in own), default=0.0),
        worst_relative=max((cell.max_rel_diff or 0.0 for cell in own), default=0.0),
    )
