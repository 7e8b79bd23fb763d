"""What an environment costs is data; who goes first when the disk is full is a rule."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from caniload.runner.core.shipped import LOCKS
from caniload.runner.environments.disk import COSTS, Cost, estimate, evict
from caniload.runner.environments.holding import held
from caniload.runner.environments.home import Home, disk_use
from caniload.runner.environments.receipts import FILE
from caniload.runner.matrix.reading import read_matrix

MATRIX = read_matrix(Path(__file__).parents[2] / "matrix.yaml")
KB = 1024


def test_every_environment_was_measured() -> None:
    measured = json.loads((LOCKS / COSTS).read_text())["environments"]
    assert list(measured) == [one.id for one in MATRIX.environments]
    for one in MATRIX.environments:
        cost = estimate(one)
        assert 50e6 < cost.download_bytes < cost.disk_bytes < 3e9
        assert cost.seconds > 1


def test_an_environment_without_a_measurement_costs_the_mean(tmp_path: Path) -> None:
    one = MATRIX.environment("tf-2.15")
    assert estimate(one, tmp_path) == Cost(download_bytes=0, disk_bytes=0, seconds=0)
    known = {
        name: {"download_bytes": size, "disk_bytes": 4 * size, "seconds": size / 10}
        for name, size in (("a", 10), ("b", 30))
    }
    (tmp_path / COSTS).write_text(json.dumps({"measured": "here", "environments": known}))
    assert estimate(one, tmp_path) == Cost(download_bytes=20, disk_bytes=80, seconds=2)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """Three environments of 100 KiB and what a dead build left; `old` and `new` share 400 more."""
    home = Home(root=tmp_path)
    for age, name in enumerate(("new", "middle", "old", "dead")):
        folder = home.environment(name)
        folder.mkdir(parents=True)
        (folder / "own").write_bytes(b"x" * 100 * KB)
        if name != "dead":
            (folder / FILE).write_text("{}")
            os.utime(folder / FILE, (1e9 - age, 1e9 - age))
    (home.environment("new") / "shared").write_bytes(b"x" * 400 * KB)
    (home.environment("old") / "shared").hardlink_to(home.environment("new") / "shared")
    return home


@pytest.mark.parametrize(
    ("kilobytes", "keep", "expected"),
    [
        pytest.param(2000, [], [], id="all fit"),
        pytest.param(750, [], ["dead"], id="rubbish goes first"),
        pytest.param(650, [], ["dead", "old"], id="then what was needed longest ago"),
        pytest.param(
            520, [], ["dead", "old", "middle"], id="what is shared goes with its last user"
        ),
        pytest.param(650, ["old"], ["dead", "middle"], id="what is needed now stays"),
        pytest.param(0, ["new"], ["dead", "old", "middle"], id="even where it will not fit"),
    ],
)
def test_evict(home: Home, kilobytes: int, keep: list[str], expected: list[str]) -> None:
    removed, excess = evict(home, keep, kilobytes * KB)
    assert removed == expected
    assert (excess > 0) == (disk_use(home)["environments"] > kilobytes * KB)
    assert [name for name in expected if home.environment(name).exists()] == []


def test_an_environment_that_is_being_built_is_left_alone(home: Home) -> None:
    with held("old", home):
        assert evict(home, [], 0)[0] == ["dead", "middle", "new"]
    assert home.environment("old").exists()


def test_a_home_without_environments(tmp_path: Path) -> None:
    assert evict(Home(root=tmp_path), [], 0) == ([], 0)
