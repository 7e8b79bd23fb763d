"""Whether a report still says all there is to say; then it need not be drawn again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from caniload.runner.core.putting import put_text
from caniload.runner.core.shipped import ROOT, SOURCES
from caniload.runner.environments.receipts import read_receipt
from caniload.runner.evidence.keys import digest
from caniload.runner.evidence.known import Evidence
from caniload.runner.matrix.plan import Selection


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """A report as it was drawn: from what (a hash), of what, and what the command said of it.

    ``unnamed`` says which share of texts without an entry in the catalogue is too large.
    """

    inputs: str
    selection: Mapping[str, Any]
    index: str
    summary: Sequence[str]
    untested: int
    unproven: int
    unnamed: Sequence[str] = ()


def inputs(evidence: Evidence, index: Path, locks: Path) -> str:
    """Hash all that a report is made of: results, plan, environments, and our own sources."""
    plan, home = evidence.plan, evidence.home
    receipts = [read_receipt(home.environment(one.id)) for one in plan.environments]
    return digest(
        evidence.store.sha256(),
        plan.matrix.model_dump(mode="json"),
        [one.id for one in plan.environments],
        [one.id for one in plan.models],
        [one.id for one in plan.formats],
        plan.cells.sha256(),
        evidence.resolution.fingerprints,
        dict(evidence.resolution.untested),
        [receipt.built_at if receipt else None for receipt in receipts],
        _sources(),
        str(index),
        str(locks),
    )


def _sources() -> str:
    whole = hashlib.sha256()
    for folder in SOURCES:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.is_file() and path.suffix != ".pyc":
                whole.update(path.read_bytes())
    return whole.hexdigest()


def recall(file: Path, wanted: str) -> Drawn | None:
    """Return the report that was drawn from just these inputs, if it is still there."""
    drawn = _last(file)
    there = drawn is not None and drawn.inputs == wanted and Path(drawn.index).is_file()
    return drawn if there else None


def last_selection(file: Path) -> Selection | None:
    """Return what the last report was of; ``None`` if there is none that can be read."""
    drawn = _last(file)
    if drawn is None or not drawn.selection:
        return None
    try:
        return selection_from(drawn.selection)
    except TypeError:
        return None


def selection_from(data: Mapping[str, Any]) -> Selection:
    """Return a selection that was written as JSON; ``TypeError`` where it is none."""
    return Selection(**{name: _frozen(one) for name, one in data.items()})


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _last(file: Path) -> Drawn | None:
    try:
        return Drawn(**json.loads(file.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def remember(file: Path, drawn: Drawn) -> None:
    """Note what was drawn; a note that cannot be read is as good as none."""
    file.parent.mkdir(parents=True, exist_ok=True)
    put_text(file, json.dumps(asdict(drawn)))
