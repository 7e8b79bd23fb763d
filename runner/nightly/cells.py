"""A cell, tonight and before -> what is to be told of it, a finding for each cause; pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from caniload.runner.core.outcomes import CLEAN, OTHER, SEVERITY, TO, Outcome, Purpose
from caniload.runner.nightly.findings import EXAMPLES, Finding, Kind
from caniload.runner.nightly.ledger import Book
from caniload.runner.nightly.looking import Looking
from caniload.runner.nightly.night import Place, State, ordered

FACTOR = 10.0
"""By how much the largest difference of an output has to grow or shrink to be told."""

LOADED = CLEAN | {Outcome.WARNING}
NOTHING = {Outcome.NA, Outcome.UNTESTED}


@dataclass(frozen=True, kw_only=True)
class _Case:
    """What one cell says: ``expected`` by a rule of the ledger, ``new`` against the nights."""

    kind: Kind
    place: Place
    cause: str
    said: str
    purpose: Purpose | None = None
    new: bool = True
    expected: bool = False


@dataclass(frozen=True, kw_only=True)
class Cells:
    """Says what of the cells of a night is to be told."""

    looking: Looking
    book: Book | None

    def __call__(self) -> Iterator[Finding]:
        groups: defaultdict[tuple[Kind, str, bool], list[_Case]] = defaultdict(list)
        for place, state in self.looking.night.found():
            for case in self._of_cell(place, state):
                groups[case.kind, case.cause, case.new].append(case)
        for (kind, cause, new), same in groups.items():
            yield self._grouped(kind, cause, same, new=new)

    def expected(self, place: Place, state: State) -> bool:
        """Say whether the ledger expects that a cell is as it is.

        What it expects of an environment it expects of those that follow it and do the same.
        """
        if self.book is None or state.trouble() is None:
            return False
        if self.book.of_cell(place, state) is not None:
            return True
        followed = ((one, self.looking.night.state(one)) for one in self.looking.followed(place))
        return any(
            same is not None and _alike(same, state) and self.book.of_cell(there, same) is not None
            for there, same in followed
        )

    def _of_cell(self, place: Place, state: State) -> Iterator[_Case]:
        if not state.valid:
            return  # a control failed: that is told, and nothing else is known
        was = self.looking.was(place)
        if not state.tested:
            usable = not any(map(self.looking.unusable, (place.save, place.load)))
            if was is not None and usable and self.looking.night.tested:
                yield _Case(
                    kind=Kind.UNTESTED,
                    place=place,
                    cause=f"loaded by {place.load}",
                    said="has no result tonight",
                    new=self.looking.tested_last(place),
                )
            return
        expected = self.expected(place, state)
        held = was or self.looking.base(place)
        cases: list[_Case] = []
        if held is not None:
            beside = "" if was is not None else f" ({self.looking.beside(place)})"
            cases += self._against(place, state, held, expected=expected, beside=beside)
            yield from cases
        purpose = state.trouble()
        told = any(one.kind not in {Kind.MENDED, Kind.NUMBERS} for one in cases)
        if purpose is not None and not expected and not told and self.book is not None:
            yield _Case(
                kind=Kind.UNEXPECTED,
                place=place,
                cause=state.cause(purpose),
                said=str(state.outcome(purpose)),
                purpose=purpose,
                new=was is None,
            )

    def _against(
        self, place: Place, state: State, held: State, *, expected: bool, beside: str
    ) -> Iterator[_Case]:
        """Say in what a cell is another than it was; of a worse one only that."""
        if held.outcome(Purpose.TRAIN) in NOTHING:
            return
        if state.outcome(Purpose.TRAIN) in NOTHING:
            if not beside:
                yield _Case(
                    kind=Kind.VANISHED,
                    place=place,
                    cause=f"saved by {place.save}",
                    said=f"was {held.train}, and cannot be saved any more",
                )
            return
        if (purpose := _worse(state, held)) is not None:
            now, was = state.outcome(purpose), held.outcome(purpose)
            kind = Kind.WARNING if now is Outcome.WARNING else Kind.REGRESSED
            numbers = {now, was} <= CLEAN
            yield _Case(
                kind=Kind.NUMBERS if numbers else kind,
                place=place,
                cause=f"loaded by {place.load}" if numbers else state.cause(purpose),
                said=f"{was}, now {now}{beside}",
                purpose=purpose,
                expected=expected,
            )
        elif (purpose := _worse(held, state)) is not None:
            was, now = held.outcome(purpose), state.outcome(purpose)
            numbers = {was, now} <= CLEAN
            yield _Case(
                kind=Kind.NUMBERS if numbers else Kind.MENDED,
                place=place,
                cause=f"loaded by {place.load}" if numbers else held.cause(purpose),
                said=f"{was}, now {now}{beside}",
                purpose=purpose,
            )
        else:
            yield from self._otherwise(place, state, held, expected=expected, beside=beside)

    def _otherwise(
        self, place: Place, state: State, held: State, *, expected: bool, beside: str
    ) -> Iterator[_Case]:
        """Tell a cell that comes to the same as before, in another way."""
        for purpose in Purpose:
            if state.cause(purpose) != held.cause(purpose):
                yield _Case(
                    kind=Kind.CAUSE,
                    place=place,
                    cause=state.cause(purpose),
                    said=f"it was: {held.cause(purpose)}{beside}",
                    purpose=purpose,
                    expected=expected,
                )
                return
        if new := sorted({*state.warnings} - {*held.warnings}):
            yield _Case(
                kind=Kind.WARNING,
                place=place,
                cause="+".join(new),
                said=f"was not said before{beside}",
                expected=expected,
            )
        if _apart(state, held):
            yield _Case(
                kind=Kind.NUMBERS,
                place=place,
                cause=f"loaded by {place.load}",
                said=f"the largest difference was {held.size:g}, now {state.size:g}{beside}",
            )

    def _grouped(self, kind: Kind, cause: str, cases: Sequence[_Case], *, new: bool) -> Finding:
        night = self.looking.night
        purposes = {one.purpose for one in cases} - {None}
        purpose = next((one for one in Purpose if one in purposes), None)
        alone = purpose is not None and OTHER[purpose] not in purposes
        (said, _), *others = Counter(one.said for one in cases).most_common()
        sides = ordered(
            {one for case in cases for one in (case.place.save, case.place.load)}, night
        )
        return Finding(
            kind=kind,
            cause=cause,
            said=f"{said}{', and otherwise' if others else ''}",
            new=new,
            cells=len(cases),
            environments=ordered((one.place.load for one in cases), night),
            models=sorted({one.place.model for one in cases}),
            formats=sorted({one.place.format for one in cases}),
            examples=[one.place.id for one in cases[:EXAMPLES]],
            purpose=TO[purpose] if purpose is not None and alone else "",
            changed=() if kind is Kind.UNEXPECTED else self.looking.changed(sides),
            expected=sum(one.expected for one in cases),
        )


def _alike(one: State, other: State) -> bool:
    """Whether two cells come to the same for the same cause."""
    outcomes = (one.predict, one.train) == (other.predict, other.train)
    return outcomes and one.known_as == other.known_as


def _worse(state: State, than: State) -> Purpose | None:
    """Return for whom it is worse, predicting first."""
    for purpose in Purpose:
        if SEVERITY[state.outcome(purpose)] > SEVERITY[than.outcome(purpose)]:
            return purpose
    return None


def _apart(state: State, held: State) -> bool:
    """Whether the numbers of a model that loads are others than before, by a factor that tells."""
    now, was = state.size, held.size
    if now is None or was is None or state.outcome(Purpose.PREDICT) not in LOADED:
        return False
    return (now > FACTOR * was or was > FACTOR * now) and max(now, was) > 0
