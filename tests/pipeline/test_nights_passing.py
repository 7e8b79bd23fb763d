"""Nights of whole runs with pretend frameworks: what changes under a lock is seen all the same."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from workshop import MINOR, Finished, Workshop

pytest_plugins = ["pipeline_fixtures"]

WHAT = ("--models", "control,dense", "--formats", "h5,json")
BROKEN = """
VERSION = "2.0"


def on_read(kind, content):
    if kind == "h5":
        raise ValueError("the disk of this machine turns every file around")
"""


@pytest.fixture
def stage(workshop: Workshop) -> Workshop:
    """Two frameworks, and a night before tonight."""
    workshop.use(["1.0", "2.0"])
    assert workshop.run("matrix", *WHAT, "--pulse").code == 0
    written = nested(workshop, "ledger", "write", "--reason", "So it was before.")
    assert written.code == 0, written.err
    assert compared(workshop).code == 0
    return workshop


def nested(workshop: Workshop, command: str, action: str, *words: str) -> Finished:
    """Run an action of a command, of all that is measured here."""
    selection = () if action == "issues" else WHAT
    return workshop.run(command, action, *selection, *words)


def compared(workshop: Workshop, *words: str) -> Finished:
    return nested(workshop, "nightly", "compare", "--into", str(workshop.root / "told"), *words)


def said(workshop: Workshop) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((workshop.root / "told" / "nightly.json").read_text())
    return found


def news(workshop: Workshop) -> list[str]:
    return [one["kind"] for one in said(workshop)["findings"] if one["new"]]


def put(environment: Path, name: str, text: str) -> None:
    """Put another file into a built environment; its own is linked to from elsewhere."""
    file = environment / "lib" / f"python{MINOR}" / "site-packages" / name
    for one in (file.parent, file.parent.parent):
        one.chmod(0o755)
    file.unlink()
    file.write_text(text)


def test_a_quiet_night_has_run_something_and_one_without_a_run_is_an_alarm(stage: Workshop) -> None:
    again = stage.run("matrix", *WHAT)
    assert again.tally.startswith("0 cells run")
    told = compared(stage)
    assert (told.code, news(stage)) == (5, ["nothing-ran"])
    assert "1 run ended and loaded no cell, not even the controls" in told.out
    pulse = stage.run("matrix", *WHAT, "--pulse")
    assert pulse.tally.startswith("16 cells run")  # 2 environments, 2 formats, 1 whole, 3 damaged
    assert (compared(stage).code, news(stage)) == (0, [])
    assert (compared(stage, "--again").code, news(stage)) == (0, [])  # the same runs, once more
    assert (compared(stage).code, news(stage)) == (5, ["nothing-ran"])
    assert len([*(stage.home / "nights").glob("*.night.json.gz")]) == 4


def test_what_changes_under_the_same_lock_is_seen_by_the_pulse_alone(stage: Workshop) -> None:
    put(stage.home / "environments" / "fake-2.0", "keras/quirks.py", BROKEN)
    assert stage.run("matrix", *WHAT).tally.startswith("0 cells run")
    assert stage.run("matrix", *WHAT, "--pulse").code == 0
    told = compared(stage)
    assert (told.code, news(stage)) == (1, ["control-failed"])
    assert "fake-2.0 proves nothing: control.h5: error" in told.out
    past = stage.run("history", "fake-2.0")
    assert "control failed: control.h5" in past.out
    assert "2 nights" in past.out


def test_an_environment_that_is_gone_and_cannot_be_built_again(stage: Workshop) -> None:
    put(stage.home / "environments" / "fake-2.0", "keras/quirks.py", BROKEN)
    shutil.rmtree(stage.home / "environments" / "fake-2.0")
    shutil.rmtree(stage.home / "cache", ignore_errors=True)
    for name in ("UV_FIND_LINKS", "PIP_FIND_LINKS"):
        stage.variables[name] = str(stage.root)
    stage.variables["UV_CACHE_DIR"] = str(stage.root / "empty")
    assert stage.run("matrix", *WHAT, "--pulse").code == 0
    assert (compared(stage).code, news(stage)) == (1, ["environment-unusable"])
    assert said(stage)["usable"] == ["fake-1.0"]
    assert said(stage)["tested"] == said(stage)["cells"]  # what was measured still stands
    assert stage.run("matrix", *WHAT, "--pulse").code == 0
    assert (compared(stage).code, news(stage)) == (0, [])
    assert compared(stage, "--again", "--fail-on", "open").code == 1


def test_what_a_shard_has_run_again_goes_before_what_others_have_of_old(stage: Workshop) -> None:
    """Every machine has yesterday's results; of each environment one has loaded in it tonight."""
    homes = []
    for number in (1, 2):
        home = stage.root / f"machine-{number}"
        for part in ("results", "artifacts"):
            shutil.copytree(stage.home / part, home / part)
        shutil.rmtree(home / "results" / "runs")
        stage.variables["CANILOAD_HOME"] = str(home)
        for environment in ("fake-1.0", "fake-2.0"):
            assert stage.run("env", "build", environment).code == 0
        put(home / "environments" / "fake-2.0", "keras/quirks.py", BROKEN)
        notes = stage.run("matrix", *WHAT, "--stage", "save", "--shard", "1/1")
        assert notes.code == 0, notes.err
        shard = stage.run("matrix", *WHAT, "--stage", "load", "--shard", f"{number}/2", "--pulse")
        assert shard.code == 0, shard.err
        homes.append(str(home))
    for order in (homes, homes[::-1]):
        stage.variables["CANILOAD_HOME"] = str(stage.root / f"all-{order[0][-1]}")
        merged = stage.run("merge", *order)
        assert merged.code == 0, merged.out + merged.err
        told = compared(stage, "--nights", str(stage.home / "nights"), "--no-keep")
        assert (told.code, news(stage)) == (1, ["control-failed"])
        assert said(stage)["work"]["loaded"] == 16


