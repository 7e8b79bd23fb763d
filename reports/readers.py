"""Who reads a file, version by version: its first bad reader, and readers that break in between.

Pure. What was not tested, does not apply or is no evidence says nothing and is passed over.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from caniload.reports.planes import Flags, Planes
from caniload.reports.table import Place, Table
from caniload.reports.words import BREAKING_CODES, LOADING_CODES, ORDER
from caniload.runner.core.outcomes import Outcome


@dataclass(frozen=True, kw_only=True)
class FirstBad:
    """The first version of a stack, from the saving one on, that breaks a file; by place."""

    save: int
    model: int
    kind: int
    stack: str
    load: int
    code: int


@dataclass(frozen=True, kw_only=True)
class Gap:
    """Files that older and newer versions of a stack read, and ``loads`` between them do not."""

    stack: str
    model: int
    kind: int
    loads: tuple[int, ...]
    saves: tuple[int, ...]
    worst: int


def first_bad_readers(grid: Planes) -> Iterator[FirstBad]:
    """Yield the first bad reader of every file that has one, for each stack.

    In its own stack older versions than the saving one do not count, which nobody promises to work.
    """
    _, breaks = _readable(grid)
    for save in range(len(grid.environments)):
        for stack, places in _versions(grid, save):
            from_here = [place for place in places if place >= save or save not in places]
            column = breaks[save][from_here]
            for model, kind in np.argwhere(column.any(axis=0)):
                load = from_here[int(column[:, model, kind].argmax())]
                yield FirstBad(
                    save=save,
                    model=int(model),
                    kind=int(kind),
                    stack=stack,
                    load=load,
                    code=int(grid.codes[save, load, model, kind]),
                )


def gaps(grid: Planes) -> list[Gap]:
    """Return what works, breaks and works again along a stack; files that do so alike together."""
    works, breaks = _readable(grid)
    found: dict[tuple[str, int, int, tuple[int, ...]], list[int]] = {}
    for save in range(len(grid.environments)):
        for stack, places in _versions(grid, save):
            column = works[save][list(places)]
            before = np.logical_or.accumulate(column, axis=0)
            after = np.logical_or.accumulate(column[::-1], axis=0)[::-1]
            between = breaks[save][list(places)] & before & after
            for model, kind in np.argwhere(between.any(axis=0)):
                loads = tuple(places[n] for n in np.flatnonzero(between[:, model, kind]))
                found.setdefault((stack, int(model), int(kind), loads), []).append(save)
    listed = [
        Gap(
            stack=stack,
            model=model,
            kind=kind,
            loads=loads,
            saves=tuple(saves),
            worst=int(grid.codes[np.ix_(saves, loads, [model], [kind])].max()),
        )
        for (stack, model, kind, loads), saves in found.items()
    ]
    return sorted(listed, key=lambda gap: (-gap.worst, -len(gap.saves), gap.loads, gap.model))


@dataclass(frozen=True, kw_only=True)
class FirstBadRow:
    """Files of one environment and format that break first in the same reader, the same way."""

    kind: int
    load: int
    code: int
    cause: str | None
    models: tuple[str, ...]


def first_bad_rows(grid: Planes, table: Table) -> dict[int, list[FirstBadRow]]:
    """List by saving environment the first bad reader of each of its files in its own stack."""
    stack_of = [one.stack for one in grid.environments]
    found: dict[int, dict[tuple[int, int, int, str | None], list[str]]] = {}
    for one in first_bad_readers(grid):
        if one.stack == stack_of[one.save]:
            like = (one.kind, one.load, one.code, cause(grid, table, one))
            group = found.setdefault(one.save, {}).setdefault(like, [])
            group.append(grid.models[one.model].id)
    return {
        save: [
            FirstBadRow(kind=kind, load=load, code=code, cause=cause, models=tuple(models))
            for (kind, load, code, cause), models in sorted(
                groups.items(), key=lambda item: item[0][:3]
            )
        ]
        for save, groups in found.items()
    }


def coordinates(grid: Planes, one: FirstBad) -> Place:
    """Name the cell: format, saver, loader and model."""
    return (
        grid.formats[one.kind].id,
        grid.environments[one.save].id,
        grid.environments[one.load].id,
        grid.models[one.model].id,
    )


def cause(grid: Planes, table: Table, one: FirstBad) -> str | None:
    """Return the cause of what the first bad reader makes of a file; of a difference none is known.

    A model that is silently another has the cause of what its training step raised after that.
    """
    if ORDER[one.code] is Outcome.DIFFERS:
        return None
    row = grid.rows[one.save, one.load, one.model, one.kind]
    verdict = table.cells.verdicts[int(table.verdict[row])]
    return verdict.cause


def _versions(grid: Planes, save: int) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Yield each stack with its versions; twins are none, but where they saved the file."""
    for stack, places in grid.stacks:
        yield (
            stack,
            tuple(one for one in places if one == save or not grid.environments[one].twin),
        )


def _readable(grid: Planes) -> tuple[Flags, Flags]:
    """Return where a file is read, and where it breaks, as far as the evidence goes."""
    sound = ~grid.no_evidence
    return np.isin(grid.codes, LOADING_CODES) & sound, np.isin(grid.codes, BREAKING_CODES) & sound
