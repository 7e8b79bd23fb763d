"""What JAX compiled goes from one batch to the next, whole files of children that ended well."""

from __future__ import annotations

import importlib
import os
import sys
import types
from pathlib import Path
from typing import Any

import pytest

SETTINGS = (
    "jax_compilation_cache_dir",
    "jax_persistent_cache_min_compile_time_secs",
    "jax_persistent_cache_min_entry_size_bytes",
)
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
    config = types.SimpleNamespace(update=told.__setitem__, **dict.fromkeys(SETTINGS))
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


def test_a_jax_without_such_settings_is_left_alone(
    compiled: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, "jax", types.SimpleNamespace(config=types.SimpleNamespace()))
    compiled.lend(str(tmp_path / "shared"), str(tmp_path / "own"))
    assert names(tmp_path) == []


def test_where_nothing_can_be_linked_everybody_compiles(
    compiled: Any, told: dict[str, Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    shared, own = tmp_path / "shared", tmp_path / "own"
    shared.mkdir()
    (shared / "a-cache").touch()

    def refuse(*_: object) -> None:
        raise OSError

    monkeypatch.setattr(compiled.os, "link", refuse)
    compiled.lend(str(shared), str(own))
    assert told["jax_compilation_cache_dir"] == str(own)
    (own / "b-cache").touch()
    compiled.take(str(own), str(shared))
    assert (names(own), names(shared)) == (["b-cache"], ["a-cache"])


def _ended(status: int) -> int:
    child = os.fork()
    if not child:
        os._exit(status)
    return child


@pytest.mark.parametrize(("status", "kept"), [(0, ["a-cache"]), (1, [])])
def test_a_batch_leaves_nothing_but_what_a_good_end_compiled(
    compiled: Any, tmp_path: Path, status: int, kept: list[str]
) -> None:
    probe, config = importlib.import_module("probe"), {"folder": str(tmp_path)}
    own = Path(probe.temporary(7, config))
    (own / "compiled").mkdir(parents=True)
    (own / "compiled" / "a-cache").touch()
    (own / "__autograph_generated_file.py").touch()
    children, (reader, writer) = {_ended(status): 7}, os.pipe()
    while children:
        probe.reap(children, config, writer)
    os.close(writer)
    with os.fdopen(reader) as events:
        assert '"event": "exit"' in events.read()
    assert not own.exists()
    assert names(tmp_path / "compiled") == kept if kept else not (tmp_path / "compiled").exists()
    assert compiled.MOST


def test_without_jax_nothing_happens(
    compiled: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delitem(sys.modules, "jax", raising=False)
    compiled.lend(str(tmp_path / "shared"), str(tmp_path / "own"))
    compiled.take(str(tmp_path / "own"), str(tmp_path / "shared"))
    assert names(tmp_path) == []
