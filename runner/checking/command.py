"""``caniload check``: the verdict about models of a person's own, known or measured."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence

from rich.console import Console

from runner.arguments import cores, locks_of, read
from runner.checking import checks
from runner.checking.answers import Checked
from runner.checking.checks import Prepared, Request
from runner.checking.customs import read_custom
from runner.checking.describe import as_json, as_lines
from runner.checking.index import read_index
from runner.checking.knowing import known
from runner.checking.subjects import Subject, gather
from runner.checking.wanted import wanted
from runner.environments.home import Home
from runner.errors import UsageError
from runner.outcomes import CLEAN
from runner.progress import Display
from runner.resolve import resolve

ALL_GOOD, NOT_GOOD, NOT_KNOWN = 0, 1, 5


def check(arguments: argparse.Namespace) -> int:
    """Print what is known of each model, after measuring it where that is asked for."""
    matrix = read(arguments)
    request = Request(
        asked=wanted(matrix, ids=arguments.envs, to=arguments.to),
        matrix=matrix,
        home=Home.default(),
        custom=read_custom(arguments.custom),
        inputs=arguments.inputs,
        trust=arguments.trust,
        rerun=arguments.rerun,
        jobs=arguments.jobs or cores(),
        locks=locks_of(arguments),
    )
    checks.inputs_sha256(request.inputs)
    subjects = list(gather(arguments.model))
    found = list(_measured(subjects, request) if arguments.run else _known(subjects, request))
    if arguments.json:
        print(as_json(found))
    else:
        print("\n\n".join("\n".join(as_lines(one)) for one in found))
    return exit_code(found)


def _measured(subjects: Sequence[Subject], request: Request) -> Iterator[Checked]:
    refused = {id(one): checks.refusal(one, request, run=True) for one in subjects}
    left = [one for one in subjects if refused[id(one)] is None]
    console = Console(stderr=True)
    prepared, resolution = checks.prepare(left, request)
    for line in _cost(prepared, request):
        console.print(line, markup=False, highlight=False, soft_wrap=True)
    with Display(console) as display:
        told = iter(list(checks.measure(prepared, resolution, request, display)))
    for subject in subjects:
        answered = refused[id(subject)]
        yield answered if answered is not None else next(told)


def _known(subjects: Sequence[Subject], request: Request) -> Iterator[Checked]:
    console = Console(stderr=True)
    refused = {id(one): checks.refusal(one, request, run=False) for one in subjects}
    formats = [one.inspection.format or "" for one in subjects if refused[id(one)] is None]
    resolution = resolve(request.matrix.environments, home=request.home, locks=request.locks)
    index = read_index(
        formats, matrix=request.matrix, home=request.home, locks=request.locks, say=console.print
    )
    for subject in subjects:
        yield refused[id(subject)] or known(subject, request, index=index, resolution=resolution)


def _cost(prepared: Prepared, request: Request) -> Iterator[str]:
    """Yield what the run will cost, before it starts."""
    if prepared.environments_to_build:
        yield (
            f"{len(prepared.environments_to_build)} environments to build:"
            f" {', '.join(prepared.environments_to_build)}"
        )
        yield (
            f"up to {prepared.download_bytes / 1e9:.1f} GB to download,"
            f" {prepared.disk_bytes / 1e9:.1f} GB of disk in {request.home.root}"
        )
    if prepared.runs:
        yield f"{prepared.runs} runs or more, about {max(prepared.seconds / 60, 0.1):.1f} minutes"


def exit_code(found: Sequence[Checked]) -> int:
    """Return 0 if every model is good everywhere; see README for the others."""
    if not found or any(not one.readable for one in found):
        return UsageError.exit_code
    answers = [answer for one in found for answer in one.answers]
    if any(answer.known and answer.outcome not in CLEAN for answer in answers):
        return NOT_GOOD
    silent = any(one.problem is not None for one in found)
    return NOT_KNOWN if silent or not all(answer.good for answer in answers) else ALL_GOOD
