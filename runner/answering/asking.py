"""One question from beginning to end: paths and wishes in, what is known or measured out."""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from caniload.runner.answering.features import features
from caniload.runner.answering.index import read_index
from caniload.runner.answering.knowing import known
from caniload.runner.answering.lookup import Lookup
from caniload.runner.checking.answers import Checked
from caniload.runner.checking.counting import counted
from caniload.runner.checking.request import Request, refusal
from caniload.runner.checking.subjects import Subject, gather
from caniload.runner.evidence.packed import here_of
from caniload.runner.packs.shelf import Shelved, shelf

if TYPE_CHECKING:
    from caniload.runner.evidence.resolve import Resolution

FEW = 3
"""So many models are answered in full, with what finding out costs."""


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
    subjects = list(gather([Path(one) for one in models], aloud=aloud))
    refused = {id(one): refusal(one, request, run=run) for one in subjects}
    left = [one for one in subjects if refused[id(one)] is None]
    answer = _measured if run else _known
    told = iter(answer(left, request, aloud=aloud))
    found = [refused[id(one)] or next(told) for one in subjects]
    return [replace(one, purpose=request.purpose) for one in found]


def _measured(subjects: Sequence[Subject], request: Request, *, aloud: bool) -> list[Checked]:
    from rich.console import Console  # noqa: PLC0415 - with these a quick answer takes twice as long

    from caniload.runner.checking.checks import run  # noqa: PLC0415

    return run(subjects, request, Console(stderr=True, quiet=not aloud))


def _known(subjects: Sequence[Subject], request: Request, *, aloud: bool) -> list[Checked]:
    if not subjects:
        return []

    @functools.cache
    def resolved() -> Resolution:
        from caniload.runner.evidence.resolve import resolve  # noqa: PLC0415 - starts interpreters

        # Nothing is built for this, so nobody need be asked what could be fetched.
        home = replace(request.home, fetches=False)
        return resolve(request.matrix.environments, home=home, locks=request.locks)

    lookup = _lookup(request, _say if aloud else _keep_quiet)
    answers = []
    asked = counted(subjects, len(subjects), "looking up") if aloud else subjects
    for one in asked:
        index = lookup.index(one.inspection.format or "", features(one.inspection))
        answers.append(known(one, request, index=index, resolved=resolved))
    if aloud and len(subjects) <= FEW:
        return [_with_price(*both, request) for both in zip(subjects, answers, strict=True)]
    return answers


def _with_price(subject: Subject, found: Checked, request: Request) -> Checked:
    """Add what finding out costs here, where something is not known that a run would tell."""
    unknown = [one.environment for one in found.answers if not one.known]
    if not unknown or found.problem is not None or subject.unloadable is not None:
        return found
    # With these a quick answer takes twice as long.
    from caniload.runner.checking.pricing import cost_lines, prepare  # noqa: PLC0415

    prepared, _ = prepare([subject], request)
    price = "; ".join(cost_lines(prepared, request))
    return replace(found, notes=(*found.notes, f"finding out, with --run: {price}"))


def _lookup(request: Request, say: Callable[[str], None]) -> Lookup:
    """Return what was measured here, then what was imported, then what comes with caniload."""
    own = read_index(matrix=request.matrix, home=request.home, locks=request.locks, say=say)
    packs, told = shelf(request.home)
    for line in told:
        say(line)
    here = [Shelved(pack=own, called="")] if own is not None else []
    return Lookup(
        shelved=[*here, *packs],
        here=here_of(request.matrix, request.locks),
        asked=frozenset(one.id for one in request.asked),
        purpose=request.purpose,
        say=say,
    )


def _say(text: str) -> None:
    print(text, file=sys.stderr)


def _keep_quiet(_: str) -> None:
    """Say nothing: a function was asked, and no command."""
