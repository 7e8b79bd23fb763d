"""The note beside a report: what it was made of, and what the next `report` is of."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import pytest

from caniload.runner.judging.unchanged import Drawn, last_selection, recall, remember
from caniload.runner.matrix.plan import Selection

SELECTION = Selection(profile="full", environments=("tf-2.15", "tf-2.21"), first="2.12")


@pytest.fixture
def note(tmp_path: Path) -> Path:
    (tmp_path / "index.html").touch()
    remember(
        tmp_path / "report.json",
        Drawn(
            inputs="hash",
            selection=asdict(SELECTION),
            index=str(tmp_path / "index.html"),
            summary=["one line"],
            untested=0,
            unproven=0,
        ),
    )
    return tmp_path / "report.json"


def test_a_report_of_the_same_is_not_drawn_again(note: Path) -> None:
    drawn = recall(note, "hash")
    assert drawn is not None
    assert drawn.summary == ["one line"]
    assert recall(note, "another") is None
    (note.parent / "index.html").unlink()
    assert recall(note, "hash") is None


def test_the_next_report_is_of_what_the_last_was_of(note: Path) -> None:
    assert last_selection(note) == SELECTION


@pytest.mark.parametrize("text", ["", "[]", '{"inputs": "of an older version"}', "\0"])
def test_a_note_that_cannot_be_read_is_none(note: Path, text: str) -> None:
    note.write_text(text)
    assert recall(note, "hash") is None
    assert last_selection(note) is None
