"""The whole store -> what a pack says of it: every reference file and how it loaded, judged.

Apart from ``index``, which asks for it where the store has changed: whoever only looks something up
does not wait for the modules that judge.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from caniload.runner.answering.features import Features, features
from caniload.runner.answering.lookup import NOTHING
from caniload.runner.answering.writing import Writing, derived_of
from caniload.runner.core.cells import Artifact, Cell
from caniload.runner.environments.home import Home
from caniload.runner.evidence.known import Evidence, Saved
from caniload.runner.evidence.resolve import resolve
from caniload.runner.evidence.store import Store
from caniload.runner.forensics.apart import inspect_all
from caniload.runner.judging.assemble import Assembly
from caniload.runner.matrix import plan as planning
from caniload.runner.matrix.plan import Selection
from caniload.runner.matrix.schema import Matrix
from caniload.runner.packs.columns import Row
from caniload.runner.packs.pack import Contents


def arranged(
    matrix: Matrix, home: Home, locks: Path, inspected: Mapping[str, Features], day: str
) -> Contents:
    """Return every reference file that has been loaded anywhere, with all its cells.

    ``inspected`` are features that are known, by the hash of the file; ``day`` is when the last of
    it was measured.
    """
    chosen = planning.make(matrix, Selection(profile="all", models=(matrix.controls.model,)))
    fetching_none = replace(home, fetches=False)  # what was measured is here
    resolution = resolve(chosen.environments, home=fetching_none, locks=locks)
    evidence = Evidence(plan=chosen, home=home, store=Store(home.results), resolution=resolution)
    judge = Assembly(evidence=evidence, batch=1, locks=locks)
    files = list(_files(evidence))
    said = {**inspected, **_inspected(files, evidence, inspected)}
    writing = Writing(
        contents=Contents(),
        environments={one.id: one for one in matrix.environments},
        resolution=resolution,
        home=home,
        locks=locks,
        day=day,
    )
    for saved in files:
        found = said.get(saved.file.sha256)
        cells = dict(_cells(saved, evidence, judge, writing)) if found is not None else {}
        if found is not None and cells:
            writing.file(saved, found, evidence, cells)
    return writing.contents


def _inspected(
    files: Sequence[Saved], evidence: Evidence, known: Mapping[str, Features]
) -> dict[str, Features]:
    new = [saved for saved in files if saved.file.sha256 not in known]
    inspections = inspect_all([evidence.path(saved) for saved in new])
    pairs = zip(new, map(features, inspections), strict=True)
    return {saved.file.sha256: found for saved, found in pairs if found is not None}


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


def _cells(
    saved: Saved, evidence: Evidence, judge: Assembly, writing: Writing
) -> Iterator[tuple[str, Row]]:
    for environment in evidence.resolution.fingerprints:
        cell = Cell(artifact=saved.artifact, loaded_by=environment)
        key = evidence.cell_key(cell)
        if key is None or key not in evidence.store:
            continue
        judged = judge.cell(cell)
        if judged.evidence and judged.repeatable and judged.outcome not in NOTHING:
            derived = derived_of(evidence.store.get(key))
            only = judged.predicting
            yield environment, writing.verdict(judged, only, solo=judged.solo, derived=derived)
