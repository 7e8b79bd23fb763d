"""What was said of a project's models, question by question: plain values; pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from caniload.runner.core.sarif import Result
from caniload.runner.core.sheet import Row

GOOD, ACT, UNUSABLE, BUSY, MACHINE, NOT_KNOWN = 0, 1, 2, 3, 4, 5
"""Exit codes, as docs/exit-codes.md has them."""
GRAVEST = (MACHINE, BUSY, UNUSABLE, ACT, NOT_KNOWN, GOOD)
WORDS = {
    GOOD: "clean",
    ACT: "needs action",
    UNUSABLE: "cannot be read",
    BUSY: "could not be done",
    MACHINE: "could not be done",
    NOT_KNOWN: "not known",
}
"""What a whole report comes to."""


@dataclass(frozen=True, kw_only=True)
class Part:
    """The answer to one question; ``code`` is the exit code that its command would have had.

    ``page`` is the whole answer as Markdown, where the command writes more than rows.
    """

    name: str
    code: int
    rows: tuple[Row, ...] = ()
    results: tuple[Result, ...] = ()
    sentence: str = ""
    page: str = ""


@dataclass(frozen=True, kw_only=True)
class Report:
    """All of them; ``lenient``: what is not known stops nothing."""

    models: int
    parts: tuple[Part, ...]
    lenient: bool = False

    @property
    def worst(self) -> int:
        """The gravest that is true of any question."""
        return gravest([one.code for one in self.parts])

    @property
    def code(self) -> int:
        return GOOD if self.lenient and self.worst == NOT_KNOWN else self.worst

    @property
    def word(self) -> str:
        return WORDS[self.worst]

    @property
    def quiet(self) -> bool:
        """Say whether there is nothing that somebody has to be told."""
        return self.code == GOOD


def gravest(codes: Sequence[int]) -> int:
    return min(codes, key=GRAVEST.index, default=GOOD)
