"""Nights that never were, for tests of what is said of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import product

from hypothesis import strategies as st

from caniload.runner.core.outcomes import CLEAN, Outcome
from caniload.runner.nightly.comparing import Comparison
from caniload.runner.nightly.findings import Report
from caniload.runner.nightly.ledger import Book, Ledger
from caniload.runner.nightly.night import Night, Place, Site, State, Work

SITES = ("a-1", "a-2", "a-3", "a-4")
RAN = Work(runs=1, loaded=8)
FINE = State(predict="identical", train="identical", size=0.0)


def bad(cause: str = "argument", outcome: str = "error", **fields: object) -> State:
    whole = {"predict": outcome, "train": outcome, "predict_cause": cause, "train_cause": cause}
    return State(**{**whole, **fields})  # type: ignore[arg-type]


def night(
    cells: Mapping[str, State] | Mapping[Place, State] | None = None,
    *,
    when: str = "2026-11-01",
    work: Work = RAN,
    sites: Sequence[Site | str] = SITES,
    rest: State = FINE,
) -> Night:
    """Return a night of all cells of two models, ``rest`` but for those that are named by id."""
    named = [one if isinstance(one, Site) else Site(id=one, lock="l") for one in sites]
    ids = [one.id for one in named]
    given = {str(getattr(key, "id", key)): state for key, state in (cells or {}).items()}
    states: dict[State, int] = {}
    codes = {}
    for save, model, form, load in product(ids, ("dense", "lstm"), ("h5",), ids):
        place = Place(save, model, form, load)
        codes[place] = states.setdefault(given.pop(place.id, rest), len(states))
    assert not given, f"there is no {[*given]}"
    return Night(
        when=f"{when}T02:17:00.000000+00:00",
        version="1",
        commit="abc",
        work=work,
        sites=tuple(named),
        states=tuple(states),
        cells=codes,
    )


def with_site(found: Night, name: str, **changes: object) -> Night:
    sites = tuple(
        replace(one, **changes) if one.id == name else one  # type: ignore[arg-type]
        for one in found.sites
    )
    return replace(found, sites=sites)


def book(*entries: Mapping[str, object], today: str = "2026-11-02") -> Book:
    filled = [{"reason": "it is so", "expires": "2027-01-01", **one} for one in entries]
    ledger = Ledger.model_validate({"schema": 1, "expected": tuple(filled)}, strict=False)
    return Book(ledger=ledger, environments=SITES, today=today)


def said(now: Night, *before: Night, by: Book | None = None) -> Report:
    return Comparison(night=now, before=before, book=by)()


def kinds(report: Report) -> list[str]:
    return [str(one.kind) for one in report.news]


OUTCOMES = [str(one) for one in Outcome]
CAUSES = ("argument", "load: ValueError: [a*] is … <b>", "differs: outputs", "x-y")


@st.composite
def states(draw: st.DrawFn) -> State:
    predict = draw(st.sampled_from(OUTCOMES))
    train = draw(st.sampled_from([predict, *OUTCOMES]))
    if "untested" in (predict, train) or "na" in (predict, train):
        train = predict
    quiet = {*map(str, CLEAN), "na", "untested"}
    return State(
        predict=predict,
        train=train,
        predict_cause="" if predict in quiet else draw(st.sampled_from(CAUSES)),
        train_cause="" if train in quiet else draw(st.sampled_from(CAUSES)),
        warnings=tuple(sorted(draw(st.sets(st.sampled_from(["w-1", "w-2"]))))),
        unnamed=tuple(sorted(draw(st.sets(st.sampled_from(["stdout: N [of] *", "native: é"]))))),
        size=draw(st.sampled_from([None, 0.0, 1e-7, 2.5])),
        valid=draw(st.sampled_from([True, True, True, False])),
    )


@st.composite
def nights(draw: st.DrawFn, when: str = "2026-11-01") -> Night:
    """Any night, of any states; it may be one in which little is known."""
    some = draw(st.lists(states(), min_size=1, max_size=5))
    made = night(when=when, sites=SITES[: draw(st.integers(1, 4))])
    codes = {place: draw(st.integers(0, len(some) - 1)) for place in made.cells}
    return replace(made, states=tuple(some), cells=codes)


def ids(report: Report) -> Iterator[str]:
    yield from (one.id for one in report.findings)
