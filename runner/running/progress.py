"""What a person sees while a run goes on: a live line on a terminal, plain lines in a log."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from typing import Protocol, Self

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    TextColumn,
    TimeRemainingColumn,
)
from rich.progress import Progress as Bar

from caniload.runner.core.outcomes import Outcome

LINE_EVERY = 30.0  # seconds between two lines in a log


class Progress(Protocol):
    """Told by the run what happens; must return at once."""

    def stage(self, name: str, total: int) -> None: ...
    def stage_total(self, total: int) -> None: ...
    def advance(self, count: int) -> None: ...
    def outcome(self, outcome: Outcome) -> None: ...
    def building(self, environment: str) -> None: ...
    def unusable(self, environment: str, reason: str) -> None: ...
    def fault(self, label: str, reason: str) -> None: ...
    def pair(self, save: str, load: str, left: int) -> None:
        """Hear that all that one saved has been loaded by the other, which has ``left`` more."""


class Display:
    """Shows counts, rate and time left; on a log, a line now and then."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._live = console.is_terminal
        self._name, self._total, self._done = "", 0, 0
        self._since = self._last_line = time.monotonic()
        self._outcomes: Counter[Outcome] = Counter()
        self._pairs: defaultdict[str, list[str]] = defaultdict(list)
        self._bar = Bar(
            TextColumn("{task.description:<6}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]}"),
            TimeRemainingColumn(),
            TextColumn("{task.fields[seen]}"),
            console=console,
            disable=not self._live,
        )
        self._task = self._bar.add_task("", total=None, rate="", seen="", visible=False)

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()
        if not self._live and self._done:
            self._line()

    def stage(self, name: str, total: int) -> None:
        if not self._live and self._done:
            self._line()
        self._name, self._done = name, 0
        self._since = self._last_line = time.monotonic()
        self._outcomes.clear()
        self.stage_total(total)

    def stage_total(self, total: int) -> None:
        self._total = total
        self._bar.reset(
            self._task, description=self._name, total=total or None, visible=total > 0, start=True
        )

    def advance(self, count: int) -> None:
        self._done += count
        now = time.monotonic()
        rate = _per(self._done / max(now - self._since, 1e-6))
        self._bar.update(self._task, completed=self._done, rate=rate, seen=self._seen())
        if not self._live and now - self._last_line > LINE_EVERY:
            self._last_line = now
            self._line()

    def outcome(self, outcome: Outcome) -> None:
        self._outcomes[outcome] += 1

    def building(self, environment: str) -> None:
        self.say(f"building {environment}")

    def unusable(self, environment: str, reason: str) -> None:
        self.say(f"untested {environment}: {reason}")

    def fault(self, label: str, reason: str) -> None:
        self.say(f"untested {label}: {reason}")

    def pair(self, save: str, load: str, left: int) -> None:
        self._pairs[load].append(save)
        if not left:
            self.say(f"done: {load} has loaded what {', '.join(self._pairs.pop(load))} saved")

    def say(self, text: str) -> None:
        """Show a line beside what is counted."""
        self._console.print(text, markup=False, highlight=False, soft_wrap=True)

    def _seen(self) -> str:
        return " ".join(f"{count} {outcome}" for outcome, count in self._outcomes.most_common())

    def _line(self) -> None:
        spent = time.monotonic() - self._since
        rate = self._done / max(spent, 1e-6)
        left = (self._total - self._done) / rate if rate else 0.0
        self.say(
            f"{self._name} {self._done}/{self._total}  {_per(rate)}"
            f"  {left / 60:.1f} min left  {self._seen()}"
        )


def _per(rate: float) -> str:
    """Return so many a second as a person counts them."""
    return f"{rate:.1f}/s" if rate >= 0.1 else f"{rate * 60:.1f}/min"  # noqa: PLR2004 - one digit
