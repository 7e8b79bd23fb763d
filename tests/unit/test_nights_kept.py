"""Nights in a folder, what follows from them later, and the feed of what they said."""

from __future__ import annotations

import gzip
import json
import xml.etree.ElementTree as ET
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from nights_made import FINE, bad, book, night, nights, said, with_site

from caniload.runner.core.errors import UsageError
from caniload.runner.nightly import keeping
from caniload.runner.nightly.feed import MOST, as_atom
from caniload.runner.nightly.night import Night, State
from caniload.runner.nightly.past import as_lines, past

CELL = "a-1/lstm.h5/a-2"
ATOM = "{http://www.w3.org/2005/Atom}"


def keep(one: Night, folder: Path, *before: Night, most: int = keeping.KEEP) -> Path:
    return keeping.keep(one, folder, said(one, *before), most=most)[0]


def test_what_is_kept_is_read_back_in_order(tmp_path: Path) -> None:
    later, first = night({CELL: bad()}, when="2026-11-02"), night()
    for one in (later, first):
        keep(one, tmp_path)
    assert keeping.read(tmp_path) == [first, later]
    assert keeping.read(tmp_path, newest=1) == [later]
    assert len([*keeping.reports(tmp_path)]) == 2


def test_the_same_night_is_the_same_bytes(tmp_path: Path) -> None:
    one = keep(night(), tmp_path / "one").read_bytes()
    assert keep(night(), tmp_path / "other").read_bytes() == one


@pytest.mark.parametrize(
    "data",
    [b"", b"no gzip", *(gzip.compress(said, mtime=0) for said in (b"[]", b'{"schema": 9}', b"{"))],
    ids=["empty", "no gzip", "a list", "another schema", "cut short"],
)
def test_what_is_no_night_is_named_in_a_line(data: bytes, tmp_path: Path) -> None:
    path = keep(night(), tmp_path)
    path.write_bytes(data)
    with pytest.raises(UsageError) as caught:
        keeping.read(tmp_path)
    (line,) = str(caught.value).splitlines()
    assert line.startswith(f"{path}: not a night as caniload keeps it")


def test_a_night_that_was_cut_short_is_none(tmp_path: Path) -> None:
    path = keep(night(), tmp_path)
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(UsageError, match="not a night"):
        keeping.read(tmp_path)


def test_the_folder_stays_small_and_keeps_the_first_of_each_month(tmp_path: Path) -> None:
    start = date(2026, 1, 1)
    days = [(start + timedelta(days=number)).isoformat() for number in range(100)]
    for day in days:
        keep(night(when=day), tmp_path, most=10)
    kept = [one.day for one in keeping.read(tmp_path)]
    assert kept == ["2026-01-01", "2026-02-01", "2026-03-01", *days[-10:]]
    assert len([*tmp_path.iterdir()]) == 2 * len(kept)


def test_months_do_not_add_up_for_ever() -> None:
    names = [
        Path(f"{year}-{month:02}-01.night.json.gz")
        for year in range(2020, 2030)
        for month in range(1, 13)
    ]
    going = keeping._too_many(names, 3)
    assert len(names) - len(going) == 3 + keeping.MONTHS


@given(nights())
def test_since_when_is_told_of_whatever_there_is(one: Night) -> None:
    other = replace(one, when="2026-11-02T02:17:00+00:00")
    for name in ("a-1", "lstm", "a-1/lstm.h5/a-1"):
        found = past([one, other], name)
        assert [(span.nights, span.after) for span in found.spans] == [(2, None)]


def test_since_which_night_and_what_changed_with_it() -> None:
    before = with_site(night(), "a-2", packages={"numpy": "1"})
    broken = with_site(night({CELL: bad()}, when="2026-11-02"), "a-2", packages={"numpy": "2"})
    after = replace(broken, when="2026-11-03T00:00:00+00:00")
    assert [*as_lines(past([before, broken, after], CELL), 3)] == [
        f"{CELL}: error (argument)",
        "  since the night of 2026-11-02, 2 of 3 nights",
        "  changed that night: a-2: numpy 1 → 2",
        "  2026-11-01: identical, largest difference 0",
    ]
    model = past([before, broken, after], "lstm")
    assert model.spans[0].said == "15 identical, 1 error; argument (1)"
    assert [one.nights for one in past([before, broken, after], "a-3").spans] == [3]


def test_of_two_nights_on_one_day_the_time_is_told() -> None:
    before = replace(night(), when="2026-11-02T02:17:00+00:00")
    after = replace(night({CELL: bad()}), when="2026-11-02T14:05:00+00:00")
    lines = [*as_lines(past([before, after], CELL), 2)]
    assert lines[1] == "  since the night of 2026-11-02 14:05, 1 of 2 nights"
    assert lines[-1] == "  2026-11-02 02:17: identical, largest difference 0"


def test_what_came_and_went_is_told() -> None:
    small = night(sites=("a-1", "a-2", "a-3"))
    there = night(when="2026-11-02")
    assert [one.said for one in past([small, there], "a-4").spans] == [
        "8 identical",
        "there was no such thing",
    ]


def test_a_name_of_nothing_is_answered_with_the_nearest() -> None:
    with pytest.raises(UsageError, match=r"no night that is kept has 'lstn'; nearest: lstm"):
        past([night()], "lstn")


def test_the_feed_has_what_was_new_once_and_is_the_same_the_night_after() -> None:
    first, broken = night(), night({CELL: bad("<b>&\x00\ufffe argument")}, when="2026-11-02")
    after = replace(broken, when="2026-11-03T02:17:00+00:00")
    reports = [said(first), said(broken, first), said(after, first, broken)]
    feeds = [
        as_atom([one.as_json() for one in reports[:count]], link="https://example.org/r")
        for count in (2, 3)
    ]
    assert feeds[0] == feeds[1]
    root = ET.fromstring(feeds[0])  # noqa: S314 - our own
    (entry,) = root.findall(f"{ATOM}entry")
    assert entry.findtext(f"{ATOM}updated") == broken.when
    assert "worse than before: <b>&" in str(entry.findtext(f"{ATOM}title"))
    for name in ("id", "title", "updated", "author"):
        assert root.find(f"{ATOM}{name}") is not None


def test_the_feed_is_bounded_and_none_is_one_too() -> None:
    states: list[State] = [bad(f"cause-{number}") for number in range(8)]
    reports = []
    for day in range(1, 21):
        cells = dict.fromkeys(night().cells, FINE) | dict(zip(night().cells, states, strict=False))
        reports.append(said(night(cells, when=f"2026-10-{day:02}"), by=book()).as_json())
    assert as_atom(reports).count("<entry>") == MOST
    empty = ET.fromstring(as_atom([]))  # noqa: S314 - our own
    assert empty.findall(f"{ATOM}entry") == []


def test_a_report_reads_as_json_whatever_is_in_it() -> None:
    report = said(night({CELL: bad("\ud800 \x1b[31m")}), by=book())
    assert "\x1b" not in json.dumps(report.as_json(), ensure_ascii=False)
