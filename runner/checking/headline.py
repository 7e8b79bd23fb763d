"""What was found of one model -> the sentence that somebody needs first; pure."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from itertools import groupby

from caniload.runner.checking.answers import Answer, Checked
from caniload.runner.checking.plainly import plainly
from caniload.runner.core.outcomes import Outcome, Purpose

_SAME = {
    Purpose.PREDICT: "loads and predicts the same",
    Purpose.TRAIN: "loads and goes on training the same",
}
_ENDS = {
    Outcome.WARNING: "it loads with a warning",
    Outcome.WORKAROUND: "it loads with a remedy",
    Outcome.ERROR: "it fails",
    Outcome.CRASH: "it crashes or hangs",
    Outcome.DIFFERS: "it is silently another model",
}
OF_OTHERS = " (so did "
"""What separates the reason that was measured on another model from which that was."""

WITHOUT_CODE = "no version knows what is its own, and its code is not given: "
"""What a file comes to of which classes or functions are somebody's own."""

_LOADS_NOT = "does not load: "
_LONGEST = 160
NAMED = 3
"""So many environments are named at most where it is good in none."""

CONVERTED = frozenset({"h5", "keras", "savedmodel", "json", "yaml"})
"""Formats of which `caniload convert` takes files."""


def headline(one: Checked) -> str:
    """Return in one sentence, or two, where a model stays the same; empty where nobody asked."""
    known = [answer for answer in one.answers if answer.known]
    if not one.answers:
        return ""
    if not known:
        return "What becomes of it there is not known; --run measures it."
    told = _turning(one, known) or _counted(one, known)
    likely = "Likely: " if any(answer.likely for answer in known) else ""
    sentence = f"{likely}{told}."
    newest = [answer for answer in known if answer.stack == known[0].stack][-1]
    wanted = known[-1] if newest.good else newest
    if WITHOUT_CODE in wanted.reason:
        asked = f"caniload check {shlex.quote(one.path)} --custom FILE.py"
        sentence += f" `{asked}` asks with that code."
    elif not wanted.good and one.format in CONVERTED:
        sentence += (
            f" `caniload convert {shlex.quote(one.path)} --to {wanted.environment}` tries to bring"
            " it across."
        )
    return sentence[0].upper() + sentence[1:]


def _turning(one: Checked, known: Sequence[Answer]) -> str:
    """Tell of a model that stays the same everywhere, nowhere, or in one row of versions.

    Empty where it is more involved.
    """
    runs = [list(group) for _, group in groupby(known, key=lambda answer: answer.good)]
    good = [run for run in runs if run[0].good]
    if len(good) > 1:
        return ""
    every = "" if len(known) == len(one.answers) else ", as far as known"
    if len(known) == 1:
        only = known[0]
        told = _SAME[one.purpose] if only.good else _end(known).removeprefix("it ")
        return f"{told} in {only.label}{_why(only)}"
    if not good:
        return f"{_end(known).removeprefix('it ')} {_in_none(known)}{every}{_why(known[0])}"
    if len(runs) == 1:
        return f"{_SAME[one.purpose]} in all of them{every}"
    same, after = good[0], runs[-1]
    if after is same:
        return f"{_SAME[one.purpose]} from {same[0].label} on{every}; before, {_end(runs[0])}"
    since = "up to" if runs[0] is same else f"from {same[0].label} to" if len(same) > 1 else "in"
    later = "from {} on" if len(after) > 1 else "in {}"
    return (
        f"{_SAME[one.purpose]} {since} {same[-1].label}{every};"
        f" {later.format(after[0].label)} {_end(after)}{_why(after[0])}"
    )


def _in_none(known: Sequence[Answer]) -> str:
    """Name the environments in none of which it is good, or say how many they are."""
    *most, last = dict.fromkeys(answer.label for answer in known)
    if len(most) >= NAMED:
        return "in any of them"
    return f"in {', '.join(most)} or {last}" if most else f"in {last}"


def _counted(one: Checked, known: Sequence[Answer]) -> str:
    """Tell how many environments it stays the same in, and what the others come to."""
    good = sum(answer.good for answer in known)
    parts = [f"{_SAME[one.purpose]} in {good} of {len(one.answers)}"]
    ends = [[answer for answer in known if answer.outcome is outcome] for outcome in _ENDS]
    parts += [f"{_end(some).removeprefix('it ')} in {len(some)}" for some in filter(None, ends)]
    if unknown := len(one.answers) - len(known):
        parts.append(f"is not known in {unknown}")
    return ", ".join(parts)


def _end(answers: Sequence[Answer]) -> str:
    """Return what becomes of it in all of these, as exactly as they agree."""
    outcomes = {one.outcome for one in answers}
    if outcomes == {Outcome.ERROR} and all(_LOADS_NOT in one.reason for one in answers):
        return "it does not load"
    return _ENDS[answers[0].outcome] if len(outcomes) == 1 else "it does not stay the same"


def _why(answer: Answer) -> str:
    """Return the cause in few words: what was raised, without on what it was."""
    if answer.good:
        return ""
    cause = answer.reason.removeprefix(_LOADS_NOT).partition(OF_OTHERS)[0]
    cause = plainly(cause) or cause
    return f": {cause[:_LONGEST]}{'…' if len(cause) > _LONGEST else ''}".rstrip(".")
