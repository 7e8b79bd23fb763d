"""One question from beginning to end: paths and wishes in, what is known or measured out."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from caniload.runner.checking import checks
from caniload.runner.checking.answers import Checked
from caniload.runner.checking.brought import added
from caniload.runner.checking.brought import read as read_brought
from caniload.runner.checking.checks import Prepared, Request
from caniload.runner.checking.customs import read_custom
from caniload.runner.checking.index import read_index
from caniload.runner.checking.knowing import known
from caniload.runner.checking.subjects import Subject, gather
from caniload.runner.checking.wanted import wanted
from caniload.runner.core.shipped import LOCKS
from caniload.runner.environments.home import Home
from caniload.runner.environments.opening import open_matrix
from caniload.runner.evidence.resolve import resolve
from caniload.runner.matrix.schema import Matrix
from caniload.runner.running.progress import Display
from caniload.runner.running.schedule import cores


def wish(
    *,
    to: Sequence[str] = (),
    envs: Sequence[str] = (),
    trust: bool = False,
    custom: Sequence[str] = (),
    inputs: Path | None = None,
    rerun: bool = False,
    jobs: int | None = None,
    matrix: Matrix | None = None,
    locks: Path = LOCKS,
) -> Request:
    """Return what is asked; ``CaniloadError`` where it cannot be understood.

    ``matrix`` is the one that is meant where none is given.
    """
    matrix = matrix or open_matrix(locks=locks)
    checks.inputs_sha256(inputs)
    return Request(
        asked=wanted(matrix, ids=envs, to=to),
        matrix=matrix,
        home=Home.default(),
        custom=read_custom(custom),
        inputs=inputs,
        trust=trust,
        rerun=rerun,
        jobs=jobs or cores(),
        locks=locks,
    )


def ask(
    models: Sequence[str | os.PathLike[str]],
    request: Request,
    *,
    run: bool = False,
    console: Console | None = None,
) -> list[Checked]:
    """Return what is known of each model, after measuring it if it is to be run.

    ``console`` is told of cost and progress. ``CaniloadError`` where a path leads nowhere.
    """
    console = console or Console(quiet=True)
    subjects = list(gather([Path(one) for one in models]))
    refused = {id(one): checks.refusal(one, request, run=run) for one in subjects}
    left = [one for one in subjects if refused[id(one)] is None]
    told = iter(_measured(left, request, console) if run else _known(left, request, console))
    return [refused[id(one)] or next(told) for one in subjects]


def _measured(subjects: Sequence[Subject], request: Request, console: Console) -> list[Checked]:
    prepared, resolution = checks.prepare(subjects, request)
    for line in cost_lines(prepared, request):
        console.print(line, markup=False, highlight=False, soft_wrap=True)
    with Display(console) as display:
        return list(checks.measure(prepared, resolution, request, display))


def _known(subjects: Sequence[Subject], request: Request, console: Console) -> list[Checked]:
    if not subjects:
        return []
    resolution = resolve(request.matrix.environments, home=request.home, locks=request.locks)
    index = read_index(
        [one.inspection.format or "" for one in subjects],
        matrix=request.matrix,
        home=request.home,
        locks=request.locks,
        say=console.print,
    )
    brought = [
        one
        for kind in {subject.inspection.format for subject in subjects}
        for one in read_brought(kind or "", request.matrix, request.locks)
    ]
    index = replace(index, known=added(index.known, brought))
    return [known(one, request, index=index, resolution=resolution) for one in subjects]


def cost_lines(prepared: Prepared, request: Request) -> Iterator[str]:
    """Yield what the run will cost, before it starts."""
    build = prepared.environments_to_build
    if build:
        yield f"{len(build)} environments to build: {', '.join(build)}"
        yield (
            f"up to {prepared.download_bytes / 1e9:.1f} GB to download,"
            f" {prepared.disk_bytes / 1e9:.1f} GB of disk in {request.home.root}"
        )
    if prepared.runs:
        minutes = max(prepared.seconds / 60, 0.1)
        yield f"{prepared.runs} times to load, or more; about {minutes:.1f} minutes"
