"""What of walls this machine has, and which files a Python is made of."""

from __future__ import annotations

import functools
import json
import os
import re
import resource
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

from caniload.runner.core.machine import cores
from caniload.runner.sandbox import launcher
from caniload.runner.sandbox.containers import Podman
from caniload.runner.sandbox.policy import SETTINGS, SYSTEM, Machine, Place

_ASK = (
    "import json, sys; print(json.dumps([sys.prefix, sys.exec_prefix, sys.base_prefix,"
    " sys.base_exec_prefix, *sys.path]))"
)
_SECONDS = 60
_OF_PODMAN = (
    *("PATH", "HOME", "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME", "XDG_DATA_HOME"),
    *("DBUS_SESSION_BUS_ADDRESS", "CONTAINERS_CONF", "CONTAINERS_STORAGE_CONF"),
)
"""What podman goes by, of our variables: what is kept is read by nobody but the launcher."""


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


@functools.cache
def podman() -> Podman | str:
    """Return what containers are made of, or why there are none.

    Podman is asked something first: whatever of it stays in the background is then no child of a
    launcher that ends it.
    """
    program = shutil.which("podman")
    if program is None:
        return "podman is not installed"
    asked = [program, "info", "--format", "{{json .Host.CgroupControllers}}"]
    try:
        said = subprocess.run(
            asked, stdin=subprocess.DEVNULL, capture_output=True, timeout=_SECONDS, check=True
        )
        controllers = json.loads(said.stdout) or []
        python = Path(sys.executable).resolve()  # of a virtualenv, the one that it was made from
        own = (*made_of(python, {}), place(Path(launcher.__file__)))
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        return f"podman does not work here: {error}"
    return Podman(
        program=program,
        counts="pids" in controllers,
        variables={name: os.environ[name] for name in _OF_PODMAN if name in os.environ},
        files=resource.getrlimit(resource.RLIMIT_NOFILE),
        processes=resource.getrlimit(resource.RLIMIT_NPROC)[1],
        there=frozenset(one for one in (*SYSTEM, *SETTINGS) if Path(one).exists()),
        python=str(python),
        launcher=os.path.abspath(launcher.__file__),  # noqa: PTH100 - as it is spelled
        own=own,
    )


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
