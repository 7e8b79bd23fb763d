"""``caniload plan --shards``, ``matrix --shard`` and ``merge``: many machines that share files."""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator
from pathlib import Path

from caniload.runner.commands import running
from caniload.runner.commands.arguments import evidence_of, locks_of
from caniload.runner.core.errors import UsageError
from caniload.runner.core.machine import cores
from caniload.runner.environments import disk
from caniload.runner.environments.disk import Cost
from caniload.runner.environments.home import Home
from caniload.runner.evidence import runs
from caniload.runner.evidence.known import Evidence
from caniload.runner.evidence.store import Store
from caniload.runner.matrix.plan import Plan, Stage
from caniload.runner.sharding import agreeing, dividing, notes, telling
from caniload.runner.sharding.merging import Merging
from caniload.runner.sharding.notes import Note


def plan(arguments: argparse.Namespace, whole: Plan) -> int:
    """Print how N machines would divide the plan."""
    prices, of = _prices(whole, arguments), arguments.shards
    jobs = arguments.jobs or cores()
    found = [one for stage in Stage for one in dividing.shards(whole, stage, of, prices)]
    if arguments.format == "json":
        same = notes.identify(whole, prices, locks_of(arguments))
        print(json.dumps(telling.as_json(whole, found, same, jobs), indent=1))
    else:
        print("\n".join(telling.as_lines(whole, found, jobs)))
    return 0


def _prices(whole: Plan, arguments: argparse.Namespace) -> dict[str, Cost]:
    return {one.id: disk.estimate(one, locks_of(arguments)) for one in whole.environments}


def run(arguments: argparse.Namespace, whole: Plan) -> int:
    """Run one shard of a stage, and note that it has ended."""
    if arguments.shard is None or arguments.stage is None:
        raise UsageError("--shard K/N and --stage save or load go together")
    if arguments.report or arguments.feed or arguments.open or arguments.strict:
        raise UsageError("a shard has no report; merge all of them, then `caniload report`")
    if arguments.engine != "local":
        raise UsageError("--engine divides a run itself; leave out --shard and --stage")
    (number, of), stage = arguments.shard, Stage(arguments.stage)
    prices = _prices(whole, arguments)
    shard = dividing.shards(whole, stage, of, prices)[number - 1]
    same = notes.identify(whole, prices, locks_of(arguments))
    home, started = Home.default(), time.monotonic()
    evidence = evidence_of(arguments, dividing.part(whole, shard), home)
    with evidence.store:
        if stage is Stage.LOAD:
            agreeing.check_saved(home, same, evidence.resolution)
        notes.begin(shard.place, same, home)
        ended = running.run(evidence, arguments)
        reasons = evidence.resolution.untested | ended.unusable
        unusable = {one: reasons[one] for one in shard.environments if one in reasons}
        notes.write(_note(shard.place, same, evidence, unusable), home)
        running.note(evidence, shard.environments, ended.tally, unusable)
    for line in telling.unusable(unusable, shard.place):
        print(line)
    print(running.as_line(ended.tally, time.monotonic() - started))
    print(f"{shard.place} is done, in {home.root}: {', '.join(shard.environments)}")
    return 0


def _note(
    place: dividing.Place, same: dict[str, str], evidence: Evidence, unusable: dict[str, str]
) -> Note:
    resolution = evidence.resolution
    usable = resolution.usable
    return Note(
        place=place,
        plan=same,
        fingerprints={one: resolution.fingerprints[one] for one in usable},
        pythons={one: found.interpreter.version for one, found in usable.items()},
        unusable=unusable,
    )


def merge(arguments: argparse.Namespace) -> int:
    """Copy what the homes have into one; 1 where results contradict each other."""
    homes = [_home(path) for path in arguments.home]
    into = Home(root=arguments.into.absolute()) if arguments.into else Home.default()
    noted = [(home, note) for home in homes for note in notes.read(home)]
    with Store(into.results) as store:
        there = _there(into, noted)
        if not arguments.incomplete:
            agreeing.check_complete((note for _, note in there), _stages(arguments, noted))
        merged = Merging(store, into)(homes)
        for _, note in noted:
            notes.write(note, into)
        for home in homes:
            for ran in runs.read(home):
                runs.note(into, ran)
    print("\n".join(telling.merged(merged, [note for _, note in there], into)))
    return 1 if merged.contradictions else 0


def _home(path: Path) -> Home:
    home = Home(root=path.absolute())
    if not home.results.is_dir():
        raise UsageError(f"{path}: has no folder `results`, so it is no CANILOAD_HOME")
    return home


def _there(into: Home, noted: list[tuple[Home, Note]]) -> list[tuple[Home, Note]]:
    """Return all shards that will be there; notes of another plan in ``into`` are of the past."""
    if not noted:
        return []
    agreeing.check_one_plan(noted)
    plan = noted[0][1].plan
    own = [(into, note) for note in notes.read(into) if note.plan == plan]
    agreeing.check_one_plan([*noted, *own])
    return [*own, *noted]


def _stages(arguments: argparse.Namespace, noted: list[tuple[Home, Note]]) -> Iterator[Stage]:
    """Yield the stages that have to be complete: the one that is asked for, else all begun."""
    if arguments.stage:
        yield Stage(arguments.stage)
    else:
        yield from (one for one in Stage if any(note.place.stage is one for _, note in noted))
