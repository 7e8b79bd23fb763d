"""Reference weights land where they belong, in whatever order a version lists them."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

PROBES = Path(__file__).parents[2] / "probes"


@pytest.fixture
def reference(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The probe's module, with what it imports; forgotten again afterwards."""
    monkeypatch.syspath_prepend(str(PROBES))
    for name in ("reference", "framework"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    found = importlib.import_module("reference")
    for name in ("reference", "framework"):
        monkeypatch.delitem(sys.modules, name)
    return found


class Model:
    """One Dense layer before a frozen normalization; trained weights come first in ``weights``."""

    def __init__(self, *, by_layer: bool) -> None:
        names = ("kernel", "gamma", "moving_variance", "last")
        self.variables = {
            name: SimpleNamespace(name=name, value=value)
            for name, value in zip(names, np.arange(12, dtype="float32").reshape(4, 3), strict=True)
        }
        kernel, gamma, variance, last = self.variables.values()
        self.layers = [
            SimpleNamespace(weights=one) for one in ([kernel], [gamma, variance], [last])
        ]
        self.weights = [kernel, last, gamma, variance]
        self._settable = [kernel, gamma, variance, last] if by_layer else self.weights

    def get_weights(self) -> list[Any]:
        return [one.value for one in self._settable]

    def set_weights(self, values: list[Any]) -> None:
        for variable, value in zip(self._settable, values, strict=True):
            variable.value = value


KERAS = SimpleNamespace(
    backend=SimpleNamespace(batch_get_value=lambda variables: [one.value for one in variables])
)


@pytest.mark.parametrize("by_layer", [False, True])
def test_a_variance_is_positive_whichever_order_is_set(reference: Any, *, by_layer: bool) -> None:
    model = Model(by_layer=by_layer)
    reference.set_weights(KERAS, model, "weights:some")
    assert (model.variables["moving_variance"].value > 0.5).all()
    drawn = [one.value for name, one in model.variables.items() if name != "moving_variance"]
    assert (np.concatenate(drawn) < 0).any()
