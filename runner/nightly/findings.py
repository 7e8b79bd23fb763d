"""What a night says: findings, each of one cause, with an id that stays the same; pure."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from caniload.runner.core.texts import cleaned

SCHEMA = 1
EXAMPLES = 5
"""Cells that a finding names; it counts all of them."""


class Kind(StrEnum):
    """What is found, the most pressing first."""

    NOTHING_RAN = "nothing-ran"
    IDLE = "nothing-ran-there"
    CONTROL = "control-failed"
    UNBUILT = "environment-unusable"
    REGRESSED = "regressed"
    CAUSE = "other-cause"
    WARNING = "new-warning"
    TEXT = "new-text"
    NUMBERS = "changed-numbers"
    UNEXPECTED = "unexpected"
    VANISHED = "vanished"
    UNTESTED = "no-longer-tested"
    EXPIRED = "ledger-expired"
    UNUSED = "ledger-unused"
    MENDED = "mended"


WORDS: Mapping[Kind, str] = {
    Kind.NOTHING_RAN: "nothing ran",
    Kind.IDLE: "nothing ran in an environment",
    Kind.CONTROL: "a control failed",
    Kind.UNBUILT: "an environment cannot be used",
    Kind.REGRESSED: "worse than before",
    Kind.CAUSE: "fails for another cause",
    Kind.WARNING: "a new warning",
    Kind.TEXT: "a text without a name",
    Kind.NUMBERS: "numbers changed",
    Kind.UNEXPECTED: "not expected by the ledger",
    Kind.VANISHED: "cells are gone",
    Kind.UNTESTED: "cells are no longer tested",
    Kind.EXPIRED: "the ledger's entry has expired",
    Kind.UNUSED: "the ledger expects what is not there",
    Kind.MENDED: "mended",
}

GOOD = frozenset({Kind.MENDED, Kind.UNUSED})
"""What nobody has to act on tonight."""

FAMILY: Mapping[Kind, str] = {
    **{kind: str(kind) for kind in Kind},
    **dict.fromkeys((Kind.REGRESSED, Kind.CAUSE, Kind.WARNING, Kind.UNEXPECTED), "cells"),
}
"""Kinds that are one matter: what regresses tonight is unexpected tomorrow, for the same cause."""

PASSING = frozenset({Kind.NUMBERS, Kind.VANISHED})
"""What is seen in the night in which it happens, and in no later one."""


def identify(kind: Kind, cause: str) -> str:
    """Return the id of a cause: no day, no count and no environment is part of it."""
    text = f"{FAMILY[kind]}\n{cause}".encode("utf-8", "backslashreplace")
    return hashlib.sha256(text).hexdigest()[:12]


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One matter. ``new``: it was not so the night before.

    ``cause`` is what it is known by, ``said`` what is to be told in a sentence. ``cells`` counts
    all, ``examples`` are ids of some. ``changed`` says which packages of its environments are
    others than the night before. ``expected`` counts cells that a rule of the ledger allows.
    """

    kind: Kind
    cause: str
    said: str
    new: bool = True
    cells: int = 0
    environments: Sequence[str] = ()
    models: Sequence[str] = ()
    formats: Sequence[str] = ()
    examples: Sequence[str] = ()
    purpose: str = ""
    changed: Sequence[str] = ()
    expected: int = 0

    @property
    def id(self) -> str:
        return identify(self.kind, self.cause)

    @property
    def alarming(self) -> bool:
        return self.kind not in GOOD

    def as_json(self) -> dict[str, Any]:
        plain: dict[str, Any] = cleaned({"id": self.id, **asdict(self), "kind": str(self.kind)})
        return plain


@dataclass(frozen=True, kw_only=True)
class Report:
    """All that one night says. ``before`` is the night that it was held against, if there was one.

    ``expected`` counts cells that the ledger expects, ``ledger`` whether there is one.
    """

    when: str
    before: str
    version: str
    commit: str
    findings: Sequence[Finding]
    work: Mapping[str, int]
    cells: int
    tested: int
    environments: int
    usable: Sequence[str]
    planned: Sequence[str]
    expected: int = 0
    ledger: bool = False
    outcomes: Mapping[str, int] = field(default_factory=dict)

    @property
    def alive(self) -> bool:
        """Whether anything ran."""
        return all(one.kind is not Kind.NOTHING_RAN for one in self.findings)

    @property
    def news(self) -> Sequence[Finding]:
        """What is new and has to be acted on."""
        return [one for one in self.findings if one.new and one.alarming]

    @property
    def standing(self) -> Sequence[Finding]:
        """What was so the night before, and is expected by nobody."""
        return [one for one in self.findings if not one.new and one.alarming]

    @property
    def good(self) -> Sequence[Finding]:
        return [one for one in self.findings if not one.alarming]

    def as_json(self) -> dict[str, Any]:
        plain: dict[str, Any] = cleaned(asdict(self))
        plain["findings"] = [one.as_json() for one in self.findings]
        return {"schema": SCHEMA, "alive": self.alive, **plain}
