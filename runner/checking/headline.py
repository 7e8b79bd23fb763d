"""What was found of one model -> the sentence that somebody needs first; pure."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from itertools import groupby

from caniload.runner.checking.answers import Answer, Checked
from caniload.runner.checking.plainly import reworded
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

WITHOUT_CODE = "no version loads it without the code of "
"""What is said of a file of which classes or functions are somebody's own."""
GIVING_CODE = "--custom FILE.py gives it"
FINDING_OUT = "--run tries it"

_LOADS_NOT = "does not load: "
_LONGEST = 160
NAMED = 3
"""So many environments are named at most of which the same is said."""

CONVERTED = frozenset({"h5", "keras", "savedmodel", "json", "yaml"})
"""Formats of which `caniload convert` takes files."""


def headline(one: Checked) -> str:
    """Return in one sentence, or two, where a model stays the same; empty where nobody asked."""
    known = [answer for answer in one.answers if answer.known]
    if not one.answers:
        return ""
    if not known and (needed := _needed(one.answers[-1])):
        return (
            f"No version loads it without your own {needed}:"
            f" `caniload check {shlex.quote(one.path)} --custom FILE.py` asks with that code."
        )
    if not known:
        return (
            f"Not known {_among(one.answers, 'or')}: {_lacking(one.answers)}. The same command"
            f" with --run{_trusted(one)} finds out."
        )
    told = _turning(one, known) or _counted(one, known)
    likely = "Likely: " if any(answer.likely for answer in known) else ""
    sentence = f"{likely}{told}."
    wanted = _wanted(known)
    if wanted.good or one.format not in CONVERTED:
        return sentence[0].upper() + sentence[1:]
    if any(answer.known for answer in _later(one, wanted)) or not _later(one, wanted):
        sentence += (
            f" `caniload convert {shlex.quote(one.path)} --to {wanted.environment}{_trusted(one)}`"
            " tries to bring it across."
        )
    return sentence[0].upper() + sentence[1:]


def _wanted(known: Sequence[Answer]) -> Answer:
    """Return the answer that somebody who moves on needs: the newest, of the first stack if bad."""
    newest = [answer for answer in known if answer.stack == known[0].stack][-1]
    return known[-1] if newest.good else newest


def _later(one: Checked, wanted: Answer) -> list[Answer]:
    """Return what was asked of newer versions of the same stack."""
    stack = [answer for answer in one.answers if answer.stack == wanted.stack]
    return stack[stack.index(wanted) + 1 :]


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
        return f"{told} in {only.label}{_why(only)}{_unknown(one)}"
    if not good:
        where = _places(one, known) if every else _among(known, "or")
        return f"{_end(known).removeprefix('it ')} {where}{_why(_wanted(known))}{_unknown(one)}"
    if len(runs) == 1:
        where = _places(one, known) if every else _among(known, "and")
        return f"{_SAME[one.purpose]} {where}{_unknown(one)}"
    same, after = good[0], runs[-1]
    if after is same:
        before = runs[0] if len(runs[0]) > 1 else []
        until = f"up to {before[-1].label}" if before else f"in {runs[0][0].label}"
        return f"{_SAME[one.purpose]} from {same[0].label} on{every}; {until} {_end(runs[0])}"
    since = "up to" if runs[0] is same else f"from {same[0].label} to" if len(same) > 1 else "in"
    later = "from {} on" if len(after) > 1 else "in {}"
    return (
        f"{_SAME[one.purpose]} {since} {same[-1].label}{every};"
        f" {later.format(after[0].label)} {_end(after)}{_why(after[0])}"
    )


def _needed(answer: Answer) -> str:
    """Return whose code is needed before anything can be said; empty where none is."""
    if not answer.reason.startswith(WITHOUT_CODE):
        return ""
    return answer.reason.removeprefix(WITHOUT_CODE).partition(";")[0]


def _unknown(one: Checked) -> str:
    """Say of how many versions nothing is known, and what finds it out."""
    unknown = [answer for answer in one.answers if not answer.known]
    left = [answer.label for answer in unknown]
    if not left:
        return ""
    of = f"{len(left)} others" if len(left) > 1 else left[0]
    if all(map(_needed, unknown)):
        return f"; nothing is said of {of} without your own {_needed(unknown[0])}: --custom FILE.py"
    return f"; what becomes of it in {of} is not known, and --run measures it"


def _among(answers: Sequence[Answer], joined: str) -> str:
    """Name environments of which the same is said, or say that it is said of all of them."""
    *most, last = dict.fromkeys(answer.label for answer in answers)
    if len(most) >= NAMED:
        return "in any of them" if joined == "or" else "in all of them"
    return f"in {', '.join(most)} {joined} {last}" if most else f"in {last}"


def _lacking(answers: Sequence[Answer]) -> str:
    """Return why it is not known, without how to find out; of the last version, if they differ."""
    *others, why = (one.reason.removesuffix(f"; {FINDING_OUT}") for one in answers)
    of = f" (in {answers[-1].label})" if {*others} - {why} else ""
    return f"{why[:_LONGEST]}{'…' if len(why) > _LONGEST else ''}{of}"


def _trusted(one: Checked) -> str:
    """Return what has to be said, too, before the file is loaded by anything."""
    return " --trust" if one.needs_trust else ""


def _places(one: Checked, some: Sequence[Answer]) -> str:
    """Name rows of neighbouring versions, or say how many these are where there are many rows."""
    chosen = {answer.environment for answer in some}
    rows = [
        [*group]
        for (taken, _), group in groupby(
            one.answers, key=lambda answer: (answer.environment in chosen, answer.stack)
        )
        if taken
    ]
    if len(rows) > NAMED:
        return f"in {len(some)} of {len(one.answers)}"
    *most, last = [
        row[0].label if len(row) == 1 else f"{row[0].label} to {row[-1].label}" for row in rows
    ]
    return f"in {', '.join(most)} and {last}" if most else f"in {last}"


def _counted(one: Checked, known: Sequence[Answer]) -> str:
    """Tell in which environments it stays the same, and what becomes of it in the others."""
    parts = [f"{_SAME[one.purpose]} {_places(one, [answer for answer in known if answer.good])}"]
    for outcome in _ENDS:
        some = [answer for answer in known if answer.outcome is outcome]
        if some:
            told = f"{_end(some).removeprefix('it ')} {_places(one, some)}"
            parts.append(f"{told}{_why(some[-1]) if outcome is Outcome.ERROR else ''}")
    return f"{'; '.join(parts)}{_unknown(one)}"


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
    cause = reworded(answer.reason.partition(OF_OTHERS)[0]).removeprefix(_LOADS_NOT)
    return f": {cause[:_LONGEST]}{'…' if len(cause) > _LONGEST else ''}".rstrip(".")
