"""What the store costs at five million cells: seconds and peak memory of each step, by itself.

    nox -s bench -- scale-store [--cells 5000000] [--logged 1] [--like HOME] [--keep FOLDER]

The plan is that of matrix.yaml, of as many models as make so many cells. The results are made up,
with the sizes of real ones: each is one of those in ``--like`` ($CANILOAD_HOME), under another
name, with other numbers, and with exceptions of its own: one in two cells says something different,
as one in three to one in two do in the quick profile. The results of ``--logged`` environments go
the way of a run: put one by one, and made columns of whenever the log is full; those of the others
are written as columns at once. Each step runs in a process of its own. What it costs to check files
on disk is measured on those of ``--like``.
"""

from __future__ import annotations

import argparse
import hashlib
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from caniload.runner.core.cells import Cell
from caniload.runner.core.shipped import LOCKS
from caniload.runner.environments.home import Home
from caniload.runner.environments.pythons import Interpreter
from caniload.runner.evidence import artifacts, lookup
from caniload.runner.evidence.keys import digest
from caniload.runner.evidence.known import Evidence
from caniload.runner.evidence.packing import TEXTS, Row, pack, unpack
from caniload.runner.evidence.resolve import Resolution, Resolved
from caniload.runner.evidence.rows import table_of
from caniload.runner.evidence.store import Store
from caniload.runner.judging import unchanged
from caniload.runner.matrix import plan as planning
from caniload.runner.matrix.plan import Plan, Selection
from caniload.runner.matrix.reading import read_matrix
from caniload.runner.running import estimate

