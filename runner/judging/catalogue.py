"""What the frameworks say and raise, and what it means: catalogue.yaml, matched in order.

Patterns are searched in texts without terminal escapes, paths and addresses, each run of white
space one blank. Names and numbers stay, because they tell causes apart.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from caniload.runner.core import texts
from caniload.runner.core.errors import MatrixError
from caniload.runner.core.judged import EXCEPTION, Entry
from caniload.runner.judging import entries
from caniload.runner.matrix.places import read_yaml, say_problems

FILE = Path(__file__).with_name("catalogue.yaml")
ACTED_ON = frozenset({"attention", "danger"})


@dataclass(frozen=True, kw_only=True, eq=False)  # hashed by identity, for the caches below
class Rule:
    """An entry, ready to be matched; ``traceback`` must be found where the pattern alone is vague.

    Only entries that name the channel ``exception`` are matched against what is raised, and only
    those that name another are matched against what is said.
    """

    entry: Entry
    pattern: re.Pattern[str]
    traceback: re.Pattern[str] | None = None

    @property
    def raised(self) -> bool:
        return EXCEPTION in self.entry.channels

    @property
    def said(self) -> bool:
        return any(channel != EXCEPTION for channel in self.entry.channels)


@functools.cache
def read_catalogue() -> tuple[Rule, ...]:
    """Return the entries that ship with caniload."""
    return parse_catalogue(FILE.read_text("utf-8"))


def parse_catalogue(text: str) -> tuple[Rule, ...]:
    """Check the text of a catalogue.yaml; ``MatrixError`` names every problem, one line each."""
    problems, data = read_yaml(text, FILE.name)
    problems += entries.problems(data)
    if problems:
        raise MatrixError(say_problems(text, problems, name=FILE.name))
    return tuple(_rule(**one) for one in data)


def _rule(*, pattern: str, traceback: str | None = None, **entry: Any) -> Rule:
    entry |= {name: tuple(entry.get(name, ())) for name in ("channels", "sources")}
    return Rule(
        entry=Entry(**entry),
        pattern=re.compile(pattern),
        traceback=re.compile(traceback) if traceback else None,
    )


def match(text: str, rules: Sequence[Rule]) -> Rule | None:
    """Return the first entry whose pattern is found in what was said."""
    return _said(text, tuple(rules))


def match_raised(kind: str, message: str, traceback: str, rules: Sequence[Rule]) -> Rule | None:
    """Return the first entry whose pattern is found in ``Type: message`` of what was raised."""
    found = _raised(texts.raised(kind, message), tuple(rules))
    return next(
        (rule for rule in found if not rule.traceback or rule.traceback.search(traceback)), None
    )


@functools.lru_cache(maxsize=20_000)
def _said(text: str, rules: tuple[Rule, ...]) -> Rule | None:
    text = texts.plain(text)
    return next((rule for rule in rules if rule.said and rule.pattern.search(text)), None)


@functools.lru_cache(maxsize=20_000)
def _raised(text: str, rules: tuple[Rule, ...]) -> tuple[Rule, ...]:
    return tuple(rule for rule in rules if rule.raised and rule.pattern.search(text))
