"""What two packs say of the same -> what their merge says; pure, and free of any order.

Two measurements agree that come to the same end. Of those that agree one is kept: one that was run
rather than derived, the older one, then the one whose text comes first. Those that contradict each
other are all kept, told wherever they are met, and used for nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
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


def joined(one: Part, other: Part, sources: Mapping[str, Row]) -> tuple[Part, list[str]]:
    """Return what both say, and of which models the features were read differently."""
    whole, told = Part(), []
    for key in sorted({*one.files, *other.files}):
        found = [part.files[key] for part in (one, other) if key in part.files]
        whole.files[key] = first(found)
        if found[0] != found[-1]:
            told.append(whole.files[key]["model"])
    for cell in {*one.cells, *other.cells}:
        whole.cells[cell] = agreed((*one.cells.get(cell, ()), *other.cells.get(cell, ())), sources)
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
    for (key, reader), verdicts in part.cells.items():
        file = part.files[key]
        place = _spot(file.get("saver"), environments), file["model"], _spot(reader, environments)
        ends.setdefault(place, set()).update(map(end, verdicts))
    for (saver, model, there), found in sorted(ends.items()):
        if len(found) > 1:
            said = " and ".join(
                f"{outcome} ({text[:60]})" if text else outcome for outcome, text in sorted(found)
            )
            yield f"{saver[0]}/{model}.{format_id}/{there[0]}: {said}"


def _spot(key: str | None, environments: Mapping[str, Row]) -> Spot:
    """Return what two machines have in common that have the same environment."""
    return (environments[key]["id"], environments[key]["lock"]) if key else (OWN, "")
