"""What a command imports before it answers: nobody waits for a library that it does not need."""

from __future__ import annotations

import importlib.util
import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from model_files import DENSE, INPUT, functional, hdf5

from caniload.runner.forensics import apart

TABLES = {"pandas", "pyarrow", "jinja2"}
HEAVY = TABLES | {"pydantic", "rich", "yaml", "psutil", "filelock", "packaging", "platformdirs"}
READERS = {"h5py", "numpy"}
MATRIX = str(Path(__file__).parents[2] / "matrix.yaml")
_LINE = re.compile(r"^import time:.*\| +([\w.]+)$", re.MULTILINE)


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("CANILOAD_HOME", str(tmp_path / "home"))
    return str(hdf5(tmp_path / "model.h5", functional(INPUT, DENSE)))


def imported(*words: str) -> set[str]:
    """Return the packages that a command imports in its own process, by Python's own account."""
    finished = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "caniload", *words],
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.stdout, finished.stderr
    found = set(_LINE.findall(finished.stderr))
    assert {"argparse", "caniload"} <= found  # or nothing was heard
    return found


def test_what_is_looked_for_is_there_to_be_imported() -> None:
    """A name with a slip in it would never be found, and all of this would pass."""
    assert all(importlib.util.find_spec(name) for name in HEAVY | READERS)


@pytest.mark.parametrize("words", [["--help"], ["check", "--help"], ["--version"]])
def test_help_and_version_import_no_library(words: list[str]) -> None:
    found = imported(*words)
    assert not found & (HEAVY | READERS)
    if words != ["--version"]:
        assert not found & {"importlib.metadata", "email", "subprocess", "dataclasses"}


def test_to_inspect_imports_no_library_where_nothing_is_read(model: str) -> None:
    assert not imported("inspect", model) & (HEAVY | READERS)


def test_the_process_that_inspects_imports_what_reads_hdf5_alone(
    model: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(apart, "_START", apart._START + "; print(*sys.modules, file=sys.stderr)")
    with tempfile.TemporaryFile() as said, apart._started([model], said) as worker:
        assert worker.stdout
        assert json.loads(worker.stdout.read())["format"] == "h5"
        assert worker.wait() == 0
        said.seek(0)
        found = {name.partition(".")[0] for name in said.read().decode().split()}
    assert found >= READERS
    assert not found & HEAVY


def test_to_compare_imports_no_library_where_nothing_is_read(model: str) -> None:
    assert not imported("diff", model, model) & (HEAVY | READERS)


def test_a_quick_check_imports_nothing_that_measures_or_draws(model: str) -> None:
    found = imported("--matrix", MATRIX, "check", model, "--to", "2.21")
    assert not found & (TABLES | READERS | {"rich", "psutil", "filelock"})


def test_to_import_the_package_imports_nothing_else() -> None:
    code = (
        "import sys; before = set(sys.modules); import caniload; print(*set(sys.modules) - before)"
    )
    finished = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert not set(finished.stdout.split()) & (HEAVY | READERS | {"argparse", "pathlib"})
