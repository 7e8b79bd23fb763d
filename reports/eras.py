"""Versions that behave alike, grouped: consecutive environments of one stack (pure)."""

from __future__ import annotations

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


def block(
    planes: Planes, rows: Era, columns: Era, kind: int, models: Sequence[int] | None = None
) -> Block:
    """Sum up the cells of two eras; within one era only loading by the same or a newer counts."""
    chosen = range(len(planes.models)) if models is None else models
    where = np.ix_(rows.places, columns.places, chosen, [kind])
    counted = ~planes.no_evidence[where]
    if rows is columns:
        counted &= ~planes.older[np.ix_(rows.places, columns.places)][:, :, None, None]
    found = planes.codes[where][counted]
    tested = np.sort(found[(found >= 1) & (found <= CODE[Outcome.DIFFERS])])
    if not len(tested):
        blank = UNTESTED if (found == UNTESTED).any() else 0 if (found == 0).any() else ABSENT
        return Block(typical=blank, worst=blank, clean=0, tested=0)
    return Block(
        typical=int(tested[(len(tested) - 1) // 2]),
        worst=int(tested[-1]),
        clean=int(np.isin(tested, CLEAN_CODES).sum()),
        tested=len(tested),
    )
