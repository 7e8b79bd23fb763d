"""The models that people write, and the bench that asks about them."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import pytest

from caniload.runner.checking.answers import Answer, Basis
from caniload.runner.core.outcomes import Outcome
from caniload.runner.core.shipped import MATRIX
from caniload.runner.matrix.reading import read_matrix

CORPUS = Path(__file__).parents[1] / "real" / "people"
BENCH = Path(__file__).parents[1] / "bench"


def listed() -> list[tuple[str, str, str]]:
    """Return (model, environment, format) of every file that the corpus has saved."""
    found = []
    for path in sorted(CORPUS.glob("*.py")):
        for node in ast.parse(path.read_text("utf-8")).body:
            if not isinstance(node, ast.FunctionDef):
                continue
            for call in node.decorator_list:
                assert isinstance(call, ast.Call)
                files = [one.value for one in call.args if isinstance(one, ast.Constant)]
                found += [(node.name, *str(one).split()) for one in files]
    return found  # type: ignore[return-value]


def test_every_file_of_the_corpus_has_a_name_of_its_own_and_a_saver() -> None:
    files = listed()
    matrix = read_matrix(MATRIX)
    assert len({name for name, _, _ in files}) > 80
    assert len(files) == len(set(files))
    assert {saver for _, saver, _ in files} <= {one.id for one in matrix.environments}
    assert {kind for _, _, kind in files} == {"h5", "keras", "savedmodel"}


def said(outcome: Outcome, reason: str = "") -> Answer:
    basis = Basis.UNKNOWN if outcome is Outcome.UNTESTED else Basis.MODELS
    return Answer(
        environment="e", label="E", stack="s", outcome=outcome, basis=basis, reason=reason
    )


@pytest.fixture
def people(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(str(BENCH))
    import people as bench  # noqa: PLC0415 - it is no package

    return bench


def test_the_bench_tells_right_near_and_wrong_apart(people: Any) -> None:
    score = people.Score()
    why = "none of the reference models that load there has layer GRU; --run tries it"
    for answer, truth in (
        (said(Outcome.IDENTICAL), Outcome.IDENTICAL),
        (said(Outcome.IDENTICAL), Outcome.TOLERANCE),
        (said(Outcome.IDENTICAL), Outcome.ERROR),
        (said(Outcome.ERROR), Outcome.DIFFERS),
        (said(Outcome.UNTESTED, why), Outcome.ERROR),
    ):
        score.take(answer, truth, told="m.h5 in e", own=False)
    score.take(said(Outcome.UNTESTED), Outcome.ERROR, told="own.h5 in e", own=True)
    assert dict(score.counted) == {
        "right": 1, "near": 2, "wrong": 1, "unknown": 1, "own unknown": 1
    }  # fmt: skip
    assert dict(score.why) == {"load there has layer GRU": 1}
    lines = list(score.lines(9))
    assert "asked 6, known 66.7% (80.0% of those without code of their own)" in lines[0]
    assert "of the given 25.00% wrong (1)" in lines[0]
    assert any("WRONG m.h5 in e" in line for line in lines)
