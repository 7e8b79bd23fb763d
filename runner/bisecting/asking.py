"""One search from beginning to end: a model and two ends in, the release between them out."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from caniload.runner.bisecting import ends, mixing
from caniload.runner.bisecting.answers import Bisection, Status
from caniload.runner.bisecting.bench import Bench, CannotTryError
from caniload.runner.bisecting.mixing import Locked
from caniload.runner.bisecting.stages import Hunt
from caniload.runner.checking.request import blank_of, needs, refusal
from caniload.runner.checking.subjects import gather
from caniload.runner.checking.wanted import wish
from caniload.runner.core.errors import CaniloadError, UsageError
from caniload.runner.core.outcomes import Purpose
from caniload.runner.core.shipped import LOCKS
from caniload.runner.matrix.frameworks import frameworks
from caniload.runner.matrix.schema import Matrix
from caniload.runner.packages import index
from caniload.runner.packages.listing import Listing
from caniload.runner.sandbox import walls
from caniload.runner.sandbox.words import AUTO


def find(
    model: str | os.PathLike[str],
    *,
    good: str,
    bad: str,
    having: Sequence[str] = (),
    trust: bool = False,
    sandbox: str = AUTO,
    custom: Sequence[str] = (),
    inputs: Path | None = None,
    purpose: str = Purpose.PREDICT,
    matrix: Matrix | None = None,
    locks: Path = LOCKS,
    console: Console | None = None,
) -> Bisection:
    """Return where the model changes between two environments; ``console`` is told on the way."""
    console = console or Console(quiet=True)
    request = wish(
        trust=trust,
        sandbox=sandbox,
        custom=custom,
        inputs=inputs,
        purpose=purpose,
        matrix=matrix,
        locks=locks,
    )
    request = replace(request, asked=())  # the bench says what to try
    matrix = request.matrix
    wanted = ends.companions(having)
    (subject, *more) = gather([Path(model)])
    if more:
        raise UsageError(f"{model}: a folder of {len(more) + 1} models; name one of them")
    refused = refusal(subject, request, run=True)
    said = blank_of(subject, request)
    blank = Bisection(
        path=said.path,
        status=Status.REFUSED,
        purpose=request.purpose,
        format=said.format,
        saved_by=said.saved_by,
    )
    if refused is not None:
        return replace(blank, problem=refused.problem)
    bench = Bench(subject, request, console)
    known = frameworks()
    builds = [one.package for one in known.builds if one.of in known.suspected]
    listing = index.releases([*known.suspected, *builds, *wanted])
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
    held = walls.of(sandbox, request.home.checked).held
    blank = replace(
        blank, notes=tuple(needs(subject, request)), sandbox=held.told() if held else None
    )
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
