"""One conversion from beginning to end: a file and a target in, what came of it out."""

from __future__ import annotations

import tempfile
import zipfile
from dataclasses import replace
from pathlib import Path

from caniload.runner.converting.ladder import Ladder
from caniload.runner.converting.launching import Workshop
from caniload.runner.converting.original import Wish
from caniload.runner.converting.outcome import Conversion
from caniload.runner.converting.rules import read_rules
from caniload.runner.core.errors import CaniloadError, UsageError
from caniload.runner.core.nearest import nearest
from caniload.runner.core.shipped import LOCKS
from caniload.runner.environments.home import Home
from caniload.runner.forensics.apart import inspect_all
from caniload.runner.matrix.frameworks import frameworks
from caniload.runner.matrix.schema import Matrix


def bring_across(
    wish: Wish,
    matrix: Matrix,
    *,
    home: Home | None = None,
    locks: Path = LOCKS,
    tell: object = None,
) -> Conversion:
    """Return what came of the wish; the original is only read.

    ``UsageError``: there is no such file or target, or the result would stand in its own way.
    ``MatrixError``: there is a mistake in rules.yaml. ``CaniloadError``: the target cannot be built
    here.
    """
    read_rules()  # a mistake in them is told before anything is built
    wish = replace(wish, target=_target(matrix, wish.target))
    _check(wish)
    home = home or Home.default()
    inspection = next(iter(inspect_all([wish.path])))
    home.root.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="convert-", dir=home.root) as scratch:
        workshop = Workshop(matrix=matrix, home=home, scratch=Path(scratch), locks=locks, tell=tell)
        ladder = Ladder(wish=wish, inspection=inspection, workshop=workshop)
        if (problem := workshop.problem(wish.target)) is not None:
            raise CaniloadError(f"{wish.target}: {problem}")
        return ladder.climb()


def _target(matrix: Matrix, name: str) -> str:
    """Return the environment given as ``tf-2.21`` or as plain ``2.21``."""
    known = [one.id for one in matrix.environments]
    for candidate in frameworks().called(name):
        if candidate in known:
            return candidate
    near = nearest(name, known, all_of="caniload env list")
    raise UsageError(f"there is no environment {name!r}; {near}")


def _check(wish: Wish) -> None:
    for path in (wish.path, *wish.custom, *([wish.inputs] if wish.inputs else [])):
        if not path.exists():
            raise UsageError(f"{path}: no such file")
    if wish.inputs is not None and not zipfile.is_zipfile(wish.inputs):
        made = "numpy.savez(path, name=array) writes one"
        raise UsageError(f"--inputs {wish.inputs}: no .npz file; {made}")
    if wish.out.exists() and wish.path.exists() and wish.out.samefile(wish.path):
        raise UsageError(f"{wish.out} is the original, which is left as it is; name another file")
    if wish.out.suffix not in (".keras", ".h5"):
        raise UsageError(f"{wish.out}: the result's name ends in .keras or .h5")
