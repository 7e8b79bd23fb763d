"""What judged cells cost by the million: table, report and a filter, each in a process of its own.

    nox -s bench -- scale [--cells 5000000] [--keep FOLDER]

Prints seconds of CPU and wall, the largest memory, and what these are for each cell. The memory is
that of the process, the generated cells with their texts and the imports included.
"""

from __future__ import annotations

import argparse
import gzip
import json
import multiprocessing
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from generated import HOME, generated

from caniload.runner.core.judgedrows import as_table
from caniload.runner.core.judgedtable import JudgedTable

MIB = 1024


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cells", type=int, default=100_000)
    parser.add_argument("--keep", help="write the report there, and leave it")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(arguments.keep or scratch).absolute() / "report"
        for measure in (_generating, _filtering, _tabulating, _reporting):
            _apart(measure, arguments.cells, folder)
    return 0


def _apart(measure: Callable[[int, Path], None], cells: int, folder: Path) -> None:
    """Run one measurement in a fresh process, whose memory is then its own."""
    process = multiprocessing.get_context("spawn").Process(target=measure, args=(cells, folder))
    process.start()
    process.join()
    if process.exitcode:
        sys.exit(f"{measure.__name__} ended with {process.exitcode}")


class Watch:
    """Takes the time of a block, and says what it cost."""

    def __init__(self, what: str, cells: int) -> None:
        self._what, self._cells = what, cells

    def __enter__(self) -> None:
        self._wall, self._cpu = time.monotonic(), time.process_time()

    def __exit__(self, *_: object) -> None:
        wall, cpu = time.monotonic() - self._wall, time.process_time() - self._cpu
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        each = 100_000 / self._cells
        print(
            f"{self._what:<26} {wall:8.1f} s wall {cpu:8.1f} s CPU {cpu * each:7.2f} s/100k cells"
            f" {peak / MIB:8.0f} MiB peak {peak * 1024 / self._cells:8.0f} B/cell",
            flush=True,
        )


def _cells(count: int) -> JudgedTable:
    return as_table(generated(count).cells)


def _generating(cells: int, _: Path) -> None:
    with Watch("generating alone", cells):
        table = _cells(cells)
    characters = sum(
        len(one.reason) + len(one.error.message + one.error.traceback if one.error else "")
        for one in table.verdicts
    )
    print(f"{len(table):,} cells, {len(table.verdicts):,} verdicts of {characters:,} characters")


def _filtering(cells: int, _: Path) -> None:
    """Pick the errors of one pair, as ``caniload cells`` does, and write them as JSON."""
    table = _cells(cells)
    with Watch("filter: one pair's errors", cells):
        columns = table.columns
        pair = np.flatnonzero((columns.saver == 1) & (columns.reader == 2))
        picked = table.take(pair[[table.verdict(int(row)).error is not None for row in pair]])
        lines = [json.dumps({"id": one.cell.id, "reason": one.reason}) for one in picked]
    print(f"{len(lines):,} of {len(table):,}")


def _tabulating(cells: int, _: Path) -> None:
    """Take cells one by one into columns, as judging does; of a million at most."""
    table = _cells(cells)[:1_000_000]
    with Watch("cells one by one -> columns", len(table)):
        as_table(iter(table))


def _reporting(cells: int, folder: Path) -> None:
    from caniload.reports.site import render  # noqa: PLC0415 - pandas is part of its price alone

    judged = generated(cells)
    with Watch("report", len(judged.cells)):
        index, told = render(judged, folder, Path(HOME), given_up=True)
    files = [path for path in index.parent.rglob("*") if path.is_file()]
    sizes = {path: path.stat().st_size for path in files}
    largest = sorted(sizes, key=sizes.__getitem__)[-6:]
    print(f"{len(files):,} files, {sum(sizes.values()):,} bytes; first page")
    print(f"  {sizes[index]:,} bytes, {len(gzip.compress(index.read_bytes())):,} with gzip")
    print("  largest: " + ", ".join(f"{path.name} {sizes[path]:,}" for path in largest))
    print(f"  {told.lines[0]}")


if __name__ == "__main__":
    sys.exit(main())
