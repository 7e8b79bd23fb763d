"""From two ends to one release: environments first, then which package, then its releases."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from packaging.version import Version

from caniload.runner.bisecting import ends, mixing
from caniload.runner.bisecting.answers import Bisection, Status, Step
from caniload.runner.bisecting.bench import Bench, CannotTryError
from caniload.runner.bisecting.costs import Costs
from caniload.runner.bisecting.ends import Place
from caniload.runner.bisecting.mixing import OTHERS, PYTHON, Locked, Part
from caniload.runner.bisecting.search import Found, Result, following
from caniload.runner.bisecting.symptoms import (
    HAPPENS,
    Level,
    Trial,
    same,
    similarly,
    strictly,
    verdict,
)
from caniload.runner.core.errors import CaniloadError, EnvironmentUnusable, UsageError
from caniload.runner.matrix.schema import Matrix
from caniload.runner.packages.listing import Listing

Judging = Callable[[Trial, Trial], Result]


@dataclass(kw_only=True)
class Hunt:
    """One bisection under way; ``tell`` hears of every step as it is done."""

    bench: Bench
    matrix: Matrix
    listing: Listing
    blank: Bisection
    finish: Callable[[Locked], Locked]
    tell: Callable[[str], None]
    steps: list[Step] = field(default_factory=list)
    evidence: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def __call__(self, good: Locked, bad: Locked) -> Bisection:
        """Measure both ends, then go on from them."""
        between = self._line(good, bad)
        for text in Costs(self.bench).lines(between, self.listing, good, bad):
            self.tell(text)
        first, last = self._ends(good, bad)
        blank = replace(self.blank, good=good.id, bad=bad.id, environments=(good.id, bad.id))
        status = self._status(first, last)
        if status is not None:
            told = last if status is Status.NOT_BAD or first.level is Level.SAME else first
            return self._told(replace(blank, status=status, reason=told.reason))
        self._bad = last
        happens = HAPPENS[last.level or Level.FAILS]
        good, bad = self._environments(between, good, bad)
        worst = self.bench.attempt(bad)
        if not same(worst, last):
            self.notes.append(f"at {blank.bad} it is something else: {last.reason}")
            self._bad = worst
        blank = replace(
            blank,
            happens=happens,
            reason=worst.reason,
            environments=(good.id, bad.id),
            differing=tuple(
                f"{name} {good.version(name)} → {bad.version(name)}"
                for name in mixing.differing(good, bad)
            ),
        )
        return self._told(self._packages(blank, good, bad))

    def _told(self, found: Bisection) -> Bisection:
        return replace(
            found,
            evidence=tuple(self.evidence),
            notes=(*found.notes, *self.notes),
            steps=tuple(self.steps),
        )

    def _ends(self, good: Locked, bad: Locked) -> tuple[Trial, Trial]:
        first = self.bench.try_good(good)
        ok = {None: Result.SKIP, Level.FAILS: Result.BAD}.get(first.level, Result.GOOD)
        self._step("ends", good.id, first, ok)
        last = self.bench.attempt(bad)
        worse = last.level is not None and first.level is not None and last.level > first.level
        found = Result.BAD if worse else Result.GOOD
        self._step("ends", bad.id, last, Result.SKIP if last.level is None else found)
        return first, last

    def _status(self, first: Trial, last: Trial) -> Status | None:
        if first.level is None:
            return Status.UNTESTED
        if first.level is Level.FAILS:
            return Status.NOT_GOOD
        if last.level is None:
            return Status.UNTESTED
        return Status.NOT_BAD if last.level <= first.level else None

    def _line(self, good: Locked, bad: Locked) -> list[Place]:
        name = ends.axis(good, bad)
        if name is None:
            return []
        low, high = good.version(name) or "0", bad.version(name) or "0"
        releases = ends.final(self.listing, name, low, high)
        return ends.line(self.bench, self.matrix, (good, bad), releases, self.finish)

    def _environments(
        self, places: Sequence[Place], good: Locked, bad: Locked
    ) -> tuple[Locked, Locked]:
        """Return the neighbours at the change: by matrix.yaml first, then every release."""
        if not places:
            return good, bad
        rows = [place for place in places if place.row]
        found = self._narrow("environments", rows)
        start, stop = places.index(rows[found.last_good]), places.index(rows[found.first_bad])
        inner = places[start : stop + 1]
        found = self._narrow("environments", inner)
        if not found.exact:
            told = ", ".join(inner[place].words for place in found.between)
            self.notes.append(f"environments that could not be tested: {told}")
        return inner[found.last_good].make(), inner[found.first_bad].make()

    def _narrow(self, stage: str, places: Sequence[Place], judging: Judging = verdict) -> Found:
        """Try places until it is known where the change is; the first is good, the last is bad."""
        known: dict[int, Result] = {}
        while isinstance(place := following(len(places), known), int):
            known[place] = self._try(stage, places[place], judging)
        return place

    def _try(self, stage: str, place: Place, judging: Judging) -> Result:
        try:
            one = place.make()
        except (CannotTryError, CaniloadError, EnvironmentUnusable) as error:
            trial = self.bench.cannot(place.words, str(error).splitlines()[0])
            self._step(stage, place.words, trial, Result.SKIP)
            return Result.SKIP
        before = self.bench.is_known(one)
        trial = self.bench.attempt(one)
        result = judging(trial, self._bad)
        if not before:
            self._step(stage, place.words, trial, result)
        return result

    def _step(self, stage: str, words: str, trial: Trial, result: Result) -> None:
        reason = trial.reason
        if result is Result.SKIP and trial.level is not None:
            reason = f"fails in another way, which says nothing: {reason}"
        if result is Result.GOOD and trial.level not in (None, Level.SAME) and self.steps:
            reason = f"not the same, but not as bad as the bad end: {reason}"
            self.notes.append(f"before it, {words} is {reason}")
        self.steps.append(
            Step(
                stage=stage,
                tried=words,
                environment=trial.environment,
                result=result,
                outcome=trial.outcome,
                reason=reason,
                max_abs_diff=trial.max_abs_diff,
                packages=trial.packages,
            )
        )
        self.tell(f"  {result:<5} {words}: {reason}")

    def _packages(self, blank: Bisection, good: Locked, bad: Locked) -> Bisection:
        """Say which package it is: exchange one at a time, forth and back."""
        parts = list(mixing.parts(good, bad))
        if not parts:
            return replace(blank, status=Status.TOGETHER)
        if len(parts) == 1 and parts[0].name != OTHERS:
            self.evidence.append(f"{good.id} and {bad.id} differ in {parts[0].words} alone")
            return self._releases(blank, parts[0], good, bad, forward=True)
        self.tell(f"which package: {len(parts)} differ, one exchanged at a time")
        for part in parts:
            if self._exchange(good, bad, part) is Result.BAD:
                back = self._exchange(bad, good, part)
                self._say_exchanged(part, good, bad, Result.BAD, back)
                return self._releases(blank, part, good, bad, forward=True)
        for part in parts:
            if self._exchange(bad, good, part) is Result.GOOD:
                self._say_exchanged(part, good, bad, Result.SKIP, Result.GOOD)
                return self._releases(blank, part, good, bad, forward=False)
        return replace(blank, status=Status.TOGETHER)

    def _exchange(self, base: Locked, other: Locked, part: Part) -> Result:
        place = self._mixed(base, other, part.packages, part)
        return self._try("packages", place, strictly)

    def _mixed(self, base: Locked, other: Locked, names: Sequence[str], part: Part) -> Place:
        changes = mixing.changes_to(names, other)
        version = other.version(part.name) or ""
        words = f"{base.id} with {part.name} {version}".strip()
        if part.name == OTHERS:
            words = f"{base.id} with the other {len(names)} packages of {other.id}"
        if part.name == PYTHON:
            changes = {PYTHON: version}
        return Place(
            words=words,
            version=version,
            make=lambda: self.bench.mix(base, other, changes, words=words),
        )

    def _say_exchanged(
        self, part: Part, good: Locked, bad: Locked, forth: Result, back: Result
    ) -> None:
        name = "the other packages" if part.name == OTHERS else part.name
        last = [step for step in self.steps if step.stage == "packages"]
        if forth is Result.BAD:
            self.evidence.append(f"{good.id} with {name} of {bad.id} alone is bad, too")
        if back is Result.GOOD:
            self.evidence.append(f"{bad.id} with {name} of {good.id} alone is good again")
        elif back is Result.BAD:
            self.notes.append(
                f"{bad.id} is bad even with {name} of {good.id}: something else breaks it, too"
            )
        tried = {step.tried: step for step in last if step.result is Result.SKIP}
        for step in tried.values():
            self.notes.append(f"{step.tried} could not be tested: {step.reason}")

    def _releases(
        self, blank: Bisection, part: Part, good: Locked, bad: Locked, *, forward: bool
    ) -> Bisection:
        """Find the exact release of the package, with everything else held fixed."""
        if part.name == OTHERS:
            return self._others(blank, part, good, bad)
        found = replace(
            blank,
            status=Status.FOUND,
            package=part.name,
            last_good=part.good,
            first_bad=part.bad,
        )
        if part.name == PYTHON:
            return found
        base, other = (good, bad) if forward else (bad, good)
        releases = ends.final(self.listing, base.named(part.name), part.good, part.bad)
        if not releases:
            return found
        self.tell(f"which release of {part.name}: {len(releases)} lie between")
        order = releases if Version(part.good) < Version(part.bad) else releases[::-1]
        places = [ends.fixed(good, part.good)]
        for one in order:
            day = one.uploaded.isoformat() if one.uploaded else ""
            words = f"{base.id} with {part.name} {one.version}"
            changes = {
                **mixing.changes_to(part.packages[1:], other),
                one.package: f"=={one.version}",
            }
            places.append(
                Place(
                    words=words,
                    version=str(one.version),
                    make=self._release_maker(base, other, changes, words, day),
                )
            )
        alone = len(list(mixing.parts(good, bad))) == 1
        if alone or not forward:
            places.append(ends.fixed(bad, part.bad))
        else:
            places.append(self._mixed(base, other, part.packages, part))
        narrowed = self._narrow("releases", places, similarly)
        first, before = places[narrowed.first_bad], places[narrowed.last_good]
        trial = self._trial(first)
        if narrowed.exact and first.words.startswith(base.id) and before.words.startswith(base.id):
            self.evidence.append(f"{before.words} is good, {first.words} is bad: all else is held")
        return replace(
            found,
            status=Status.FOUND if narrowed.exact else Status.RANGE,
            last_good=places[narrowed.last_good].version,
            first_bad=first.version,
            untested=tuple(places[place].version for place in narrowed.between),
            reason=trial.reason if trial else found.reason,
        )

    def _release_maker(
        self, base: Locked, other: Locked, changes: dict[str, str], words: str, day: str
    ) -> Callable[[], Locked]:
        return lambda: self.bench.mix(base, other, changes, words=words, cutoff=day)

    def _trial(self, place: Place) -> Trial | None:
        try:
            return self.bench.attempt(place.make())
        except (CannotTryError, UsageError):
            return None

    def _others(self, blank: Bisection, part: Part, good: Locked, bad: Locked) -> Bisection:
        """Find which of the rest it is: give the good end ever more of the bad one's packages."""
        some = [part.packages[: count + 1] for count in range(len(part.packages))]
        places = [ends.fixed(good, ""), *(self._mixed(good, bad, one, part) for one in some)]
        narrowed = self._narrow("packages", places, strictly)
        if not narrowed.exact:
            among = part.packages[narrowed.last_good : narrowed.first_bad]
            self.notes.append(f"it is one of {', '.join(among)}")
            return replace(blank, status=Status.TOGETHER)
        name = part.packages[narrowed.last_good]
        base, other = places[narrowed.last_good].make(), places[narrowed.first_bad].make()
        return self._releases(blank, mixing.single(name, base, other), base, other, forward=True)
