"""Plan -> shards of about the same length, the same on every machine; pure.

A shard owns environments, for a machine has to build and import what it owns. Saving and loading
are divided apart: two savings of one model may differ in their bytes (`.keras` files always do),
and a result belongs to the bytes that were loaded. So one machine saves a model, and all load that
file.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from caniload.runner.core.cells import Cell
from caniload.runner.core.errors import UsageError
from caniload.runner.environments.disk import Cost
from caniload.runner.matrix.plan import Plan, Stage
from caniload.runner.running.estimate import IMPORT_SECONDS, LOAD_SECONDS, SAVE_SECONDS, expected

MOST = 256
"""Jobs in one matrix of GitHub Actions, which cannot be raised."""


@dataclass(frozen=True, kw_only=True, order=True)
class Place:
    """Which of how many shards of a stage."""

    stage: Stage
    of: int
    number: int

    def __str__(self) -> str:
        return f"{self.stage} {self.number}/{self.of}"


@dataclass(frozen=True, kw_only=True)
class Shard:
    """What one machine does in a stage, from nothing; ``seconds`` are those of one process.

    ``cells`` counts those whose file is expected to exist. While saving there are none, while
    loading no ``models``.
    """

    place: Place
    environments: tuple[str, ...]
    models: int
    cells: int
    seconds: float
    disk_bytes: int
    download_bytes: int


def shards(plan: Plan, stage: Stage, of: int, prices: Mapping[str, Cost]) -> tuple[Shard, ...]:
    """Divide a stage; asks nothing of what is stored or can be built here."""
    there = len(plan.environments)
    if of > MOST:
        raise UsageError(f"{of} shards: a job matrix of GitHub has room for {MOST}")
    if of > there:
        raise UsageError(f"{of} shards: there are {there} environments, and none is divided")
    weights = weigh(plan, stage, prices)
    amounts = _amounts(plan, stage)
    return tuple(
        Shard(
            place=Place(stage=stage, of=of, number=number),
            environments=own,
            models=sum(amounts[one] for one in own) if stage is Stage.SAVE else 0,
            cells=sum(amounts[one] for one in own) if stage is Stage.LOAD else 0,
            seconds=sum(weights[one] for one in own),
            disk_bytes=sum(prices[one].disk_bytes for one in own),
            download_bytes=sum(prices[one].download_bytes for one in own),
        )
        for number, own in enumerate(divide(weights, of), start=1)
    )


def divide(weights: Mapping[str, float], parts: int) -> tuple[tuple[str, ...], ...]:
    """Give each, the heaviest first, to the part that has least; what is equal goes in order."""
    place = {name: index for index, name in enumerate(weights)}
    heap = [(0.0, 0, number) for number in range(parts)]
    given: list[list[str]] = [[] for _ in range(parts)]
    for name in sorted(weights, key=lambda one: -weights[one]):
        weight, count, number = heap[0]
        given[number].append(name)
        heapq.heapreplace(heap, (weight + weights[name], count + 1, number))
    return tuple(tuple(sorted(names, key=place.__getitem__)) for names in given)


def weigh(plan: Plan, stage: Stage, prices: Mapping[str, Cost]) -> dict[str, float]:
    """Return the seconds of one process that each environment takes, from nothing."""
    each = SAVE_SECONDS if stage is Stage.SAVE else LOAD_SECONDS
    amounts = _amounts(plan, stage)
    return {
        one.id: prices[one.id].seconds + IMPORT_SECONDS + amounts[one.id] * each
        for one in plan.environments
    }


def _amounts(plan: Plan, stage: Stage) -> Counter[str]:
    """Count by environment the models that it saves, or the cells that it loads."""
    if stage is Stage.SAVE:
        control = plan.matrix.controls.model
        saved = {*plan.cells.saves(), *((one.id, control) for one in plan.environments)}
        return Counter(environment for environment, _ in saved)
    return Counter(plan.cells.per_reader(expected(plan)))


def part(plan: Plan, shard: Shard) -> Plan:
    """Return what of the plan is the shard's.

    Loading keeps all environments: whose files are loaded has to be known.
    """
    own = set(shard.environments)
    if shard.place.stage is Stage.LOAD:
        return replace(
            plan,
            cells=plan.cells.loaded_by(own),
            controls=_of(plan.controls, loaded_by=own),
            stages=(Stage.LOAD,),
        )
    return replace(
        plan,
        environments=tuple(one for one in plan.environments if one.id in own),
        cells=plan.cells.saved_by(own),
        controls=_of(plan.controls, loaded_by=own),
        stages=(Stage.SAVE,),
    )


def _of(cells: Sequence[Cell], *, loaded_by: set[str]) -> tuple[Cell, ...]:
    return tuple(cell for cell in cells if cell.loaded_by in loaded_by)
