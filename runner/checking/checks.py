"""The truth about models of a person's own, run: the answers it gave."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from rich.console import Console

from caniload.runner.checking.answers import Answer, Checked
from caniload.runner.checking.cases import Case
from caniload.runner.checking.judging import answer
from caniload.runner.checking.measuring import Measuring
from caniload.runner.checking.origins import is_origin
from caniload.runner.checking.pricing import Prepared, cost_lines, prepare
from caniload.runner.checking.request import Request, blank_of, needs
from caniload.runner.checking.subjects import Subject
from caniload.runner.core.outcomes import Purpose
from caniload.runner.evidence.resolve import Resolution
from caniload.runner.judging.catalogue import read_catalogue
from caniload.runner.running.progress import Display, Progress


def measure(
    prepared: Prepared, resolution: Resolution, request: Request, progress: Progress
) -> Iterator[Checked]:
    """Run what is missing, then yield what came of every case."""
    ways = request.ways(request.locks)
    if prepared.runs:
        Measuring(request.home, resolution, ways, progress)(prepared.cases)
    for case in prepared.cases:
        yield told(case, request)


def told(case: Case, request: Request) -> Checked:
    """Judge what was measured of one model."""
    judge_by = request.judge_by(case.subject)
    answers = tuple(answer(case, one, judge_by) for one in request.asked)
    blank = blank_of(case.subject, request)
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
        why = (
            "the version that saved it"
            if origin
            else "of those that load it the nearest to what saved it"
        )
        yield f"compared with {case.reference}, {why}"
    fed = (case.fed() or {}).get("facts") or {}
    if fed.get("fed"):
        made = "given" if case.inputs else "made up"
        yield f"inputs, {made}: {', '.join(fed['fed'])}"
    control = case.record(case.reference)
    if thawed := request.judge_by(case.subject).thawed(control):
        yield f"as {case.reference} loads it, {thawed}: no training step was compared"
    if request.purpose is Purpose.PREDICT:
        return
    if untrained := request.judge_by(case.subject).untrained(control):
        yield f"a training step raises even in {case.reference}: {untrained}"


def run(subjects: Sequence[Subject], request: Request, console: Console) -> list[Checked]:
    """Measure these subjects, none of which is refused, and tell the console of it."""
    read_catalogue()  # a mistake in it is told before anything is built
    prepared, resolution = prepare(subjects, request)
    for line in cost_lines(prepared, request):
        console.print(line, markup=False, highlight=False, soft_wrap=True)
    with Display(console) as display:
        return list(measure(prepared, resolution, request, display))
