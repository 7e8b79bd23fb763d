"""How long a command takes before it has answered, as ratios to an interpreter that does nothing.

    nox -s bench -- startup [--rounds 15]

Every round runs an empty interpreter and each command once, one after the other, so that whatever
else the machine does falls on all of them alike; the median of the rounds counts. ``wall`` is what
a person waits, ``CPU`` that of the process and its children, which a busy machine changes less.
``import h5py`` is the floor of what reads HDF5.
A round before them is not counted: it compiles, and arranges the results of ``$CANILOAD_HOME``.
Last comes the quick answer as a ratio to ``import h5py``: warm, and cold, that is with nothing
compiled yet and no source of caniload in the system's cache of files, as after an installation.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import h5py
import numpy as np

import caniload

MATRIX = Path(__file__).parents[2] / "matrix.yaml"
ROOT = Path(caniload.__file__).parent
EMPTY = "python -c pass"
FLOOR = "import h5py"
ANSWER = "caniload check model.h5"
COLD = f"{ANSWER}, cold"
COLD_ROUNDS = 3
LAYERS = [
    {"class_name": "InputLayer", "config": {"name": "in", "batch_input_shape": [None, 4]}},
    {"class_name": "Dense", "config": {"name": "out", "units": 2, "activation": "relu"}},
]


class Took(NamedTuple):
    """Seconds of one run."""

    wall: float
    cpu: float


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    rounds = parser.parse_args(argv).rounds
    took: defaultdict[str, list[Took]] = defaultdict(list)
    with tempfile.TemporaryDirectory() as scratch:
        model = _model(Path(scratch, "model.h5"))
        size = model.stat().st_size
        for counted in (False, *[True] * rounds):
            for name, command in _commands(str(model)).items():
                run = _run(command)
                if counted:
                    took[name].append(run)
        for number in range(min(rounds, COLD_ROUNDS)):
            _forget_sources()
            compiled = Path(scratch, f"compiled-{number}")
            took[COLD].append(
                _run(_commands(str(model))[ANSWER], PYTHONPYCACHEPREFIX=str(compiled))
            )
    print(f"medians of {rounds} rounds; model.h5 has {size:,} bytes; {EMPTY} is 1")
    for name, runs in took.items():
        print(_line(name, runs, took[EMPTY]))
    for name in (ANSWER, COLD):
        (wall, cpu), (floor_wall, floor_cpu) = _medians(took[name]), _medians(took[FLOOR])
        times = f"{wall / floor_wall:.1f} times by the clock, {cpu / floor_cpu:.1f} in CPU"
        print(f"{name}, to {FLOOR}: {times}")
    return 0


def _medians(runs: Sequence[Took]) -> Took:
    return Took(*map(statistics.median, zip(*runs, strict=True)))


def _forget_sources() -> None:
    """Have the system read our sources from the disk again; other packages stay as they are."""
    for source in ROOT.rglob("*.py"):
        with source.open("rb") as file:
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def _model(path: Path) -> Path:
    """Write a small model of two layers, as Keras 2 does."""
    config = {"class_name": "Sequential", "config": {"name": "model", "layers": LAYERS}}
    with h5py.File(path, "w") as file:
        file.attrs["model_config"] = json.dumps(config)
        file.attrs["keras_version"], file.attrs["backend"] = "2.4.0", "tensorflow"
        root = file.create_group("model_weights")
        root.attrs["layer_names"] = [b"out"]
        group = root.create_group("out")
        group.attrs["weight_names"] = [b"out/kernel:0", b"out/bias:0"]
        group["out/kernel:0"], group["out/bias:0"] = np.zeros((4, 2), "f4"), np.zeros(2, "f4")
    return path


def _commands(model: str) -> dict[str, list[str]]:
    """Return what is run, by its name; all by the interpreter that runs this."""
    caniload = [sys.executable, "-m", "caniload"]
    check = ["--matrix", str(MATRIX), "check", model, "--to", "2.21"]
    return {
        EMPTY: [sys.executable, "-c", "pass"],
        "caniload --help": [*caniload, "--help"],
        "caniload --version": [*caniload, "--version"],
        FLOOR: [sys.executable, "-I", "-c", "import h5py"],
        "caniload inspect model.h5": [*caniload, "inspect", model],
        ANSWER: [*caniload, *check],
    }


def _run(command: Sequence[str], **variables: str) -> Took:
    before, started = _cpu(), time.perf_counter()
    finished = subprocess.run(
        command, capture_output=True, text=True, check=False, env={**os.environ, **variables}
    )
    took = Took(wall=time.perf_counter() - started, cpu=_cpu() - before)
    if "Traceback" in finished.stderr:  # it may say that it arranges results
        raise RuntimeError(f"{command}: {finished.stderr}")
    return took


def _cpu() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def _line(name: str, runs: Sequence[Took], empty: Sequence[Took]) -> str:
    (wall, cpu), (bare_wall, bare_cpu) = _medians(runs), _medians(empty)
    return (
        f"{name:<26} wall {wall * 1000:6.0f} ms = {wall / bare_wall:5.1f}"
        f"   CPU {cpu * 1000:6.0f} ms = {cpu / bare_cpu:5.1f}"
    )


if __name__ == "__main__":
    sys.exit(main())
