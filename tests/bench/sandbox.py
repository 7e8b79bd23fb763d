"""What a wall costs: a worker's start and a cell, behind one and without, as ratios of CPU time.

    nox -s bench -- sandbox [--envs tf-2.4,tf-2.16] [--times 5] [--model FILE.h5] [--level auto]

Alternates both ways, so that a busy machine is as busy for the one as for the other. The start is
all CPU that the worker's processes had when the framework was imported; a cell is what the child
had that loaded the model, predicted, and took down what it is. Environments have to be built.
"""

from __future__ import annotations

import argparse
import queue
import statistics
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil

from caniload.runner.checking.kept import SCRIPT
from caniload.runner.core.shipped import PROBES
from caniload.runner.environments.home import Home
from caniload.runner.environments.variables import process_variables
from caniload.runner.matrix.reading import read_matrix
from caniload.runner.matrix.schema import Environment
from caniload.runner.running.workers import Event, Worker
from caniload.runner.sandbox import walls
from caniload.runner.sandbox.walls import Cage

ROOT = Path(__file__).parents[2]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--envs", default="tf-2.4,tf-2.16")
    parser.add_argument("--times", type=int, default=5)
    parser.add_argument("--model", type=Path, default=ROOT / "docs/examples/text.h5")
    parser.add_argument("--level", default="auto")
    wanted = parser.parse_args()
    matrix, home = read_matrix(ROOT / "matrix.yaml"), Home.default()
    for environment in wanted.envs.split(","):
        row = matrix.environment(environment)
        variables = process_variables(row, home)
        Path(variables["HOME"]).mkdir(parents=True, exist_ok=True)
        wall = walls.of(wanted.level, home.checked).confined(home.python(environment), variables)
        found: dict[bool, list[list[float]]] = {False: [], True: []}
        for _ in range(wanted.times):
            for one in (None, wall):
                with tempfile.TemporaryDirectory() as folder:
                    Path(folder).chmod(0o711)
                    cage = one.cage(Path(folder), (PROBES, wanted.model)) if one else None
                    worker, events = _started(home, row, variables, folder, cage)
                    found[one is not None].append(list(_costs(worker, events, wanted.model)))
        for number, what in enumerate(("start", "cell")):
            free, behind = (
                statistics.median(one[number] for one in found[walled]) for walled in (False, True)
            )
            print(
                f"{environment:12} {what:6} {free:.2f} s without, {behind:.2f} s behind"
                f" {wall.way.level if wall else 'none'}: {behind / free:.3f}"
            )
    return 0


def _started(
    home: Home, row: Environment, variables: dict[str, str], folder: str, cage: Cage | None
) -> tuple[Worker, queue.Queue[Event]]:
    events: queue.Queue[Event] = queue.Queue()
    worker = Worker(
        environment=row.id,
        python=home.python(row.id),
        imports=row.imports,
        variables=variables,
        folder=cage.writable if cage else Path(folder, "worker"),
        events=events,
        script=SCRIPT,
        cage=cage,
    )
    return worker, events


def _costs(worker: Worker, events: queue.Queue[Event], model: Path) -> Iterator[float]:
    """Yield the CPU seconds of a worker's start, then those of one model."""
    job: dict[str, Any] = {
        "kind": "load",
        "role": "reference",
        "format": "h5",
        "path": str(model),
        "custom": [],
        "weights": None,
        "build": None,
        "inputs": None,
        "stated": [],
        "losses": [],
        "iterations": None,
        "train": False,
        "expected": "expected",
    }
    try:
        while (event := events.get(timeout=900)).kind != "exit":
            if event.kind == "gone":
                raise SystemExit(f"the worker of {worker.environment} died: {worker.log_tail()}")
            if event.kind == "ready":
                yield _spent(worker.pid)
                worker.submit(1, [job])
        yield event.data["cpu"]
    finally:
        worker.clean()


def _spent(pid: int) -> float:
    root = psutil.Process(pid)
    return sum(sum(one.cpu_times()[:4]) for one in (root, *root.children(recursive=True)))


if __name__ == "__main__":
    sys.exit(main())
