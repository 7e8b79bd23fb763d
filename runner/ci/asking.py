"""Paths and wishes -> what inspect, check and upgrade say of the models there."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from caniload.runner.answering import asking as answering
from caniload.runner.checking.headline import headline
from caniload.runner.checking.request import Request
from caniload.runner.checking.sheets import exit_code, rows, sentence
from caniload.runner.checking.subjects import Subject, gather
from caniload.runner.ci.outcome import ACT, GOOD, UNUSABLE, Part, Report
from caniload.runner.core.errors import UsageError
from caniload.runner.core.sarif import of_rows
from caniload.runner.forensics import gate, sarif
from caniload.runner.forensics.describe import as_row
from caniload.runner.upgrading import asking as upgrading
from caniload.runner.upgrading import judging, telling


def ask(
    models: Sequence[Path],
    request: Request,
    *,
    rules: gate.Rules,
    run: bool = False,
    before: str | None = None,
    custom: Sequence[str] = (),
    lenient: bool = False,
    console: Console | None = None,
) -> Report:
    """Return what is said of all models that the paths name.

    ``run``: they are loaded in every environment that is asked for; ``before`` is what is left for
    the one that is asked for, which asks about the upgrade, too. ``UsageError``: there is no model.
    """
    subjects = list(gather(models))
    if not subjects:
        raise UsageError(f"no model is in {', '.join(map(str, models))}")
    parts = [inspected(subjects, rules), _checked(models, request, run=run)]
    if before is not None:
        parts.append(_upgraded(models, request, before, custom, console))
    return Report(models=len(subjects), parts=tuple(parts), lenient=lenient)


def inspected(subjects: Sequence[Subject], rules: gate.Rules) -> Part:
    """Return what the files say of themselves, and what of it stops."""
    found = []
    for one in subjects:
        said = one.inspection
        sha256 = gate.sha256_of(Path(said.path), said) if said.findings else ""
        found.append((said, gate.judged(said, sha256, rules)))
    stops = sum(any(each.stops for each in judged) for _, judged in found)
    unsound = sum(not said.sound for said, _ in found)
    told = [f"{stops} with a finding that stops"] if stops else []
    told += [f"{unsound} cannot be read"] if unsound else []
    return Part(
        name="inspect",
        code=UNUSABLE if unsound else ACT if stops else GOOD,
        rows=tuple(as_row(said, judged) for said, judged in found),
        results=tuple(r for said, judged in found for r in sarif.results_of(said, judged)),
        sentence=", ".join(told),
    )


def _checked(models: Sequence[Path], request: Request, *, run: bool) -> Part:
    found = answering.ask(models, request, run=run, aloud=True)
    listed = rows(found)
    return Part(
        name="check",
        code=exit_code(found),
        rows=tuple(listed),
        results=tuple(of_rows(listed)),
        sentence=sentence(found) or "".join(map(headline, found)),
    )


def _upgraded(
    models: Sequence[Path],
    request: Request,
    before: str,
    custom: Sequence[str],
    console: Console | None,
) -> Part:
    if len(request.asked) != 1:
        named = ", ".join(one.id for one in request.asked)
        raise UsageError(f"--from {before}: name one environment to go to with --to, not {named}")
    found = upgrading.ask(
        before,
        request.asked[0].id,
        models,
        trust=request.trust,
        sandbox=request.sandbox,
        custom=custom,
        inputs=request.inputs,
        purpose=request.purpose,
        jobs=request.jobs,
        matrix=request.matrix,
        locks=request.locks,
        console=console,
    )
    listed = telling.as_rows(found)
    return Part(
        name="upgrade",
        code=judging.exit_code(found),
        rows=tuple(listed),
        results=tuple(of_rows(listed)),
        sentence=telling.sentence(found),
        page=telling.as_markdown(found),
    )
