"""What is asked about models of a person's own, and what can be said before anything is known."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from caniload.runner.checking.answers import Checked
from caniload.runner.checking.customs import Custom
from caniload.runner.checking.kept import Terms
from caniload.runner.checking.subjects import WEIGHTS_ENDING, Subject
from caniload.runner.core.errors import UsageError
from caniload.runner.core.outcomes import Purpose
from caniload.runner.core.precision import precision_of
from caniload.runner.core.shipped import LOCKS
from caniload.runner.environments.home import Home
from caniload.runner.forensics import trusting
from caniload.runner.forensics.describe import stated_origin
from caniload.runner.forensics.facts import Severity
from caniload.runner.matrix.schema import Environment, FormatName, Limits, Matrix
from caniload.runner.sandbox.words import AUTO

if TYPE_CHECKING:
    from caniload.runner.checking.judging import Judge

CARRIES: dict[str, FormatName] = {"yaml": "json"}
"""Formats that carry what another one does, by its name in matrix.yaml."""

WEIGHTS = ("weights",)
BY_LAYERS = "layers by name"
"""The layout, as an inspection calls it, that the loader of ``.weights.h5`` cannot read."""


@dataclass(frozen=True, kw_only=True)
class Ways:
    """How to run: ``jobs`` processes at a time, each within the limits of matrix.yaml.

    ``sandbox`` is the wall that is wanted, a word of ``sandbox.words.CHOICES``.
    """

    jobs: int
    limits: Limits
    locks: Path
    sandbox: str


@dataclass(frozen=True, kw_only=True)
class Request:
    """What is asked: models, environments, and what they are given.

    ``trust``: files that hold code are run, too; ``rerun``: also what has been measured before.
    ``sandbox`` is the wall that is wanted, a word of ``sandbox.words.CHOICES``.
    ``references`` may be compared with, in this order; empty: those nearest to what saved a file.
    ``purpose`` is what is wanted of the models.
    """

    asked: Sequence[Environment]
    matrix: Matrix
    home: Home
    references: Sequence[str] = ()
    custom: Custom = field(default_factory=Custom)
    inputs: Path | None = None
    trust: bool = False
    rerun: bool = False
    purpose: Purpose = Purpose.PREDICT
    jobs: int = 1
    locks: Path = LOCKS
    sandbox: str = AUTO

    def ways(self, locks: Path) -> Ways:
        """Return how to run, with the locks of what is run."""
        limits = self.matrix.limits
        return Ways(jobs=self.jobs, limits=limits, locks=locks, sandbox=self.sandbox)

    def judge_by(self, subject: Subject) -> Judge:
        # A quick answer needs none, and waits for no imports.
        from caniload.runner.checking.judging import Judge  # noqa: PLC0415
        from caniload.runner.judging.catalogue import read_catalogue  # noqa: PLC0415

        return Judge(
            tolerances=self.matrix.tolerances,
            rules=read_catalogue(),
            carries=self.carries(subject),
            precision=precision_of(subject.inspection.dtype_policies),
            purpose=self.purpose,
        )

    def carries(self, subject: Subject) -> Sequence[str]:
        if subject.weights_alone:  # the rest comes from the function that builds the model
            return WEIGHTS
        known = subject.inspection.format or ""
        return self.matrix.format(CARRIES.get(known, known)).carries

    def terms(self, subject: Subject) -> Terms:
        return Terms(
            content=subject.sha256, inputs=inputs_sha256(self.inputs), custom=self.custom.sha256
        )


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
    if not (subject.weights_alone and request.custom.build):
        problem = problem or subject.unloadable
    if problem is None and run and not request.trust:
        why = trusting.reason(subject.inspection, request.custom.provides)
        if why is not None:
            problem = f"not run, for loading it runs or reaches more than a model ({why}): --trust"
            return held_back(subject, request, problem)
    if problem is None and run:
        from caniload.runner.sandbox import walls  # noqa: PLC0415 - a quick answer needs none

        unwalled = walls.of(request.sandbox, request.home.checked).refusal
        if unwalled is not None:
            return held_back(subject, request, unwalled)
    return blank_of(subject, request, problem=problem, readable=readable) if problem else None


def held_back(subject: Subject, request: Request, problem: str) -> Checked:
    """Return the answer about a model that could be loaded, but is not to be."""
    return replace(blank_of(subject, request, problem=problem, readable=False), held_back=True)


def blank_of(
    subject: Subject, request: Request, *, problem: str | None = None, readable: bool = True
) -> Checked:
    """Return what is said of a model before anything is known of how it loads."""
    return Checked(
        path=str(subject.path),
        sha256=subject.sha256,
        problem=problem,
        readable=readable,
        needs_trust=trusting.reason(subject.inspection, request.custom.provides) is not None,
        format=subject.inspection.format,
        saved_by=said_of(subject),
    )


def said_of(subject: Subject) -> str:
    """Return in a line what the file says of itself; empty where it cannot be read."""
    one = subject.inspection
    if one.problem is not None or one.format is None:
        return ""
    return f"{one.format}, {stated_origin(one)}"


def needs(subject: Subject, request: Request) -> Iterator[str]:
    """Say what else loading the file takes: classes of a person's own, another name."""
    names = [one.name for one in subject.inspection.custom]
    if names and not request.custom.sources:
        yield f"needs your own {', '.join(names)}: give the code with --custom FILE.py"
    if subject.inspection.packaging:
        yield subject.inspection.packaging.said
    compiled = subject.inspection.optimizer is not None or subject.inspection.loss
    if request.purpose is Purpose.TRAIN and not compiled:
        yield "it states no optimizer, loss or metrics: compile it before it goes on training"
    for found in subject.inspection.findings:
        if found.severity is Severity.NOTICE:
            yield found.text
    by_layers = subject.weights_alone and subject.inspection.variant == BY_LAYERS
    if by_layers and subject.path.name.endswith(WEIGHTS_ENDING):
        yield (
            f"its name ends with {WEIGHTS_ENDING}, by which newer versions expect another layout"
            " than it has; named w.h5, say, they read it"
        )
