"""One conversion from beginning to end: a file and a target in, what came of it out."""

from __future__ import annotations

import os
import shutil
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path

import psutil

from caniload.runner.converting import receipt
from caniload.runner.converting.ladder import Ladder
from caniload.runner.converting.launching import Workshop
from caniload.runner.converting.original import Wish, refusal
from caniload.runner.converting.outcome import Conversion
from caniload.runner.converting.rules import read_rules
from caniload.runner.converting.workers import Workers
from caniload.runner.core.errors import CaniloadError, UsageError
from caniload.runner.core.nearest import nearest
from caniload.runner.core.shipped import LOCKS
from caniload.runner.environments.home import Home
from caniload.runner.forensics.apart import inspect_all
from caniload.runner.matrix.frameworks import frameworks
from caniload.runner.matrix.schema import Matrix
from caniload.runner.sandbox import walls
from caniload.runner.sandbox.walls import Walls


def bring_across(
    wish: Wish,
    matrix: Matrix,
    *,
    home: Home | None = None,
    locks: Path = LOCKS,
    tell: object = None,
    receipts: bool = False,
    shop: Workshop | None = None,
) -> Conversion:
    """Return what came of the wish; the original is only read.

    With ``receipts`` one is written beside what is delivered. ``shop`` is one for many
    (``open_shop``). ``UsageError``: there is no such file
    or target, or the result would stand in its own way. ``MatrixError``: there is a mistake in
    rules.yaml. ``CaniloadError``: the target cannot be built here, or the original changed
    meanwhile.
    """
    read_rules()  # a mistake in them is told before anything is built
    wish = replace(wish, target=target_of(matrix, wish.target))
    _check(wish)
    home = home or Home.default()
    inspection = next(iter(inspect_all([wish.path])))
    wall = walls.of(wish.sandbox, home.checked)
    own = open_shop(matrix, home, locks=locks, tell=tell, wish=wish)
    with own if shop is None else nullcontext(shop) as whole:
        scratch = whole.scratch if shop is None else whole.folder("file")
        workshop = whole.for_file(scratch, wish.readable(inspection))
        ladder = Ladder(wish=wish, inspection=inspection, workshop=workshop)
        if refusal(inspection, wish) is not None:
            return ladder.climb()  # which says why
        if wall.refusal is not None:
            raise UsageError(f"{wish.path}: {wall.refusal}")
        if (problem := workshop.problem(wish.target)) is not None:
            raise CaniloadError(f"{wish.target}: {problem}")
        if not receipts:
            return _climbed(ladder, wall)
        path = Path(os.path.abspath(wish.path))  # noqa: PTH100 - "." has no name; links stay
        files = list(receipt.files_of(path, path.name, inspection))
        material = (*receipt.hashed(files), *receipt.given(wish))
        conversion = _climbed(ladder, wall)
        if conversion.out is not None:
            if material != (*receipt.hashed(files), *receipt.given(wish)):
                raise CaniloadError(f"{wish.path}: changed while it was read; run this again")
            out = Path(conversion.out)
            stated = receipt.statement(
                conversion,
                subject=receipt.hashed(_results(conversion, out)),
                material=material,
                matrix=matrix,
                locks=locks,
            )
            conversion = replace(conversion, receipt=str(receipt.put(stated, out)))
        return conversion


@contextmanager
def open_shop(
    matrix: Matrix, home: Home, *, wish: Wish, locks: Path = LOCKS, tell: object = None
) -> Iterator[Workshop]:
    """Lend a workshop for a wish: what is asked of all in it is asked alike, but for the files."""
    with scratch_in(home) as scratch:
        yield Workshop(
            matrix=matrix,
            home=home,
            scratch=scratch,
            locks=locks,
            tell=tell,
            sandbox=wish.sandbox,
            packages=wish.packages,
        )


@contextmanager
def open_shop_of_many(
    matrix: Matrix,
    home: Home,
    *,
    sandbox: str,
    packages: tuple[str, ...] = (),
    locks: Path = LOCKS,
    tell: object = None,
) -> Iterator[Workshop]:
    """Lend a workshop to several wishes: frameworks are imported once for all, walls tried once.

    Who leaves it has ended its workers. ``packages`` are as of ``Wish``, the same for all.
    """
    nobody = Wish(path=Path(), target="", out=Path(), sandbox=sandbox, packages=packages)
    with open_shop(matrix, home, wish=nobody, locks=locks, tell=tell) as shop:
        shop.workers = Workers(shop.launch, import_seconds=matrix.limits.import_seconds)
        try:
            yield shop
        finally:
            shop.workers.close()


def _results(conversion: Conversion, out: Path) -> Iterator[tuple[Path, str]]:
    """Yield all files that were delivered, with their names."""
    yield from receipt.files_of(out, out.name)
    if conversion.endpoint is not None and conversion.endpoint.layer is not None:
        layer = Path(conversion.endpoint.layer)
        yield layer, layer.name


def _climbed(ladder: Ladder, wall: Walls) -> Conversion:
    """Return what came of it, with what held; ``CaniloadError`` where a wall may be to blame."""
    found = replace(ladder.climb(), sandbox=wall.held.told() if wall.held else None)
    if (why := ladder.workshop.to_blame(found)) is not None:
        raise CaniloadError(f"{ladder.wish.path}: {why}")
    return found


@contextmanager
def scratch_in(home: Home) -> Iterator[Path]:
    """Make a folder for scratch files, and remove those of conversions that were killed."""
    home.root.mkdir(parents=True, exist_ok=True)
    for left in home.root.glob("convert-*-*"):
        number = left.name.split("-")[1]
        if number.isdecimal() and not psutil.pid_exists(int(number)):
            shutil.rmtree(left, ignore_errors=True)
    prefix = f"convert-{os.getpid()}-"
    with tempfile.TemporaryDirectory(
        prefix=prefix, dir=home.root, ignore_cleanup_errors=True
    ) as made:
        Path(made).chmod(0o711)  # whoever a process becomes has to come to its own folder
        yield Path(made)


def target_of(matrix: Matrix, name: str) -> str:
    """Return the environment given as ``tf-2.21`` or as plain ``2.21``."""
    known = [one.id for one in matrix.environments]
    for candidate in frameworks().called(name):
        if candidate in known:
            return candidate
    near = nearest(name, known, all_of="caniload env list")
    raise UsageError(f"there is no environment {name!r}; {near}")


def check_given(custom: tuple[Path, ...], inputs: Path | None) -> None:
    """Refuse code and inputs that are not there; ``UsageError``."""
    for path in (*custom, *([inputs] if inputs else [])):
        if not path.exists():
            raise UsageError(f"{path}: no such file")
    if inputs is not None and not zipfile.is_zipfile(inputs):
        made = "numpy.savez(path, name=array) writes one"
        raise UsageError(f"--inputs {inputs}: no .npz file; {made}")


def _check(wish: Wish) -> None:
    if not wish.path.exists():
        raise UsageError(f"{wish.path}: no such file")
    check_given(wish.custom, wish.inputs)
    if wish.out.exists() and wish.path.exists() and wish.out.samefile(wish.path):
        raise UsageError(f"{wish.out} is the original, which is left as it is; name another file")
    if wish.out.suffix not in (".keras", ".h5"):
        raise UsageError(f"{wish.out}: the result's name ends in .keras or .h5")
