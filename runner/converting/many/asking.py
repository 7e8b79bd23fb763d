"""Many files from beginning to end: paths and a target in, what came of each out."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from caniload.runner.converting.asking import check_given, scratch_in, target_of
from caniload.runner.converting.launching import Workshop
from caniload.runner.converting.many.finding import find
from caniload.runner.converting.many.keeping import Results
from caniload.runner.converting.many.manifest import Manifest
from caniload.runner.converting.many.naming import results
from caniload.runner.converting.many.running import Order, Run
from caniload.runner.converting.many.telling import as_table
from caniload.runner.converting.rules import read_rules
from caniload.runner.converting.workers import Workers
from caniload.runner.core.errors import CaniloadError, UsageError
from caniload.runner.core.machine import cores
from caniload.runner.core.shipped import LOCKS
from caniload.runner.core.version import version
from caniload.runner.environments import processes
from caniload.runner.environments.home import Home
from caniload.runner.environments.locking import lock_sha256
from caniload.runner.matrix.joining import knows_keras_format
from caniload.runner.matrix.schema import Matrix
from caniload.runner.running.progress import Display
from caniload.runner.running.together import Together
from caniload.runner.sandbox import walls


def bring_all_across(
    paths: Sequence[Path],
    order: Order,
    into: Path,
    matrix: Matrix,
    *,
    jobs: int | None = None,
    home: Home | None = None,
    locks: Path = LOCKS,
    console: Console | None = None,
) -> Manifest:
    """Return what came of every model that the paths name; their files are only read.

    Results, receipts and the manifest are written to the folder ``into``, which keeps what an
    earlier run did. ``console`` is told of progress. ``UsageError``: a path, the target or the
    folder cannot be used, or there is no model. ``StoreBusyError``: another run writes there.
    ``CaniloadError``: the target cannot be built here.
    """
    console = console or Console(quiet=True)
    read_rules()  # a mistake in them is told before anything is built
    order = replace(order, target=target_of(matrix, order.target))
    check_given(order.custom, order.inputs)
    for path in paths:
        if path.is_dir() and into.exists() and path.samefile(into):
            raise UsageError(f"--into {into}: is the folder of the originals; name another")
    models, skipped = find(paths, into)
    if not models:
        raise UsageError(f"{', '.join(map(str, paths))}: no saved model in it")
    home = home or Home.default()
    target = matrix.environment(order.target)
    wall = walls.of(order.sandbox, home.checked)
    if wall.refusal is not None:
        raise UsageError(f"{', '.join(map(str, paths))}: {wall.refusal}")
    with Results(into) as kept, scratch_in(home) as scratch, Display(console) as display:
        kept.read(order.target)
        names = [one.name for one in models]
        outs = results(names, ".keras" if knows_keras_format(target) else ".h5", kept.names())
        workshop = Workshop(
            matrix=matrix,
            home=home,
            scratch=scratch,
            locks=locks,
            tell=display.say,
            sandbox=order.sandbox,
            packages=order.packages,
        )
        if (problem := workshop.problem(order.target)) is not None:
            raise CaniloadError(f"{order.target}: {problem}")
        seconds = matrix.limits.import_seconds
        workers = workshop.workers = Workers(workshop.launch, import_seconds=seconds)

        def end() -> None:
            workers.close()
            processes.kill_all()

        try:
            together = Together(jobs or cores(), display, end)
            entries = Run(order, workshop, kept)(models, outs, together)
        finally:
            workers.close()
        manifest = Manifest(
            target=order.target,
            lock=lock_sha256(target, locks),
            version=version(),
            models=tuple(entries),
            skipped=tuple(skipped),
            earlier=tuple(kept.beside(names)),
            sandbox=wall.held.told() if wall.held else None,
        )
        kept.finish(manifest, os.linesep.join(as_table(manifest)))
    return manifest
