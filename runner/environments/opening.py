"""The matrix that is meant, read and held against what there is: models, locks and Pythons."""

from __future__ import annotations

from pathlib import Path

from caniload.runner.core.shipped import LOCKS, MATRIX
from caniload.runner.environments.home import Home
from caniload.runner.environments.lockcheck import check_locks
from caniload.runner.environments.settling import settled
from caniload.runner.matrix.reading import read_matrix
from caniload.runner.matrix.reference import check_models
from caniload.runner.matrix.schema import Matrix


def nearest_matrix() -> Path:
    """Return the matrix.yaml in the current folder, else the one that came with caniload."""
    here = Path("matrix.yaml")
    return here if here.is_file() else MATRIX


def open_matrix(path: Path | None = None, *, locks: Path = LOCKS) -> Matrix:
    """Read a matrix.yaml, by default the nearest; ``MatrixError`` names every problem in it.

    Every environment is on the Python that it has on this machine.
    """
    path = path or nearest_matrix()
    matrix = read_matrix(path)
    check_models(matrix.models)
    check_locks(path, matrix, locks)
    return settled(matrix, Home.default(), locks)
