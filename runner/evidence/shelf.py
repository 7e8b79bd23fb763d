"""Folders of Parquet files that are only added to: written whole or not at all, checked when read.

A file's name says its place, its rows and the hash of its content: ``3-16384-<hash>.parquet``.
Where two have a row under one key, that of the later place counts; so a file is replaced by writing
the new one first, and a kill in between leaves both, which say the same.
"""

from __future__ import annotations

import hashlib
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from numpy.typing import NDArray

_NAME = re.compile(r"(\d+)-(\d+)-([0-9a-f]{64})\.parquet")
_UNFINISHED = "unfinished.parquet"
_TRIES = 5  # to read a folder that another process is replacing files in


class Named(NamedTuple):
    """A file of a shelf, as its name says; in the order of their places."""

    place: int
    rows: int
    sha256: str
    path: Path


@dataclass(kw_only=True)
class Read:
    """What a folder has: the content of its whole files, and the names of spoilt ones.

    The content is memory of Arrow's own: what its threads let go of is none of Python's, which has
    them end the process if it is about to end anyway (apache/arrow issue 34314).
    """

    files: list[tuple[Named, Any]]
    spoilt: list[Named]

    @property
    def lost(self) -> int:
        """How many rows cannot be read."""
        return sum(one.rows for one in self.spoilt)


def listed(folder: Path) -> list[Named]:
    """Return the files of a folder in the order of their places."""
    try:
        found = [(path, _NAME.fullmatch(path.name)) for path in folder.iterdir()]
    except (FileNotFoundError, NotADirectoryError):
        return []
    return sorted(
        Named(place=int(one[1]), rows=int(one[2]), sha256=one[3], path=path)
        for path, one in found
        if one
    )


def read(folder: Path) -> Read:
    """Read all files of a folder, also while a run replaces some of them by others."""
    for _ in range(_TRIES):
        try:
            return _read(listed(folder))
        except FileNotFoundError:
            continue
    raise OSError(f"{folder}: its files are replaced faster than they can be read")


def _read(names: list[Named]) -> Read:
    found = Read(files=[], spoilt=[])
    for one in names:
        content = _content(one.path)
        if hashlib.sha256(content).hexdigest() == one.sha256:
            found.files.append((one, content))
        else:
            found.spoilt.append(one)
    return found


def _content(path: Path) -> Any:
    import pyarrow as pa  # noqa: PLC0415 - a third of a second, and many commands read no results

    with pa.OSFile(str(path)) as file:
        return file.read_buffer()


def append(folder: Path, table: Any, old: Read, most: int) -> None:
    """Add rows after those that were ``read``, filling up the last file first; spoilt ones go.

    A file has ``most`` rows at most: what a spoilt byte costs.
    """
    last = old.files[-1:] if old.files and old.files[-1][0].rows < most else []
    whole = _joined([opened(content).read() for _, content in last], table)
    _write(folder, whole, [*(one for one, _ in last), *old.spoilt], most)


def rewrite(folder: Path, table: Any, most: int) -> None:
    """Put these rows in the place of all that the folder has."""
    _write(folder, table, listed(folder), most)


def opened(content: Any) -> Any:
    """Return a file as pyarrow reads it, with texts as columns of numbers and what they mean."""
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.parquet as pq  # noqa: PLC0415

    return pq.ParquetFile(pa.BufferReader(content))


def _joined(before: list[Any], table: Any) -> Any:
    import pyarrow as pa  # noqa: PLC0415

    return pa.concat_tables([*before, table]) if before else table


def _write(folder: Path, table: Any, replaced: list[Named], most: int) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    first = max((one.place for one in listed(folder)), default=0) + 1
    for place, start in enumerate(range(0, table.num_rows, most), first):
        _write_one(folder, table.slice(start, most), place)
    sync(folder)
    for one in replaced:
        one.path.unlink(missing_ok=True)


def _write_one(folder: Path, table: Any, place: int) -> None:
    import pyarrow.parquet as pq  # noqa: PLC0415

    unfinished = folder / _UNFINISHED
    pq.write_table(
        _tight(table),
        unfinished,
        compression="zstd",
        row_group_size=table.num_rows,
        dictionary_pagesize_limit=2**30,  # texts once, however many they are
        write_statistics=False,
    )
    with unfinished.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        os.fsync(file.fileno())
    unfinished.rename(folder / f"{place}-{table.num_rows}-{sha256}.parquet")


def _tight(table: Any) -> Any:
    """Return the table without the texts that none of its rows has: parts of one share all."""
    import numpy as np  # noqa: PLC0415
    import pyarrow as pa  # noqa: PLC0415

    columns = []
    for column in table.unify_dictionaries().columns:
        whole = column.combine_chunks()
        if pa.types.is_dictionary(column.type):
            codes = numbers(whole.indices.fill_null(-1), "<i4")
            used, renumbered = np.unique(np.append(codes, -1), return_inverse=True)  # -1 is first
            indices = pa.array(renumbered[:-1] - 1, pa.int32(), mask=codes < 0)
            texts = whole.dictionary.take(pa.array(used[1:], pa.int32()))
            whole = pa.DictionaryArray.from_arrays(indices, texts)
        columns.append(whole)
    return pa.table(columns, names=table.column_names)


def numbers(column: Any, kind: str) -> NDArray[Any]:
    """Return numbers without nulls as numpy has them; pyarrow's own way imports pandas."""
    import numpy as np  # noqa: PLC0415

    buffer = column.buffers()[1]
    whole = np.frombuffer(buffer, kind) if buffer is not None else np.empty(0, kind)
    return whole[column.offset : column.offset + len(column)]


def sync(folder: Path) -> None:
    """Make the names in a folder survive the death of the machine."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def stamp(root: Path) -> list[str]:
    """Return what identifies the content of all folders below one, by name alone."""
    return [
        f"{folder.name}/{one.path.name}"
        for folder in sorted(path for path in root.glob("*") if path.is_dir())
        for one in listed(folder)
    ]
