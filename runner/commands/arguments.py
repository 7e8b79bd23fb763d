"""What the arguments of a command mean: which matrix, what of it, and where its evidence is."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from caniload.runner.core.shipped import LOCKS
from caniload.runner.core.texts import shown
from caniload.runner.environments.home import Home
from caniload.runner.environments.opening import nearest_matrix, open_matrix
from caniload.runner.evidence.known import Evidence
from caniload.runner.evidence.resolve import resolve
from caniload.runner.evidence.store import Store
from caniload.runner.matrix.plan import Plan, Selection
from caniload.runner.matrix.profiles import SelectedBy
from caniload.runner.matrix.schema import Matrix


def matrix_path(arguments: argparse.Namespace) -> Path:
    """Return the matrix.yaml that is meant: the one that is given, or the nearest."""
    return Path(arguments.matrix) if arguments.matrix is not None else nearest_matrix()


def read(arguments: argparse.Namespace) -> Matrix:
    matrix = open_matrix(matrix_path(arguments), locks=locks_of(arguments))
    if wanted := getattr(arguments, "add", None):
        return _with_added(matrix, wanted, arguments)
    return matrix


def _with_added(matrix: Matrix, wanted: Sequence[str], arguments: argparse.Namespace) -> Matrix:
    """Join the temporary environment; from here on the selection and the locks have it, too."""
    from caniload.runner.releases import adding  # noqa: PLC0415 - asks the index, few commands do

    added = adding.temporary(matrix, wanted, home=Home.default(), locks=locks_of(arguments))
    print("\n".join(adding.as_lines(added, wanted)), file=sys.stderr)
    arguments.locks, arguments.added = added.locks, added.environment.id
    return added.matrix


def locks_of(arguments: argparse.Namespace) -> Path:
    return getattr(arguments, "locks", LOCKS)


def had(file: Path, matrix: Matrix, locks: Path) -> str:
    """Return the id of the environment that is nearest to a project's lock, and say how near."""
    from caniload.runner.environments import having  # noqa: PLC0415 - few commands are asked for it
    from caniload.runner.project import locked  # noqa: PLC0415

    found = having.nearest(locked.read(file), matrix.environments, locks)
    print(f"{shown(file)}: {found.sentence}", file=sys.stderr)
    return found.environment.id


def environments_of(arguments: argparse.Namespace, matrix: Matrix) -> tuple[str, ...]:
    """Return the environments that are named, and the one that a lock is nearest to."""
    if getattr(arguments, "env_from", None) is None:
        return tuple(arguments.envs)
    return (*arguments.envs, had(arguments.env_from, matrix, locks_of(arguments)))


def version_of(text: str, matrix: Matrix, locks: Path) -> str:
    """Return a version as it is, or of a lock that is named in its place the environment's id."""
    return had(Path(text), matrix, locks) if Path(text).is_file() else text


def _profile(arguments: argparse.Namespace) -> SelectedBy:
    """Return what is meant: environments that are named are found in every profile."""
    if arguments.profile is not None:
        profile: SelectedBy = arguments.profile
        return profile
    if any(getattr(arguments, name, None) for name in ("save", "load", "id")):
        return "all"
    named = any(getattr(arguments, name, None) for name in ("envs", "first", "last"))
    return "named" if named else "default"


def selection_of(arguments: argparse.Namespace, matrix: Matrix) -> Selection:
    arguments.envs = environments_of(arguments, matrix)
    arguments.env_from = None  # said once
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
