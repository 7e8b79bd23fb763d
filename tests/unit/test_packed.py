"""Which results of a pack stand for cells of a plan, and what is said of those that do not."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from packs_made import MATRIX, small, source, written

from caniload.runner.commands.drawing import Drawing
from caniload.runner.core.cells import Artifact, Cell
from caniload.runner.core.outcomes import Outcome, Purpose
from caniload.runner.core.shipped import LOCKS
from caniload.runner.environments.home import Home
from caniload.runner.environments.variables import replay_variables
from caniload.runner.evidence.known import Evidence
from caniload.runner.evidence.resolve import resolve
from caniload.runner.evidence.store import Store
from caniload.runner.judging.assemble import Assembly
from caniload.runner.judging.shipped import Shipment, shipment
from caniload.runner.matrix import plan as planning
from caniload.runner.matrix.plan import Selection
from caniload.runner.matrix.reference import read_family, read_form
from caniload.runner.packs.pack import Contents
from caniload.runner.packs.shelf import SHIPPED, Shelved, shelf

CELL = Cell(artifact=Artifact(saved_by="tf-2.15", model="dense", format="h5"), loaded_by="tf-2.21")


def evidence(home: Path, matrix: Any = MATRIX) -> Evidence:
    wanted = Selection(environments=("tf-2.15", "tf-2.21"), models=("dense",), formats=("h5",))
    plan = planning.make(matrix, wanted)
    found = Home(root=home)
    resolution = resolve(plan.environments, home=found)
    return Evidence(plan=plan, home=found, store=Store(found.results), resolution=resolution)


def made(python: str = "3.11.9", lock: str | None = None, **more: Any) -> Contents:
    """Return one file of tf-2.15 with a verdict in tf-2.21, each as it is here unless said."""
    contents = small(**{name: more.pop(name) for name in ("said", "source") if name in more})
    (part,) = contents.parts.values()
    rows = {row["id"]: row for row in contents.environments.values()}
    fresh = Contents(locks=contents.locks, sources=contents.sources)
    keys = {}
    for name, row in rows.items():
        one = MATRIX.environment(name)
        exact = {"imports": one.imports, "variables": replay_variables(one), "python": python}
        keys[name] = fresh.environment({**row, **exact, **({"lock": lock} if lock else {})})
    (file,) = part.files.values()
    written_by = {
        "family": read_family(MATRIX_FAMILY).sha256,
        "form": read_form("h5").sha256,
        **more,
    }
    old = {key: row["id"] for key, row in contents.environments.items()}
    cells = {keys[old[reader]]: found[0] for (_, reader), found in part.cells.items()}
    fresh.put("h5", {**file, "saver": keys["tf-2.15"], **written_by}, cells)
    return fresh


MATRIX_FAMILY = next(one.family for one in MATRIX.models if one.id == "dense")


def shipped(tmp_path: Path, contents: Contents) -> Shipment:
    return shipment(
        evidence(tmp_path / "home"), LOCKS, packs(written(contents, tmp_path / "a.pack"))
    )


def packs(path: Path) -> list[Shelved]:
    """Return what a home in which nothing was imported has, of a pack that ships."""
    return shelf(Home(root=path.parent / "nothing"), path)[0]


def test_what_is_of_the_same_locks_and_code_is_shown(tmp_path: Path) -> None:
    found = shipped(tmp_path, made())
    one = found.of(CELL)
    assert one is not None
    assert one.verdict.outcome is Outcome.ERROR
    assert one.source.startswith("measured until 2026-11-23 with caniload 0.1.0")
    assert found.unused == ()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        pytest.param({"lock": "f" * 64}, "locked otherwise here", id="another lock"),
        pytest.param({"python": "3.12.1"}, "on another Python", id="another Python"),
        pytest.param({"family": "0" * 64}, "has changed: dense.h5", id="another model"),
        pytest.param({"form": "0" * 64}, "has changed: dense.h5", id="saved otherwise"),
        pytest.param({"source": source(load="load 0")}, "", id="another measuring"),
    ],
)
def test_what_is_not_is_unused_and_said(tmp_path: Path, changes: dict[str, Any], said: str) -> None:
    found = shipped(tmp_path, made(**changes))
    assert found.of(CELL) is None
    assert said in " ".join(found.unused)


def test_a_spoilt_pack_is_told_and_nothing_of_it_is_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = written(made(), tmp_path / "a.pack")
    path.write_bytes(b"\0" * 600)
    drawing = Drawing(
        home=Home(root=tmp_path),
        folder=tmp_path,
        note=tmp_path / "note",
        locks=LOCKS,
        feed="",
        shipped=True,
    )
    monkeypatch.setattr("caniload.runner.commands.drawing.shelf", lambda home: shelf(home, path))
    found = drawing._shipment(evidence(tmp_path))
    assert found.of(CELL) is None
    assert "Shipped evidence is not shown" in found.unused[0]


def test_what_was_imported_goes_before_what_ships_and_is_told_as_that(tmp_path: Path) -> None:
    ships = written(made(), tmp_path / "a.pack")
    home = Home(root=tmp_path / "home")
    home.packs.mkdir(parents=True)
    shutil.copyfile(ships, home.packs / "theirs.pack")
    found = shipment(evidence(tmp_path / "home"), LOCKS, shelf(home, ships)[0])
    one = found.of(CELL)
    assert one is not None
    assert one.source.startswith("in imported pack theirs, measured until 2026-11-23")
    assert one.verdict.outcome is Outcome.ERROR


def test_other_tolerances_make_other_verdicts(tmp_path: Path) -> None:
    bounds = MATRIX.tolerances.model_copy(update={"absolute": 0.5})
    matrix = MATRIX.model_copy(update={"tolerances": bounds})
    ships = packs(written(made(), tmp_path / "a.pack"))
    found = shipment(evidence(tmp_path, matrix), LOCKS, ships)
    assert found.of(CELL) is None
    assert "tolerances" in found.unused[0]


def test_the_cell_stays_untested(tmp_path: Path) -> None:
    known = evidence(tmp_path / "home")
    ships = shipped(tmp_path, made())
    cells = {one.cell: one for one in Assembly(evidence=known, batch=1, shipped=ships)().cells}
    judged = cells[CELL]
    assert judged.outcome is Outcome.UNTESTED
    assert judged.to(Purpose.PREDICT).outcome is Outcome.UNTESTED
    assert judged.shipped is not None
    assert all(one.shipped is None for one in Assembly(evidence=known, batch=1)().cells)


def test_much_of_the_usual_matrix_is_known_from_what_ships(tmp_path: Path) -> None:
    plan = planning.make(MATRIX, Selection(profile="quick"))
    home = Home(root=tmp_path)
    resolution = resolve(plan.environments, home=home)
    known = Evidence(plan=plan, home=home, store=Store(home.results), resolution=resolution)
    ships = shipment(known, LOCKS, shelf(home)[0])
    assert SHIPPED.is_file()
    assert sum(ships.of(cell) is not None for cell in plan.cells) > len(plan.cells) / 10
