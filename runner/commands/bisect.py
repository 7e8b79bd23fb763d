"""``caniload bisect``: the release with which a model stops loading or changes."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from runner.bisecting import ends, mixing
from runner.bisecting.answers import Bisection, Status
from runner.bisecting.bench import Bench, CannotTryError
from runner.bisecting.mixing import SUSPECTS, Locked
from runner.bisecting.stages import Hunt
from runner.bisecting.telling import as_json, as_lines
from runner.checking import checks
from runner.checking.asking import wish
from runner.checking.subjects import gather
from runner.core.errors import CaniloadError, UsageError
from runner.environments import index
from runner.releases.listing import Listing

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
    """Print where the change is, after measuring it; see README for the exit codes."""
    found = find(
        arguments.model,
        good=arguments.good,
        bad=arguments.bad,
        having=arguments.having,
        trust=arguments.trust,
        custom=arguments.custom,
        inputs=arguments.inputs,
        arguments=arguments,
        console=Console(stderr=True),
    )
    print(as_json(found) if arguments.json else "\n".join(as_lines(found)))
    return EXIT_CODES[found.status]


def find(
    model: str | os.PathLike[str],
    *,
    good: str,
    bad: str,
    having: Sequence[str] = (),
    trust: bool = False,
    custom: Sequence[str] = (),
    inputs: Path | None = None,
    arguments: argparse.Namespace | None = None,
    console: Console | None = None,
) -> Bisection:
    """Return where the model changes between two environments; ``console`` is told on the way."""
    console = console or Console(quiet=True)
    request = wish(trust=trust, custom=custom, inputs=inputs, arguments=arguments)
    request = replace(request, asked=())  # the bench says what to try
    matrix = request.matrix
    wanted = ends.companions(having)
    (subject, *more) = gather([Path(model)])
    if more:
        raise UsageError(f"{model}: a folder of {len(more) + 1} models; name one of them")
    refused = checks.refusal(subject, request, run=True)
    said = checks.blank_of(subject)
    blank = Bisection(
        path=said.path, status=Status.REFUSED, format=said.format, saved_by=said.saved_by
    )
    if refused is not None:
        return replace(blank, problem=refused.problem)
    bench = Bench(subject, request, console)
    listing = index.releases([*SUSPECTS, "tensorflow-cpu", *wanted])
    day = _day(listing, wanted)

    def finish(one: Locked) -> Locked:
        return ends.pinned(bench, one, wanted, cutoff=day)

    try:
        first = finish(ends.end(bench, matrix, "--good", good))
        pythons = [first.environment.python]
        last = finish(ends.end(bench, matrix, "--bad", bad, pythons))
    except CannotTryError as error:
        raise CaniloadError(str(error)) from error
    if first.id == last.id:
        raise UsageError(f"--good {good} and --bad {bad} are one environment, {first.id}")
    blank = replace(blank, notes=tuple(checks.needs(subject, request)))
    hunt = Hunt(
        bench=bench,
        matrix=matrix,
        listing=listing,
        blank=blank,
        finish=finish,
        tell=lambda text: console.print(text, markup=False, highlight=False, soft_wrap=True),
    )
    return hunt(first, last)


def _day(listing: Listing, wanted: dict[str, str]) -> str:
    """Return the day on which the newest of the companions that were asked for came."""
    days = [
        one.uploaded.isoformat()
        for name, spec in wanted.items()
        for one in listing.get(name, ())
        if one.uploaded is not None and f"=={one.version}" == mixing.exact(spec)
    ]
    return max(days, default="")
