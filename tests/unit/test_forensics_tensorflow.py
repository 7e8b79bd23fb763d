"""What is said of SavedModels and checkpoints."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from model_files import kinds

from caniload.runner.forensics.facts import Holds
from caniload.runner.forensics.formats.sstable import masked_crc32c
from caniload.runner.forensics.reading import inspect_here

pytest_plugins = ["forensics_fixtures"]


@pytest.mark.parametrize("given", ["", "saved_model.pb", "keras_metadata.pb"])
def test_a_real_savedmodel(recorded: Path, given: str) -> None:
    one = inspect_here(recorded / "savedmodel" / given)
    assert (one.format, one.holds) == ("savedmodel", Holds.MODEL)
    assert (one.origin.tensorflow_version, one.origin.keras_version) == ("2.15.1", "2.15.0")
    assert [(t.name, t.shape) for t in one.outputs] == [("outputs", (None, 2))]
    assert one.weights is not None
    assert (one.weights.parameters, one.weights.trainable) == (37, 37)
    assert one.layers_by_class == {"Dense": 2, "InputLayer": 1}
    assert one.sound


@pytest.mark.parametrize("given", ["", "model.ckpt", "model.ckpt.index"])
def test_a_real_checkpoint(recorded: Path, given: str) -> None:
    one = inspect_here(recorded / "checkpoint" / given)
    assert (one.format, one.variant, one.holds) == ("checkpoint", "by objects", Holds.WEIGHTS)
    assert one.weights is not None
    assert one.weights.parameters == 37


def test_a_checkpoint_without_its_data(recorded: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(recorded / "checkpoint", tmp_path / "m")
    (folder / "model.ckpt.data-00000-of-00001").unlink()
    one = inspect_here(folder)
    assert kinds(one) == {"missing-shard"}
    assert not one.sound


def test_a_savedmodel_without_its_variables(recorded: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(recorded / "savedmodel", tmp_path / "m")
    shutil.rmtree(folder / "variables")
    assert kinds(inspect_here(folder)) == {"missing-weights"}
    (folder / "variables").mkdir()
    (folder / "saved_model.pb").unlink()
    assert inspect_here(folder).problem == "a SavedModel folder without its saved_model.pb"


def test_checksums_are_those_of_leveldb() -> None:
    """The value for "123456789" is in every table of CRCs: 0xE3069283."""
    crc = 0xE3069283
    assert masked_crc32c(b"123456789") == ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF
