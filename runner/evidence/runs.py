"""The note that each run leaves beside its results: when, and how much of it was really run.

Results are kept for good and know no day. A night in which nothing ran looks as green as the one
before; these notes tell the two apart.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from caniload.runner.core.putting import put_text
from caniload.runner.environments.home import Home

KEPT = 200
"""Notes of runs that a home has at most; the oldest go."""


@dataclass(frozen=True, kw_only=True)
class Ran:
    """What one run did, in counts; ``ended`` is ISO 8601 in UTC, ``unusable`` by environment.

    ``readers`` are the fingerprints of the environments whose cells were its to load.
    """

    ended: str
    loaded: int
    told: int
    saved: int
    built: int
    unusable: Mapping[str, str]
    readers: Sequence[str] = ()
    id: str = ""


def note(home: Home, ran: Ran) -> None:
    """Leave a note in one step; without an id it gets one that no other machine has."""
    home.runs.mkdir(parents=True, exist_ok=True)
    known = ran.id or f"{ran.ended.replace(':', '').replace('+', '-')}-{uuid.uuid4().hex[:8]}"
    put_text(home.runs / f"{known}.json", json.dumps({**asdict(ran), "id": known}, indent=1))
    for old in sorted(home.runs.glob("*.json"))[:-KEPT]:
        old.unlink(missing_ok=True)


def read(home: Home, after: str = "") -> list[Ran]:
    """Return the runs that ended later than ``after``, oldest first; what is no note is none."""
    found = []
    for path in sorted(home.runs.glob("*.json")):
        try:
            ran = Ran(**{**json.loads(path.read_text(encoding="utf-8")), "id": path.stem})
            counts = (ran.loaded, ran.told, ran.saved, ran.built)
            _moment(ran.ended)
            if all(type(one) is int and one >= 0 for one in counts):
                found.append(ran)
        except (OSError, ValueError, TypeError):
            continue
    since = _moment(after) if after else None
    return [one for one in found if since is None or _moment(one.ended) > since]


def _moment(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def now() -> str:
    """Return this moment, to the microsecond: two nights of a test may share a second."""
    return datetime.now(UTC).isoformat()
