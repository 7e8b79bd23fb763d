"""Cells that were not run themselves: by which rule they are told, and how that is said; pure."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any


class Rule(StrEnum):
    """Why a cell need not be run itself."""

    SAME_CONTENT = "same-content"
    UNREAD = "refused-unread"


STATEMENTS = {
    Rule.SAME_CONTENT: (
        "Files of one model that say the same, but for the version that wrote them, its date and"
        " how they are packed, are loaded once by an environment. What came back is compared with"
        " what each saving environment recorded; the others are told as measured on a twin."
    ),
    Rule.UNREAD: (
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


def told(derived: Mapping[str, Any]) -> str:
    """Say in one sentence where a cell's result is from."""
    if derived["rule"] == Rule.SAME_CONTENT:
        return (
            f"not run itself: as measured on its twin {derived['from']}, a file that says the same"
        )
    return f"not run itself: refused by its name, as {derived['from']} was"
