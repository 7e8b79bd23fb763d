"""An errand, as the process that a worker starts for it: errand.py FOLDER WORKER THREADS.

An order comes on standard input, its reply goes to standard output. What is measured is measured by
``caniload matrix --shard``, in a process of its own below this one, in a CANILOAD_HOME that no
other errand has at the time. Records and files that are there already stay there for the next.
"""

from __future__ import annotations

import contextlib
import fcntl
import itertools
import os
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from caniload.runner.core.errors import CaniloadError
from caniload.runner.engines import parcels
from caniload.runner.engines.carrying import Carrying
from caniload.runner.engines.orders import Order, Reply
from caniload.runner.engines.parcels import ParcelError
from caniload.runner.environments.home import Home


def main(folder: str, worker: str, threads: str) -> None:
    given, answer = sys.stdin.buffer.read(), os.dup(sys.stdout.fileno())
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # whatever is printed is no reply
    try:
        reply, files = _carry_out(given, Path(folder), worker, threads)
    except (OSError, CaniloadError, ParcelError) as error:
        reply, files = Reply(failed=str(error) or repr(error)), {}
    with os.fdopen(answer, "wb") as stream:
        stream.write(parcels.pack(reply.as_plain(), files))


def _carry_out(
    given: bytes, folder: Path, worker: str, threads: str
) -> tuple[Reply, Mapping[str, bytes]]:
    head, came = parcels.unpack(given)
    with own_home(homes(folder), worker) as home:
        os.environ["CANILOAD_HOME"] = str(home.root)
        return Carrying(Order.of(head), home, jobs=threads)(came)


def homes(folder: Path, variables: Mapping[str, str] = os.environ) -> Path:
    """Return where the homes of this machine's workers are.

    Without a CANILOAD_HOME it is beside the worker's own folder, which Dask removes with it.
    """
    named = variables.get("CANILOAD_HOME")
    return (Path(named).expanduser() if named else folder.parent / "caniload") / "workers"


@contextlib.contextmanager
def own_home(root: Path, worker: str) -> Iterator[Home]:
    """Hold a home that is nobody else's meanwhile.

    It is that of the worker's name; one whose name is its address has another after every restart,
    and takes the first home that is free.
    """
    named = None if ":" in worker else re.sub(r"[^\w.-]", "-", worker)
    names = [named] if named else map(str, itertools.count(1))
    for name in names:
        home = root / name
        home.mkdir(parents=True, exist_ok=True)
        with (home / "errand.lock").open("a") as stream:
            try:
                fcntl.flock(stream, fcntl.LOCK_EX | (0 if named else fcntl.LOCK_NB))
            except BlockingIOError:
                continue
            yield Home(root=home.absolute(), fetches=Home.default().fetches)
            return


if __name__ == "__main__":
    main(*sys.argv[1:])
