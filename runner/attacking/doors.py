"""What is open where, for files of a format, and which version that leaves; pure.

A door is an attack file that reached what it was after. That nothing is open says something only
where all files of a format were tried: what was not tested is told, and is never taken for closed.
"""

from __future__ import annotations

from dataclasses import dataclass

from caniload.runner.core.attacked import LESSER, AttackedEnvironment, AttackTable, Came


@dataclass(frozen=True, kw_only=True)
class Doors:
    """Attack files of one format in one environment, by what came of them.

    ``open`` are those that ran, imported, read or wrote something, ``lesser`` those that reached
    less than that.
    """

    environment: str
    label: str
    format: str
    keras: str
    measured_at: str
    open: tuple[str, ...]
    lesser: tuple[str, ...]
    closed: tuple[str, ...]
    untested: tuple[str, ...]

    @property
    def tried(self) -> int:
        return len(self.open) + len(self.lesser) + len(self.closed)


def doors(table: AttackTable, row: AttackedEnvironment, kind: str) -> Doors | None:
    """Return the doors of an environment for a format; ``None``: none of its files was tried."""
    files = [one for one in table.attacks if one.format == kind and one.id in row.cells]
    by = {word: [one for one in files if row.cells[one.id].came is word] for word in Came}
    reached = by[Came.REACHED]
    found = Doors(
        environment=row.id,
        label=row.label,
        format=kind,
        keras=row.keras,
        measured_at=row.measured_at,
        open=tuple(one.id for one in reached if one.reaches not in LESSER),
        lesser=tuple(one.id for one in reached if one.reaches in LESSER),
        closed=tuple(one.id for one in (*by[Came.REFUSED], *by[Came.IGNORED])),
        untested=tuple(one.id for one in by[Came.UNTESTED]),
    )
    return found if found.tried else None


def gained(before: Doors, after: Doors) -> tuple[str, ...]:
    """Return what is open after and was closed before, where both were tried."""
    return tuple(one for one in (*after.open, *after.lesser) if one in before.closed)
