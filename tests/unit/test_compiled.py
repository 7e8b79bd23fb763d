"""What JAX compiled goes from one batch to the next, whole files of children that ended well."""

from __future__ import annotations

import importlib
import sys
import types
from pathlib import Path
from typing import Any

import pytest

PROBES = Path(__file__).parents[2] / "probes"


def names(folder: Path) -> list[str]:
    return sorted(one.name for one in folder.iterdir())


@pytest.fixture
def compiled(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(str(PROBES))
    sys.modules.pop("compiled", None)
    return importlib.import_module("compiled")


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Stand in for JAX, and return what it is told."""
    told: dict[str, Any] = {}
    config = types.SimpleNamespace(update=told.__setitem__)
    monkeypatch.setitem(sys.modules, "jax", types.SimpleNamespace(config=config))
    return told


def test_the_next_child_has_what_the_one_before_compiled(
    compiled: Any, told: dict[str, Any], tmp_path: Path
) -> None:
    shared, first, second = (tmp_path / name for name in ("shared", "first", "second"))
    compiled.lend(str(shared), str(first))
    assert told["jax_compilation_cache_dir"] == str(first)
    assert names(first) == []
    (first / "a-cache").write_bytes(b"a")
    compiled.take(str(first), str(shared))

    compiled.lend(str(shared), str(second))
    (second / "b-cache").write_bytes(b"b")
    assert (second / "a-cache").read_bytes() == b"a"
    compiled.take(str(second), str(shared))
    assert names(shared) == ["a-cache", "b-cache"]


def test_there_is_a_limit(compiled: Any, told: dict[str, Any], tmp_path: Path) -> None:
    assert not told
    shared, own = tmp_path / "shared", tmp_path / "own"
    compiled.lend(str(shared), str(own))
    for number in range(compiled.MOST + 5):
        (own / f"{number}-cache").touch()
    compiled.take(str(own), str(shared))
    compiled.take(str(own), str(shared))
    assert len(names(shared)) == compiled.MOST


def test_without_jax_nothing_happens(
    compiled: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delitem(sys.modules, "jax", raising=False)
    compiled.lend(str(tmp_path / "shared"), str(tmp_path / "own"))
    compiled.take(str(tmp_path / "own"), str(tmp_path / "shared"))
    assert names(tmp_path) == []
