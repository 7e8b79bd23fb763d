"""matrix.yaml against the locks, before anything runs: a version that is not locked is an error."""

from __future__ import annotations

from pathlib import Path

from caniload.runner.core.errors import MatrixError
from caniload.runner.environments.locking import lock_problem, version_exists
from caniload.runner.matrix.places import Location, say_problems
from caniload.runner.matrix.schema import Environment, Matrix


def check_locks(path: Path, matrix: Matrix, locks: Path) -> None:
    """Raise ``MatrixError``, a line for each environment whose lock does not fit it."""
    problems: list[tuple[Location, str]] = []
    for index, environment in enumerate(matrix.environments):
        found = (lock_problem(one, locks) for one in environment.variants)
        problems += [_problem(index, environment, one) for one in found if one is not None]
    if problems:
        raise MatrixError(say_problems(path.read_text(encoding="utf-8"), problems, name=str(path)))


def _problem(index: int, environment: Environment, problem: str) -> tuple[Location, str]:
    """Blame the version that does not exist, if that is why; else say what the lock lacks."""
    for name, version in environment.packages.items():
        if version_exists(name, version) is False:
            message = f"there is no {name} {version} on the package index; choose one that exists"
            return ("environments", index, "packages", name), message
    return ("environments", index, "packages"), problem
