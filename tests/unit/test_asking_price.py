"""What finding out costs, told where something is not known."""

from __future__ import annotations

from pathlib import Path

import pytest
from model_files import EXAMPLES, unsigned

from caniload.runner.answering.asking import ask
from caniload.runner.checking.wanted import wish


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CANILOAD_HOME", str(tmp_path))


def _notes(path: Path, *, aloud: bool = True) -> list[str]:
    (found,) = ask([path], wish(to=["1.15", "2.15"]), aloud=aloud)
    return [one for one in found.notes if one.startswith("finding out")]


def test_where_something_is_not_known_it_says_what_a_run_would_cost(tmp_path: Path) -> None:
    (told,) = _notes(unsigned(tmp_path))
    assert told.startswith("finding out, with --run: 2 environments to build: tf-1.15, tf-2.15; up")
    assert "GB to download" in told
    assert str(tmp_path) in told
    assert told.endswith(" minutes")


def test_what_is_known_and_what_a_program_asks_has_no_price(tmp_path: Path) -> None:
    assert not _notes(EXAMPLES / "text.h5")
    assert not _notes(unsigned(tmp_path), aloud=False)
