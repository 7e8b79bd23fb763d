"""``caniload matrix --engine``: the run goes on in this process, or on the workers of an engine."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping

from caniload.runner.commands import running
from caniload.runner.commands.arguments import locks_of, matrix_path
from caniload.runner.core.errors import UsageError
from caniload.runner.engines import address
from caniload.runner.engines.dask import Dask
from caniload.runner.engines.driving import Driving
from caniload.runner.engines.shipping import Asked
from caniload.runner.environments import disk
from caniload.runner.evidence.known import Evidence
from caniload.runner.running.run import Tally
from caniload.runner.sharding import notes, telling

LOCAL = "local"


def run(evidence: Evidence, arguments: argparse.Namespace) -> tuple[Tally, Mapping[str, str]]:
    """Run what is missing where it is asked for; the store is open for writing.

    Return also why environments could not be used, as far as it is told here.
    """
    if arguments.engine == LOCAL:
        ended = running.run(evidence, arguments)
        return ended.tally, ended.unusable
    for option in ("rerun", "add", "pulse"):
        if getattr(arguments, option):
            raise UsageError(f"--{option} is for --engine local; {_INSTEAD[option]}")
    where = address.scheduler(arguments.engine, insecure=arguments.insecure)
    prices = {one.id: disk.estimate(one, locks_of(arguments)) for one in evidence.plan.environments}
    asked = Asked(
        matrix=matrix_path(arguments),
        locks=locks_of(arguments),
        ids=arguments.cells,
        words=tuple(_words(arguments)),
        plan=notes.identify(evidence.plan, prices, locks_of(arguments)),
    )
    engine = Dask(where, _say)
    try:
        driving = Driving(evidence, asked, prices, engine, _say)
        driving()
    finally:
        engine.close()
    for line in telling.amiss(driving.merged):
        _say(line)
    return driving.tally, {}


_INSTEAD = {
    "rerun": "`caniload clean results` makes all of it run again on workers, too",
    "pulse": "leave it out, or run here",
    "add": "`caniload env add` writes the environment into matrix.yaml, which workers are sent",
}


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _words(arguments: argparse.Namespace) -> Iterator[str]:
    """Yield what `caniload matrix` is told on a worker: the same selection, run in the same way."""
    given = {
        "--profile": arguments.profile,
        "--envs": ",".join(arguments.envs),
        "--from": arguments.first,
        "--to": arguments.last,
        "--models": ",".join(arguments.models),
        "--formats": ",".join(arguments.formats),
        "--python-only": arguments.python_only,
        "--jobs": arguments.jobs,
        "--max-disk": arguments.max_disk,
        "--installer": arguments.installer,
    }
    for option, value in given.items():
        if value:
            yield from (option, str(value))
    if arguments.isolate:
        yield "--isolate"
    if getattr(arguments, "no_fetch", False):
        yield "--no-fetch"
