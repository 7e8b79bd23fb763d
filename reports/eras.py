"""Versions that behave alike, grouped: consecutive environments of one stack (pure)."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from caniload.reports.planes import Planes
from caniload.reports.words import ABSENT, BREAKING_CODES, CLEAN_CODES, CODE, UNTESTED
from caniload.runner.core.outcomes import Outcome

THRESHOLD = 0.05
"""Environments stand in one era while less than this share of their outcomes differs."""

_CLASS = np.zeros(256, dtype=np.uint8)
_CLASS[list(CLEAN_CODES)] = 1
_CLASS[CODE[Outcome.WARNING]] = 2
for _code in BREAKING_CODES:
    _CLASS[_code] = 3
_CLASS[CODE[Outcome.DIFFERS]] = 4


@dataclass(frozen=True, kw_only=True)
class Era:
    """``why`` says what changed in the packages since the era before it."""

    stack: str
    places: tuple[int, ...]
    label: str
    why: str


@dataclass(frozen=True, kw_only=True)
class Block:
    """All files of one era loaded in another: how many load unchanged, and the worst of it.

    Where none was tested, ``typical`` and ``worst`` are the code of what stands there instead.
    """

    typical: int
    worst: int
    clean: int
    tested: int

    @property
    def percent(self) -> int:
        """Rounded down, so that 100 means every one."""
        return self.clean * 100 // self.tested


def eras(planes: Planes, kind: int) -> list[Era]:
    """Group the environments for one format; stacks are never mixed, and twins left out."""
    found: list[Era] = []
    for stack, places in planes.stacks:
        groups: list[list[int]] = []
        for place in places:
            if planes.environments[place].twin:
                continue
            between = planes.environments[groups[-1][-1] + 1 : place] if groups else ()
            follows = bool(groups) and all(one.twin for one in between)
            if follows and _alike(planes, groups[-1][0], place, kind):
                groups[-1].append(place)
            else:
                groups.append([place])
        last = [None, *(group[-1] for group in groups)]
        found += [
            _era(planes, stack, group, before) for group, before in zip(groups, last, strict=False)
        ]
    return found


def _alike(planes: Planes, one: int, other: int, kind: int) -> bool:
    """Compare two environments as savers and as loaders, where both have a result."""
    here, there = _behaviour(planes, one, kind), _behaviour(planes, other, kind)
    both = (here > 0) & (there > 0)
    if not both.any():
        return not here.any() and not there.any()
    return float((here != there)[both].mean()) < THRESHOLD


def _behaviour(planes: Planes, place: int, kind: int) -> npt.NDArray[np.uint8]:
    saves = planes.codes[place, :, :, kind]
    loads = planes.codes[:, place, :, kind]
    return np.concatenate([_CLASS[saves].ravel(), _CLASS[loads].ravel()])


def _era(planes: Planes, stack: str, group: list[int], before: int | None) -> Era:
    labels = [planes.environments[place].label for place in group]
    label = labels[0] if len(labels) == 1 else f"{labels[0]} to {labels[-1].split(' ')[-1]}"
    why = _changes(planes, group[0], before) if before is not None else ""
    return Era(stack=stack, places=tuple(group), label=label, why=why)


def _changes(planes: Planes, place: int, before: int) -> str:
    """Name the packages that the boundary between two moved, as found or else as asked."""
    here, there = planes.environments[place], planes.environments[before]
    new, old = here.versions or here.asked, there.versions or there.asked
    moved = [
        f"{name} {old[name]} → {version}"
        for name, version in new.items()
        if name in old and old[name] != version
    ]
    return ", ".join(moved[:6])


def blocks(
    planes: Planes, found: Sequence[Era], kind: int, models: Sequence[int] | None = None
) -> list[list[Block]]:
    """Sum up the cells of every two eras; within one only loading by the same or a newer counts."""
    member = np.zeros((len(planes.environments), len(found)), dtype=np.int64)
    for number, era in enumerate(found):
        member[list(era.places), number] = 1
    backwards = planes.older & (member @ member.T > 0)
    chosen = range(len(planes.models)) if models is None else models
    codes = planes.codes[:, :, chosen, kind]
    counted = ~planes.no_evidence[:, :, chosen, kind] & ~backwards[:, :, None]
    counts = np.stack(
        [
            member.T @ ((codes == code) & counted).sum(axis=2) @ member
            for code in range(UNTESTED + 1)
        ],
        axis=2,
    )
    return [[_block([int(count) for count in square]) for square in row] for row in counts]


def _block(counts: Sequence[int]) -> Block:
    """Sum up a square by how many cells have which outcome."""
    tested = sum(counts[1:UNTESTED])
    if not tested:
        blank = UNTESTED if counts[UNTESTED] else 0 if counts[0] else ABSENT
        return Block(typical=blank, worst=blank, clean=0, tested=0)
    upto = list(itertools.accumulate(counts[1:UNTESTED]))
    return Block(
        typical=1 + next(n for n, count in enumerate(upto) if count > (tested - 1) // 2),
        worst=max(code for code in range(1, UNTESTED) if counts[code]),
        clean=sum(counts[code] for code in CLEAN_CODES),
        tested=tested,
    )
