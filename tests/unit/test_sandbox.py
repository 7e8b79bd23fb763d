"""Walls around real processes: what is behind one gets nowhere, and ends with it.

Every level that this machine has is tried, as who we are; where one is not to be had, its tests are
skipped with the reason.
"""

from __future__ import annotations

import json
import os
import queue
import shutil
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from caniload.runner.running import behind
from caniload.runner.running.workers import Event, Worker
from caniload.runner.sandbox import control, launcher, levels, policy, trying, walls, watching
from caniload.runner.sandbox.blaming import suspicion
from caniload.runner.sandbox.levels import Way
from caniload.runner.sandbox.walls import Cage, Walls
from caniload.runner.sandbox.words import Level

PYTHON = Path(sys.executable)
VARIABLES = {"PATH": "/usr/bin:/bin"}


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("walls")


@pytest.fixture(scope="module", params=[Level.BWRAP, Level.LANDLOCK, Level.CONTAINER])
def wall(request: pytest.FixtureRequest, root: Path) -> Walls:
    found = walls.of(request.param, root)
    if found.refusal is not None:
        pytest.skip(found.refusal)
    return found


@pytest.fixture
def cage(wall: Walls, tmp_path: Path) -> Iterator[Cage]:
    confined = wall.confined(PYTHON, VARIABLES)
    assert confined is not None
    for one in tmp_path.parents:  # whoever a process becomes may come to its folder
        if one.owner() == Path.home().owner() and one != Path("/tmp"):
            one.chmod(one.stat().st_mode | 0o011)
        if one.name.startswith("pytest-of-"):
            break
    folder = tmp_path / "cage"
    folder.mkdir(mode=0o711)
    yield confined.cage(folder, ())
    watching.remove(folder)


def run(cage: Cage, source: str, seconds: float = 60, **options: Any) -> behind.Ended:
    return behind.run(
        [str(PYTHON), "-I", "-S", "-c", textwrap.dedent(source)],
        cage,
        variables={},
        folder=cage.writable,
        seconds=seconds,
        **options,
    )


def test_what_is_needed_is_stopped(wall: Walls) -> None:
    held = wall.held
    assert held is not None
    assert held.holds
    assert set(held.blocked) >= levels.NEEDED
    assert set(held.blocked) | set(held.open) == set(levels.TRIED)


def test_without_a_wall_the_same_attempts_succeed(root: Path) -> None:
    """Or what is told to be stopped might never have worked."""
    found = trying.tried(Way(level=Level.NONE), root, lambda words, _policy, _folder: words)
    assert set(found.open) >= {levels.WRITING, levels.READING, levels.TCP, levels.UDP}


