"""What a cell costs: batched, isolated, and in a fresh process; as ratios within one run.

    nox -s bench -- cells [--envs tf-2.15,tf-2.21] [--fresh 24]

Runs one slice of the matrix both ways from the same artifacts, compares every outcome and every
message, then loads a sample of the cells each in a worker of its own. CPU is that of all child
processes, imports included. Exits 1 if batched and isolated disagree anywhere.
"""

from __future__ import annotations

import argparse
import queue
import random
import resource
import shutil
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console

from caniload.runner.core.texts import normalised
from caniload.runner.environments.home import Home
from caniload.runner.environments.variables import process_variables
from caniload.runner.evidence.known import Evidence
from caniload.runner.evidence.resolve import resolve
from caniload.runner.evidence.store import CELLS, Store
from caniload.runner.judging.catalogue import read_catalogue
from caniload.runner.judging.verdict import judge
from caniload.runner.matrix import plan as planning
from caniload.runner.matrix.plan import Plan, Selection
from caniload.runner.matrix.reading import read_matrix
from caniload.runner.running.progress import Display
from caniload.runner.running.run import Options, Run
from caniload.runner.running.workers import Event, Worker

ROOT = Path(__file__).parents[2]
CORES = 2


@dataclass(frozen=True, kw_only=True)
class Measured:
    """One way of running the slice; seconds of CPU and wall, and what each cell said."""

    cells: int
    cpu: float
    wall: float
    in_cells: float
    said: dict[str, object]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--envs", default="tf-2.15,tf-2.21")
    parser.add_argument("--fresh", type=int, default=24, help="cells to load in fresh processes")
    parser.add_argument("--jobs", type=int, default=CORES)
    arguments = parser.parse_args()
    matrix = read_matrix(ROOT / "matrix.yaml")
    slice_ = Selection(profile="default", environments=tuple(arguments.envs.split(",")))
    chosen = planning.make(matrix, slice_)
    home = Home.default()
    with tempfile.TemporaryDirectory() as scratch:
        first = Path(scratch, "batched")
        _run(chosen, home, first, jobs=arguments.jobs, isolate=False)  # saves; warms the disk
        _keep_saves(first)
        second = Path(scratch, "isolated")
        shutil.copytree(first, second)
        batched = _run(chosen, home, first, jobs=arguments.jobs, isolate=False)
        isolated = _run(chosen, home, second, jobs=arguments.jobs, isolate=True)
        fresh = _fresh(chosen, home, second, arguments.fresh)
        imports = _imports(chosen, home, Path(scratch))
    return _tell(batched, isolated, fresh, imports, jobs=arguments.jobs)


def _evidence(chosen: Plan, home: Home, folder: Path) -> Evidence:
    resolution = resolve(chosen.environments, home=home)
    return Evidence(plan=chosen, home=home, store=Store(folder), resolution=resolution)


def _keep_saves(folder: Path) -> None:
    """Forget what was loaded, so that it is loaded again from the same artifacts."""
    shutil.rmtree(folder / CELLS)


def _run(chosen: Plan, home: Home, folder: Path, *, jobs: int, isolate: bool) -> Measured:
    evidence = _evidence(chosen, home, folder)
    before, started = _cpu(), time.monotonic()
    with evidence.store, Display(Console(stderr=True)) as display:
        Run(evidence, Options(jobs=jobs, isolate=isolate), display)()
    wall, cpu = time.monotonic() - started, _cpu() - before
    records = {
        cell.id: record
        for cell in (*chosen.cells, *chosen.controls)
        if (record := evidence.record(cell)) is not None
    }
    return Measured(
        cells=len(records),
        cpu=cpu,
        wall=wall,
        in_cells=sum(_seconds(record, isolate=isolate) for record in records.values()),
        said={cell: _said(record, chosen) for cell, record in records.items()},
    )


def _seconds(record: Mapping[str, Any], *, isolate: bool) -> float:
    """Return how long a cell ran; one that was confirmed alone ran twice, about as long."""
    ended = (record["crash"] or {}).get("limit", 0.0) if record["seconds"] is None else 0.0
    once = float(record["seconds"] or ended)
    return once if isolate or not record["solo"] else 2 * once


def _said(record: Mapping[str, Any], chosen: Plan) -> object:
    """Return what two runs of a cell must agree on: outcome, reason's kind, every message."""
    carries = chosen.matrix.format(record["cell"]["artifact"]["format"]).carries
    verdict = judge(record, chosen.matrix.tolerances, read_catalogue(), carries)
    heard = sorted(
        (message.phase, message.channel, message.category, normalised(message.text))
        for message in verdict.messages
    )
    return verdict.outcome, verdict.signature, heard


def _fresh(chosen: Plan, home: Home, folder: Path, count: int) -> tuple[int, float]:
    """Load a sample of cells, each in a worker started for it; return how many and their CPU."""
    evidence = _evidence(chosen, home, folder)
    known = [cell for cell in chosen.cells if evidence.record(cell) is not None]
    sample = random.Random(0).sample(known, min(count, len(known)))
    before = _cpu()
    for cell in sample:
        saved = evidence.saved(cell.artifact)
        if saved is not None:
            _one(evidence, cell.loaded_by, [evidence.load_job(cell, saved)])
    return len(sample), _cpu() - before


def _imports(chosen: Plan, home: Home, scratch: Path) -> float:
    """Return the CPU seconds of importing every framework of the slice once."""
    evidence = _evidence(chosen, home, scratch / "batched")
    before = _cpu()
    for environment in chosen.environments:
        _one(evidence, environment.id, [])
    return _cpu() - before


def _one(evidence: Evidence, environment_id: str, jobs: list[dict[str, object]]) -> None:
    environment = evidence.resolution.usable[environment_id].environment
    events: queue.Queue[Event] = queue.Queue()
    with tempfile.TemporaryDirectory() as folder:
        worker = Worker(
            environment=environment_id,
            python=evidence.home.python(environment_id),
            imports=environment.imports,
            variables=process_variables(environment, evidence.home),
            folder=Path(folder, "worker"),
            events=events,
        )
        waiting = "exit" if jobs else "ready"
        while (event := events.get(timeout=300)).kind != waiting:
            if event.kind == "gone":
                raise RuntimeError(f"the worker of {environment_id} died")
            if event.kind == "ready":
                worker.submit(1, jobs)
        worker.clean()


def _cpu() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def _tell(
    batched: Measured, isolated: Measured, fresh: tuple[int, float], imports: float, *, jobs: int
) -> int:
    differ = [cell for cell, said in batched.said.items() if isolated.said.get(cell) != said]
    per_cell = batched.cpu / batched.cells
    per_fresh = fresh[1] / fresh[0]
    bound = (imports + batched.in_cells) / jobs
    print(f"cells                         {batched.cells}")
    print(f"batched and isolated disagree {len(differ)}")
    for cell in differ[:20]:
        print(f"  {cell}\n    {batched.said[cell]}\n    {isolated.said.get(cell)}")
    print(f"CPU s a cell, batched         {per_cell:.3f}")
    print(f"CPU s a cell, isolated        {isolated.cpu / isolated.cells:.3f}")
    print(f"CPU s a cell, fresh process   {per_fresh:.3f} ({fresh[0]} cells)")
    print(f"fresh / batched               {per_fresh / per_cell:.1f}")
    print(f"isolated / batched            {isolated.cpu / isolated.cells / per_cell:.1f}")
    print(f"wall / ((imports + in cells) / {jobs})  {batched.wall / bound:.2f}")
    return 1 if differ else 0


if __name__ == "__main__":
    sys.exit(main())
