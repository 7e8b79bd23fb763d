"""What is expected: read with a line for each mistake, written back as it reads, and matched."""

from __future__ import annotations

import pytest
from hypothesis import given
from nights_made import FINE, SITES, bad, book, night, nights, said

from caniload.runner.core.errors import MatrixError
from caniload.runner.nightly.findings import Kind, identify
from caniload.runner.nightly.ledger import Book, Ledger, parse
from caniload.runner.nightly.night import Night, Place, State
from caniload.runner.nightly.writing import UNEXPLAINED, Wanted, Written, as_text, write

CELL = "a-1/lstm.h5/a-2"
WANTED = Wanted(today="2026-11-02", means={"argument": "An argument is not taken."})
GOOD = """\
schema: 1
expected:
  - cause: argument
    load: [a-2..a-4]
    reason: "They have always done so."
    expires: "2027-01-01"
"""


def written(found: Night, before: Book | None = None, wanted: Wanted = WANTED) -> Written:
    return write(before or book(today=""), found, wanted)


def held(made: Written) -> Book:
    return Book(ledger=made.ledger, environments=SITES, today="2026-11-02")


def test_what_is_wrong_in_training_alone_is_not_expected_by_an_entry_for_both() -> None:
    """Found by the test below: the second of two entries of one cause had nothing left to it."""
    both = bad("x-y", "warning", train="identical", train_cause="")
    alone = bad("x-y", "warning", predict="identical", predict_cause="")
    one = night({"a-3/dense.h5/a-4": both, "a-3/lstm.h5/a-3": both, "a-3/lstm.h5/a-4": alone})
    made = written(one)
    assert len(made.added) == 2
    assert not said(one, by=held(made)).findings


@given(nights())
def test_what_is_written_reads_the_same_and_expects_all_that_was_found(one: Night) -> None:
    made = written(one)
    assert parse(as_text(made.ledger)) == made.ledger
    assert not [
        found
        for found in said(one, by=held(made)).findings
        if found.kind in {Kind.UNEXPECTED, Kind.TEXT, Kind.UNUSED}
    ]


@given(nights())
def test_writing_again_changes_nothing(one: Night) -> None:
    made = written(one)
    again = written(one, Book(ledger=made.ledger, environments=SITES, today=""))
    assert (again.ledger, list(again.added), list(again.removed)) == (made.ledger, [], [])


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ('expires: "2027-01-01"', "expires: 2027-01-01|:6: expected[0].expires: quote the day"),
        ("cause: argument", "causes: argument|causes: unknown key"),
        ("cause: argument", "cell: x\n    cause: argument|needs one of cause, cell, text"),
        ("schema: 1", "schema: 2|:1: schema:"),
        ('"2027-01-01"', '"2027-02-30"|`expires`: there is no 2027-02-30'),
        ('reason: "They have always done so."', "cells: 3|reason: is missing"),
        ("load: [a-2..a-4]", 'worst: dreadful|"dreadful" is not one of'),
        ("expected:", "expected: {|not YAML"),
        ("load: [a-2..a-4]", "load: [a]\n    load: [b]|this key stands here twice"),
    ],
)
def test_a_mistake_is_one_line_with_its_place(wrong: str, told: str) -> None:
    instead, _, line = told.partition("|")
    assert wrong in GOOD
    with pytest.raises(MatrixError) as caught:
        parse(GOOD.replace(wrong, instead), "ledger.yaml")
    (said_so,) = str(caught.value).splitlines()
    assert said_so.startswith("ledger.yaml:")
    assert line in said_so


def test_the_same_entry_twice_is_refused() -> None:
    twice = GOOD + GOOD.partition("expected:\n")[2]
    with pytest.raises(MatrixError, match=r"expected\[1\]: says what expected\[0\] says"):
        parse(twice)


