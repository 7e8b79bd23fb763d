"""Whole runs on the workers of real Dask clusters, against one run in one process."""

from __future__ import annotations

import contextlib
import json
import os
import re
import resource
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path
from typing import Any, Self

import psutil
import pytest
from workshop import PATIENCE, Finished, Wheels, Workshop

from caniload.runner.evidence.store import Store

pytest_plugins = ["pipeline_fixtures"]
pytest.importorskip("distributed")

VERSIONS = ("1.0", "2.0", "3.0")
SOME = ("--envs", "fake-1.0,fake-2.0", "--formats", "json")
ONE = ("--envs", "fake-1.0", "--formats", "json")
NOTHING = "0 cells run (0 of them alone), 0 models saved, 0 environments built"
MEASURED = {"seconds", "cpu", "cpu_seconds", "rss_kb", "limit"}
"""What a record says of time and memory, which no two runs have alike."""


class Machines:
    """One matrix; one run of it in `whole`; workers that know nothing of either."""

    def __init__(self, workshop: Workshop) -> None:
        self.workshop = workshop
        self.variables = {k: v for k, v in workshop.variables.items() if k != "CANILOAD_HOME"}

    def at(self, name: str) -> Workshop:
        self.workshop.variables["CANILOAD_HOME"] = str(self.home(name))
        return self.workshop

    def home(self, name: str) -> Path:
        return self.workshop.root / name

    def run(self, name: str, address: str, *words: str) -> Finished:
        return self.at(name).run("matrix", "--engine", engine(address), *words)

    def records(self, name: str) -> dict[str, str]:
        """Return each record as text, byte for byte but for times, memory and the home's path."""
        return {
            key: self._text(record) for key, record in Store(self.home(name) / "results").items()
        }

    def measured(self, name: str) -> dict[str, str]:
        """Return the same without what says that something could not be measured."""
        there = Store(self.home(name) / "results").items()
        faults = {key for key, record in there if record["kind"] == "fault"}
        return {key: text for key, text in self.records(name).items() if key not in faults}

    def expected(self, versions: Collection[str]) -> dict[str, str]:
        """Return what `whole` has of these versions in JSON, the format that the others ask for."""
        ids = {f"fake-{one}" for one in versions}
        there = Store(self.home("whole") / "results").items()
        return {
            key: self._text(_of_json(record))
            for key, record in there
            if (record.get("environment") in ids if "cell" not in record else _is_json(record, ids))
        }

    def cells(self, name: str, *words: str) -> str:
        return self._text(self.at(name).cells(*words))

    def reasons(self, name: str) -> str:
        """Return all that says why something was not measured."""
        told = Store(self.home(name) / "results").values()
        return "\n".join(one.get("refused") or one.get("reason") or "" for one in told)

    def _text(self, value: Any) -> str:
        text = json.dumps(_steady(value), sort_keys=True)
        roots = (
            f"{self.workshop.root}/[\\w-]+|{self.workshop.root.parent}/dask/[\\w./-]+/workers/\\w+"
        )
        return re.sub(roots, "HOME", text)


def _steady(value: Any) -> Any:
    if isinstance(value, Mapping):
        # Which of a batch was the first of its kind depends on the order, and whether it ran alone.
        return {k: _steady(v) for k, v in value.items() if k not in MEASURED | {"solo"}}
    return [_steady(one) for one in value] if isinstance(value, list) else value


def _of_json(record: Mapping[str, Any]) -> Mapping[str, Any]:
    """Leave out how a model was saved in formats that nobody asks for."""
    if record["kind"] != "save":
        return record
    return {**record, "formats": {"json": record["formats"]["json"]}}


def _is_json(record: Mapping[str, Any], ids: Collection[str]) -> bool:
    file = record["cell"]["artifact"]
    places: set[str] = {file["saved_by"], record["cell"]["loaded_by"]}
    return file["format"] == "json" and places.issubset(ids)


def engine(address: str) -> str:
    return address.replace("tcp://", "dask://")


