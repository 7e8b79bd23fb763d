"""The scorecard of files that attack: what is published is what `inspect` says today."""

from __future__ import annotations

from pathlib import Path

import attack_files
import pytest
from attack_files import FILES, PAGE, Score

from caniload.runner.commands.cli import main


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> list[Score]:
    return attack_files.scores(tmp_path_factory.mktemp("attacks"))


def test_what_is_published_is_what_is_said(found: list[Score]) -> None:
    assert PAGE.read_text("utf-8") == attack_files.page(found)


def test_nothing_that_runs_reads_or_writes_is_missed(found: list[Score]) -> None:
    assert len(found) >= 40
    assert {one.name for one in found if one.missed} <= {
        ".keras: pickle as an asset",
        ".keras: program as an asset",
    }


@pytest.mark.parametrize(
    "name", ["h5: Lambda with bytecode", "pickle", ".keras: pickle as an asset"]
)
def test_the_command_exits_as_the_scorecard_says(
    found: list[Score], tmp_path: Path, name: str
) -> None:
    (score,) = [one for one in found if one.name == name]
    assert main(["inspect", str(FILES[name](tmp_path))]) == score.code


def test_the_same_files_without_an_attack_are_fine(tmp_path: Path) -> None:
    for number, make in enumerate((attack_files.archive({}), attack_files.in_hdf5())):
        (place := tmp_path / str(number)).mkdir()
        assert main(["inspect", str(make(place)), "--fail-on", "unchecked"]) == 0