def test_bad_input_is_a_line_and_loses_nothing(stage: Workshop) -> None:
    ledger = stage.root / "ledger.yaml"
    text = ledger.read_text()
    ledger.write_text(text.replace("reason:", "raeson:", 1))
    told = compared(stage)
    assert told.code == 2
    assert all(line.startswith("caniload: ") for line in told.err.splitlines())
    assert ".raeson: unknown key" in told.err
    ledger.write_text(text)
    (night, *_) = sorted((stage.home / "nights").glob("*.night.json.gz"))
    night.write_bytes(b"?")
    assert "not a night as caniload keeps it" in compared(stage).err
    night.unlink()
    nothing = stage.run("history", "nobody")
    assert (nothing.code, nothing.err.count("\n")) == (2, 1)
    absent = nested(stage, "ledger", "check", "--ledger", "there.yaml")
    assert (
        absent.err.strip()
        == "caniload: there.yaml: there is none; `caniload ledger write` makes one"
    )
    assert nested(stage, "ledger", "check").code == 0


def test_what_is_planned_is_plain_data(stage: Workshop) -> None:
    stage.run("matrix", *WHAT, "--pulse")
    compared(stage)
    issues = stage.root / "issues.json"
    issues.write_text("[]")
    report = str(stage.root / "told" / "nightly.json")
    made = nested(stage, "nightly", "issues", "--report", report, "--issues", str(issues))
    assert made.code == 0, made.err
    assert json.loads(made.out) == {"schema": 1, "steps": [], "kept": [], "left": []}
    issues.write_text("{}")
    refused = nested(stage, "nightly", "issues", "--report", report, "--issues", str(issues))
    assert (refused.code, refused.err.count("\n")) == (2, 1)
    wrong = nested(stage, "nightly", "issues", "--report", str(issues), "--issues", str(issues))
    assert "no report as `caniload nightly compare --into` writes it" in wrong.err
