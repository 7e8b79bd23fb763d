"""A container as podman is told to make it: an empty root, and the places of a policy in it; pure.

No image is needed: the root is a folder of ours that has nothing but the system's links. The first
process there is ``launcher.py`` in caniload's own Python, for which both are mounted, too; all that
the command is told goes by a descriptor.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from caniload.runner.sandbox.levels import Way
from caniload.runner.sandbox.policy import (
    SETTINGS,
    SHARED,
    SYSTEM,
    TEMPORARY,
    TMP,
    USER,
    Machine,
    Place,
    Policy,
    bound,
    is_inside,
    limits,
    processes,
)

LABEL = "caniload"
"""What our containers are labelled with: `podman ps -af label=caniload` lists them."""


@dataclass(frozen=True, kw_only=True)
class Podman:
    """What containers are made of here: ``there`` are the folders and files of a system.

    ``counts``: processes of a container can be counted. ``variables`` are those podman needs,
    ``files`` how many a process of ours may open, ``processes`` how many we may have (negative:
    any number), ``own`` is what ``python`` and ``launcher`` read.
    """

    program: str
    counts: bool
    variables: Mapping[str, str]
    files: tuple[int, int]
    processes: int
    there: frozenset[str]
    python: str
    launcher: str
    own: tuple[Place, ...]


def contained(
    policy: Policy, way: Way, machine: Machine, podman: Podman, root: str
) -> dict[str, Any]:
    """Return what the launcher is told of a container; ``root`` is the folder that is its root."""
    return {
        "run": [podman.program, *run_arguments(policy, way, machine, podman)],
        "root": root,
        "inside": [podman.python, "-I", "-S", podman.launcher],
        "variables": dict(podman.variables),
    }


def run_arguments(policy: Policy, way: Way, machine: Machine, podman: Podman) -> list[str]:
    """Return the options of podman, up to the root.

    Where podman has no root's rights, the only user is root in there and ours out here; without a
    capability that is nobody in particular.
    """
    runtime = ["--runtime", way.runtime] if way.runtime else []
    uid = way.uid or 0
    most = limits(policy, way, machine)["RLIMIT_NPROC"]
    most = most if podman.processes < 0 else min(most, podman.processes)
    counted = [f"--pids-limit={processes(machine)}"] if podman.counts else []
    return [
        *(*runtime, "run", "--rm", f"--label={LABEL}", "--log-driver=passthrough"),
        *("--network=none", "--ipc=none", "--no-hosts", f"--hostname={USER}", "--passwd=false"),
        *("--read-only", "--read-only-tmpfs=false", "--cap-drop=all", f"--user={uid}:{uid}"),
        *("--security-opt=no-new-privileges", "--security-opt=label=disable"),
        "--security-opt=mask=/sys/fs/cgroup",
        *(f"--ulimit=nofile={podman.files[0]}:{podman.files[1]}", f"--ulimit=nproc={most}:{most}"),
        *counted,
        *(f"--mount={one}" for one in _mounts(policy, machine, podman)),
        "--workdir=/",
    ]


def _mounts(policy: Policy, machine: Machine, podman: Podman) -> Iterator[str]:
    for path in (TMP, SHARED):
        yield _mount("tmpfs", dst=path, size=f"tmpfs-size={TEMPORARY}", mode="tmpfs-mode=1777")
    yield _mount("tmpfs", dst="/sys", mode="tmpfs-mode=0755", how="ro")
    for path in (*SYSTEM, *SETTINGS):
        if path in podman.there and path not in machine.links:
            yield _mount("bind", src=path, dst=path, how="ro")
    written = list(bound([policy.writable]))
    covered = [seen for _, seen in written]  # podman would mount what is in there once more
    for real, seen in bound([*policy.readable, *podman.own]):
        if not is_inside(seen, covered):
            yield _mount("bind", src=real, dst=seen, how="ro")
    for real, seen in written:
        yield _mount("bind", src=real, dst=seen)


def _mount(kind: str, *, dst: str, src: str = "", **more: str) -> str:
    fields = [f"type={kind}", *([f"src={src}"] if src else []), f"dst={dst}", *more.values()]
    return ",".join(map(_field, fields))


def _field(text: str) -> str:
    """Return a field as podman reads it, which is CSV: a path may have commas in it."""
    return '"' + text.replace('"', '""') + '"' if set(text) & set(',"\n\r') else text