ROOT = Path(__file__).parents[2]
ALIKE = 2
"""So many savers in a row write files of which a reader says the same, in texts of their own."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cells", type=int, default=5_000_000)
    parser.add_argument(
        "--logged", type=int, default=1, help="environments that go the way of a run"
    )
    parser.add_argument("--like", type=Path, default=Home.default().root)
    parser.add_argument(
        "--keep", type=Path, help="make the store here, or use the one that is here"
    )
    parser.add_argument("--step", choices=list(STEPS), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.step:
        STEPS[arguments.step](arguments)
        return 0
    with tempfile.TemporaryDirectory() as scratch:
        arguments.keep = arguments.keep or Path(scratch)
        for step in STEPS:
            if step != "make" or not (arguments.keep / "results" / "cells").is_dir():
                _alone(step, arguments)
    return 0


def _alone(step: str, arguments: argparse.Namespace) -> None:
    given = {name: getattr(arguments, name) for name in ("cells", "logged", "like", "keep")}
    words = [word for name, value in given.items() for word in (f"--{name}", str(value))]
    subprocess.run([sys.executable, __file__, "--step", step, *words], check=True)


def _measured(what: str, doing: Callable[[], Any]) -> Any:
    started, before = time.monotonic(), time.process_time()
    done = doing()
    wall, cpu = time.monotonic() - started, time.process_time() - before
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{what:44} {wall:8.2f} s {cpu:8.2f} s CPU {peak:8,.0f} MiB at most", flush=True)
    return done


# The plan


def _plan(cells: int) -> Plan:
    """Return the plan of all environments, of as many models as make so many cells."""
    matrix = read_matrix(ROOT / "matrix.yaml")
    whole = planning.make(matrix, Selection())
    if len(whole.cells) <= cells:
        return whole
    ids = [one.id for one in whole.models]
    each = Counter(whole.cells.models.tolist()) if cells < len(whole.cells) else Counter()
    chosen: list[str] = []
    for number, name in enumerate(ids):
        if sum(each[one] for one in range(number + 1)) > cells:
            break
        chosen.append(name)
    return planning.make(matrix, Selection(models=tuple(chosen or ids[:1])))


def _evidence(arguments: argparse.Namespace, plan: Plan) -> Evidence:
    usable = {
        one.id: Resolved(
            environment=one,
            interpreter=Interpreter(Path("python"), f"{one.python}.0"),
            lock_sha256=one.id,
            fingerprint=digest(one.id),
        )
        for one in plan.environments
    }
    fingerprints = {name: one.fingerprint for name, one in usable.items()}
    home = Home(root=arguments.keep)
    resolution = Resolution(usable=usable, untested={}, fingerprints=fingerprints)
    return Evidence(plan=plan, home=home, store=Store(home.results), resolution=resolution)


# Results with the sizes of real ones


def _patterns(like: Path) -> tuple[list[Row], list[dict[str, Any]]]:
    records = list(Store(Home(root=like).results).values())
    rows = [row for one in records if one["kind"] == "cell" and (row := pack(one))]
    saves = [dict(one) for one in records if one["kind"] == "save"]
    if not rows or not saves:
        sys.exit(f"{like} has no results to take sizes from; run `caniload matrix --profile quick`")
    return rows, saves


def make(arguments: argparse.Namespace) -> None:
    evidence = _evidence(arguments, _plan(arguments.cells))
    rows, saves = _patterns(arguments.like)
    with evidence.store:
        _measured("make up what saving gave, and keep it", lambda: _put_saves(evidence, saves))
        readers = evidence.plan.cells.names.environments
        for reader in readers[: arguments.logged]:
            _measured(f"put and compact {reader}", partial(_put, evidence, reader, rows))
        others = readers[arguments.logged :]
        _measured(
            f"make up the columns of {len(others)} environments",
            partial(_adopt, evidence, others, rows),
        )


def _adopt(evidence: Evidence, readers: Sequence[str], patterns: list[Row]) -> None:
    """Make up what one environment measured, and of it what the others did."""
    cells = evidence.plan.cells
    made = [(file, row) for _, file, row in _made(evidence, readers[0], patterns)]
    first = table_of(made)
    for number, reader in enumerate(readers):
        table = _of_another(first, reader, number) if number else first
        left = len(cells.of_reader(reader))
        evidence.store.adopt(evidence.resolution.fingerprints[reader], table.slice(0, left))


def _of_another(table: Any, reader: str, number: int) -> Any:
    """Return the results of the same files, each with what was said of another."""
    turned = (np.arange(table.num_rows) + 7919 * number) % table.num_rows
    for name in ("crash", "limits", "seconds", "numbers", *TEXTS):
        place = table.schema.get_field_index(name)
        column = table.column(place).combine_chunks().take(turned)
        if name == "error":
            words = pc.replace_substring(column.dictionary, "Error: ", f"Error: {reader}: ")
            column = pa.DictionaryArray.from_arrays(column.indices, words)
        table = table.set_column(place, table.schema.field(place), column)
    place = table.schema.get_field_index("loaded_by")
    own = pa.array([reader] * table.num_rows).dictionary_encode()
    return table.set_column(place, table.schema.field(place), own)


def _put_saves(evidence: Evidence, patterns: list[dict[str, Any]]) -> None:
    for number, (environment, model) in enumerate(evidence.saves()):
        pattern = patterns[number % len(patterns)]
        entries = list(pattern["formats"].values())
        names = evidence.formats(model)
        formats = {
            name: {**entries[place % len(entries)], **_stored(environment, model, name)}
            for place, name in enumerate(names)
        }
        record = {
            **pattern,
            "environment": environment,
            "model": model,
            "formats": formats,
            "expected": _file(f"{environment}/{model}/expected"),
        }
        evidence.store.put(evidence.save_key(environment, model), record)
    evidence.store.compact()


def _stored(environment: str, model: str, name: str) -> dict[str, Any]:
    where = f"{environment}/{model}/{name}"
    return {"stored": _file(where), "damaged": {}, "error": None, "crash": None}


def _file(where: str) -> dict[str, Any]:
    sha256 = hashlib.sha256(where.encode()).hexdigest()
    return {"path": f"{where}-{sha256[:12]}", "sha256": sha256, "bytes": 37_000}


def _made(evidence: Evidence, reader: str, patterns: list[Row]) -> Iterator[tuple[Cell, str, Row]]:
    chance = random.Random(reader)
    cells, files = evidence.plan.cells, lookup.files(evidence)
    own = cells.of_reader(reader)
    for index, file in zip(own.tolist(), cells.file_of[own].tolist(), strict=True):
        cell = cells[index]
        key = bytes(files.keys[file]).ljust(32, b"\0").hex()
        kin = f"{cell.artifact.model}.{cell.artifact.format} {cells.savers[index] // ALIKE}"
        pattern = random.Random(f"{reader} {kin}").choice(patterns)
        yield cell, key, _like(pattern, cell, kin, chance)


def _like(pattern: Row, cell: Cell, name: str, chance: random.Random) -> Row:
    file = cell.artifact
    error = pattern.error
    if error is not None and error != "null":
        error = error.replace('"message":"', f'"message":"{name}: ', 1)
        error = error.replace("Error: ", f"Error: {name}: ", 1)
    return pattern._replace(
        saved_by=file.saved_by,
        model=file.model,
        format=file.format,
        damage=None,
        loaded_by=cell.loaded_by,
        artifact=_file(f"{file.saved_by}/{file.model}/{file.format}")["path"],
        seconds=round(chance.expovariate(5), 4) if pattern.seconds is not None else None,
        numbers=[_other(one, chance) for one in pattern.numbers],
        error=error,
    )


def _other(number: float, chance: random.Random) -> float:
    return round(number * chance.uniform(0.5, 2), 4) if number < 1000 else float(round(number))


def _put(evidence: Evidence, reader: str, patterns: list[Row]) -> None:
    fingerprint = evidence.resolution.fingerprints[reader]
    for _, file, row in _made(evidence, reader, patterns):
        evidence.store.put(f"{fingerprint}/{file}", unpack(row))
    evidence.store.compact()


# What is measured


def sizes(arguments: argparse.Namespace) -> None:
    results = Home(root=arguments.keep).results
    for name in ("cells", "others"):
        files = [one.stat().st_size for one in (results / name).rglob("*.parquet")]
        print(f"{name}: {len(files)} files, {sum(files) / 2**20:,.0f} MiB")


def plan(arguments: argparse.Namespace) -> None:
    made = _measured("plan", lambda: _plan(arguments.cells))
    print(f"  {len(made.cells):,} cells of {made.cells.count_of_files:,} files")


def unchanged_run(arguments: argparse.Namespace) -> None:
    """All that a run does before the report where nothing is missing, but for checking files."""
    plan = _measured("unchanged: plan", lambda: _plan(arguments.cells))
    evidence = _measured("unchanged: open the store", lambda: _evidence(arguments, plan))
    cost = _measured(
        "unchanged: what is missing, and its price",
        lambda: estimate.cost(evidence, jobs=2, locks=LOCKS),
    )
    left = _measured("unchanged: what is to be loaded", lambda: lookup.missing(evidence).sum())
    _measured(
        "unchanged: is the report still true",
        lambda: unchanged.inputs(evidence, Path("index.html"), LOCKS),
    )
    assert cost.cells_to_run == left == 0, (cost.cells_to_run, left)


def one_reader(arguments: argparse.Namespace) -> None:
    evidence = _evidence(arguments, _plan(arguments.cells))
    reader = evidence.plan.cells.names.environments[-1]
    rows = _measured("one reader: find its cells", lambda: lookup.found(evidence, reader)).rows
    _measured("one reader: which say the same", lambda: rows.codes)
    count = _measured("one reader: all records", lambda: sum(1 for one in _all(rows) if one))
    print(f"  {count:,} records, {int(rows.codes.max()) + 1:,} of them say different things")


def _all(rows: Any) -> Iterator[dict[str, Any]]:
    return (rows.record(row) for row in range(len(rows)))


def all_readers(arguments: argparse.Namespace) -> None:
    evidence = _evidence(arguments, _plan(arguments.cells))

    def walk() -> int:
        different = 0
        for reader in evidence.plan.cells.names.environments:
            rows = lookup.found(evidence, reader).rows
            seen = dict(zip(rows.codes.tolist(), range(len(rows)), strict=True))
            different += sum(rows.record(row) is not None for row in seen.values())
        return different

    found = _measured("all readers: a record of each that differs", walk)
    print(f"  {found:,} records")


def on_disk(arguments: argparse.Namespace) -> None:
    home = Home(root=arguments.like)
    saves = [one for one in Store(home.results).values() if one["kind"] == "save"]
    stored = [
        artifacts.Stored(**one)
        for save in saves
        for one in (save["expected"], *(entry["stored"] for entry in save["formats"].values()))
        if one
    ]
    there = _measured(
        f"check {len(stored)} folders of files on disk",
        lambda: sum(artifacts.intact(one, home.artifacts) for one in stored),
    )
    print(f"  {there} are whole; {sum(one.bytes for one in stored) / 2**20:.0f} MiB")


STEPS: dict[str, Callable[[argparse.Namespace], None]] = {
    "make": make,
    "sizes": sizes,
    "plan": plan,
    "unchanged": unchanged_run,
    "one-reader": one_reader,
    "all-readers": all_readers,
    "on-disk": on_disk,
}

if __name__ == "__main__":
    sys.exit(main())
