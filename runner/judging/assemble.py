"""Plan + evidence + verdicts -> the judged matrix: every planned cell, none lost."""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from itertools import count, groupby
from pathlib import Path
from typing import Any

import numpy as np

from caniload.runner.core import texts
from caniload.runner.core.cells import Artifact, Cell
from caniload.runner.core.judged import (
    Bounds,
    JudgedCell,
    JudgedEnvironment,
    JudgedFormat,
    JudgedMatrix,
    JudgedModel,
    NoiseFloor,
    Shipped,
    Underway,
    Verdict,
)
from caniload.runner.core.judgedrows import Rows, Shared
from caniload.runner.core.judgedtable import NONE, File, JudgedTable, Process, keeps_marks
from caniload.runner.core.outcomes import NOT_RUN, Outcome
from caniload.runner.core.precision import HalfPrecision
from caniload.runner.core.shipped import LOCKS
from caniload.runner.core.version import commit, version
from caniload.runner.environments.build import Receipt
from caniload.runner.environments.locking import lock_path
from caniload.runner.environments.receipts import read_receipt
from caniload.runner.environments.variables import replay_variables
from caniload.runner.evidence import derivations
from caniload.runner.evidence.known import Evidence, died_of_limits
from caniload.runner.evidence.log import Record
from caniload.runner.judging import confirm, signatures
from caniload.runner.judging.asides import asides
from caniload.runner.judging.byreader import Measured, by_reader, own_of
from caniload.runner.judging.catalogue import read_catalogue
from caniload.runner.judging.derived import Rule, statements
from caniload.runner.judging.provenance import origins
from caniload.runner.judging.recorded import said
from caniload.runner.judging.shipped import Shipment
from caniload.runner.judging.signatures import Signatures
from caniload.runner.judging.verdict import cause, failure, judge
from caniload.runner.matrix.choosing import Gaps
from caniload.runner.matrix.reference import provoked, read_form
from caniload.runner.matrix.schema import Environment


