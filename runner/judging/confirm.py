"""Which batched answers are asked again alone, and whether the two ever disagreed.

A clean pass is believed. A difference in outputs, weights or structure is always confirmed, and
so is every new kind of failure, warning or lost training state. A kind (of a format: exception, way
of dying or warning with its normalised text) that was confirmed ``ENOUGH`` times and never
disagreed anywhere is confirmed once in each further environment, and every ``SAMPLE``-th time there
from then on. Who comes while the confirmations of its kind are under way waits for them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from caniload.runner.core import texts
from caniload.runner.core.judged import Verdict
from caniload.runner.core.outcomes import CLEAN, OF_TRAINING, Outcome

NOISE = "noise"
ENOUGH = 3
SAMPLE = 10
SAMPLED = frozenset({Outcome.ERROR, Outcome.CRASH, Outcome.NA, Outcome.WARNING})

SHARED = (
    "A cell that passes cleanly ran in a process it shared with up to {batch} cells of the same"
    " environment. Every silent difference in outputs, weights or structure was run again in a"
    " process of its own, and that run is the record. So were the first"
    f" {ENOUGH} failures, warnings and losses of training state of each kind (format, exception"
    f" or warning, and text), the first of it in each environment and every {SAMPLE}th there, or"
    " all of a kind once a batched and a solo run of it had disagreed anywhere. Noise, and how"
    " often the same is said, is no disagreement."
)
ALONE = "Every cell ran in a process of its own; nothing here was sampled."


def statement(solo: Iterable[bool | None], *, batch: int) -> str:
    """Say how cells shared processes; ``solo`` is of each whether it ran alone, if it ran."""
    ran = [alone for alone in solo if alone is not None]
    return ALONE if ran and all(ran) else SHARED.format(batch=batch)


class Ask(Enum):
    """What is to become of a batched answer."""

    BELIEVE = "it is the result"
    ALONE = "it is asked again, in a process of its own"
    LATER = "what others of its kind say alone is waited for"


@dataclass
class Kind:
    """How often a kind of failure was seen, asked again, confirmed and contradicted."""

    seen: int = 0
    asked: int = 0
    confirmed: int = 0
    contradicted: int = 0


class Confirmation:
    """Keeps count of the kinds of failure during one run."""

    def __init__(self) -> None:
        self._kinds: defaultdict[tuple[str, str, Outcome, str], Kind] = defaultdict(Kind)
        self._anywhere: defaultdict[tuple[str, Outcome, str], Kind] = defaultdict(Kind)

    def ask(self, environment: str, form: str, verdict: Verdict) -> Ask:
        """Say whether a batched verdict must be confirmed by a run of its own."""
        if verdict.outcome in CLEAN:
            return Ask.BELIEVE
        kind = self._kinds[environment, form, verdict.outcome, verdict.signature]
        anywhere = self._anywhere[form, verdict.outcome, verdict.signature]
        enough = 1 if anywhere.confirmed >= ENOUGH else ENOUGH
        every = not _sampled(verdict) or anywhere.contradicted > 0
        if not every and kind.confirmed < enough <= kind.asked:
            return Ask.LATER
        kind.seen += 1
        if every or kind.asked < enough or kind.seen % SAMPLE == 0:
            kind.asked += 1
            return Ask.ALONE
        return Ask.BELIEVE

    def unanswered(self, environment: str, form: str, verdict: Verdict) -> None:
        """Take note that a run of its own gave no answer: another of the kind is asked."""
        self._kinds[environment, form, verdict.outcome, verdict.signature].asked -= 1

    def compare(self, environment: str, form: str, batched: Verdict, solo: Verdict) -> bool:
        """Take note of a confirmation; return whether both runs say the same."""
        same = said(batched) == said(solo)
        for kind in (
            self._kinds[environment, form, batched.outcome, batched.signature],
            self._anywhere[form, batched.outcome, batched.signature],
        ):
            kind.confirmed += 1
            kind.contradicted += not same
        return same


def _sampled(verdict: Verdict) -> bool:
    """Say whether confirming some of a kind is enough: what changes a model's numbers never is."""
    if verdict.outcome is Outcome.DIFFERS:
        return {str(one["what"]) for one in verdict.differences} <= OF_TRAINING
    return verdict.outcome in SAMPLED


def said(verdict: Verdict) -> tuple[object, ...]:
    """Return what two runs of one cell must agree on: outcome, kind and what was heard.

    Threads of the runtime say some things in one run and not in the next: that is noise.
    """
    heard = {
        (one.phase, one.channel, texts.normalised(one.text))
        for one in verdict.messages
        if one.severity != NOISE
    }
    return verdict.outcome, verdict.signature, heard
