"""Run against a wall, with harmless attempts at what was laid out for them."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import shutil
import socket
import stat
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from caniload.runner.sandbox import levels
from caniload.runner.sandbox.levels import Held, Way
from caniload.runner.sandbox.machine import made_of, place
from caniload.runner.sandbox.policy import Policy

ESCAPE = Path(__file__).with_name("escape.py")
SECONDS = 60
CLOSED = 0o600

_NAMES = {
    "write": levels.WRITING,
    "read": levels.READING,
    "home": levels.HOME,
    "shadow": levels.SHADOW,
    "tcp": levels.TCP,
    "udp": levels.UDP,
    "modes": levels.MODES,
    "processes": levels.PROCESSES,
    "namespaces": levels.NAMESPACES,
    "forks": levels.FORKS,
}


class UnheldError(Exception):
    """A wall could not be put up here, and why in a sentence."""


def tried(way: Way, root: Path, command: Callable[[list[str], Policy, Path], list[str]]) -> Held:
    """Return what a wall stops; ``UnheldError`` where it does not stand.

    ``command(words, policy, folder)`` wraps a command line, ``root`` is where scratch folders are.
    """
    laid = Path(tempfile.mkdtemp(prefix="wall-", dir=root))
    laid.chmod(0o711)
    try:
        with _listening(socket.SOCK_STREAM) as tcp, _listening(socket.SOCK_DGRAM) as udp:
            inside, outside = laid / "inside", laid / "outside"
            secret = secrets.token_hex()
            outside.write_text(secret, encoding="ascii")
            outside.chmod(CLOSED)
            admit(inside, way)
            attempt = {
                "inside": str(inside),
                "outside": str(outside),
                "secret": secret,
                "home": _in_home(),
                "tcp": tcp.getsockname(),  # numbers: behind a wall no name is resolved
                "udp": udp.getsockname(),
                "pid": os.getpid(),
            }
            told = laid / "attempt.json"
            told.write_text(json.dumps(attempt), encoding="utf-8")
            python = Path(sys.executable)
            readable = (*made_of(python, {}), place(ESCAPE), place(told))
            policy = Policy(readable=readable, writable=place(inside))
            words = [str(python), "-I", "-S", str(ESCAPE), str(told)]
            found = _ran(command(words, policy, laid))
            if not (inside / "written").exists():
                raise UnheldError("nothing can be written behind it")
            # What happened is seen from here: in there it may be another file of that name.
            found["write"] = outside.read_text(encoding="ascii") != secret
            found["modes"] = stat.S_IMODE(outside.stat().st_mode) != CLOSED
            found["udp"] = _heard(udp)
    except OSError as error:
        raise UnheldError(str(error)) from error
    finally:
        shutil.rmtree(laid, ignore_errors=True)
    return Held(
        level=way.level,
        blocked=tuple(name for key, name in _NAMES.items() if not found[key]),
        open=tuple(name for key, name in _NAMES.items() if found[key]),
        unprivileged=way.uid is not None or os.getuid() != 0,
    )


def admit(folder: Path, way: Way) -> None:
    """Make a folder that whoever a process becomes may write."""
    folder.mkdir(parents=True, exist_ok=True)
    if way.uid is not None:
        os.chown(folder, way.uid, way.uid)
    folder.chmod(0o700 if way.uid is None else 0o755)


def _ran(command: list[str]) -> dict[str, Any]:
    try:
        said = subprocess.run(
            command,
            env={"PATH": "/usr/bin:/bin"},
            cwd="/",
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=SECONDS,
            check=False,
        )
        found: dict[str, Any] = json.loads(said.stdout)
    except subprocess.SubprocessError as error:
        raise UnheldError(f"it did not answer within {SECONDS} s") from error
    except ValueError as error:
        last = said.stderr.decode(errors="replace").strip().rpartition("\n")[2]
        raise UnheldError(last[:200] or f"it ended with {said.returncode}") from error
    return found


def _in_home() -> list[str]:
    """Return some files of the home that can be read now."""
    try:
        files = [one for one in sorted(Path.home().iterdir()) if one.is_file()]
    except OSError:
        return []
    return [str(one) for one in files if os.access(one, os.R_OK)][:5]


@contextlib.contextmanager
def _listening(kind: int) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, kind) as one:
        one.bind(("localhost", 0))
        if kind == socket.SOCK_STREAM:
            one.listen(1)
        yield one


def _heard(udp: socket.socket) -> bool:
    udp.settimeout(0.0)
    try:
        return bool(udp.recv(16))
    except OSError:
        return False
