"""Weights that were compared, counted and listed; reads their numbers."""

from __future__ import annotations

from caniload.runner.comparing import arrays
from caniload.runner.comparing.facts import Kind, WeightChange, Weights
from caniload.runner.comparing.parts import Array, Stored, Weight


class Tally:
    """What was met so far of one kind of arrays."""

    def __init__(self) -> None:
        self.equal = self.alike = 0
        self.changes: list[WeightChange] = []
        self._alone: list[tuple[WeightChange, Array]] = []

    def compare(self, name: str, one: Weight | Stored, other: Weight | Stored) -> None:
        outcome = arrays.compare(name, one.array, other.array)
        if outcome.change is not None:
            self.changes.append(outcome.change)
        elif outcome.bits:
            self.equal += 1
        else:
            self.alike += 1

    def alone(self, kind: Kind, name: str, one: Weight | Stored) -> None:
        said = arrays.described(one.array)
        before, after = (said, None) if kind is Kind.REMOVED else (None, said)
        self.changes.append(WeightChange(kind=kind, name=name, before=before, after=after))
        self._alone.append((self.changes[-1], one.array))

    def pair_equals(self) -> None:
        """Take what is alone on both sides with the same numbers for one: layers have no names."""
        types = [
            {one.before or one.after for one, _ in self._alone if one.kind is kind}
            for kind in (Kind.REMOVED, Kind.ADDED)
        ]
        lost: dict[str, list[WeightChange]] = {}
        came: dict[str, list[WeightChange]] = {}
        for change, array in self._alone:
            if (change.before or change.after) in types[0] & types[1]:
                where = lost if change.kind is Kind.REMOVED else came
                if (numbers := arrays.fingerprint(array)) is not None:
                    where.setdefault(numbers, []).append(change)
        gone: set[int] = set()
        for numbers in lost.keys() & came.keys():
            for pair in zip(lost[numbers], came[numbers], strict=False):
                gone |= set(map(id, pair))
                self.equal += 1
        self.changes = [one for one in self.changes if id(one) not in gone]

    @property
    def found(self) -> Weights:
        return Weights(equal=self.equal, alike=self.alike, changes=tuple(self.changes))
