"""What the arguments of a command mean: which matrix, what of it, and where its evidence is."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from runner.environments.home import Home
from runner.environments.lockcheck import check_locks
from runner.environments.locking import LOCKS
from runner.evidence.known import Evidence
from runner.evidence.resolve import resolve
from runner.evidence.store import Store
from runner.matrix.plan import Plan, Selection
from runner.matrix.reading import read_matrix
from runner.matrix.reference import check_models
from runner.matrix.schema import Matrix, SelectedBy
from runner.releases import adding


def matrix_path(arguments: argparse.Namespace) -> Path:
    """Return the matrix.yaml that is meant: given, here, beside the code, or packaged with it."""
    if arguments.matrix is not None:
        return Path(arguments.matrix)
    package = Path(__file__).resolve().parent
    for candidate in (Path("matrix.yaml"), package.parent / "matrix.yaml"):
        if candidate.is_file():
            return candidate
    return package / "matrix.yaml"


def read(arguments: argparse.Namespace) -> Matrix:
    path = matrix_path(arguments)
    matrix = read_matrix(path)
    check_models(matrix.models)
    check_locks(path, matrix, locks_of(arguments))
    if wanted := getattr(arguments, "add", None):
        return _with_added(matrix, wanted, arguments)
    return matrix


def _with_added(matrix: Matrix, wanted: Sequence[str], arguments: argparse.Namespace) -> Matrix:
    """Join the temporary environment; from here on the selection and the locks have it, too."""
    added = adding.temporary(matrix, wanted, home=Home.default(), locks=locks_of(arguments))
    print("\n".join(adding.as_lines(added, wanted)), file=sys.stderr)
    arguments.locks, arguments.added = added.locks, added.environment.id
    return added.matrix


def locks_of(arguments: argparse.Namespace) -> Path:
    return getattr(arguments, "locks", LOCKS)


def _profile(arguments: argparse.Namespace) -> SelectedBy:
    """Return what is meant: environments that are named are found in every profile."""
    if arguments.profile is not None:
        profile: SelectedBy = arguments.profile
        return profile
    if any(getattr(arguments, name, None) for name in ("save", "load", "id")):
        return "all"
    named = any(getattr(arguments, name, None) for name in ("envs", "first", "last"))
    return "named" if named else "default"


def selection_of(arguments: argparse.Namespace) -> Selection:
    return Selection(
        environments=arguments.envs,
        profile=_profile(arguments),
        first=arguments.first,
        last=arguments.last,
        models=arguments.models,
        formats=arguments.formats,
        python=arguments.python_only,
        added=getattr(arguments, "added", None),
        cells=arguments.cells,
    )


def evidence_of(arguments: argparse.Namespace, plan: Plan, home: Home) -> Evidence:
    locks = locks_of(arguments)
    resolution = resolve(plan.environments, home=home, locks=locks)
    return Evidence(plan=plan, home=home, store=Store(home.results), resolution=resolution)


def cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
