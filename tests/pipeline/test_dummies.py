"""Crash dummies in whole runs: what is recorded and shown of each, however many run at a time.

``TWENTY`` are the faults that this project was designed against, and where each has its dummy.
"""

from __future__ import annotations

import ast
import os
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from workshop import Workshop, as_shown, rows, steady

pytest_plugins = ["pipeline_fixtures"]

TESTS = Path(__file__).parents[1]
HERE, OWN = "pipeline/test_dummies.py", "pipeline/test_dummies_own.py"
MATRIX = f"{HERE}::test_each_dummy_is_told_alike_however_many_run"
CHECK = f"{OWN}::test_check_tells_each_dummy_by_its_kind"
CONVERT = f"{OWN}::test_convert_brings_no_dummy_across_and_says_why"
CONFINING = "unit/test_confining.py"
SURVIVAL, WALLS = "pipeline/test_survival.py", "unit/test_sandbox.py"

TWENTY = {
    "sleeps for ever": (MATRIX, CHECK, CONVERT),
    "ignores TERM, INT and XCPU": (MATRIX, CHECK),
    "spins": (MATRIX, CHECK),
    "SIGSEGV, abort, and an exit code that looks like one": (MATRIX, CHECK, CONVERT),
    "exits with 0 and no result": (MATRIX, CHECK, CONVERT),
    "a daemon holds its streams": (
        *(MATRIX, CHECK, CONVERT),
        f"{WALLS}::test_processes_end_with_their_command_however_they_hide",
        "unit/test_sandbox_strays.py::test_a_daemon_is_found_by_its_folder_and_no_other_is",
    ),
    "the runner is killed": (
        f"{SURVIVAL}::test_killed_again_and_again",
        "pipeline/test_survival_own.py::test_a_check_that_is_killed_goes_on",
        "pipeline/test_survival_own.py::test_conversions_that_are_killed_go_on",
        "unit/test_faults.py::test_a_merge_of_packs_that_is_killed_at_any_moment",
        "pipeline/test_survival_own.py::test_evidence_that_comes_and_goes_is_whole",
        "unit/test_environments_processes.py::test_the_command_dies_with_a_runner_that_is_killed",
    ),
    "fork bomb": (CHECK, f"{WALLS}::test_too_many_processes_are_refused"),
    "memory balloon": (
        *(MATRIX, CHECK, CONVERT),
        f"{WALLS}::test_too_much_memory_is_refused_and_said_to_be_ours",
    ),
    "floods its streams": (MATRIX, CHECK, CONVERT),
    "fills /tmp": (CHECK,),
    "fills its folder, with one file or with many": (
        *(CHECK, CONVERT),
        f"{WALLS}::test_a_flood_of_the_scratch_folder_is_ended",
    ),
    "the sandbox cannot be set up": (
        "unit/test_sandbox_judged.py::test_where_there_is_no_wall_nothing_is_loaded",
        "unit/test_sandbox_judged.py::test_a_wall_that_lets_one_thing_through_is_none",
        f"{OWN}::test_a_wall_that_cannot_stand_is_no_verdict",
    ),
    "limits are too small": (
        f"{WALLS}::test_a_control_that_fails_is_told_and_asked_again",
        f"{CONFINING}::test_a_wall_is_changed_once_and_only_if_its_own_model_passes_behind_it",
        f"{OWN}::test_a_wall_that_cannot_stand_is_no_verdict",
    ),
    "half-built environment": (
        f"{SURVIVAL}::test_killed_again_and_again",  # each time all that is built is whole
        "unit/test_environments_receipts.py::test_a_torn_or_foreign_receipt_is_none",
    ),
    "a .keras that is cut short, empty or no zip": (
        f"{OWN}::test_a_broken_file_is_told_as_that",
        "unit/test_forensics.py::test_damaged_copies_end_in_an_answer",
        "unit/test_forensics.py::test_what_is_no_model_is_named_in_one_line",
    ),
    "an .h5 that is cut short": (
        f"{OWN}::test_a_broken_file_is_told_as_that",
        "unit/test_forensics.py::test_damaged_copies_end_in_an_answer",
    ),
    "weights that are no numbers": (MATRIX, CHECK, CONVERT),
    "no UTF-8, NUL and OSC 8 in warnings": (
        *(MATRIX, CHECK, CONVERT),
        "unit/test_texts.py::test_clean_text_can_be_written_and_stays_clean",
    ),
    "escapes, markup and half letters in what is raised, and in names": (
        *(MATRIX, CHECK),
        "unit/test_forensics.py::test_names_cannot_steer_a_terminal",
        "unit/test_packs_hostile.py::test_texts_are_fit_to_be_shown",
    ),
    "a hostile tree of results": (
        *(MATRIX, CHECK),
        f"{WALLS}::test_links_and_pipes_in_the_scratch_folder_are_not_followed",
        f"{WALLS}::test_what_a_worker_says_is_a_strangers_word",
    ),
}
"""Each fault, with the tests that run it. Where no wall stands, the fork bomb and what fills disks
are run by nobody: check leaves them out, with the reason."""

