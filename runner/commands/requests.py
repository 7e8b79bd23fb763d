"""What a command line asks about files of a person's, as a request."""

from __future__ import annotations

import argparse

from caniload.runner.checking.request import Request
from caniload.runner.checking.wanted import wish
from caniload.runner.commands.arguments import environments_of, locks_of
from caniload.runner.matrix.schema import Matrix


def request_of(
    arguments: argparse.Namespace, matrix: Matrix, *, build: str | None = None
) -> Request:
    """Return the request of a command that checks; ``build`` is said of weights alone."""
    return wish(
        to=arguments.to,
        envs=environments_of(arguments, matrix),
        trust=arguments.trust,
        sandbox=arguments.sandbox,
        custom=arguments.custom,
        build=build,
        packages=arguments.having,
        inputs=arguments.inputs,
        rerun=arguments.rerun,
        purpose=arguments.purpose,
        jobs=arguments.jobs,
        matrix=matrix,
        locks=locks_of(arguments),
    )
