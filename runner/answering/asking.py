"""One question from beginning to end: paths and wishes in, what is known or measured out."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from caniload.runner.answering.brought import added
from caniload.runner.answering.brought import read as read_brought
from caniload.runner.answering.index import read_index
from caniload.runner.answering.knowing import known
from caniload.runner.checking.answers import Checked
from caniload.runner.checking.request import Request, refusal
from caniload.runner.checking.subjects import Subject, gather
from caniload.runner.evidence.resolve import resolve


def ask(
    models: Sequence[str | os.PathLike[str]],
    request: Request,
    *,
    run: bool = False,
    aloud: bool = False,
) -> list[Checked]:
    """Return what is known of each model, after measuring it if it is to be run.

    ``aloud``: cost and progress are told on standard error. ``CaniloadError`` where a path leads
    nowhere.
    """
    subjects = list(gather([Path(one) for one in models]))
    refused = {id(one): refusal(one, request, run=run) for one in subjects}
    left = [one for one in subjects if refused[id(one)] is None]
    answer = _measured if run else _known
    told = iter(answer(left, request, aloud=aloud))
    return [refused[id(one)] or next(told) for one in subjects]


def _measured(subjects: Sequence[Subject], request: Request, *, aloud: bool) -> list[Checked]:
    from rich.console import Console  # noqa: PLC0415 - with these a quick answer takes twice as long

    from caniload.runner.checking.checks import run  # noqa: PLC0415

    return run(subjects, request, Console(stderr=True, quiet=not aloud))


def _known(subjects: Sequence[Subject], request: Request, *, aloud: bool) -> list[Checked]:
    if not subjects:
        return []
    # Nothing is built for this, so nobody need be asked what could be fetched.
    home = replace(request.home, fetches=False)
    resolution = resolve(request.matrix.environments, home=home, locks=request.locks)
    index = read_index(
        [one.inspection.format or "" for one in subjects],
        matrix=request.matrix,
        home=request.home,
        locks=request.locks,
        say=_say if aloud else _keep_quiet,
    )
    brought = [
        one
        for kind in {subject.inspection.format for subject in subjects}
        for one in read_brought(kind or "", request.matrix, request.locks)
    ]
    index = replace(index, known=added(index.known, brought))
    return [known(one, request, index=index, resolution=resolution) for one in subjects]


def _say(text: str) -> None:
    print(text, file=sys.stderr)


def _keep_quiet(_: str) -> None:
    """Say nothing: a function was asked, and no command."""
