"""Model files that Keras wrote; no conftest, for type checkers know one module of that name."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Unpack files that Keras wrote, in TensorFlow 1.15 to 2.21; the zip is a third of them."""
    folder = tmp_path_factory.mktemp("recorded")
    with zipfile.ZipFile(Path(__file__).with_name("recorded_models.zip")) as archive:
        archive.extractall(folder)
    return folder
