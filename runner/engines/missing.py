"""What of a shard is still to be measured, as far as this machine's store knows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from caniload.runner.core.cells import Cell
from caniload.runner.evidence.known import Evidence, cut_short
from caniload.runner.matrix.plan import Stage
from caniload.runner.running.saving import Saving
from caniload.runner.sharding.dividing import Shard, part


class Missing:
    """Says what is missing, and keeps why it stays so."""

    def __init__(self, evidence: Evidence) -> None:
        self._evidence = evidence

    def any(self, shard: Shard) -> bool:
        return next(self._keys(shard), None) is not None

    def give_up(self, shard: Shard, reason: str) -> int:
        """Keep for all that is missing why it is; the next run tries again."""
        keys = [*self._keys(shard)]
        for key in keys:
            self._evidence.put_fault(key, reason)
        return len(keys)

    def spoil_controls(self) -> None:
        """Make the damaged copies of the control's files that no worker made."""
        self._saving(self._evidence).spoil_controls()

    def _keys(self, shard: Shard) -> Iterator[str]:
        """Yield the keys under which results of the shard would be, and are not."""
        own = replace(self._evidence, plan=part(self._evidence.plan, shard))
        if shard.place.stage is Stage.SAVE:
            for units in self._saving(own).missing(rerun=False).values():
                yield from (own.save_key(one.environment, one.job["model"]) for one in units)
            return
        for cell in (*own.plan.controls, *own.plan.cells):
            key = own.cell_key(cell)
            if key is not None and self._is_wanted(cell, key):
                yield key

    def _is_wanted(self, cell: Cell, key: str) -> bool:
        if cell.loaded_by not in self._evidence.resolution.usable:
            return False
        record = self._evidence.store.get(key)
        return record is None or cut_short(record, self._evidence.plan.matrix.limits)

    def _saving(self, evidence: Evidence) -> Saving:
        return Saving(evidence, again=lambda _: None, finished=lambda _: None)
