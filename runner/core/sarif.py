"""Findings and rows -> a SARIF 2.1.0 log, which code hosts show beside the files; pure.

Structure: https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from caniload.runner.core.sheet import Row
from caniload.runner.core.texts import shown

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_MOST = 5_000
"""Results that a code host keeps of one run."""
_LONGEST = 1_000


@dataclass(frozen=True, kw_only=True)
class Result:
    """One finding about one file; ``level`` is error, warning or note.

    ``allowed`` is the reason why it does not count, if somebody gave one.
    """

    rule: str
    level: str
    text: str
    path: str
    allowed: str | None = None


@dataclass(frozen=True, kw_only=True)
class Rule:
    """What is said of all findings of a kind."""

    about: str
    tags: tuple[str, ...] = ()


def log(
    results: Sequence[Result], version: str, rules: Mapping[str, Rule] | None = None
) -> dict[str, Any]:
    """Return one run as a SARIF log; the gravest come first, for a host cuts off the end."""
    graver = {"error": 0, "warning": 1, "note": 2}
    ordered = sorted(results, key=lambda one: graver[one.level])[:_MOST]
    kinds = sorted({one.rule for one in ordered})
    driver = {
        "name": "caniload",
        "version": version,
        "rules": [_rule(kind, (rules or {}).get(kind)) for kind in kinds],
    }
    told = [{**_result(one), "ruleIndex": kinds.index(one.rule)} for one in ordered]
    return {
        "$schema": _SCHEMA,
        "version": "2.1.0",
        "runs": [{"tool": {"driver": driver}, "results": told}],
    }


def as_text(log: Mapping[str, Any]) -> str:
    return json.dumps(log, indent=1)


def of_rows(rows: Sequence[Row]) -> list[Result]:
    """Return what is not good as findings: what is not known is a note."""
    return [
        Result(
            rule=one.rule or _slug(one.word),
            level="note" if one.good is None else one.level,
            text=": ".join(filter(None, (one.where, one.word, one.said))),
            path=one.path or one.about,
        )
        for one in rows
        if not one.good
    ]


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-") or "finding"


def _rule(kind: str, known: Rule | None) -> dict[str, Any]:
    words = kind.replace("-", " ")
    rule: dict[str, Any] = {
        "id": kind,
        "shortDescription": {"text": words},
        "fullDescription": {"text": known.about if known else words},
    }
    if known and known.tags:
        rule["properties"] = {"tags": [*known.tags]}
    return rule


def _result(one: Result) -> dict[str, Any]:
    place = quote(os.fsencode(one.path))
    uri = f"file://{place}" if place.startswith("/") else place
    told = f"{one.rule}\n{one.text}".encode(errors="surrogatepass")
    result: dict[str, Any] = {
        "ruleId": one.rule,
        "level": one.level,
        "message": {"text": shown(one.text, _LONGEST)},
        "locations": [{"physicalLocation": {"artifactLocation": {"uri": uri}}}],
        "partialFingerprints": {"finding/v1": hashlib.sha256(told).hexdigest()},
    }
    if one.allowed:
        result["suppressions"] = [{"kind": "external", "justification": shown(one.allowed)}]
    return result
