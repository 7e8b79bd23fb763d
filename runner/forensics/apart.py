"""Inspections made in a process apart: a file that crashes, hangs or swells costs itself only."""

from __future__ import annotations

import dataclasses
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO

from caniload.runner.forensics.facts import Inspection
from caniload.runner.forensics.plain import inspection

# Isolated, so that nothing in the folder of the files is imported, and with our own search path.
_START = (
    "import json, sys; sys.path[:] = json.loads(sys.stdin.readline());"
    " from caniload.runner.forensics.worker import main; main()"
)


def inspect_all(paths: Sequence[Path]) -> Iterator[Inspection]:
    """Yield one Inspection for each path, in order, whatever happens to any of them."""
    left = [os.fspath(path) for path in paths]
    while left:
        with tempfile.TemporaryFile() as said, _started(left, said) as worker:
            done = 0
            for line in worker.stdout or ():
                if not line.endswith(b"\n"):
                    break  # it ended while it wrote
                # A path keeps the bytes that are no letters, which a line of JSON cannot carry.
                yield dataclasses.replace(inspection(line), path=left[done])
                done += 1
            code = worker.wait()
            if done < len(left):
                yield Inspection(path=left[done], problem=_why(code, said))
        left = left[done + 1 :]


def _started(paths: list[str], said: IO[bytes]) -> subprocess.Popen[bytes]:
    worker = subprocess.Popen(
        [sys.executable, "-I", "-c", _START],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=said,
        # Its libraries would start a thread for each processor, and there is nothing to compute.
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
    )
    search = [os.path.abspath(path) for path in sys.path]  # noqa: PTH100 - "" is this folder
    try:
        if worker.stdin:
            worker.stdin.write(f"{json.dumps(search)}\n{json.dumps(paths)}\n".encode())
            worker.stdin.close()
    except BrokenPipeError:
        pass  # it died at once, and says so by its exit
    return worker


def _why(code: int, said: IO[bytes]) -> str:
    if code in (-signal.SIGPROF, -signal.SIGALRM):
        return "takes too long to read: it is damaged, or made to"
    if code < 0:
        return f"crashes the library that reads it ({signal.Signals(-code).name})"
    said.seek(0)
    last = said.read().decode("utf-8", "replace").strip().rpartition("\n")[2]
    return f"cannot be read for a fault of caniload's own: {last[:300] or f'exit {code}'}"
