"""What traits are called to people, and what of a message is about them; pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

from caniload.runner.answering.deciding import ANY, NUMBER, apart, is_general, lists
from caniload.runner.core.outcomes import Purpose


def in_its_words(
    text: str, guilty: frozenset[str], other: frozenset[str], own: frozenset[str]
) -> str:
    """Return what is said of another file as it will be said of its own: with its own names.

    Where a trait that is to blame is of several classes, ``text`` names the other file's.
    """
    for trait in sorted(guilty):
        theirs, ours = _named(other, trait), _named(own, trait)
        for name in sorted(theirs - ours if ours else ()):
            text = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", min(ours), text)
    return text


def _named(traits: frozenset[str], general: str) -> frozenset[str]:
    """Return the names of what is weighed as a trait, if that is of several classes."""
    if not general.startswith(ANY) and not is_general(general):
        return frozenset()
    return frozenset(
        apart(one).name
        for one in traits
        if any(general == found for found, _ in lists().each(one, Purpose.TRAIN))
    )


def without_places(text: str) -> str:
    """Return a message without what it says of where it was raised."""
    for pattern in lists().places:
        text = pattern.sub(" ", text)
    return text


def without_size(trait: str) -> str:
    """Return a trait without a number that is not weighed anyway, such as how many units."""
    one, listed = apart(trait), lists()
    numbers = one.argument in listed.sizes or (one.argument in listed.data and one.value != "null")
    if numbers and NUMBER.fullmatch(one.value):
        return f"{trait.partition('=')[0]}=…"
    return trait


def in_words(traits: Sequence[str], most: int = 3) -> str:
    """Return the first few of these, as a sentence ends with them."""
    more = f" and {len(traits) - most} more" if len(traits) > most else ""
    return f"{', '.join(traits[:most])}{more}"
