"""What the store has for a cell, and what of it is worth doing again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from caniload.runner.environments.home import Home
from caniload.runner.environments.pythons import Interpreter
from caniload.runner.evidence.known import Evidence, cut_short, died_of_limits
from caniload.runner.evidence.resolve import Resolution, Resolved
from caniload.runner.evidence.store import Store
from caniload.runner.matrix.plan import Selection, make
from caniload.runner.matrix.reading import read_matrix
from caniload.runner.matrix.reference import read_form
from caniload.runner.matrix.schema import Limits

LIMITS: dict[str, Any] = {
    "seconds": 60.0,
    "seconds_floor": 10.0,
    "history_factor": 10.0,
    "memory_mb": 4096,
    "import_seconds": 180.0,
    "build_seconds": 1200.0,
}
TIMEOUT = {"kind": "timeout", "limit": 10.0, "phase": "load"}
MEMORY = {"kind": "memory", "limit": 4096, "phase": "load"}
SIGNAL = {"kind": "signal", "signal": "SIGSEGV", "phase": "save"}
KILLED = {"kind": "signal", "signal": "SIGKILL", "phase": "save"}


@pytest.mark.parametrize(
    ("crash", "changes", "again"),
    [
        (None, {"seconds": 600.0}, False),
        (TIMEOUT, {}, False),
        (TIMEOUT, {"seconds": 600.0}, True),
        (TIMEOUT, {"seconds_floor": 30.0}, True),
        (TIMEOUT, {"seconds": 6.0}, False),
        (TIMEOUT, {"memory_mb": 8192, "import_seconds": 900.0}, False),
        (MEMORY, {"memory_mb": 8192}, True),
        (MEMORY, {"memory_mb": 1024}, False),
        (SIGNAL, {"seconds": 600.0}, False),
        (KILLED, {"seconds": 600.0}, False),
    ],
)
def test_what_a_limit_ended_is_done_again_once_it_is_raised(
    crash: dict[str, Any] | None, changes: dict[str, Any], *, again: bool
) -> None:
    record = {"crash": crash, "limits": LIMITS}
    assert cut_short(record, Limits(**{**LIMITS, **changes})) == again


@pytest.mark.parametrize(
    ("crash", "died"),
    [(None, False), (TIMEOUT, True), (MEMORY, True), (KILLED, True), (SIGNAL, False)],
)
def test_what_was_ended_by_us_or_from_outside_is_no_refusal(
    crash: dict[str, Any] | None, *, died: bool
) -> None:
    assert died_of_limits({"crash": crash}) == died


def test_files_of_the_same_bytes_share_a_run_each_under_its_own_path(tmp_path: Path) -> None:
    names = ("tf-2.14", "tf-2.15")
    matrix = read_matrix(Path(__file__).with_name("small_matrix.yaml"))
    plan = make(matrix, Selection(environments=names, models=("control",), formats=("h5",)))
    usable = {
        one.id: Resolved(
            environment=one,
            interpreter=Interpreter(tmp_path / "python", "3.11.7"),
            lock_sha256=one.id,
            fingerprint=one.id,
        )
        for one in plan.environments
    }
    resolution = Resolution(usable=usable, untested={}, fingerprints={one: one for one in names})
    home = Home(root=tmp_path)
    evidence = Evidence(plan=plan, home=home, store=Store(home.results), resolution=resolution)
    cells = {cell.artifact.saved_by: cell for cell in plan.cells if cell.loaded_by == "tf-2.15"}
    with evidence.store as store:
        for name in names:
            stored = {"path": f"{name}/control/h5-1", "sha256": "1", "bytes": 1}
            files = {"stored": stored, "damaged": {}, "expected": {**stored, "sha256": "e"}}
            known = {"form": read_form("h5").sha256, "content": None, "fed": None}
            record = {"formats": {"h5": {**files, **known}}}
            store.put(evidence.save_key(name, "control"), record)
        keys = {evidence.cell_key(cell) for cell in cells.values()}
        assert len(keys) == 1
        said = {"artifact": "tf-2.15/control/h5-1", "facts": "no tf-2.15/control/h5-1/model.h5"}
        store.put(str(keys.pop()), said)

        assert evidence.record(cells["tf-2.15"]) == said
        assert evidence.record(cells["tf-2.14"]) == {
            "artifact": "tf-2.14/control/h5-1",
            "facts": "no tf-2.14/control/h5-1/model.h5",
        }
