"""``caniload convert``: bring a model across, or say why it cannot be."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import zipfile
from dataclasses import replace
from pathlib import Path

from runner.commands.arguments import locks_of, read
from runner.converting.ladder import Ladder
from runner.converting.launching import Workshop
from runner.converting.original import Wish
from runner.converting.outcome import Conversion, Verdict
from runner.converting.telling import as_json, as_lines, as_page
from runner.core.errors import CaniloadError, StrictError, UsageError
from runner.environments.home import Home
from runner.environments.locking import LOCKS
from runner.forensics.apart import inspect_all
from runner.matrix.schema import Matrix


def convert(arguments: argparse.Namespace) -> int:
    """Bring one model across; exit 0 if it was delivered, 1 if not, 2 if it may not be tried."""
    conversion = bring_across(
        Wish(
            path=arguments.model,
            target=arguments.to,
            out=arguments.output or _default_out(arguments.model),
            custom=tuple(arguments.custom),
            inputs=arguments.inputs,
            trusted=arguments.trust,
        ),
        read(arguments),
        locks=locks_of(arguments),
        tell=lambda text: print(text, file=sys.stderr),
    )
    if arguments.report is not None:
        _write_report(arguments.report, conversion)
    if conversion.needs_trust and not arguments.json:
        raise UsageError(f"{arguments.model}: {conversion.reason}")
    if arguments.json:
        print(json.dumps(as_json(conversion), indent=1))
    else:
        print("\n".join(as_lines(conversion)))
    if conversion.verdict is Verdict.DELIVERED:
        return 0
    return UsageError.exit_code if conversion.needs_trust else StrictError.exit_code


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
    ``CaniloadError``: the target cannot be built here.
    """
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


def matrix_here() -> Matrix:
    """Return the matrix that is meant where none is named: here, or the packaged one."""
    return read(argparse.Namespace(matrix=None))


def _target(matrix: Matrix, name: str) -> str:
    """Return the environment given as ``tf-2.21`` or as plain ``2.21``."""
    known = [one.id for one in matrix.environments]
    for candidate in (name, f"tf-{name}"):
        if candidate in known:
            return candidate
    raise UsageError(f"there is no environment {name!r}; there are {', '.join(known)}")


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


def _default_out(model: Path) -> Path:
    return model.with_name(f"{model.name.split('.')[0]}-converted.keras")


def _write_report(path: Path, conversion: Conversion) -> None:
    page = path.suffix in (".html", ".htm")
    text = as_page(conversion) if page else json.dumps(as_json(conversion), indent=1) + "\n"
    path.write_text(text, encoding="utf-8")
