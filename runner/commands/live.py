"""A report that can be read while its run goes on: drawn before it begins, and anew now and then.

A process of its own draws, so that the run waits for nothing and its memory stays what it is. It
takes ``SHARE`` of one processor at most: after a drawing nothing is drawn until so much time has
passed that it was no more than that.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import TracebackType
from typing import Self

from caniload.runner.commands.drawing import Drawing, order
from caniload.runner.evidence.known import Evidence
from caniload.runner.evidence.store import stamp
from caniload.runner.matrix.plan import Selection

SHARE = 0.04
"""Of the time of one processor, that drawing may take after the first time."""

LEAST = 20.0
"""Seconds between two drawings at least: nobody reads faster."""

MOST = 500_000
"""Cells beyond which nothing is drawn before the end: one drawing takes minutes, and gigabytes."""

_START = (
    "import json, sys; sys.path[:] = json.loads(sys.stdin.readline());"
    " from caniload.runner.commands.drawing import main; main()"
)


def rest(cpu_seconds: float) -> float:
    """Return for how many seconds nothing is drawn after a drawing that took so much; pure."""
    return max(LEAST, cpu_seconds / SHARE)


@dataclass(kw_only=True)
class Live:
    """Keeps a report up to date from when it is entered until it is left.

    ``say`` prints a line beside what the run tells.
    """

    drawing: Drawing
    evidence: Evidence
    selection: Selection
    say: Callable[[str], None]
    _over: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None
    _process: subprocess.Popen[str] | None = None
    _since: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))
    _seen: list[str] = field(default_factory=list)
    _loaded: set[str] = field(default_factory=set)

    def __enter__(self) -> Self:
        cost = self._begin()
        if cost is not None:
            self._thread = threading.Thread(target=self._go_on, args=(cost,), daemon=True)
            self._thread.start()
        return self

    def _begin(self) -> float | None:
        """Have a report there that is true; return what it cost, ``None`` where there is none."""
        if len(self.evidence.plan.cells) > MOST:
            self.say(f"more than {MOST:,} cells: the report is drawn at the end")
            return None
        self._seen = stamp(self.evidence.home.results)
        if self.drawing.drawn(self.evidence) is not None:
            return 0.0  # what lies there is of all that is known
        self.say("drawing what is known already")
        cost = self._draw(nice=0)
        if cost is not None:
            uri = self.drawing.index.as_uri()
            self.say(f"report: {uri}: open it now, and reload it while this goes on")
            self._tell()
        return cost

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._over.set()
        if (process := self._process) is not None:
            process.terminate()  # what it has not swapped in, it takes with it
        if self._thread is not None:
            self._thread.join()

    def _go_on(self, cost: float) -> None:
        while not self._over.wait(rest(cost)):
            if self._seen == stamp(self.evidence.home.results):
                continue
            found = self._draw(nice=10)
            if found is None:
                return  # it was told why, and the report is drawn at the end
            cost = found
            self._tell()

    def _draw(self, *, nice: int) -> float | None:
        """Draw once, and return the CPU seconds; ``None`` where that failed or was ended."""
        self._seen = stamp(self.evidence.home.results)
        search = json.dumps([os.path.abspath(path) for path in sys.path])  # noqa: PTH100 - "" too
        wanted = order(self.drawing, self.evidence.plan.matrix, self.selection, self._since, nice)
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-c", _START],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,  # an interrupt is for the run, which ends this
        )
        try:
            told, said = self._process.communicate(f"{search}\n{wanted}\n")
        except BaseException:
            self._process.kill()
            raise
        code, self._process = self._process.returncode, None
        if code == 0:
            return float(json.loads(told.splitlines()[-1])["cpu_seconds"])
        if not self._over.is_set():
            last = said.strip().rpartition("\n")[2]
            self.say(f"the report cannot be drawn yet ({last or f'exit {code}'}); the run goes on")
        return None

    def _tell(self) -> None:
        """Say which pairs wait for nothing, as what cannot be tested here does, too."""
        summary = json.loads((self.drawing.folder / "summary.json").read_text(encoding="utf-8"))
        found = summary["underway"]
        if found is None:  # somebody else drew in the meantime
            return
        whole = {one["load"] for one in found["loaders"] if not one["waiting"]}
        new = [one["load"] for one in found["loaders"] if one["load"] in whole - self._loaded]
        self._loaded |= whole
        told = f"; nothing is left to load in {', '.join(new)}" if new else ""
        shipped = summary["shipped"]["cells"]
        beside = f"; shipped evidence on {shipped:,} cells, not measured here" if shipped else ""
        self.say(f"drawn: {found['done']} of {found['planned']} pairs are done{told}{beside}")
