"""Everything in which a loaded model can be another, each silently and by itself."""

from __future__ import annotations

from typing import Any

import pytest
from verdict_facts import (
    ADAM,
    FORGOTTEN,
    STOPS,
    facts,
    optimizer,
    output,
    settings,
    verdict,
    weights,
)

from caniload.runner.core.outcomes import Outcome

DIFFERS = [
    pytest.param({"outputs": [output(max_abs=0.1)]}, "outputs", "output 0 differs by up to 0.1"),
    pytest.param({"outputs": [output(max_abs="nan")]}, "outputs", "output 0 differs by up to nan"),
    pytest.param({"outputs": [output(max_abs="inf")]}, "outputs", "output 0 differs by up to inf"),
    pytest.param(
        {"outputs": [output(max_abs=5.0, scale="inf")]}, "outputs", "output 0 differs by up to 5"
    ),
    pytest.param(
        {"outputs": [output(got={"shape": [4], "dtype": "float32"}, max_abs=None)]},
        "structure",
        "output 0 has shape [4], it had [4, 2]",
    ),
    pytest.param(
        {"outputs": [output(got={"shape": [4, 2], "dtype": "float64"})]},
        "structure",
        "output 0 is float64, it was float32",
    ),
    pytest.param(
        {"structure": ["dict", "list"]}, "structure", "predict gives a list, it gave a dict"
    ),
    pytest.param({"output_names": [["0", "1"], ["0"]]}, "structure", "1 outputs, there were 2"),
    pytest.param(
        {"weights": weights(unequal=[["a/0", 0.2, 1.0]])},
        "weights",
        "weight a/0 differs by up to 0.2",
    ),
    pytest.param(
        {"weights": weights(unequal=[["a/0", "nan", 1.0]])},
        "weights",
        "weight a/0 differs by up to nan",
    ),
    pytest.param(
        {"weights": weights(unequal=[["a/0", 50.0, 1e6], ["b/0", 2.0, 1.0]])},
        "weights",
        "weight b/0 differs by up to 2",
    ),
    pytest.param(
        {"weights": weights(retyped=[["a/0", "float64", "float16"]])},
        "weights",
        "weight a/0 is float16, it was float64",
    ),
    pytest.param(
        {"structure": ["dict", "dict"], "output_names": [["a"], ["x"]]},
        "structure",
        "the outputs are named x, not a",
    ),
    pytest.param(
        {"weights": weights(count=[2, 1], missing=["b"])}, "weights", "1 weights, there were 2"
    ),
    pytest.param(
        {"weights": weights(missing=["b"], extra=["c"])}, "weights", "weights have other owners"
    ),
    pytest.param(
        {"weights": weights(reshaped=[["b", [2], [3]]])},
        "weights",
        "weight b has shape [3], it had [2]",
    ),
    pytest.param(
        {"optimizer": FORGOTTEN}, "settings", "the optimizer's learning_rate is 0.001, it was 0.01"
    ),
    pytest.param(
        {"optimizer": optimizer(settings={"lr": 0.001})},
        "settings",
        "the optimizer's learning_rate is 0.001, it was 0.01",
    ),
    pytest.param(
        {"optimizer": settings(amsgrad=True)},
        "settings",
        "the optimizer's amsgrad is True, it was False",
    ),
    pytest.param(
        {"optimizer": optimizer(**{"class": "SGD"})},
        "settings",
        "the optimizer is SGD, it was Adam",
    ),
    pytest.param(
        {"optimizer": optimizer(iterations=0)},
        "optimizer",
        "the optimizer has taken 0 steps, it had 1",
    ),
    pytest.param(
        {"compiled": [True, False], "optimizer": [ADAM, None], "losses": None},
        "settings",
        "it was compiled and no longer is: optimizer and loss are lost",
    ),
    pytest.param(
        {"losses": [[0.5, 0.2], [0.5, 0.4]]}, "training", "loss or metrics differ by up to 0.2"
    ),
    pytest.param(
        {"losses": [[0.5, 0.5], [0.9, "nan"]]}, "training", "loss or metrics differ by up to nan"
    ),
    pytest.param(
        {"losses": [["nan", 0.5], ["nan", 0.9]]}, "training", "loss or metrics differ by up to 0.4"
    ),
    pytest.param({"losses": [[0.5], ["nan"]]}, "training", "loss or metrics differ by up to nan"),
    pytest.param(
        {"losses": [[0.5, 0.2], [0.5]]},
        "training",
        "a training step reports 1 numbers, it reported 2",
    ),
    pytest.param(
        {"step": {"step": 2.0, "difference": 1.0}},
        "training",
        "the next training step differs by 50% of its length",
    ),
    pytest.param(
        {"step": {"step": 0.0, "difference": "nan"}},
        "training",
        "the next training step differs by inf% of its length",
    ),
]


@pytest.mark.parametrize(("changes", "what", "text"), DIFFERS)
def test_silently_different(changes: dict[str, Any], what: str, text: str) -> None:
    found = verdict(facts(**changes))
    assert (found.outcome, found.reason.removeprefix(STOPS)) == (Outcome.DIFFERS, text)
    assert found.reason.startswith(STOPS) == (what in ("settings", "optimizer", "training"))
    assert found.signature == f"differs: {what}"
    (difference,) = found.differences
    assert (difference["what"], difference["text"]) == (what, text)


def test_a_switch_has_no_size() -> None:
    """True is 1 to Python; an optimizer that no longer uses AMSGrad has not changed by 100 %."""
    now, was = settings(amsgrad=True)
    (difference,) = verdict(facts(optimizer=[was, now])).differences
    assert difference["text"] == "the optimizer's amsgrad is False, it was True"
    assert difference["size"] is None
