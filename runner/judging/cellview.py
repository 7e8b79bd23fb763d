"""A judged cell as one plain JSON object, from which anybody can replay it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from caniload.runner.core.judged import JudgedCell, Message
from caniload.runner.core.outcomes import Purpose
from caniload.runner.evidence.known import Evidence


def as_json(cell: JudgedCell, evidence: Evidence) -> dict[str, Any]:
    """Return the cell's line of ``caniload cells``; numbers that JSON lacks come as text.

    ``outcome`` and all else is for whoever goes on training, ``predict_...`` for who only predicts.
    """
    artifact = cell.cell.artifact
    saved = evidence.saved(artifact)
    expected = evidence.home.artifacts / saved.expected.path if saved else None
    imported = _imported(cell.cell.loaded_by, evidence)
    only = cell.to(Purpose.PREDICT)
    return {
        "id": cell.cell.id,
        "save": artifact.saved_by,
        "model": artifact.model,
        "format": artifact.format,
        "load": cell.cell.loaded_by,
        "damage": artifact.damage,
        "outcome": str(cell.outcome),
        "reason": cell.reason,
        "cause": cell.cause,
        "predict_outcome": str(only.outcome),
        "predict_reason": only.reason,
        "error": None
        if cell.error is None
        else {
            "type": cell.error.type,
            "message": cell.error.message,
            "phase": cell.error.phase,
            "traceback": cell.error.traceback,
        },
        "warnings": [_message(message) for message in cell.messages],
        "import_warnings": imported,
        "differences": [{**one, "size": _number(one["size"])} for one in cell.differences],
        "max_abs_diff": _number(cell.max_abs_diff),
        "max_rel_diff": _number(cell.max_rel_diff),
        "max_ulp_diff": _number(cell.max_ulp_diff),
        "artifact": cell.artifact,
        "artifact_sha256": cell.artifact_sha256,
        "artifact_bytes": cell.artifact_bytes,
        "expected": str(expected) if expected else None,
        "python": cell.python,
        "variables": dict(cell.variables),
        "solo": cell.solo,
        "repeatable": cell.repeatable,
        "evidence": cell.evidence,
        "seconds": cell.seconds,
        "derived": cell.derived and dict(cell.derived),
    }


def _imported(environment: str, evidence: Evidence) -> list[dict[str, Any]]:
    """Return what importing the framework says there, whatever is loaded afterwards."""
    if environment not in evidence.resolution.fingerprints:
        return []
    record: Mapping[str, Any] = evidence.store.get(evidence.import_key(environment)) or {}
    return list(record.get("messages") or ())


def _message(message: Message) -> dict[str, Any]:
    return {
        "channel": message.channel,
        "category": message.category,
        "level": message.level,
        "text": message.text,
        "phase": message.phase,
        "shown_by_default": message.shown_by_default,
        "rule": message.rule,
        "severity": message.severity,
    }


def _number(value: float | None) -> float | str | None:
    return str(value) if value is not None and not math.isfinite(value) else value
