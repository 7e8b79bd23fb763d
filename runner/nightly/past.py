"""Nights that were kept -> since which of them something is as it is; pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any

from caniload.runner.core.errors import UsageError
from caniload.runner.core.nearest import nearest
from caniload.runner.core.outcomes import PROBLEMS, Outcome, Purpose
from caniload.runner.core.texts import cleaned, shown
from caniload.runner.nightly.looking import Looking
from caniload.runner.nightly.night import Night, Place, State

_DAY, _MINUTE = len("2026-11-30"), len("2026-11-30T02:17")
"""Letters of a time that are shown: of several nights on one day the minute, too."""


@dataclass(frozen=True, kw_only=True)
class Span:
    """Nights in a row in which something was the same: the first of them, the last, how many.

    ``after`` is the night before the first, ``None`` where the first is the oldest that is kept:
    then it may have been so for longer. ``changed`` says which packages changed with it.
    """

    first: str
    last: str
    nights: int
    said: str
    after: str | None
    changed: Sequence[str] = ()


@dataclass(frozen=True, kw_only=True)
class Past:
    """All spans of one thing, the latest first."""

    name: str
    kind: str
    spans: Sequence[Span]

    def as_json(self) -> dict[str, Any]:
        plain: dict[str, Any] = cleaned({"schema": 1, **asdict(self)})
        return plain


def past(nights: Sequence[Night], name: str) -> Past:
    """Look a cell, an environment or a model up; ``UsageError`` where no night has it."""
    told = [(night, _told(night, name)) for night in nights]
    if all(said is None for _, said in told):
        raise UsageError(f"no night that is kept has {name!r}; {_near(nights, name)}")
    return Past(name=name, kind=_kind(nights, name), spans=[*_spans(nights, told, name)][::-1])


def _near(nights: Sequence[Night], name: str) -> str:
    last = nights[-1]
    known = [*last.site, *dict.fromkeys(place.model for place in last.cells)]
    return nearest(name, last.by_id if name.count("/") > 1 else known)


def _kind(nights: Sequence[Night], name: str) -> str:
    if any(name in night.site for night in nights):
        return "environment"
    return "cell" if any(name in night.by_id for night in nights) else "model"


def _told(night: Night, name: str) -> str | None:
    """Say in words how a thing was that night; ``None`` where there was no such thing."""
    if name in night.by_id:
        state = night.state(night.by_id[name])
        return _state(state) if state is not None else None
    if name in night.site:
        return _site(night, name)
    cells = {place: code for place, code in night.cells.items() if place.model == name}
    return _counted(night, cells) if cells else None


def _state(state: State) -> str:
    """Say what came of a cell."""
    parts = []
    for purpose in Purpose:
        cause = f" ({shown(state.cause(purpose), 120)})" if state.cause(purpose) else ""
        parts.append(f"{state.outcome(purpose)}{cause}")
    told = parts[0] if parts[0] == parts[1] else f"{parts[0]} to predict, {parts[1]} to train"
    size = "" if state.size is None else f", largest difference {state.size:g}"
    return f"{told}{size}{'' if state.valid else ', but a control failed'}"


def _site(night: Night, name: str) -> str:
    site = night.site[name]
    if site.untested:
        return f"cannot be used: {shown(site.untested, 160)}"
    control = f"; control failed: {shown(site.controls[0], 120)}" if site.controls else ""
    return _counted(night, {one: n for one, n in night.cells.items() if one.load == name}) + control


def _counted(night: Night, cells: Mapping[Place, int]) -> str:
    """Count outcomes of those who predict, and name the commonest causes."""
    states = [night.states[code] for code in cells.values()]
    counts = Counter(one.outcome(Purpose.PREDICT) for one in states)
    told = ", ".join(f"{counts[one]} {one}" for one in Outcome if counts[one])
    causes = Counter(
        one.predict_cause for one in states if one.outcome(Purpose.PREDICT) in PROBLEMS
    )
    named = ", ".join(f"{shown(name, 60)} ({count})" for name, count in causes.most_common(3))
    return f"{told or 'no cell'}{f'; {named}' if named else ''}"


def _spans(
    nights: Sequence[Night], told: Sequence[tuple[Night, str | None]], name: str
) -> Iterator[Span]:
    starts = [0, *(n for n, (a, b) in enumerate(pairwise(told), 1) if a[1] != b[1]), len(told)]
    for first, end in pairwise(starts):
        night, said = told[first]
        yield Span(
            first=night.when,
            last=told[end - 1][0].when,
            nights=end - first,
            said=said if said is not None else "there was no such thing",
            after=told[first - 1][0].when if first else None,
            changed=_changed(nights[: first + 1], name) if first else (),
        )


def _changed(nights: Sequence[Night], name: str) -> list[str]:
    """Say which packages changed in the last of these nights, where that may matter."""
    *before, night = nights
    place = night.by_id.get(name)
    about = (place.save, place.load) if place else (name,) if name in night.site else night.site
    return Looking(night=night, before=before).changed(dict.fromkeys(about))


def as_lines(found: Past, kept: int) -> Iterator[str]:
    """Yield what a person reads: now, since when, and what was before."""
    now = found.spans[0]
    ends = {end for span in found.spans for end in (span.first, span.last)}
    length = _DAY if len({one[:_DAY] for one in ends}) == len(ends) else _MINUTE

    def day(when: str) -> str:
        return when[:length].replace("T", " ")

    since = f"since the night of {day(now.first)}" if now.after else "in all nights that are kept"
    yield f"{found.name}: {shown(now.said, 400)}"
    yield f"  {since}, {now.nights} of {kept} nights"
    for one in now.changed:
        yield f"  changed that night: {shown(one, 400)}"
    for span in found.spans[1:]:
        days = day(span.first) if span.nights == 1 else f"{day(span.first)} to {day(span.last)}"
        yield f"  {days}: {shown(span.said, 300)}"
