"""Crash dummies as a person's own files: checked and converted, behind the wall that holds here."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from dummy_files import OTHER, SMALL_WALLS, WRITER, own_file, stage
from workshop import Finished, Workshop, as_shown, rows

from caniload.runner.sandbox import walls
from caniload.runner.sandbox.walls import Walls
from caniload.runner.sandbox.words import AUTO, Level

pytest_plugins = ["pipeline_fixtures"]

LIMITS = {"seconds": 0.6, "seconds_floor": 1, "memory_mb": 300}
ELSEWHERE = "crash: did not end within 3 s (in phase load)"
RAISED = "error: does not load: "
STOPPED = "untested: not known: the sandbox may have stopped it ({}); --sandbox none runs without"

ANYWHERE = {
    "plain": "identical: bit for bit the same model",
    "kills": "crash: the interpreter was killed by SIGSEGV (in phase load)",
    "leaves": "crash: the process ended itself with exit code 0 (in phase load)",
    "exits": f"{RAISED}SystemExit: 0",
    "leaves_a_daemon": f"{RAISED}ValueError: somebody stayed",
    "says_no_text": f"{RAISED}ValueError: <script>alert(1)</script>\\ud800]]>\u202e\ufffe",
    "has_no_numbers": "identical: bit for bit the same model",
    "warns_of_no_text": "identical: bit for bit the same model",
}
"""What may be run without a wall, too, and is told there as behind one."""

BEHIND = {
    **ANYWHERE,
    "sleeps": ELSEWHERE,
    "stays_deaf": ELSEWHERE,
    "spins": ELSEWHERE,
    "leaves_by_number": "crash: the process ended itself with exit code 139 (in phase load)",
    "eats_memory": "crash: used more than 300 MiB of memory (in phase load)",
    "floods": f"{RAISED}ValueError: after the flood",
    "plants_a_tree": f"{RAISED}ValueError: a tree stands",
    "closes_all": "untested: the probe itself broke down; its worker's log says where",
    "fills_a_file": STOPPED.format("file too large"),
    "fills_with_files": "untested: the probe could not run it: it made more than 1000 files, the"
    " sandbox's limit",
}
BUBBLEWRAP = {
    "fills_tmp": STOPPED.format("no space left"),
    "branches": STOPPED.format("resource temporarily unavailable"),
}
"""What only bubblewrap stops, whoever we are: /tmp of one's own, and the number of processes."""
FIRST = {
    "branches": BEHIND["eats_memory"],  # what children share is counted of each
    "fills_a_file": "untested: the probe could not run it: it wrote more than 0.1 GiB, the"
    " sandbox's limit",
}
"""What is told where we look before the kernel refuses: both are limits, and said to be."""


@pytest.fixture(scope="module")
def wall(tmp_path_factory: pytest.TempPathFactory) -> Walls:
    """The wall that holds here; where none does, nothing is run that needs one."""
    found = walls.of(AUTO, tmp_path_factory.mktemp("walls"))
    if found.held is None:
        pytest.skip(f"the fork bomb and what fills disks need a wall: {found.refusal}")
    return found


@pytest.fixture
def zoo(workshop: Workshop, tmp_path: Path) -> Path:
    stage(workshop, **LIMITS)
    folder = tmp_path / "zoo"
    folder.mkdir()
    return folder


def checked(workshop: Workshop, zoo: Path, names: Mapping[str, str], *words: str) -> Finished:
    files = [str(own_file(zoo, name)) for name in names]
    asked = ("--envs", WRITER, "--run", "--json", "--jobs", "3", *words)
    return workshop.run("check", *files, *asked)


def told(finished: Finished) -> dict[str, str]:
    found = {}
    for one in json.loads(finished.out):
        assert one["problem"] is None
        (answer,) = one["answers"]
        found[Path(one["path"]).stem] = f"{answer['outcome']}: {answer['reason']}"
    return found


def assert_nothing_stays(workshop: Workshop) -> None:
    workshop.assert_all_gone()
    home = workshop.home
    assert not [*home.glob("scratch/*"), *home.glob("checked/scratch-*"), *home.glob("convert-*")]


def test_check_tells_each_dummy_by_its_kind(workshop: Workshop, zoo: Path, wall: Walls) -> None:
    assert wall.held is not None
    expected = {**BEHIND, **(BUBBLEWRAP if wall.held.level is Level.BWRAP else {})}
    workshop.before = SMALL_WALLS
    report = zoo.parent / "report"
    finished = checked(workshop, zoo, expected, "--report", str(report))
    found = told(finished)
    expected |= {name: first for name, first in FIRST.items() if found.get(name) == first}
    assert found == expected
    assert finished.code == 1  # one does not stay the same
    assert_nothing_stays(workshop)
    for path in report.rglob("*.html"):
        text = path.read_bytes()
        assert b"<script>alert" not in text
        assert b"\x1b" not in text
    in_report = {f"{row['outcome']}: {row['reason']}" for row in rows(report)}
    tested = [one for one in expected.values() if not one.startswith("untested")]
    assert in_report >= set(map(as_shown, tested))

    # Of what is only not known the exit code is another, and a limit of ours is no verdict.
    unknown = {name: one for name, one in expected.items() if one.startswith("untested")}
    assert workshop.run("check", *_files(zoo, unknown), "--envs", WRITER).code == 5
    assert workshop.run("check", *_files(zoo, {"plain": ""}), "--envs", WRITER).code == 0


def _files(zoo: Path, names: Mapping[str, str]) -> list[str]:
    return [str(zoo / f"{name}.keras") for name in names]


