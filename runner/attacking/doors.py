"""What is open where, for files of a format, and which version that leaves; pure.

A door is an attack file that reached what it was after. That nothing is open says something only
where all files of a format were tried: what was not tested is told, and is never taken for closed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from packaging.version import InvalidVersion, Version

from caniload.runner.attacking.attacks import release
from caniload.runner.core.attacked import AttackedEnvironment, AttackTable, Came

GROWS = "grows"
"""What an attack reaches that takes memory or disk, and nothing else."""


@dataclass(frozen=True, kw_only=True)
class Doors:
    """Attack files of one format in one environment, by what came of them."""

    environment: str
    label: str
    format: str
    keras: str
    measured_at: str
    open: tuple[str, ...]
    closed: tuple[str, ...]
    untested: tuple[str, ...]
    reaches: tuple[str, ...]

    @property
    def tried(self) -> int:
        return len(self.open) + len(self.closed)

    @property
    def known_closed(self) -> bool:
        """Say whether files were tried, and none of them reached anything."""
        return bool(self.closed) and not self.open

    @property
    def only_grows(self) -> bool:
        """Say whether all that is open costs memory or disk alone."""
        return bool(self.open) and set(self.reaches) == {GROWS}


def doors(table: AttackTable, row: AttackedEnvironment, kind: str) -> Doors | None:
    """Return the doors of an environment for a format; ``None``: none of its files was tried."""
    files = [one for one in table.attacks if one.format == kind and one.id in row.cells]
    by = {word: [one for one in files if row.cells[one.id].came is word] for word in Came}
    found = Doors(
        environment=row.id,
        label=row.label,
        format=kind,
        keras=row.keras,
        measured_at=row.measured_at,
        open=tuple(one.id for one in by[Came.REACHED]),
        closed=tuple(one.id for one in (*by[Came.REFUSED], *by[Came.IGNORED])),
        untested=tuple(one.id for one in by[Came.UNTESTED]),
        reaches=tuple(dict.fromkeys(one.reaches for one in by[Came.REACHED])),
    )
    return found if found.tried else None


def age(row: AttackedEnvironment) -> tuple[Version, Version]:
    """Return by what versions are newer or older: Keras first, then what brings it."""
    return release(row.keras), _version(row.versions.get("tensorflow", "0"))


def _version(text: str) -> Version:
    try:
        return Version(text)
    except InvalidVersion:
        return Version("0")


def newest_first(rows: Iterable[AttackedEnvironment]) -> list[AttackedEnvironment]:
    return sorted(rows, key=age, reverse=True)


def front(found: Sequence[Doors]) -> list[Doors]:
    """Return those, of many from the newest on, that no newer one beats: fewer doors each.

    Whoever goes further back than the last gains nothing.
    """
    kept: list[Doors] = []
    for one in found:
        if not kept or len(one.open) < len(kept[-1].open):
            kept.append(one)
    return kept


def gained(before: Doors, after: Doors) -> tuple[str, ...]:
    """Return what is open after, was tried before, and was closed there."""
    return tuple(one for one in after.open if one in before.closed)
