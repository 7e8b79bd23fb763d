"""What was found -> lines for people, and JSON; pure."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator

from caniload.runner.bisecting.answers import Bisection, Status
from caniload.runner.core import texts
from caniload.runner.core.outcomes import Purpose
from caniload.runner.core.sheet import Row
from caniload.runner.forensics.describe import shown
from caniload.runner.sandbox.levels import as_line


def as_lines(one: Bisection) -> Iterator[str]:
    """Yield what a person is shown at the end."""
    yield shown(one.path)
    if one.saved_by:
        yield f"  {shown(one.saved_by)}"
    if one.problem is not None:
        yield f"  {shown(one.problem)}"
        return
    yield f"  {shown(_answer(one))}"
    if one.reason:
        yield f"  {_with(one)}: {shown(one.reason)}"
    for text in one.evidence:
        yield f"  measured: {shown(text)}"
    if one.status in (Status.TOGETHER, Status.RANGE) and one.differing:
        yield f"  they differ in: {', '.join(one.differing)}"
    for text in one.notes:
        yield f"  note: {shown(text)}"
    if one.sandbox is not None:
        yield f"  sandbox: {as_line(one.sandbox)}"
    yield f"  {len(one.steps)} environments tried; each is in --json with its packages"


def as_row(one: Bisection) -> Row:
    """Return it in a row: a release that was found is a failure, none is not."""
    good = {Status.NOT_BAD: True, Status.UNTESTED: None, Status.REFUSED: None}
    if one.problem is not None:
        return Row(about=one.path, word="not run", said=one.problem, good=None)
    return Row(
        about=one.path,
        word=str(one.status),
        said="; ".join(filter(None, (_answer(one), one.reason))),
        good=good.get(one.status, False),
    )


def _with(one: Bisection) -> str:
    match one.status:
        case Status.NOT_GOOD:
            return f"in {one.good}"
        case Status.UNTESTED:
            return "why"
        case Status.FOUND | Status.RANGE:
            return f"with {one.package} {one.first_bad}"
        case _:
            return f"in {one.environments[-1]}"


def _answer(one: Bisection) -> str:
    match one.status:
        case Status.FOUND:
            return (
                f"{one.happens} with {one.package} {one.first_bad}"
                f" (last good: {one.package} {one.last_good})"
            )
        case Status.RANGE:
            among = ", ".join((*one.untested, one.first_bad or ""))
            return (
                f"{one.happens} with {one.package}: the first bad release is one of {among}"
                f" (last good: {one.last_good}); {', '.join(one.untested)} could not be tested"
            )
        case Status.TOGETHER:
            good, bad = one.environments
            return (
                f"{one.happens} between {good} (good) and {bad} (bad); which package it is could"
                " not be told"
            )
        case Status.NOT_GOOD:
            return f"it is not good in {one.good}, so there is no change to look for"
        case Status.NOT_BAD:
            more = "; whether it goes on training as it did: --for train"
            told = f"it is no worse in {one.bad} than in {one.good}: there is no change to find"
            return told + more * (one.purpose is Purpose.PREDICT)
        case _:
            return f"{one.good} or {one.bad} could not be tested"


def as_json(one: Bisection) -> str:
    """Return it as a JSON object; the classes in ``answers`` are the schema."""
    return json.dumps(
        {**texts.cleaned(dataclasses.asdict(one)), "path": one.path, "found": one.found}, indent=1
    )
