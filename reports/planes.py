"""The table as an array: one byte for each (save, load, model, format), asked by all answers."""

from __future__ import annotations

import base64
import gzip
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from caniload.reports.generations import plain
from caniload.reports.table import Table
from caniload.reports.words import ABSENT, BREAKING_CODES, CLEAN_CODES, CODE, UNTESTED
from caniload.runner.core.judged import JudgedEnvironment, JudgedFormat, JudgedMatrix, JudgedModel
from caniload.runner.core.judgedtable import NONE
from caniload.runner.core.outcomes import OTHER, Outcome, Purpose

Codes = npt.NDArray[np.uint8]
Flags = npt.NDArray[np.bool_]

NO_EVIDENCE, NOT_REPEATABLE = 0x10, 0x20
"""Bits above the outcome's code in a byte of the plane."""


@dataclass(frozen=True, kw_only=True)
class Square:
    """What one square of a matrix shows for the selected models.

    ``typical`` is the lower median of the outcomes of the models that were tested, ``worst`` the
    most severe of them; both are the code of what stands there instead when none was tested.
    ``parted`` of the models end otherwise for the other purpose, ``beside`` as the worst of that;
    identical and within tolerance are no different ends.
    """

    typical: int
    worst: int
    counts: tuple[int, ...]
    no_evidence: int
    not_repeatable: int
    parted: int = 0
    beside: int = 0

    @property
    def tested(self) -> int:
        return sum(self.counts[1:UNTESTED])

    @property
    def notched(self) -> bool:
        return self.worst > self.typical and self.worst in BREAKING_CODES


