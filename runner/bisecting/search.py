"""A line of candidates and what is known of some -> which to try next, or what follows; pure.

It is git's bisection with skips: the first candidate is good, the last is bad, one that cannot be
tried says nothing, and where such ones lie at the change the answer is a range.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Result(StrEnum):
    """What came of trying one candidate; ``skip``: it could not be tried."""

    GOOD = "good"
    BAD = "bad"
    SKIP = "skip"


@dataclass(frozen=True, kw_only=True)
class Found:
    """The change lies after ``last_good`` and up to ``first_bad``, two places on the line.

    What lies between could not be tried; where nothing does, ``first_bad`` is exactly the first.
    """

    last_good: int
    first_bad: int

    @property
    def between(self) -> range:
        return range(self.last_good + 1, self.first_bad)

    @property
    def exact(self) -> bool:
        return not self.between


def following(count: int, known: Mapping[int, Result]) -> int | Found:
    """Return the place to try next on a line of ``count``, or what was found.

    The first place is good and the last is bad, which ``known`` need not say.
    """
    first_bad = min(
        [place for place, result in known.items() if result is Result.BAD], default=count - 1
    )
    last_good = max(
        [place for place, result in known.items() if result is Result.GOOD and place < first_bad],
        default=0,
    )
    untried = [place for place in range(last_good + 1, first_bad) if place not in known]
    if not untried:
        return Found(last_good=last_good, first_bad=first_bad)
    middle = (last_good + first_bad) / 2
    return min(untried, key=lambda place: abs(place - middle))


def most_steps(between: int) -> int:
    """Return how many of so many candidates between two ends are tried at most, if none is skipped.

    >>> [most_steps(count) for count in (0, 1, 2, 3, 4, 7, 8)]
    [0, 1, 2, 2, 3, 3, 4]
    """
    return math.ceil(math.log2(between + 1))
