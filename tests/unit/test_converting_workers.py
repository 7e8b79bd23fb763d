"""Workers that import once: a pretend framework, and jobs that end badly."""

from __future__ import annotations

import json
import os
import queue
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from caniload.runner.converting.launching import ACROSS, Workshop
from caniload.runner.converting.workers import Ran, Workers
from caniload.runner.environments.home import Home
from caniload.runner.matrix.reading import read_matrix
from caniload.runner.running import behind
from caniload.runner.running.workers import Event, Worker

MATRIX = read_matrix(Path(__file__).parents[2] / "matrix.yaml")
KERAS = """
import os

with open(os.environ["NOTED"], "a") as file:
    file.write("imported\\n")
__version__ = "9"


class models:
    @staticmethod
    def load_model(path, **more):
        raise ValueError("%s is none, said %s" % (os.path.basename(path), more["custom_objects"]))


class utils:
    get_custom_objects = staticmethod(dict)
"""


@pytest.fixture
def launched(tmp_path: Path) -> Iterator[tuple[Workers, list[Worker]]]:
    (tmp_path / "keras.py").write_text(KERAS, encoding="utf-8")
    started: list[Worker] = []

    def launch(environment: str, events: queue.Queue[Event]) -> Worker:
        imports = "nothing_such" if environment == "unusable" else "keras"
        worker = Worker(
            environment=environment,
            python=Path(sys.executable),
            imports=imports,
            variables={
                "PATH": os.environ["PATH"],
                "PYTHONPATH": str(tmp_path),
                "NOTED": str(tmp_path / "noted"),
                "KERAS_BACKEND": "jax",  # of which no thread has to be pinned
            },
            folder=tmp_path / f"worker-{len(started)}",
            events=events,
            script=ACROSS / "serve.py",
        )
        started.append(worker)
        return worker

    workers = Workers(launch, import_seconds=60)
    yield workers, started
    workers.close()


def job(folder: Path, code: str) -> Path:
    """Write a job of extract.py that runs a person's code before it loads anything."""
    folder.mkdir()
    (folder / "own.py").write_text(code, encoding="utf-8")
    config = folder / "job.json"
    said = {
        "imports": "keras",
        "folder": str(folder),
        "model": str(folder / "model.h5"),
        "format": "h5",
        "custom": [str(folder / "own.py")],
    }
    config.write_text(json.dumps(said), encoding="utf-8")
    return config


def facts(config: Path) -> Any:
    return json.loads(config.with_name("facts.json").read_text(encoding="utf-8"))


PLAIN = "print('hello')\ndef own(): pass"


def test_a_framework_is_imported_once_for_many_jobs(
    launched: tuple[Workers, list[Worker]], tmp_path: Path
) -> None:
    workers, started = launched
    for number in range(3):
        config = job(tmp_path / f"job-{number}", PLAIN)
        assert workers.run("one", "extract", config, 60) is Ran.ENDED
        assert "model.h5 is none" in facts(config)["error"]["message"]
        assert config.with_name("output.log").read_text() == "hello\n"
    assert (tmp_path / "noted").read_text() == "imported\n"
    assert len(started) == 1


def test_what_one_job_defines_no_other_finds(
    launched: tuple[Workers, list[Worker]], tmp_path: Path
) -> None:
    workers, _ = launched
    first, second = (job(tmp_path / name, f"def {name}(): pass") for name in ("first", "second"))
    for config in (first, second):
        workers.run("one", "extract", config, 60)
    assert "'first'" in facts(first)["error"]["message"]
    assert "'first'" not in facts(second)["error"]["message"]


def test_a_crash_and_a_hang_cost_themselves_only(
    launched: tuple[Workers, list[Worker]], tmp_path: Path
) -> None:
    workers, started = launched
    crash = job(tmp_path / "crash", "import os; os.abort()")
    assert workers.run("one", "extract", crash, 60) is Ran.NOT
    busy = job(tmp_path / "busy", "while True: pass")
    assert workers.run("one", "extract", busy, 2) in (Ran.HUNG, Ran.NOT)  # by the machine's load
    idle = job(tmp_path / "idle", "import time; time.sleep(600)")
    assert workers.run("one", "extract", idle, 1) is Ran.NOT
    left = psutil.Process(started[0].pid).children(recursive=True)
    assert [one.pid for one in left if one.status() != psutil.STATUS_ZOMBIE] == []
    config = job(tmp_path / "good", PLAIN)
    assert workers.run("one", "extract", config, 60) is Ran.ENDED
    assert len(started) == 1