@dataclass(frozen=True, kw_only=True)
class Planes:
    """The matrix without its controls, as arrays over its four axes, for one purpose.

    ``beside`` are the codes for the other purpose. ``rows`` are the places of its cells in the
    table, -1 where there is none. ``shipped`` is what shipped evidence says of cells that have no
    result here, as such arrays of its own: nothing that counts results looks at it.
    """

    environments: tuple[JudgedEnvironment, ...]
    models: tuple[JudgedModel, ...]
    formats: tuple[JudgedFormat, ...]
    codes: Codes
    beside: Codes
    rows: npt.NDArray[np.int32]
    no_evidence: Flags
    not_repeatable: Flags
    purpose: Purpose = Purpose.TRAIN
    shipped: Planes | None = None

    @cached_property
    def turned(self) -> Planes:
        """The same for the other purpose."""
        return replace(
            self,
            codes=self.beside,
            beside=self.codes,
            purpose=OTHER[self.purpose],
            shipped=self.shipped and self.shipped.turned,
        )

    @cached_property
    def clean(self) -> Flags:
        """Where a model loads, is the same, and the cell is good evidence for it."""
        sound = ~self.no_evidence & ~self.not_repeatable
        return np.isin(self.codes, CLEAN_CODES) & sound

    @cached_property
    def tested(self) -> Flags:
        """Where the outcome says something about a framework."""
        return (self.codes >= 1) & (self.codes < UNTESTED)

    @cached_property
    def known(self) -> Flags:
        """Where there is an outcome of here, or shipped evidence."""
        return self.tested | self.shipped.tested if self.shipped else self.tested

    @cached_property
    def older(self) -> Flags:
        """[save, load]: whether the loading environment is older than the saving one."""
        size = len(self.environments)
        found = np.zeros((size, size), dtype=bool)
        for save, one in enumerate(self.environments):
            for load, other in enumerate(self.environments):
                found[save, load] = is_older(other, than=one, comes_before=load < save)
        return found

    @cached_property
    def stacks(self) -> tuple[tuple[str, tuple[int, ...]], ...]:
        """Each stack with the places of its environments, in order."""
        groups: dict[str, list[int]] = {}
        for place, environment in enumerate(self.environments):
            groups.setdefault(environment.stack, []).append(place)
        return tuple((stack, tuple(places)) for stack, places in groups.items())

    def square(
        self,
        save: int,
        load: int,
        kind: int,
        models: Sequence[int] | npt.NDArray[np.intp] | None = None,
    ) -> Square:
        """Sum up one square over the given models, or all."""
        if models is not None and len(models) == 1:
            where = (save, load, models[0], kind)
            marks = bool(self.no_evidence[where]), bool(self.not_repeatable[where])
            return _alone(int(self.codes[where]), int(self.beside[where]), *marks)
        chosen = slice(None) if models is None else models
        codes = self.codes[save, load, chosen, kind]
        beside = self.beside[save, load, chosen, kind]
        parted = beside[(beside != codes) & (np.maximum(beside, codes) > CLEAN_CODES[-1])]
        counts = np.bincount(codes[codes != ABSENT], minlength=UNTESTED + 1)
        tested = np.sort(codes[(codes >= 1) & (codes < UNTESTED)])
        blank = UNTESTED if counts[UNTESTED] else 0 if counts[0] else ABSENT
        return Square(
            typical=int(tested[(len(tested) - 1) // 2]) if len(tested) else blank,
            worst=int(tested[-1]) if len(tested) else blank,
            counts=tuple(int(count) for count in counts),
            no_evidence=int(self.no_evidence[save, load, chosen, kind].sum()),
            not_repeatable=int(self.not_repeatable[save, load, chosen, kind].sum()),
            parted=len(parted),
            beside=int(parted.max()) if len(parted) else 0,
        )

    def encoded(self) -> str:
        """Return the plane as the page carries it: [save, load, model, format], gzip, base64."""
        flags = self.no_evidence * NO_EVIDENCE + self.not_repeatable * NOT_REPEATABLE
        return packed((self.codes | flags.astype(np.uint8)).tobytes())

    def parting(self) -> str:
        """Return what makes that plane the other purpose's: bits to turn over, nearly all zero."""
        return packed((self.codes ^ self.beside).tobytes())


@lru_cache
def _alone(code: int, beside: int, no_evidence: bool, not_repeatable: bool) -> Square:  # noqa: FBT001
    """Sum up a square of one model; there are few."""
    parted = beside != code and max(beside, code) > CLEAN_CODES[-1]
    counts = tuple(int(code == one) for one in range(UNTESTED + 1))
    return Square(
        typical=code,
        worst=code,
        counts=counts,
        no_evidence=int(no_evidence),
        not_repeatable=int(not_repeatable),
        parted=int(parted),
        beside=beside if parted else 0,
    )


def planes(table: Table, judged: JudgedMatrix) -> Planes:
    """Lay the table's rows that are not controls out as arrays."""
    rows = np.flatnonzero(~table.control)
    used = np.unique(table.model[rows])
    models = tuple(model for model in judged.models if table.models.index(model.id) in used)
    size = len(judged.environments)
    shape = (size, size, len(models), len(judged.formats))
    place = np.full(len(table.models), -1)
    place[[table.models.index(model.id) for model in models]] = range(len(models))
    index = (table.save[rows], table.load[rows], place[table.model[rows]], table.format[rows])
    found = np.full(shape, -1, dtype=np.int32)
    found[index] = rows
    codes, beside = (np.full(shape, ABSENT, dtype=np.uint8) for _ in range(2))
    codes[index], beside[index] = table.outcome[rows], table.beside[rows]
    no_evidence, not_repeatable = np.zeros(shape, dtype=bool), np.zeros(shape, dtype=bool)
    says_something = ~table.is_any([Outcome.NA, Outcome.UNTESTED])[rows]
    no_evidence[index] = ~table.evidence[rows] & says_something
    not_repeatable[index] = ~table.repeatable[rows] & says_something
    made = Planes(
        environments=judged.environments,
        models=models,
        formats=judged.formats,
        codes=codes,
        beside=beside,
        rows=found,
        no_evidence=no_evidence,
        not_repeatable=not_repeatable,
        purpose=table.purpose,
    )
    told = np.flatnonzero(table.cells.columns.shipped[rows] != NONE)
    if not len(told):
        return made
    where = tuple(codes[told] for codes in index)
    return replace(made, shipped=_shipped(made, table, rows[told], where))


def _shipped(
    beside: Planes, table: Table, rows: npt.NDArray[np.intp], where: tuple[Any, ...]
) -> Planes:
    """Lay out what shipped evidence says of these rows; of all others it says nothing."""
    told = table.cells.columns.shipped[rows]
    sides = []
    for purpose in (Purpose.TRAIN, Purpose.PREDICT):
        known = [CODE[one.verdict.to(purpose).outcome] for one in table.cells.names.shipments]
        codes = np.full_like(beside.codes, ABSENT)
        codes[where] = np.array(known, dtype=np.uint8)[told]
        sides.append(codes)
    nowhere = np.broadcast_to(np.False_, beside.codes.shape)
    return replace(
        beside,
        codes=sides[0],
        beside=sides[1],
        no_evidence=nowhere,
        not_repeatable=nowhere,
        purpose=Purpose.TRAIN,
    )


def is_older(one: JudgedEnvironment, *, than: JudgedEnvironment, comes_before: bool) -> bool:
    """Whether an environment is the older one by what both were asked for.

    Two that share a package are compared by it: Keras on JAX is not older than the same Keras on
    PyTorch, whichever stands first. Without a shared package the order of the matrix decides.
    """
    mine, other = _releases(one), _releases(than)
    shared = [(mine[name], other[name]) for name in mine.keys() & other.keys()]
    if not shared:
        return comes_before
    lower = any(here < there for here, there in shared)
    higher = any(here > there for here, there in shared)
    return comes_before if lower and higher else lower


def _releases(environment: JudgedEnvironment) -> dict[str, tuple[int, ...]]:
    return {
        plain(name): tuple(int(part) for part in re.findall(r"\d+", version))
        for name, version in environment.asked.items()
    }


def packed(data: bytes, level: int = 9) -> str:
    """Compress for a page: the same bytes for the same data, whenever it is done."""
    return base64.b64encode(gzip.compress(data, compresslevel=level, mtime=0)).decode("ascii")
