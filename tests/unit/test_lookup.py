"""Which cells are missing, as columns, against asking for every cell by itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from caniload.runner.core.cells import Cell
from caniload.runner.environments.home import Home
from caniload.runner.environments.pythons import Interpreter
from caniload.runner.evidence import derivations, history, lookup
from caniload.runner.evidence.history import History
from caniload.runner.evidence.known import Evidence, cut_short
from caniload.runner.evidence.resolve import Resolution, Resolved
from caniload.runner.evidence.store import Store
from caniload.runner.matrix.choosing import Gaps
from caniload.runner.matrix.plan import Selection, make
from caniload.runner.matrix.reading import read_matrix
from caniload.runner.matrix.reference import read_form
from caniload.runner.running import estimate

READERS = ("tf-2.14", "tf-2.15", "tf-2.16")
GONE = "tf-2.14"
"""Its fingerprint is known, but it cannot be built here any more."""


@pytest.fixture
def evidence(tmp_path: Path) -> Evidence:
    """Four environments, of which one cannot be had, with files saved by some."""
    matrix = read_matrix(Path(__file__).parents[2] / "matrix.yaml")
    names = ("tf-2.13", *READERS)
    plan = make(matrix, Selection(environments=names, models=("dense", "lstm")))
    usable = {
        one.id: Resolved(
            environment=one,
            interpreter=Interpreter(tmp_path / "python", "3.11.7"),
            lock_sha256=one.id,
            fingerprint=f"print-{one.id}",
        )
        for one in plan.environments
        if one.id in READERS and one.id != GONE
    }
    resolution = Resolution(
        usable=usable,
        untested={"tf-2.13": "no Python", GONE: "no Python"},
        fingerprints={one: f"print-{one}" for one in READERS},
    )
    home = Home(root=tmp_path)
    made = Evidence(plan=plan, home=home, store=Store(home.results), resolution=resolution)
    with made.store:
        for saver in READERS[:2]:
            made.store.put(made.save_key(saver, "dense"), saved(made, saver))
    return made


def saved(evidence: Evidence, saver: str) -> dict[str, Any]:
    """Say that a model was saved in all formats but one."""
    formats = {}
    for number, name in enumerate(evidence.formats("dense")):
        stored = {"path": f"{saver}/dense/{name}-1", "sha256": f"{saver} {name}", "bytes": 1}
        known: dict[str, Any] = {"damaged": {}, "crash": None, "content": None, "fed": None}
        known |= {"form": read_form(name).sha256, "expected": {**stored, "sha256": "e"}}
        formats[name] = {**known, "stored": stored if number != 1 else None}
    return {"kind": "save", "formats": formats}


@pytest.mark.parametrize("compact", [True, False])
def test_what_was_told_is_missing_once_its_rule_is_off(
    evidence: Evidence, *, compact: bool
) -> None:
    cells = [cell for cell in evidence.plan.cells if evidence.cell_key(cell) is not None]
    reader = cells[0].loaded_by
    told = {"rule": "same-content", "from": cells[0].id}
    with evidence.store as store:
        for number, cell in enumerate(cells):
            record = {**loaded(cell, 1), **({"derived": told} if number % 2 else {})}
            store.put(str(evidence.cell_key(cell)), record)
        if compact:
            store.compact()
        assert not lookup.missing(evidence).any()
        every = lookup.missing(evidence, told=False)
        assert [*evidence.plan.cells.where(every)] == cells[1::2]

        form = cells[1].artifact.format
        kind = derivations.named("same-content", reader, form)
        store.put(derivations.off_key(kind), {"kind": "derivation", "off": kind})
        again = [*evidence.plan.cells.where(lookup.missing(evidence))]
    assert again == [
        cell for cell in cells[1::2] if (cell.loaded_by, cell.artifact.format) == (reader, form)
    ]


def loaded(cell: Cell, number: int) -> dict[str, Any]:
    crash = {"kind": "timeout", "limit": 10.0, "phase": "load"} if number % 3 == 0 else None
    limits = {"seconds": 60.0 if number % 2 else 1.0, "seconds_floor": 1e9, "history_factor": 1e9}
    place = {name: getattr(cell.artifact, name) for name in ("saved_by", "model", "format")}
    return {
        "kind": "cell",
        "cell": {"artifact": {**place, "damage": None}, "loaded_by": cell.loaded_by},
        "artifact": f"{cell.artifact.saved_by}/dense/{cell.artifact.format}-1",
        "facts": None if crash else {"seconds": {"load": 1.0}},
        "crash": crash,
        "limits": limits if crash else None,
        "seconds": None if crash else float(number),
    }


def put_some(evidence: Evidence, *, compact: bool) -> None:
    with evidence.store as store:
        for number, cell in enumerate(evidence.plan.cells):
            key = evidence.cell_key(cell)
            if key is not None and number % 5:
                store.put(key, loaded(cell, number))
        if compact:
            store.compact()


def one_by_one(evidence: Evidence) -> list[Cell]:
    limits = evidence.plan.matrix.limits
    return [
        cell
        for cell in evidence.plan.cells
        if (key := evidence.cell_key(cell)) is not None
        and ((record := evidence.store.get(key)) is None or cut_short(record, limits))
    ]


@pytest.mark.parametrize("compact", [True, False])
def test_missing_is_what_has_a_file_and_no_result_that_stands(
    evidence: Evidence, *, compact: bool
) -> None:
    cells = evidence.plan.cells
    before = list(cells.where(lookup.missing(evidence)))
    assert before == one_by_one(evidence)
    put_some(evidence, compact=compact)

    found = list(cells.where(lookup.missing(evidence)))

    assert found == one_by_one(evidence)
    again = [cell for cell in found if evidence.record(cell) is not None]
    assert 0 < len(again) < len(found) < len(before)
    assert list(cells.where(lookup.missing(evidence, rerun=True))) == before


def test_what_it_costs_counts_what_can_be_run_and_what_is_still_to_be_saved(
    evidence: Evidence,
) -> None:
    put_some(evidence, compact=True)
    counts = estimate._missing(evidence, told=True)
    by_cell = [cell.loaded_by for cell in one_by_one(evidence)]
    gaps = Gaps(evidence.plan.matrix)
    by_cell += [
        cell.loaded_by
        for cell in evidence.plan.cells
        if cell.artifact.saved_by in READERS
        and evidence.format_record(cell.artifact) is None
        and gaps.of(cell.artifact.saved_by, cell.artifact.model, cell.artifact.format) is None
    ]
    assert counts == {one: by_cell.count(one) for one in evidence.resolution.usable}
    assert all(counts.values())


@pytest.mark.parametrize("compact", [True, False])
def test_what_an_environment_measured(evidence: Evidence, *, compact: bool) -> None:
    put_some(evidence, compact=compact)
    for reader in ("tf-2.13", *READERS):
        found = lookup.found(evidence, reader)
        cells = [evidence.plan.cells[place] for place in found.cells]
        assert cells == [one for one in evidence.plan.cells if one.loaded_by == reader]
        known = [found.rows.record(row) if row >= 0 else None for row in found.at]
        assert known == [evidence.record(cell) for cell in cells]
        assert any(known) == (reader != "tf-2.13")


@pytest.mark.parametrize("compact", [True, False])
def test_how_long_files_take(evidence: Evidence, *, compact: bool) -> None:
    put_some(evidence, compact=compact)
    taken: dict[str, list[float]] = {}
    for record in evidence.store.values():
        if record.get("seconds") is not None:
            taken.setdefault(record["artifact"], []).append(record["seconds"])
    asked = History(evidence.store)
    for path, seconds in taken.items():
        assert asked.median(path) == sorted(seconds)[len(seconds) // 2] or len(seconds) % 2 == 0
    assert asked.median("no such file") is None
    asked.add("no such file", 2.0)
    assert asked.median("no such file") == 2.0
    every = [one for seconds in taken.values() for one in seconds]
    assert history.mean(evidence.store, 1) == pytest.approx(sum(every) / len(every))
    assert history.mean(evidence.store, len(every) + 1) is None
