"""Every cell as Parquet, CSV and JSON lines, some at a time, so that no table is held whole."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator
from contextlib import ExitStack
from typing import IO, Any, Protocol

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from caniload.reports.folder import Folder
from caniload.reports.table import Table

AT_ONCE = 4_096
"""Rows that are spelt out at a time."""

GROUP, DICTIONARY = 131_072, 2**26
"""Rows of a row group of the Parquet file, and bytes of the texts that it holds each once."""

MOST = 500_000
"""Rows up to which CSV and JSON lines are written; beyond, they alone would be gigabytes."""


class _Writer(Protocol):
    def write(self, part: pd.DataFrame) -> None: ...
    def close(self) -> None: ...


def write(table: Table, folder: Folder) -> dict[str, str]:
    """Write the files, and say of each by its path what it is."""
    kinds: dict[str, tuple[type[Parquet | Csv | JsonLines], str]] = {
        "cells.parquet": (Parquet, "every cell, with tracebacks; Parquet, zstd")
    }
    if len(table) <= MOST:
        kinds["cells.csv.gz"] = (Csv, "every cell; CSV, gzip")
        kinds["cells.jsonl.gz"] = (JsonLines, "every cell; a JSON object a line, gzip")
    with ExitStack() as open_files:
        writers: list[_Writer] = [
            kind(open_files.enter_context(folder.open(path))) for path, (kind, _) in kinds.items()
        ]
        for part in parts(table):
            for writer in writers:
                writer.write(part)
        for writer in writers:
            writer.close()
    return {path: what for path, (_, what) in kinds.items()}


def parts(table: Table) -> Iterator[pd.DataFrame]:
    """Yield the table spelt out, some rows at a time; one part at least."""
    for start in range(0, max(1, len(table)), AT_ONCE):
        yield table.take(slice(start, start + AT_ONCE)).wide()


class Parquet:
    """Every column, categories as dictionaries."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._writer: pq.ParquetWriter | None = None

    def write(self, part: pd.DataFrame) -> None:
        columns = pa.Table.from_pandas(part, preserve_index=False).replace_schema_metadata(None)
        if self._writer is None:
            self._writer = pq.ParquetWriter(
                self._file,
                columns.schema,
                compression="zstd",
                dictionary_pagesize_limit=DICTIONARY,
            )
        for batch in columns.to_batches():
            self._writer.write_batch(batch, row_group_size=GROUP)

    def close(self) -> None:
        if self._writer is not None:
            self._writer.close()


class _Gzip:
    """Compresses as ``gzip.compress`` does, piece by piece: the same bytes for the same data."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._packer = zlib.compressobj(9, zlib.DEFLATED, 31)

    def add(self, text: str) -> None:
        self._file.write(self._packer.compress(text.encode()))

    def close(self) -> None:
        self._file.write(self._packer.flush())


class Csv(_Gzip):
    """All but the tracebacks, which would be most of the file."""

    _named = False

    def write(self, part: pd.DataFrame) -> None:
        kept = part.drop(columns="error_traceback")
        self.add(kept.to_csv(index=False, header=not self._named, lineterminator="\n"))
        self._named = True


class JsonLines(_Gzip):
    """All but the tracebacks; what is missing is null, inf and nan are words."""

    def write(self, part: pd.DataFrame) -> None:
        kept = part.drop(columns="error_traceback")
        rows = zip(*(_plain(kept[name]) for name in kept), strict=True)
        lines = (dict(zip(kept.columns, row, strict=True)) for row in rows)
        self.add("".join(f"{json.dumps(line, ensure_ascii=False)}\n" for line in lines))


def _plain(column: pd.Series) -> list[Any]:
    """Return a column as JSON has it."""
    values = column.astype("object").where(column.notna(), None).tolist()
    if column.dtype == "float64":
        return [str(one) if one in (float("inf"), float("-inf")) else one for one in values]
    return values
