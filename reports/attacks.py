"""The page about files that attack: which version lets what through (pure)."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from caniload.reports.words import CODE
from caniload.runner.core.attacked import (
    LESSER,
    AttackCell,
    AttackedEnvironment,
    AttackFile,
    AttackTable,
    Came,
    Reached,
    fewer,
    newest_first,
    numbers,
)
from caniload.runner.core.outcomes import Outcome

_CODES = {
    Came.REFUSED: CODE[Outcome.IDENTICAL],
    Came.IGNORED: CODE[Outcome.TOLERANCE],
    Came.REACHED: CODE[Outcome.ERROR],
    Came.UNTESTED: CODE[Outcome.UNTESTED],
}
"""The marks that pages have already: good, good but nothing was refused, bad, not known."""

NOT_TRIED = "not tried: there is nothing to attack"
MEANS = {
    Came.REFUSED: "the loader raised, and nothing came of it",
    Came.IGNORED: "it loaded, and nothing came of it",
    Came.REACHED: "what the file was after happened",
    Came.UNTESTED: "the same file without the attack does not load there, or ours failed",
}


@dataclass(frozen=True, kw_only=True)
class Square:
    code: int
    words: str


@dataclass(frozen=True, kw_only=True)
class Line:
    """One attack file in all environments."""

    attack: AttackFile
    squares: tuple[Square, ...]
    reached: int
    tried: int


@dataclass(frozen=True, kw_only=True)
class Parting:
    """Cells of one attack in which an advisory says something else for the same reason."""

    attack: AttackFile
    environments: tuple[str, ...]
    came: Came
    says: str
    why: str


@dataclass(frozen=True, kw_only=True)
class Standing:
    """One environment: how many files came to what, and the formats in which one reached."""

    environment: AttackedEnvironment
    counts: dict[str, int]
    open: tuple[tuple[str, int], ...]


@dataclass(frozen=True, kw_only=True)
class Least:
    """An environment with fewer doors than all newer ones; ``lesser`` take memory or call Keras."""

    label: str
    keras: str
    open: int
    lesser: int


def context(table: AttackTable) -> dict[str, Any]:
    """Return what the template says."""
    cells = [cell for row in table.environments for cell in row.cells.values()]
    counts = Counter(cell.came for cell in cells)
    return {
        "table": table,
        "total": len(cells),
        "tallies": [(word, _CODES[word], counts[word], MEANS[word]) for word in Came],
        "groups": [
            (kind, [_line(table, one) for one in files])
            for kind, files in groupby(table.attacks, key=lambda one: one.format)
        ],
        "standing": [_standing(table, row) for row in _beside(table.environments)],
        "fronts": [
            (kind, list(_front(table, kind)))
            for kind in dict.fromkeys(one.format for one in table.attacks)
        ],
        "partings": list(_partings(table)),
        "words": [word.value for word in Came],
    }


def _line(table: AttackTable, attack: AttackFile) -> Line:
    found = [row.cells.get(attack.id) for row in table.environments]
    known = [cell.came for cell in found if cell and cell.came is not Came.UNTESTED]
    return Line(
        attack=attack,
        squares=tuple(_square(cell) for cell in found),
        reached=known.count(Came.REACHED),
        tried=len(known),
    )


def _square(cell: AttackCell | None) -> Square:
    if cell is None:
        return Square(code=CODE[Outcome.NA], words=NOT_TRIED)
    said = "; an advisory says otherwise" if cell.parts else ""
    return Square(code=_CODES[cell.came], words=f"{cell.came}{said}")


def _beside(rows: Sequence[AttackedEnvironment]) -> list[AttackedEnvironment]:
    """Order environments so that what has one TensorFlow stands together, older Keras first."""
    first = {
        row.versions.get("tensorflow", row.id): place for place, row in reversed([*enumerate(rows)])
    }
    return sorted(
        rows,
        key=lambda row: (first[row.versions.get("tensorflow", row.id)], numbers(row.keras)),
    )


def _standing(table: AttackTable, row: AttackedEnvironment) -> Standing:
    counts = Counter(cell.came for cell in row.cells.values())
    formats = {one.id: one.format for one in table.attacks}
    reached = Counter(
        formats[name] for name, cell in row.cells.items() if cell.came is Came.REACHED
    )
    return Standing(
        environment=row,
        counts={word.value: counts[word] for word in Came},
        open=tuple(reached.items()),
    )


def _front(table: AttackTable, kind: str) -> Iterator[Least]:
    """Yield, from the newest on, what has fewer doors open to a format than all that is newer."""
    files = [one for one in table.attacks if one.format == kind]
    tried = []
    for row in newest_first(table.environments):
        cells = [(one, row.cells[one.id].came) for one in files if one.id in row.cells]
        if any(came is not Came.UNTESTED for _, came in cells):
            tried.append((row, _reached(cells)))
    for number in fewer(found for _, found in tried):
        row, found = tried[number]
        yield Least(
            label=row.label, keras=row.keras, open=len(found.open), lesser=len(found.lesser)
        )


def _reached(cells: Sequence[tuple[AttackFile, Came]]) -> Reached:
    reached = [one for one, came in cells if came is Came.REACHED]
    return Reached(
        open=frozenset(one.id for one in reached if one.reaches not in LESSER),
        lesser=frozenset(one.id for one in reached if one.reaches in LESSER),
        untested=frozenset(one.id for one, came in cells if came is Came.UNTESTED),
    )


def _partings(table: AttackTable) -> Iterator[Parting]:
    """Yield where advisories say something else, alike cells of one attack together."""
    for attack in table.attacks:
        found: dict[tuple[Came, str], list[tuple[AttackedEnvironment, AttackCell]]] = {}
        for row in table.environments:
            if (cell := row.cells.get(attack.id)) is None:
                continue
            for part in cell.parts:
                said = re.sub(r"(Keras|TensorFlow) \S+ is", r"this \1 is", part)
                found.setdefault((cell.came, said), []).append((row, cell))
        for (came, said), both in found.items():
            yield Parting(
                attack=attack,
                environments=tuple(f"{row.label} (Keras {row.keras})" for row, _ in both),
                came=came,
                says=said,
                why=both[0][1].why,
            )


def as_csv(table: AttackTable) -> bytes:
    """Return a row for each cell."""
    with io.StringIO() as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(
            ["environment", "keras", "attack", "format", "reaches", "came", "why", "advisories"]
        )
        for row in table.environments:
            for one in table.attacks:
                if cell := row.cells.get(one.id):
                    writer.writerow(
                        [
                            *(row.id, row.keras, one.id, one.format, one.reaches, cell.came.value),
                            *(cell.why, "; ".join(cell.parts)),
                        ]
                    )
        return stream.getvalue().encode()
