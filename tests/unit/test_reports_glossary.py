"""What was heard, entry by entry: when first and last, what has none, and what matched nothing."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from drawn import contents
from judged_example import ENTRIES, SMALL, example

from caniload.reports import glossdata
from caniload.reports.glossary import MET, QUIET, UNTESTED, Coverage, Glossary, glossary
from caniload.reports.planes import planes
from caniload.reports.table import tabulate
from caniload.reports.text import ingest
from caniload.runner.core.judged import Aside, Bounds, Failure, JudgedMatrix, Message
from caniload.runner.core.outcomes import Outcome

UNKNOWN = Message(
    channel="native", category="x.cc", level="WARNING", text="step 7 of /a/b/c is odd", phase="save"
)


def known(judged: JudgedMatrix) -> Glossary:
    matrix = ingest(judged)
    table = tabulate(matrix)
    return glossary(table, planes(table, matrix), matrix)


def failing_only_in(*loads: str) -> JudgedMatrix:
    """Return a matrix in which one known exception is raised by these loaders alone."""
    judged = example()
    cells = [
        one
        for one in judged.cells
        if one.outcome is not Outcome.ERROR or one.cell.loaded_by in loads or one.control
    ]
    return replace(judged, cells=tuple(cells))


def test_first_and_last_are_measured() -> None:
    (term,) = [
        one
        for one in known(failing_only_in("tf-2.12", "tf-2.15")).terms
        if one.entry and one.entry.id == "argument"
    ]
    assert [SMALL[term.first], SMALL[term.last]] == ["tf-2.12", "tf-2.15"]
    (life,) = term.lives
    assert life.stack == "tf.keras"
    assert life.squares == (QUIET, QUIET, MET, MET, QUIET)
    assert life.words == "TF 2.12 to TF 2.15 (2 of 5)"


def test_what_was_not_tested_is_neither() -> None:
    judged = failing_only_in("tf-1.15", "tf-2.15")
    cells = tuple(one for one in judged.cells if one.cell.loaded_by != "tf-2.12")
    (term,) = [one for one in known(replace(judged, cells=cells)).terms if "argument" in one.anchor]
    assert term.lives[0].squares == (MET, QUIET, UNTESTED, MET, QUIET)
    assert term.lives[0].words == "TF 1.15, TF 2.15 (2 of 4)"


def test_a_term_tells_cells_and_channels() -> None:
    found = {term.entry.id: term for term in known(example()).terms if term.entry}
    assert found["argument"].sources == {"exception"}
    assert found["compile-lost"].sources == {"logging"}
    assert found["argument"].cells > 0
    assert found["argument"].example is not None


def test_what_has_no_entry_is_listed() -> None:
    found = known(
        replace(example(), asides=(Aside(environment="tf-1.15", message=UNKNOWN, times=3),))
    )
    odd = [term for term in found.unmatched if term.text == "step <n> of <path> is odd"]
    assert [(term.times, term.cells, term.places) for term in odd] == [(3, 0, {0})]
    assert len(found.unmatched) == 2  # "You are saving <name> as an HDF5 file." is the other
    assert found.coverage.unmatched_messages > 3
    assert any(
        "x.cc, native: step <n>" in line for line in glossdata.lines(found, ingest(example()))
    )


def test_what_matches_nothing_any_more_is_listed() -> None:
    once = replace(ENTRIES[2], example="as it was")
    found = known(replace(example(), catalogue=(*ENTRIES[:2], once)))
    assert [entry.id for entry in found.unused] == ["never-heard"]
    assert [entry.id for entry in found.gone] == ["never-heard"]
    assert known(example()).gone == ()
    whole, part = (ingest(replace(example(), whole=whole)) for whole in (True, False))
    assert "1 entries match nothing any more" in "\n".join(glossdata.lines(found, whole))
    assert "match nothing" not in "\n".join(glossdata.lines(found, part))  # it was not provoked


def test_an_exception_without_an_entry_counts() -> None:
    judged = example()
    nameless = tuple(replace(one, cause=None) for one in judged.cells)
    found = known(replace(judged, cells=nameless)).coverage
    assert found.unmatched_errors == found.errors > 0
    assert known(judged).coverage.unmatched_errors == 0


def test_an_exception_while_saving_counts_once_for_its_file() -> None:
    """A file that was never written has a cell for each loader, and one saver that refused it."""
    judged = example(models=2, formats=1)
    refused = Failure(type="OpError", message="no such kernel", phase="build")
    cells = tuple(
        replace(one, outcome=Outcome.NA, artifact=None, error=refused)
        if one.cell.artifact.saved_by == "tf-2.12" and not one.control
        else replace(one, outcome=Outcome.IDENTICAL, error=None, cause=None)
        for one in judged.cells
    )
    found = known(replace(judged, cells=cells))
    assert found.coverage.errors == found.coverage.unmatched_errors == 1
    (term,) = [one for one in found.unmatched if one.sources == {"exception"}]
    assert term.source == "exception, while build"
    assert term.places == {SMALL.index("tf-2.12")}


def test_who_only_failed_to_save_was_tested() -> None:
    """Squares and words of a lifetime agree about it."""
    judged = example(models=2, formats=1)
    refused = Failure(type="OpError", message="no such kernel", phase="save")
    cells = tuple(
        replace(one, outcome=Outcome.NA, artifact=None, error=refused)
        for one in judged.cells
        if one.cell.loaded_by == one.cell.artifact.saved_by == "tf-2.12" and not one.control
    )
    (term,) = known(replace(judged, cells=cells)).unmatched
    (life,) = term.lives
    assert life.squares[SMALL.index("tf-2.12")] == MET
    assert life.words == "TF 2.12 (1 of 1)"


@pytest.mark.parametrize(
    ("unmatched", "allowed", "told"),
    [
        (0, 0.0, []),
        (2, 0.02, []),
        (3, 0.02, ["3.0% of messages without an entry in the catalogue, allowed 2.0%"]),
    ],
)
def test_the_share_is_bounded(unmatched: int, allowed: float, told: list[str]) -> None:
    found = Coverage(
        messages=100, unmatched_messages=unmatched, noise=10_000, errors=0, unmatched_errors=0
    )
    assert found.over(Bounds(unmatched_messages=allowed, unmatched_errors=0.0)) == told


def test_the_files_say_the_same() -> None:
    made = contents(example())
    data, summary = json.loads(made["catalogue.json"]), json.loads(made["summary.json"])
    assert [one["id"] for one in data["entries"]] == ["argument", "compile-lost"]
    assert data["never_recorded"] == ["never-heard"]
    assert summary["catalogue"]["met"] == 2
    assert summary["catalogue"]["messages"] == data["messages"]
    page = made["warnings.html"].decode()
    assert 'id="e-argument"' in page
    assert "<code>never-heard</code>" in page
