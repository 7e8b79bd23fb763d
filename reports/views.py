"""What templates print: labels, classes and tables made of plain values (pure)."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from caniload.reports import answers
from caniload.reports.eras import Block, Era, blocks, eras
from caniload.reports.planes import Planes, Square
from caniload.reports.questions import Question
from caniload.reports.words import ABSENT, BREAKING_CODES, CLEAN_CODES, ORDER, UNTESTED, WORDS
from caniload.runner.core.outcomes import OTHER, TO, Purpose

NOT_PLANNED = "Not in this run"


@dataclass(frozen=True, kw_only=True)
class SquareView:
    """A square of a matrix: its classes for the style sheet and its words for everybody."""

    classes: str
    words: str


@dataclass(frozen=True, kw_only=True)
class Row:
    place: int
    label: str
    squares: tuple[SquareView, ...]


@dataclass(frozen=True, kw_only=True)
class EraCell:
    classes: str
    text: str
    words: str


def word(code: int) -> str:
    return NOT_PLANNED if code == ABSENT else WORDS[ORDER[code]].word


def square_words(square: Square, purpose: Purpose, shipped: Square | None = None) -> str:
    """Name a square in full, for it is also what a screen reader says."""
    parts = [word(square.typical)]
    if square.worst > square.typical and square.tested:
        parts.append(
            f"worst: {word(square.worst)}, {square.counts[square.worst]} of {square.tested}"
        )
    if square.tested and square.counts[UNTESTED]:
        parts.append(f"{square.counts[UNTESTED]} not tested")
    if square.no_evidence:
        parts.append("not evidence: control failed")
    if square.not_repeatable:
        parts.append("order-dependent")
    if square.parted:
        to = f"{TO[OTHER[purpose]]} {square.parted}"
        parts.append(f"{to} otherwise, worst: {word(square.beside)}")
    if shipped is not None and square.tested:
        parts.append(f"shipped evidence on {shipped.tested}")
    elif shipped is not None:
        parts.append(f"shipped evidence: {square_words(shipped, purpose)}")
    return "; ".join(parts)


def square_view(
    grid: Planes, save: int, load: int, kind: int, models: Sequence[int] | None = None
) -> SquareView:
    """Show one square; matrix.js draws the same from the same plane, and a test compares them.

    Where nothing has a result here it has the looks of shipped evidence, and a class that says so.
    """
    square = grid.square(save, load, kind, models)
    shipped = shipped_square(grid, save, load, kind, models)
    looks = square if shipped is None or square.tested else shipped
    classes = [f"o{looks.typical}"]
    if looks.notched:
        classes.append(f"w{looks.worst}")
    if looks is not square:
        classes.append("shipped")
    if save == load:
        classes.append("diagonal")
    if grid.older[save, load]:
        classes.append("older")
    if square.no_evidence:
        classes.append("void")
    if square.not_repeatable:
        classes.append("shaky")
    if looks.parted:
        classes.append(f"p{looks.beside}")
    words = square_words(square, grid.purpose, shipped)
    return SquareView(classes=" ".join(classes), words=words)


def shipped_square(
    grid: Planes, save: int, load: int, kind: int, models: Sequence[int] | None = None
) -> Square | None:
    """Return what shipped evidence says of a square, if anything."""
    found = grid.shipped.square(save, load, kind, models) if grid.shipped else None
    return found if found is not None and found.tested else None


def matrix(grid: Planes, kind: int, models: Sequence[int] | None = None) -> list[Row]:
    """Lay out the whole square table for one format."""
    places = range(len(grid.environments))
    return [
        Row(
            place=save,
            label=grid.environments[save].label,
            squares=tuple(square_view(grid, save, load, kind, models) for load in places),
        )
        for save in places
    ]


def has_cells(grid: Planes, kind: int, model: int) -> bool:
    """Whether there is anything but gaps for a model in a format."""
    return bool((grid.codes[:, :, model, kind] % ABSENT > 0).any())


def is_asked(grid: Planes, kind: int, model: int) -> bool:
    """Whether this run asks for a model in a format at all."""
    return bool((grid.codes[:, :, model, kind] != ABSENT).any())


def thinning(grid: Planes) -> tuple[int, int]:
    """Return how many pairs of environments this run asks for, and how many there are."""
    asked = (grid.codes != ABSENT).any(axis=(2, 3))
    return int(asked.sum()), asked.size


@dataclass(frozen=True, kw_only=True)
class EraTable:
    eras: tuple[Era, ...]
    rows: tuple[tuple[EraCell, ...], ...]
    starts: tuple[int, ...]


def era_table(grid: Planes, kind: int) -> EraTable:
    """Eras against eras: the share that loads unchanged."""
    found = tuple(eras(grid, kind))
    starts = tuple(era.places[0] for era in found)
    return EraTable(eras=found, rows=_era_rows(grid, found, kind, None), starts=starts)


def of_model(grid: Planes, table: EraTable, kind: int, model: int) -> EraTable:
    """Return the same eras with the cells of one model alone."""
    return replace(table, rows=_era_rows(grid, table.eras, kind, [model]))


def _era_rows(
    grid: Planes, found: Sequence[Era], kind: int, models: Sequence[int] | None
) -> tuple[tuple[EraCell, ...], ...]:
    squares = blocks(grid, found, kind, models)
    return tuple(
        tuple(_era_cell(grid, one, other, square) for other, square in zip(found, row, strict=True))
        for one, row in zip(found, squares, strict=True)
    )


def _era_cell(grid: Planes, rows: Era, columns: Era, found: Block) -> EraCell:
    if not found.tested:
        return EraCell(classes=f"o{found.typical}", text="", words=word(found.typical))
    classes = [f"o{found.typical}"]
    words = f"{word(found.typical)}: {found.clean} of {found.tested} unchanged"
    if found.worst > found.typical:
        words += f"; worst: {word(found.worst)}"
        classes += [f"w{found.worst}"] if found.worst in BREAKING_CODES else []
    if grid.older[np.ix_(rows.places, columns.places)].all():
        classes.append("older")
    return EraCell(classes=" ".join(classes), text=f"{found.percent}%", words=words)


def advice(grid: Planes, question: Question) -> list[str]:
    """Return the sentences below the verdict, the other purpose's verdict first.

    Where there is a result, what shipped evidence says of the models without one comes then.
    """
    place = (question.save, question.load, question.kind)
    found = answers.reach(grid, question.save, question.kind)
    square = answers.evidence(grid, *place)
    beside = [answers.aside(grid, *place)]
    if square.tested:
        beside.append(answers.shipped(grid, *place))
    elif grid.shipped and (other := answers.aside(grid.shipped, *place)):
        beside.append(f"{answers.NOT_HERE}. {other}")
    sentences = [*filter(None, beside), answers.reach_sentence(grid, found)]
    path = answers.recommend(grid, *place)
    if path is not None:
        sentences.append(answers.path_sentence(grid, question.load, path))
    elif answers.breaks(square):
        sentences.append("No path of two clean hops is known from this run.")
    return sentences


@dataclass(frozen=True, kw_only=True)
class FromCell:
    """What becomes of files; ``shipped``: by shipped evidence, for nothing was measured here."""

    code: int
    worst: int
    text: str
    words: str
    shipped: bool = False


def from_rows(grid: Planes, save: int) -> list[tuple[int, list[FromCell]]]:
    """Tell what happens to the files of one environment: load environments by formats."""
    kinds = range(len(grid.formats))
    places = range(len(grid.environments))
    return [(load, [_known_cell(grid, save, load, kind) for kind in kinds]) for load in places]


def _known_cell(grid: Planes, save: int, load: int, kind: int) -> FromCell:
    shipped = shipped_square(grid, save, load, kind)
    if shipped is None or grid.shipped is None or grid.square(save, load, kind).tested:
        return from_cell(grid, save, load, kind)
    words = answers.shipped(grid, save, load, kind)
    return replace(from_cell(grid.shipped, save, load, kind), words=words, shipped=True)


def from_cell(grid: Planes, save: int, load: int, kind: int) -> FromCell:
    square = answers.evidence(grid, save, load, kind)
    ignored = grid.square(save, load, kind).no_evidence
    clean = sum(square.counts[code] for code in CLEAN_CODES)
    return FromCell(
        code=square.typical,
        worst=square.worst,
        text=f"{clean}/{square.tested}" if square.tested else "",
        words=answers.text(answers.verdict(square, ignored=ignored)),
    )


def slugs(names: Sequence[str]) -> dict[str, str]:
    """File names for ids: readable where the id allows it, always distinct."""
    return {name: _slug(name) for name in names}


def _slug(name: str) -> str:
    plain = re.sub(r"[^a-z0-9._-]", "_", name).strip(".")[:60]
    if name and plain == name:
        return name
    return f"{plain or 'x'}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"