VERSIONS = ("1.0", "2.0", "3.0")
PAIRS = (("1.0", "2.0"), ("1.0", "3.0"), ("2.0", "3.0"), ("3.0", "1.0"), ("3.0", "2.0"))
"""(Reader, saver): what a version does not load of its own is shown elsewhere, and 2.0 has quirks
of its own about what is of 1.0."""
FORMATS = ("h5", "json")
EXPECTED = {
    "sleeps": "crash: did not end within 1 s (in phase load)",
    "has_no_numbers": "differs: output 0 differs by up to nan; weight hidden/0 differs by up to"
    " nan; weight hidden/1 differs by up to nan; weight outputs/0 differs by up to nan; weight"
    " outputs/1 differs by up to nan",
    "stays_deaf": "crash: did not end within 1 s (in phase load)",
    "spins": "crash: did not end within 1 s (in phase load)",
    "kills": "crash: the interpreter was killed by SIGSEGV (in phase load)",
    "aborts": "crash: the interpreter was killed by SIGABRT (in phase load)",
    "leaves": "crash: the process ended itself with exit code 0 (in phase load)",
    "leaves_by_number": "crash: the process ended itself with exit code 139 (in phase load)",
    "exits": "error: does not load: SystemExit: 0",
    "leaves_a_daemon": "error: does not load: ValueError: somebody stayed",
    "eats_memory": "crash: used more than 300 MiB of memory (in phase load)",
    "floods": "error: does not load: ValueError: after the flood",
    "warns_of_no_text": "identical: bit for bit the same model",
    "says_no_text": "error: does not load: ValueError: "
    "<script>alert(1)</script>\\ud800]]>\u202e\ufffe",
    "plants_a_tree": "error: does not load: ValueError: a tree stands",
    "closes_all": "untested: the probe itself broke down; its worker's log says where;"
    " the next run tries again",
    "recurses": "error: does not load: RecursionError: maximum recursion depth exceeded",
    "nests": "error: does not load: RecursionError: maximum recursion depth exceeded while decoding"
    " a JSON array from a unicode string",
}
"""What is told of each dummy; the order decides which file does it: JSON holds no weights."""

WARNED = "press here red \\udcff<script>alert(1)</script>\u202e"
"""What is left of a link of OSC 8, a colour, NUL, a bell and a byte that is no text."""

SHOWN = (
    *("SIGSEGV in phase load", "SIGABRT in phase load", "timeout in phase load"),
    *("exit 0 in phase load", "exit 139 in phase load", "memory in phase load"),
    *("SystemExit: 0", "ValueError: somebody stayed", "ValueError: after the flood"),
    *("ValueError: a tree stands", "RecursionError: maximum recursion depth exceeded"),
)
"""What the page of failures calls them."""


def places() -> list[tuple[str, str]]:
    """Return (reader, file) of the cells that dummies take: such as no quirk of theirs is about."""
    return [
        (reader, f"{saver}/{name}")
        for kind in FORMATS
        for reader, saver in PAIRS
        for name in (f"dense.{kind}", f"control.{kind}")
    ]


def staged(workshop: Workshop, acts: dict[tuple[str, str], str], **limits: float) -> None:
    """Have readers do an act for each of these files."""
    workshop.use(VERSIONS)
    for one, version in zip(workshop.matrix["environments"], VERSIONS, strict=True):
        theirs = [f"{file}={act}" for (reader, file), act in acts.items() if reader == version]
        one["variables"] = {**one["variables"], "FAKE_DUMMIES": ";".join(theirs)}
    formats = workshop.matrix["formats"]
    workshop.matrix["formats"] = [one for one in formats if one["id"] in FORMATS]
    workshop.matrix["controls"]["damage"] = ["empty"]
    workshop.matrix["limits"] |= limits
    workshop.write()


def cell_id(reader: str, file: str) -> str:
    return f"fake-{file}/fake-{reader}"


