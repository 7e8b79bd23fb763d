"""What of walls this machine has, and which files a Python is made of."""

from __future__ import annotations

import functools
import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path

from caniload.runner.core.machine import cores
from caniload.runner.sandbox.policy import SYSTEM, Machine, Place

_ASK = (
    "import json, sys; print(json.dumps([sys.prefix, sys.exec_prefix, sys.base_prefix,"
    " sys.base_exec_prefix, *sys.path]))"
)
_SECONDS = 60


def machine() -> Machine:
    """Return what there is now."""
    bwrap = shutil.which("bwrap")
    return Machine(
        bwrap=bwrap,
        options=_options(bwrap) if bwrap else frozenset(),
        setpriv=shutil.which("setpriv"),
        links={path: str(Path(path).readlink()) for path in SYSTEM if Path(path).is_symlink()},
        cores=cores(),
        threads=_threads(),
    )


@functools.cache
def _options(bwrap: str) -> frozenset[str]:
    try:
        said = subprocess.run([bwrap, "--help"], capture_output=True, timeout=_SECONDS, check=False)
    except (OSError, subprocess.SubprocessError):
        return frozenset()
    return frozenset(re.findall(r"--[a-z-]+", (said.stdout + said.stderr).decode(errors="replace")))


def _threads() -> int:
    """Return how many threads the processes of ours have, of whatever program."""
    found, me = 0, os.getuid()
    for entry in os.scandir("/proc"):
        if not entry.name.isdecimal():
            continue
        try:
            if entry.stat().st_uid == me:
                found += len(list(Path(entry.path, "task").iterdir()))
        except OSError:  # it has ended
            continue
    return found


def place(path: Path) -> Place:
    return Place(seen=os.path.abspath(path), real=os.path.realpath(path))  # noqa: PTH100 - as it is spelled


def places(paths: Iterable[Path]) -> tuple[Place, ...]:
    return tuple(dict.fromkeys(map(place, paths)))


def made_of(python: Path, variables: Mapping[str, str]) -> tuple[Place, ...]:
    """Return the folders and files that a Python reads; ``OSError`` where it does not start.

    It says itself which they are; and every link from its name to the program is there.
    """
    try:
        said = subprocess.run(
            [python, "-s", "-c", _ASK],
            env=dict(variables),
            cwd="/",
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_SECONDS,
            check=True,
        )
        told: list[str] = json.loads(said.stdout)
    except (ValueError, subprocess.SubprocessError) as error:
        raise OSError(f"{python} does not start: {error}") from error
    folders = [Path(one) for one in told if one and Path(one).exists()]
    return places([one for one in (*folders, *_hops(python)) if not _is_wide(one)])


def _hops(python: Path) -> Iterable[Path]:
    """Yield the program by every name that its links go through."""
    here = Path(os.path.abspath(python))  # noqa: PTH100
    for _ in range(40):
        yield here
        if not here.is_symlink():
            return
        here = Path(os.path.normpath(here.parent / here.readlink()))


def code_in(folder: Path) -> list[Path]:
    """Return what has to be readable for code in a folder to import what lies beside it.

    It is the folder, but of a home only the modules and packages that are right in it.
    """
    if not _is_wide(folder):
        return [folder]
    packages = [one.parent for one in folder.glob("*/__init__.py")]
    return [*folder.glob("*.py"), *packages]


def _is_wide(folder: Path) -> bool:
    """Say whether a folder has the home in it: who asks for it would be given everything."""
    home = Path.home().resolve()
    real = folder.resolve()
    return real == home or real in home.parents
