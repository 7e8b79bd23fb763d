"""The whole store -> what is known of every reference model's file; reads and judges all of it.

Apart from ``index``, which asks for it where the store has changed: whoever only looks something up
does not wait for the modules that judge.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from caniload.runner.answering.features import Features, features
from caniload.runner.answering.references import Known, Loaded
from caniload.runner.core import texts
from caniload.runner.core.cells import Artifact, Cell
from caniload.runner.core.judged import JudgedCell
from caniload.runner.core.outcomes import Outcome
from caniload.runner.environments.home import Home
from caniload.runner.evidence.known import Evidence, Saved
from caniload.runner.evidence.resolve import resolve
from caniload.runner.evidence.store import Store
from caniload.runner.forensics.apart import inspect_all
from caniload.runner.judging.assemble import Assembly
from caniload.runner.matrix import plan as planning
from caniload.runner.matrix.plan import Selection
from caniload.runner.matrix.schema import Matrix

NOTHING = frozenset({Outcome.UNTESTED, Outcome.NA})


def arranged(
    matrix: Matrix, home: Home, locks: Path, inspected: Mapping[str, Features]
) -> Iterator[tuple[str, Known]]:
    """Yield every reference file that has been loaded anywhere, with the hash of its content."""
    chosen = planning.make(matrix, Selection(profile="all", models=(matrix.controls.model,)))
    fetching_none = replace(home, fetches=False)  # what was measured is here
    resolution = resolve(chosen.environments, home=fetching_none, locks=locks)
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
