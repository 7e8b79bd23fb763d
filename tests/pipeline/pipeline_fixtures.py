"""Fixtures for whole runs; no conftest, for type checkers know one module of that name only."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from workshop import Wheels, Workshop, make_wheels


@pytest.fixture(scope="session")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wheels]:
    root = tmp_path_factory.mktemp("pipeline")
    yield make_wheels(root / "wheels")
    shutil.rmtree(root)


@pytest.fixture
def workshop(tmp_path: Path, wheels: Wheels) -> Iterator[Workshop]:
    made = Workshop(root=tmp_path / "workshop", wheels=wheels)
    yield made
    made.remove()
    shutil.rmtree(made.root)
