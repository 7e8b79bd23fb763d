"""Shards and merges -> lines for a person, and plain data."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from caniload.runner.environments.home import Home
from caniload.runner.evidence.keys import digest
from caniload.runner.matrix.plan import Plan, Stage
from caniload.runner.sharding import notes
from caniload.runner.sharding.dividing import Place, Shard
from caniload.runner.sharding.merging import Merged
from caniload.runner.sharding.notes import Note

RUNNER_BYTES = 14_000_000_000
"""Disk of a hosted runner for public repositories, as GitHub documents it."""


def as_lines(plan: Plan, shards: Sequence[Shard], jobs: int) -> list[str]:
    """Say what each shard does, from nothing."""
    of = shards[0].place.of
    axes = f"{len(plan.environments)} environments, {len(plan.models)} models"
    return [
        f"{axes}, {len(plan.formats)} formats: {len(plan.cells)} cells, in {of} shards a stage",
        *(_line(shard, jobs) for shard in shards),
        *_warnings(shards),
        f"to run: caniload matrix --shard K/{of} --stage save, merge; then --stage load, merge",
    ]


def _line(shard: Shard, jobs: int) -> str:
    saving = shard.place.stage is Stage.SAVE
    what = f"{shard.models} models" if saving else f"{shard.cells} cells"
    return (
        f"{shard.place}: {what}, about {_minutes(shard, jobs):.1f} minutes,"
        f" {shard.disk_bytes / 1e9:.1f} GB of disk: {', '.join(shard.environments)}"
    )


def _minutes(shard: Shard, jobs: int) -> float:
    return max(shard.seconds / jobs / 60, 0.1)


def _warnings(shards: Sequence[Shard]) -> Iterator[str]:
    for shard in shards:
        if shard.disk_bytes > RUNNER_BYTES:
            yield (
                f"{shard.place} needs more than the {RUNNER_BYTES / 1e9:.0f} GB of a GitHub runner:"
                " take more shards, or run it with --max-disk 10G"
            )


def as_json(
    plan: Plan, shards: Sequence[Shard], same: Mapping[str, str], jobs: int
) -> dict[str, Any]:
    """Return the division as plain data; ``save`` and ``load`` feed a job matrix."""
    return {
        "schema": 1,
        "plan": digest(dict(same)),
        "cells": len(plan.cells),
        "jobs": jobs,
        **{
            stage.value: [_plain(one, jobs) for one in shards if one.place.stage is stage]
            for stage in Stage
        },
        "warnings": list(_warnings(shards)),
    }


def _plain(shard: Shard, jobs: int) -> dict[str, Any]:
    told = asdict(shard)
    del told["place"]
    name = f"{shard.place.number}/{shard.place.of}"
    return {"shard": name, **told, "seconds": round(shard.seconds / jobs)}


def unusable(reasons: Mapping[str, str], place: Place) -> Iterator[str]:
    """Say which environments of a shard could not be used, and why."""
    yield from (f"{place}: {one} was not tested: {why}" for one, why in reasons.items())


def merged(done: Merged, noted: Sequence[Note], into: Home) -> list[str]:
    """Say what came of a merge."""
    by_place = {note.place: note for note in noted}
    came = (
        f"{done.records} records and {done.files} saved files came in, {done.known} records were"
        f" there before; {len(done.contradictions)} contradictions"
    )
    return [
        *(
            f"{lost} results in {home}/results cannot be read; they are passed over"
            for home, lost in done.damaged.items()
        ),
        *(line for place in by_place for line in unusable(by_place[place].unusable, place)),
        *amiss(done),
        came,
        f"{_completeness(by_place)}; in {into.root}",
    ]


def amiss(done: Merged) -> Iterator[str]:
    """Say what a merge could not bring in, or found to be otherwise."""
    yield from (f"lost: {told}" for told in done.lost.values())
    yield from (f"contradiction: {told}" for told in done.contradictions)


def _completeness(places: Iterable[Place]) -> str:
    there = list(places)
    told = []
    for stage in Stage:
        lacking = notes.missing(there, stage)
        if lacking:
            told.append(f"{stage}: missing {', '.join(str(one) for one in lacking)}")
        elif lacking is not None:
            told.append(f"{stage}: all shards")
    return ", ".join(told) or "no shards are noted: whether any is missing is not known"
