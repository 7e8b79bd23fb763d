"""One cause, one issue: opened once, renewed where it spreads, closed when it is over."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from nights_made import bad, book, night, nights, said, with_site

from caniload.runner.core.errors import UsageError
from caniload.runner.nightly.findings import Kind, Report
from caniload.runner.nightly.issues import LABEL, MOST, plan
from caniload.runner.nightly.night import Night, State, Work

CELL, WIDER = "a-1/lstm.h5/a-2", "a-1/lstm.h5/a-3"


class Tracker:
    """Issues as a tracker holds them; carries plans out."""

    def __init__(self) -> None:
        self.issues: list[dict[str, Any]] = []
        self.comments: list[tuple[int, str]] = []

    def follow(self, report: Report) -> list[str]:
        """Do what is planned; return what that was."""
        made = plan(report, self.issues)
        for step in made.steps:
            number = step.number
            if step.do == "open":
                number = len(self.issues) + 1
                labels = [{"name": step.label}]
                self.issues.append({"number": number, "title": step.title, "labels": labels})
            assert number is not None
            issue = self.issues[number - 1]
            issue["state"] = "CLOSED" if step.do == "close" else "OPEN"
            issue["body"] = step.body or issue["body"]
            if step.comment:
                self.comments.append((number, step.comment))
        return [step.do for step in made.steps]


def test_a_cause_lives_and_dies_in_one_issue() -> None:
    tracker, by = Tracker(), book()
    quiet = night()
    first = night({CELL: bad()}, when="2026-11-02")
    assert tracker.follow(said(first, quiet, by=by)) == ["open"]
    found = tracker.issues[0]["body"]
    second = replace(first, when="2026-11-03T02:17:00+00:00")
    assert tracker.follow(said(second, quiet, first, by=by)) == []
    wider = night({CELL: bad(), WIDER: bad()}, when="2026-11-04")
    assert tracker.follow(said(wider, quiet, first, second, by=by)) == ["update"]
    assert tracker.comments == [(1, "Since the night of 2026-11-04 also: a-3.")]
    assert found.splitlines()[1] in tracker.issues[0]["body"]  # how it was found stays
    mended = night(when="2026-11-05")
    assert tracker.follow(said(mended, wider, by=by)) == ["close"]
    assert tracker.follow(said(mended, mended, by=by)) == []
    back = night({CELL: bad()}, when="2026-11-06")
    assert tracker.follow(said(back, mended, by=by)) == ["reopen"]
    assert len(tracker.issues) == 1


@given(nights(), nights(when="2026-10-31"))
def test_a_plan_that_was_carried_out_is_followed_by_nothing(one: Night, before: Night) -> None:
    tracker, report = Tracker(), said(one, before, by=book())
    left = len(plan(report, []).left)
    tracker.follow(report)
    made = plan(report, tracker.issues)
    assert len(made.steps) <= left
    assert all(step.do == "open" for step in made.steps)


def test_a_night_in_which_nothing_ran_closes_nothing() -> None:
    tracker, by = Tracker(), book()
    first = night({CELL: bad()})
    tracker.follow(said(first, by=by))
    dead = night(when="2026-11-02", work=Work())
    assert tracker.follow(said(dead, first, by=by)) == ["open"]  # its own
    alive = night({CELL: bad()}, when="2026-11-03")
    assert tracker.follow(said(alive, first, dead, by=by)) == ["close"]
    assert [one["state"] for one in tracker.issues] == ["OPEN", "CLOSED"]


def test_what_could_not_be_looked_at_is_not_over() -> None:
    tracker, by = Tracker(), book()
    first = night({CELL: bad()})
    tracker.follow(said(first, by=by))
    untested = State(predict="untested", train="untested")
    cells = {place: untested for place in first.cells if "a-2" in (place.load, place.save)}
    gone = with_site(night(cells, when="2026-11-02"), "a-2", untested="it cannot be built")
    assert tracker.follow(said(gone, first, by=by)) == ["open"]
    assert tracker.issues[0]["state"] == "OPEN"


def test_without_a_ledger_only_what_is_mended_is_closed() -> None:
    tracker = Tracker()
    first, second = night({CELL: bad()}, when="2026-11-02"), night({CELL: bad()}, when="2026-11-03")
    assert tracker.follow(said(first, night())) == ["open"]
    assert tracker.follow(said(second, night(), first)) == []
    assert tracker.follow(said(night(when="2026-11-04"), first, second)) == ["close"]


def test_an_issue_that_a_person_closed_stays_closed_while_nothing_is_new() -> None:
    tracker, by = Tracker(), book()
    first = night({CELL: bad()})
    tracker.follow(said(first, by=by))
    tracker.issues[0]["state"] = "CLOSED"
    second = replace(first, when="2026-11-02T02:17:00+00:00")
    assert tracker.follow(said(second, first, by=by)) == []


def test_what_is_seen_in_one_night_alone_is_closed_by_a_person() -> None:
    tracker = Tracker()
    now = night(when="2026-11-02", sites=("a-1", "a-2", "a-3"))
    assert tracker.follow(said(now, night())) == ["open"]
    assert tracker.follow(said(replace(now, when="2026-11-03T02:17:00+00:00"), night(), now)) == []


def test_a_night_opens_no_more_than_it_may() -> None:
    states = [bad(f"cause-{number}") for number in range(MOST + 5)]
    base = night()
    cells = {place: states[number % len(states)] for number, place in enumerate(base.cells)}
    tracker, report = Tracker(), said(night(cells), by=book())
    assert tracker.follow(report) == ["open"] * MOST
    assert len(plan(report, []).left) == 5
    assert tracker.follow(report) == ["open"] * 5


def test_a_stranger_s_issue_is_not_ours_whatever_it_says() -> None:
    tracker, by = Tracker(), book()
    tracker.follow(said(night({CELL: bad()}), by=by))
    forged = {**tracker.issues[0], "labels": [{"name": "bug"}]}
    made = plan(said(night(when="2026-11-02"), by=by), [forged])
    assert not made.steps
    broken = {**tracker.issues[0], "body": '<!-- caniload-nightly {"id": 1} -->'}
    assert not plan(said(night(when="2026-11-02"), by=by), [broken]).steps


def test_what_a_framework_says_ends_no_comment_and_calls_nobody() -> None:
    evil = "--> @all <img src=x onerror=1> ``` <!-- /found --> #1"
    report = said(night({CELL: bad(evil)}), by=book())
    (step,) = plan(report, []).steps
    assert step.body.count("-->") == 3  # around what was found, and behind the mark
    assert "@all" not in step.body + step.title
    assert "<img" not in step.body + step.title
    tracker = Tracker()
    tracker.follow(report)
    assert tracker.follow(report) == []


@pytest.mark.parametrize(
    "wrong", [{}, {"number": 1}, {"number": 1, "state": "OPEN", "labels": [1]}]
)
def test_what_is_no_list_of_issues_is_refused_in_a_line(wrong: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match="each needs number, state, labels and body"):
        plan(said(night()), [wrong])


def test_the_plan_is_plain_data() -> None:
    made = plan(said(night({CELL: bad()}), by=book()), [])
    plain = json.loads(json.dumps(made.as_json()))
    assert plain["steps"][0]["label"] == LABEL
    assert Kind.UNEXPECTED in {one.kind for one in said(night({CELL: bad()}), by=book()).findings}
