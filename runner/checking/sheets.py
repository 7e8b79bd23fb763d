"""What was found of models as rows, and as a table for many; pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from caniload.runner.checking.answers import Answer, Checked
from caniload.runner.checking.describe import SIGNS, WORDS
from caniload.runner.checking.headline import headline
from caniload.runner.core.errors import UsageError
from caniload.runner.core.outcomes import OTHER, TO, Outcome
from caniload.runner.core.sheet import Row
from caniload.runner.core.texts import shown

_WORST = (
    Outcome.CRASH,
    Outcome.ERROR,
    Outcome.DIFFERS,
    Outcome.WARNING,
    Outcome.WORKAROUND,
)
"""What needs action, the worst first."""

_UNREADABLE, _HELD_BACK, _UNKNOWN, _REFUSED, _GOOD = range(len(_WORST), len(_WORST) + 5)
_SENTENCE = 300

ALL_GOOD, NOT_GOOD, NOT_KNOWN = 0, 1, 5


def rows(found: Sequence[Checked]) -> list[Row]:
    """Return a row for each model in each environment."""
    return [row for one in found for row in _rows(one)]


def _rows(one: Checked) -> Iterator[Row]:
    if one.problem is not None:
        good = None if one.readable else False
        yield Row(
            about=one.path, word="not checked", said=one.problem, good=good, rule="not-checked"
        )
    for answer in one.answers:
        likely = "likely " if answer.likely else ""
        yield Row(
            about=one.path,
            where=answer.environment,
            word=f"{SIGNS[answer.outcome]} {likely}{WORDS[answer.outcome]}",
            said=f"{answer.reason} [{answer.basis}]{_other(one, answer)}",
            good=answer.good if answer.known else None,
            seconds=answer.seconds or 0.0,
            rule=answer.cause or f"outcome-{answer.outcome}",
            level="warning" if answer.likely or answer.outcome is Outcome.WARNING else "error",
        )


def _other(one: Checked, answer: Answer) -> str:
    if answer.other_purpose is None:
        return ""
    return f"; {TO[OTHER[one.purpose]]}: {WORDS[answer.other_purpose.outcome]}"


def sentence(found: Sequence[Checked]) -> str:
    """Return in a line how many of several models need what."""
    ranks = [_rank(one) for one in found]
    counts = (
        (sum(rank < len(_WORST) for rank in ranks), "needs action", "need action"),
        (ranks.count(_UNREADABLE), "cannot be read", "cannot be read"),
        (ranks.count(_HELD_BACK), "was not run", "were not run"),
        (ranks.count(_UNKNOWN), "is not known", "are not known"),
        (ranks.count(_REFUSED), "is no whole model", "are no whole models"),
        (ranks.count(_GOOD), "stays the same", "stay the same"),
    )
    parts = [f"{count} {one if count == 1 else many}" for count, one, many in counts if count]
    return f"Of {len(found)} models {', '.join(parts)}." if len(found) > 1 else ""


def as_table(found: Sequence[Checked]) -> Iterator[str]:
    """Yield a line for each of many models, what needs action first."""
    yield sentence(found)
    ordered = sorted(found, key=_rank)  # among equals in the order of their paths
    width = min(max(len(shown(one.path)) for one in ordered), 60)
    for one in ordered:
        told = one.problem if one.problem is not None else headline(one)
        yield f"  {_sign(one)} {shown(one.path):<{width}}  {shown(told, _SENTENCE)}"
    yield "In full: -v, or name one of them."


def _sign(one: Checked) -> str:
    rank = _rank(one)
    if rank < len(_WORST):
        return SIGNS[_WORST[rank]]
    return SIGNS[Outcome.IDENTICAL if rank == _GOOD else Outcome.UNTESTED]


def _rank(one: Checked) -> int:
    if one.problem is not None:
        if one.held_back:
            return _HELD_BACK
        return _REFUSED if one.readable else _UNREADABLE
    outcomes = {answer.outcome for answer in one.answers if answer.known}
    if not outcomes:
        return _UNKNOWN
    worst = [place for place, outcome in enumerate(_WORST) if outcome in outcomes]
    return worst[0] if worst else _GOOD


def exit_code(found: Sequence[Checked]) -> int:
    """Return the worst that is true of any model anywhere; docs/exit-codes.md has the codes."""
    if not found or any(not one.readable for one in found):
        return UsageError.exit_code
    answers = [answer for one in found for answer in one.answers]
    if any(answer.known and not answer.good for answer in answers):
        return NOT_GOOD
    unknown = any(answer.outcome in (Outcome.UNTESTED, Outcome.NA) for answer in answers)
    return NOT_KNOWN if unknown or any(one.problem for one in found) else ALL_GOOD