@dataclass(frozen=True, kw_only=True)
class Assembly:
    """Judges what the store knows.

    ``shipped`` is shown of cells that it knows nothing of, ``underway`` the run that is going on.
    """

    evidence: Evidence
    batch: int
    locks: Path = LOCKS
    shipped: Shipment | None = None
    underway: Underway | None = None

    @cached_property
    def _gaps(self) -> Gaps:
        return Gaps(self.evidence.plan.matrix)

    def __call__(self) -> JudgedMatrix:
        plan = self.evidence.plan
        known = by_reader(self.evidence, self._judge, self._called)
        cells = self.table(self.planned(), known)
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
            sampling=confirm.statement(_solo(cells), batch=self.batch),
            rules=statements(
                told=bool((cells.columns.derived != NONE).any()),
                audited=known.audited,
                wrong=[*self._switched_off()],
            ),
            built_at=datetime.now(UTC).isoformat(timespec="seconds"),
            version=version(),
            commit=commit(),
            machine=f"{platform.system()} {platform.machine()}, CPU only, one thread a process",
            catalogue=tuple(rule.entry for rule in read_catalogue()),
            bounds=Bounds(**matrix.catalogue.model_dump()),
            asides=tuple(asides(self.evidence, read_catalogue())),
            origins=tuple(origins(self.evidence)),
            whole=plan.whole and not any(one.untested for one in environments),
            unshipped=self.shipped.unused if self.shipped else (),
            underway=self.underway,
        )

    def _switched_off(self) -> Iterator[str]:
        """Yield the kinds of derived cells of which one was told wrong."""
        plan = self.evidence.plan
        for rule in Rule:
            for reader in plan.environments:
                for known in plan.formats:
                    kind = derivations.named(rule, reader.id, known.id)
                    if derivations.is_off(self.evidence.store, kind):
                        yield kind

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

    def planned(self) -> Iterator[tuple[Cell, bool]]:
        """Yield every cell to judge, and whether it is a control beside the matrix."""
        control = self.evidence.plan.matrix.controls.model
        wanted = {model.id for model in self.evidence.plan.models}
        for cell in self.evidence.plan.cells:
            yield cell, False
        for cell in self.evidence.plan.controls:
            if cell.artifact.damage is not None or control not in wanted:
                yield cell, True

    def cell(self, cell: Cell, *, control: bool = False) -> JudgedCell:
        """Judge one cell by what the store has for it."""
        return self.table([(cell, control)])[0]

    def table(
        self, planned: Iterable[tuple[Cell, bool]], known: Measured | None = None
    ) -> JudgedTable:
        """Judge cells by what the store has for them; what reads alike is held once.

        ``known`` is what was measured of the plan's cells, where these are the first.
        """
        rows, numbers = Rows(), count()
        for artifact, cells in groupby(planned, key=lambda one: one[0].artifact):
            file, unsaved = self._file(artifact), self._unsaved(artifact)
            for cell, control in cells:
                number = next(numbers)
                if known is not None and number < len(known):
                    found = known.of(number)
                else:
                    found = self._found(cell, file.stands)
                verdict, own = found if found is not None else (None, {})
                verdict = unsaved or verdict or self._untested(cell)
                rows.add(
                    cell,
                    verdict,
                    file=file,
                    process=self._processes[cell.loaded_by],
                    evidence=self._is_evidence(cell),
                    control=control,
                    shipped=None if control else self._elsewhere(cell, verdict),
                    **({} if unsaved else own),
                )
        return rows.table()

    def _found(self, cell: Cell, path: str) -> tuple[Verdict, dict[str, Any]] | None:
        record = self.evidence.record(cell)
        return None if record is None else (self._judge(record, cell, path)[0], own_of(record))

    def _file(self, artifact: Artifact) -> File:
        saved = self.evidence.saved(artifact)
        if saved is None:
            return File()
        path = str(self.evidence.path(saved))
        return File(path, saved.file.sha256, saved.file.bytes, saved.file.path)

    @cached_property
    def _processes(self) -> dict[str, Process]:
        """Return by loading environment what loads there."""
        return {
            one.id: Process(
                str(self.evidence.home.python(one.id)), tuple(replay_variables(one).items())
            )
            for one in self.evidence.plan.matrix.environments
        }

    def _unsaved(self, artifact: Artifact) -> Verdict | None:
        """Judge a file that its environment did not write, whoever would load it.

        What was measured stays true when an environment can no longer be built here.
        """
        entry = self.evidence.format_record(artifact)
        if entry is None or self.evidence.saved(artifact) is not None:
            return None
        outcome, reason = self._why_unsaved(artifact, entry)
        error = entry.get("error")
        return Verdict(
            outcome=outcome,
            reason=reason,
            signature=f"save: {reason}",
            cause=cause(error, read_catalogue()) if error else None,
            error=failure(error) if error else None,
        )

    def _untested(self, cell: Cell) -> Verdict:
        reason = self._refused(cell) or self._not_run(cell)
        return Verdict(outcome=Outcome.UNTESTED, reason=reason)

    def _elsewhere(self, cell: Cell, verdict: Verdict) -> Shipped | None:
        """Return what ships of a cell; whatever was measured here goes before it."""
        if self.shipped is None or verdict.outcome is not Outcome.UNTESTED:
            return None
        return self.shipped.of(cell)

    def _refused(self, cell: Cell) -> str | None:
        for side in (cell.artifact.saved_by, cell.loaded_by):
            if reason := self.evidence.refused(side):
                return f"{side}: {reason}"
        return None

    def _judge(self, record: Record, cell: Cell, path: str) -> tuple[Verdict, bool]:
        """Judge what was measured; what differs in times and paths alone is judged once.

        Return also whether the verdict is that of all that says the same, of a path as long.
        """
        carries, precision = self.evidence.carries(cell), self.evidence.precision(cell)
        record = signatures.beside(record, lambda: self._called(cell.artifact))
        content, marked = said(record, path)
        key = hashlib.blake2b(repr((content, carries, precision)).encode(), digest_size=16).digest()
        if key not in self._judged:
            anew = self._anew(json.loads(content), carries, precision)
            self._judged[key] = self._shared(anew)
        found = self._judged[key]
        if marked and not keeps_marks(found, len(path)):  # a path that was cut is of one file alone
            return self._anew(record, carries, precision), False
        return found, True

    def _anew(
        self, record: Record, carries: Collection[str], precision: HalfPrecision | None
    ) -> Verdict:
        tolerances = self.evidence.plan.matrix.tolerances
        return judge(record, tolerances, read_catalogue(), carries, precision)

    def _called(self, artifact: Artifact) -> Signatures | None:
        """Return by what a file is called where it was saved, if it was loaded there."""
        if artifact not in self._known_calls:
            own = self.evidence.record(Cell(artifact=artifact, loaded_by=artifact.saved_by))
            self._known_calls[artifact] = signatures.of(own) if own else None
        return self._known_calls[artifact]

    @cached_property
    def _known_calls(self) -> dict[Artifact, Signatures | None]:
        return {}

    @cached_property
    def _shared(self) -> Shared:
        return Shared()

    @cached_property
    def _judged(self) -> dict[bytes, Verdict]:
        return {}

    def _not_run(self, cell: Cell) -> str:
        fault = self.evidence.fault(cell)
        return f"{texts.clean(fault)}; the next run tries again" if fault else NOT_RUN

    def _why_unsaved(self, artifact: Artifact, entry: Mapping[str, Any]) -> tuple[Outcome, str]:
        """Say why there is no file: a gap, a refusal of the framework's, or work not done yet."""
        gap = self._gaps.of(artifact.saved_by, artifact.model, artifact.format)
        refusal = _refusal(entry)
        if died_of_limits(entry):
            remedy = "raise `limits` in matrix.yaml, or --rerun"
            return Outcome.UNTESTED, f"saving it there did not end: {refusal}; {remedy}"
        if gap is not None and gap.says in refusal:
            return Outcome.NA, f"{gap.reason} ({artifact.saved_by} says: {texts.told(refusal)})"
        if refusal:
            phase = (entry.get("error") or {}).get("phase", "save")
            return Outcome.NA, f"{artifact.saved_by} cannot {phase} it: {texts.told(refusal)}"
        return Outcome.UNTESTED, "saving left no file; run again with --rerun"

    @cached_property
    def _failed_controls(self) -> frozenset[tuple[str, str]]:
        """Return (environment, format) pairs whose plain control is not identical to itself."""
        failed = set()
        for cell in self.evidence.plan.controls:
            record = self.evidence.record(cell)
            if record is None:
                continue
            outcome = self._judge(record, cell, "")[0].outcome
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


