"""What podman is told of a container; that one holds is tried in test_sandbox.py."""

from __future__ import annotations

import csv
from dataclasses import replace

import pytest

from caniload.runner.sandbox.containers import Podman, contained, run_arguments
from caniload.runner.sandbox.levels import Way
from caniload.runner.sandbox.policy import Machine, Place, Policy, order
from caniload.runner.sandbox.words import Level

MACHINE = Machine(
    bwrap=None,
    options=frozenset(),
    setpriv=None,
    links={"/bin": "usr/bin"},
    cores=2,
    threads=10,
)
PODMAN = Podman(
    program="/usr/bin/podman",
    counts=True,
    variables={"PATH": "/usr/bin"},
    files=(1024, 4096),
    processes=-1,
    there=frozenset({"/usr", "/bin", "/etc/localtime"}),
    python="/usr/bin/python3",
    launcher="/opt/caniload/launcher.py",
    own=(Place(seen="/usr/bin", real="/usr/bin"), Place(seen="/opt", real="/opt")),
)
POLICY = Policy(
    readable=(
        Place(seen="/home/me/link.h5", real="/data/a,b.h5"),
        Place(seen="/work/scratch/in", real="/work/scratch/in"),
    ),
    writable=Place(seen="/work/scratch", real="/work/scratch"),
)
WAY = Way(level=Level.CONTAINER, uid=61184, runtime="runc")


def mounts(way: Way = WAY) -> dict[str, dict[str, str]]:
    """Return mounts by where they are, read as podman reads them."""
    options = run_arguments(POLICY, way, MACHINE, PODMAN)
    told = [one.partition("=")[2] for one in options if one.startswith("--mount=")]
    (*rows,) = csv.reader(told)
    fields = [dict(one.partition("=")[::2] for one in row) for row in rows]
    assert len({one["dst"] for one in fields}) == len(fields)  # podman takes no place twice
    return {one["dst"]: one for one in fields}


def test_only_what_a_policy_names_is_there_and_one_folder_is_written() -> None:
    found = mounts()
    bound = {path: one for path, one in found.items() if one["type"] == "bind"}
    assert {path: one["src"] for path, one in bound.items()} == {
        "/usr": "/usr",
        "/etc/localtime": "/etc/localtime",
        "/opt": "/opt",  # and neither what /usr has, nor what lies in the folder that is written
        "/home/me/link.h5": "/data/a,b.h5",
        "/data/a,b.h5": "/data/a,b.h5",
        "/work/scratch": "/work/scratch",
    }
    assert [path for path, one in bound.items() if "ro" not in one] == ["/work/scratch"]
    memory = {path: one for path, one in found.items() if one["type"] == "tmpfs"}
    assert set(memory) == {"/tmp", "/dev/shm", "/sys"}
    assert all("tmpfs-size" in one or "ro" in one for one in memory.values())


def test_there_is_no_network_and_no_right() -> None:
    options = run_arguments(POLICY, WAY, MACHINE, PODMAN)
    assert options[:4] == ["--runtime", "runc", "run", "--rm"]
    assert {"--network=none", "--ipc=none", "--read-only", "--cap-drop=all"} <= {*options}
    assert {"--user=61184:61184", "--security-opt=no-new-privileges"} <= {*options}
    assert {"--pids-limit=288", "--ulimit=nproc=288:288", "--ulimit=nofile=1024:4096"} <= {*options}


@pytest.mark.parametrize(("most", "given"), [(-1, 298), (1000, 298), (50, 50)])
def test_nobody_is_given_more_processes_than_there_are(most: int, given: int) -> None:
    podman = replace(PODMAN, processes=most, counts=False)
    options = run_arguments(POLICY, Way(level=Level.CONTAINER), MACHINE, podman)
    assert f"--ulimit=nproc={given}:{given}" in options
    assert not [one for one in options if one.startswith("--pids-limit")]
    assert options[0] == "run"  # with what podman is set to


def test_the_first_process_is_ours_and_modes_may_be_changed_in_there() -> None:
    told = contained(POLICY, WAY, MACHINE, PODMAN, "/work/root-1")
    assert told["inside"] == ["/usr/bin/python3", "-I", "-S", "/opt/caniload/launcher.py"]
    assert (told["root"], told["run"][0]) == ("/work/root-1", "/usr/bin/podman")
    behind = [Way(level=one) for one in (Level.CONTAINER, Level.BWRAP, Level.LANDLOCK)]
    machine = replace(MACHINE, bwrap="/usr/bin/bwrap")
    container, bwrap, landlock = (order(POLICY, one, machine)["filter"] for one in behind)
    assert container == bwrap != landlock