class Cluster:
    """A LocalCluster in a process of its own; ``workers`` are its workers' processes by address."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.workers: dict[str, psutil.Process] = {}
        self._process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("cluster.py")), str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.address = self._line()

    def start(self, variables: Mapping[str, str]) -> psutil.Process:
        assert self._process.stdin
        self._process.stdin.write(json.dumps(variables) + "\n")
        self._process.stdin.flush()
        address, pid = self._line().split()
        self.workers[address] = psutil.Process(int(pid))
        return self.workers[address]

    def _line(self) -> str:
        assert self._process.stdout
        line = self._process.stdout.readline().strip()
        assert line, "the cluster has ended"
        return line

    def close(self) -> None:
        self._process.communicate(timeout=PATIENCE)


@pytest.fixture(scope="module")
def machines(tmp_path_factory: pytest.TempPathFactory, wheels: Wheels) -> Iterator[Machines]:
    root = tmp_path_factory.mktemp("engine")
    workshop = Workshop(root=root / "workshop", wheels=wheels)
    workshop.use(VERSIONS)
    made = Machines(workshop)
    assert made.at("whole").run("matrix").code == 0
    yield made
    workshop.remove()
    for folder, _, _ in os.walk(root):
        Path(folder).chmod(0o755)
    shutil.rmtree(root)


@pytest.fixture(scope="module")
def starting(machines: Machines) -> Iterator[Callable[[str], Cluster]]:
    clusters: list[Cluster] = []

    def start(name: str) -> Cluster:
        clusters.append(Cluster(machines.workshop.root.parent / "dask" / name))
        return clusters[-1]

    yield start
    for one in clusters:
        one.close()


@pytest.fixture(scope="module")
def three(machines: Machines, starting: Callable[[str], Cluster]) -> Cluster:
    cluster = starting("three")
    for _ in range(3):
        cluster.start(machines.variables)
    return cluster


def test_three_workers_measure_what_one_process_does(machines: Machines, three: Cluster) -> None:
    ended = machines.run("driver", three.address)

    assert ended.code == 0, ended.err
    assert machines.cells("driver") == machines.cells("whole")
    assert machines.records("driver") == machines.records("whole")
    assert ended.tally.endswith("6 models saved, 3 environments built")
    for stage in ("save", "load"):
        gone_to = re.findall(rf"^{stage} ./3 goes to (\S+): ", ended.err, re.MULTILINE)
        assert sorted(gone_to) == sorted(three.workers)
    homes = [*three.folder.glob("worker-*/dask-scratch-space/caniload/workers/*")]
    assert len(homes) == 3
    for home in homes:  # each built what it saved, and loaded in it
        assert len([*home.glob("environments/*/receipt.json")]) == 1
    # Cells that crash do so in processes of their own.
    assert '"kind": "signal"' in "".join(machines.records("driver").values())
    assert all(one.is_running() for one in three.workers.values())
    assert not (machines.home("driver") / "environments").exists()
    assert not (machines.home("driver") / "arrived" / "results").exists()


def test_what_is_known_does_not_go_out_again(machines: Machines, three: Cluster) -> None:
    again = machines.run("driver", three.address)
    assert (again.code, again.tally) == (0, NOTHING), again.err
    assert " goes to " not in again.err


def test_a_worker_that_is_killed_costs_its_shard_another_start(
    machines: Machines, three: Cluster
) -> None:
    words = ("--engine", engine(three.address), *SOME)
    process = machines.at("bereft").start("matrix", *words)
    killed, measuring = _one_at_work(process, three.workers.values())
    killed.kill()
    _resume(measuring)
    _, err = process.communicate(timeout=2 * PATIENCE)

    assert process.returncode == 0, err
    assert "is gone; what it was at starts again elsewhere" in err
    assert machines.records("bereft") == machines.expected(VERSIONS[:2])
    end = time.monotonic() + PATIENCE
    while measuring.is_running() and measuring.status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < end, "it outlived its worker"
        time.sleep(0.05)


def _one_at_work(
    driver: subprocess.Popen[str], workers: Collection[psutil.Process]
) -> tuple[psutil.Process, psutil.Process]:
    """Wait until a worker runs a shard that loads; return it and what measures below it, stopped.

    Stopped, for on a busy machine it would be done before anybody could kill its worker.
    """
    while True:
        assert driver.poll() is None, driver.communicate()
        for worker in workers:
            with contextlib.suppress(psutil.Error):
                for one in worker.children(recursive=True):
                    if _stage(one) == "load":
                        one.suspend()
                        return worker, one
        time.sleep(0.02)


def _resume(process: psutil.Process) -> None:
    """Let it go on, unless it has ended with its worker already."""
    with contextlib.suppress(psutil.NoSuchProcess):
        process.resume()


def _stage(process: psutil.Process) -> str | None:
    """Return which stage of a shard it measures, if that is what it does."""
    words = process.cmdline()
    return words[words.index("--stage") + 1] if "--shard" in words else None


def test_machines_that_fall_short_change_no_result(
    machines: Machines, starting: Callable[[str], Cluster]
) -> None:
    """One has no Python, one no room, one no packages; then comes one on which all is well."""
    cluster = starting("short")
    cluster.start({**machines.variables, "CANILOAD_PYTHONS": "/nowhere/python"})
    ended = machines.run("short", cluster.address, *ONE)
    assert "save 1/1 is given up, 2 results are missing: save 1/1 on tcp://" in ended.err
    assert " goes to " not in ended.err.partition("is given up")[2]  # there is nothing to load
    assert "needs Python" in machines.reasons("short")

    cluster.start(machines.variables).rlimit(resource.RLIMIT_FSIZE, (0, 0))
    places = ("UV_FIND_LINKS", "PIP_FIND_LINKS", "UV_CACHE_DIR")
    empty = dict.fromkeys(places, str(cluster.folder / "empty"))
    cluster.start({**machines.variables, **empty})
    ended = machines.run("short", cluster.address, *ONE)
    assert ended.code == 0, ended.err
    assert re.search(r"^save 1/1 on \S+: .*File too large", ended.err, re.MULTILINE), ended.err
    assert re.search(r"^save 1/1 on \S+ is not whole: fake-1.0: ", ended.err, re.MULTILINE)
    assert "fake-1.0 cannot be built: the installer says" in machines.reasons("short")
    assert "not tested: 2 of 2 cells" in ended.out

    cluster.start(machines.variables)
    ended = machines.run("short", cluster.address, *ONE)
    assert ended.code == 0, ended.err
    assert machines.measured("short") == machines.expected(VERSIONS[:1])


def test_a_scheduler_that_is_killed_costs_no_result(machines: Machines) -> None:
    """Dask's workers end with their scheduler; the driver waits for a new one, and for workers."""
    with Separate(machines) as there:
        words = ("--engine", there.address, *ONE)
        process = machines.at("orphan").start("matrix", *words)
        _, measuring = _one_at_work(process, [psutil.Process(there.worker.pid)])
        there.scheduler.kill()
        there.scheduler.wait()
        _resume(measuring)
        there.worker.wait(PATIENCE)
        there.start()
        _, err = process.communicate(timeout=2 * PATIENCE)

    assert process.returncode == 0, err
    assert "has gone; it is waited for" in err
    assert "the connection to the scheduler was lost" in err
    assert "Traceback" not in err
    before, _, after = err.partition("has gone; it is waited for")
    assert "load 1/1 goes to" in before
    assert "save 1/1 goes to" not in after  # what came back before was kept
    assert "load 1/1 goes to" in after
    assert machines.records("orphan") == machines.expected(VERSIONS[:1])


