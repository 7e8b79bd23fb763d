"""``caniload bisect``: the release with which a model stops loading or changes."""

from __future__ import annotations

import argparse

from rich.console import Console

from caniload.runner.bisecting.answers import Status
from caniload.runner.bisecting.asking import find
from caniload.runner.bisecting.telling import as_json, as_lines, as_row
from caniload.runner.commands.arguments import locks_of, read
from caniload.runner.commands.showing import written
from caniload.runner.core.errors import CaniloadError, UsageError

EXIT_CODES = {
    Status.FOUND: 0,
    Status.NOT_GOOD: 1,
    Status.NOT_BAD: 1,
    Status.REFUSED: UsageError.exit_code,
    Status.UNTESTED: CaniloadError.exit_code,
    Status.RANGE: 5,
    Status.TOGETHER: 5,
}


def bisect(arguments: argparse.Namespace) -> int:
    """Print where the change is, after measuring it; docs/exit-codes.md has the exit codes."""
    found = find(
        arguments.model,
        good=arguments.good,
        bad=arguments.bad,
        having=arguments.having,
        trust=arguments.trust,
        sandbox=arguments.sandbox,
        custom=arguments.custom,
        inputs=arguments.inputs,
        purpose=arguments.purpose,
        matrix=read(arguments),
        locks=locks_of(arguments),
        console=Console(stderr=True),
    )
    text = written(
        arguments.format,
        text=lambda: as_lines(found),
        json=lambda: as_json(found),
        rows=lambda: [as_row(found)],
        title="caniload bisect",
    )
    print(text)
    return EXIT_CODES[found.status]
