"""A whole run on an engine: what is missing of each stage goes out, and what comes back is kept.

It is kept at once, so a run that ends early goes on from there. A shard that nobody could run
leaves a fault for each thing that it was to measure: not tested, with the reason.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping

from caniload.runner.engines.arriving import Arriving
from caniload.runner.engines.engine import Engine
from caniload.runner.engines.handing import Handing
from caniload.runner.engines.missing import Missing
from caniload.runner.engines.shipping import Asked, Shipping
from caniload.runner.engines.starting import Ended
from caniload.runner.environments.disk import Cost
from caniload.runner.evidence.known import Evidence
from caniload.runner.matrix.plan import Stage
from caniload.runner.running.run import Tally
from caniload.runner.sharding import dividing, notes
from caniload.runner.sharding.dividing import Shard
from caniload.runner.sharding.merging import Merged
from caniload.runner.sharding.notes import Note

LEAST_SECONDS, FACTOR = 1800.0, 10
"""What a shard may take: so much more than one process is expected to, but never less."""


class Driving:
    """One pass over a plan; the store of ``evidence`` is open for writing.

    There is one shard for each environment: a machine has to build and import what it runs, and
    small shards are soon done again.
    """

    def __init__(
        self,
        evidence: Evidence,
        asked: Asked,
        prices: Mapping[str, Cost],
        engine: Engine,
        say: Callable[[str], None],
    ) -> None:
        self._evidence, self._asked, self._prices = evidence, asked, prices
        self._engine, self._say = engine, say
        self._arriving, self._missing = Arriving(evidence), Missing(evidence)
        self._at: dict[str, str] = {}
        self.tally = Tally()

    @property
    def merged(self) -> Merged:
        """What came in, and what of it contradicts what was there."""
        return self._arriving.merged

    def __call__(self) -> Tally:
        of = min(len(self._evidence.plan.environments), dividing.MOST)
        for stage in Stage:
            shards = dividing.shards(self._evidence.plan, stage, of, self._prices)
            todo = [one for one in shards if self._is_wanted(one)]
            if todo:
                self._run(stage, todo)
            self._evidence.store.sync()
        return self.tally

    def _is_wanted(self, shard: Shard) -> bool:
        """Say whether a shard has anything to do; note the others as done."""
        notes.begin(shard.place, self._asked.plan, self._evidence.home)
        if self._missing.any(shard):
            return True
        self._note(shard, {})
        return False

    def _run(self, stage: Stage, shards: list[Shard]) -> None:
        handing = Handing(
            self._engine,
            ship=Shipping(self._evidence, self._asked, stage, _seconds),
            take=self._take,
            give_up=self._give_up,
            say=self._say,
        )
        handing(shards, lambda shard: self._at.get(shard.environments[0]))
        if stage is Stage.SAVE:
            self._missing.spoil_controls()

    def _take(self, shard: Shard, ended: Ended) -> None:
        returned = ended.returned
        assert returned is not None  # noqa: S101 - nothing else is handed in
        self._arriving(returned)
        self._at |= dict.fromkeys(shard.environments, ended.worker)
        kinds = Counter(one["kind"] for one in returned.records.values())
        self.tally.saved += kinds["save"]
        cells = [one for one in returned.records.values() if one["kind"] == "cell"]
        told = sum("derived" in one for one in cells)
        self.tally.cells.loaded += len(cells) - told
        self.tally.cells.derived += told
        self.tally.cells.audited += sum("audit" in one for one in cells)
        self.tally.cells.solo += sum(bool(one["solo"]) for one in cells)
        self.tally.built += returned.reply.built
        self._say(f"{shard.place} is done: {kinds['save'] or kinds['cell']} results")

    def _give_up(self, shard: Shard, reason: str) -> None:
        count = self._missing.give_up(shard, reason)
        self._note(shard, dict.fromkeys(shard.environments, reason))
        self._say(f"{shard.place} is given up, {count} results are missing: {reason}")

    def _note(self, shard: Shard, unusable: Mapping[str, str]) -> None:
        """Note a shard as ended that no worker has noted."""
        usable = self._evidence.resolution.usable
        found = {one: usable[one] for one in shard.environments if one in usable}
        notes.write(
            Note(
                place=shard.place,
                plan=self._asked.plan,
                fingerprints={name: one.fingerprint for name, one in found.items()},
                pythons={name: one.interpreter.version for name, one in found.items()},
                unusable=unusable,
            ),
            self._evidence.home,
        )


def _seconds(shard: Shard) -> float:
    return max(LEAST_SECONDS, FACTOR * shard.seconds)
