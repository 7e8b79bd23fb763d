"""What a night says: each thing that can be new, and that it is said once."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from nights_made import FINE, RAN, SITES, bad, book, kinds, night, nights, said, with_site

from caniload.runner.core.outcomes import CLEAN, Outcome
from caniload.runner.nightly.findings import Finding, Kind, identify
from caniload.runner.nightly.night import Night, Site, State, Work, as_json, from_json
from caniload.runner.nightly.telling import LARGEST, as_lines, as_markdown, sentence

CELL, OTHER = "a-1/lstm.h5/a-2", "a-1/dense.h5/a-3"
NOTHING = Work()


@given(nights())
def test_a_night_is_read_back_as_it_was_kept(one: Night) -> None:
    assert from_json(json.loads(json.dumps(as_json(one), allow_nan=False))) == one


@given(nights())
def test_a_night_that_is_as_the_one_before_says_nothing_new(one: Night) -> None:
    report = said(one, replace(one, when="2026-10-31T02:17:00+00:00"))
    assert kinds(report) == []  # where nothing ran, nothing ran the night before


@given(nights(), nights(when="2026-10-31"))
def test_whatever_is_said_is_said_of_something(one: Night, before: Night) -> None:
    report = said(one, before, by=book())
    assert all(found.cells or found.environments for found in report.findings)
    assert len({(found.kind, found.id, found.new) for found in report.findings}) == len(
        report.findings
    )
    assert report.alive == bool(one.tested)


def test_what_has_become_worse_is_told_with_what_changed() -> None:
    before = with_site(night(), "a-2", packages={"numpy": "1.26.4", "six": "1"})
    now = with_site(
        night({CELL: bad()}, when="2026-11-02"), "a-2", packages={"numpy": "2.0.0", "six": "1"}
    )
    (found,) = said(now, before).news
    assert (found.kind, found.cause, found.cells) == (Kind.REGRESSED, "argument", 1)
    assert found.said == "identical, now error"
    assert found.environments == ["a-2"]
    assert list(found.changed) == ["a-2: numpy 1.26.4 → 2.0.0"]
    assert list(found.examples) == [CELL]


def test_it_stands_the_night_after_under_the_same_id_and_is_mended_under_it() -> None:
    first, second = night({CELL: bad()}), night({CELL: bad()}, when="2026-11-02")
    (new,) = said(first, night(when="2026-10-31"), by=book()).news
    report = said(second, first, by=book())
    assert not report.news
    (standing,) = report.standing
    assert (standing.kind, standing.id) == (Kind.UNEXPECTED, new.id)
    (mended,) = said(night(when="2026-11-03"), second, by=book()).good
    assert mended.kind is Kind.MENDED
    assert identify(Kind.UNEXPECTED, mended.cause) == new.id


def test_who_only_predicts_is_told_apart_from_who_trains() -> None:
    trains = State(predict="identical", train="error", train_cause="argument")
    (found,) = said(night({CELL: trains}, when="2026-11-02"), night()).news
    assert found.purpose == "to go on training"


@pytest.mark.parametrize(
    ("state", "was", "kind"),
    [
        (bad("deprecated", "warning"), FINE, Kind.WARNING),
        (bad("other"), bad("argument"), Kind.CAUSE),
        (replace(FINE, warnings=("loud",)), FINE, Kind.WARNING),
        (replace(FINE, unnamed=("stdout: what",)), FINE, Kind.TEXT),
        (State(predict="tolerance", train="tolerance", size=1e-7), FINE, Kind.NUMBERS),
        (replace(FINE, size=1e-4), replace(FINE, size=1e-6), Kind.NUMBERS),
        (State(predict="na", train="na"), FINE, Kind.VANISHED),
        (State(predict="untested", train="untested"), FINE, Kind.UNTESTED),
        (bad("late", "crash"), bad("argument"), Kind.REGRESSED),
    ],
)
def test_each_change_of_a_cell_has_its_kind_and_is_told_once(
    state: State, was: State, kind: Kind
) -> None:
    before, now = night({CELL: was}), night({CELL: state}, when="2026-11-02")
    (found,) = said(now, before).news
    assert (found.kind, found.cells) == (kind, 1)
    assert not said(replace(now, when="2026-11-03T02:17:00+00:00"), before, now).news


@pytest.mark.parametrize("size", [9e-6, 1.1e-7, 1e-6])
def test_numbers_that_hardly_move_are_not_told(size: float) -> None:
    before, now = night({CELL: replace(FINE, size=1e-6)}), night({CELL: replace(FINE, size=size)})
    assert not said(now, before).news


def test_nothing_ran_is_told_although_all_is_green() -> None:
    report = said(night(when="2026-11-02", work=NOTHING), night())
    assert not report.alive
    assert kinds(report) == ["nothing-ran"]
    assert sentence(report).startswith(
        "Nothing ran: no run has ended since the night of 2026-11-01"
    )
    idle = said(night(when="2026-11-02", work=Work(runs=2)), night())
    assert "2 runs ended and loaded no cell" in sentence(idle)
    empty = night(when="2026-11-02", rest=State(predict="untested", train="untested"))
    assert "none of 32 cells has a result" in sentence(said(empty, night()))


def test_an_environment_in_which_nothing_ran_is_told_although_others_ran() -> None:
    now = with_site(night(when="2026-11-02"), "a-2", ran=False)
    report = said(now, night())
    assert report.alive
    (found,) = report.news
    assert (found.kind, list(found.environments)) == (Kind.IDLE, ["a-2"])
    assert not said(now, night(), now).news
    dead = with_site(night(when="2026-11-02", work=NOTHING), "a-2", ran=False)
    assert kinds(said(dead, night())) == ["nothing-ran"]


def test_what_broke_in_a_night_after_one_in_which_nothing_ran_is_not_lost() -> None:
    untested = State(predict="untested", train="untested")
    empty = night(when="2026-11-02", work=NOTHING, rest=untested)
    now = night({CELL: bad()}, when="2026-11-03")
    assert kinds(said(now, night(), empty)) == ["regressed"]


def test_an_environment_that_cannot_be_used_any_more_is_one_finding() -> None:
    now = night(when="2026-11-02")
    for name in ("a-2", "a-3"):
        now = with_site(now, name, untested=f"{name} cannot be built: 404 for /files/{name}.whl")
    (found,) = said(now, night()).news
    assert (found.kind, list(found.environments)) == (Kind.UNBUILT, ["a-2", "a-3"])
    assert not said(now, night(), now).news
    good = said(night(when="2026-11-03"), night(), now).good
    assert [one.said for one in good] == ["a-2 can be used again", "a-3 can be used again"]


def test_a_control_that_fails_is_told_and_the_cells_of_it_are_not() -> None:
    cells = {f"{save}/dense.h5/a-2": replace(bad(), valid=False) for save in SITES}
    now = with_site(
        night(cells, when="2026-11-02"), "a-2", controls=("control.h5: error, it broke",)
    )
    (found,) = said(now, night()).news
    assert found.kind is Kind.CONTROL
    assert found.examples == ["a-2/control.h5/a-2"]


def test_a_row_that_was_taken_out_is_told_once() -> None:
    now = night(when="2026-11-02", sites=SITES[:3])
    (found,) = said(now, night()).news
    assert (found.kind, found.cause, found.cells) == (Kind.VANISHED, "environment a-4", 14)
    assert not said(now, night(), now).news


def test_a_new_environment_is_held_against_the_one_that_it_follows() -> None:
    sites = (*SITES, Site(id="a-5", base="a-4", packages={"numpy": "2"}))
    before = with_site(night({"a-1/lstm.h5/a-4": bad()}), "a-4", packages={"numpy": "1"})
    cells = {"a-1/lstm.h5/a-4": bad(), "a-1/lstm.h5/a-5": bad(), "a-5/dense.h5/a-5": bad("fresh")}
    now = with_site(night(cells, when="2026-11-02", sites=sites), "a-4", packages={"numpy": "1"})
    expecting = book({"cause": "argument", "load": ("a-4",)})
    (found,) = said(now, before, by=expecting).news
    assert (found.cause, found.said) == ("fresh", "identical, now error (a-5 beside a-4)")
    assert list(found.changed) == ["a-5, beside a-4: numpy 1 → 2"]


def test_the_first_night_without_a_ledger_has_nothing_to_say_and_says_so() -> None:
    report = said(night({CELL: bad()}))
    assert not report.news
    assert "begins a ledger" in [*as_lines(report)][-1]


def test_what_the_ledger_expects_is_not_told_and_what_regresses_within_it_is_told_once() -> None:
    by = book({"cause": "argument"})
    now = night({CELL: bad()}, when="2026-11-02")
    assert not said(now, by=by).findings
    (found,) = said(now, night(), by=by).news
    assert (found.kind, found.expected) == (Kind.REGRESSED, 1)
    after = said(replace(now, when="2026-11-03T00:00:00+00:00"), now, by=by)
    assert not after.news
    assert not after.standing


def test_an_entry_that_has_expired_is_told_and_what_it_expected_stands() -> None:
    by = book({"cause": "argument", "expires": "2026-11-02"}, today="2026-11-03")
    now, before = night({CELL: bad()}, when="2026-11-03"), night({CELL: bad()}, when="2026-11-02")
    report = said(now, before, by=by)
    assert kinds(report) == ["ledger-expired"]
    assert [one.kind for one in report.standing] == [Kind.UNEXPECTED]
    assert kinds(said(replace(now, when="2026-11-04T00:00:00+00:00"), before, now, by=by)) == []


def test_an_entry_of_which_nothing_is_there_is_told_as_good_news() -> None:
    (found,) = said(night(), by=book({"cause": "argument"})).good
    assert found.kind is Kind.UNUSED


def test_texts_of_strangers_steer_neither_a_terminal_nor_a_page() -> None:
    evil = "</td><script>alert(1)</script> | `x` \x1b[31m @you https://e.org \u202eabc"
    report = said(night({CELL: bad(evil)}, when="2026-11-02"), night(), by=book())
    page, lines = as_markdown(report), "\n".join(as_lines(report))
    assert "<script>" not in page
    assert "@you" not in page
    assert "\x1b" not in page + lines
    assert "\u202e" not in page + lines


def test_a_summary_stays_below_what_a_job_may_write() -> None:
    many = [
        Finding(kind=Kind.REGRESSED, cause=f"{number} {'é' * 300}", said="x" * 300, cells=1)
        for number in range(5000)
    ]
    report = replace(said(night()), findings=many)
    assert len(as_markdown(report).encode()) <= LARGEST + 100
    assert "4900 more" in as_markdown(report)


def test_every_outcome_has_its_place() -> None:
    """A state is trouble, clean or nothing; none falls between."""
    for one in Outcome:
        state = bad(outcome=str(one))
        quiet = one in CLEAN | {Outcome.NA, Outcome.UNTESTED}
        assert (state.trouble() is None) is quiet
        assert bool(state.known_as) is not quiet


def test_work_is_counted_as_it_was() -> None:
    assert said(night()).work == {"runs": 1, "loaded": 8, "told": 0, "saved": 0, "built": 0}
    assert RAN.loaded == 8


def test_what_is_expected_of_an_environment_is_of_its_successor_if_it_does_the_same() -> None:
    sites = (*SITES, Site(id="a-5", base="a-4"))
    by = book({"cause": "argument", "load": ("a-4",)})
    cells = {"a-1/lstm.h5/a-4": bad(), "a-1/lstm.h5/a-5": bad()}
    now = night(cells, when="2026-11-02", sites=sites)
    assert not said(now, now, by=by).findings
    otherwise = night({**cells, "a-1/lstm.h5/a-5": bad("other")}, when="2026-11-02", sites=sites)
    assert [one.cause for one in said(otherwise, otherwise, by=by).standing] == ["other"]