def test_without_a_scheduler_there_is_one_clear_line(machines: Machines) -> None:
    refused = machines.run("nobody", "dask://127.0.0.1:1", *ONE)
    assert refused.code == 4
    (line,) = refused.err.splitlines()
    assert line.startswith("caniload: no Dask scheduler answers at tcp://127.0.0.1:1")


def test_tls_without_certificates_is_told(machines: Machines) -> None:
    refused = machines.run("nobody", "dask+tls://127.0.0.1:1", *ONE)
    assert refused.code == 2
    (line,) = refused.err.splitlines()
    assert "needs certificates, which Dask takes from DASK_DISTRIBUTED__COMM__TLS__CA_FILE" in line


class Separate:
    """A scheduler, and a worker with its nanny, each a process that can be killed by itself."""

    def __init__(self, machines: Machines) -> None:
        self._variables = machines.variables
        self._folder = machines.workshop.root.parent / "dask" / "separate"
        self._folder.mkdir(parents=True)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self._port = str(free.getsockname()[1])
        self.address = f"dask://127.0.0.1:{self._port}"

    def __enter__(self) -> Self:
        self.start()
        return self

    def start(self) -> None:
        where = ("--host", "127.0.0.1", "--port", self._port, "--no-dashboard")
        self.scheduler = self._start("scheduler", *where)
        end = time.monotonic() + PATIENCE
        while not self._listens():
            assert time.monotonic() < end, "the scheduler does not listen"
            time.sleep(0.05)
        own = ("--name", "only", "--nthreads", "1", "--no-dashboard")
        folder = ("--local-directory", str(self._folder))
        self.worker = self._start("worker", f"tcp://127.0.0.1:{self._port}", *own, *folder)

    def _listens(self) -> bool:
        with socket.socket() as trial:
            return trial.connect_ex(("127.0.0.1", int(self._port))) == 0

    def _start(self, what: str, *words: str) -> subprocess.Popen[bytes]:
        with (self._folder / f"{what}.log").open("a") as log:
            return subprocess.Popen(
                [sys.executable, "-m", f"distributed.cli.dask_{what}", *words],
                env=self._variables,
                stdout=log,
                stderr=log,
            )

    def __exit__(self, *_: object) -> None:
        for one in (self.worker, self.scheduler):
            one.terminate()
            one.wait(PATIENCE)
