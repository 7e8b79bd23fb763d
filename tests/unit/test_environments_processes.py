"""A command ends with all its children, in time, and what it said is kept."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from caniload.runner.environments.holding import HeldError, held
from caniload.runner.environments.home import Home
from caniload.runner.environments.processes import run

ROOT = Path(__file__).parents[2]
VARIABLES = {"PATH": os.environ["PATH"]}


def python(source: str, seconds: float = 20, **options: str) -> tuple[int | None, str]:
    command = [sys.executable, "-c", source]
    finished = run(command, variables=VARIABLES, seconds=seconds, **options)  # type: ignore[arg-type]
    return finished.code, finished.output


def test_both_streams_and_the_exit_code_are_kept() -> None:
    code, output = python(
        "import sys; print('one', flush=True); print('two', file=sys.stderr); sys.exit(3)"
    )
    assert (code, output) == (3, "one\ntwo\n")


def test_bytes_that_are_no_text_are_kept_readable() -> None:
    assert python(r"import os; os.write(1, b'caf\xe9\n')") == (0, "caf\\xe9\n")


def test_input_is_given() -> None:
    assert python("print(input())", stdin="hello") == (0, "hello\n")


def test_a_signal_is_told_apart_from_the_deadline() -> None:
    assert python("import os; os.kill(os.getpid(), 11)")[0] == -11
    assert python("print('so far', flush=True); import time; time.sleep(60)", 1) == (
        None,
        "so far\n",
    )


def test_children_die_with_the_command(tmp_path: Path) -> None:
    beat = tmp_path / "beat"
    child = f"import time; open({str(beat)!r}, 'w').close(); time.sleep(60)"
    started = time.monotonic()
    code, output = python(
        "import os, subprocess, sys, time\n"
        f"print(subprocess.Popen([sys.executable, '-c', {child!r}]).pid, flush=True)\n"
        f"while not os.path.exists({str(beat)!r}): time.sleep(0.01)\n"
    )
    assert code == 0
    assert time.monotonic() - started < 20
    assert _ended(int(output))


def _ended(pid: int) -> bool:
    """Whether the process is gone, or is only waiting for init to collect it."""
    for _ in range(100):
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
        except OSError:
            return True
        if state == "Z":
            return True
        time.sleep(0.02)
    return False


def test_the_command_dies_with_a_runner_that_is_killed(tmp_path: Path) -> None:
    told = tmp_path / "pid"
    sleeper = f"import os, time; open({str(told)!r}, 'w').write(str(os.getpid())); time.sleep(60)"
    source = (
        "import sys; from caniload.runner.environments.processes import run\n"
        f"run([sys.executable, '-c', {sleeper!r}], variables={{}}, seconds=60)"
    )
    runner = subprocess.Popen([sys.executable, "-c", source], cwd=ROOT)
    end = time.monotonic() + 20
    while not (told.exists() and told.read_text()) and time.monotonic() < end:
        time.sleep(0.01)
    pid = int(told.read_text())
    runner.kill()
    runner.wait()
    while psutil.pid_exists(pid) and time.monotonic() < end:
        time.sleep(0.01)
    assert not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


def test_an_environment_is_held_by_one_at_a_time(tmp_path: Path) -> None:
    home = Home(root=tmp_path)
    with (
        held("some", home),
        held("another", home),
        pytest.raises(HeldError),
        held("some", home, seconds=0.3),
    ):
        pass
    with held("some", home):
        pass
