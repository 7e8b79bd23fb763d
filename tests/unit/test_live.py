"""A report while its run goes on: there before the run begins, whole, and cheap."""

from __future__ import annotations

import json
import subprocess
import threading
from pathlib import Path

import pytest

from caniload.runner.commands import live
from caniload.runner.commands.drawing import Drawing
from caniload.runner.commands.live import LEAST, SHARE, Live, rest
from caniload.runner.core.shipped import LOCKS
from caniload.runner.environments.home import Home
from caniload.runner.evidence.known import Evidence
from caniload.runner.evidence.resolve import resolve
from caniload.runner.evidence.store import Store
from caniload.runner.judging import unchanged
from caniload.runner.matrix import plan as planning
from caniload.runner.matrix.plan import Selection
from caniload.runner.matrix.reading import read_matrix

ROOT = Path(__file__).parents[2]
SELECTION = Selection(environments=("tf-2.15", "tf-2.21"), models=("dense",), formats=("h5",))


@pytest.fixture
def evidence(tmp_path: Path) -> Evidence:
    plan = planning.make(read_matrix(ROOT / "matrix.yaml"), SELECTION)
    home = Home(root=tmp_path)
    resolution = resolve(plan.environments, home=home)
    return Evidence(plan=plan, home=home, store=Store(home.results), resolution=resolution)


def drawing(evidence: Evidence, *, shipped: bool = True) -> Drawing:
    home = evidence.home
    return Drawing(
        home=home,
        folder=home.report,
        note=home.root / "report.json",
        locks=LOCKS,
        feed="https://example.org/nightly.atom",
        shipped=shipped,
    )


def summary(folder: Path) -> dict[str, object]:
    found: dict[str, object] = json.loads((folder / "summary.json").read_text())
    return found


@pytest.mark.parametrize("spent", [0.0, 0.3, 5.0, 400.0])
def test_drawing_takes_no_more_than_its_share(spent: float) -> None:
    assert rest(spent) >= LEAST
    assert spent / (spent + rest(spent)) <= SHARE


def test_the_first_page_is_there_before_the_run(evidence: Evidence) -> None:
    said: list[str] = []
    draw = drawing(evidence)
    with Live(drawing=draw, evidence=evidence, selection=SELECTION, say=said.append):
        page = draw.index.read_text(encoding="utf-8")
        assert "A run was going on when this was drawn" in page
        assert 'href="https://example.org/nightly.atom"' in page
        told = summary(draw.folder)
        assert told["underway"]["done"] == 0  # type: ignore[index]
        assert told["shipped"]["cells"] == 4  # type: ignore[index]
    assert any(draw.index.as_uri() in line for line in said)
    assert said[-1].startswith("drawn: 0 of 4 pairs are done; shipped evidence on 4 cells")
    assert not list(evidence.home.root.glob(".report-*"))


def test_what_is_drawn_meanwhile_is_drawn_again_at_the_end(evidence: Evidence) -> None:
    draw = drawing(evidence)
    done = draw(evidence, SELECTION)
    assert draw.drawn(evidence).inputs == done.inputs  # type: ignore[union-attr]
    draw.meanwhile(evidence, SELECTION, "2026-11-30T12:00:00+00:00")
    assert draw.drawn(evidence) is None
    assert unchanged.last_selection(draw.note) == SELECTION
    draw(evidence, SELECTION)
    assert summary(draw.folder)["underway"] is None


def test_a_report_that_says_all_is_left_alone(evidence: Evidence) -> None:
    said: list[str] = []
    draw = drawing(evidence)
    draw(evidence, SELECTION)
    with Live(drawing=draw, evidence=evidence, selection=SELECTION, say=said.append):
        assert summary(draw.folder)["underway"] is None
    assert not said


def test_without_what_ships_there_is_none_of_it(evidence: Evidence) -> None:
    draw = drawing(evidence, shipped=False)
    draw(evidence, SELECTION)
    assert summary(draw.folder)["shipped"] == {"cells": 0, "purposes": {}, "unused": []}
    assert drawing(evidence).drawn(evidence) is None  # another report


def test_a_folder_of_somebody_elses_stops_no_run(evidence: Evidence) -> None:
    said: list[str] = []
    draw = drawing(evidence)
    draw.folder.mkdir()
    (draw.folder / "thesis.txt").touch()
    with Live(drawing=draw, evidence=evidence, selection=SELECTION, say=said.append):
        pass
    assert "is not a report" in said[-1]
    assert "the run goes on" in said[-1]
    assert (draw.folder / "thesis.txt").exists()


def test_too_many_cells_are_drawn_at_the_end(
    evidence: Evidence, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "MOST", 3)
    said: list[str] = []
    draw = drawing(evidence)
    with Live(drawing=draw, evidence=evidence, selection=SELECTION, say=said.append):
        assert not draw.index.exists()
    assert said == ["more than 3 cells: the report is drawn at the end"]


def test_a_run_that_ends_ends_a_drawing_and_leaves_the_last(
    evidence: Evidence, monkeypatch: pytest.MonkeyPatch
) -> None:
    draw, began = drawing(evidence), threading.Event()
    monkeypatch.setattr(live, "rest", lambda _: 0.01)
    popen = subprocess.Popen

    def started(command: list[str], **more: object) -> subprocess.Popen[str]:
        found = popen(command, **more)  # type: ignore[call-overload]
        if draw.index.exists():
            began.set()
        return found  # type: ignore[no-any-return]

    monkeypatch.setattr(subprocess, "Popen", started)
    keeper = Live(drawing=draw, evidence=evidence, selection=SELECTION, say=lambda _: None)
    with evidence.store, keeper:
        before = draw.index.stat().st_ino
        evidence.store.put("key", {"kind": "fault", "reason": "of this test"})
        assert began.wait(60)
    assert draw.index.stat().st_ino == before
    assert summary(draw.folder)["underway"] is not None
    running = subprocess.run(["ps", "-eo", "args"], check=True, capture_output=True, text=True)
    assert str(evidence.home.root) not in running.stdout
    assert not list(evidence.home.root.glob(".report-*"))
