"""Runs that are killed, interrupted, started twice, or find their own files spoilt."""

from __future__ import annotations

import os
import random
import resource
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from workshop import PATIENCE, Workshop, steady

from caniload.runner.evidence.store import Store, remove

pytest_plugins = ["pipeline_fixtures"]

KILLS = int(os.environ.get("CANILOAD_TEST_KILLS", "3"))
NOTHING = "0 cells run (0 of them alone), 0 models saved, 0 environments built"
ALL = 2 * 2 * 4 * 2 + 2 * 4 * 3


def wait_for(what: Callable[[], bool], process: subprocess.Popen[str]) -> None:
    end = time.monotonic() + PATIENCE
    while not what():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < end
        time.sleep(0.005)


def records(workshop: Workshop, kind: str) -> int:
    path = workshop.home / "results" / "records.jsonl"
    return path.read_bytes().count(f'"kind": "{kind}"'.encode()) if path.exists() else 0


def cells_run(tally: str) -> int:
    return int(tally.split(maxsplit=1)[0])


def test_killed_again_and_again(workshop: Workshop) -> None:
    """kill -9 at random moments; the last run goes on and ends where an unbroken one does."""
    workshop.use(("1.0", "3.0"))
    started = time.monotonic()
    unbroken = workshop.run("matrix")
    took = time.monotonic() - started
    assert cells_run(unbroken.tally) == ALL
    expected = steady(workshop.cells())
    workshop.clean("environments", "results", "artifacts", "private")
    moments = [random.uniform(0.2, took) for _ in range(KILLS)]

    for moment in moments:
        process = workshop.start("matrix")
        try:
            process.wait(moment)
        except subprocess.TimeoutExpired:
            process.kill()
        process.communicate()
        workshop.assert_all_gone()
        workshop.assert_built_whole()
    last = workshop.run("matrix")

    assert last.code == 0, (moments, last.err)
    assert steady(workshop.cells()) == expected, moments
    assert workshop.run("matrix").tally == NOTHING, moments
    assert not list(workshop.home.glob("artifacts/tmp-*"))
    assert not list(workshop.home.glob("scratch/*"))


@pytest.mark.parametrize("kind", ["import", "cell"])
def test_interrupted(workshop: Workshop, kind: str) -> None:
    """Ctrl-C ends everything, is told by its exit code, and costs only what was under way."""
    workshop.use(("1.0", "3.0"))
    process = workshop.start("matrix")
    wait_for(lambda: records(workshop, kind) > 0, process)

    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=PATIENCE)

    assert process.returncode == 130, err
    assert err.splitlines()[-1] == "caniload: interrupted; run it again to go on from here"
    assert "Traceback" not in err + out
    workshop.assert_all_gone()
    kept = records(workshop, "cell")
    assert kept < ALL
    again = workshop.run("matrix")
    assert cells_run(again.tally) == ALL - kept
    assert len(workshop.cells("--outcome", "untested")) == 0


def test_a_full_disk_is_told_and_costs_only_what_did_not_fit(workshop: Workshop) -> None:
    workshop.use(("1.0",))
    assert workshop.run("matrix").code == 0
    expected = steady(workshop.cells())
    workshop.clean("results", "artifacts", "private")

    process = workshop.start("matrix")
    resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (20_000, 20_000))
    _, err = process.communicate(timeout=2 * PATIENCE)

    assert process.returncode == 4, err
    assert "Traceback" not in err
    assert err.splitlines()[-1].endswith("File too large")
    workshop.assert_all_gone()
    assert workshop.run("matrix").code == 0
    assert steady(workshop.cells()) == expected


def test_one_run_at_a_time(workshop: Workshop) -> None:
    workshop.use(("1.0",))
    first = workshop.start("matrix")
    wait_for((workshop.home / "environments").exists, first)

    second = workshop.run("matrix")
    _, err = first.communicate()

    assert second.code == 3
    assert second.err == (
        f"caniload: another run is writing to {workshop.home}/results; wait for it, or give this"
        " one its own CANILOAD_HOME\n"
    )
    assert first.returncode == 0, err
    assert workshop.run("matrix").tally == NOTHING


def test_spoilt_files_are_made_again(workshop: Workshop) -> None:
    """Results cut short or overwritten, an artifact tampered with, one missing: all is repaired."""
    workshop.use(("1.0", "3.0"))
    workshop.run("matrix")
    expected = steady(workshop.cells())

    for spoil in (_spoil_log, _spoil_columns):
        spoil(workshop.home / "results")
        assert steady(workshop.cells()) != expected
        lost = workshop.run("matrix")
        assert "stored results cannot be read; what they were of runs again" in lost.err
        assert 0 < cells_run(lost.tally) < ALL
        assert steady(workshop.cells()) == expected
        assert "cannot be read" not in workshop.run("matrix").err

    _tamper(_artifact(workshop, "fake-1.0/dense/h5-*/model.h5"))
    tampered = workshop.run("matrix")
    assert tampered.tally == NOTHING.replace("0 models", "1 models")
    assert steady(workshop.cells()) == expected

    _tamper(_artifact(workshop, "fake-3.0/control-truncated/json-*/model.json"))
    _artifact(workshop, "fake-1.0/dense/expected-*/expected.json").unlink()
    missing = workshop.run("matrix")
    assert missing.tally == NOTHING.replace("0 models", "2 models")
    assert steady(workshop.cells()) == expected


def _spoil_log(results: Path) -> None:
    """Have all results in the log, write noise into its middle, and cut the last line short."""
    known = dict(Store(results).items())
    remove(results)
    with Store(results) as store:
        for key, record in known.items():
            store.put(key, record)
    path = results / "records.jsonl"
    data = bytearray(path.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 3000] = bytes(range(256)) * 12
    path.write_bytes(data[:-40])


def _spoil_columns(results: Path) -> None:
    """Alter one byte of what one environment loaded."""
    path = min(results.glob("cells/*/*.parquet"))
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def _artifact(workshop: Workshop, pattern: str) -> Path:
    (found,) = workshop.home.glob(f"artifacts/{pattern}")
    return found


def _tamper(path: Path) -> None:
    path.write_bytes(path.read_bytes().replace(b"1.0", b"1.1") + b" ")
