"""What a person asks about -> environments of matrix.yaml, in its order, and the request."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from packaging.version import InvalidVersion, Version

from caniload.runner.checking.customs import read_custom
from caniload.runner.checking.request import Request, inputs_sha256
from caniload.runner.core.errors import UsageError
from caniload.runner.core.machine import cores
from caniload.runner.core.nearest import THREE, nearest
from caniload.runner.core.outcomes import Purpose
from caniload.runner.core.shipped import LOCKS
from caniload.runner.environments.home import Home
from caniload.runner.environments.opening import open_matrix
from caniload.runner.matrix import choosing
from caniload.runner.matrix.joining import versions
from caniload.runner.matrix.schema import Environment, Matrix
from caniload.runner.sandbox.levels import known
from caniload.runner.sandbox.words import AUTO

LISTING = "caniload env list"


def wanted(matrix: Matrix, *, ids: Sequence[str], to: Sequence[str]) -> tuple[Environment, ...]:
    """Return the environments named by id or by TensorFlow version; by default a profile's.

    ``UsageError`` names what there is none of.
    """
    known = {environment.id: environment for environment in matrix.environments}
    chosen: set[str] = set()
    for name in ids:
        if name not in known:
            near = nearest(name, known, all_of=LISTING)
            raise UsageError(f"there is no environment {name!r} in matrix.yaml; {near}")
        chosen.add(name)
    for text in to:
        chosen.update(_of_version(matrix, text))
    if not chosen:
        chosen = set(choosing.profile(matrix, "default").environments)
    return tuple(one for one in matrix.environments if one.id in chosen)


def _of_version(matrix: Matrix, text: str) -> list[str]:
    """Return the environment of that id, or those of the default profile with that TensorFlow."""
    if any(one.id == text for one in matrix.environments):
        return [text]
    try:
        asked = Version(text).release
    except InvalidVersion:
        asked = ()
    found = [
        one.id for one in matrix.environments if asked and _tensorflow(one)[: len(asked)] == asked
    ]
    if not found:
        near = _nearest(matrix, asked) or nearest(
            text, (one.id for one in matrix.environments), all_of=LISTING
        )
        raise UsageError(f"--to {text}: no environment and no TensorFlow of matrix.yaml; {near}")
    usual = [one for one in found if one in choosing.profile(matrix, "default").environments]
    return usual or found


def _nearest(matrix: Matrix, asked: Sequence[int]) -> str:
    """Return the clause that names the TensorFlow versions nearest to one that is not there."""
    if not asked:
        return ""
    major, minor = (*asked, 0)[:2]
    there = {_tensorflow(one)[:2] for one in matrix.environments if _tensorflow(one)}
    place = major * 100 + minor
    close = sorted(there, key=lambda one: abs(one[0] * 100 + one[1] - place))
    named = ", ".join(".".join(map(str, one)) for one in close[:THREE])
    return f"nearest: {named}; `{LISTING}` shows all"


def _tensorflow(environment: Environment) -> tuple[int, ...]:
    found = versions(environment).get("tensorflow")
    return found.release if found else ()


def wish(
    *,
    to: Sequence[str] = (),
    envs: Sequence[str] = (),
    trust: bool = False,
    sandbox: str = AUTO,
    custom: Sequence[str] = (),
    build: str | None = None,
    packages: Sequence[str] = (),
    inputs: Path | None = None,
    rerun: bool = False,
    purpose: str = Purpose.PREDICT,
    jobs: int | None = None,
    matrix: Matrix | None = None,
    locks: Path = LOCKS,
) -> Request:
    """Return what is asked; ``CaniloadError`` where it cannot be understood.

    ``matrix`` is the one that is meant where none is given.
    """
    matrix = matrix or open_matrix(locks=locks)
    inputs_sha256(inputs)
    if (problem := known(sandbox)) is not None:
        raise UsageError(problem)
    if purpose not in set(Purpose):
        raise UsageError(f"there is no purpose {purpose!r}; there are: {', '.join(Purpose)}")
    return Request(
        asked=wanted(matrix, ids=envs, to=to),
        matrix=matrix,
        home=Home.default(),
        custom=read_custom(custom, build=build, packages=packages),
        inputs=inputs,
        trust=trust,
        sandbox=sandbox,
        rerun=rerun,
        purpose=Purpose(purpose),
        jobs=jobs or cores(),
        locks=locks,
    )
