"""A person's own files, checked and converted by runs that are killed: the next one goes on.

``CANILOAD_TEST_KILLS`` says how often each is killed, at moments that nobody chose.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import shutil
import subprocess
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from dummy_files import OTHER, WRITER, own_file, stage
from workshop import Workshop

pytest_plugins = ["pipeline_fixtures"]

KILLS = int(os.environ.get("CANILOAD_TEST_KILLS", "1"))
FILES = ("plain", "other", "third", "kills")
"""Models, one of which ends who loads it."""


def killed_now_and_then(
    workshop: Workshop,
    words: list[str],
    took: float,
    *,
    after: Callable[[], None],
    anew: Callable[[], None],
    share: float = 0.6,
) -> list[str]:
    """Kill a command at random moments; look ``after`` each, begin ``anew`` where it was over.

    Moments are within a share of what it took: most are to come before the end.
    """
    told = []
    for _ in range(KILLS):
        moment = random.uniform(0.1, share * took)
        process = workshop.start(*words)
        try:
            process.wait(moment)
            over = True
        except subprocess.TimeoutExpired:
            process.kill()
            over = False
        process.communicate()
        workshop.assert_all_gone()
        after()
        told.append(f"{moment:.2f} s{', was over' if over else ''}")
        if over:
            anew()
    print(f"{words[:2]}: {KILLS} kills at {', '.join(told)}; {took:.1f} s")
    return told


def timed(workshop: Workshop, words: list[str], code: int) -> tuple[str, float]:
    began = time.monotonic()
    finished = workshop.run(*words)
    assert finished.code == code, finished.err
    return finished.out, time.monotonic() - began


def test_a_check_that_is_killed_goes_on(workshop: Workshop, tmp_path: Path) -> None:
    stage(workshop)
    files = [str(own_file(tmp_path, name)) for name in FILES]
    words = ["check", *files, "--envs", f"{WRITER},{OTHER}", "--run", "--json"]
    checked = workshop.home / "checked"
    out, took = timed(workshop, words, 1)  # builds as well: builds have kills of their own
    expected = judged(out)
    shutil.rmtree(checked)

    def whole() -> None:
        """What is kept under a name of its own is all there."""
        for path in checked.rglob("*.json"):
            if not any(one.startswith(("scratch-", "wall")) for one in path.parts):
                json.loads(path.read_bytes())

    moments = killed_now_and_then(
        workshop, words, took, after=whole, anew=partial(shutil.rmtree, checked)
    )
    assert judged(workshop.run(*words).out) == expected, moments
    assert judged(workshop.run(*words).out) == expected, moments  # from what is kept alone
    assert judged(workshop.run(*words, "--rerun").out) == expected, moments
    assert not list(checked.glob("scratch-*"))  # also none of those that were killed


def judged(out: str) -> list[Any]:
    """Return all that is told but for how long it took."""
    found = json.loads(out)
    for one in found:
        for answer in one["answers"]:
            answer["seconds"] = None
    return list(found)


def test_conversions_that_are_killed_go_on(workshop: Workshop, tmp_path: Path) -> None:
    stage(workshop, seconds=1)
    zoo = tmp_path / "zoo"
    zoo.mkdir()
    for name in FILES:
        own_file(zoo, name)

    def words(into: str) -> list[str]:
        return ["convert", str(zoo), "--to", OTHER, "--into", str(tmp_path / into), "--jobs", "2"]

    _, took = timed(workshop, words("whole"), 1)  # builds as well: builds have kills of their own
    expected = contents(tmp_path / "whole")
    assert set(expected) > {"plain.keras", "other.keras", "third.keras"}

    def whole() -> None:
        """What lies under a result's name is that result, whenever one looks."""
        for path in (tmp_path / "new").glob("*.keras"):
            assert hashed(path) == expected[path.name]

    new = tmp_path / "new"
    moments = killed_now_and_then(
        workshop, words("new"), took, after=whole, anew=partial(shutil.rmtree, new)
    )
    last = workshop.run(*words("new"))
    assert last.code == 1, moments
    assert contents(tmp_path / "new") == expected, moments
    assert not list(workshop.home.glob("convert-*"))


def contents(folder: Path) -> dict[str, str]:
    """Return the names and hashes of results, and the names of what is said of them."""
    return {
        path.relative_to(folder).as_posix(): hashed(path) if path.suffix == ".keras" else ""
        for path in folder.rglob("*")
        if path.is_file()
    }


def hashed(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


FEATURES = """
from caniload.runner.answering import arranging
from caniload.runner.answering.features import Features
arranging.features = lambda _: Features(format="", origin=("Keras 2.2", "", "on theano"),
    classes=frozenset({"Dense"}), traits=frozenset({"layer Dense"}))
"""
"""What pretend files have none of, and a pack has nothing without."""


def test_evidence_that_comes_and_goes_is_whole(workshop: Workshop, tmp_path: Path) -> None:
    workshop.before = FEATURES
    workshop.use(("1.0",))
    assert workshop.run("matrix").code == 0
    shutil.rmtree(workshop.home / "checked" / "index", ignore_errors=True)
    pack, whole = tmp_path / "new.pack", tmp_path / "whole.pack"
    timed(workshop, ["evidence", "export", "-o", str(whole)], 0)  # arranges what is stored first
    _, took = timed(workshop, ["evidence", "export", "-o", str(whole)], 0)
    export = ["evidence", "export", "-o", str(pack)]

    def exported() -> None:
        assert not pack.exists() or pack.read_bytes() == whole.read_bytes()

    killed_now_and_then(workshop, export, took, after=exported, anew=pack.unlink)
    timed(workshop, export, 0)
    assert pack.read_bytes() == whole.read_bytes()

    workshop.variables["CANILOAD_HOME"] = str(workshop.root / "another")
    taken = workshop.root / "another" / "packs"
    take = ["evidence", "import", str(whole)]
    _, took = timed(workshop, take, 0)
    (name,) = [one.name for one in taken.glob("*.pack")]
    expected = {one.name for one in taken.iterdir()}
    shutil.rmtree(taken)

    def imported() -> None:
        for one in taken.glob("*.pack"):
            assert (one.name, one.read_bytes()) == (name, whole.read_bytes())

    killed_now_and_then(workshop, take, took, after=imported, anew=partial(shutil.rmtree, taken))
    for left in taken.glob("*.part"):
        os.utime(left, (0, 0))  # nobody has written to it for long
    timed(workshop, take, 0)
    imported()
    assert {one.name for one in taken.iterdir()} == expected
