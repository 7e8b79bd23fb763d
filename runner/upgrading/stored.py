"""What reference models say of an upgrade, as sentences and tables; pure, escaped."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from caniload.runner.checking.describe import WORDS
from caniload.runner.core.outcomes import CLEAN, Outcome, Purpose
from caniload.runner.forensics.markup import escaped, folded, table
from caniload.runner.upgrading.outcome import Cause, Direction

MOST = 15
"""Causes that are listed; the rest is a number."""


def reference_sentence(there: Direction, purpose: Purpose) -> str:
    """Say in a line how the files of reference models fare."""
    untested = there.outcomes.get(Outcome.UNTESTED, 0)
    if not there.measured:
        return (
            f"Nothing is known: no reference model that {there.save} saved has been measured in"
            f" {there.load} here; caniload matrix --envs {there.save},{there.load} does that."
        )
    good = sum(there.outcomes.get(outcome, 0) for outcome in CLEAN)
    parts = [
        f"{there.outcomes[outcome]} {words}"
        for outcome, words in _SAID.items()
        if there.outcomes.get(outcome)
    ]
    more = f" Of {untested} more nothing is known." if untested else ""
    told = "".join(f", {part}" for part in parts)
    return (
        f"Measured on reference models, none of them yours: of {there.measured} files that"
        f" {there.save} saved, {good} stay the same in {there.load} {FOR[purpose]}{told}.{more}"
    )


FOR = {Purpose.PREDICT: "for predicting", Purpose.TRAIN: "for going on training"}

_SAID = {
    Outcome.WARNING: "load with a warning",
    Outcome.WORKAROUND: "load with a remedy",
    Outcome.ERROR: "raise an error",
    Outcome.CRASH: "crash or do not end",
    Outcome.DIFFERS: "are silently another model",
}


def reference_lines(reference: Sequence[Direction], purpose: Purpose) -> Iterator[str]:
    """Yield what happens by cause, on the way there and on the way back."""
    for title, one in zip(("Upgrade", "Rollback"), reference, strict=True):
        yield f"## {title}: {escaped(one.save)} to {escaped(one.load)}"
        yield ""
        if title == "Rollback":
            yield escaped(reference_sentence(one, purpose))
            yield ""
        if one.causes:
            head = ["outcome", "files", "what happens", "what to do", "for example"]
            yield from table(head, [_row(cause) for cause in one.causes[:MOST]])
        if len(one.causes) > MOST:
            left = one.causes[MOST:]
            yield f"{len(left)} more causes, of {sum(cause.cells for cause in left)} files."
            yield ""
        if one.untested and one.measured:
            lines = [f"- {cause.cells}: {escaped(cause.text)}" for cause in one.untested[:MOST]]
            yield from folded("not tested", lines)
    save, load = reference[0].save, reference[0].load
    yield "What is missing is measured by"
    yield ""
    yield f"    caniload matrix --envs {save},{load}"
    yield ""
    yield "and models of yours by naming them after the two versions."
    yield ""


def _row(cause: Cause) -> list[str]:
    return [
        WORDS[cause.outcome],
        str(cause.cells),
        escaped(cause.text),
        escaped(cause.advice),
        escaped(cause.example),
    ]
