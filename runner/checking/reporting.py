"""Models of a person's own as rows of a judged matrix, beside the reference models; pure at heart.

Who saved a file is what the file says, and no environment of ours: all of them stand in a row of
their own, in which nothing is loaded.
"""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import fields, replace
from pathlib import Path

from caniload.runner.checking.answers import Answer, Basis, Checked
from caniload.runner.checking.request import CARRIES, Request
from caniload.runner.core.cells import Artifact, Cell
from caniload.runner.core.judged import (
    JudgedCell,
    JudgedEnvironment,
    JudgedFormat,
    JudgedMatrix,
    JudgedModel,
    Verdict,
)
from caniload.runner.core.outcomes import Outcome, Purpose
from caniload.runner.evidence.known import Evidence
from caniload.runner.evidence.resolve import resolve
from caniload.runner.evidence.store import Store
from caniload.runner.judging.assemble import Assembly
from caniload.runner.matrix import plan as planning
from caniload.runner.matrix.plan import Selection
from caniload.runner.matrix.reference import read_form
from caniload.runner.matrix.schema import Environment
from caniload.runner.running.run import BATCH

YOURS = "your-files"
FAMILY = "your models"


def judged(found: Sequence[Checked], request: Request) -> JudgedMatrix:
    """Return the models that were checked, beside what is known of the reference models there."""
    beside = _reference_models(request)
    formats = {one.id: one for one in beside.formats}
    for one in found:
        kind = _format(one)
        formats.setdefault(kind, _as_format(kind, request))
    return with_models(replace(beside, formats=tuple(formats.values())), found, request.asked)


def _reference_models(request: Request) -> JudgedMatrix:
    """Judge what is stored of the default models in these environments; what is not is left out."""
    wanted = tuple(one.id for one in request.asked)
    chosen = planning.make(request.matrix, Selection(environments=wanted, profile="named"))
    evidence = Evidence(
        plan=chosen,
        home=request.home,
        store=Store(request.home.results),
        resolution=resolve(chosen.environments, home=request.home, locks=request.locks),
    )
    whole = Assembly(evidence=evidence, batch=BATCH, locks=request.locks)()
    cells = tuple(one for one in whole.cells if one.outcome is not Outcome.UNTESTED)
    used = {one.cell.artifact.model for one in cells}
    return replace(
        whole,
        cells=cells,
        models=tuple(one for one in whole.models if one.id in used),
        formats=tuple(
            one for one in whole.formats if any(one.id == c.cell.artifact.format for c in cells)
        ),
        whole=False,
    )


def with_models(
    beside: JudgedMatrix, found: Sequence[Checked], asked: Sequence[Environment]
) -> JudgedMatrix:
    """Put the models first, saved by an environment that stands for wherever they come from."""
    names = list(_names([one.path for one in found]))
    source = JudgedEnvironment(
        id=YOURS,
        label="your files",
        stack="your files",
        python="",
        asked={},
        variables={},
        lock_sha256="",
        lock_text="",
    )
    return replace(
        beside,
        environments=(source, *beside.environments),
        models=(
            *(_as_model(one, name) for one, name in zip(found, names, strict=True)),
            *beside.models,
        ),
        cells=(
            *(
                cell
                for one, name in zip(found, names, strict=True)
                for cell in _cells(one, name, asked)
            ),
            *beside.cells,
        ),
    )


def _names(paths: Sequence[str]) -> Iterator[str]:
    """Yield names that tell the files apart, and no folder of this machine where none is needed."""
    alike = Counter(Path(path).name for path in paths)
    for number, path in enumerate(paths, 1):
        name = Path(path).name
        yield name if alike[name] == 1 else f"{name} ({number})"


def _format(one: Checked) -> str:
    return CARRIES.get(one.format or "", one.format or "unknown")


def _as_format(kind: str, request: Request) -> JudgedFormat:
    known = next((one for one in request.matrix.formats if one.id == kind), None)
    if known is None:
        return JudgedFormat(id=kind, label=kind, carries=(), load_code="", save_code="")
    form = read_form(kind)
    return JudgedFormat(
        id=kind,
        label=known.label,
        carries=known.carries,
        load_code=form.load_code,
        save_code=form.save_code,
    )


def _as_model(one: Checked, name: str) -> JudgedModel:
    told = "; ".join(filter(None, (one.saved_by, one.problem, *one.notes)))
    return JudgedModel(id=name, family=FAMILY, why=told or "a file of yours", source="")


def _cells(one: Checked, name: str, asked: Sequence[Environment]) -> Iterator[JudgedCell]:
    answers = {answer.environment: answer for answer in one.answers}
    for environment in asked:
        artifact = Artifact(saved_by=YOURS, model=name, format=_format(one))
        blank = JudgedCell(
            cell=Cell(artifact=artifact, loaded_by=environment.id),
            outcome=Outcome.UNTESTED,
            reason=one.problem or "not run",
            artifact=name,
            repeat=shlex.join(["caniload", "check", name, "--run", "--envs", environment.id]),
            artifact_sha256=one.sha256 or None,
        )
        answer = answers.get(environment.id)
        yield blank if answer is None else _judged(blank, answer, one.purpose)


def _judged(blank: JudgedCell, answer: Answer, purpose: Purpose) -> JudgedCell:
    if answer.basis is not Basis.FILE:  # an expectation is no result
        return replace(blank, reason=f"not run on this file; {answer.reason}")
    told = {one.name for one in fields(Verdict)} & {one.name for one in fields(Answer)}
    only, other = Verdict(**{name: getattr(answer, name) for name in told}), answer.other_purpose
    if purpose is Purpose.PREDICT and other is not None:
        only, other = other, only
    cell = replace(blank, **vars(replace(only, predicting=other)))
    return replace(cell, solo=True, seconds=answer.seconds)
