"""What is kept of a save job, whatever became of it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from caniload.runner.environments.home import Home
from caniload.runner.environments.pythons import Interpreter
from caniload.runner.evidence.known import Evidence
from caniload.runner.evidence.resolve import Resolution, Resolved
from caniload.runner.evidence.results import Result
from caniload.runner.evidence.store import Store
from caniload.runner.matrix.plan import Selection, make
from caniload.runner.matrix.reading import read_matrix
from caniload.runner.running.saving import Saving
from caniload.runner.running.schedule import Unit

MATRIX = Path(__file__).with_name("small_matrix.yaml")
DIED = Result(crash={"kind": "signal", "signal": "SIGSEGV", "phase": "save"})
FAULT = Result(fault="this machine has no more room")
REFUSED = {"type": "ValueError", "message": "no", "phase": "save", "traceback": ""}


@pytest.fixture
def evidence(tmp_path: Path) -> Evidence:
    plan = make(read_matrix(MATRIX), Selection(environments=("tf-2.15",), models=("control",)))
    home = Home(root=tmp_path)
    (environment,) = plan.environments
    found = Resolved(
        environment=environment,
        interpreter=Interpreter(tmp_path / "python", "3.11.7"),
        lock_sha256="1",
        fingerprint="f",
    )
    resolution = Resolution(
        usable={"tf-2.15": found}, untested={}, fingerprints={"tf-2.15": found.fingerprint}
    )
    return Evidence(plan=plan, home=home, store=Store(home.results), resolution=resolution)


def refused(unit: Unit) -> Result:
    (format_id,) = unit.job["formats"]
    one: dict[str, object] = {"error": REFUSED, "unsupported": None, "messages": []}
    return Result(facts={"error": None, "formats": {format_id: one}, "messages": []})


def test_a_fault_of_one_format_costs_that_format_only(evidence: Evidence) -> None:
    queued: list[Unit] = []
    finished: list[bool] = []
    with evidence.store:
        saving = Saving(evidence, queued.extend, finished.append)
        (unit,) = saving.missing(rerun=False)["tf-2.15"]
        saving.take(unit, DIED)
        assert [one.job["formats"] for one in queued] == [
            [name] for name in sorted(evidence.formats("control"))
        ]
        for one in queued:
            saving.take(one, FAULT if one.job["formats"] == ["h5"] else refused(one))

        record = evidence.save_record("tf-2.15", "control")
        assert record is not None
        assert set(record["formats"]) == set(evidence.formats("control")) - {"h5"}
        assert finished == [True]
        cell = next(one for one in evidence.plan.cells if one.artifact.format == "h5")
        assert evidence.fault(cell) == "this machine has no more room"
        assert saving.missing(rerun=False)  # asked again by the next run


def test_nothing_is_kept_of_a_model_that_met_a_fault(evidence: Evidence) -> None:
    finished: list[bool] = []
    with evidence.store:
        saving = Saving(evidence, lambda _: None, finished.append)
        (unit,) = saving.missing(rerun=False)["tf-2.15"]
        saving.take(replace(unit, tries=2), FAULT)
        assert evidence.save_record("tf-2.15", "control") is None
        assert finished == [False]
