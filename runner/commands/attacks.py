"""``caniload attacks``: which version lets what through of files that attack."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from typing import TypeVar

from caniload.runner.attacking import kept
from caniload.runner.attacking.attacks import attacks as known
from caniload.runner.attacking.running import run
from caniload.runner.attacking.telling import as_json, as_lines, rows
from caniload.runner.commands.arguments import locks_of, read
from caniload.runner.commands.showing import written
from caniload.runner.core.errors import CaniloadError, UsageError
from caniload.runner.core.nearest import nearest
from caniload.runner.environments.home import Home

Known = TypeVar("Known")


def attacks(arguments: argparse.Namespace) -> int:
    """Print what is known, after trying what is missing where that is asked for."""
    matrix, home = read(arguments), Home.default()
    locks = locks_of(arguments)
    chosen = _chosen(arguments.envs, {one.id: one for one in matrix.environments}, "environment")
    files = _chosen(arguments.only, {one.id: one for one in known()}, "attack file")
    if arguments.run:
        failed = run(
            [one for one in chosen if arguments.envs or home.python(one.id).exists()],
            home=home,
            locks=locks,
            sandbox=arguments.sandbox,
            seconds=matrix.limits.import_seconds,
            only=frozenset(one.id for one in files) if arguments.only else (),
            rerun=arguments.rerun,
            say=lambda text: print(text, file=sys.stderr),
        )
        if failed:
            raise CaniloadError(f"{failed} environments could not be tried; the rest is kept")
    table = kept.table(chosen, home=home, locks=locks)
    if not table.environments:
        raise UsageError("nothing is known of these environments; --run tries those that are built")
    text = written(
        arguments.format,
        text=lambda: as_lines(table),
        json=lambda: as_json(table),
        rows=lambda: rows(table),
        title="caniload attacks",
    )
    print(text)
    return 0


def _chosen(names: tuple[str, ...], there: Mapping[str, Known], what: str) -> list[Known]:
    for name in names:
        if name not in there:
            raise UsageError(f"there is no {what} {name!r}; {nearest(name, there)}")
    return [there[name] for name in there if not names or name in names]
