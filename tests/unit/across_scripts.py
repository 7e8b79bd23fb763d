"""The scripts of probes/across, imported without a framework."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

PROBES = Path(__file__).parents[2] / "probes"


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Any]:
    """Import a script of probes/across; it is forgotten again afterwards."""
    for folder in (PROBES, PROBES / "own", PROBES / "across"):
        monkeypatch.syspath_prepend(str(folder))

    def imported(name: str) -> Any:
        monkeypatch.delitem(sys.modules, name, raising=False)
        found = importlib.import_module(name)
        monkeypatch.delitem(sys.modules, name)
        return found

    return imported
