"""Many conversions that are interrupted, or find the disk full: told, and gone on with."""

from __future__ import annotations

import errno
from pathlib import Path
from typing import Any

import pytest
from many_played import Played, across, played, zoo

from caniload.runner.commands.cli import main
from caniload.runner.converting.many.keeping import Results
from caniload.runner.converting.outcome import Verdict

__all__ = ["played", "zoo"]  # fixtures


def words(zoo: Path) -> list[str]:
    return ["convert", str(zoo), "--to", "2.21", "--into", str(zoo.parent / "new"), "--jobs", "1"]


def test_ctrl_c_costs_the_file_that_was_under_way(
    zoo: Path, played: Played, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(path: Path) -> None:
        if path.name == "b.keras":
            raise KeyboardInterrupt

    played.before = interrupted
    assert main(words(zoo)) == 130
    said = capsys.readouterr().err.splitlines()
    assert said[-1] == "caniload: interrupted; run it again to go on from here"
    assert (zoo.parent / "new" / "a.keras").read_text() == "made of a.h5"
    assert not (zoo.parent / "new" / "sub" / "b.keras").exists()
    played.before = lambda _: None
    played.climbed.clear()
    assert len(across(zoo).having(Verdict.DELIVERED)) == 2
    assert "a.h5" not in played.climbed


@pytest.mark.parametrize("step", ["making", "put", "move"])
def test_a_full_disk_is_told_as_ours_and_tried_again(
    zoo: Path, played: Played, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    def full(*_: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Results, step, full)
        found = across(zoo)
    told = "this machine has no more room: [Errno 28] No space left on device"
    told += "; the next run tries again"
    assert [one.reason for one in found.models if "broken" not in one.name] == [told, told]
    whole = across(zoo)
    assert [one.out for one in whole.models] == ["a.keras", "sub/b.keras", None]


def test_a_disk_that_is_full_at_the_end_loses_no_result(
    zoo: Path,
    played: Played,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def full(*_: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Results, "finish", full)
        assert main(words(zoo)) == 4
    assert capsys.readouterr().err.splitlines()[-1] == "caniload: No space left on device"
    played.climbed.clear()
    assert len(across(zoo).having(Verdict.DELIVERED)) == 2
    assert played.climbed == []
