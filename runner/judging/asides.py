"""What was heard apart from any cell: while a framework was imported, while files were saved."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from caniload.runner.core import texts
from caniload.runner.core.judged import Aside
from caniload.runner.evidence.known import Evidence
from caniload.runner.judging.catalogue import Rule
from caniload.runner.judging.verdict import classify


def asides(evidence: Evidence, rules: Sequence[Rule]) -> Iterator[Aside]:
    """Yield each message of each environment of the plan once, however often it came."""
    for environment in evidence.plan.environments:
        if environment.id in evidence.resolution.fingerprints:
            yield from told(environment.id, _heard(evidence, environment.id), rules)


def told(
    environment: str, found: Sequence[Mapping[str, Any]], rules: Sequence[Rule]
) -> Iterator[Aside]:
    """Judge what one environment said, and count what reads alike."""
    grouped: dict[tuple[str, ...], list[Mapping[str, Any]]] = {}
    for one in found:
        alike = (one["phase"], one["channel"], one["category"], texts.normalised(one["text"]))
        grouped.setdefault(alike, []).append(one)
    for same in grouped.values():
        (message,) = classify(same[:1], rules)
        yield Aside(environment=environment, message=message, times=len(same))


def _heard(evidence: Evidence, environment: str) -> list[Mapping[str, Any]]:
    imported = evidence.store.get(evidence.import_key(environment)) or {}
    found = list(imported.get("messages") or ())
    for model in evidence.models():
        saved = evidence.save_record(environment, model.id) or {"formats": {}}
        # What one job said of all formats, or each job of its own.
        each = (entry.get("messages") or () for entry in saved["formats"].values())
        found += saved.get("messages") or itertools.chain.from_iterable(each)
    return found
