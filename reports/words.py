"""How outcomes and purposes are shown: glyphs, words and verbs, written here and nowhere else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from caniload.runner.core.outcomes import Outcome, Purpose

TREE: Mapping[Purpose, str] = {Purpose.PREDICT: "", Purpose.TRAIN: "train/"}
"""Folder of a purpose's pages."""

SUFFIX: Mapping[Purpose, str] = {Purpose.PREDICT: "", Purpose.TRAIN: "-train"}
"""What is behind the names of a purpose's files."""

ABSENT = 15
"""Code of a square that the run did not plan."""

ORDER: tuple[Outcome, ...] = tuple(Outcome)
"""Code of an outcome = its place here: 0 ``na``, 1 to 7 by severity, 8 ``untested``."""

CODE: dict[Outcome, int] = {outcome: code for code, outcome in enumerate(ORDER)}
UNTESTED = CODE[Outcome.UNTESTED]
CLEAN_CODES = (CODE[Outcome.IDENTICAL], CODE[Outcome.TOLERANCE])
LOADING_CODES = (*CLEAN_CODES, CODE[Outcome.WARNING])
BREAKING_CODES = tuple(range(CODE[Outcome.WORKAROUND], CODE[Outcome.DIFFERS] + 1))

UNGIVEN = frozenset({Outcome.WORKAROUND})
"""Outcomes that no verdict gives: a zero beside one would look measured, so it is not shown."""


def shown(counts: Mapping[Outcome, int]) -> tuple[Outcome, ...]:
    """Return the outcomes that legends and totals name, in the order of ``ORDER``."""
    return tuple(one for one in ORDER if one not in UNGIVEN or counts[one])


@dataclass(frozen=True, kw_only=True)
class Words:
    """``one`` and ``many`` finish a sentence about the models that had this outcome.

    ``means`` says it to whoever goes on training, ``to_predict`` to whoever only predicts, where
    that is something else.
    """

    glyph: str
    word: str
    one: str = ""
    many: str = ""
    means: str
    to_predict: str = ""

    def meaning(self, purpose: Purpose) -> str:
        return (purpose is Purpose.PREDICT and self.to_predict) or self.means


WORDS: dict[Outcome, Words] = {
    Outcome.NA: Words(
        glyph="\u2013",
        word="Not applicable",
        means="The file could not be written there, or the model for saved weights cannot be "
        "built.",
    ),
    Outcome.IDENTICAL: Words(
        glyph="✓",
        word="Identical",
        one="loads unchanged",
        many="load unchanged",
        means="Loads; outputs, weights and a training step are bit for bit the same, settings "
        "are equal.",
        to_predict="Loads; outputs and weights are bit for bit the same.",
    ),
    Outcome.TOLERANCE: Words(
        glyph="≈",
        word="Within tolerance",
        one="loads unchanged",
        many="load unchanged",
        means="Loads; differences stay below the stated tolerance.",
    ),
    Outcome.WARNING: Words(
        glyph="!",
        word="Loads with warnings",
        one="loads with a warning to act on",
        many="load with a warning to act on",
        means="Loads with outputs and weights within tolerance; a message must be acted on, or "
        "says that training state is lost.",
        to_predict="Loads with outputs and weights within tolerance; a message must be acted on.",
    ),
    Outcome.WORKAROUND: Words(
        glyph="◐",
        word="Needs a change",
        one="needs a change",
        many="need a change",
        means="Fails plainly; loads with a remedy that was run and checked.",
    ),
    Outcome.ERROR: Words(
        glyph="✕",
        word="Error",
        one="raises an error",
        many="raise an error",
        means="Raises an exception while loading, predicting or training.",
        to_predict="Raises an exception while loading or predicting.",
    ),
    Outcome.CRASH: Words(
        glyph="†",
        word="Crash or timeout",
        one="crashes or times out",
        many="crash or time out",
        means="The process is killed or ends itself, hangs, or runs out of memory.",
        to_predict="The process is killed or ends itself, hangs, or runs out of memory; in the "
        "training step, too, for what was measured before is lost with it.",
    ),
    Outcome.DIFFERS: Words(
        glyph="≠",
        word="Silently wrong",
        one="loads without error but behaves differently",
        many="load without error but behave differently",
        means="Loads without an error and is another model: other outputs, weights or "
        "structure, whatever it warns of; or other settings or training, and no message "
        "says so.",
        to_predict="Loads without an error and is another model: other outputs, weights or "
        "structure, whatever it warns of.",
    ),
    Outcome.UNTESTED: Words(
        glyph="?",
        word="Not tested",
        means="No result, for the stated reason. Never counted as an incompatibility.",
    ),
}