def _solo(cells: JudgedTable) -> Iterator[bool | None]:
    """Yield what there is of cells that ran alone, in company or not at all."""
    for alone in np.unique(cells.columns.solo):
        yield None if alone == NONE else bool(alone)


def noise_floor(cells: JudgedTable) -> NoiseFloor:
    """Measure how much a model differs from itself, saved and loaded by one environment.

    Taken over the diagonal cells that load and are not judged to differ.
    """
    columns, names = cells.columns, cells.names
    same = {Outcome.IDENTICAL, Outcome.TOLERANCE, Outcome.WARNING}
    counted = np.array(
        [one.outcome in same and one.max_abs_diff is not None for one in cells.verdicts], dtype=bool
    )
    place = {name: code for code, name in enumerate(names.readers)}
    as_reader = np.array([place.get(name, NONE) for name in names.savers], dtype=int)
    own = (as_reader[columns.saver] == columns.reader) & (columns.damage == NONE)
    found = [cells.verdicts[code] for code in columns.verdict[own & counted[columns.verdict]]]
    return NoiseFloor(
        cells=len(found),
        bit_identical=sum(one.max_abs_diff == 0.0 for one in found),
        worst_absolute=max((one.max_abs_diff or 0.0 for one in found), default=0.0),
        worst_relative=max((one.max_rel_diff or 0.0 for one in found), default=0.0),
    )
