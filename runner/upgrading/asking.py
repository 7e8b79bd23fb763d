"""One upgrade from beginning to end: two versions and models in, what becomes of each out."""

from __future__ import annotations

import os
import shlex
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console

from caniload.runner.attacking.attacks import formats
from caniload.runner.attacking.kept import table
from caniload.runner.checking import checks, pricing
from caniload.runner.checking.answers import Checked
from caniload.runner.checking.cases import Case
from caniload.runner.checking.request import Request, refusal
from caniload.runner.checking.subjects import Subject, gather
from caniload.runner.checking.wanted import wish
from caniload.runner.converting.rules import read_rules
from caniload.runner.core import texts
from caniload.runner.core.errors import UsageError
from caniload.runner.core.judged import Message
from caniload.runner.core.outcomes import Outcome, Purpose
from caniload.runner.core.shipped import LOCKS
from caniload.runner.judging.catalogue import read_catalogue
from caniload.runner.matrix.schema import Matrix
from caniload.runner.running.progress import Display
from caniload.runner.running.together import Together
from caniload.runner.sandbox import walls
from caniload.runner.sandbox.words import AUTO
from caniload.runner.upgrading.graphs import called_all, is_graph, untried
from caniload.runner.upgrading.judging import fate_with, plain_fate, warned
from caniload.runner.upgrading.opened import opened
from caniload.runner.upgrading.outcome import Fate, Model, Tried, Upgrade
from caniload.runner.upgrading.reference import of_reference_models
from caniload.runner.upgrading.remedies import CONVERT_SECONDS, Pair, convert_all
from caniload.runner.upgrading.returning import RESAVE_SECONDS, return_all
from caniload.runner.upgrading.sides import both, side


def ask(
    before: str,
    after: str,
    models: Sequence[str | os.PathLike[str]],
    *,
    trust: bool = False,
    sandbox: str = AUTO,
    custom: Sequence[str] = (),
    build: str | None = None,
    packages: Sequence[str] = (),
    inputs: Path | None = None,
    remedies: bool = True,
    rollback: bool = True,
    converted: Path | None = None,
    purpose: str = Purpose.PREDICT,
    rerun: bool = False,
    jobs: int | None = None,
    matrix: Matrix | None = None,
    locks: Path = LOCKS,
    console: Console | None = None,
) -> Upgrade:
    """Return what becomes of each model; without any, of the reference models in the store.

    ``matrix`` is the one that is meant where none is given; ``console`` is told of cost and
    progress. ``CaniloadError`` where what is asked cannot be understood.
    """
    console = console or Console(quiet=True)
    request = wish(
        trust=trust,
        sandbox=sandbox,
        custom=custom,
        build=build,
        packages=packages,
        inputs=inputs,
        purpose=purpose,
        rerun=rerun,
        jobs=jobs,
        matrix=matrix,
        locks=locks,
    )
    matrix, home = request.matrix, request.home
    old, new = both(matrix, before, after)
    request = replace(request, asked=(old, new), references=(old.id, new.id))
    given = (
        *(["--trust"] if trust else []),
        *(["--sandbox", sandbox] if sandbox != AUTO else []),
        *(word for one in custom for word in ("--custom", one)),
        *(["--build", build] if build else []),
        *(word for one in packages for word in ("--with", one)),
        *(["--inputs", str(inputs)] if inputs else []),
    )
    found = Upgrade(
        before=side(old, home, locks),
        after=side(new, home, locks),
        date=datetime.now(UTC).strftime("%Y-%m-%d"),
        command=shlex.join(
            ["caniload", "upgrade", before, after, *map(str, models), *given]
            + ["--no-remedies"] * (not remedies)
            + ["--no-rollback"] * (not rollback)
            + ["--for", "train"] * (request.purpose is Purpose.TRAIN)
        ),
        purpose=request.purpose,
        given=given,
        remedies=remedies,
        rollback=rollback,
    )
    known = table((old, new), home=home, locks=locks)
    if not models:
        more = tuple(opened(known, old.id, new.id, formats()))
        return replace(found, reference=of_reference_models(request, old, new), opened=more)
    if converted is not None and converted.exists() and not converted.is_dir():
        raise UsageError(f"--converted {converted}: is there, and is no folder")
    if remedies:
        read_rules()  # a mistake in them is told before anything is built
    subjects = list(gather([Path(one) for one in models]))
    refused = {id(one): refusal(one, request, run=True) for one in subjects}
    run = [one for one in subjects if refused[id(one)] is None]
    told = _fared(run, request, found, console) if run else {}
    fared = [_unrun(refused[id(one)]) or told[id(one)] for one in subjects]
    held = walls.of(sandbox, home.checked).held if run else None
    if converted is not None:
        fared = list(_kept(fared, subjects, converted))
    return replace(
        found,
        before=side(old, home, locks),  # which may have been built by now
        after=side(new, home, locks),
        models=tuple(fared),
        opened=tuple(opened(known, old.id, new.id, _formats(fared))),
        sandbox=held.told() if held else None,
    )


def _formats(models: Sequence[Model]) -> list[str]:
    return sorted({one.format for one in models if one.format})


