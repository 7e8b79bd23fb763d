"""matrix.yaml as written -> with the models of whole families, and the formats of files, in it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from caniload.runner.core.errors import MatrixError
from caniload.runner.matrix.reference import read_family, stated_formats
from caniload.runner.matrix.schema import (
    FamilyOfModels,
    Format,
    Matrix,
    MatrixFile,
    Model,
    OtherFormats,
)

Location = tuple[str | int, ...]


@dataclass(kw_only=True)
class InFull:
    """Every model and format there is, the row that each comes of, and what is wrong with rows."""

    models: list[Model] = field(default_factory=list)
    formats: list[Format] = field(default_factory=list)
    places: dict[Location, Location] = field(default_factory=dict)
    problems: list[tuple[Location, str]] = field(default_factory=list)

    def written(self, location: Location) -> Location:
        """Return the place in the file that says what a place in the whole matrix is."""
        return self.places.get(location[:2], location[:2]) + location[2:]

    def matrix(self, written: MatrixFile) -> Matrix:
        """Return the whole matrix."""
        rest = {name: getattr(written, name) for name in MatrixFile.model_fields}
        rest["schema"] = rest.pop("schema_version")
        return Matrix(**rest | {"models": tuple(self.models), "formats": tuple(self.formats)})


def in_full(written: MatrixFile, sources: Path) -> InFull:
    """Write out what is said of families of models, and what ``sources`` say of formats."""
    found = InFull()
    known: dict[str, int] = {}
    for index, model in _models(written, sources / "models", found):
        found.places["models", len(found.models)] = ("models", index)
        found.models.append(model)
        first = known.setdefault(model.id, index)
        # Of two rows it is told where mistakes in rows are.
        if first != index and not all(
            isinstance(written.models[one], Model) for one in (first, index)
        ):
            message = f"{model.id!r} of {model.family} is the id of one of models[{first}] too"
            found.problems.append((("models", index), message))
    for index, one in _formats(written, sources / "formats", found):
        found.places["formats", len(found.formats)] = ("formats", index)
        found.formats.append(one)
    return found


def _models(written: MatrixFile, folder: Path, found: InFull) -> Iterator[tuple[int, Model]]:
    """Yield every model, and which row of the file it comes of."""
    rows = {(one.family, one.id) for one in written.models if isinstance(one, Model)}
    for index, one in enumerate(written.models):
        if isinstance(one, Model):
            yield index, one
            continue
        try:
            ids = read_family(one.family, folder).models
        except MatrixError as error:
            found.problems.append((("models", index, "family"), str(error)))
            continue
        rest = [name for name in ids if (one.family, name) not in rows]
        found.problems += _empty(one, index, rest)
        for name in rest:
            yield index, _member(one, name)


def _empty(
    family: FamilyOfModels, index: int, ids: Sequence[str]
) -> Iterator[tuple[Location, str]]:
    """Find what is said of no model."""
    if not ids:
        message = f"{family.family}.py has no model without a row of its own"
        yield ("models", index, "family"), message
    for name in family.but:
        if name not in ids:
            message = f"{family.family}.py has no such model without a row of its own"
            yield ("models", index, "but", name), message


def _member(family: FamilyOfModels, name: str) -> Model:
    """Return a model of a family: what is said of it, else what is said of all."""
    said = {one: getattr(family, one) for one in family.model_fields_set - {"family", "but"}}
    if name in family.but:
        own = family.but[name]
        said |= {one: getattr(own, one) for one in own.model_fields_set}
    return Model(id=name, family=family.family, **said)


def _formats(written: MatrixFile, folder: Path, found: InFull) -> Iterator[tuple[int, Format]]:
    """Yield the rows, and last those that files alone state, where matrix.yaml asks for these."""
    rows = [(index, one) for index, one in enumerate(written.formats) if isinstance(one, Format)]
    yield from rows
    known = {one.id for _, one in rows}
    for index, one in enumerate(written.formats):
        if isinstance(one, OtherFormats):
            try:
                others = [other for other in stated_formats(folder) if other.id not in known]
            except MatrixError as error:
                found.problems.append((("formats", index), str(error)))
                return
            yield from ((index, other) for other in others)
            return
