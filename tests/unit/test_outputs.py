"""What predict gave, told apart by probes/framework.py, which imports no framework for it."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import numpy as np
import pytest

PROBES = Path(__file__).parents[2] / "probes"


def test_outputs_in_outputs_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(PROBES))
    monkeypatch.delitem(sys.modules, "framework", raising=False)
    outputs = importlib.import_module("framework").outputs
    monkeypatch.delitem(sys.modules, "framework")
    wide, narrow = np.ones((4, 3)), np.ones((4, 1))
    structure, found = outputs([narrow, {"b": wide, "a": [narrow, wide]}])
    assert structure == "list"
    assert [(name, array.shape) for name, array in found] == [
        ("0", (4, 1)),
        ("1/a/0", (4, 1)),
        ("1/a/1", (4, 3)),
        ("1/b", (4, 3)),
    ]
    assert [name for name, _ in outputs({"x": wide})[1]] == ["x"]
    assert outputs(wide)[1][0][0] == "0"
