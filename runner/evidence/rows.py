"""What one environment measured, as columns: a row for each file that it loaded.

Columns are read when they are asked for. ``codes`` tell which rows say the same apart from numbers,
place and path, so that what follows from a record is worked out once for all of them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from caniload.runner.evidence import shelf
from caniload.runner.evidence.packing import TEXTS, Row, unpack

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

FILE = "file"
KEY_BYTES = 32
_DIRECT = ("artifact", "seconds", "numbers", FILE)  # columns that are no texts with codes


class Rows:
    """The rows of one reader. ``parts`` are Parquet files or tables, of which later ones count.

    ``nbytes`` is what they take in memory, with all that has been read of them so far.
    """

    def __init__(self, parts: Sequence[Any], nbytes: int = 0) -> None:
        self.parts, self.nbytes = parts, nbytes
        self._columns: dict[str, Any] = {}
        self._codes: dict[str, Any] = {}

    def __len__(self) -> int:
        return len(self.files)

    @cached_property
    def files(self) -> NDArray[np.bytes_]:
        """The key of each row's file, 32 bytes."""
        return self._all_files if self._kept is None else self._all_files[self._kept]

    @cached_property
    def _all_files(self) -> NDArray[np.bytes_]:
        import numpy as np  # noqa: PLC0415

        read = [self._read(part, FILE) for part in self.parts]
        keys = [file_keys(chunk) for column in read for chunk in column.chunks]
        return np.concatenate(keys) if keys else np.empty(0, f"S{KEY_BYTES}")

    @cached_property
    def _kept(self) -> NDArray[np.int64] | None:
        """The last row of each key, in order; ``None`` where every key has one row alone."""
        import numpy as np  # noqa: PLC0415

        if not _any_twice(_heads(self._all_files)):
            return None
        found = np.unique(self._all_files[::-1], return_index=True)[1]
        count = len(self._all_files)
        return None if len(found) == count else np.sort(count - 1 - found)

    @property
    def superseded(self) -> int:
        """How many rows are stored for nothing."""
        return len(self._all_files) - len(self.files)

    @cached_property
    def _sorted(self) -> tuple[NDArray[np.int64], NDArray[Any]]:
        """The rows in the order of their keys, and these: their beginnings, if that tells them."""
        import numpy as np  # noqa: PLC0415

        heads = _heads(self.files)
        keys = self.files if _any_twice(heads) else heads
        order = np.argsort(keys)
        return order, keys[order]

    def find(self, files: NDArray[np.bytes_]) -> NDArray[np.int64]:
        """Return the row of each file; -1 where there is none."""
        import numpy as np  # noqa: PLC0415

        order, known = self._sorted
        if not len(known):
            return np.full(len(files), -1)
        wanted = files if known.dtype == files.dtype else _heads(files)
        rows = order[np.minimum(np.searchsorted(known, wanted), len(known) - 1)]
        return np.where(self.files[rows] == files, rows, -1)

    def at(self, file: str) -> int | None:
        """Return the row of one file by its key, as it is written."""
        order, known = self._sorted
        key = bytes.fromhex(file)
        wanted = key if known.dtype == self.files.dtype else int.from_bytes(key[:8])
        place = int(known.searchsorted(known.dtype.type(wanted)))
        row = int(order[place]) if place < len(known) else -1
        return row if row >= 0 and self.name(row) == file else None

    def record(self, row: int) -> dict[str, Any]:
        """Return the record of a row as it was put."""
        values = {name: self._value(name, row) for name in Row._fields}
        return unpack(Row(**values))

    def names(self) -> Iterator[str]:
        """Yield the key of each row's file as it is written."""
        return (self.name(row) for row in range(len(self)))

    def name(self, row: int) -> str:
        return bytes(self.files[row]).ljust(KEY_BYTES, b"\0").hex()

    def table(self) -> Any:
        """Return all columns as they are stored."""
        import pyarrow as pa  # noqa: PLC0415

        kinds = schema()
        return pa.table([self._column(name) for name in kinds.names], schema=kinds)

    @cached_property
    def codes(self) -> NDArray[np.int64]:
        """A number for each row; rows of one number say the same in all that is judged."""
        import numpy as np  # noqa: PLC0415

        whole = np.zeros(len(self), np.int64)
        for name in TEXTS:
            codes = self.coded(name)[0].astype(np.int64) + 1
            whole = np.unique(whole * (codes.max(initial=0) + 1) + codes, return_inverse=True)[1]
        return whole

    def says_the_same(
        self, own: NDArray[np.int64], other: Rows, theirs: NDArray[np.int64]
    ) -> NDArray[np.bool_]:
        """Compare rows with rows of another table, in all that is judged."""
        import numpy as np  # noqa: PLC0415
        import pyarrow.compute as pc  # noqa: PLC0415

        same = np.ones(len(own), bool)
        for name in TEXTS:
            codes, texts = self.coded(name)
            other_codes, other_texts = other.coded(name)
            here = shelf.numbers(pc.index_in(other_texts, value_set=texts).fill_null(-2), "<i4")
            numbers = np.append(here, -1)  # where -1 points to
            same &= codes[own] == numbers[other_codes[theirs]]
        return same

    @cached_property
    def seconds(self) -> NDArray[np.float64]:
        """How long each took; not a number where that is not known."""
        return shelf.numbers(self._column("seconds").fill_null(float("nan")), "<f8")

    def paths(self) -> tuple[NDArray[np.int32], list[str]]:
        """Return the number of each row's path, and the paths."""
        coded = self._column("artifact").dictionary_encode()
        return shelf.numbers(coded.indices, "<i4"), coded.dictionary.to_pylist()

    def coded(self, name: str) -> tuple[NDArray[np.int32], Any]:
        """Return a column of texts: the number of each row's, -1 for none, and the texts."""
        if name not in self._codes:
            column = self._column(name)
            codes = shelf.numbers(column.indices.fill_null(-1), "<i4")
            self._codes[name] = codes, column.dictionary
        return self._codes[name][0], self._codes[name][1]

    def text(self, name: str, row: int) -> str | None:
        """Return what a column of texts has in a row."""
        codes, texts = self.coded(name)
        code = codes[row]
        return texts[code].as_py() if code >= 0 else None

    def ended_by(self, is_meant: Callable[[Mapping[str, Any]], bool]) -> NDArray[np.int64]:
        """Return the rows of which that is true, asked of ``crash``'s kind and ``limits`` alone."""
        import numpy as np  # noqa: PLC0415

        (crash, kinds), (limits, texts) = self.coded("crash"), self.coded("limits")
        ended = np.flatnonzero((crash >= 0) & (limits >= 0))
        pairs = set(zip(crash[ended].tolist(), limits[ended].tolist(), strict=True))
        meant = [
            (kind, limit)
            for kind, limit in pairs
            if is_meant(
                {
                    "crash": {"kind": kinds[kind].as_py()},
                    "limits": json.loads(texts[limit].as_py()),
                }
            )
        ]
        found = [ended[(crash[ended] == kind) & (limits[ended] == limit)] for kind, limit in meant]
        return np.concatenate(found) if found else ended[:0]

    def _value(self, name: str, row: int) -> Any:
        if name in _DIRECT:
            return self._column(name)[row].as_py()
        return self.text(name, row)

    def _column(self, name: str) -> Any:
        if name not in self._columns:
            import pyarrow as pa  # noqa: PLC0415

            kind = schema().field(name).type
            chunks = [one for part in self.parts for one in self._read(part, name).chunks]
            column = pa.chunked_array(chunks, kind).unify_dictionaries().combine_chunks()
            if isinstance(column, pa.ChunkedArray):  # of no chunks
                column = (
                    pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], kind)
                )
            self._columns[name] = column if self._kept is None else column.take(self._kept)
            self.nbytes += self._columns[name].nbytes
        return self._columns[name]

    def _read(self, part: Any, name: str) -> Any:
        read = part.read([name]) if hasattr(part, "read") else part
        return read.column(name).cast(schema().field(name).type)


