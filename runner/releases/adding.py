"""Requirements -> an environment with its lock: for one run, or for good in matrix.yaml."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from caniload.runner.core.errors import UsageError
from caniload.runner.core.putting import put_text
from caniload.runner.environments.fetching import here
from caniload.runner.environments.home import Home
from caniload.runner.environments.locking import LockError, compile_lock, lock_path, lock_problem
from caniload.runner.environments.pythons import find_pythons
from caniload.runner.matrix import editing as matrixtext
from caniload.runner.matrix.frameworks import frameworks
from caniload.runner.matrix.joining import relative
from caniload.runner.matrix.schema import Environment, Matrix
from caniload.runner.matrix.where import Identifier
from caniload.runner.packages import index
from caniload.runner.releases import companions, inference, wishes

_KEPT = "environment.json"


@dataclass(frozen=True, kw_only=True)
class Added:
    """A temporary environment, the matrix with it, and a folder with all their locks."""

    environment: Environment
    matrix: Matrix
    locks: Path


def temporary(matrix: Matrix, requirements: Sequence[str], *, home: Home, locks: Path) -> Added:
    """Return the environment of these requirements, the same every time until it is cleaned."""
    environment, folder = _kept(matrix, requirements, home=home, name=None)
    return Added(
        environment=environment,
        matrix=matrixtext.joined(matrix, environment),
        locks=_overlay(locks, folder, environment),
    )


def meant(
    matrix: Matrix,
    requirements: Sequence[str],
    *,
    home: Home,
    locks: Path,
    pythons: Sequence[str] = (),
) -> tuple[Environment, Path]:
    """Return the environment of these requirements, and the folder that has its lock.

    It is the one of matrix.yaml where that has it, else a temporary one, with the first of
    ``pythons`` that it can have.
    """
    environment, folder = _inferred(matrix, requirements, home=home, name=None, pythons=pythons)
    for one in matrix.environments:
        if _essence(one) == _essence(environment):
            return one, locks
    _refuse_known(matrix, environment)
    return _locked(matrix, environment, folder), folder


def permanent(
    path: Path,
    matrix: Matrix,
    requirements: Sequence[str],
    *,
    home: Home,
    locks: Path,
    name: str | None,
    beside: str | None = None,
) -> Environment:
    """Write the entry into the file at ``path`` and the lock into ``locks``; return the entry.

    ``beside`` names the environment of which it is to be a twin.
    """
    if name is not None:
        _check_id(matrix, name)
    if beside is not None:
        environment = companions.twin(matrix, beside, requirements, name=name)
        _refuse_known(matrix, environment)
        folder = home.added / environment.id
        compiled = compile_lock(
            environment, find_pythons([environment.python]).get(environment.python)
        )
        folder.mkdir(parents=True, exist_ok=True)
        put_text(lock_path(environment, folder), compiled)
    else:
        environment, folder = _kept(matrix, requirements, home=home, name=name)
    text = path.read_text(encoding="utf-8")
    try:
        changed = matrixtext.with_environment(text, environment, name=str(path))
    except ValueError as error:
        lines = "; ".join(line.strip() for line in matrixtext.entry(environment))
        raise UsageError(f"{error}; write it in by hand: {lines}") from error
    lock = lock_path(environment, folder).read_text(encoding="utf-8")
    put_text(lock_path(environment, locks), lock)
    put_text(path, changed)
    return environment


def as_lines(added: Added, requirements: Sequence[str]) -> list[str]:
    """Say what was inferred, and how to keep it."""
    one = added.environment
    packages = ", ".join(f"{name} {version}" for name, version in one.packages.items())
    words = " ".join(f'"{requirement}"' for requirement in requirements)
    return [
        f"added {one.id}: {packages} on Python {one.python}, the rest as of {one.cutoff}",
        f"it is in no file; to keep it: caniload env add {words}",
    ]


def as_entry(environment: Environment) -> list[str]:
    """Return the lines that stand in matrix.yaml now."""
    return ["written into matrix.yaml, and its lock beside the others:"] + [
        f"  {line}" for line in matrixtext.entry(environment)
    ]


def surroundings(matrix: Matrix, packages: Sequence[str], home: Home) -> inference.Surroundings:
    """Ask the index and this machine for all that an inference looks at."""
    return inference.Surroundings(
        matrix=matrix,
        listing=index.releases(packages),
        pythons=frozenset(here(frameworks().python_versions, home)),
        today=datetime.now(UTC).date(),
    )


def _check_id(matrix: Matrix, name: str) -> None:
    if any(one.id == name for one in matrix.environments):
        raise UsageError(f"matrix.yaml has an environment {name!r}; choose another --id")
    try:
        TypeAdapter(Identifier).validate_python(name)
    except ValidationError:
        raise UsageError(f"--id {name!r}: small letters, digits and . + _ - only") from None


def _kept(
    matrix: Matrix, requirements: Sequence[str], *, home: Home, name: str | None
) -> tuple[Environment, Path]:
    """Return the environment and the folder of its lock; both are made once and then kept."""
    environment, folder = _inferred(matrix, requirements, home=home, name=name)
    _refuse_known(matrix, environment)
    return _locked(matrix, environment, folder), folder


def _inferred(
    matrix: Matrix,
    requirements: Sequence[str],
    *,
    home: Home,
    name: str | None,
    pythons: Sequence[str] = (),
) -> tuple[Environment, Path]:
    wish = wishes.parse(requirements)
    asked = json.dumps([sorted(wish.packages.items()), wish.pins, name, *pythons])
    folder = home.added / hashlib.sha256(asked.encode()).hexdigest()[:12]
    environment = _recall(folder)
    if environment is None or environment.id in {one.id for one in matrix.environments}:
        around = surroundings(matrix, inference.packages_to_ask(wish), home)
        environment = inference.environment(wish, around, name)
        environment = _with_python(environment, wish, around, pythons)
    return environment, folder


def _with_python(
    environment: Environment,
    wish: wishes.Wish,
    around: inference.Surroundings,
    pythons: Sequence[str],
) -> Environment:
    """Give it the first of these Pythons that it can have and that is here; else it stays."""
    for python in pythons:
        if python == environment.python:
            break
        only = replace(around, pythons=around.pythons & {python})
        if python in only.pythons and inference.environment(wish, only).python == python:
            name = f"{environment.id[:47]}-python-{python}"
            return environment.model_copy(update={"id": name, "python": python})
    return environment


def _locked(matrix: Matrix, environment: Environment, folder: Path) -> Environment:
    if lock_problem(environment, folder) is not None:
        return _lock(matrix, environment, folder)
    return environment


def _recall(folder: Path) -> Environment | None:
    try:
        text = (folder / _KEPT).read_text(encoding="utf-8")
        return Environment.model_validate_json(text)
    except (OSError, ValueError):
        return None


def _refuse_known(matrix: Matrix, environment: Environment) -> None:
    for one in matrix.environments:
        if _essence(one) == _essence(environment):
            raise UsageError(f"matrix.yaml has it already: {one.id}; choose it with --envs")
        if one.id == environment.id:
            raise UsageError(f"matrix.yaml has another {one.id}; change that, or choose an --id")


def _essence(environment: Environment) -> tuple[object, ...]:
    return (
        dict(environment.packages),
        environment.pins,
        environment.overrides if environment.twin else (),
        environment.imports,
    )


def _lock(matrix: Matrix, environment: Environment, folder: Path) -> Environment:
    """Lock as of the environment's day; where that cannot be, as of a relative's, known to do."""
    interpreter = find_pythons([environment.python]).get(environment.python)
    kin = relative(environment, matrix.environments)
    try:
        text = compile_lock(environment, interpreter)
    except LockError:
        if kin is None or kin.cutoff <= environment.cutoff:
            raise
        environment = environment.model_copy(update={"cutoff": kin.cutoff})
        text = compile_lock(environment, interpreter)
    folder.mkdir(parents=True, exist_ok=True)
    put_text(lock_path(environment, folder), text)
    put_text(folder / _KEPT, environment.model_dump_json(indent=1) + "\n")
    return environment


def _overlay(locks: Path, folder: Path, environment: Environment) -> Path:
    """Return a folder that holds links to all other locks, and this one."""
    overlay = folder / "locks"
    overlay.mkdir(exist_ok=True)
    for file in (*locks.absolute().iterdir(), lock_path(environment, folder).absolute()):
        link = overlay / file.name
        if not (link.is_symlink() and link.readlink() == file):
            unfinished = overlay / f".{file.name}.{os.getpid()}"
            unfinished.symlink_to(file)
            unfinished.replace(link)
    return overlay
