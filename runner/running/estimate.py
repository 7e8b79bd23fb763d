"""What a run would do and cost: cells, time, disk and download; arithmetic over what is known."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from caniload.runner.environments import disk
from caniload.runner.environments.build import existing
from caniload.runner.environments.fetching import as_line, sizes
from caniload.runner.evidence import history, lookup
from caniload.runner.evidence.known import Evidence
from caniload.runner.matrix import choosing
from caniload.runner.matrix.choosing import Gaps
from caniload.runner.matrix.plan import Plan, Stage
from caniload.runner.matrix.schema import Environment, Matrix

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SAVE_SECONDS = 3.5
LOAD_SECONDS = 0.30
IMPORT_SECONDS = 4.0
"""CPU seconds of one model saved in all formats, one cell loaded and one framework imported:
means of the first full run of the default matrix (2 cores, 2026-11); a store's own history goes
before the second."""


@dataclass(frozen=True, kw_only=True)
class CostOfRun:
    """Seconds are wall time on ``jobs`` processes; bytes count files that are shared twice.

    ``pythons_to_fetch`` has the bytes of each download, where its server says them.
    """

    environments: int
    models: int
    formats: int
    cells: int
    cells_to_run: int
    artifacts_to_save: int
    environments_to_build: tuple[str, ...]
    pythons_to_fetch: dict[str, int | None]
    untested: dict[str, str]
    seconds: float
    disk_bytes: int
    download_bytes: int


def cost(evidence: Evidence, *, jobs: int, locks: Path, told: bool = True) -> CostOfRun:
    """Count what is missing, and price it; without ``told`` what another's run told is, too."""
    plan = evidence.plan
    saves = [
        (environment, model)
        for environment, model in evidence.saves()
        if not {*evidence.formats(model)} <= (evidence.saved_model(environment, model) or {}).keys()
    ]
    cells = _missing(evidence, told=told)
    count = sum(cells.values())
    needed = {environment for environment, _ in saves} | cells.keys()
    build = [
        environment.id
        for environment in plan.environments
        if environment.id in needed
        and existing(environment, home=evidence.home, locks_dir=locks) is None
    ]
    prices = [disk.estimate(plan.matrix.environment(one), locks) for one in build]
    seconds = (
        sum(price.seconds for price in prices)
        + len(saves) * SAVE_SECONDS
        + (count * _load_seconds(evidence) if count else 0)
        + 2 * len(needed) * IMPORT_SECONDS
    )
    return CostOfRun(
        environments=len(plan.environments),
        models=len(plan.models),
        formats=len(plan.formats),
        cells=len(plan.cells),
        cells_to_run=count,
        artifacts_to_save=len(saves),
        environments_to_build=tuple(build),
        pythons_to_fetch=sizes(evidence.resolution.offers(build)),
        untested=dict(evidence.resolution.untested),
        seconds=seconds / jobs,
        disk_bytes=sum(price.disk_bytes for price in prices),
        download_bytes=sum(price.download_bytes for price in prices),
    )


def _missing(evidence: Evidence, *, told: bool) -> dict[str, int]:
    """Count by loading environment the cells that have no result yet."""
    if Stage.LOAD not in evidence.plan.stages:
        return {}
    cells = evidence.plan.cells
    fingerprints = evidence.resolution.fingerprints
    unsaved = ~lookup.files(evidence).tried
    for number, artifact in enumerate(cells.artifacts()):
        unsaved[number] &= artifact.saved_by in fingerprints
    # What is not saved yet is expected to be, but for a stated gap.
    missing = lookup.missing(evidence, told=told)
    found = unsaved[cells.file_of] & expected(evidence.plan) | missing
    counts = cells.per_reader(found)
    return {one: counts[one] for one in evidence.resolution.usable if counts.get(one)}


def expected(plan: Plan) -> NDArray[np.bool_]:
    """Say of each cell whether its file will be there: a stated gap is expected to stay one."""
    import numpy as np  # noqa: PLC0415 - most commands count nothing

    gaps = Gaps(plan.matrix)
    written = [
        gaps.of(one.saved_by, one.model, one.format) is None for one in plan.cells.artifacts()
    ]
    found: NDArray[np.bool_] = np.array(written, bool)[plan.cells.file_of]
    return found


