"""The security matrix as lines, rows and JSON; pure. Texts of frameworks are cleaned."""

from __future__ import annotations

import dataclasses
import json
from collections import Counter
from collections.abc import Iterator, Sequence

from caniload.runner.core import texts
from caniload.runner.core.attacked import AttackCell, AttackedEnvironment, AttackTable, Came
from caniload.runner.core.sheet import Row

IN_FULL = 2
"""Most environments of which every file is told."""

SIGNS = {Came.REFUSED: "✓", Came.IGNORED: "·", Came.REACHED: "✕", Came.UNTESTED: "?"}


def as_lines(table: AttackTable) -> Iterator[str]:
    """Yield what a person is shown: each file of a few environments, or many in a line each."""
    if len(table.environments) <= IN_FULL:
        for row in table.environments:
            yield from _in_full(table, row)
        return
    width = max(len(row.id) for row in table.environments)
    for row in table.environments:
        yield f"  {row.id:<{width}}  Keras {row.keras}: {counted(row)}"
    yield _parting(table)


def counted(row: AttackedEnvironment) -> str:
    """Return in a line how many files came to what."""
    counts = Counter(cell.came for cell in row.cells.values())
    return ", ".join(f"{counts[word]} {word}" for word in Came if counts[word])


def _in_full(table: AttackTable, row: AttackedEnvironment) -> Iterator[str]:
    where = "here" if row.here else "as it comes with caniload"
    yield f"{row.id}, Keras {row.keras}, measured {row.measured_at} {where}, sandbox {row.sandbox}"
    width = max(len(one.id) for one in table.attacks)
    for one in table.attacks:
        if (cell := row.cells.get(one.id)) is None:
            continue
        said = (
            f": {texts.shown(cell.why, 100)}" if cell.came is not Came.IGNORED and cell.why else ""
        )
        yield f"  {SIGNS[cell.came]} {one.id:<{width}}  {_word(one.reaches, cell)}{said}"
        for part in cell.parts:
            yield f"    {'':<{width}}  {texts.shown(part)}"
    yield f"  {counted(row)}"


def _word(reaches: str, cell: AttackCell) -> str:
    return f"reached, it {reaches}" if cell.came is Came.REACHED else str(cell.came)


def _parting(table: AttackTable) -> str:
    cells = [cell for row in table.environments for cell in row.cells.values()]
    known = sum(cell.came is not Came.UNTESTED for cell in cells)
    apart = sum(bool(cell.parts) for cell in cells)
    return (
        f"{known} of {len(cells)} cells in {len(table.environments)} environments say something;"
        f" in {apart} of them an advisory says otherwise"
    )


def rows(table: AttackTable) -> list[Row]:
    """Return a row for each file in each environment."""
    return [
        Row(
            about=one.id,
            where=row.id,
            word=_word(one.reaches, cell),
            said="; ".join(filter(None, [cell.why, *cell.parts])),
            good={Came.REACHED: False, Came.UNTESTED: None}.get(cell.came, True),
        )
        for row in table.environments
        for one in table.attacks
        if (cell := row.cells.get(one.id)) is not None
    ]


def as_json(table: AttackTable) -> str:
    """Return all of it; the classes in ``core.attacked`` are the schema."""
    return json.dumps(texts.cleaned(dataclasses.asdict(table)), indent=1, ensure_ascii=False)


def names(ids: Sequence[str], most: int = 3) -> str:
    """Return a few of many ids."""
    more = f" and {len(ids) - most} more" if len(ids) > most else ""
    return f"{', '.join(ids[:most])}{more}"
