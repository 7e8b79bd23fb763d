"""Which results of a pack are of the very cells of a plan: the same locks, models and measuring.

A cell of a pack stands for one here where both its environments are locked as they are here, on the
same Python and with the same variables, its model and format are saved by the code of today, and
its facts mean what they mean here. What does not is unused, which ``unused`` says.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from caniload.runner.environments.locking import lock_sha256
from caniload.runner.environments.variables import replay_variables
from caniload.runner.evidence import keys
from caniload.runner.matrix.reference import read_form
from caniload.runner.matrix.schema import Environment, Matrix
from caniload.runner.packs.columns import Row
from caniload.runner.packs.contents import Part
from caniload.runner.packs.joining import end
from caniload.runner.packs.pack import Pack
from caniload.runner.packs.shelf import Here

if TYPE_CHECKING:
    from caniload.runner.evidence.known import Evidence

MEASURED = ("load", "save")
"""The kinds of facts that an outcome rests on."""

File = tuple[str, str, str]
"""Saver, model and format."""


def here_of(matrix: Matrix, locks: Path) -> Here:
    """Return what of packs counts here."""
    return Here(
        matrix=matrix, measurement={kind: keys.schema(kind) for kind in MEASURED}, locks=locks
    )


@dataclass(kw_only=True)
class Packed:
    """What a pack says of cells of a plan: a verdict's row and its reader's, by file and reader."""

    cells: dict[File, dict[str, tuple[Row, Row]]] = field(default_factory=dict)
    unused: tuple[str, ...] = ()


def packed(pack: Pack, evidence: Evidence, locks: Path) -> Packed:
    """Look up a plan's environments, models and formats; ``PackError`` where a part is spoilt."""
    plan, rows = evidence.plan, pack.tables.environments
    planned = {one.id: one for one in plan.environments}
    locked = {name: lock_sha256(one, locks) for name, one in planned.items()}
    same = {
        key: row["id"]
        for key, row in rows.items()
        if row["id"] in planned and _is(row, planned[row["id"]], locked[row["id"]])
    }
    here = here_of(plan.matrix, locks)
    sources = {key for key, one in pack.tables.sources.items() if here.counts(one)}
    formats = {one.id: read_form(one.id).sha256 for one in plan.formats}
    models = {one.id: evidence.family(one.id).sha256 for one in plan.models}
    found, met, changed = Packed(), set(), set()
    for said in pack.files():
        if said["format"] not in formats or said["saver"] not in planned:
            continue
        part = pack.part(said["name"])
        met |= {row["saver"] for row in part.files.values()} | {key for _, key in part.cells}
        for key, row in part.files.items():
            if row["saver"] in same and row["model"] in models:
                written = row.get("family"), row.get("form")
                if written != (models[row["model"]], formats[said["format"]]):
                    changed.add(f"{row['model']}.{said['format']}")
                    continue
                place = said["saver"], row["model"], said["format"]
                cells = found.cells.setdefault(place, {})
                for reader, verdict in _of_file(part, key, same, sources):
                    cells[same[reader]] = verdict, rows[reader]
    others = {rows[key]["id"] for key in met if key in rows} & planned.keys()
    known = {f"{model}.{form}" for (_, model, form), cells in found.cells.items() if cells}
    found.unused = (*_foreign(others - {*same.values()}), *_changed(changed - known))
    return found


def _is(row: Row, environment: Environment, lock: str) -> bool:
    """Say whether a row is of an environment exactly as it is here, wherever it was built."""
    return (
        row["lock"] == lock
        and row["imports"] == environment.imports
        and row["variables"] == replay_variables(environment)
        and f"{row['python']}.".startswith(f"{environment.python}.")
    )


def _of_file(
    part: Part, key: str, same: Mapping[str, str], sources: set[str]
) -> Iterator[tuple[str, Row]]:
    """Yield by reader what counts; measurements that contradict each other say nothing."""
    for reader in same:
        verdicts = [one for one in part.cells.get((key, reader), ()) if one["source"] in sources]
        if verdicts and len({end(one) for one in verdicts}) == 1:
            yield reader, verdicts[0]


def _foreign(names: set[str]) -> Iterator[str]:
    if names:
        yield (
            "Shipped evidence of these is not shown, for they are locked otherwise here, or on"
            f" another Python: {', '.join(sorted(names))}."
        )


def _changed(names: set[str]) -> Iterator[str]:
    if names:
        yield (
            "Shipped evidence of these is not shown, for the code that saves them has changed:"
            f" {', '.join(sorted(names))}."
        )
