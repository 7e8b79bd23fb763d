"""What an upgrade opens: files that attack, and reach something there that they did not; pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from caniload.runner.attacking.doors import doors, gained
from caniload.runner.attacking.telling import names
from caniload.runner.core.attacked import AttackTable

_NAMED = 6


def opened(table: AttackTable, before: str, after: str, formats: Iterable[str]) -> Iterator[str]:
    """Yield a sentence for each format for which the newer version is open to more."""
    old, new = table.of(before), table.of(after)
    if old is None or new is None:
        return
    for kind in formats:
        here, there = doors(table, old, kind), doors(table, new, kind)
        if here is None or there is None:
            continue
        if more := gained(here, there):
            attacks = "1 attack" if len(more) == 1 else f"{len(more)} attacks"
            yield (
                f"{after} is open to {attacks} by {kind} files that {before} refuses or"
                f" ignores: {names(more, _NAMED)} (measured {there.measured_at})"
            )
