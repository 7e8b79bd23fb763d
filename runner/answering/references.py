"""What is known of one reference model's file: what it can be compared by, and how it loaded; pure.

In packs, and in the index of a store, it stands as rows of plain data.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from caniload.runner.answering.features import Features
from caniload.runner.answering.lineage import around, lie_between
from caniload.runner.core.cells import Artifact, Cell
from caniload.runner.core.outcomes import Outcome, Purpose
from caniload.runner.matrix.schema import Environment


@dataclass(frozen=True, kw_only=True)
class Loaded:
    """How one environment did with a reference model.

    ``source`` says where and on which day that was measured; empty for what was measured here.
    """

    outcome: Outcome
    reason: str
    cause: str | None = None
    signature: str = ""
    phase: str | None = None
    raised: str = ""
    source: str = ""


@dataclass(frozen=True, kw_only=True)
class Known:
    """A reference model's file: its features, and how loading it went, by environment."""

    saved_by: str
    model: str
    format: str
    features: Features
    cells: Mapping[str, Loaded]

    def cell(self, environment: str) -> str:
        artifact = Artifact(saved_by=self.saved_by, model=self.model, format=self.format)
        return Cell(artifact=artifact, loaded_by=environment).id


@dataclass(frozen=True, kw_only=True)
class Index:
    """The reference files that one file is compared with.

    ``measured``: there are some of its format, of whichever origin.
    """

    known: Sequence[Known]
    measured: bool

    def kin(self, wanted: Features) -> Kin:
        """Return those of the same format that the same version saved, and what is nearest to it.

        That is of the nearest version before it and after, or, beyond the last, of the nearest two.
        """
        alike = [one for one in self.known if one.format == wanted.format]
        same = [one for one in alike if one.features.origin == wanted.origin]
        others = [one for one in alike if one.features.origin != wanted.origin]
        near = around(wanted.origin, others, _origin)
        return Kin(
            wanted=wanted.origin,
            same=tuple(same),
            near=tuple(tuple(one) for one in near),
            others=tuple(others),
        )


@dataclass(frozen=True, kw_only=True)
class Kin:
    """The files that one is compared with: those of its own origin, and two groups near it.

    ``others`` are all that are known of other origins.
    """

    wanted: tuple[str, ...]
    same: tuple[Known, ...] = ()
    near: tuple[tuple[Known, ...], ...] = ()
    others: tuple[Known, ...] = ()

    def near_for(self, reader: Environment) -> tuple[tuple[Known, ...], ...]:
        """Return the groups near it, if they say something of how an environment reads such a file.

        What lies beyond all that was measured is like that for readers on the far side only.
        """
        sides = [one[0].features.origin for one in self.near]
        return self.near if lie_between(self.wanted, sides, reader) else ()

    def near_with(
        self, reader: Environment, has: Callable[[Known], bool]
    ) -> tuple[tuple[str, ...], ...]:
        """Return the two origins nearest to it of which a file that has something was read there.

        None where they say nothing of how an environment reads such a file.
        """
        files = [one for one in self.others if reader.id in one.cells and has(one)]
        near = [one[0].features.origin for one in around(self.wanted, files, _origin)]
        return tuple(near) if lie_between(self.wanted, near, reader) else ()

    def of(self, origin: tuple[str, ...]) -> tuple[Known, ...]:
        return tuple(one for one in self.others if one.features.origin == origin)


def _origin(one: Known) -> tuple[str, ...]:
    return one.features.origin


def row_of(one: Features) -> dict[str, Any]:
    """Return features as a pack has them, in a part that says of which format they are."""
    return {
        "origin": list(one.origin),
        "classes": sorted(one.classes),
        "traits": sorted(one.traits),
        "own": one.own,
    }


def features_of(row: Mapping[str, Any], format_id: str) -> Features:
    return Features(
        format=format_id,
        origin=tuple(row["origin"]),
        classes=frozenset(row["classes"]),
        traits=frozenset(row["traits"]),
        own=row["own"],
    )


def loaded_of(verdict: Mapping[str, Any], source: str, purpose: Purpose) -> Loaded:
    """Return a pack's verdict for a purpose; what an answer prints of it stands in one line."""
    if purpose is Purpose.PREDICT:
        verdict = verdict.get("predicting", verdict)
    return Loaded(
        outcome=Outcome(verdict["outcome"]),
        reason=" ".join(verdict.get("reason", "").split()),
        cause=verdict.get("cause"),
        signature=verdict.get("signature", ""),
        phase=verdict.get("phase"),
        raised=verdict.get("raised", ""),
        source=source,
    )
