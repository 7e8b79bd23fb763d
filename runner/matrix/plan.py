"""Matrix and selection -> the artifacts to save and the cells to load; pure, and in table order."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import chain, pairwise
from typing import TypeVar

from caniload.runner.core.cells import Artifact, Cell
from caniload.runner.core.errors import UsageError
from caniload.runner.core.nearest import nearest
from caniload.runner.matrix import choosing
from caniload.runner.matrix.columns import Cells, Names, table
from caniload.runner.matrix.frameworks import frameworks
from caniload.runner.matrix.profiles import SelectedBy
from caniload.runner.matrix.schema import Environment, Format, Matrix, Model

Named = TypeVar("Named", Model, Format)


@dataclass(frozen=True, kw_only=True)
class Selection:
    """What of the matrix is wanted; an empty tuple means all. What is ``added`` always is.

    ``cells`` are ids, and leave nothing else to choose.
    """

    environments: tuple[str, ...] = ()
    profile: SelectedBy = "all"
    first: str | None = None
    last: str | None = None
    models: tuple[str, ...] = ()
    formats: tuple[str, ...] = ()
    python: str | None = None
    added: str | None = None
    cells: tuple[str, ...] = ()


class Stage(StrEnum):
    """The halves of a run: what is loaded has to be saved before."""

    SAVE = "save"
    LOAD = "load"


@dataclass(frozen=True, kw_only=True)
class Plan:
    """The chosen part of the matrix, in the order of matrix.yaml; ``stages`` of it are run."""

    matrix: Matrix
    environments: tuple[Environment, ...]
    models: tuple[Model, ...]
    formats: tuple[Format, ...]
    cells: Cells
    controls: tuple[Cell, ...]
    thinned: bool = False
    stages: tuple[Stage, ...] = tuple(Stage)

    @property
    def whole(self) -> bool:
        """Whether it is all that matrix.yaml has: what is not met then is met nowhere."""
        every = self.matrix.environments, self.matrix.models, self.matrix.formats
        return not self.thinned and every == (self.environments, self.models, self.formats)


def make(matrix: Matrix, selection: Selection) -> Plan:
    """Return the cells of the selected part; ``UsageError`` names what there is none of."""
    if selection.cells:
        return _of_cells(matrix, selection.cells)
    environments = _environments(matrix, selection)
    profile = choosing.profile(matrix, selection.profile)
    models = tuple(_chosen("model", selection.models, matrix.models))
    if not selection.models:
        models = tuple(model for model in models if model.id in profile.models)
    formats = tuple(_chosen("format", selection.formats or profile.formats, matrix.formats))
    named = profile.readers.environments
    readers = {*named, selection.added} if named else set()
    cells = _cells(matrix, loaders(environments, readers), models, formats)
    if not cells:
        raise UsageError(
            f"{', '.join(model.id for model in models)}: says nothing about"
            f" {', '.join(known.id for known in formats)}; see its `formats` in matrix.yaml"
        )
    return Plan(
        matrix=matrix,
        environments=environments,
        models=models,
        formats=formats,
        cells=cells,
        controls=tuple(_controls(matrix, environments, formats)),
        thinned=bool(readers),
    )


def around(matrix: Matrix, cell_id: str) -> Plan:
    """Return all cells between the two environments of one, which itself may be a control."""
    cell = _cell(cell_id)
    sides = (cell.artifact.saved_by, cell.loaded_by)
    known = {environment.id for environment in matrix.environments}
    if not known.issuperset(sides):
        raise no_cell(cell_id)
    return make(matrix, Selection(environments=sides))


def _of_cells(matrix: Matrix, ids: Collection[str]) -> Plan:
    """Return these cells, in table order, with the controls of every environment they need."""
    named = [_cell(one) for one in ids]
    places = {one for cell in named for one in (cell.artifact.saved_by, cell.loaded_by)}
    known = tuple(one for one in matrix.environments if one.id in places)
    loading = loaders(known, ())
    wanted = {cell.artifact.model for cell in named}, {cell.artifact.format for cell in named}
    models = tuple(one for one in matrix.models if one.id in wanted[0])
    formats = tuple(one for one in matrix.formats if one.id in wanted[1])
    whole = _cells(matrix, loading, models, formats)
    cells = whole.where(whole.among(named))
    if missing := set(named).difference(cells):
        raise no_cell(min(cell.id for cell in missing))
    return Plan(
        matrix=matrix,
        environments=known,
        models=models,
        formats=formats,
        cells=cells,
        controls=tuple(_controls(matrix, known, formats)),
        thinned=True,
    )


def no_cell(cell_id: str) -> UsageError:
    """Return what to raise where there is no cell of that id."""
    return UsageError(
        f"there is no cell {cell_id!r} in matrix.yaml; ids look like tf-2.15/lstm.h5/tf-2.21,"
        " and `caniload plan --json` lists them all"
    )


def _cell(cell_id: str) -> Cell:
    """Read what a person wrote; what it is not the id of is found missing."""
    saved_by, _, rest = cell_id.partition("/")
    name, _, loaded_by = rest.rpartition("/")
    model, _, known = name.partition(".")
    return Cell(
        artifact=Artifact(saved_by=saved_by, model=model, format=known), loaded_by=loaded_by
    )


def _chosen(kind: str, wanted: Sequence[str], known: Sequence[Named]) -> Iterator[Named]:
    _check(kind, wanted, [one.id for one in known])
    return (one for one in known if not wanted or one.id in wanted)


def _check(kind: str, wanted: Iterable[str], known: Sequence[str]) -> None:
    missing = [name for name in wanted if name not in known]
    if missing:
        listing = "caniload env list" if kind == "environment" else ""
        near = nearest(missing[0], known, all_of=listing)
        raise UsageError(f"there is no {kind} {missing[0]!r} in matrix.yaml; {near}")


def _environments(matrix: Matrix, selection: Selection) -> tuple[Environment, ...]:
    ids = [environment.id for environment in matrix.environments]
    _check("environment", selection.environments, ids)
    start = _bound(ids, selection.first) if selection.first else 0
    end = _bound(ids, selection.last) if selection.last else len(ids) - 1
    if start > end:
        raise UsageError(f"--from {selection.first} stands after --to {selection.last}")
    first_stack = matrix.environments[start if selection.first else end].stack
    named = {place for place, given in ((start, selection.first), (end, selection.last)) if given}
    profile = choosing.profile(matrix, selection.profile)
    chosen = tuple(
        environment
        for index, environment in enumerate(matrix.environments)
        if environment.id == selection.added
        or (
            (not selection.environments or environment.id in selection.environments)
            and (environment.id in profile.environments or index in named)
            and start <= index <= end
            and (not named or environment.stack == first_stack or index in named)
            and selection.python in (None, environment.python)
        )
    )
    if all(environment.id == selection.added for environment in chosen):
        raise UsageError("no environment is left by these filters; `caniload env list` shows all")
    return chosen


def _bound(ids: Sequence[str], name: str) -> int:
    """Return the place of an environment given as ``tf-2.15`` or as plain ``2.15``."""
    for candidate in frameworks().called(name):
        if candidate in ids:
            return ids.index(candidate)
    near = nearest(name, ids, all_of="caniload env list")
    raise UsageError(f"there is no environment {name!r} in matrix.yaml; {near}")


def loaders(
    environments: Sequence[Environment], readers: Collection[str | None]
) -> dict[str, list[str]]:
    """Return by saving environment those that load its files: all, unless ``readers`` are named.

    Then it is the readers, the environment itself, those before and after it in its stack, and its
    twins.
    """
    ids = [environment.id for environment in environments]
    if not readers:
        return dict.fromkeys(ids, ids)
    near = {one: {one} for one in ids}
    stacks: dict[str, list[str]] = {}
    for environment in environments:
        if environment.twin in near:
            near[environment.id].add(environment.twin)
            near[environment.twin].add(environment.id)
        else:
            stacks.setdefault(environment.stack, []).append(environment.id)
    for stack in stacks.values():
        for one, other in pairwise(stack):
            near[one].add(other)
            near[other].add(one)
    return {one: [other for other in ids if other in readers or other in near[one]] for one in ids}


def _cells(
    matrix: Matrix,
    loading: Mapping[str, Sequence[str]],
    models: Sequence[Model],
    formats: Sequence[Format],
) -> Cells:
    names = Names(
        environments=tuple(dict.fromkeys((*loading, *chain(*loading.values())))),
        models=tuple(one.id for one in models),
        formats=tuple(one.id for one in formats),
    )
    wanted = {model.id: matrix.formats_of(model.id) for model in models}
    files = [
        (one.id, known.id) for one in models for known in formats if known.id in wanted[one.id]
    ]
    return table(names, tuple(loading.items()), files)


def _controls(
    matrix: Matrix, environments: Sequence[Environment], formats: Sequence[Format]
) -> Iterator[Cell]:
    """Yield what proves that a row is evidence: the control's diagonal, whole and damaged."""
    able = matrix.formats_of(matrix.controls.model)
    for environment in environments:
        for known in (one for one in formats if one.id in able):
            for damage in (None, *matrix.controls.damage):
                artifact = Artifact(
                    saved_by=environment.id,
                    model=matrix.controls.model,
                    format=known.id,
                    damage=damage,
                )
                yield Cell(artifact=artifact, loaded_by=environment.id)
