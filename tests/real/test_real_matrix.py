"""The matrix on real TensorFlows, built from locks: what is known, and cells by hand."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import replaying
import yaml

from caniload.runner.environments.pythons import find_pythons

pytest_plugins = ["real_home"]
pytestmark = [pytest.mark.real, pytest.mark.usefixtures("home")]

ROOT = Path(__file__).parents[2]
MODELS = ("control", "dense", "separable", "lstm", "custom_missing")
NEEDED = ("tf-2.15", "tf-2.21")
WANTED = (*NEEDED, "tf-2.4")  # where its Python is
AWKWARD = ("adapted", "dropout", "composite", "subclassed", "own_weights")


def caniload(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "caniload", *arguments], capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="module")
def cells(home: Path) -> Mapping[str, Mapping[str, Any]]:
    chosen = ("--envs", ",".join(WANTED), "--models", ",".join(MODELS))
    done = caniload("matrix", *chosen)
    assert done.returncode == 0, done.stderr[-3000:]
    assert (home / "report" / "index.html").is_file()
    lines = caniload("cells", "--controls", *chosen).stdout.splitlines()
    return {cell["id"]: cell for cell in map(json.loads, lines)}


@pytest.mark.parametrize(
    ("cell", "outcome", "error"),
    [
        ("tf-2.15/control.h5/tf-2.21", "identical", None),
        ("tf-2.15/lstm.h5/tf-2.15", "identical", None),
        ("tf-2.21/lstm.keras/tf-2.21", "identical", None),
        ("tf-2.15/separable.h5/tf-2.21", "error", "'groups': 1"),  # keras issue 19151
        ("tf-2.15/lstm.h5/tf-2.21", "error", "{'time_major': False}"),  # keras issue 20750
        ("tf-2.15/dense.savedmodel/tf-2.21", "error", "File format not supported"),
        ("tf-2.15/lstm.keras/tf-2.21", "error", "keras.src.engine"),  # keras issue 19089
        ("tf-2.21/control.h5/tf-2.15", "error", "batch_shape"),  # tensorflow issue 66381
        ("tf-2.21/dense.savedmodel/tf-2.21", "na", None),
        ("tf-2.15/custom_missing.h5/tf-2.15", "error", "Unknown layer"),
    ],
)
def test_what_is_known(
    cells: Mapping[str, Mapping[str, Any]], cell: str, outcome: str, error: str | None
) -> None:
    found = cells[cell]
    assert found["outcome"] == outcome, found["reason"]
    if error is not None:
        assert error in found["error"]["message"]


def test_every_control_proves_its_row(cells: Mapping[str, Mapping[str, Any]]) -> None:
    control = [cell for cell in cells.values() if cell["model"] == "control"]
    ran = [cell for cell in control if cell["outcome"] not in ("na", "untested")]
    assert {cell["save"] for cell in ran} >= set(NEEDED)
    for cell in ran:
        if cell["damage"]:
            assert cell["outcome"] == "error", cell["id"]
        elif cell["save"] == cell["load"]:
            assert cell["outcome"] == "identical", cell["id"]


def test_an_older_tensorflow_takes_part(cells: Mapping[str, Mapping[str, Any]]) -> None:
    if not find_pythons(["3.8"]):
        reason = cells["tf-2.4/control.h5/tf-2.15"]["reason"]
        assert "Python 3.8" in reason
        return
    assert cells["tf-2.4/control.h5/tf-2.15"]["outcome"] == "identical"
    assert cells["tf-2.4/lstm.h5/tf-2.21"]["outcome"] == "error"


def test_cells_repeat_in_a_fresh_interpreter(cells: Mapping[str, Mapping[str, Any]]) -> None:
    ran = [cell for cell in cells.values() if cell["outcome"] not in ("na", "untested")]
    chosen = replaying.sample(ran, 10, {"problems": 7}, seed=20)
    wrong = {cell["id"]: found for cell in chosen if (found := replaying.disagreements(cell))}
    assert not wrong
    assert len(chosen) == 10


def test_nothing_changed_runs_nothing(cells: Mapping[str, Mapping[str, Any]]) -> None:
    done = caniload("matrix", "--envs", ",".join(WANTED), "--models", ",".join(MODELS))
    assert "0 cells run (0 of them alone), 0 models saved, 0 environments built" in done.stdout


def test_models_that_attack_cost_only_themselves(home: Path, tmp_path: Path) -> None:
    hostile = ("kills_on_load", "hangs_on_load", "eats_memory_on_load")
    families = {"control": "plain", **dict.fromkeys(hostile, "hostile"), "dense": "plain"}
    path = _matrix_of(families, tmp_path, seconds=8, memory_mb=1500)
    chosen = ("--envs", "tf-2.15", "--formats", "h5")
    done = caniload("--matrix", str(path), "matrix", *chosen, "--report", str(tmp_path / "report"))
    assert done.returncode == 0, done.stderr[-3000:]
    lines = caniload("--matrix", str(path), "cells", *chosen).stdout.splitlines()
    found = {cell["model"]: cell for cell in map(json.loads, lines)}
    assert _said(found, *hostile) == ["crash", "crash", "crash"]
    assert "SIGSEGV" in found["kills_on_load"]["reason"]
    assert "did not end within" in found["hangs_on_load"]["reason"]
    assert "of memory" in found["eats_memory_on_load"]["reason"]
    assert all(found[model]["solo"] for model in hostile)
    assert _said(found, "control", "dense") == ["identical", "identical"]


def test_models_that_are_hard_to_measure(home: Path, tmp_path: Path) -> None:
    """What a version saves itself, it loads bit for bit, but for what is known to be lost."""
    families = {"control": "plain", "dicts": "structure", **dict.fromkeys(AWKWARD, "awkward")}
    path = _matrix_of(families, tmp_path)
    chosen = ("--envs", ",".join(NEEDED), "--formats", "keras,weights-h5")
    done = caniload("--matrix", str(path), "matrix", *chosen, "--report", str(tmp_path / "report"))
    assert done.returncode == 0, done.stderr[-3000:]
    lines = caniload("--matrix", str(path), "cells", *chosen).stdout.splitlines()
    cells = [json.loads(line) for line in lines]
    own = [cell for cell in cells if cell["save"] == cell["load"]]
    assert len(own) == 2 * 2 * (2 + len(AWKWARD))
    assert {cell["outcome"] for cell in cells} >= {"identical", "warning", "error"}
    assert not [cell["id"] for cell in cells if cell["outcome"] in ("untested", "na", "crash")]
    for cell in own:
        if cell["format"] == "keras" and cell["model"] != "dropout":  # it draws, and never trained
            assert cell["outcome"] == "identical", (cell["id"], cell["reason"])
        assert not cell["differences"], (cell["id"], cell["reason"])


def _matrix_of(families: Mapping[str, str], folder: Path, **limits: int) -> Path:
    """Write a matrix.yaml like ours, but of these models; return its path."""
    matrix = yaml.safe_load((ROOT / "matrix.yaml").read_text(encoding="utf-8"))
    matrix["models"] = [{"id": model, "family": family} for model, family in families.items()]
    matrix["formats"] = [one for one in matrix["formats"] if "models" not in one]
    for profile in matrix["profiles"].values():
        profile.pop("models", None)  # they name models of ours
        profile.pop("without", None)
    matrix["limits"] |= limits
    path = folder / "matrix.yaml"
    path.write_text(yaml.safe_dump(matrix, sort_keys=False), encoding="utf-8")
    return path


def _said(found: Mapping[str, Mapping[str, Any]], *models: str) -> Sequence[str]:
    return [found[model]["outcome"] for model in models]
