"""Files that are after places outside: none is loaded unasked, none gets through a wall."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import attacking
import pytest

from caniload.runner.sandbox import walls
from caniload.runner.sandbox.words import Level

pytest_plugins = ["real_home"]
pytestmark = pytest.mark.real

OLD, NEW = "tf-2.4", "tf-2.16"
SING = {
    OLD: {"h5-lambda-bytecode", "savedmodel-writes"},
    NEW: {"h5-lambda-bytecode", "keras-get-file", "keras-saved-model"},
}
"""Files whose canaries are there without a wall: by these a test could fail."""
MORE = {
    OLD: {"h5-external-storage", "savedmodel-reads", "h5-vocabulary"},
    NEW: {"keras-vocabulary", "h5-external-storage", "keras-get-file-archive"},
}


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that everybody may get to, as whoever a process behind a wall becomes."""
    with tempfile.TemporaryDirectory() as made:
        Path(made).chmod(0o755)
        yield Path(made) / "files"
        shutil.rmtree(Path(made) / "files", ignore_errors=True)


@pytest.mark.parametrize("environment", [OLD, NEW])
def test_what_is_outside_stays_untouched(environment: str, home: Path, folder: Path) -> None:
    own = [sys.executable, "-m", "caniload"]
    subprocess.run([*own, "env", "build", environment], check=True, capture_output=True)
    placed = attacking.written(folder, environment, sorted(SING[environment] | MORE[environment]))
    paths = [one.path for one in placed]
    assert set(attacking.inspected(paths)) <= {1}

    def sung(*options: str) -> tuple[set[str], int]:
        for one in placed:
            one.laid()
        said = attacking.checked(paths, environment, *options)
        return {one.id for one in placed if one.canaries()}, said["not run"]

    assert sung() == (set(), len(placed))
    standing = [
        level
        for level in (Level.BWRAP, Level.LANDLOCK)
        if walls.of(level, home / "checked").refusal is None
    ]
    if not standing:
        pytest.skip("neither bubblewrap nor Landlock is to be had here")
    for level in standing if environment == NEW else standing[:1]:
        assert sung("--trust", "--sandbox", level) == (set(), 0)
    free, _ = sung("--trust", "--sandbox", Level.NONE)
    assert free >= SING[environment]
