"""Whole runs through the real command line: real environments, workers, store and report."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from workshop import MINOR, VERSIONS, Workshop, outcomes, steady

from caniload.runner.judging.confirm import ALONE

pytest_plugins = ["pipeline_fixtures"]

WORKING = ("1.0", "2.0", "3.0", "5.0")
NOTHING = "0 cells run (0 of them alone), 0 models saved, 0 environments built"


def prescribed(cell: dict[str, Any]) -> str:
    """Return what the quirks of the pretend frameworks must come to."""
    if "fake-4.0" in (cell["save"], cell["load"]):
        return "untested"
    if cell["damage"]:
        return "error"
    if cell["load"] == "fake-3.0" and cell["save"] != "fake-3.0":
        return "crash" if (cell["model"], cell["format"]) == ("dense", "keras") else "identical"
    special = {
        ("h5", "control", "fake-2.0"): "warning",
        ("h5", "dense", "fake-2.0"): "warning",
        ("keras", "control", "fake-2.0"): "error",
        ("keras", "dense", "fake-2.0"): "error",
        ("json", "dense", "fake-2.0"): "differs",
        ("json", "dense", "fake-5.0"): "crash",
        ("h5", "dense", "fake-5.0"): "differs",
    }
    if cell["save"] != "fake-1.0":
        return "identical"
    return special.get((cell["format"], cell["model"], cell["load"]), "identical")


def test_the_whole_story(workshop: Workshop) -> None:
    """Four frameworks that run and one that does not import, each with its own way to fail."""
    workshop.use(VERSIONS)

    first = workshop.run("matrix")

    assert first.code == 0, first.err
    assert first.tally.startswith("176 cells run (")
    assert first.tally.endswith("8 models saved, 5 environments built")
    cells = workshop.cells()
    found = {cell["id"]: cell for cell in cells}
    assert len(found) == len(cells) == 5 * 2 * 4 * 5 + 5 * 4 * 3
    assert outcomes(cells) == {name: prescribed(cell) for name, cell in found.items()}
    assert all(cell["evidence"] and cell["repeatable"] for cell in cells)
    _check_reasons(found)
    _check_completeness(cells)
    for purpose in ("outcome", "predict_outcome"):
        picked = workshop.cells(f"--{purpose.replace('_', '-')}", "differs,error")
        assert picked == [one for one in cells if one[purpose] in {"differs", "error"}]
    assert ("differs", "identical") in {(one["outcome"], one["predict_outcome"]) for one in cells}
    assert (workshop.home / "report" / "index.html").stat().st_size > 1000
    workshop.assert_all_gone()

    second = workshop.run("matrix", "--strict")

    # 4.0 is tried again, for its failure may have been the machine's; nothing else is.
    assert second.tally == NOTHING.replace("0 environments", "1 environments")
    assert second.code == 1
    assert steady(workshop.cells()) == steady(cells)


def test_a_report_is_of_what_the_last_run_was_of(workshop: Workshop) -> None:
    workshop.use(VERSIONS[:2])
    assert workshop.run("matrix", "--models", "dense").code == 0
    summary = workshop.home / "report" / "summary.json"
    before = summary.read_bytes()
    shutil.rmtree(summary.parent)

    assert workshop.run("report").code == 0
    assert json.loads(summary.read_bytes())["planned"] == 2 * 2 * 4
    assert _undated(summary.read_bytes()) == _undated(before)

    assert workshop.run("report", "--profile", "default").code == 0
    assert json.loads(summary.read_bytes())["planned"] == 2 * 2 * 2 * 4


def _undated(summary: bytes) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(summary)
    found.pop("built_at")
    return found


def _check_reasons(found: dict[str, dict[str, Any]]) -> None:
    refused = found["fake-1.0/dense.keras/fake-2.0"]
    assert refused["error"]["type"] == "ValueError"
    assert refused["error"]["phase"] == "load"
    assert "saving.py" in refused["error"]["traceback"]
    warned = found["fake-1.0/dense.h5/fake-2.0"]["warnings"]
    assert {(one["channel"], one["text"], one["phase"]) for one in warned} == {
        ("warnings", "this archive speaks an old dialect", "load"),
        (
            "logging",
            "SavedModel saved prior to TF 2.5 detected when loading Keras model.",
            "load",
        ),
    }
    changed = found["fake-1.0/dense.json/fake-2.0"]
    assert changed["max_abs_diff"] > 1e-3
    assert {one["what"] for one in changed["differences"]} == {"outputs"}
    killed = found["fake-1.0/dense.keras/fake-3.0"]
    assert "SIGSEGV" in killed["reason"]
    assert "did not end within 3 s" in found["fake-1.0/dense.json/fake-5.0"]["reason"]
    forgot = found["fake-1.0/dense.h5/fake-5.0"]["differences"]
    assert "the optimizer's learning_rate is 0.001, it was 0.01" in [one["text"] for one in forgot]
    assert forgot[-1]["what"] == "training"
    assert "libpretend.so.4" in found["fake-1.0/dense.h5/fake-4.0"]["reason"]
    assert all(cell["solo"] for cell in found.values() if cell["outcome"] in ("warning", "differs"))


def _check_completeness(cells: list[dict[str, Any]]) -> None:
    """Every line has every key; every cell that ran has what is needed to replay it."""
    (keys,) = {tuple(cell) for cell in cells}
    assert {"reason", "python", "variables", "seconds", "import_warnings"} <= set(keys)
    for cell in cells:
        assert cell["reason"]
        if cell["outcome"] == "untested":
            assert cell["seconds"] is None
            continue
        assert Path(cell["artifact"]).is_file()
        assert Path(cell["expected"]).is_dir()
        assert Path(cell["python"]).exists()
        assert cell["variables"]["KERAS_BACKEND"] == "theano"


def test_a_changed_lock_runs_its_own_cells_again(workshop: Workshop) -> None:
    workshop.use(("1.0", "2.0", "3.0"))
    workshop.run("matrix")
    before = outcomes(workshop.cells())

    workshop.lock(workshop.environment("2.0"), remark="# resolved anew\n")
    changed = workshop.run("matrix")

    # 2.0 saves both models again, with the same bytes: only what 2.0 itself loads runs again.
    loaded_by_it = 3 * 2 * 4 + 4 * 3
    assert changed.tally.startswith(f"{loaded_by_it} cells run (")
    assert changed.tally.endswith("2 models saved, 1 environments built")
    assert outcomes(workshop.cells()) == before


def test_what_cannot_be_tested_says_why(workshop: Workshop) -> None:
    """A Python that is missing, a wheel that is not the locked one, a framework that is broken."""
    workshop.use(("1.0", "2.0", "3.0", "4.0"))
    environments = workshop.matrix["environments"]
    environments[1] = workshop.environment("2.0", python="3.6")
    environments[3]["system"] = "it needs libpretend: install it"
    workshop.write()
    workshop.lock(environments[1])
    wrong = workshop.locks / "fake-3.0.txt"
    text = wrong.read_text()
    honest = workshop.wheels.packages["3.0"]["wheels"][0]["hashes"]["sha256"]
    wrong.write_text(text.replace(honest, "0" * 64))

    finished = workshop.run("matrix")

    assert finished.code == 0
    said = dict(
        line.removeprefix("untested ").split(": ", 1)
        for line in finished.err.splitlines()
        if line.startswith("untested ")
    )
    assert "needs Python 3.6; install Python 3.6 with" in said["fake-2.0"]
    assert "hash mismatch" in said["fake-3.0"]
    assert "importing keras raised ImportError: libpretend.so.4" in said["fake-4.0"]
    assert "; it needs libpretend: install it" in said["fake-4.0"]
    assert finished.tally.endswith("2 models saved, 3 environments built")
    for cell in workshop.cells():
        unusable = [side for side in (cell["save"], cell["load"]) if side != "fake-1.0"]
        assert (cell["outcome"] == "untested") == bool(unusable)
        if unusable:
            assert cell["reason"] == f"{unusable[0]}: {said[unusable[0]]}"
    workshop.assert_built_whole()
    strict = workshop.run("matrix", "--strict")
    assert strict.code == 1
    assert strict.err.splitlines()[-1].startswith("caniload: --strict: ")
    assert workshop.run("matrix", "--strict", "--envs", "fake-1.0").code == 0


def test_strict_fails_where_too_much_has_no_name(workshop: Workshop) -> None:
    workshop.use(("1.0", "2.0"), catalogue={"unmatched_messages": 0.9, "unmatched_errors": 1.0})
    allowed = workshop.run("matrix", "--strict")
    assert allowed.code == 0, allowed.err
    assert "this archive speaks an old dialect" in allowed.out

    workshop.matrix["catalogue"]["unmatched_messages"] = 0.1
    workshop.write()
    refused = workshop.run("matrix", "--strict")
    assert refused.code == 1
    told = refused.err.splitlines()[-1]
    assert re.search(r"[\d.]+% of messages without an entry in the catalogue, allowed 10", told)


def test_isolated_cells_come_out_like_batched_ones(workshop: Workshop) -> None:
    workshop.use(("1.0", "2.0", "3.0"))
    workshop.run("matrix")
    batched = workshop.cells()
    method = workshop.home / "report" / "about.html"
    assert ALONE not in method.read_text()

    isolated = workshop.run("matrix", "--rerun", "--isolate")

    count = 3 * 2 * 4 * 3 + 3 * 4 * 3
    assert isolated.tally == (
        f"{count} cells run ({count} of them alone), 6 models saved, 0 environments built"
    )
    assert steady(workshop.cells()) == steady(batched)
    assert ALONE in method.read_text()


def test_results_outlive_their_python(workshop: Workshop) -> None:
    workshop.use(("1.0", "2.0"))
    workshop.run("matrix")
    before = outcomes(workshop.cells())

    workshop.variables["CANILOAD_PYTHONS"] = str(workshop.root / "nothing")
    without = workshop.run("matrix")

    assert without.code == 0
    assert f"untested fake-1.0: needs Python {MINOR}; install" in without.err
    assert without.tally.startswith("0 cells run (0 of them alone), 0 models saved, 0 env")
    assert outcomes(workshop.cells()) == before


def test_the_best_python_that_is_there_is_taken(workshop: Workshop) -> None:
    workshop.use(("1.0", "2.0"))
    elsewhere = workshop.environment("1.0", python="3.99", pythons=["3.98", MINOR])
    workshop.matrix["environments"][0] = elsewhere
    workshop.write()
    workshop.lock(elsewhere)

    planned = workshop.run("plan")
    done = workshop.run("matrix")

    assert f"on Python {MINOR}, for want of their first: fake-1.0\n" in planned.out
    assert "untested" not in done.err
    receipt = json.loads((workshop.home / "environments/fake-1.0/receipt.json").read_text())
    lock = workshop.locks / f"fake-1.0.python-{MINOR}.txt"
    assert receipt["python"].startswith(f"{MINOR}.")
    assert receipt["lock_sha256"] == hashlib.sha256(lock.read_bytes()).hexdigest()
    page = (workshop.home / "report" / "environments.html").read_text()
    assert page.count(f"Python {MINOR}") == 2
    listed = json.loads(workshop.run("env", "list", "--json").out)
    assert {one["python"] for one in listed} == {receipt["python"]}
    assert {cell["outcome"] for cell in workshop.cells()} & {"identical"}


def test_rerun_runs_what_has_a_result(workshop: Workshop) -> None:
    workshop.use(("1.0",))
    once = workshop.run("matrix")
    before = workshop.cells()

    again = workshop.run("matrix", "--rerun")

    assert again.tally == once.tally.replace("1 environments", "0 environments")
    assert once.tally.startswith("20 cells run (")
    assert steady(workshop.cells()) == steady(before)


def test_rerun_of_listed_cells_leaves_the_others_as_they_are(workshop: Workshop) -> None:
    workshop.use(("1.0",))
    workshop.run("matrix")
    before = workshop.cells()
    listed = workshop.root / "some.txt"
    listed.write_text(f"{before[0]['id']}\n")

    again = workshop.run("matrix", "--rerun", "--cells", str(listed))

    assert again.tally.endswith("0 models saved, 0 environments built")
    assert int(again.tally.split()[0]) >= 1
    assert steady(workshop.cells()) == steady(before)
    assert workshop.run("matrix").tally.startswith("0 cells run")


def test_a_disk_limit_evicts_and_builds_again(workshop: Workshop) -> None:
    workshop.use(("1.0", "2.0"))
    environments = workshop.home / "environments"
    workshop.run("matrix", "--envs", "fake-1.0", "--formats", "h5")

    narrow = ("--max-disk", "1K", "--formats", "h5")
    alone = workshop.run("matrix", "--envs", "fake-2.0", *narrow)
    assert alone.tally.endswith("1 environments built")
    assert not (environments / "fake-1.0").exists()

    # 1.0 comes back for 2.0's files; 2.0 is busy with its own by then, and stays.
    both = workshop.run("matrix", *narrow)
    assert both.tally.startswith("4 cells run (")
    assert both.tally.endswith("0 models saved, 1 environments built")
    assert {one["outcome"] for one in workshop.cells("--formats", "h5")} == {
        "identical",
        "warning",
        "error",  # the damaged controls
    }


def test_a_disk_limit_holds_for_what_an_earlier_run_left(workshop: Workshop) -> None:
    workshop.use(("1.0", "2.0"))
    workshop.run("matrix", "--formats", "h5")
    workshop.run("matrix", "--envs", "fake-2.0", "--formats", "h5", "--rerun", "--max-disk", "1K")
    assert {path.name for path in (workshop.home / "environments").glob("fake-?.0")} == {"fake-2.0"}


def test_virtualenv_gives_the_same(workshop: Workshop) -> None:
    workshop.use(("2.0",))
    with_uv = workshop.run("matrix")
    before = workshop.cells()
    workshop.clean("environments", "results", "artifacts")

    with_pip = workshop.run("matrix", "--installer", "virtualenv")

    assert with_pip.tally == with_uv.tally
    assert (
        '"installer": "virtualenv"'
        in next(workshop.home.glob("environments/*/receipt.json")).read_text()
    )
    assert steady(workshop.cells()) == steady(before)
    workshop.assert_built_whole()


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("--envs", "fake-9.0"), 2, "there is no environment 'fake-9.0' in matrix.yaml"),
        (("--python-only", "3.6"), 2, "no environment is left by these filters"),
        (("--jobs", "0"), 2, "is not a number of 1 or more"),
    ],
)
def test_bad_arguments(
    workshop: Workshop, arguments: tuple[str, ...], code: int, said: str
) -> None:
    workshop.use(("1.0",))
    finished = workshop.run("matrix", *arguments)
    assert (finished.code, len(finished.err.splitlines())) == (code, 1)
    assert said in finished.err
    assert not workshop.home.exists()


def test_the_python_of_these_environments_is_ours(workshop: Workshop) -> None:
    workshop.use(("1.0",))
    head, line = workshop.run("env", "list").out.splitlines()
    assert head.split()[:3] == ["id", "python", "tensorflow"]
    assert line.split(maxsplit=2) == ["fake-1.0", MINOR, "not built"]
    (row,) = json.loads(workshop.run("env", "list", "--json").out)
    assert (row["id"], row["found"], row["untested"]) == ("fake-1.0", None, None)
    assert workshop.run("env", "build", "fake-1.0").code == 0
    assert workshop.run("env", "list").out.splitlines()[1].split()[3] == "1.0"