GLUTTON = """
import os, time
if os.fork():
    os.wait()
eaten = []
for _ in range(20):  # or a mistake of ours would cost all that runs here
    eaten.append(bytearray(b"x") * (64 << 20))
    time.sleep(0.2)
"""


def test_what_takes_too_much_memory_is_ended_with_its_children(
    launched: tuple[Workers, list[Worker]], tmp_path: Path
) -> None:
    workers, started = launched
    config = job(tmp_path / "glutton", GLUTTON)
    assert workers.run("one", "extract", config, 60, memory_mb=300) is Ran.HEAVY
    left = psutil.Process(started[0].pid).children(recursive=True)
    assert [one.pid for one in left if one.status() != psutil.STATUS_ZOMBIE] == []
    good = job(tmp_path / "good", PLAIN)
    assert workers.run("one", "extract", good, 60, memory_mb=300) is Ran.ENDED


def test_a_process_of_its_own_has_the_same_limit(tmp_path: Path) -> None:
    ended = behind.run(
        [sys.executable, "-c", GLUTTON],
        None,
        variables={},
        folder=tmp_path,
        seconds=60,
        memory_mb=300,
    )
    assert ended.heavy
    assert ended.code != 0
    quiet = behind.run(
        [sys.executable, "-c", ""], None, variables={}, folder=tmp_path, seconds=60, memory_mb=300
    )
    assert quiet == behind.Ended(code=0, output="")


def test_a_worker_that_dies_is_started_anew(
    launched: tuple[Workers, list[Worker]], tmp_path: Path
) -> None:
    workers, started = launched
    kill = "import os, signal; os.kill(os.getppid(), signal.SIGKILL); import time; time.sleep(600)"
    assert workers.run("one", "extract", job(tmp_path / "a", kill), 60) is Ran.NOT
    assert workers.run("one", "extract", job(tmp_path / "b", PLAIN), 60) is Ran.ENDED
    assert len(started) == 2


def test_what_does_not_import_is_left_to_processes_of_their_own(
    launched: tuple[Workers, list[Worker]], tmp_path: Path
) -> None:
    workers, started = launched
    for name in ("a", "b"):
        config = job(tmp_path / name, PLAIN)
        assert workers.run("unusable", "extract", config, 60) is Ran.NOT
    assert len(started) == 1


def test_no_more_workers_are_kept_than_there_is_room_for(
    launched: tuple[Workers, list[Worker]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("caniload.runner.converting.workers.KEPT", 2)
    workers, started = launched
    for number, name in enumerate(("a", "b", "a", "c")):
        workers.run(name, "extract", job(tmp_path / f"job-{number}", PLAIN), 60)
    deadline = time.monotonic() + 60
    while psutil.pid_exists(started[1].pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    alive = [one.environment for one in started if psutil.pid_exists(one.pid)]
    assert alive == ["a", "c"]


class Refusing(Workers):
    """Does nothing; as one whose child died after it had written the first half of a try."""

    def __init__(self, ran: Ran) -> None:
        self.ran = ran

    def run(
        self,
        environment: str,
        script: str,
        config: Path,
        seconds: float,
        *,
        memory_mb: float = 0.0,
    ) -> Ran:
        assert environment
        assert script
        assert seconds
        assert memory_mb >= MATRIX.limits.memory_mb
        for one in json.loads(config.read_text())["tries"]:
            (Path(one["folder"]) / "facts.json").write_text('{"error": null}', encoding="utf-8")
        return self.ran


@pytest.mark.parametrize("ran", list(Ran))
def test_what_ends_badly_is_done_again_in_a_process_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ran: Ran
) -> None:
    monkeypatch.setattr(Workshop, "problem", lambda *_: None)
    home = Home(root=tmp_path / "home")
    workshop = Workshop(matrix=MATRIX, home=home, scratch=tmp_path, workers=Refusing(ran))
    (home.python("tf-2.15").parent).mkdir(parents=True)
    said = '{"error": null, "alone": 1}'
    alone = f"#!/bin/sh\nshift 2; cd $(dirname $1); echo '{said}' > facts.json\n"
    home.python("tf-2.15").write_text(alone, encoding="utf-8")
    home.python("tf-2.15").chmod(0o700)
    tries = tmp_path / "try"
    tries.mkdir()
    found = workshop.run("rebuild", "tf-2.15", {"tries": [{"folder": str(tries)}]})
    if ran in (Ran.HUNG, Ran.HEAVY):
        assert found["error"]["type"] == "Killed"
        return
    assert found["alone"] == 1
    assert not (tries / "facts.json").exists()  # half done, and not to be read
