"""Inspections and what a person allows -> what stops; pure but for reading what is allowed.

What is allowed is one finding of one file, by the hash of its bytes, with a reason: another file,
or another finding in the same, stops again. A baseline is the same without reasons, of all that was
there on a day.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from caniload.runner.core.errors import UsageError
from caniload.runner.forensics.facts import Finding, Inspection, Severity
from caniload.runner.forensics.folders import LINK
from caniload.runner.project import reading as project

NEVER = "never"
LEVELS = ("danger", "notice", "unchecked", NEVER)
"""From which finding on a gate closes; each takes in those before it."""

_STOPS = {
    "danger": {Severity.DANGER},
    "notice": {Severity.DANGER, Severity.NOTICE},
    "unchecked": {Severity.DANGER, Severity.NOTICE, Severity.UNCHECKED},
    NEVER: frozenset[Severity](),
}
_SCHEMA = 1
_PIECE = 2**20
_ENTRY = {"sha256", "finding", "reason"}


@dataclass(frozen=True, kw_only=True)
class Rules:
    """What a person has decided; ``allowed`` is by sha256 and kind, with the reason."""

    fail_on: str = "danger"
    allowed: Mapping[tuple[str, str], str] | None = None


@dataclass(frozen=True, kw_only=True)
class Judged:
    """A finding, the file's hash, and why it does not stop, if somebody allowed it."""

    finding: Finding
    sha256: str
    allowed: str | None = None
    stops: bool = False


def judged(inspection: Inspection, sha256: str, rules: Rules) -> tuple[Judged, ...]:
    """Return the findings of one file, each with whether it stops."""
    stopping, allowed = _STOPS[rules.fail_on], rules.allowed or {}
    return tuple(
        Judged(
            finding=one,
            sha256=sha256,
            allowed=(why := allowed.get((sha256, one.kind))),
            stops=one.severity in stopping and why is None,
        )
        for one in inspection.findings
    )


def sha256_of(path: Path, inspection: Inspection) -> str:
    """Hash a file; of a folder, or of several files, the lines ``sha256sum`` prints of all in it.

    What cannot be read has no hash: the empty text. Nor has a folder with links that lead out of
    it, so that nobody allows what may be another thing tomorrow.
    """
    folder = path if path.is_dir() else path.parent
    if any(one.kind == LINK for one in inspection.findings):
        return ""
    if path.is_dir():
        found = (one for one in path.rglob("*") if one.is_file())
        names = tuple(one.relative_to(path).as_posix() for one in found)
    else:
        names = inspection.files or ((path.name,) if path.is_file() else ())
    try:
        hashes = [(_hash(folder / name), name) for name in sorted(names)]
    except OSError:
        return ""
    if len(hashes) == 1 and not path.is_dir():
        return hashes[0][0]
    lines = "".join(f"{value}  {_escaped(name)}\n" for value, name in hashes)
    return hashlib.sha256(lines.encode(errors="surrogateescape")).hexdigest() if hashes else ""


def _escaped(name: str) -> str:
    return name.replace("\\", "\\\\").replace("\n", "\\n")  # as sha256sum does, one name a line


def read_rules(folder: Path, *, fail_on: str | None, baseline: Path | None) -> Rules:
    """Read ``[tool.caniload]`` of the nearest pyproject.toml, and a baseline.

    ``UsageError``: one of them says what is not understood.
    """
    table, place = project.table(folder)
    allowed = dict(_allowed(table.get("allow", []), place))
    if baseline is not None:
        allowed.update(dict.fromkeys(_baseline(baseline), f"in the baseline {baseline.name}"))
    level = fail_on or table.get("fail-on", "danger")
    if not isinstance(level, str) or level not in LEVELS:
        raise UsageError(f"{place}: fail-on is one of {', '.join(LEVELS)}, not {level!r}")
    return Rules(fail_on=level, allowed=allowed)


def as_baseline(found: Iterable[Judged]) -> str:
    """Return all findings as a baseline: what is there from now on, and stops no more."""
    entries = sorted({(one.sha256, one.finding.kind) for one in found if one.sha256})
    listed = [{"sha256": sha256, "finding": kind} for sha256, kind in entries]
    return json.dumps({"caniload-baseline": _SCHEMA, "findings": listed}, indent=1) + "\n"


def _allowed(entries: Any, place: Path | None) -> Iterator[tuple[tuple[str, str], str]]:
    for entry in entries if isinstance(entries, list) else [entries]:
        fine = isinstance(entry, dict) and set(entry) == _ENTRY
        if not fine or not all(isinstance(one, str) and one.strip() for one in entry.values()):
            raise UsageError(
                f"{place}: each of [[tool.caniload.allow]] has sha256, finding and reason, as text"
            )
        yield (entry["sha256"].lower(), entry["finding"]), entry["reason"]


def _baseline(path: Path) -> list[tuple[str, str]]:
    problem = f"--baseline {path}: no baseline that can be read; `--write-baseline` writes one"
    try:
        read = json.loads(path.read_text("utf-8"))
        known = read["caniload-baseline"] == _SCHEMA
        found = [(str(one["sha256"]), str(one["finding"])) for one in read["findings"]]
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise UsageError(problem) from error
    if not known:
        raise UsageError(problem)
    return [one for one in found if one[0]]


def _hash(path: Path) -> str:
    hashed = hashlib.sha256()
    with path.open("rb") as stream:
        while piece := stream.read(_PIECE):
            hashed.update(piece)
    return hashed.hexdigest()
