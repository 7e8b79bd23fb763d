"""Has ``convert`` bring models across, and measures what it delivers as the originals were."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from caniload.runner.checking.cases import Case, Step
from caniload.runner.checking.judging import answer
from caniload.runner.checking.kept import Record, Terms
from caniload.runner.checking.measuring import Measuring
from caniload.runner.checking.request import Request
from caniload.runner.checking.subjects import Subject, gather
from caniload.runner.converting.asking import bring_across, open_shop_of_many
from caniload.runner.converting.launching import Workshop
from caniload.runner.converting.original import Wish
from caniload.runner.converting.outcome import Verdict
from caniload.runner.core.errors import CaniloadError
from caniload.runner.environments.build import existing
from caniload.runner.evidence.keys import digest
from caniload.runner.evidence.resolve import Resolution
from caniload.runner.matrix.joining import knows_keras_format
from caniload.runner.matrix.schema import Environment, Matrix
from caniload.runner.running.progress import Progress
from caniload.runner.running.together import Together
from caniload.runner.upgrading.judging import ours
from caniload.runner.upgrading.keeping import Keeping
from caniload.runner.upgrading.outcome import Tried

CONVERT_SECONDS = 40.0
"""Seconds of one conversion of a small model, most rungs: 16 to 22 of CPU alone (2026-11)."""


@dataclass(frozen=True, kw_only=True)
class Pair:
    """What all steps of an upgrade need; ``resolution`` is of both environments."""

    before: Environment
    after: Environment
    request: Request
    resolution: Resolution
    progress: Progress
    shop: Workshop | None = None
    """What all remedies are tried in, so that a framework is imported once for all."""

    @property
    def suffixes(self) -> tuple[str, ...]:
        """The formats in which the new version saves whole models to one file, its own first."""
        return (".keras", ".h5") if knows_keras_format(self.after) else (".h5",)

    @functools.cached_property
    def matrix_here(self) -> Matrix:
        """The matrix of what is built, and no more: no remedy downloads what nobody asked for."""
        request = self.request
        here = [
            one
            for one in request.matrix.environments
            if one in (self.before, self.after)
            or existing(one, home=request.home, locks_dir=request.locks) is not None
        ]
        return request.matrix.model_copy(update={"environments": here})

    @contextmanager
    def in_shop(self) -> Iterator[Pair]:
        """Lend what remedies are tried in."""
        request = self.request
        with open_shop_of_many(
            self.matrix_here,
            request.home,
            locks=request.locks,
            tell=lambda text: self.progress.building(text.removeprefix("building ")),
            sandbox=request.sandbox,
            packages=request.custom.packages,
        ) as shop:
            yield replace(self, shop=shop)

    def measure(self, cases: Sequence[Case]) -> None:
        request = self.request
        ways = request.ways(request.locks)
        if cases:
            Measuring(request.home, self.resolution, ways, self.progress)(cases)


@dataclass(kw_only=True)
class Likened(Case):
    """A converted file there, compared with the ``original`` in the version that is left."""

    original: Case

    def find_reference(self) -> str | None:
        self.reference = self.original.reference
        return None

    def record(self, environment: str) -> Record | None:
        if environment == self.reference:
            return self.original.record(environment)
        return super().record(environment)

    def compared_under(self) -> tuple[Terms, ...]:
        return (self.terms, self.original.terms)

    def _step(self, environment: str, reference: str | None) -> Step:
        step = super()._step(environment, reference)
        original = self.original
        expected = original.kept.expected(
            original.terms, original.fingerprints[original.reference or ""]
        )
        job: Mapping[str, Any] = {**step.job, "expected": str(expected)}
        return Step(environment=environment, reference=reference, job=job)


def convert_all(cases: Sequence[Case], pair: Pair, together: Together) -> dict[str, Tried]:
    """Return what came of the remedies for every content, by the key of its terms."""
    once = {case.terms.key: case for case in cases}
    found: dict[str, Tried] = {}

    def one(key: str, case: Case, inside: Pair) -> None:
        found[key] = _tried(case, inside, together)

    if once:
        with pair.in_shop() as inside:
            work = [functools.partial(one, key, case, inside) for key, case in once.items()]
            together("remedies", work)
    likened = {key: _likened(case, found[key], pair) for key, case in once.items()}
    pair.measure([one for one in likened.values() if one is not None])
    for key, converted in likened.items():
        if converted is not None:
            judge_by = pair.request.judge_by(once[key].subject)
            found[key] = replace(found[key], after=answer(converted, pair.after, judge_by))
    return found


def _tried(case: Case, pair: Pair, together: Together) -> Tried:
    keeping = Keeping(case, pair.before.id, pair.after.id, pair.request.matrix.conversion)
    matrix = pair.matrix_here
    among = [one.id for one in matrix.environments]
    known = None if case.rerun else keeping.conversion(among)
    if known is not None:
        return Tried(conversion=replace(known, path=str(case.subject.path)))
    custom = case.custom.sources
    if any(one.file is None or one.factory for one in custom):
        return Tried(problem="remedies take your own code as FILE.py only, without :FACTORY")
    out = keeping.converted(pair.suffixes[0])
    keeping.clear()
    wish = Wish(
        path=case.subject.path,
        target=pair.after.id,
        out=out,
        custom=tuple(Path(str(one.file)) for one in custom),
        build=case.custom.build,
        packages=case.custom.packages,
        inputs=case.inputs,
        trusted=pair.request.trust,
        sandbox=pair.request.sandbox,
    )
    request = pair.request
    try:
        conversion = bring_across(
            wish,
            matrix,
            home=request.home,
            locks=request.locks,
            shop=pair.shop,
        )
    except CaniloadError as error:
        together.check()
        return Tried(problem=str(error))
    together.check()
    if ours(conversion) is None:
        keeping.put_conversion(conversion, among)
    return Tried(conversion=conversion)


def _likened(case: Case, tried: Tried, pair: Pair) -> Likened | None:
    conversion = tried.conversion
    if conversion is None or conversion.out is None or conversion.verdict is not Verdict.DELIVERED:
        return None
    (subject,) = gather([Path(conversion.out)])
    return Likened(
        subject=subject,
        terms=_together_with(case, subject),
        custom=case.custom,
        inputs=case.inputs,
        asked=[pair.after.id],
        candidates=(),
        fingerprints=case.fingerprints,
        carries=case.carries,
        kept=case.kept,
        limits=case.limits,
        rerun=case.rerun,
        unusable=dict(case.unusable),
        original=case,
    )


def _together_with(case: Case, subject: Subject) -> Terms:
    content = digest("likened", case.terms.content, subject.sha256)
    return Terms(content=content, inputs=case.terms.inputs, custom=case.terms.custom)
