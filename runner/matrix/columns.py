"""The cells of a plan as four columns of numbers: five million of them are as many bytes, times 8.

They read as any sequence of cells does; whoever counts or filters asks for the columns. In table
order: by who saved, model, format, and who loads.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from typing import TYPE_CHECKING, Any, overload

from caniload.runner.core.cells import Artifact, Cell

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_AT_ONCE = 4096  # cells that are objects at the same time, while all are gone through


@dataclass(frozen=True, kw_only=True)
class Names:
    """What the numbers mean, in the order of matrix.yaml; savers and readers are environments."""

    environments: tuple[str, ...]
    models: tuple[str, ...]
    formats: tuple[str, ...]


class Cells(Sequence[Cell]):
    """Whole cells, none of a damaged file, each once."""

    def __init__(self, names: Names, columns: NDArray[np.int16]) -> None:
        self.names, self._columns = names, columns
        self.savers: NDArray[np.int16] = columns[0]
        self.models: NDArray[np.int16] = columns[1]
        self.formats: NDArray[np.int16] = columns[2]
        self.readers: NDArray[np.int16] = columns[3]

    # As a sequence

    def __len__(self) -> int:
        return int(self._columns.shape[1])

    @overload
    def __getitem__(self, index: int) -> Cell: ...

    @overload
    def __getitem__(self, index: slice) -> Cells: ...

    def __getitem__(self, index: int | slice) -> Cell | Cells:
        if isinstance(index, slice):
            return Cells(self.names, self._columns[:, index])
        saver, model, known, reader = self._columns[:, index].tolist()
        return Cell(artifact=self._artifact(saver, model, known), loaded_by=self._name(reader))

    def __iter__(self) -> Iterator[Cell]:
        last, artifact = None, None
        for start in range(0, len(self), _AT_ONCE):
            for *file, reader in self._columns[:, start : start + _AT_ONCE].T.tolist():
                if file != last:
                    last, artifact = file, self._artifact(*file)
                assert artifact is not None  # noqa: S101 - it was made with the first
                yield Cell(artifact=artifact, loaded_by=self._name(reader))

    def __contains__(self, cell: object) -> bool:
        return isinstance(cell, Cell) and bool(self.among([cell]).any())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Cells) and self.sha256() == other.sha256()

    def __hash__(self) -> int:
        return hash(self.sha256())

    def _name(self, environment: int) -> str:
        return self.names.environments[environment]

    def _artifact(self, saver: int, model: int, known: int) -> Artifact:
        return Artifact(
            saved_by=self._name(saver),
            model=self.names.models[model],
            format=self.names.formats[known],
        )

    # As columns

    def where(self, mask: NDArray[Any]) -> Cells:
        """Return those of a mask, or of these indices."""
        return Cells(self.names, self._columns[:, mask])

    def saved_by(self, environments: Collection[str]) -> Cells:
        return self.where(self._is_one_of(self.savers, environments))

    def loaded_by(self, environments: Collection[str]) -> Cells:
        return self.where(self._is_one_of(self.readers, environments))

    def of_reader(self, environment: str) -> NDArray[np.int64]:
        """Return the indices of all that one environment loads."""
        import numpy as np  # noqa: PLC0415 - most commands count nothing

        return np.flatnonzero(self.readers == self.names.environments.index(environment))

    def _is_one_of(self, column: NDArray[np.int16], names: Collection[str]) -> NDArray[np.bool_]:
        import numpy as np  # noqa: PLC0415

        found: NDArray[np.bool_] = np.array([one in names for one in self.names.environments])
        return found[column]

    def among(self, cells: Iterable[Cell]) -> NDArray[np.bool_]:
        """Say of each whether it is one of these few."""
        import numpy as np  # noqa: PLC0415

        axes = self.names.environments, self.names.models, self.names.formats
        places = [{name: number for number, name in enumerate(axis)} for axis in axes]
        found = np.zeros(len(self), bool)
        for cell in cells:
            file = cell.artifact
            parts = (
                (self.savers, places[0].get(file.saved_by)),
                (self.models, places[1].get(file.model)),
                (self.formats, places[2].get(file.format)),
                (self.readers, places[0].get(cell.loaded_by)),
            )
            if file.damage is None and all(number is not None for _, number in parts):
                found |= np.logical_and.reduce([column == number for column, number in parts])
        return found

    @cached_property
    def _starts(self) -> NDArray[np.int64]:
        """Where another file begins: the cells of a file stand together."""
        import numpy as np  # noqa: PLC0415

        files = self._columns[:3]
        return np.flatnonzero((np.diff(files, axis=1, prepend=-1) != 0).any(axis=0))

    @cached_property
    def _files(self) -> NDArray[np.int16]:
        """Saver, model and format of every file."""
        return self._columns[:3, self._starts]

    @property
    def count_of_files(self) -> int:
        return len(self._starts)

    @cached_property
    def file_of(self) -> NDArray[np.int32]:
        """The number of each cell's file among all files."""
        import numpy as np  # noqa: PLC0415

        lengths = np.diff(self._starts, append=len(self))
        return np.repeat(np.arange(len(lengths), dtype=np.int32), lengths)

    def artifacts(self) -> Iterator[Artifact]:
        """Yield every file once, in table order."""
        return (self._artifact(*file) for file in self._files.T.tolist())

    def saves(self) -> list[tuple[str, str]]:
        """Return every environment with each model that is wanted of it, in table order."""
        pairs = dict.fromkeys(map(tuple, self._files[:2].T.tolist()))
        return [(self._name(saver), self.names.models[model]) for saver, model in pairs]

    def pairs(self) -> int:
        """Count the pairs of environments of which one loads what the other saved."""
        import numpy as np  # noqa: PLC0415

        count = len(self.names.environments)
        return len(np.unique(self.savers.astype(np.int32) * count + self.readers))

    def per_reader(self, weights: NDArray[Any] | None = None) -> dict[str, int]:
        """Count by loading environment, in order; of a mask where one is given."""
        import numpy as np  # noqa: PLC0415

        count = len(self.names.environments)
        chosen = self.readers if weights is None else self.readers[weights]
        found = np.bincount(chosen, minlength=count).tolist()
        return {name: found[number] for number, name in enumerate(self.names.environments)}

    def sha256(self) -> str:
        """Hash which cells these are, and in which order; names that none has say nothing."""
        import numpy as np  # noqa: PLC0415

        whole = sha256()
        axes = self.names.environments, self.names.models, self.names.formats
        for column, axis in zip(self._columns, (*axes, axes[0]), strict=True):
            used = np.flatnonzero(np.bincount(column, minlength=len(axis)))
            renumbered = np.zeros(len(axis), np.int16)
            renumbered[used] = np.arange(len(used))
            whole.update("\n".join(axis[number] for number in used).encode() + b"\0")
            whole.update(renumbered[column].astype("<i2").tobytes())
        return whole.hexdigest()


def table(
    names: Names,
    readers: Sequence[tuple[str, Sequence[str]]],
    files: Sequence[tuple[str, str]],
) -> Cells:
    """Return the cells of all savers with their readers; ``files`` are models with formats."""
    import numpy as np  # noqa: PLC0415

    places = [
        {name: number for number, name in enumerate(axis)}
        for axis in (names.environments, names.models, names.formats)
    ]
    model = np.array([places[1][one] for one, _ in files], np.int16)
    known = np.array([places[2][one] for _, one in files], np.int16)
    parts = [np.empty((4, 0), np.int16)]
    for saver, loading in readers:
        loads = np.array([places[0][one] for one in loading], np.int16)
        part = np.empty((4, len(files), len(loads)), np.int16)
        part[0], part[1], part[2] = places[0][saver], model[:, None], known[:, None]
        part[3] = loads
        parts.append(part.reshape(4, -1))
    return Cells(names, np.concatenate(parts, axis=1))
