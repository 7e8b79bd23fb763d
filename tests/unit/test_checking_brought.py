"""What comes with caniload of reference models: as it was measured, and nothing of the machine."""

from __future__ import annotations

import gzip
from dataclasses import replace
from pathlib import Path

import pytest

from caniload.runner.answering import brought
from caniload.runner.answering.features import Features
from caniload.runner.answering.references import Known, Loaded
from caniload.runner.core.outcomes import Outcome
from caniload.runner.environments.settling import choose
from caniload.runner.matrix.reading import read_matrix
from caniload.runner.matrix.schema import Matrix

ROOT = Path(__file__).parents[2]
SHIPPED = sorted(brought.FOLDER.glob("*.json.gz"))


@pytest.fixture(scope="module")
def matrix() -> Matrix:
    return read_matrix(ROOT / "matrix.yaml")


def file(saved_by: str = "tf-2.15", model: str = "dense") -> Known:
    said = Features(
        format="h5",
        origin=("Keras 2.15", "", "on tensorflow"),
        classes=frozenset({"Dense"}),
        traits=frozenset({"layer Dense", "one input"}),
    )
    raised = Loaded(outcome=Outcome.ERROR, reason="no file /srv/home/x", raised="ValueError")
    cells = {"tf-2.15": Loaded(outcome=Outcome.IDENTICAL, reason="the same"), "tf-2.21": raised}
    return Known(saved_by=saved_by, model=model, format="h5", features=said, cells=cells)


def test_what_is_written_is_read(matrix: Matrix, tmp_path: Path) -> None:
    known = [file(), file("tf-2.21")]
    (path,) = brought.write(known, matrix, "2026-11-23", hidden=Path("/srv/home"), folder=tmp_path)
    assert b"/srv" not in gzip.decompress(path.read_bytes())
    first, second = brought.read("h5", matrix, folder=tmp_path)
    assert (first.when, second.saved_by) == ("2026-11-23", "tf-2.21")
    assert first.features == known[0].features
    assert first.cells["tf-2.15"] == known[0].cells["tf-2.15"]
    assert first.cells["tf-2.21"].reason == "no file $CANILOAD_HOME/x"


def test_an_environment_that_is_locked_anew_counts_no_more(matrix: Matrix, tmp_path: Path) -> None:
    locks = tmp_path / "locks"
    locks.mkdir()
    for name in ("tf-2.15", "tf-2.21"):
        text = (ROOT / "runner" / "locks" / f"{name}.txt").read_text(encoding="utf-8")
        (locks / f"{name}.txt").write_text(text, encoding="utf-8")
    known = [file(), file("tf-2.21")]
    brought.write(known, matrix, "", hidden=Path("/x"), locks=locks, folder=tmp_path)
    assert len(brought.read("h5", matrix, locks, tmp_path)) == 2
    (locks / "tf-2.21.txt").write_text("other==1 --hash=sha256:0\n", encoding="utf-8")
    (left,) = brought.read("h5", matrix, locks, tmp_path)
    assert (left.saved_by, set(left.cells)) == ("tf-2.15", {"tf-2.15"})


def test_what_is_brought_counts_on_another_python_too(matrix: Matrix, tmp_path: Path) -> None:
    brought.write([file("tf-2.21")], matrix, "", hidden=Path("/x"), folder=tmp_path)
    rows = tuple(choose(one, {"3.12"}) for one in matrix.environments)
    elsewhere = matrix.model_copy(update={"environments": rows})
    assert elsewhere.environment("tf-2.21").python == "3.12"
    assert brought.read("h5", elsewhere, folder=tmp_path) == brought.read(
        "h5", matrix, folder=tmp_path
    )


def test_what_was_measured_here_goes_first() -> None:
    own, other = file(), file(model="lstm")
    assert brought.added([own], [replace(own, when="2026"), other]) == [own, other]


def test_what_is_not_there_is_nothing(matrix: Matrix, tmp_path: Path) -> None:
    assert brought.read("keras", matrix, folder=tmp_path) == []


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.name)
def test_what_is_shipped_names_no_machine_and_counts(path: Path, matrix: Matrix) -> None:
    text = gzip.decompress(path.read_bytes()).decode()
    assert not [word for word in ("/tmp/", "/root", "/home/", "/work") if word in text]
    listed = brought.read(path.name.removesuffix(".json.gz"), matrix)
    assert listed
    models = {one.id for one in matrix.models}
    assert {one.model for one in listed} <= models