def _load_seconds(evidence: Evidence) -> float:
    return history.mean(evidence.store, least=100) or LOAD_SECONDS


@dataclass(frozen=True, kw_only=True)
class CostOfOneMore:
    """What an environment costs that runs against those of the default profile, with its models."""

    cells: int
    seconds: float
    disk_bytes: int
    download_bytes: int


def one_more(matrix: Matrix, kin: Environment | None, *, jobs: int, locks: Path) -> CostOfOneMore:
    """Price an environment that is joined to the matrix by what its relative ``kin`` cost."""
    profile, gaps = choosing.profile(matrix, "default"), Gaps(matrix)

    def files_of(saver: str) -> int:
        return sum(
            gaps.of(saver, model, known) is None
            for model in profile.models
            for known in matrix.formats_of(model)
        )

    there = [one.id for one in matrix.environments if one.id in profile.environments]
    files = {saver: files_of(saver) for saver in there}
    own = files_of(kin.id if kin else "")
    cells = sum(files.values()) + own * (len(files) + 1)
    price = disk.estimate(kin or matrix.environments[-1], locks)
    seconds = (
        price.seconds
        + len(profile.models) * SAVE_SECONDS
        + cells * LOAD_SECONDS
        + 2 * (len(files) + 1) * IMPORT_SECONDS
    )
    return CostOfOneMore(
        cells=cells,
        seconds=seconds / jobs,
        disk_bytes=price.disk_bytes,
        download_bytes=price.download_bytes,
    )


def as_json(evidence: Evidence, found: CostOfRun) -> dict[str, Any]:
    """Return the plan as plain data: its axes, its cells and their cost."""
    plan = evidence.plan
    return {
        "schema": 1,
        "home": str(evidence.home.root),
        "environments": [
            {
                "id": environment.id,
                "python": environment.python,
                "packages": dict(environment.packages),
                "untested": evidence.resolution.untested.get(environment.id),
            }
            for environment in plan.environments
        ],
        "models": [model.id for model in plan.models],
        "formats": [known.id for known in plan.formats],
        "cells": [cell.id for cell in plan.cells],
        "cost": {**asdict(found), "seconds": round(found.seconds)},
    }


def as_lines(evidence: Evidence, found: CostOfRun) -> list[str]:
    """Return the plan as a person reads it."""
    axes = f"{found.environments} environments, {found.models} models, {found.formats} formats"
    lines = [f"{axes}: {found.cells} cells; {found.cells_to_run} to run"]
    if evidence.plan.thinned:
        pairs = evidence.plan.cells.pairs()
        lines.append(f"thinned by its profile: {pairs} of {found.environments**2} pairs")
    for python, ids in _fallen_back(evidence).items():
        lines.append(f"on Python {python}, for want of their first: {', '.join(ids)}")
    for environment, reason in found.untested.items():
        lines.append(f"untested {environment}: {reason}")
    if found.environments_to_build:
        lines.append(
            f"{len(found.environments_to_build)} environments to build:"
            f" {', '.join(found.environments_to_build)}"
        )
        lines.append(
            f"up to {found.download_bytes / 1e9:.1f} GB to download,"
            f" {found.disk_bytes / 1e9:.1f} GB of disk in {evidence.home.root}"
        )
    if found.pythons_to_fetch:
        lines.append(as_line(found.pythons_to_fetch, evidence.home))
    if found.cells_to_run or found.artifacts_to_save:
        lines.append(f"about {max(found.seconds / 60, 0.1):.1f} minutes")
    return lines


def _fallen_back(evidence: Evidence) -> dict[str, list[str]]:
    """Return by its Python the usable environments that are not on their first."""
    found: dict[str, list[str]] = {}
    for environment in evidence.plan.environments:
        if environment.falls_back and environment.id in evidence.resolution.usable:
            found.setdefault(environment.python, []).append(environment.id)
    return found