def _fared(
    listed: Sequence[Subject], request: Request, found: Upgrade, console: Console
) -> dict[int, Model]:
    """Measure, try remedies, and go back; what is known already is not done again.

    Return the answers by the subjects' ``id``.
    """
    old, new = request.asked
    graphs = [one for one in listed if is_graph(one)]
    subjects = [one for one in listed if not is_graph(one)]
    read_catalogue()  # a mistake in it is told before anything is built
    prepared, resolution = pricing.prepare(subjects, request)
    lines = [*pricing.cost_lines(prepared, request), *_cost_after(len(subjects), request, found)]
    for line in lines:
        console.print(line, markup=False, highlight=False, soft_wrap=True)
    with Display(console) as display:
        pair = Pair(before=old, after=new, request=request, resolution=resolution, progress=display)
        together = Together(request.jobs, display)
        told = list(checks.measure(prepared, resolution, request, display))
        models = [
            _model(case, one, request) for case, one in zip(prepared.cases, told, strict=True)
        ]
        if found.remedies:
            breaking = [
                case
                for case, model in zip(prepared.cases, models, strict=True)
                if model.fate is Fate.BROKEN
            ]
            tried = convert_all(breaking, pair, together)
            models = [
                _remedied(model, tried.get(case.terms.key))
                for case, model in zip(prepared.cases, models, strict=True)
            ]
        if found.rollback:
            back = return_all(prepared.cases, models, pair, together)
            models = [
                replace(model, returned=back.get(case.terms.key, ()))
                for case, model in zip(prepared.cases, models, strict=True)
            ]
        if found.remedies:
            called = called_all(graphs, pair, together)
        else:
            called = [untried(one) for one in graphs]
    return {
        id(one): model for one, model in zip([*subjects, *graphs], [*models, *called], strict=True)
    }


def _cost_after(count: int, request: Request, found: Upgrade) -> Iterator[str]:
    """Yield what the steps after the first may cost; what is known already costs nothing."""
    steps = []
    if found.remedies:
        steps.append(("remedies for each that does not stay the same", CONVERT_SECONDS))
    if found.rollback:
        steps.append(("each saved anew and loaded back, in two formats", 2 * RESAVE_SECONDS))
    for what, seconds in steps:
        minutes = max(count * seconds / request.jobs / 60, 0.1)
        yield f"then {what}: at most about {minutes:.1f} minutes, more for large models"


def _model(case: Case, one: Checked, request: Request) -> Model:
    """Judge what was measured of a model as it is."""
    old, new = request.asked
    rules = read_catalogue()
    answers = {answer.environment: answer for answer in one.answers}
    before, after = answers[old.id], answers[new.id]
    heard = _heard(case, new.id, request)
    known = {one.id for one in warned(_heard(case, old.id, request), before.cause, rules)}
    fresh = [one for one in warned(heard, after.cause, rules) if one.id not in known]
    fate = plain_fate(before, after, read=case.reference == old.id, new=fresh)
    raised = fate is Fate.BROKEN and after.outcome is not Outcome.DIFFERS
    category = {rule.entry.id: rule.entry.category for rule in rules}.get(after.cause or "")
    if category == "custom-object-missing" and not case.subject.inspection.custom:
        raised = False  # the class is one of Keras that it has no more, and nobody's own
    cause = next(iter(warned((), after.cause, rules)), None) if raised else None
    unknown = before if not before.known else after
    return Model(
        path=one.path,
        format=one.format,
        saved_by=one.saved_by,
        fate=fate,
        reason=f"{unknown.environment}: {unknown.reason}" if fate is Fate.UNTESTED else None,
        before=before,
        after=after,
        warned=tuple(fresh) if fate is Fate.WARNS else (),
        cause=cause,
        notes=one.notes,
    )


def _heard(case: Case, environment: str, request: Request) -> Sequence[Message]:
    record = case.record(environment) if environment not in case.unusable else None
    if record is None or record["reference"] is None:
        return ()
    return request.judge_by(case.subject).verdict(record).to(request.purpose).messages


def _remedied(model: Model, tried: Tried | None) -> Model:
    if tried is None or model.after is None or model.fate is not Fate.BROKEN:
        return model
    return replace(model, tried=tried, fate=fate_with(model.after, tried))


def _unrun(refused: Checked | None) -> Model | None:
    """Return the answer about a model that is not run."""
    if refused is None:
        return None
    return Model(
        path=refused.path,
        format=refused.format,
        saved_by=refused.saved_by,
        fate=Fate.UNTESTED if refused.readable else Fate.UNREAD,
        reason=texts.clean(refused.problem or ""),
    )


def _kept(models: Sequence[Model], subjects: Sequence[Subject], folder: Path) -> Iterator[Model]:
    """Copy what was delivered to where a person wants it, under names that none has twice."""
    folder.mkdir(parents=True, exist_ok=True)
    originals = {one.path.resolve() for one in subjects}
    taken: set[Path] = set()
    for model in models:
        tried = model.tried
        if tried is None or tried.conversion is None or tried.conversion.out is None:
            yield model
            continue
        made = Path(tried.conversion.out)
        stem = Path(model.path).name.replace(".", "-")
        names = (f"{stem}{'' if n == 1 else f'-{n}'}{made.suffix}" for n in range(1, 10_000))
        free = (folder / name for name in names)
        out = next(one for one in free if one not in taken and one.resolve() not in originals)
        taken.add(out)
        if made.is_dir():
            shutil.copytree(made, out, dirs_exist_ok=True)
        else:
            shutil.copyfile(made, out)
        yield replace(model, tried=replace(tried, kept=str(out)))