def told(cells: list[dict[str, Any]], acts: dict[tuple[str, str], str]) -> dict[str, str]:
    """Return what is told of each act."""
    by_id = {one["id"]: f"{one['outcome']}: {one['reason']}" for one in cells}
    return {act: by_id[cell_id(*place)] for place, act in acts.items()}


@pytest.mark.parametrize("where", sorted({one for tests in TWENTY.values() for one in tests}))
def test_what_the_table_names_is_there(where: str) -> None:
    path, _, name = where.partition("::")
    tree = ast.parse((TESTS / path).read_text(encoding="utf-8"))
    assert name in {one.name for one in ast.walk(tree) if isinstance(one, ast.FunctionDef)}


def test_each_dummy_is_told_alike_however_many_run(workshop: Workshop) -> None:
    acts = dict(zip(places(), EXPECTED, strict=False))
    assert list(acts.values()) == list(EXPECTED)
    staged(workshop, acts, seconds=1, seconds_floor=1, memory_mb=300)

    found = []
    for jobs in ("1", "2"):
        finished = workshop.run("matrix", "--jobs", jobs)
        assert finished.code == 0, finished.err
        assert_nothing_stays(workshop)
        cells = workshop.cells()
        assert told(cells, acts) == EXPECTED, jobs
        untouched = [one for one in cells if one["id"] not in {cell_id(*place) for place in acts}]
        assert all(one["outcome"] != "untested" for one in untouched)
        in_report = shown(workshop)
        assert {act: in_report[cell_id(*place)] for place, act in acts.items()} == {
            act: as_shown(one) for act, one in EXPECTED.items()
        }
        found.append((steady(cells), in_report))
        workshop.clean("results", "artifacts", "private")
    (one_by_one, _), _ = found
    assert found[1] == found[0]

    place = next(place for place, act in acts.items() if act == "warns_of_no_text")
    (warned,) = [one["warnings"] for one in one_by_one if one["id"] == cell_id(*place)]
    assert [one["text"] for one in warned] == [WARNED]


def assert_nothing_stays(workshop: Workshop) -> None:
    workshop.assert_all_gone()
    assert not list(workshop.home.glob("scratch/*"))


def shown(workshop: Workshop) -> dict[str, Any]:
    """Return what a report says of the cells; what no page may have is in none."""
    report = workshop.home / "report"
    for path in report.rglob("*.html"):
        text = path.read_bytes()
        assert not re.search(rb"<script>alert|[\x00-\x08\x0b-\x1f\x7f]|\xed[\xa0-\xbf]", text), path
    words = " ".join(re.sub(r"<[^>]*>", " ", (report / "failures.html").read_text()).split())
    missing = [one for one in SHOWN if one not in words]
    assert not missing, words
    return {row["id"]: f"{row['outcome']}: {row['reason']}" for row in rows(report)}


def plain(workshop: Workshop) -> dict[str, dict[str, Any]]:
    """Return cells by id, without the variable that says what each file does."""
    cells = {one["id"]: one for one in steady(workshop.cells())}
    for one in cells.values():
        one["variables"].pop("FAKE_DUMMIES", None)
    return cells


QUICK = ("kills", "leaves", "exits", "leaves_a_daemon", "floods", "plants_a_tree")
"""Dummies that take no time."""

EXAMPLES = int(os.environ.get("CANILOAD_TEST_EXAMPLES", "2"))


def test_whatever_dummies_do_costs_no_other_cell(workshop: Workshop) -> None:
    """Any cells may be dummies, of any kind: all others stay what they are without them."""
    staged(workshop, {}, memory_mb=300)
    assert workshop.run("matrix").code == 0
    without = plain(workshop)
    some = st.dictionaries(st.sampled_from(places()), st.sampled_from(QUICK), min_size=1)

    @settings(max_examples=EXAMPLES, deadline=None, database=None, phases=[Phase.generate])
    @given(acts=some)
    def holds(acts: dict[tuple[str, str], str]) -> None:
        staged(workshop, acts, memory_mb=300)
        assert workshop.run("matrix", "--jobs", "2").code == 0
        assert_nothing_stays(workshop)
        cells = plain(workshop)
        ours = {cell_id(*place): act for place, act in acts.items()}
        assert cells.keys() == without.keys()
        assert {
            name: one for name, one in cells.items() if name not in ours and one != without[name]
        } == {}
        assert {name: EXPECTED[act].partition(":")[0] for name, act in ours.items()} == {
            name: cells[name]["outcome"] for name in ours
        }
        assert {row["id"] for row in rows(workshop.home / "report")} == cells.keys()

    holds()
