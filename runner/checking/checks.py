"""The truth about models of a person's own: what would run and cost, and the answers it gave."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from caniload.runner.checking.answers import Answer, Checked
from caniload.runner.checking.cases import Case
from caniload.runner.checking.customs import Custom
from caniload.runner.checking.judging import Judge, answer
from caniload.runner.checking.kept import Kept, Terms
from caniload.runner.checking.measuring import Measuring, Ways
from caniload.runner.checking.origins import is_origin, nearest
from caniload.runner.checking.subjects import Subject
from caniload.runner.core.errors import UsageError
from caniload.runner.core.precision import precision_of
from caniload.runner.core.shipped import LOCKS
from caniload.runner.environments import disk
from caniload.runner.environments.build import existing
from caniload.runner.environments.home import Home
from caniload.runner.evidence.resolve import Resolution, resolve
from caniload.runner.forensics.describe import stated_origin
from caniload.runner.judging.catalogue import read_catalogue
from caniload.runner.matrix import choosing
from caniload.runner.matrix.schema import Environment, FormatName, Matrix
from caniload.runner.running.estimate import IMPORT_SECONDS
from caniload.runner.running.progress import Progress

NEAREST = 2
"""How many environments that nobody asked for may be tried as the reference.

They are there already, or have the very version that saved the file: none is built on the chance.
"""

SECONDS_A_RUN = 2.0
"""CPU seconds of one model loaded, predicted and trained once, without the import: 24 files of
reference models, 147 runs over six environments, took 150 s on two cores (2026-11)."""

CARRIES: dict[str, FormatName] = {"yaml": "json"}
"""Formats that carry what another one does, by its name in matrix.yaml."""


@dataclass(frozen=True, kw_only=True)
class Request:
    """What is asked: models, environments, and what they are given.

    ``trust``: files that hold code are run, too; ``rerun``: also what has been measured before.
    ``references`` may be compared with, in this order; empty: those nearest to what saved a file.
    """

    asked: Sequence[Environment]
    matrix: Matrix
    home: Home
    references: Sequence[str] = ()
    custom: Custom = field(default_factory=Custom)
    inputs: Path | None = None
    trust: bool = False
    rerun: bool = False
    jobs: int = 1
    locks: Path = LOCKS

    def judge_by(self, subject: Subject) -> Judge:
        return Judge(
            tolerances=self.matrix.tolerances,
            rules=read_catalogue(),
            carries=self.carries(subject),
            precision=precision_of(subject.inspection.dtype_policies),
        )

    def carries(self, subject: Subject) -> Sequence[str]:
        known = subject.inspection.format or ""
        return self.matrix.format(CARRIES.get(known, known)).carries

    def terms(self, subject: Subject) -> Terms:
        return Terms(
            content=subject.sha256, inputs=inputs_sha256(self.inputs), custom=self.custom.sha256
        )


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """What is to be run: a case for each model that can be, and what that costs."""

    cases: Sequence[Case]
    runs: int
    environments_to_build: Sequence[str]
    seconds: float
    disk_bytes: int
    download_bytes: int


def inputs_sha256(path: Path | None) -> str | None:
    """Hash a person's inputs; ``UsageError`` where they are none."""
    if path is None:
        return None
    if not path.is_file() or not zipfile.is_zipfile(path):
        raise UsageError(f"--inputs {path}: no .npz file; numpy.savez(path, name=array) writes one")
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def refusal(subject: Subject, request: Request, *, run: bool) -> Checked | None:
    """Return the answer about a model that cannot be loaded, or is not to be run; else ``None``."""
    problem, readable = subject.problem, subject.problem is None
    problem = problem or subject.unloadable
    if problem is None and subject.code and run and not request.trust:
        problem = f"not run, for loading runs code that is in the file ({subject.code}): --trust"
        return blank_of(subject, problem=problem, readable=False)
    return blank_of(subject, problem=problem, readable=readable) if problem else None


def blank_of(subject: Subject, *, problem: str | None = None, readable: bool = True) -> Checked:
    """Return what is said of a model before anything is known of how it loads."""
    return Checked(
        path=str(subject.path),
        sha256=subject.sha256,
        problem=problem,
        readable=readable,
        format=subject.inspection.format,
        saved_by=said_of(subject),
    )


def said_of(subject: Subject) -> str:
    """Return in a line what the file says of itself; empty where it cannot be read."""
    one = subject.inspection
    if one.problem is not None or one.format is None:
        return ""
    return f"{one.format}, {stated_origin(one)}"


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


def measure(
    prepared: Prepared, resolution: Resolution, request: Request, progress: Progress
) -> Iterator[Checked]:
    """Run what is missing, then yield what came of every case."""
    ways = Ways(jobs=request.jobs, limits=request.matrix.limits, locks=request.locks)
    if prepared.runs:
        Measuring(request.home, resolution, ways, progress)(prepared.cases)
    for case in prepared.cases:
        yield told(case, request)


def told(case: Case, request: Request) -> Checked:
    """Judge what was measured of one model."""
    judge_by = request.judge_by(case.subject)
    answers = tuple(answer(case, one, judge_by) for one in request.asked)
    blank = blank_of(case.subject)
    return replace(
        blank,
        reference=case.reference,
        notes=tuple(_notes(case, answers, request)),
        answers=answers,
    )


def _notes(case: Case, answers: Sequence[Answer], request: Request) -> Iterator[str]:
    yield from needs(case.subject, request)
    if case.reference is None:
        if any(one.known for one in answers):
            yield "no environment here could read it, so that there is nothing to compare with"
        return
    environment = request.matrix.environment(case.reference)
    if request.references:
        yield f"compared with {case.reference}"
    else:
        origin = is_origin(case.subject.inspection, environment)
        why = "which has the version that saved it" if origin else "the nearest to what saved it"
        yield f"compared with {case.reference}, {why}, of those that load it"
    fed = (case.fed() or {}).get("facts") or {}
    if fed.get("fed"):
        made = "given" if case.inputs else "made up"
        yield f"inputs, {made}: {', '.join(fed['fed'])}"
    control = case.record(case.reference)
    if untrained := request.judge_by(case.subject).untrained(control):
        yield f"a training step raises even in {case.reference}: {untrained}"


def needs(subject: Subject, request: Request) -> Iterator[str]:
    """Say which classes of a person's own the file needs, where none were given."""
    names = [one.name for one in subject.inspection.custom]
    if names and not request.custom.sources:
        yield f"needs your own {', '.join(names)}: give the code with --custom FILE.py"
