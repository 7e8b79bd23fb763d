"""What measuring models of a person's own would run, build and cost; runs nothing.

A quick answer that tells the price comes here, so that nothing is imported that runs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from caniload.runner.checking.cases import Case
from caniload.runner.checking.kept import Kept
from caniload.runner.checking.origins import is_origin, nearest
from caniload.runner.checking.request import Request
from caniload.runner.checking.subjects import Subject
from caniload.runner.environments import disk
from caniload.runner.environments.build import existing
from caniload.runner.environments.fetching import as_line, sizes
from caniload.runner.evidence.resolve import Resolution, resolve
from caniload.runner.matrix import choosing
from caniload.runner.matrix.schema import Environment
from caniload.runner.running.estimate import IMPORT_SECONDS

NEAREST = 2
"""How many environments that nobody asked for may be tried as the reference.

They are there already, or have the very version that saved the file: none is built on the chance.
"""

SECONDS_A_RUN = 2.0
"""CPU seconds of one model loaded, predicted and trained once, without the import: 24 files of
reference models, 147 runs over six environments, took 150 s on two cores (2026-11)."""


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """What is to be run: a case for each model that can be, and what that costs."""

    cases: Sequence[Case]
    runs: int
    environments_to_build: Sequence[str]
    pythons_to_fetch: Mapping[str, int | None]
    seconds: float
    disk_bytes: int
    download_bytes: int


def prepare(subjects: Sequence[Subject], request: Request) -> tuple[Prepared, Resolution]:
    """Find out what is to be run for these subjects, none of which is refused; runs nothing."""
    usual = () if request.references else choosing.profile(request.matrix, "default").environments
    asked = {one.id for one in request.asked}
    around = [one for one in request.matrix.environments if one.id in usual or one.id in asked]
    resolution = resolve(around, home=request.home, locks=request.locks)
    built = {
        one.id
        for one in around
        if existing(one, home=request.home, locks_dir=request.locks) is not None
    }
    cases = [
        _case(subject, request, around=around, resolution=resolution, built=built)
        for subject in subjects
    ]
    needed: list[str] = []
    for case in cases:
        now = [step.environment for step in case.steps()]  # of one without a reference, the first
        if case.reference is None and now:
            now += [one for one in case.asked if one not in (*now, *case.unusable)]
        needed += now
    build = [one.id for one in around if one.id in needed and one.id not in built]
    prices = [disk.estimate(request.matrix.environment(one), request.locks) for one in build]
    seconds = (
        sum(price.seconds for price in prices)
        + len(set(needed)) * IMPORT_SECONDS
        + len(needed) * SECONDS_A_RUN
    )
    prepared = Prepared(
        cases=cases,
        runs=len(needed),
        environments_to_build=build,
        pythons_to_fetch=sizes(resolution.offers(build)),
        seconds=seconds / request.jobs,
        disk_bytes=sum(price.disk_bytes for price in prices),
        download_bytes=sum(price.download_bytes for price in prices),
    )
    return prepared, resolution


def _case(
    subject: Subject,
    request: Request,
    *,
    around: Sequence[Environment],
    resolution: Resolution,
    built: set[str],
) -> Case:
    asked = {one.id for one in request.asked}
    usable = [one for one in around if one.id in resolution.usable]
    order = nearest(subject.inspection, usable, first=built.__contains__)
    others = [
        one.id
        for one in order
        if one.id not in asked and (one.id in built or is_origin(subject.inspection, one))
    ][:NEAREST]
    return Case(
        subject=subject,
        terms=request.terms(subject),
        custom=request.custom,
        inputs=request.inputs,
        asked=[one.id for one in request.asked],
        candidates=request.references
        or [one.id for one in order if one.id in asked or one.id in others],
        fingerprints=resolution.fingerprints,
        carries=request.carries(subject),
        kept=Kept(request.home),
        limits=request.matrix.limits,
        rerun=request.rerun,
        unusable=dict(resolution.untested),
    )


def cost_lines(prepared: Prepared, request: Request) -> Iterator[str]:
    """Yield what the run will cost, before it starts."""
    build = prepared.environments_to_build
    if build:
        many = "" if len(build) == 1 else "s"
        yield f"{len(build)} environment{many} to build: {', '.join(build)}"
        yield (
            f"up to {prepared.download_bytes / 1e9:.1f} GB to download,"
            f" {prepared.disk_bytes / 1e9:.1f} GB of disk in {request.home.root}"
        )
    if prepared.pythons_to_fetch:
        yield as_line(prepared.pythons_to_fetch, request.home)
    if prepared.runs:
        minutes = max(prepared.seconds / 60, 0.1)
        times = "once" if prepared.runs == 1 else f"{prepared.runs} times"
        yield f"to load {times}, or more; about {minutes:.1f} minutes"
