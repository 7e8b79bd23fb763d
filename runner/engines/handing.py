"""Hands out the shards of one stage: who gets which, how often, and when nobody is left."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field

from caniload.runner.engines.engine import STARTS, Engine, EngineGoneError
from caniload.runner.engines.shipping import Shipment
from caniload.runner.engines.starting import Ended, start
from caniload.runner.sharding.dividing import Shard

TURN_SECONDS = 1.0

WORKERLESS_SECONDS = 180.0
"""How long a worker is waited for where there is none: nannies bring them back, and people do."""


@dataclass(kw_only=True, eq=False)
class Way:
    """A shard on its way: how often it was started, who will never do, and who is better avoided.

    ``short`` says that what came back left something out.
    """

    shard: Shard
    starts: int = 0
    unfit: set[str] = field(default_factory=set)
    avoid: set[str] = field(default_factory=set)
    reason: str = ""
    short: bool = False


class Handing:
    """Runs shards on an engine, one at a time on each worker.

    ``ship`` makes what a shard goes out with, ``take`` keeps what came back, and ``give_up`` is
    told of a shard that nobody could run, and why. All three are called in this thread.
    """

    def __init__(
        self,
        engine: Engine,
        *,
        ship: Callable[[Shard], Shipment],
        take: Callable[[Shard, Ended], None],
        give_up: Callable[[Shard, str], None],
        say: Callable[[str], None],
    ) -> None:
        self._engine, self._ship, self._take = engine, ship, take
        self._give_up, self._say = give_up, say
        self._waiting: list[Way] = []
        self._running: dict[Future[Ended], tuple[Way, str]] = {}
        self._seen = time.monotonic()

    def __call__(self, shards: Sequence[Shard], at: Callable[[Shard], str | None]) -> None:
        """Run all; ``at`` says which worker has built a shard's environments before."""
        longest = sorted(shards, key=lambda one: -one.seconds)
        self._waiting = [Way(shard=one) for one in longest]
        threads = ThreadPoolExecutor(max_workers=len(shards))
        try:
            while self._waiting or self._running:
                slots = self._slots()
                for way in [*self._waiting]:
                    self._hand_out(way, slots, at, threads)
                self._turn(slots)
        except BaseException:
            self._engine.close()  # or threads wait for what nobody wants any more
            raise
        finally:
            threads.shutdown()

    def _slots(self) -> tuple[str, ...]:
        slots, now = self._engine.slots(), time.monotonic()
        if slots:
            self._seen = now
        elif now - self._seen > WORKERLESS_SECONDS:
            raise EngineGoneError(
                f"there was no worker for {WORKERLESS_SECONDS:.0f} s; what came back is kept, run"
                " it again to go on"
            )
        return slots

    def _hand_out(
        self,
        way: Way,
        slots: Collection[str],
        at: Callable[[Shard], str | None],
        threads: ThreadPoolExecutor,
    ) -> None:
        if slots and way.unfit.issuperset(slots):
            self._end(way)
            return
        busy = {where for _, where in self._running.values()}
        able = [one for one in slots if one not in busy | way.unfit]
        if not able:
            return
        where = min(able, key=lambda one: (one in way.avoid, one != at(way.shard)))
        self._waiting.remove(way)
        self._say(f"{way.shard.place} goes to {where}: {', '.join(way.shard.environments)}")
        future = threads.submit(start, self._engine, self._ship(way.shard), where)
        self._running[future] = way, where

    def _turn(self, slots: Collection[str]) -> None:
        """Wait a moment, and see what has ended."""
        if not self._running:
            time.sleep(TURN_SECONDS if self._waiting else 0)
            return
        done, _ = wait(self._running, timeout=TURN_SECONDS, return_when=FIRST_COMPLETED)
        for future in done:
            way, _ = self._running.pop(future)
            self._came_back(way, future.result(), slots)

    def _came_back(self, way: Way, ended: Ended, slots: Collection[str]) -> None:
        way.starts += ended.starts
        if ended.returned is not None:
            self._returned(way, ended, slots)
            return
        way.reason = f"{way.shard.place} on {ended.worker}: {ended.reason}"
        if ended.unfit:
            way.starts += ended.worker in way.unfit  # it was sent back to who had refused it
            way.unfit.add(ended.worker)
        way.avoid.add(ended.worker)
        self._say(way.reason)
        self._again(way)

    def _returned(self, way: Way, ended: Ended, slots: Collection[str]) -> None:
        """Keep what came; what is short here may be whole elsewhere, which is tried once."""
        assert ended.returned is not None  # noqa: S101 - or it is not called
        self._take(way.shard, ended)
        way.unfit.add(ended.worker)
        short = ended.returned.reply.short
        if short is None:
            return
        self._say(f"{way.shard.place} on {ended.worker} is not whole: {short}")
        if not way.short and not way.unfit.issuperset(slots):
            way.short, way.reason = True, short
            self._again(way)

    def _again(self, way: Way) -> None:
        if way.starts >= STARTS:
            self._end(way)
        else:
            self._waiting.append(way)

    def _end(self, way: Way) -> None:
        if way in self._waiting:
            self._waiting.remove(way)
        if not way.short:  # what is short has said itself why
            self._give_up(way.shard, way.reason)