@pytest.mark.parametrize(
    ("entry", "fits"),
    [
        ({"cause": "argument"}, True),
        ({"cause": "arg*"}, True),
        ({"cause": "other"}, False),
        ({"cell": CELL}, True),
        ({"cell": "a-1/*"}, True),
        ({"cell": "a-2/*"}, False),
        ({"cause": "argument", "load": ("a-1..a-3",)}, True),
        ({"cause": "argument", "load": ("a-3..a-4",)}, False),
        ({"cause": "argument", "load": ("a-?",)}, True),
        ({"cause": "argument", "save": ("a-1",), "model": ("lstm",), "format": ("h5",)}, True),
        ({"cause": "argument", "model": ("dense",)}, False),
        ({"cause": "argument", "worst": "warning"}, False),
        ({"cause": "argument", "only": "train"}, False),
        ({"cause": "argument", "expires": "2026-11-01"}, False),
        ({"cause": "argument", "expires": "2026-11-02"}, True),
    ],
)
def test_an_entry_is_of_the_cells_that_it_names(entry: dict[str, object], fits: bool) -> None:  # noqa: FBT001
    place = Place("a-1", "lstm", "h5", "a-2")
    assert (book(entry).of_cell(place, bad()) is not None) is fits


def test_a_cell_that_got_worse_than_its_entry_allows_is_not_expected() -> None:
    by = book({"cause": "argument", "worst": "error"})
    assert by.of_cell(Place("a-1", "lstm", "h5", "a-2"), bad(outcome="differs")) is None


def test_two_causes_need_an_entry_of_both() -> None:
    state = State(predict="error", train="error", predict_cause="x", train_cause="y")
    place = Place("a-1", "lstm", "h5", "a-2")
    assert book({"cause": "x"}).of_cell(place, state) is None
    assert book({"cause": "x and y"}).of_cell(place, state) == 0


def test_a_rule_is_short_where_environments_follow_each_other() -> None:
    cells = {f"{save}/lstm.h5/{load}": bad() for save in SITES for load in SITES[1:]}
    (entry,) = written(night(cells)).ledger.expected
    assert (entry.load, entry.save, entry.model) == (("a-2..a-4",), ("a-1..a-4",), ("lstm",))
    assert (entry.cells, entry.reason, entry.expires) == (
        12,
        "An argument is not taken.",
        "2027-01-31",
    )


def test_what_nobody_has_explained_stands_for_a_month() -> None:
    (entry,) = written(night({CELL: bad("load: ValueError: what")})).ledger.expected
    assert (entry.reason, entry.expires) == (UNEXPLAINED, "2026-12-02")


def test_what_is_there_no_more_goes_and_what_was_edited_stays() -> None:
    before = book(
        {"cause": "argument", "reason": "Somebody wrote this."}, {"cause": "gone"}, today=""
    )
    made = written(night({CELL: bad()}), before)
    assert [one.about for one in made.removed] == ["gone"]
    (entry,) = made.ledger.expected
    assert entry.reason == "Somebody wrote this."


def test_what_a_smaller_night_did_not_look_at_stays() -> None:
    """A night of few environments says nothing of the others, nor one of few models."""
    before = book(
        {"cause": "argument", "load": ("a-9",)},
        {"cause": "argument", "load": ("a-2",), "cells": 500},
        {"cause": "argument", "load": ("a-3",), "cells": 1},
        {"control": "a-9"},
        today="",
    )
    made = written(night({"a-1/dense.h5/a-2": FINE, "a-1/dense.h5/a-3": FINE}), before)
    assert [one.load for one in made.removed] == [("a-3",)]


def test_one_cause_can_be_accepted_alone() -> None:
    both = night({CELL: bad(), "a-1/dense.h5/a-3": bad("other")})
    only = frozenset({identify(Kind.UNEXPECTED, "other")})
    made = written(
        both, book({"cause": "gone"}, today=""), Wanted(today="2026-11-02", means={}, only=only)
    )
    assert [one.about for one in made.ledger.expected] == ["gone", "other"]


def test_what_has_expired_is_renewed_only_when_asked() -> None:
    old = book({"cause": "argument", "expires": "2026-10-01"}, today="")
    assert written(night({CELL: bad()}), old).ledger.expected[0].expires == "2026-10-01"
    renewed = written(night({CELL: bad()}), old, Wanted(today="2026-11-02", means={}, renew=True))
    assert (renewed.renewed, renewed.ledger.expected[0].expires) == (1, "2027-01-31")


def test_an_empty_ledger_is_one() -> None:
    assert parse(as_text(Ledger(schema=1))) == Ledger(schema=1)
    assert not written(night(rest=FINE)).ledger.expected
