"""What a process behind a wall may see, write and use up, and how each level is told so; pure.

Paths are given as they are spelled, and as what they are with every link followed: both are there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from caniload.runner.sandbox.levels import Way
from caniload.runner.sandbox.syscalls import program
from caniload.runner.sandbox.words import Level

GIB = 2**30
SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/nix/store")
"""Programs and libraries of the machine: with bubblewrap each as it is, a link or a folder."""
SETTINGS = (
    *("/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d", "/etc/alternatives"),
    *("/etc/localtime", "/etc/os-release", "/etc/ssl/openssl.cnf", "/sys/devices/system"),
)
"""What libraries read when they start, and nothing that names people."""
DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom")
TMP, SHARED = "/tmp", "/dev/shm"  # noqa: S108 - each process has some of its own there
USER = "caniload"
"""The name that a process finds for itself: there is no list of users to ask."""

PROCESSES, PROCESSES_A_CORE = 256, 16
"""Processes and threads: TensorFlow has 8 to 19 on two cores."""
ADDRESSES = 24 * GIB
"""Bytes of addresses: what is mapped and never touched counts, 2 GiB were seen; more for the model.
A wide backstop: resident memory is watched, and what is killed for it is told as that."""
SCRATCH = 2 * GIB
TIMES = 16
"""Times the bytes of the models that a scratch folder, and the addresses of a process, may have."""
FILES = 50_000
"""Files and folders that a scratch folder may have."""
TEMPORARY = 256 * 2**20
"""Bytes of /tmp and of /dev/shm behind bubblewrap and in a container: memory of the machine."""


@dataclass(frozen=True, kw_only=True)
class Place:
    """A path as it is spelled, and the file or folder that is meant."""

    seen: str
    real: str


@dataclass(frozen=True, kw_only=True)
class Policy:
    """What one process may see and write; ``model_bytes`` is the size of what it loads."""

    readable: tuple[Place, ...]
    writable: Place
    model_bytes: int = 0

    @property
    def scratch_bytes(self) -> int:
        return SCRATCH + TIMES * self.model_bytes


@dataclass(frozen=True, kw_only=True)
class Machine:
    """What the walls are made of here; ``links`` are folders of the system that are links.

    ``options`` are those that this bubblewrap knows; ``threads`` are those that we have now.
    """

    bwrap: str | None
    options: frozenset[str]
    setpriv: str | None
    links: Mapping[str, str]
    cores: int
    threads: int


def order(policy: Policy, way: Way, machine: Machine) -> dict[str, Any]:
    """Return what the launcher is told."""
    behind_bwrap, mounted = way.level is Level.BWRAP, way.level is not Level.LANDLOCK
    places = (policy.writable, *policy.readable)
    real = [place.real for place in places[1:]]
    return {
        "bwrap": [str(machine.bwrap), *bwrap_arguments(policy, way, machine)]
        if behind_bwrap
        else None,
        "container": None,
        "drop": dropping(way, machine),
        "uid": way.uid,
        "readable": [*SYSTEM, *SETTINGS, "/proc", *real],
        "writable": [policy.writable.real],
        "devices": list(DEVICES),
        "filter": program(modes=not mounted).hex(),
        "limits": limits(policy, way, machine),
    }


def limits(policy: Policy, way: Way, machine: Machine) -> dict[str, int]:
    """Return resource limits by name; processes are counted by person, threads included."""
    room = processes(machine)
    return {
        "RLIMIT_NPROC": room if way.uid is not None else room + machine.threads,
        "RLIMIT_AS": ADDRESSES + TIMES * policy.model_bytes,
        "RLIMIT_FSIZE": policy.scratch_bytes,
        "RLIMIT_CORE": 0,
    }


def processes(machine: Machine) -> int:
    return PROCESSES + PROCESSES_A_CORE * machine.cores


def dropping(way: Way, machine: Machine) -> list[str]:
    """Return the beginning of a command line by which it runs as somebody without rights."""
    if way.level is not Level.BWRAP or way.uid is None:
        return []
    who = [f"--reuid={way.uid}", f"--regid={way.uid}", "--clear-groups"]
    return [str(machine.setpriv), *who, "--inh-caps=-all", "--no-new-privs", "--"]


def bwrap_arguments(policy: Policy, way: Way, machine: Machine) -> list[str]:
    """Return the options of bubblewrap.

    An administrator makes the mounts with real rights and gives all of them up before the command:
    in a user namespace it would still be an administrator's process. Everybody else needs one.
    """
    return [
        *("--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts"),
        *("--unshare-cgroup-try", "--die-with-parent", "--cap-drop", "ALL"),
        *_whose(way, machine),
        *_system(machine),
        *("--proc", "/proc", "--ro-bind", "/proc/sys", "/proc/sys", "--dev", "/dev"),
        *_memory(TMP, machine),
        *_memory(SHARED, machine),
        *_folders([*policy.readable, policy.writable]),
        *_options("--ro-bind", bound(policy.readable)),
        *_options("--bind", bound([policy.writable])),
        *("--remount-ro", "/dev", "--remount-ro", "/"),
    ]


def _whose(way: Way, machine: Machine) -> list[str]:
    if way.uid is not None:
        return ["--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]
    once = ["--disable-userns"] if "--disable-userns" in machine.options else []
    return ["--unshare-user", *once]


def _memory(path: str, machine: Machine) -> list[str]:
    size = ["--size", str(TEMPORARY)] if "--size" in machine.options else []
    return ["--perms", "1777", *size, "--tmpfs", path]


def _system(machine: Machine) -> Iterator[str]:
    for path in SYSTEM:
        if path in machine.links:
            yield from ("--symlink", machine.links[path], path)
        else:
            yield from ("--ro-bind-try", path, path)
    yield from _folder_options(SETTINGS)
    for path in SETTINGS:
        yield from ("--ro-bind-try", path, path)


def _folders(places: Sequence[Place]) -> Iterator[str]:
    yield from _folder_options([path for place in places for path in (place.seen, place.real)])


def _folder_options(paths: Iterable[str]) -> Iterator[str]:
    """Make the folders above these open to whoever the command becomes: left alone they are not."""
    above = {str(one) for path in paths for one in PurePath(path).parents}
    there = ("/", TMP, "/dev", "/proc")
    for path in sorted(above, key=lambda one: one.count("/")):
        if path not in there and not is_inside(path, ("/dev", "/proc", *SYSTEM)):
            yield from ("--perms", "0755", "--dir", path)


def is_inside(path: str, folders: Iterable[str]) -> bool:
    """Say whether a path is one of these folders, or in one."""
    return any(path == one or path.startswith(f"{one}/") for one in folders)


def _options(how: str, pairs: Iterable[tuple[str, str]]) -> Iterator[str]:
    for real, seen in pairs:
        yield from (how, real, seen)


def bound(places: Sequence[Place]) -> Iterator[tuple[str, str]]:
    """Yield what is mounted and where: each where it is looked for, but for what another has."""
    paths = {seen: place.real for place in places for seen in (place.seen, place.real)}
    mounted: list[str] = [*SYSTEM]
    for seen in sorted(paths, key=lambda one: (one.count("/"), one)):
        if not is_inside(seen, mounted):
            mounted.append(seen)
            yield paths[seen], seen
