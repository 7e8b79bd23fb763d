"""What the frameworks' messages mean: runner/warning_rules.yaml, matched in order."""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

FILE = Path(__file__).with_name("warning_rules.yaml")
ACTED_ON = frozenset({"attention", "danger"})


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One known message."""

    id: str
    pattern: re.Pattern[str]
    category: str
    severity: str
    advice: str


@functools.cache
def read_rules(path: Path = FILE) -> tuple[Rule, ...]:
    """Read the rules; they are part of the program, so a mistake in them is a bug and raises."""
    entries = yaml.safe_load(path.read_text(encoding="utf-8"))
    return tuple(
        Rule(
            id=entry["id"],
            pattern=re.compile(entry["pattern"], re.DOTALL),
            category=entry["category"],
            severity=entry["severity"],
            advice=entry["advice"],
        )
        for entry in entries
    )


def match(text: str, rules: Sequence[Rule]) -> Rule | None:
    """Return the first rule whose pattern is found in the text."""
    return _match(text, tuple(rules))


@functools.lru_cache(maxsize=20_000)
def _match(text: str, rules: tuple[Rule, ...]) -> Rule | None:
    return next((rule for rule in rules if rule.pattern.search(text)), None)