def test_writing_and_reading_stay_inside(cage: Cage, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("secret")
    secret.chmod(0o666)
    ended = run(
        cage,
        f"""
        for path, mode in (({str(secret)!r}, "r"), ({str(secret)!r}, "a"), ("mine", "w"),
                           ({str(PYTHON)!r}, "ab")):
            try:
                with open(path, mode) as file:
                    print("mine" if path == "mine" else file.read() if mode == "r" else "wrote")
            except OSError:
                print("no")
        """,
    )
    assert ended.output.split() == ["no", "no", "mine", "no"] or secret.read_text() == "secret"
    assert secret.read_text() == "secret"
    assert "secret" not in ended.output
    assert (cage.writable / "mine").exists()


def test_processes_end_with_their_command_however_they_hide(cage: Cage) -> None:
    """A daemon of a daemon, in a session of its own, is nobody's child any more."""
    ended = run(
        cage,
        """
        import os, sys, time
        if not os.fork():
            os.setsid()
            if not os.fork():
                os.setsid()
                for one in (0, 1, 2):
                    os.close(one)
                while True:
                    open("beat", "w").write(str(time.time()))
                    time.sleep(0.02)
            os._exit(0)
        while not os.path.exists("beat"):
            time.sleep(0.01)
        print("done")
        """,
    )
    assert (ended.code, ended.output) == (0, "done\n")
    before = (cage.writable / "beat").read_text()
    time.sleep(0.2)
    assert (cage.writable / "beat").read_text() == before


def test_a_deadline_takes_everything(cage: Cage) -> None:
    ended = run(
        cage,
        """
        import os, time
        for _ in range(3):
            if not os.fork():
                os.setsid()
        while True:
            open("beat-%d" % os.getpid(), "w").write(str(time.time()))
            time.sleep(0.02)
        """,
        seconds=5,
    )
    assert ended.code is None
    beats = sorted(cage.writable.glob("beat-*"))
    assert beats
    before = [one.read_text() for one in beats]
    time.sleep(0.3)
    assert [one.read_text() for one in beats] == before


def test_too_many_processes_are_refused(cage: Cage, wall: Walls) -> None:
    if levels.FORKS in cage.confined.held.open:
        pytest.skip("an administrator's processes are not counted at this level")
    ended = run(
        cage,
        """
        import os, time
        count = 0
        try:
            while count < 20000:
                if not os.fork():
                    time.sleep(60)
                count += 1
        except OSError as error:
            print(type(error).__name__, count, flush=True)
        os._exit(0)
        """,
        seconds=120,
    )
    name, count = ended.output.split()
    assert name == "BlockingIOError"
    assert int(count) < 20000


def test_too_much_memory_is_refused_and_said_to_be_ours(cage: Cage) -> None:
    ended = run(cage, "bytearray(200 * 2**30)")
    assert "MemoryError" in ended.output
    error = {"type": "MemoryError", "message": "", "traceback": []}
    assert suspicion(error, None, "", cage.hides) is not None


def test_a_flood_of_the_scratch_folder_is_ended(
    cage: Cage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(policy, "SCRATCH", 20 * 2**20)
    ended = run(
        cage,
        """
        number = 0
        while True:
            with open("flood-%d" % number, "wb") as file:
                file.write(bytes(2**20))
            number += 1
        """,
        seconds=60,
    )
    assert ended.stopped is not None
    assert "limit" in ended.stopped


def test_links_and_pipes_in_the_scratch_folder_are_not_followed(cage: Cage, tmp_path: Path) -> None:
    secret = tmp_path / "facts.json"
    secret.write_text('{"mine": 1}')
    run(
        cage,
        f"""
        import os
        os.symlink({str(secret)!r}, "facts.json")
        os.symlink({str(tmp_path)!r}, "folder")
        os.mkfifo("pipe") if hasattr(os, "mkfifo") else None
        """,
    )
    inside = cage.writable
    assert watching.read_json(inside / "facts.json") is None
    assert behind.facts(inside / "folder" / "facts.json", cage) is None
    assert watching.unplain(inside / "folder" / "facts.json", inside)
    assert watching.unplain(inside, inside)
    with pytest.raises(OSError, match="folder"):
        watching.take(inside / "folder", tmp_path / "taken", 2**20)
    if (inside / "pipe").exists():
        with pytest.raises(OSError, match="no regular file"):
            watching.read(inside / "pipe")


WORKER = """
import json, os, sys, time
config = json.load(open(sys.argv[1]))
events = int(sys.argv[2])
def send(**event):
    os.write(events, (json.dumps(event) + "\\n").encode())
os.write(events, b"garbage\\n" + b"x" * 200000 + b"\\n[1]\\n{}\\n")
send(event="forked", batch=1, pid=1 if os.getpid() > 300 else 99999)
send(event="forked", batch=1, pid="x")
send(event="phase", batch=1, job=-1, phase="load")
child = os.fork()
if not child:
    time.sleep(60)
send(event="forked", batch=2, pid=child)
facts = json.dumps({"error": None}).encode()
with open(os.path.join(config["folder"], "batch-2.jsonl"), "wb") as file:
    file.write(facts)
send(event="facts", batch=2, job=0, offset=0, length=len(facts))
send(event="ready", versions={})
time.sleep(60)
"""


def test_what_a_worker_says_is_a_strangers_word(cage: Cage, tmp_path: Path) -> None:
    """Process ids are those of its own, garbage is passed over, and its end is the end of all."""
    script = tmp_path / "script.py"
    script.write_text(WORKER)
    confined = cage.confined.cage(cage.folder, (script,))
    events: queue.Queue[Event] = queue.Queue()
    worker = Worker(
        environment="e",
        python=PYTHON,
        imports="keras",
        variables={},
        folder=cage.writable,
        events=events,
        script=script,
        cage=confined,
    )
    heard: list[Event] = []
    try:
        while not heard or heard[-1].kind not in ("ready", "gone"):
            heard.append(events.get(timeout=60))
        forked = {one.data["batch"]: one.data["pid"] for one in heard if one.kind == "forked"}
        assert [one.kind for one in heard] == ["forked", "forked", "facts", "ready"], (
            worker.log_tail()
        )
        assert forked[1] is None
        child = psutil.Process(forked[2])
        assert worker.pid in [one.pid for one in child.parents()]
        assert worker.facts(2, 0, heard[2].data["length"]) == {"error": None}
        with pytest.raises(ValueError, match="batch-3"):
            worker.facts(3, 0, 10)
    finally:
        worker.kill()
        worker.clean()
    assert not child.is_running() or child.status() == psutil.STATUS_ZOMBIE
    assert not cage.folder.exists()


def test_a_pipe_and_a_temporary_folder_are_there(cage: Cage) -> None:
    ended = run(
        cage,
        """
        import os, tempfile
        with tempfile.NamedTemporaryFile() as file:
            print(os.path.dirname(file.name) == os.getcwd(), os.environ["HOME"] != "/root")
        print(sorted(os.listdir("/home")) if os.path.isdir("/home") else [])
        """
        if cage.level is not Level.LANDLOCK
        else """
        import os, tempfile
        with tempfile.NamedTemporaryFile() as file:
            print(os.path.dirname(file.name) == os.getcwd(), os.environ["HOME"] != "/root")
        """,
    )
    assert ended.output.splitlines()[0] == "True True", ended.output


@pytest.mark.skipif(os.getuid() != 0, reason="only an administrator becomes somebody else")
def test_an_ordinary_user_has_walls_too() -> None:
    """The same self-check, started by somebody without rights in a Python that they can read."""
    python = next((one for one in ("/usr/bin/python3",) if Path(one).exists()), None)
    setpriv = shutil.which("setpriv")
    if python is None or setpriv is None:
        pytest.skip("no Python that everybody can read, or no setpriv")
    source = Path(launcher.__file__).parents[2]
    script = f"""
import importlib.util, json, sys, types, tempfile
from pathlib import Path
package = types.ModuleType("caniload"); package.__path__ = [{str(source)!r}]
sys.modules["caniload"] = package
sys.path.append({str(Path(psutil.__file__).parents[1])!r})
from caniload.runner.sandbox.trying import UnheldError
from caniload.runner.sandbox.walls import Walls
with tempfile.TemporaryDirectory() as folder:
    one = Walls(wanted="auto", root=Path(folder))
    print(json.dumps(one.held.told() if one.held else one.refusal))
"""
    who = [setpriv, "--reuid=65534", "--regid=65534", "--clear-groups", "--inh-caps=-all"]
    said = subprocess.run(
        [*who, python, "-c", script], capture_output=True, text=True, check=False, cwd="/"
    )
    if "No module named" in said.stderr or "Permission denied" in said.stderr:
        pytest.skip(f"that Python lacks what we need, or cannot read us: {said.stderr[-200:]}")
    found = json.loads(said.stdout)
    if isinstance(found, str):
        pytest.skip(found)
    assert set(found["blocked"]) >= levels.NEEDED


def test_a_control_that_fails_is_told_and_asked_again(cage: Cage, tmp_path: Path) -> None:
    """There is no framework here: that is no fault of anybody's file."""
    known = tmp_path / "known"
    why = control.failing(cage, "keras_that_is_not", seconds=60, known=known, key="e")
    assert "not even a small model of its own loads in the sandbox" in str(why)
    assert not known.exists()


def test_a_reader_of_strangers_files_shuts_itself_in(tmp_path: Path) -> None:
    """It reads the file and its neighbours with its own modules, and gets to nothing else."""
    if not launcher.abi():
        pytest.skip("this kernel has no Landlock")
    beside, elsewhere = tmp_path / "in" / "file", tmp_path / "out" / "file"
    for one in (beside, elsewhere):
        one.parent.mkdir()
        one.write_text("text")
    source = f"""
import json, socket, sys
sys.path[:] = {sys.path!r}
from caniload.runner.sandbox.reading import shut_in
assert shut_in([{str(beside)!r}])
from caniload.runner.forensics import names, reading, gate
print(open({str(beside)!r}).read())
for attempt in (
    lambda: open({str(elsewhere)!r}),
    lambda: open({str(beside)!r}, "a"),
    lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM),
):
    try:
        attempt()
        print("out")
    except OSError:
        print("no")
"""
    said = subprocess.run([PYTHON, "-I", "-c", source], capture_output=True, text=True, check=False)
    assert said.stdout.split() == ["text", "no", "no", "no"], said.stderr
