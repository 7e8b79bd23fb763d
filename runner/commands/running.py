"""A run as the command line asks for it: all of a plan, or a shard of it."""

from __future__ import annotations

import argparse
from collections.abc import Collection, Mapping

from rich.console import Console

from caniload.runner.commands.arguments import locks_of
from caniload.runner.core.machine import cores
from caniload.runner.evidence import runs
from caniload.runner.evidence.known import Evidence
from caniload.runner.evidence.store import Store
from caniload.runner.running import estimate
from caniload.runner.running.progress import Display
from caniload.runner.running.run import Options, Run, Tally


def run(evidence: Evidence, arguments: argparse.Namespace) -> Run:
    """Say what is missing and what it costs, and run it; the store is open for writing."""
    console = Console(stderr=True)
    jobs = arguments.jobs or cores()
    options = Options(
        jobs=jobs,
        isolate=arguments.isolate,
        share=arguments.twins,
        rerun=arguments.rerun,
        save_again=not arguments.cells,
        pulse=arguments.pulse,
        max_disk=arguments.max_disk,
        installer=arguments.installer,
        locks=locks_of(arguments),
    )
    with Display(console) as display:
        told = options.share and not options.isolate
        cost = estimate.cost(evidence, jobs=jobs, locks=options.locks, told=told)
        for line in [*_damage(evidence.store), *estimate.as_lines(evidence, cost)]:
            console.print(line, markup=False, highlight=False, soft_wrap=True)
        run = Run(evidence, options, display)
        run()
    return run


def _damage(store: Store) -> list[str]:
    """Say that results were lost; what they were of counts as missing, and runs again."""
    lost = store.damaged
    return [f"{lost} stored results cannot be read; what they were of runs again"] if lost else []


def note(
    evidence: Evidence, loading: Collection[str], tally: Tally, unusable: Mapping[str, str]
) -> None:
    """Leave a note of what was run, by which a night knows that anything was."""
    known = evidence.resolution.fingerprints
    readers = [known[one] for one in loading if one in known and one not in unusable]
    runs.note(
        evidence.home,
        runs.Ran(
            ended=runs.now(),
            loaded=tally.cells.loaded,
            told=tally.cells.derived,
            saved=tally.saved,
            built=tally.built,
            unusable=dict(unusable),
            readers=readers if tally.cells.loaded else (),
        ),
    )


def as_line(tally: Tally, seconds: float) -> str:
    """Count what was done."""
    cells = tally.cells
    told = ""
    if cells.derived or cells.audited:
        told = f" {cells.derived} told from another's run, {cells.audited} such audited"
        told += f" and {cells.mistold} mistold," if cells.mistold else ","
    return (
        f"{cells.loaded} cells run ({cells.solo} of them alone),{told} {tally.saved} models saved,"
        f" {tally.built} environments built, in {_minutes(seconds)}"
    )


def _minutes(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds < 100 else f"{seconds / 60:.1f} min"  # noqa: PLR2004
