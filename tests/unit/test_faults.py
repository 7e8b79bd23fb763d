"""Commands that are killed, have a full disk, or a folder that takes nothing: nothing is lost.

What runs is ended at the moments that matter, and at any: ``CANILOAD_TEST_KILLS`` says how often.
Runs of the matrix are killed in ``tests/pipeline``, conversions in ``test_converting_many``.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from model_files import DENSE, INPUT, functional, hdf5
from packs_made import small

import caniload
from caniload.runner.packs.fetching import checked

KILLS = int(os.environ.get("CANILOAD_TEST_KILLS", "3"))
NOWHERE = Path("/proc/caniload")
"""A folder that nobody can make, not even an administrator."""

START = """
import os, resource, signal, sys
from pathlib import Path
from caniload.runner.commands.cli import main
from caniload.runner.packs import frame
moment, room, *words = sys.argv[1:]
def dies(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)
if moment:
    where, _, name = moment.rpartition(".")
    setattr({"frame": frame, "os": os, "Path": Path}[where], name, dies)
if room:
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(room), int(room)))
sys.exit(main(words))
"""


def start(folder: Path, *words: object, moment: str = "", room: str = "") -> subprocess.Popen[str]:
    """Start a command that kills itself where ``moment`` is called, or may write ``room`` bytes."""
    return subprocess.Popen(
        [sys.executable, "-c", START, moment, room, *map(str, words)],
        cwd=folder,
        env={
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "CANILOAD_HOME": str(folder / "home"),
            "PYTHONPATH": str(Path(caniload.__file__).parents[1]),
        },
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def run(folder: Path, *words: object, **how: str) -> tuple[int, str, str]:
    process = start(folder, *words, **how)
    out, err = process.communicate(timeout=60)
    assert "Traceback" not in err, err
    return process.returncode, out, err


@pytest.fixture
def packs(tmp_path: Path) -> list[Path]:
    made = [tmp_path / f"{name}.pack" for name in "ab"]
    small("dense").write(made[0])
    small("lstm", sha256="cc").write(made[1])
    return made


@pytest.fixture
def whole(packs: list[Path], tmp_path: Path) -> bytes:
    """What an unbroken merge writes."""
    code, _, err = run(tmp_path, "evidence", "merge", *packs, "--into", "whole.pack")
    assert code == 0, err
    return (tmp_path / "whole.pack").read_bytes()


MOMENTS = ("frame.write", "os.fsync", "Path.replace")
"""Before the first byte, before all of them are on disk, before the file is in its place."""


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_killed_merge_of_packs_leaves_what_was_there(
    packs: list[Path], whole: bytes, tmp_path: Path, moment: str
) -> None:
    before = {one: one.read_bytes() for one in packs}
    into = packs[0]  # merged into one of those that are merged: the worst place to lose
    code, _, _ = run(tmp_path, "evidence", "merge", *packs, "--into", into, moment=moment)
    assert code == -signal.SIGKILL
    assert {one: one.read_bytes() for one in packs} == before
    for left in tmp_path.glob("*.part"):
        os.utime(left, (0, 0))  # nobody has written to it for long
    assert run(tmp_path, "evidence", "merge", *packs, "--into", into)[0] == 0
    assert into.read_bytes() == whole
    assert not list(tmp_path.glob("*.part"))  # also none of the process that was killed


def test_a_merge_of_packs_that_is_killed_at_any_moment(
    packs: list[Path], whole: bytes, tmp_path: Path
) -> None:
    into, began = tmp_path / "new.pack", time.monotonic()
    assert run(tmp_path, "evidence", "merge", *packs, "--into", into)[0] == 0
    took = time.monotonic() - began
    for _ in range(KILLS):
        moment = random.uniform(0.5, 1.1) * took
        process = start(tmp_path, "evidence", "merge", *packs, "--into", into)
        try:
            process.communicate(timeout=moment)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
        assert into.read_bytes() == whole, moment
    assert [checked(one, one.name).path for one in packs] == packs


@pytest.mark.parametrize("moment", MOMENTS[2:])
def test_a_killed_import_takes_nothing_in(packs: list[Path], tmp_path: Path, moment: str) -> None:
    assert run(tmp_path, "evidence", "import", packs[0], moment=moment)[0] == -signal.SIGKILL
    assert not list((tmp_path / "home" / "packs").glob("*.pack"))
    assert run(tmp_path, "evidence", "import", packs[0])[0] == 0
    assert len(list((tmp_path / "home" / "packs").glob("*.pack"))) == 1


def model(folder: Path) -> Path:
    return hdf5(folder / "m.h5", functional(INPUT, DENSE))


def told(err: str, *words: str) -> None:
    (line,) = err.splitlines()
    assert line.startswith("caniload: ")
    assert any(word in line for word in words), line


def test_a_full_disk_is_told_and_takes_nothing_away(packs: list[Path], tmp_path: Path) -> None:
    into, base = packs[1], tmp_path / "base.json"
    before, size = into.read_bytes(), str(packs[0].stat().st_size // 2)
    code, _, err = run(tmp_path, "evidence", "merge", *packs, "--into", into, room=size)
    assert code == 4
    told(err, "File too large")
    assert into.read_bytes() == before
    code, _, err = run(tmp_path, "evidence", "import", into, room=size)
    assert code == 4
    told(err, "File too large")
    assert not list((tmp_path / "home" / "packs").iterdir())
    assert not list(tmp_path.glob("*.part"))
    words = ["inspect", model(tmp_path), "--fail-on", "never", "--write-baseline", base]
    assert run(tmp_path, *words)[0] == 0
    kept = base.read_bytes()
    code, _, err = run(tmp_path, *words, room="10")
    assert code == 4
    told(err, "File too large")
    assert base.read_bytes() == kept


@pytest.mark.parametrize(
    "words",
    [
        ["evidence", "merge", "a.pack", "b.pack", "--into", NOWHERE / "c.pack"],
        ["inspect", "m.h5", "--write-baseline", NOWHERE / "b.json"],
        ["check", "m.h5", "--to", "2.15", "--report", NOWHERE],
        ["convert", "m.h5", "--to", "2.15", "--into", NOWHERE],
    ],
    ids=lambda words: words[0],
)
def test_a_folder_that_takes_nothing_is_named(
    packs: list[Path], tmp_path: Path, words: Sequence[object]
) -> None:
    model(tmp_path)
    before = {one: one.read_bytes() for one in tmp_path.glob("*.*")}
    code, _, err = run(tmp_path, *words)
    assert code in (2, 4), err
    told(err, f"{NOWHERE.parent}/")
    assert {one: one.read_bytes() for one in tmp_path.glob("*.*")} == before
    assert packs


def test_what_was_kept_of_a_check_and_is_spoilt_is_measured_again(tmp_path: Path) -> None:
    from caniload.runner.checking.kept import Kept, Terms  # noqa: PLC0415
    from caniload.runner.environments.home import Home  # noqa: PLC0415

    kept, terms = Kept(Home(root=tmp_path)), Terms(content="c" * 64)
    record: dict[str, Any] = {"facts": {"error": {"phase": "load"}}}
    kept.put(terms, "reader", None, record)
    assert kept.reference(terms, "reader") is not None
    (file,) = kept.folder(terms).glob("*.json")
    good = file.read_bytes()
    spoilt = (b"", good[:-9], b"\xff" + good, b"[]", b"[" * 100_000, bytes(50), b'{"key": 1}')
    for content in spoilt:
        file.write_bytes(content)
        assert kept.reference(terms, "reader") is None
        assert list(kept.all_of(terms.content)) == []
    kept.put(terms, "reader", None, record)
    assert json.loads(file.read_bytes()) == json.loads(good)
