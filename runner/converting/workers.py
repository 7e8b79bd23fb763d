"""Workers that import a framework once and fork a child for every job, shared by many files.

A child that crashes or hangs is ended with all that it started, and costs its own job only. What a
worker could not do for a reason of its own is left to whoever asked: ``run`` says so.
"""

from __future__ import annotations

import functools
import itertools
import math
import os
import queue
import signal
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

import psutil

from caniload.runner.running.weighing import FED, STARVING, tree_mb
from caniload.runner.running.workers import Event, Worker

KEPT = 8
"""Workers that wait for more to do, of 0.3 to 0.6 GB each; the one that waits longest goes."""
MOVING = 0.01
"""What share a starved job has had at least, to be waited for.

On a busy machine what is starved goes on, and what waits for itself does not.
"""
LOOKING = 0.5
"""Seconds between two looks at how much memory a child has."""
GRACE = 10.0
"""Seconds until a child that was ended is told to have."""

Launch = Callable[[str, "queue.Queue[Event]"], Worker]
"""Starts the worker of an environment, which tells the queue what happens."""


class Ran(Enum):
    ENDED = "the child has ended by itself, well or not"
    HUNG = "it computed to its deadline, and was ended"
    HEAVY = "it used more memory than it may, and was ended"
    NOT = "the worker did not do it: nothing is said of the job"


@dataclass(eq=False)
class _Child:
    """A job that was handed over; ``told`` is set when something new is known of it."""

    worker: Worker
    told: threading.Event = field(default_factory=threading.Event)
    pid: int | None = None
    ended: bool = False
    status: int | None = None
    """As ``wait`` gives it; None where the worker was gone before it could say."""
    heavy: bool = False
    over: threading.Event = field(default_factory=threading.Event)
    """Set when nobody waits for it any more."""


class Workers:
    """At most one worker for each environment; ``run`` is called from any number of threads."""

    def __init__(self, launch: Launch, *, import_seconds: float) -> None:
        self._launch, self._import_seconds = launch, import_seconds
        self._events: queue.Queue[Event] = queue.Queue()
        self._lock = threading.Lock()
        self._batches = itertools.count(1)
        self._workers: dict[str, Worker] = {}
        """The one that was asked last is last."""
        self._leaving: list[Worker] = []
        self._useless: set[str] = set()
        self._children: dict[int, _Child] = {}
        self._closed = False
        threading.Thread(target=self._listen, daemon=True).start()

    def run(
        self,
        environment: str,
        script: str,
        config: Path,
        seconds: float,
        *,
        memory_mb: float = math.inf,
    ) -> Ran:
        """Have a child do the job of a script of probes/across within so many seconds."""
        with self._lock:
            worker = self._worker(environment)
            if worker is None:
                return Ran.NOT
            batch = next(self._batches)
            child = self._children[batch] = _Child(worker)
            job = {"kind": "across", "script": script, "config": str(config)}
            worker.submit(batch, [job])
        threading.Thread(target=_weigh, args=(child, memory_mb), daemon=True).start()
        try:
            ran = self._watched(child, seconds)
            return Ran.HEAVY if child.heavy else ran
        finally:
            child.over.set()
            with self._lock:
                self._children.pop(batch, None)

    def close(self) -> None:
        """End all workers, and what they are at."""
        with self._lock:
            self._closed = True
            workers = [*self._workers.values(), *self._leaving]
            self._workers.clear()
            self._leaving.clear()
            children = [one for one in self._children.values() if not one.ended]
        for child in children:
            _end(child.pid)
        for worker in workers:
            worker.close()
        for worker in workers:
            worker.clean()

    def _worker(self, environment: str) -> Worker | None:
        """Return the environment's worker, started if need be; None where it cannot be had."""
        if self._closed or environment in self._useless:
            return None
        worker = self._workers.pop(environment, None)
        if worker is None:
            self._make_room()
            worker = self._launch(environment, self._events)
        self._workers[environment] = worker
        return worker

    def _make_room(self) -> None:
        busy = {id(child.worker) for child in self._children.values()}
        idle = [name for name, one in self._workers.items() if id(one) not in busy]
        for name in idle[: max(0, len(self._workers) - KEPT + 1)]:
            worker = self._workers.pop(name)
            worker.close()
            self._leaving.append(worker)

    def _watched(self, child: _Child, seconds: float) -> Ran:
        forked = functools.partial(self._wait, child, until=lambda: child.pid is not None)
        if not _patient(forked, self._import_seconds, lambda: child.worker.pid):
            child.worker.kill()  # its framework does not import; that it is gone is told next
            return Ran.NOT
        ended = functools.partial(self._wait, child, until=lambda: child.ended)
        if not _patient(ended, seconds, lambda: child.pid):
            fed = _cpu_seconds(child.pid) >= FED * seconds
            _end(child.pid)
            self._wait(child, GRACE, lambda: child.ended)
            return Ran.HUNG if fed else Ran.NOT
        return Ran.ENDED if child.status == 0 else Ran.NOT

    def _wait(self, child: _Child, seconds: float, until: Callable[[], bool]) -> bool:
        """Wait until it is so, or the child has ended; False where neither came in time."""
        deadline = time.monotonic() + seconds
        while not (until() or child.ended):
            if not child.told.wait(max(0.0, deadline - time.monotonic())):
                return until() or child.ended
            child.told.clear()
        return True

    def _listen(self) -> None:
        while True:
            event = self._events.get()
            with self._lock:
                self._take(event)

    def _take(self, event: Event) -> None:
        child = self._children.get(event.data.get("batch", -1))
        match event.kind:
            case "forked" if child:
                child.pid = event.data["pid"]
                child.told.set()
            case "exit" if child:
                child.ended, child.status = True, event.data["status"]
                child.told.set()
            case "gone":
                self._gone(event.worker)
            case "ready":
                event.worker.ready = True
            case _:  # "unusable" is followed by "gone"
                pass

    def _gone(self, worker: Worker) -> None:
        if self._workers.get(worker.environment) is worker:
            del self._workers[worker.environment]
            if not worker.ready:
                self._useless.add(worker.environment)
        for child in self._children.values():
            if child.worker is worker:
                child.ended = True
                child.told.set()
        if worker in self._leaving:
            self._leaving.remove(worker)
        if not self._closed:
            threading.Thread(target=worker.clean, daemon=True).start()


def _weigh(child: _Child, memory_mb: float) -> None:
    while not child.over.wait(LOOKING):
        if child.pid is not None and not child.ended and tree_mb(child.pid) > memory_mb:
            child.heavy = True
            _end(child.pid)
            return


def _patient(wait: Callable[[float], bool], seconds: float, pid: Callable[[], int | None]) -> bool:
    """Wait so many seconds, or longer for what is starved; say whether it came."""
    if wait(seconds):
        return True
    starved = MOVING * seconds <= _cpu_seconds(pid()) < FED * seconds
    return starved and wait(seconds * (STARVING - 1))


def _cpu_seconds(pid: int | None) -> float:
    """Return what a process and those below it have computed so far."""
    spent = 0.0
    with suppress(psutil.Error):
        whole = psutil.Process(pid)
        for one in (whole, *whole.children(recursive=True)):
            with suppress(psutil.Error):
                times = one.cpu_times()
                spent += times.user + times.system
    return spent


def _end(pid: int | None) -> None:
    """End a child, which leads a session of its own, and all that it started."""
    if pid is not None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(pid, signal.SIGKILL)
