"""Cells that were not run themselves: by which rule they are told, and how that is said; pure."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum


class Rule(StrEnum):
    """Why a cell need not be run itself."""

    SAME_CONTENT = "same-content"
    BY_NAME = "refused-by-name"


STATEMENTS = {
    Rule.SAME_CONTENT: (
        "Files of one model that say the same, but for the version that wrote them, its date and"
        " how they are packed, are loaded once by an environment. What came back is compared with"
        " what each saving environment recorded; the others are told as measured on a twin."
    ),
    Rule.BY_NAME: (
        "Where an environment refuses a file in the very words that it has for a file that is not"
        " there, it refuses by the name. Of a model and format, one file was loaded and one was"
        " not there; the others, saved elsewhere, are told by that."
    ),
}
"""What the page on the method says of each rule."""

AUDITED = (
    "The first cell that a rule tells in an environment and a share of the others, drawn anew in"
    " each run, are run all the same, alone. The first that comes out otherwise switches the rule"
    " off for its environment and format, and all that was told so is run. `--no-twins` runs every"
    " cell."
)


def statements(*, told: bool, audited: int, wrong: Sequence[str]) -> tuple[str, ...]:
    """Return what the page on the method says of cells that were not run themselves.

    ``audited`` counts those that were run all the same, ``wrong`` names kinds that are off since.
    """
    if not (told or audited or wrong):
        return ()
    count = f"{audited:,} such {'cell was' if audited == 1 else 'cells were'} run all the same"
    found = f"switched off since: {', '.join(wrong)}" if wrong else "none came out otherwise"
    return (*STATEMENTS.values(), AUDITED, f"Here, {count}; {found}.")
