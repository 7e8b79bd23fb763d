"""Attack files in real frameworks, behind the wall: what an old and a newer one let through."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytest_plugins = ["real_home"]
pytestmark = pytest.mark.real

OLD, NEW = "tf-2.4", "tf-2.16"
FILES = "h5-lambda-bytecode,h5-external-storage,h5-node-python,keras-lambda-bytecode"


@pytest.fixture(scope="module")
def table(home: Path) -> dict[str, Any]:
    both = f"{OLD},{NEW}"
    own = [sys.executable, "-m", "caniload"]
    subprocess.run([*own, "env", "build", OLD, NEW], check=True, capture_output=True)
    done = subprocess.run(
        [*own, "attacks", "--envs", both, "--run", "--rerun", "--only", FILES, "--json"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    read: dict[str, Any] = json.loads(done.stdout)
    return {one["id"]: one for one in read["environments"]}


@pytest.mark.parametrize(
    ("environment", "attack", "came"),
    [
        (OLD, "h5-lambda-bytecode", "reached"),
        (OLD, "h5-external-storage", "reached"),
        (OLD, "h5-node-python", "refused"),
        (OLD, "keras-lambda-bytecode", "not tested"),
        (NEW, "h5-lambda-bytecode", "reached"),
        (NEW, "h5-external-storage", "reached"),
        (NEW, "h5-node-python", "reached"),
        (NEW, "keras-lambda-bytecode", "refused"),
    ],
)
def test_what_comes_of_it(table: dict[str, Any], environment: str, attack: str, came: str) -> None:
    assert table[environment]["cells"][attack]["came"] == came


def test_it_was_measured_here_behind_a_wall(table: dict[str, Any]) -> None:
    assert all(one["here"] and one["sandbox"] != "none" for one in table.values())
