"""What was measured in a home -> a pack of it; and what comes with caniload, written anew.

python -m caniload.runner.answering.exporting HOME    # writes the pack that ships, from HOME
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from caniload.runner.answering.index import read_index
from caniload.runner.core.shipped import LOCKS, MATRIX
from caniload.runner.environments.constructors import kept
from caniload.runner.environments.home import Home
from caniload.runner.environments.locking import lock_sha256
from caniload.runner.environments.settling import settled
from caniload.runner.evidence.constructors import part_of, to_try
from caniload.runner.matrix import choosing
from caniload.runner.matrix import plan as planning
from caniload.runner.matrix.plan import Selection
from caniload.runner.matrix.reading import read_matrix
from caniload.runner.matrix.schema import Matrix
from caniload.runner.packs.columns import Row
from caniload.runner.packs.contents import Part
from caniload.runner.packs.joining import table
from caniload.runner.packs.pack import Contents, Pack
from caniload.runner.packs.shelf import SHIPPED, environment_row, python_of


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What of a home goes into a pack; by default all that is there. Empty means all, too.

    ``cells`` are ids, and leave nothing else to choose.
    """

    savers: frozenset[str] = frozenset()
    readers: frozenset[str] = frozenset()
    models: frozenset[str] = frozenset()
    formats: frozenset[str] = frozenset()
    cells: frozenset[str] = frozenset()

    def takes(self, saver: str, model: str, format_id: str, reader: str) -> bool:
        if self.cells:
            return f"{saver}/{model}.{format_id}/{reader}" in self.cells
        return all(
            not chosen or one in chosen
            for one, chosen in (
                *((saver, self.savers), (model, self.models)),
                *((format_id, self.formats), (reader, self.readers)),
            )
        )


def wanted(matrix: Matrix, selection: Selection) -> Wanted:
    """Return what a selection takes; ``UsageError`` where there is nothing of that name."""
    chosen = planning.make(matrix, selection)
    if selection.cells:
        return Wanted(cells=frozenset(selection.cells))
    savers = frozenset(one.id for one in chosen.environments)
    readers = choosing.profile(matrix, selection.profile).readers.environments
    return Wanted(
        savers=savers,
        readers=frozenset(readers) or savers,
        models=frozenset(one.id for one in chosen.models),
        formats=frozenset(one.id for one in chosen.formats),
    )


def contents(
    matrix: Matrix, home: Home, locks: Path, taking: Wanted, say: Callable[[str], None]
) -> Contents:
    """Return what was measured in a home; empty where nothing was."""
    made = Contents()
    index = read_index(matrix=matrix, home=home, locks=locks, say=say)
    if index is not None:
        pins = index.locks()
        for said in index.files():
            part = _taken(index, said, taking)
            if part.files:
                made.parts[said["name"]] = part
                _name(made, part, index, pins)
    return made


def _taken(index: Pack, said: Row, taking: Wanted) -> Part:
    """Return of a part what is wanted: files of which cells are."""
    whole = index.part(said["name"])
    rows = index.tables.environments
    cells = {
        (key, reader): found
        for (key, reader), found in whole.cells.items()
        if taking.takes(
            said["saver"], whole.files[key]["model"], said["format"], rows[reader]["id"]
        )
    }
    files = {key for key, _ in cells}
    return Part(files={key: one for key, one in whole.files.items() if key in files}, cells=cells)


def _name(made: Contents, part: Part, index: Pack, pins: Mapping[str, dict[str, str]]) -> None:
    """Take in what a part refers to."""
    savers = {row["saver"] for row in part.files.values()}
    for key in {*savers, *(reader for _, reader in part.cells)}:
        row = index.tables.environments[key]
        made.environments[key] = row
        made.locks[row["lock"]] = pins[row["lock"]]
    for found in part.cells.values():
        for one in found:
            made.sources[one["source"]] = index.tables.sources[one["source"]]


def add_constructors(made: Contents, matrix: Matrix, home: Home, locks: Path) -> None:
    """Put in what constructors take, of the environments that were asked here."""
    tried = to_try()
    reports = {}
    for one in matrix.environments:
        if report := kept(one, tried, home=home, locks=locks):
            row = environment_row(one, python_of(one, home), lock_sha256(one, locks))
            reports[made.environment(row)] = report
    made.constructors = part_of(reports, tried)


def publish(home: Home, path: Path = SHIPPED, say: Callable[[str], None] = print) -> None:
    """Write what comes with caniload, from what was measured in a home.

    What constructors take is of its own making; what ships of it stays.
    """
    matrix = settled(read_matrix(MATRIX), home, LOCKS)
    made = contents(matrix, home, LOCKS, Wanted(), say)
    if path.is_file():
        before = Pack(path)
        made.constructors = before.constructors()
        asked = {one["environment"] for one in made.constructors.get("entries", ())}
        rows = {key: row for key, row in before.tables.environments.items() if key in asked}
        made.environments = table(made.environments, rows)
    made.write(path)
    say(f"{path}: {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    publish(Home(root=Path(sys.argv[1]).absolute()))
