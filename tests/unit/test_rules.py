"""The known messages: each rule is found by its own text, and says what to do."""

from __future__ import annotations

import re
from re import _parser  # type: ignore[attr-defined]
from typing import Any

import pytest

from runner.rules import ACTED_ON, Rule, match, read_rules

RULES = read_rules()
SAMPLES = {"CATEGORY_DIGIT": "7", "CATEGORY_SPACE": " ", "CATEGORY_WORD": "w"}


def sample(pattern: str) -> str:
    """Return the plainest text that a pattern matches."""
    return "".join(_text(item) for item in _parser.parse(pattern))


def _text(item: tuple[Any, Any]) -> str:  # noqa: PLR0911 - one for each kind of node
    kind, value = str(item[0]), item[1]
    match kind:
        case "LITERAL":
            return chr(value)
        case "ANY" | "NOT_LITERAL":
            return "x"
        case "IN":
            return _one_of(value)
        case "MAX_REPEAT" | "MIN_REPEAT":
            least, most, inner = value
            times: int = max(least, min(1, most))
            return "".join(map(_text, inner)) * times
        case "SUBPATTERN":
            return "".join(map(_text, value[3]))
        case "BRANCH":
            return "".join(map(_text, value[1][0]))
        case "AT" | "ASSERT" | "ASSERT_NOT":
            return ""
        case _:
            raise AssertionError(f"no sample for {kind}")


def _one_of(choices: list[tuple[Any, Any]]) -> str:
    kind, value = str(choices[0][0]), choices[0][1]
    if kind == "NEGATE":
        return "x"
    if kind == "CATEGORY":
        return SAMPLES.get(str(value), "x")
    first: int = value[0] if kind == "RANGE" else value
    return chr(first)


def test_ids_are_unique() -> None:
    ids = [rule.id for rule in RULES]
    assert len(ids) == len(set(ids)) > 100


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_rule_is_found_by_its_own_text(rule: Rule) -> None:
    text = sample(rule.pattern.pattern)
    found = match(text, RULES)
    assert rule.pattern.search(text)
    assert found is not None
    assert found.id == rule.id, f"{found.id} stands before it and takes all of its texts"


def test_every_rule_can_be_acted_on() -> None:
    assert {rule.severity for rule in RULES} == {"noise", "info"} | ACTED_ON
    assert all(len(rule.advice) >= 10 for rule in RULES)


def test_the_first_of_several_wins() -> None:
    def rule(name: str, pattern: str) -> Rule:
        return Rule(
            id=name, pattern=re.compile(pattern), category="c", severity="info", advice="none"
        )

    rules = (rule("narrow", "old file"), rule("wide", "file"))
    found = [match(text, rules) for text in ("an old file", "a file", "nothing")]
    assert [one and one.id for one in found] == ["narrow", "wide", None]
