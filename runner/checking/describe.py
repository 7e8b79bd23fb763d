"""What was found -> lines for people, and JSON; pure. Names come from strangers' files: cleaned."""

from __future__ import annotations

import dataclasses
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import groupby

from caniload.runner.checking.answers import Answer, Basis, Checked, Turn
from caniload.runner.checking.headline import OF_OTHERS, headline
from caniload.runner.checking.plainly import reworded
from caniload.runner.core import texts
from caniload.runner.core.outcomes import OTHER, TO, Outcome, Purpose
from caniload.runner.forensics.describe import shown
from caniload.runner.sandbox.levels import as_line

SIGNS = {
    Outcome.NA: "–",  # noqa: RUF001 - a dash, as in the report
    Outcome.IDENTICAL: "✓",
    Outcome.TOLERANCE: "≈",
    Outcome.WARNING: "!",
    Outcome.WORKAROUND: "~",
    Outcome.ERROR: "✕",
    Outcome.CRASH: "†",
    Outcome.DIFFERS: "≠",
    Outcome.UNTESTED: "?",
}
"""As in docs/what-a-cell-says.md; without the sign a colour would have to carry the meaning."""

WORDS = {
    Outcome.NA: "not applicable",
    Outcome.IDENTICAL: "identical",
    Outcome.TOLERANCE: "same within tolerance",
    Outcome.WARNING: "loads with a warning",
    Outcome.WORKAROUND: "loads with a remedy",
    Outcome.ERROR: "error",
    Outcome.CRASH: "crash or timeout",
    Outcome.DIFFERS: "silently another model",
    Outcome.UNTESTED: "not known",
}


_SENTENCE, _SECURE = 400, 500
"""Longest first sentence: it ends with a command."""


def as_lines(one: Checked, *, full: bool = False) -> Iterator[str]:
    """Yield what a person is shown of one model; ``full``: what was raised, in its own words."""
    yield shown(one.path)
    sentence = one.secure.sentence if one.secure is not None else ""
    told = [(sentence, _SECURE), (headline(one), _SENTENCE), (one.problem or "", _SENTENCE)]
    told += [(text, texts.LONGEST) for text in (one.saved_by, *one.notes)]
    yield from (f"  {shown(text, longest)}" for text, longest in told if text)
    if one.answers and one.purpose is Purpose.TRAIN:
        yield f"  {TO[one.purpose]}"
    stacks = [
        (stack, list(_alike(list(group))))
        for stack, group in groupby(one.answers, key=lambda answer: answer.stack)
    ]
    width = max((len(place) for _, rows in stacks for place, _ in rows), default=0)
    for stack, rows in stacks:
        yield f"  {stack}"
        for place, answer in rows:
            yield f"    {place:<{width}}  {_line(answer, one.purpose, full)}"
    asked = Counter(answer.stack for answer in one.answers)
    for turn in one.turns:
        if asked[turn.stack] == 1:
            continue  # that is all said above
        yield f"  {turn.stack}: {_turn(turn)}"
    if one.sandbox is not None:
        yield f"  sandbox: {as_line(one.sandbox)}"


def _alike(answers: Sequence[Answer]) -> Iterator[tuple[str, Answer]]:
    """Yield the first of neighbouring environments of which the same is said, and which they are.

    The same is the same outcome, from the same kind of source; of what does not stay the same also
    for the same reason, but for numbers and names in it.
    """
    for _, group in groupby(answers, key=_said):
        first, *others = group
        last = others[-1].environment if others else ""
        between = " … " if len(others) > 1 else ", "
        yield f"{first.environment}{between}{last}" if last else first.environment, first


def _said(answer: Answer) -> tuple[object, ...]:
    other = answer.other_purpose
    reason = "" if answer.good else texts.normalised(answer.reason)
    return answer.outcome, answer.basis, answer.likely, reason, other and other.outcome


def _turn(turn: Turn) -> str:
    if turn.last_good is None:
        return "known to be good in none of these"
    if turn.first_bad is None:
        return f"newest known to be good: {turn.last_good}"
    return f"last good {turn.last_good}, first bad after it {turn.first_bad}"


def _line(answer: Answer, purpose: Purpose, full: bool) -> str:  # noqa: FBT001 - one of a few
    word = WORDS[answer.outcome]
    if answer.likely:
        word = f"likely {word}"
    mark = "" if answer.basis is Basis.UNKNOWN else f"  [{answer.basis}]"
    reason = shown(_reason(answer, full))
    return f"{SIGNS[answer.outcome]} {word}: {reason}{mark}{_other(answer, purpose)}"


def _reason(answer: Answer, full: bool) -> str:  # noqa: FBT001
    """Return what was raised in plain words, if there are some for it, and on what it was."""
    if full:
        return answer.reason
    raised, others, those = answer.reason.partition(OF_OTHERS)
    return f"{reworded(raised)}{others}{those}"


def _other(answer: Answer, purpose: Purpose) -> str:
    """Tell what comes of the purpose that was not asked about, where it is another outcome."""
    if answer.other_purpose is None:
        return ""
    outcome = answer.other_purpose.outcome
    return f"  ({TO[OTHER[purpose]]}: {SIGNS[outcome]} {WORDS[outcome]})"


def as_json(found: Sequence[Checked]) -> str:
    """Return all of it as a JSON list; the classes in ``answers`` are the schema."""
    listed = [
        {
            **texts.cleaned(dataclasses.asdict(one)),
            "path": one.path,
            "turns": [dataclasses.asdict(turn) for turn in one.turns],
            "sandbox": one.sandbox,
        }
        for one in found
    ]
    return json.dumps(listed, indent=1)
