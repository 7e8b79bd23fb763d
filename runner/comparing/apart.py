"""Two files compared in a process apart: one that crashes, hangs or swells costs itself only."""

from __future__ import annotations

import dataclasses
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

from caniload.runner.comparing.facts import Comparison, Side
from caniload.runner.forensics.apart import inspect_all
from caniload.runner.forensics.plain import made

# Isolated, so that nothing in the folder of the files is imported, and with our own search path.
_START = (
    "import json, sys; sys.path[:] = json.loads(sys.stdin.readline());"
    " from caniload.runner.comparing.worker import main; main()"
)


def compare(before: Path, after: Path) -> Comparison:
    """Return what comparing two paths finds, whatever happens to their reader."""
    paths = [os.fspath(before), os.fspath(after)]
    search = [os.path.abspath(path) for path in sys.path]  # noqa: PTH100 - "" is this folder
    done = subprocess.run(
        [sys.executable, "-I", "-c", _START],
        input=f"{json.dumps(search)}\n{json.dumps(paths)}\n".encode(),
        capture_output=True,
        check=False,
        # Its libraries would start a thread for each processor, and there is nothing to compute.
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
    )
    if done.returncode or not done.stdout.endswith(b"\n"):
        return _blamed(before, after, _why(done))
    found: Comparison = made(Comparison, json.loads(done.stdout))
    # A path keeps the bytes that are no letters, which a line of JSON cannot carry.
    return dataclasses.replace(
        found,
        before=dataclasses.replace(found.before, path=paths[0]),
        after=dataclasses.replace(found.after, path=paths[1]),
    )


def _blamed(before: Path, after: Path, why: str) -> Comparison:
    """Say it of the file that cannot be read alone either, else of both together."""
    problems = [one.problem for one in inspect_all([before, after])]
    if not any(problems):
        problems = [f"together with the other file it {why}"] * 2
    sides = [
        Side(path=os.fspath(path), problem=problem)
        for path, problem in zip((before, after), problems, strict=True)
    ]
    return Comparison(before=sides[0], after=sides[1])


def _why(done: subprocess.CompletedProcess[bytes]) -> str:
    if done.returncode == -signal.SIGPROF:
        return "takes too long to compare: it is damaged, or made to"
    if done.returncode < 0:
        name = signal.Signals(-done.returncode).name
        return f"crashes the library that reads it ({name})"
    last = done.stderr.decode("utf-8", "replace").strip().rpartition("\n")[2]
    return f"cannot be compared for a fault of caniload's own: {last[:300] or done.returncode}"
