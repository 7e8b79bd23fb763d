"""A person's own files in the report: rows of their own, measured cells only, no paths."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from drawn import contents
from judged_example import example

from caniload.runner.checking.answers import Answer, Basis, Checked
from caniload.runner.checking.reporting import FAMILY, YOURS, judged, with_models
from caniload.runner.checking.wanted import wish
from caniload.runner.core.judged import Failure, JudgedMatrix
from caniload.runner.core.outcomes import Outcome
from caniload.runner.matrix.schema import Environment

ASKED = [
    Environment(
        id=name,
        label=name,
        stack="tf.keras",
        python="3.11",
        packages={"tensorflow": name[3:]},
        imports="keras",
        cutoff="2026-01-01",
    )
    for name in ("tf-2.15", "tf-2.21")
]


def answer(place: int, outcome: Outcome, basis: Basis = Basis.FILE) -> Answer:
    one = ASKED[place]
    error = Failure(type="ValueError", message="<b>no</b>", phase="load")
    return Answer(
        environment=one.id,
        label=one.label,
        stack=one.stack,
        outcome=outcome,
        basis=basis,
        reason="as it went",
        likely=basis is Basis.MODELS,
        error=error if outcome is Outcome.ERROR else None,
    )


def checked(path: str, *answers: Answer, problem: str | None = None) -> Checked:
    return Checked(path=path, format="h5", saved_by="h5, Keras 2", problem=problem, answers=answers)


def made(*found: Checked) -> JudgedMatrix:
    beside = example(environments=("tf-2.15", "tf-2.21"), models=2, formats=1)
    return with_models(replace(beside, cells=beside.cells[:0]), found, ASKED)


def test_a_model_is_a_row_saved_by_nobody_here() -> None:
    one = checked("/home/me/zoo/a.h5", answer(0, Outcome.IDENTICAL), answer(1, Outcome.ERROR))
    shown = made(one)
    assert shown.environments[0].id == YOURS
    assert (shown.models[0].id, shown.models[0].family) == ("a.h5", FAMILY)
    assert [(cell.cell.id, cell.outcome) for cell in shown.cells] == [
        ("your-files/a.h5.h5/tf-2.15", Outcome.IDENTICAL),
        ("your-files/a.h5.h5/tf-2.21", Outcome.ERROR),
    ]
    assert shown.cells[1].repeat == "caniload check a.h5 --run --envs tf-2.21"


def test_only_what_was_measured_on_the_file_is_a_result() -> None:
    shown = made(checked("a.h5", answer(0, Outcome.ERROR, Basis.MODELS)))
    likely, absent = shown.cells
    assert {likely.outcome, absent.outcome} == {Outcome.UNTESTED}
    assert likely.reason == "not run on this file; as it went"


def test_what_cannot_be_read_says_so_in_every_cell() -> None:
    shown = made(checked("a.h5", problem="is empty"))
    assert [(cell.outcome, cell.reason) for cell in shown.cells] == [
        (Outcome.UNTESTED, "is empty")
    ] * 2


def test_files_of_one_name_are_told_apart() -> None:
    shown = made(checked("x/a.h5"), checked("y/a.h5"), checked("y/b.h5"))
    assert [one.id for one in shown.models[:3]] == ["a.h5 (1)", "a.h5 (2)", "b.h5"]


def test_the_report_tells_it_and_no_folder() -> None:
    one = checked("/home/me/zoo/a.h5", answer(0, Outcome.IDENTICAL), answer(1, Outcome.ERROR))
    files = contents(made(one))
    everything = b"\n".join(files.values()).decode("utf-8", "replace")
    assert "/home/me" not in everything
    page = files["failures.html"].decode()
    assert "caniload check a.h5 --run --envs tf-2.21" in page
    assert "&lt;b&gt;no&lt;/b&gt;" in page
    assert "<b>no</b>" not in page


def test_environments_of_no_profile_have_a_report(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CANILOAD_HOME", str(tmp_path))
    found = judged([checked("a.h5")], wish(envs=["tf-1.14"]))
    assert [one.id for one in found.environments] == [YOURS, "tf-1.14"]
    assert [cell.cell.id for cell in found.cells] == ["your-files/a.h5.h5/tf-1.14"]
