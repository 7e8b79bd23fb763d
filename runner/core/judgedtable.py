"""Judged cells as columns: what repeats is held once, and a cell is a row of small numbers.

Five million cells are about 50 bytes each, beside the verdicts that differ at all.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import Any, NamedTuple, overload

import numpy as np
import numpy.typing as npt

from caniload.runner.core.cells import Artifact, Cell
from caniload.runner.core.judged import Failure, JudgedCell, Shipped, Verdict
from caniload.runner.core.outcomes import Purpose

Codes = npt.NDArray[np.integer[Any]]
Flags = npt.NDArray[np.bool_]

MARK = "\u00de"
"""A letter whose run, which no text has, stands in a verdict where the file's own path stood.

So cells that differ in nothing but where their files lie share a verdict; a run is as long as the
path, so that whatever is cut from a text is cut at the same place. As a letter of Latin-1 it leaves
a text at a byte a character.
"""

SHORTEST = 8
"""Paths of fewer letters are not replaced: a run of so few might be a word."""

_RUN = MARK * SHORTEST
_MARKS = re.compile(f"{MARK}{{{SHORTEST},}}")
_ANY = re.compile(f"{MARK}+")
NONE = -1


class File(NamedTuple):
    """The file of a cell; ``stands`` is the part of its path that marks stand for."""

    path: str | None = None
    sha256: str | None = None
    bytes: int | None = None
    stands: str = ""


class Process(NamedTuple):
    """What loaded a cell: the interpreter and its variables."""

    python: str | None
    variables: tuple[tuple[str, str], ...]


class Derived(NamedTuple):
    """By which rule a cell was told, and the id of the one that was run."""

    rule: str
    source: str


@dataclass(frozen=True, kw_only=True)
class Names:
    """What the codes of the columns stand for."""

    savers: tuple[str, ...]
    models: tuple[str, ...]
    formats: tuple[str, ...]
    readers: tuple[str, ...]
    damages: tuple[str, ...]
    files: tuple[File, ...]
    processes: tuple[Process, ...]
    repeats: tuple[str, ...]
    derivations: tuple[Derived, ...]
    shipments: tuple[Shipped, ...] = ()


@dataclass(frozen=True, kw_only=True, eq=False)
class Columns:
    """A row for each cell; codes are places in ``Names``, ``NONE`` where there is nothing.

    ``solo`` is 1, 0 or ``NONE``; ``seconds`` is nan where nothing was run.
    """

    saver: Codes
    model: Codes
    format: Codes
    reader: Codes
    damage: Codes
    file: Codes
    process: Codes
    verdict: Codes
    repeat: Codes
    derived: Codes
    solo: Codes
    control: Flags
    evidence: Flags
    repeatable: Flags
    seconds: npt.NDArray[np.float64]
    shipped: Codes

    def take(self, rows: Any) -> Columns:
        return Columns(**{one.name: getattr(self, one.name)[rows] for one in fields(self)})


class Verdicts(list[Verdict]):
    """Every distinct verdict, by its code."""

    @cached_property
    def marked(self) -> Flags:
        """Of each whether it tells where a file lies."""
        return np.array([is_marked(one) for one in self], dtype=bool)


@dataclass(frozen=True, kw_only=True, eq=False)
class JudgedTable(Sequence[JudgedCell]):
    """Judged cells in the order of their plan; each is made when somebody asks for it."""

    names: Names
    columns: Columns
    verdicts: Verdicts

    def __len__(self) -> int:
        return len(self.columns.verdict)

    @overload
    def __getitem__(self, place: int) -> JudgedCell: ...
    @overload
    def __getitem__(self, place: slice) -> JudgedTable: ...
    def __getitem__(self, place: int | slice) -> JudgedCell | JudgedTable:
        return self.take(place) if isinstance(place, slice) else self._cell(place)

    def __iter__(self) -> Iterator[JudgedCell]:
        return map(self._cell, range(len(self)))

    def take(self, rows: Any) -> JudgedTable:
        """Return some of the cells, by a mask or by their places."""
        return replace(self, columns=self.columns.take(rows))

    def to(self, purpose: Purpose) -> JudgedTable:
        """Return the same cells with the verdicts for a purpose."""
        if purpose is Purpose.TRAIN:
            return self
        shipments = tuple(
            Shipped(verdict=one.verdict.to(purpose), source=one.source)
            for one in self.names.shipments
        )
        return replace(
            self,
            names=replace(self.names, shipments=shipments),
            verdicts=Verdicts(one.to(purpose) for one in self.verdicts),
        )

    def verdict(self, place: int) -> Verdict:
        """Return what was found in a cell, with the path of its own file."""
        code = int(self.columns.verdict[place])
        return self.told(code, int(self.columns.file[place]))

    def told(self, verdict: int, file: int) -> Verdict:
        """Return a verdict as it reads of one file."""
        found, path = self.verdicts[verdict], self.names.files[file].stands
        return placed(found, path) if path and self.verdicts.marked[verdict] else found

    def id(self, place: int) -> str:
        """Return the id of a cell."""
        names, columns = self.names, self.columns
        if columns.damage[place] != NONE:
            return self.where(place).id
        model, form = names.models[columns.model[place]], names.formats[columns.format[place]]
        saver, reader = names.savers[columns.saver[place]], names.readers[columns.reader[place]]
        return f"{saver}/{model}.{form}/{reader}"

    def where(self, place: int) -> Cell:
        names, columns = self.names, self.columns
        damage = int(columns.damage[place])
        artifact = Artifact(
            saved_by=names.savers[columns.saver[place]],
            model=names.models[columns.model[place]],
            format=names.formats[columns.format[place]],
            damage=None if damage == NONE else names.damages[damage],
        )
        return Cell(artifact=artifact, loaded_by=names.readers[columns.reader[place]])

    def _cell(self, place: int) -> JudgedCell:
        names, columns = self.names, self.columns
        file = names.files[columns.file[place]]
        process = names.processes[columns.process[place]]
        solo, derived = int(columns.solo[place]), int(columns.derived[place])
        shipped = int(columns.shipped[place])
        seconds = float(columns.seconds[place])
        return JudgedCell(
            **vars(self.verdict(place)),
            cell=self.where(place),
            artifact=file.path,
            artifact_sha256=file.sha256,
            artifact_bytes=file.bytes,
            python=process.python,
            variables=dict(process.variables),
            solo=None if solo == NONE else bool(solo),
            evidence=bool(columns.evidence[place]),
            repeatable=bool(columns.repeatable[place]),
            seconds=None if np.isnan(seconds) else seconds,
            control=bool(columns.control[place]),
            repeat=names.repeats[columns.repeat[place]],
            derived=None if derived == NONE else _told(names.derivations[derived]),
            shipped=None if shipped == NONE else names.shipments[shipped],
        )


def nothing(count: int) -> Codes:
    """Return a column in which nothing stands; it takes no room."""
    return np.broadcast_to(np.int32(NONE), count)


def _told(derived: Derived) -> dict[str, str]:
    return {"rule": derived.rule, "from": derived.source}


def changed(verdict: Verdict, change: Callable[[str], str]) -> Verdict:
    """Return a verdict with every text in it changed."""

    def through(value: Any) -> Any:
        if isinstance(value, str):
            return change(value)
        if isinstance(value, Mapping):
            return {change(str(key)): through(item) for key, item in value.items()}
        return value

    error = verdict.error
    return replace(
        verdict,
        predicting=verdict.predicting and changed(verdict.predicting, change),
        reason=change(verdict.reason),
        signature=change(verdict.signature),
        cause=through(verdict.cause),
        error=error
        and replace(error, **{name: change(text) for name, text in vars(error).items()}),
        messages=tuple(
            replace(one, **{name: through(value) for name, value in vars(one).items()})
            for one in verdict.messages
        ),
        differences=tuple(through(one) for one in verdict.differences),
    )


def placed(verdict: Verdict, path: str) -> Verdict:
    """Return a verdict with a file's path where marks stand for it."""

    def change(text: str) -> str:
        if _RUN in text:
            text = text.replace(MARK * len(path), path)
        return _MARKS.sub(lambda _: path, text) if _RUN in text else text

    error = verdict.error
    return Verdict(
        **{
            **vars(verdict),
            "predicting": verdict.predicting and placed(verdict.predicting, path),
            "reason": change(verdict.reason),
            "signature": change(verdict.signature),
            "error": error
            and Failure(
                type=error.type,
                message=change(error.message),
                phase=error.phase,
                traceback=change(error.traceback),
            ),
            "messages": tuple(
                replace(one, text=change(one.text)) if _RUN in one.text else one
                for one in verdict.messages
            ),
            "differences": tuple(
                {**one, "text": change(str(one["text"]))} if _RUN in str(one.get("text")) else one
                for one in verdict.differences
            ),
        }
    )


def is_marked(verdict: Verdict) -> bool:
    return any(_RUN in text for text in texts_of(verdict))


def texts_of(verdict: Verdict) -> Iterator[str]:
    """Yield all texts of a verdict that were made of what a framework said."""
    yield verdict.reason
    yield verdict.signature
    if verdict.error:
        yield verdict.error.message
        yield verdict.error.traceback
    yield from (message.text for message in verdict.messages)
    yield from (str(one.get("text")) for one in verdict.differences)
    if verdict.predicting:
        yield from texts_of(verdict.predicting)


def keeps_marks(verdict: Verdict, length: int) -> bool:
    """Whether every mark in it is whole, so that a path can be put where it stands."""
    return all(len(run[0]) == length for text in texts_of(verdict) for run in _ANY.finditer(text))
