"""Try to get out, and tell what came of it: escape.py ATTEMPT.json.

Runs behind a wall, in caniload's own Python, and harms nothing: each attempt is at something that
was laid out for it. Prints one JSON object, what was tried by whether it succeeded.
"""

from __future__ import annotations

import ctypes
import functools
import json
import os
import resource
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

NEW_USERS = 0x10000000
EVERYBODY = 0o777


def succeeds(attempt: Callable[[], bool | None]) -> bool:
    """Say whether an attempt came through."""
    try:
        return attempt() is not False
    except OSError:
        return False


def _write(path: Path) -> None:
    with path.open("a", encoding="ascii") as file:
        file.write("written")


def _read(path: Path, secret: bytes = b"") -> bool:
    with path.open("rb") as file:
        found = file.read(4096)
    return bool(found) and secret in found


def _send(kind: int, address: list[Any]) -> None:
    with socket.socket(socket.AF_INET, kind) as one:
        one.settimeout(1)
        one.connect(tuple(address))
        one.send(b"out")


def _fork() -> None:
    resource.setrlimit(resource.RLIMIT_NPROC, (1, 1))
    child = os.fork()
    if not child:
        os._exit(0)
    os.waitpid(child, 0)


def _unshare() -> bool:
    return bool(ctypes.CDLL(None).unshare(NEW_USERS) == 0)


def main() -> None:
    """Try all of it, in an order in which nothing stands in the way of what comes after."""
    wanted = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    outside = Path(wanted["outside"])
    _write(Path(wanted["inside"]) / "written")  # or nothing could be told
    found = {
        "read": succeeds(lambda: _read(outside, wanted["secret"].encode())),
        "write": succeeds(lambda: _write(outside)),  # in a folder of its own, perhaps
        "home": any(succeeds(functools.partial(_read, Path(one))) for one in wanted["home"]),
        "shadow": succeeds(lambda: _read(Path("/etc/shadow"))),
        "tcp": succeeds(lambda: _send(socket.SOCK_STREAM, wanted["tcp"])),
        "udp": succeeds(lambda: _send(socket.SOCK_DGRAM, wanted["udp"])),
        "modes": succeeds(lambda: outside.chmod(EVERYBODY)),
        "processes": succeeds(lambda: os.kill(wanted["pid"], 0)),
        "namespaces": succeeds(_unshare),
        "forks": succeeds(_fork),
    }
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main()