def _heads(files: NDArray[np.bytes_]) -> NDArray[np.uint64]:
    """Return the first eight bytes of keys as numbers, which are compared ten times as fast."""
    import numpy as np  # noqa: PLC0415

    return np.ascontiguousarray(files).view(">u8")[:: KEY_BYTES // 8].astype(np.uint64)


def _any_twice(numbers: NDArray[np.uint64]) -> bool:
    import numpy as np  # noqa: PLC0415

    ordered = np.sort(numbers)
    return bool((ordered[1:] == ordered[:-1]).any())


def file_keys(column: Any) -> NDArray[np.bytes_]:
    """Return keys as numpy compares them; that it drops zeros at the end makes none equal."""
    return shelf.numbers(column, f"S{KEY_BYTES}")


def schema() -> Any:
    """Return the columns of a reader's Parquet files."""
    import pyarrow as pa  # noqa: PLC0415

    kinds = {
        FILE: pa.binary(KEY_BYTES),
        "artifact": pa.string(),
        "seconds": pa.float64(),
        "numbers": pa.list_(pa.float64()),
    }
    text = pa.dictionary(pa.int32(), pa.string())
    return pa.schema([(name, kinds.get(name, text)) for name in (FILE, *Row._fields)])


def table_of(rows: Sequence[tuple[str, Row]]) -> Any:
    """Return packed rows with the keys of their files as a table."""
    import pyarrow as pa  # noqa: PLC0415

    kinds = schema()
    keys = pa.array([bytes.fromhex(file) for file, _ in rows], kinds.field(FILE).type)
    columns = list(zip(*(row for _, row in rows), strict=True)) or [()] * len(Row._fields)
    arrays = [
        _array(values, kinds.field(name).type)
        for name, values in zip(Row._fields, columns, strict=True)
    ]
    return pa.table([keys, *arrays], schema=kinds)


def _array(values: Sequence[Any], kind: Any) -> Any:
    import pyarrow as pa  # noqa: PLC0415

    if pa.types.is_dictionary(kind):
        return pa.array(values, pa.string()).dictionary_encode()
    return pa.array(values, kind)
