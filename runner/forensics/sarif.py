"""Judged findings -> findings of SARIF; pure."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePath
from typing import Any

from caniload.runner.core.sarif import Result, Rule, log
from caniload.runner.forensics.facts import Inspection, Severity
from caniload.runner.forensics.gate import Judged
from caniload.runner.forensics.published import advisories

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
    results = [one for inspection, judged in found for one in results_of(inspection, judged)]
    return log(results, version, rules_of(results))


def rules_of(results: Sequence[Result]) -> dict[str, Rule]:
    """Return what is said of each kind: what was published about it, if something was."""
    found = {}
    for kind in {one.rule for one in results}:
        known = advisories(kind)
        ids = (one.id for one in known if " " not in one.id)  # "no CVE" is a word of ours
        tags = ("security", *ids) if known else ()
        found[kind] = Rule(about=" ".join(one.line for one in known) or _ABOUT, tags=tags)
    return found


def results_of(inspection: Inspection, judged: Sequence[Judged]) -> list[Result]:
    """Return what was found in one file."""
    path = PurePath(inspection.path).as_posix()
    made = []
    if inspection.problem is not None:
        made.append(Result(rule=_UNREADABLE, level="error", text=inspection.problem, path=path))
    for one in judged:
        finding = one.finding
        made.append(
            Result(
                rule=finding.kind,
                level=_LEVELS[finding.severity],
                text=finding.text,
                path=path,
                allowed=one.allowed,
            )
        )
    return made
