"""The verdict from what is at hand: this file measured before, others like it, plain rules."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from caniload.runner.answering import near, quick
from caniload.runner.answering.accepting import Accepting
from caniload.runner.answering.features import features
from caniload.runner.answering.quick import Question
from caniload.runner.answering.references import Index, Kin
from caniload.runner.answering.rules import ruled
from caniload.runner.answering.standing import beside
from caniload.runner.checking.answers import Answer, Basis, Checked
from caniload.runner.checking.headline import FINDING_OUT, GIVING_CODE, WITHOUT_CODE
from caniload.runner.checking.kept import Kept
from caniload.runner.checking.request import Request, blank_of, needs
from caniload.runner.checking.subjects import Subject
from caniload.runner.core.outcomes import CLEAN, Outcome
from caniload.runner.evidence.constructors import looked_up
from caniload.runner.matrix.schema import Environment
from caniload.runner.packs.shelf import SHIPPED, imported

if TYPE_CHECKING:  # they take a fifth of a quick answer, which seldom needs them
    from caniload.runner.checking.cases import Case
    from caniload.runner.evidence.resolve import Resolution

NO_EVIDENCE = (
    "no reference models of this format have been measured: `caniload matrix` does that, --run"
    " tries this file itself"
)


def known(
    subject: Subject, request: Request, *, index: Index, resolved: Callable[[], Resolution]
) -> Checked:
    """Say of each environment asked for what is known of the file there, and from where."""
    case, measured = _measured(subject, request, resolved)
    said = features(subject.inspection)
    kin = index.kin(said) if said is not None else Kin(wanted=())
    constructors = constructors_of(request)
    answers = []
    for environment in request.asked:
        found = measured(environment)
        if found is None or found.outcome is Outcome.UNTESTED:
            question = None
            if said is not None:
                question = Question(
                    wanted=said,
                    environment=environment,
                    purpose=request.purpose,
                    accepting=constructors(environment),
                    readers=beside(environment, request.matrix.environments),
                    coded=bool(request.custom.sources),
                )
            found = _from_others(subject, environment, question, kin)
        answers.append(found)
    blank = blank_of(subject, request)
    return replace(
        blank,
        reference=case.reference if case is not None else None,
        notes=(*needs(subject, request), *_notes(case, index, kin, answers)),
        answers=tuple(answers),
    )


def _measured(
    subject: Subject, request: Request, resolved: Callable[[], Resolution]
) -> tuple[Case | None, Callable[[Environment], Answer | None]]:
    """Return what earlier runs measured of this very content, and what that says of environments.

    Nothing is known of most files. What finds interpreters and judges takes longer than the rest.
    """
    if Kept(request.home).has(subject.sha256):
        from caniload.runner.answering.remembering import measured_before  # noqa: PLC0415
        from caniload.runner.checking.judging import answer  # noqa: PLC0415

        if case := measured_before(subject, request, resolved()):
            return case, functools.partial(answer, case, judge_by=request.judge_by(subject))
    return None, lambda _: None


def _notes(case: Case | None, index: Index, kin: Kin, answers: Sequence[Answer]) -> Iterator[str]:
    measured = any(one.basis is Basis.FILE for one in answers)
    if case is not None and measured:
        given = [*case.custom.named, *(["inputs of yours"] if case.terms.inputs else [])]
        told = f", with {', '.join(given)}" if given else ""
        against = f"compared with {case.reference}" if case.reference else "nothing could read it"
        yield f"measured before{told}: {against}"
    elsewhere = {
        one.cell(place): cell.source
        for group in (kin.same, *kin.near)
        for one in group
        for place, cell in one.cells.items()
        if cell.source
    }
    used = {elsewhere[cell] for one in answers for cell in one.cells if cell in elsewhere}
    if used:
        yield f"reference models: measured {'; '.join(_by_pack(used))}, not here"
    if not index.measured and not measured:
        yield NO_EVIDENCE


def _by_pack(sources: Iterable[str]) -> Iterator[str]:
    """Yield each pack once, with the days on which what it says was measured."""
    days: dict[str, list[str]] = {}
    for source in sorted(sources):
        pack, _, day = source.rpartition(", ")
        days.setdefault(pack, []).append(day)
    for pack, found in days.items():
        *before, last = found
        yield f"{pack}, {', '.join(before)} and {last}" if before else f"{pack}, {last}"


def _from_others(
    subject: Subject,
    environment: Environment,
    question: Question | None,
    kin: Kin,
) -> Answer:
    """Answer from reference models and constructors, else by a rule, else not at all."""
    why = "the file states no layers, or not what saved it"
    rule = ruled(subject.inspection, environment)
    if question is not None:
        expected = near.from_kin(question, kin)
        if isinstance(expected, quick.Expected):
            # What a format alone decides comes before any layer is looked at.
            if rule is None or (expected.outcome not in CLEAN and expected.basis is Basis.MODELS):
                return quick.as_answer(environment, expected)
        else:
            why = expected
    if rule is not None:
        return replace(
            quick.blank(environment, f"does not load: {rule.reason}"),
            outcome=Outcome.ERROR,
            basis=Basis.RULE,
            cause=rule.cause,
        )
    find = GIVING_CODE if why.startswith(WITHOUT_CODE) else FINDING_OUT
    return quick.blank(environment, f"{why}; {find}")


def constructors_of(request: Request) -> Callable[[Environment], Accepting | None]:
    """Return what finds the constructors of an environment, as they were asked; each once."""

    @functools.cache
    def found(environment: str) -> Accepting | None:
        row = request.matrix.environment(environment)
        for path in (*imported(request.home), SHIPPED):
            if record := looked_up(row, request.locks, path):
                return Accepting(record=record)
        return None

    return lambda one: found(one.id)
