"""Cells that are told from another's run: the rules, what each takes over, and its audit; pure.

A rule is audited by running some of what it tells, drawn anew in each run, and is switched off for
a kind (the rule, in a loading environment, for a format) by the first cell that it told wrong.
"""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from caniload.runner.core.cells import Cell
from caniload.runner.core.judged import Verdict
from caniload.runner.core.outcomes import CLEAN
from caniload.runner.evidence import derivations
from caniload.runner.judging.confirm import said
from caniload.runner.judging.derived import Rule

SHARE = 0.02
"""How much of what is derived is run all the same."""


@dataclass(frozen=True, kw_only=True)
class Derivation:
    """One cell as a rule tells it."""

    rule: Rule
    cell: Cell
    source: Cell
    record: Mapping[str, Any]
    verdict: Verdict

    @property
    def kind(self) -> str:
        return derivations.kind(self.rule, self.cell)


def taken_over(facts: Mapping[str, Any], also: Mapping[str, Any], path: str, own: str) -> Any:
    """Return the facts of another's run under a cell's own path, with its own comparisons."""
    text = json.dumps({**facts, **also}).replace(json.dumps(path)[1:-1], json.dumps(own)[1:-1])
    return json.loads(text)


def record(rule: Rule, cell: Cell, source: Cell, facts: Any, path: str) -> dict[str, Any]:
    """Return what is kept of a cell that was not run itself."""
    return {
        "kind": "cell",
        "cell": asdict(cell),
        "facts": facts,
        "crash": None,
        "limits": None,
        "artifact": path,
        "solo": None,
        "batched": None,
        "seconds": None,
        "cpu": None,
        "rss_kb": None,
        "derived": {"rule": str(rule), "from": source.id},
    }


def alike(one: Verdict, other: Verdict) -> bool:
    """Say whether a cell came out as its source: then the source's run stands for both.

    A difference that is the cell's alone is run in a process of its own, as every other is.
    """
    if one.outcome in CLEAN and other.outcome in CLEAN:
        return True
    return (one.outcome, one.signature) == (other.outcome, other.signature)


@dataclass
class Audits:
    """Draws what is run all the same, and remembers what was told by each kind in this run."""

    draw: random.Random = field(default_factory=random.Random)
    told: dict[str, list[Derivation]] = field(default_factory=dict)
    seen: set[tuple[Rule, str]] = field(default_factory=set)
    under_way: dict[str, Derivation] = field(default_factory=dict)

    def wanted(self, one: Derivation) -> bool:
        """Say whether to run it: the first by a rule in an environment, and a share of others."""
        self.told.setdefault(one.kind, []).append(one)
        place = (one.rule, one.cell.loaded_by)
        if place in self.seen and self.draw.random() >= SHARE:
            return False
        self.seen.add(place)
        self.under_way[one.cell.id] = one
        return True

    def compare(self, cell: Cell, verdict: Verdict) -> tuple[Derivation, bool] | None:
        """Return what had been told of a cell that was run for an audit, and if it held."""
        one = self.under_way.pop(cell.id, None)
        return None if one is None else (one, said(one.verdict) == said(verdict))
