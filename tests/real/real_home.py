"""One home for all tests on real frameworks: an environment is built once, not for each file."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def shared_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return ``$CANILOAD_TEST_HOME`` where that is set, so that a second run builds nothing."""
    kept = os.environ.get("CANILOAD_TEST_HOME")
    return Path(kept) if kept else tmp_path_factory.mktemp("real") / "home"


@pytest.fixture(scope="module")
def home(shared_home: Path) -> Iterator[Path]:
    """Have every command of these tests keep its state there, and fetch no Python."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CANILOAD_HOME", str(shared_home))
        patch.setenv("CANILOAD_NO_FETCH", "1")
        yield shared_home
