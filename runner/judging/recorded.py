"""What a record says apart from what varies from cell to cell: times, and where its file lies."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from caniload.runner.core.judgedtable import MARK, SHORTEST

_TIMES = frozenset({"seconds", "cpu_seconds"})


def said(record: Mapping[str, Any], path: str) -> tuple[str, bool]:
    """Return as JSON all that a verdict is made of, and whether it tells where the file lies.

    Equal texts have equal verdicts. Marks stand where the path stood; of times, which verdicts do
    not read, only their names are left.
    """
    crash, facts = record.get("crash"), record.get("facts")
    if facts is not None:
        timed = sorted(facts.get("seconds") or ())
        facts = {name: value for name, value in facts.items() if name not in _TIMES}
        facts["seconds"] = dict.fromkeys(timed, 0)
    text = json.dumps({"crash": crash, "facts": facts}, sort_keys=True, ensure_ascii=False)
    as_json = json.dumps(path, ensure_ascii=False)[1:-1]
    if len(path) < SHORTEST or as_json not in text:
        return text, False
    return text.replace(as_json, MARK * len(path)), True
