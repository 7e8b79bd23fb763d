"""What a process without a wall leaves behind is ended with it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import psutil

from caniload.runner.running import behind
from caniload.runner.sandbox.watching import end_strays

DAEMON = """
import os, sys, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        with open(sys.argv[1], "w") as file:
            file.write(str(os.getpid()))
        time.sleep(600)
    os._exit(0)
os.wait()
"""


def left_by(folder: Path) -> psutil.Process:
    """Start a program that ends and leaves a daemon; return the daemon."""
    folder.mkdir()
    said = folder / "pid"
    command = [sys.executable, "-c", DAEMON, str(said)]
    subprocess.run(command, env={**os.environ, "TMPDIR": str(folder)}, check=True)
    end = time.monotonic() + 30
    while not said.exists() or not said.read_text():
        assert time.monotonic() < end
        time.sleep(0.01)
    return psutil.Process(int(said.read_text()))


def test_a_daemon_is_found_by_its_folder_and_no_other_is(tmp_path: Path) -> None:
    ours, others = left_by(tmp_path / "worker-1"), left_by(tmp_path / "worker-10")
    end_strays(tmp_path / "worker-1")
    psutil.wait_procs([ours], timeout=10)
    assert not ours.is_running() or ours.status() == psutil.STATUS_ZOMBIE
    assert others.is_running()
    end_strays(tmp_path / "worker-10")
    psutil.wait_procs([others], timeout=10)
    assert not others.is_running() or others.status() == psutil.STATUS_ZOMBIE


def test_a_command_without_a_wall_ends_with_its_daemons(tmp_path: Path) -> None:
    said = tmp_path / "pid"
    waiting = "while not os.path.exists(sys.argv[1]) or not os.path.getsize(sys.argv[1]): pass"
    ended = behind.run(
        [sys.executable, "-c", f"{DAEMON}\n{waiting}", str(said)],
        None,
        variables={},
        folder=tmp_path,
        seconds=60,
    )
    assert ended.code == 0
    one = int(said.read_text() or 0)
    assert one
    end = time.monotonic() + 30
    while psutil.pid_exists(one) and psutil.Process(one).status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < end
        time.sleep(0.01)
