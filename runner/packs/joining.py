"""What two packs say of the same -> what their merge says; pure, and free of any order.

Two measurements agree that come to the same end. Of those that agree one is kept: one that was run
rather than derived, the older one, then the one whose text comes first. Those that contradict each
other are all kept, told wherever they are met, and used for nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from caniload.runner.core.outcomes import CLEAN, Outcome
from caniload.runner.packs.columns import Row
from caniload.runner.packs.contents import OWN, Part
from caniload.runner.packs.frame import canonical

Plain = TypeVar("Plain")

Spot = tuple[str, str]

_ONE_END = frozenset({Outcome.WARNING})


def end(verdict: Row) -> tuple[str, str]:
    """Return what a measurement came to: whoever else comes to it agrees.

    The same bit for bit and within tolerance is one end, for processors round differently.
    """
    outcome = Outcome(verdict["outcome"])
    if outcome in CLEAN:
        return "the same model", ""
    return str(outcome), "" if outcome in _ONE_END else verdict.get("signature", "")


def joined(
    one: Part, other: Part, sources: Mapping[str, Row], *, latest: bool = False
) -> tuple[Part, list[str]]:
    """Return what both say, and of which models the features were read differently."""
    whole, told = Part(), []
    for key in sorted({*one.files, *other.files}):
        files = [part.files[key] for part in (one, other) if key in part.files]
        whole.files[key] = first(files)
        if files[0] != files[-1]:
            told.append(whole.files[key]["model"])
    for cell in {*one.cells, *other.cells}:
        found = (*one.cells.get(cell, ()), *other.cells.get(cell, ()))
        whole.cells[cell] = agreed(_last(found, sources) if latest else found, sources)
    return whole, told


def agreed(verdicts: Iterable[Row], sources: Mapping[str, Row]) -> tuple[Row, ...]:
    """Return one verdict of each end, in one order."""
    ends: dict[tuple[str, str], Row] = {}

    def rank(verdict: Row) -> Any:
        derived = verdict.get("derived") is not None
        return derived, sources[verdict["source"]]["when"], canonical(verdict)

    for verdict in verdicts:
        there = ends.setdefault(end(verdict), verdict)
        ends[end(verdict)] = min(there, verdict, key=rank)
    return tuple(ends[one] for one in sorted(ends))


def latest(part: Part, environments: Mapping[str, Row], sources: Mapping[str, Row]) -> Part:
    """Return what was measured last of each place: one environment's model in one that loads it.

    A model that is saved again is another file as a rule, so that a later measurement of the same
    place agrees with, or contradicts, an earlier one under another key. Files of which nothing is
    left go, too. Of one day all stay.
    """
    places: dict[tuple[Spot, str, Spot], list[Row]] = {}
    for cell, verdicts in part.cells.items():
        places.setdefault(_place(cell, part, environments), []).extend(verdicts)
    days = {place: _when(_last(found, sources)[0], sources) for place, found in places.items()}
    left = Part()
    for cell, verdicts in part.cells.items():
        day = days[_place(cell, part, environments)]
        if kept := tuple(one for one in verdicts if _when(one, sources) == day):
            left.cells[cell] = kept
            left.files[cell[0]] = part.files[cell[0]]
    return left


def _last(verdicts: Sequence[Row], sources: Mapping[str, Row]) -> tuple[Row, ...]:
    """Return those of the last day that any of them was measured."""
    day = max(_when(one, sources) for one in verdicts)
    return tuple(one for one in verdicts if _when(one, sources) == day)


def _when(verdict: Row, sources: Mapping[str, Row]) -> str:
    return str(sources[verdict["source"]]["when"])


def first(found: Iterable[Plain]) -> Plain:
    """Return of several versions of the same the one whose text comes first."""
    return min(found, key=canonical)


def table(*tables: Mapping[str, Plain]) -> dict[str, Plain]:
    """Return all that any of them has."""
    keys = sorted({key for one in tables for key in one})
    return {key: first(one[key] for one in tables if key in one) for key in keys}


def contradictions(part: Part, format_id: str, environments: Mapping[str, Row]) -> Iterator[str]:
    """Yield of each cell with several ends which they are, also where the bytes of files differ."""
    ends: dict[tuple[Spot, str, Spot], set[tuple[str, str]]] = {}
    for cell, verdicts in part.cells.items():
        ends.setdefault(_place(cell, part, environments), set()).update(map(end, verdicts))
    for (saver, model, there), found in sorted(ends.items()):
        if len(found) > 1:
            said = " and ".join(
                f"{outcome} ({text[:60]})" if text else outcome for outcome, text in sorted(found)
            )
            yield f"{saver[0]}/{model}.{format_id}/{there[0]}: {said}"


def _place(
    cell: tuple[str, str], part: Part, environments: Mapping[str, Row]
) -> tuple[Spot, str, Spot]:
    """Return who saved what, and who loads it; somebody's own file is called by its hash."""
    file = part.files[cell[0]]
    return _spot(file.get("saver"), environments), file["model"], _spot(cell[1], environments)


def _spot(key: str | None, environments: Mapping[str, Row]) -> Spot:
    """Return what two machines have in common that have the same environment."""
    return (environments[key]["id"], environments[key]["lock"]) if key else (OWN, "")
