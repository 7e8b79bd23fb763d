"""Judged findings -> SARIF 2.1.0, which code hosts show beside the files; pure.

Structure: https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from pathlib import PurePath
from typing import Any
from urllib.parse import quote

from caniload.runner.forensics.describe import shown
from caniload.runner.forensics.facts import Inspection, Severity
from caniload.runner.forensics.gate import Judged
from caniload.runner.forensics.published import advisories

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_LEVELS = {
    Severity.DANGER: "error",
    Severity.DAMAGE: "error",
    Severity.NOTICE: "warning",
    Severity.UNCHECKED: "note",
}
_UNREADABLE = "unreadable"
_ABOUT = "What caniload inspect finds in a saved model; see docs/what-is-this-file.md"


def report(found: Sequence[tuple[Inspection, Sequence[Judged]]], version: str) -> dict[str, Any]:
    """Return one run of ``inspect`` as a SARIF log."""
    results = [one for inspection, judged in found for one in _results(inspection, judged)]
    kinds = sorted({str(one["ruleId"]) for one in results})
    driver = {
        "name": "caniload",
        "version": version,
        "rules": [_rule(kind) for kind in kinds],
    }
    for one in results:
        one["ruleIndex"] = kinds.index(one["ruleId"])
    return {
        "$schema": _SCHEMA,
        "version": "2.1.0",
        "runs": [{"tool": {"driver": driver}, "results": results}],
    }


def _rule(kind: str) -> dict[str, Any]:
    known = advisories(kind)
    rule: dict[str, Any] = {
        "id": kind,
        "shortDescription": {"text": kind.replace("-", " ")},
        "fullDescription": {"text": " ".join(one.line for one in known) or _ABOUT},
    }
    if known:
        rule["properties"] = {"tags": ["security", *(one.id for one in known)]}
    return rule


def _results(inspection: Inspection, judged: Sequence[Judged]) -> list[dict[str, Any]]:
    made = []
    if inspection.problem is not None:
        made.append(_result(inspection, _UNREADABLE, inspection.problem, "error"))
    for one in judged:
        finding = one.finding
        result = _result(inspection, finding.kind, finding.text, _LEVELS[finding.severity])
        if one.allowed:
            result["suppressions"] = [{"kind": "external", "justification": shown(one.allowed)}]
        made.append(result)
    return made


def _result(inspection: Inspection, kind: str, text: str, level: str) -> dict[str, Any]:
    place = quote(os.fsencode(PurePath(inspection.path).as_posix()))
    uri = f"file://{place}" if place.startswith("/") else place
    told = f"{kind}\n{text}".encode(errors="surrogateescape")
    return {
        "ruleId": kind,
        "level": level,
        "message": {"text": shown(text)},
        "locations": [{"physicalLocation": {"artifactLocation": {"uri": uri}}}],
        "partialFingerprints": {"finding/v1": hashlib.sha256(told).hexdigest()},
    }
