"""The note that a shard leaves in its home when it has ended: which it was, of what plan."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from caniload.runner.core.putting import put_text
from caniload.runner.environments.disk import Cost
from caniload.runner.environments.home import Home
from caniload.runner.environments.locking import lock_sha256
from caniload.runner.evidence.keys import digest, measurement
from caniload.runner.matrix.plan import Plan, Stage
from caniload.runner.matrix.reference import read_family, read_form
from caniload.runner.sharding.dividing import Place, weigh

ASPECTS = ("matrix.yaml", "probes", "selection", "locks", "costs")
"""What makes a plan what it is; where one differs, those after it may differ for that."""


@dataclass(frozen=True, kw_only=True)
class Note:
    """One shard that was run to its end.

    ``plan`` has a hash for each of ``ASPECTS``. ``fingerprints`` and
    ``pythons`` are those of all environments that were known there; ``unusable`` says why
    environments of its own could not be used.
    """

    place: Place
    plan: Mapping[str, str]
    fingerprints: Mapping[str, str]
    pythons: Mapping[str, str]
    unusable: Mapping[str, str]


def identify(plan: Plan, prices: Mapping[str, Cost], locks: Path) -> dict[str, str]:
    """Return what two machines must have in common for their shards to be of one plan."""
    matrix = plan.matrix
    families = [read_family(name).sha256 for name in sorted({one.family for one in matrix.models})]
    forms = [read_form(known.id).sha256 for known in matrix.formats]
    cells = plan.cells.sha256(), [cell.id for cell in plan.controls]
    weights = [weigh(plan, stage, prices) for stage in Stage]
    hashes = (
        digest(matrix.model_dump(mode="json")),
        digest(measurement(), families, forms),
        digest(*cells),
        digest({one.id: lock_sha256(one, locks) for one in plan.environments}),
        digest(weights),
    )
    return dict(zip(ASPECTS, hashes, strict=True))


def write(note: Note, home: Home) -> None:
    """Put the note in place in one step."""
    home.shards.mkdir(parents=True, exist_ok=True)
    put_text(_path(note.place, home), as_text(note))


def as_text(note: Note) -> str:
    return json.dumps(asdict(note), indent=1, sort_keys=True)


def read(home: Home) -> tuple[Note, ...]:
    """Return the notes of a home; one that cannot be read is as if the shard had not ended."""
    found = (_note(path) for path in sorted(home.shards.glob("*.json")))
    return tuple(note for note in found if note is not None)


def _note(path: Path) -> Note | None:
    try:
        return parse(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError):
        return None


def parse(text: str) -> Note | None:
    """Return the note that a text is; ``None`` if it is none."""
    try:
        data: dict[str, Any] = json.loads(text)
        place = data.pop("place")
        return Note(place=Place(**{**place, "stage": Stage(place["stage"])}), **data)
    except (ValueError, KeyError, TypeError):
        return None


def begin(place: Place, plan: Mapping[str, str], home: Home) -> None:
    """Forget that this shard ended before, and all shards of other plans."""
    for note in read(home):
        if note.place == place or note.plan != plan:
            _path(note.place, home).unlink(missing_ok=True)


def _path(place: Place, home: Home) -> Path:
    return home.shards / f"{place.stage}-{place.number}-of-{place.of}.json"


def missing(places: Iterable[Place], stage: Stage) -> list[Place] | None:
    """Return the shards that a stage lacks: none where all of some division are there.

    ``None`` where there is no shard of that stage at all.
    """
    numbers: dict[int, set[int]] = {}
    for place in places:
        if place.stage is stage:
            numbers.setdefault(place.of, set()).add(place.number)
    if not numbers:
        return None
    lacking = {of: set(range(1, of + 1)) - there for of, there in numbers.items()}
    if not all(lacking.values()):
        return []
    return sorted(
        Place(stage=stage, of=of, number=number) for of, left in lacking.items() for number in left
    )
