"""An environment that is in no file, then in matrix.yaml: whole runs with pretend frameworks."""

from __future__ import annotations

import importlib.metadata
from pathlib import Path

import pytest
import yaml
from local_index import serving
from workshop import Workshop, add_wheel

pytest_plugins = ["pipeline_fixtures"]

NUMPY = f"numpy=={importlib.metadata.version('numpy')}"
WISH = ("keras==2.0", "theano==1.0", NUMPY)
ADD = [word for requirement in WISH for word in ("--add", requirement)]
NAME = f"keras-2.0-theano-{NUMPY.replace('==', '-')}"


@pytest.fixture
def index(workshop: Workshop) -> Workshop:
    """A workshop whose matrix has one framework, and whose index can be asked for others."""
    add_wheel(workshop.wheels, "theano", "1.0")
    workshop.use(["1.0"])
    return workshop


def asking(workshop: Workshop, address: str | None) -> None:
    """Set uv up for that index, or for none."""
    setting = f'index-url = "{address}"\n' if address else "no-index = true\n"
    (workshop.root / "uv.toml").write_text(setting)
    workshop.variables["NO_PROXY"] = "127.0.0.1"


def test_for_one_run_and_then_for_good(index: Workshop) -> None:
    written = (index.root / "matrix.yaml").read_text()
    chosen = ("--models", "control", "--formats", "h5")
    with serving(index.wheels.folder) as address:
        asking(index, address)
        first = index.run("matrix", *chosen, *ADD, "--envs", "fake-1.0")
    assert first.code == 0, first.err
    assert f"added {NAME}: keras 2.0, theano 1.0" in first.err
    assert "2 models saved, 2 environments built" in first.tally
    assert (index.root / "matrix.yaml").read_text() == written
    assert [path.name for path in index.locks.iterdir()] == ["fake-1.0.txt"]

    asking(index, None)  # what was made is kept, and asks nobody
    again = index.run("matrix", *chosen, *ADD)
    assert again.tally.startswith("0 cells run (0 of them alone), 0 models saved, 0 environments")
    told = index.cells(*chosen, *ADD, "--save", NAME)
    assert {cell["load"] for cell in told} == {NAME, "fake-1.0"}

    kept = index.run("env", "add", *WISH)
    assert kept.code == 0, kept.err
    entries = yaml.safe_load((index.root / "matrix.yaml").read_text())["environments"]
    assert [entry["id"] for entry in entries] == ["fake-1.0", NAME]
    assert (index.locks / f"{NAME}.txt").is_file()


def test_bad_input_is_one_line_and_changes_nothing(index: Workshop, tmp_path: Path) -> None:
    before = (index.root / "matrix.yaml").read_text()
    without = tmp_path / "without TensorFlow"
    without.mkdir()
    for wheel in index.wheels.folder.iterdir():
        if not wheel.name.startswith("tensorflow-"):
            (without / wheel.name).symlink_to(wheel)
    with serving(without) as address:
        asking(index, address)
        for arguments, told in (
            (["--id", "fake-1.0", *WISH], "matrix.yaml has an environment 'fake-1.0'; choose"),
            (["--id", "Not Good", *WISH], "--id 'Not Good': small letters, digits and"),
            (["keras==7.0", "theano==1.0"], "there is no keras 7.0 on the package index"),
            (["keras==2.0"], "no TensorFlow of its days goes with keras 2.0; name one, too"),
        ):
            finished = index.run("env", "add", *arguments)
            assert (finished.code, finished.out) == (2, "")
            (line,) = finished.err.splitlines()
            assert line.startswith(f"caniload: {told}")
    assert (index.root / "matrix.yaml").read_text() == before
    assert [path.name for path in index.locks.iterdir()] == ["fake-1.0.txt"]


def test_no_index(index: Workshop) -> None:
    asking(index, None)
    finished = index.run("env", "add", *WISH)
    assert (finished.code, finished.out) == (4, "")
    (line,) = finished.err.splitlines()
    assert line.startswith("caniload: ")


def test_by_another_name(index: Workshop) -> None:
    with serving(index.wheels.folder) as address:
        asking(index, address)
        assert index.run("env", "add", "--id", "mine", *WISH).code == 0
        twice = index.run("env", "add", *WISH)
        assert index.run("env", "build", "mine").code == 0
    assert twice.code == 2
    assert "matrix.yaml has it already: mine; choose it with --envs" in twice.err
