"""A wall that a process of ours puts up around itself before it reads strangers' files."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterable
from pathlib import Path

from caniload.runner.sandbox import launcher
from caniload.runner.sandbox.policy import DEVICES, SETTINGS, SYSTEM
from caniload.runner.sandbox.syscalls import program


def shut_in(paths: Iterable[str]) -> bool:
    """Leave this process the files, those beside them, and its own libraries, to read.

    It writes nothing, reaches no network, and starts no debugger. Takes a millisecond, and cannot
    be undone. Return whether it holds: a kernel without Landlock has no such wall.
    """
    folders = {str(Path(one).parent) for path in paths for one in (path, os.path.realpath(path))}
    ours = str(Path(__file__).resolve().parents[1])  # in a clone it is where a link leads
    readable = [*SYSTEM, *SETTINGS, "/proc", sys.base_prefix, *filter(None, sys.path), ours]
    with contextlib.suppress(OSError):
        ruleset = launcher.prepared([*readable, *paths, *folders], [], list(DEVICES))
        launcher.shut(ruleset, program(modes=True))
        return True
    return False
