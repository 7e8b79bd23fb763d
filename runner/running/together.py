"""Several slow pieces of work at a time, ended together when a person interrupts."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

from caniload.runner.environments import processes
from caniload.runner.running.progress import Progress

AGAIN = 0.2  # seconds: what has been killed may start its next process


class Stopped(Exception):  # noqa: N818 - it is no error
    """The run is being ended: what a killed process said is nothing to keep."""


class Together:
    """Does pieces of work; each is told by ``check`` whether what it has just run counts.

    ``end`` ends what they wait for, more than once if need be.
    """

    def __init__(
        self, jobs: int, progress: Progress, end: Callable[[], None] = processes.kill_all
    ) -> None:
        self._jobs, self._progress, self._end_all = jobs, progress, end
        self._stopped = threading.Event()

    def check(self) -> None:
        if self._stopped.is_set():
            raise Stopped

    def __call__(self, name: str, work: Sequence[Callable[[], None]]) -> None:
        if not work:
            return
        self._progress.stage(name, total=len(work))
        with ThreadPoolExecutor(max_workers=max(1, self._jobs)) as pool:
            futures = {pool.submit(one) for one in work}
            try:
                self._see(futures)
            except BaseException:
                self._end(futures)
                raise

    def _see(self, waiting: set[Future[None]]) -> None:
        while waiting:
            done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
            for future in done:
                future.result()
                self._progress.advance(1)

    def _end(self, futures: set[Future[None]]) -> None:
        self._stopped.set()
        for future in futures:
            future.cancel()
        while wait(futures, timeout=AGAIN).not_done:
            self._end_all()
