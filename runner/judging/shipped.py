"""What packs say of cells that have no result here: those imported, and the one that ships.

It is shown beside them and is no result: each stays ``untested``, and is counted as that.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from caniload.runner.core.cells import Cell
from caniload.runner.core.judged import Shipped, Verdict
from caniload.runner.core.outcomes import Outcome
from caniload.runner.core.shipped import MATRIX
from caniload.runner.evidence.known import Evidence
from caniload.runner.evidence.packed import Packed, packed
from caniload.runner.matrix.reading import read_matrix
from caniload.runner.packs.columns import Row
from caniload.runner.packs.frame import PackError
from caniload.runner.packs.shelf import Shelved

NOTHING = frozenset({Outcome.UNTESTED, Outcome.NA})
_DISTANCES = ("max_abs", "max_rel", "max_ulp")


@dataclass(frozen=True, kw_only=True)
class Shipment:
    """What was found of a plan in packs, the first of them first.

    ``unused`` says what of them does not count here.
    """

    parts: tuple[Part, ...] = ()
    unused: tuple[str, ...] = ()

    def of(self, cell: Cell) -> Shipped | None:
        """Return what is known of a cell from elsewhere."""
        return next((said for one in self.parts if (said := one.of(cell)) is not None), None)


@dataclass(frozen=True, kw_only=True)
class Part:
    """What was found of a plan in one pack, which is ``called`` so where it was imported."""

    found: Packed
    sources: Mapping[str, Row]
    called: str

    def of(self, cell: Cell) -> Shipped | None:
        """Return what is known of a cell in this pack."""
        artifact = cell.artifact
        if artifact.damage is not None:
            return None
        place = artifact.saved_by, artifact.model, artifact.format
        said = self.found.cells.get(place, {}).get(cell.loaded_by)
        if said is None:
            return None
        row, reader = said
        verdict = _verdict(row)
        if verdict.outcome in NOTHING:
            return None
        source = _source(row, self.sources[row["source"]], reader)
        return Shipped(verdict=verdict, source=f"{self.called}{source}")


def shipment(evidence: Evidence, locks: Path, packs: Iterable[Shelved]) -> Shipment:
    """Read of packs what is of a plan; what cannot be used is left out, and said."""
    if evidence.plan.matrix.tolerances != read_matrix(MATRIX).tolerances:
        told = "Shipped evidence is not shown: it was judged by other tolerances than these."
        return Shipment(unused=(told,))
    parts, unused = [], dict[str, None]()
    for one in packs:
        try:
            found = packed(one.pack, evidence, locks)
        except (PackError, OSError) as error:
            unused[f"Shipped evidence is not shown: {error}."] = None
            continue
        called = f"{one.called}, " if one.own else ""
        parts.append(Part(found=found, sources=one.pack.tables.sources, called=called))
        unused.update(dict.fromkeys(found.unused))
    return Shipment(parts=tuple(parts), unused=tuple(unused))


def _verdict(row: Row) -> Verdict:
    predicting = row.get("predicting")
    return Verdict(**_told(row), predicting=predicting and Verdict(**_told(predicting)))


def _told(row: Row) -> dict[str, Any]:
    return {
        "outcome": Outcome(row["outcome"]),
        "reason": row.get("reason", ""),
        "signature": row.get("signature", ""),
        "cause": row.get("cause"),
        "differences": tuple(row.get("differences") or ()),
        **{f"{name}_diff": _number(row.get(name)) for name in _DISTANCES},
    }


def _number(value: Any) -> float | None:
    """Return a number of a pack, which has what is not finite as text."""
    return None if value is None else float(value)


def _source(row: Row, source: Row, reader: Row) -> str:
    told = "; told from another cell's run" if row.get("derived") is not None else ""
    return (
        f"measured until {source['when']} with caniload {source['caniload']}, loaded by Python"
        f" {reader['python']} on {reader['machine']}{told}"
    )