def test_check_without_a_wall_tells_the_same(workshop: Workshop, zoo: Path) -> None:
    finished = checked(workshop, zoo, ANYWHERE, "--sandbox", "none")
    assert told(finished) == ANYWHERE
    assert finished.code == 1
    assert_nothing_stays(workshop)


REFUSED = {
    "kills": "run: Killed: the process ended with ",
    "leaves": "run: Killed: the process ended with 0",
    "sleeps": "run: Killed: the process did not end within ",
    "eats_memory": "run: Killed: the process used more than 300 MiB of memory",
    "exits": "load: SystemExit: 0",
    "leaves_a_daemon": "load: ValueError: somebody stayed",
    "floods": "load: ValueError: after the flood",
}
WITHOUT_NUMBERS = "nothing could be compared: what the original gives is empty, or no numbers"


def test_convert_brings_no_dummy_across_and_says_why(
    workshop: Workshop, zoo: Path, wall: Walls
) -> None:
    assert wall.held is not None
    workshop.before = SMALL_WALLS
    workshop.matrix["limits"] |= {"seconds": 0.3, "import_seconds": 4}
    workshop.write()
    names = ("plain", *REFUSED, "has_no_numbers", "warns_of_no_text", "fills_a_file")
    for name in names:
        own_file(zoo, name)
    new = zoo.parent / "new"
    asked = ("--to", OTHER, "--into", str(new), "--format", "json", "--jobs", "3")
    finished = workshop.run("convert", str(zoo), *asked)
    assert finished.code == 1
    assert_whole(new, {"plain", "warns_of_no_text"})
    models = {Path(one["name"]).stem: one for one in json.loads(finished.out)["models"]}
    assert {name for name, one in models.items() if one["verdict"] == "delivered"} == {
        *("plain", "warns_of_no_text")
    }
    for name, why in REFUSED.items():
        assert models[name]["reason"].startswith(
            f"no version could read the original; {WRITER}: {why}"
        ), models[name]
    assert models["has_no_numbers"]["reason"].startswith(WITHOUT_NUMBERS)
    filled = models["fills_a_file"]["reason"]
    assert "(file too large)" in filled or "the sandbox's limit" in filled  # who sees it first
    assert_nothing_stays(workshop)


def test_a_dummy_alone_is_not_brought_across(workshop: Workshop, zoo: Path) -> None:
    """Without a wall, and by itself: one clear line, the exit code, and no file."""
    workshop.matrix["limits"] |= {"seconds": 0.3, "import_seconds": 4}
    workshop.write()
    for name in ("eats_memory", "leaves_a_daemon"):
        path = own_file(zoo, name)
        asked = ("--to", OTHER, "--output", str(zoo / "new.keras"), "--sandbox", "none")
        finished = workshop.run("convert", str(path), *asked)
        assert finished.code == 1
        (said,) = [line for line in finished.out.splitlines() if "no version could read" in line]
        assert REFUSED[name] in said
        assert not (zoo / "new.keras").exists()
        assert_nothing_stays(workshop)


def assert_whole(folder: Path, delivered: set[str]) -> None:
    """Check that a folder of results has these alone, each with its receipt, and no half of one."""
    there = {path.name for path in folder.rglob("*") if path.is_file()}
    models = {f"{name}.keras" for name in delivered}
    receipts = {f"{name}.receipt.json" for name in models}
    assert there == {*models, *receipts, "manifest.json", "manifest.md"}
    for name in models:
        assert (folder / name).stat().st_size


def test_a_wall_that_cannot_stand_is_no_verdict(workshop: Workshop, zoo: Path, wall: Walls) -> None:
    """Too small a limit, and a wall that is not put up: said as ours, with another exit code."""
    assert wall.held is not None
    small = "from caniload.runner.sandbox import policy\npolicy.ADDRESSES = 64 << 20"
    nowhere = (
        "from caniload.runner.sandbox import walls\nwalls.Walls._tried = lambda *_: 'not here'"
    )
    for before, words in ((small, "not even a small model of its own"), (nowhere, "not here")):
        workshop.before = before
        finished = checked(workshop, zoo, {"plain": ""})
        assert finished.code in (2, 5)
        assert words in finished.out + finished.err
        for one in json.loads(finished.out or "[]"):
            assert {answer["outcome"] for answer in one["answers"]} <= {"untested"}
        assert_nothing_stays(workshop)


def test_a_broken_file_is_told_as_that(workshop: Workshop, zoo: Path) -> None:
    """None of these is loaded; what is wrong is said of the file, and not of a version."""
    whole = own_file(zoo, "plain").read_bytes()
    example = Path(__file__).parents[2] / "docs" / "examples" / "text.h5"
    broken: dict[str, bytes] = {
        "short.keras": whole[:500],
        "empty.keras": b"",
        "none.keras": b"not a zip at all " * 40,
        "short.h5": example.read_bytes()[:4000],
    }
    for name, content in broken.items():
        (zoo / name).write_bytes(content)
    files = [str(zoo / name) for name in broken]
    finished = workshop.run("check", *files, "--envs", WRITER, "--run", "--json")
    assert finished.code == 2
    found: list[dict[str, Any]] = json.loads(finished.out)
    assert len(found) == len(broken)
    for one in found:
        assert one["problem"], one["path"]
        assert {answer["outcome"] for answer in one["answers"]} <= {"untested"}
    assert not (workshop.home / "environments").exists()  # nobody had to build one to say so
