"""What JAX and PyTorch compiled goes on to the next batch: whole files, of good ends."""

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
    monkeypatch.delitem(sys.modules, "torch", raising=False)
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
    assert told["jax_compilation_cache_dir"] == str(first / "jax")
    assert names(first / "jax") == []
    (first / "jax" / "a-cache").write_bytes(b"a")
    compiled.take(str(first), str(shared))

    compiled.lend(str(shared), str(second))
    (second / "jax" / "b-cache").write_bytes(b"b")
    assert (second / "jax" / "a-cache").read_bytes() == b"a"
    compiled.take(str(second), str(shared))
    assert names(shared / "jax") == ["a-cache", "b-cache"]

    third = tmp_path / "third"
    compiled.lend(str(shared), str(third), alone=True)
    assert not third.exists()


def test_pytorch_has_it_alone_too_and_finds_no_halves(
    compiled: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, "torch", types.SimpleNamespace())
    monkeypatch.setenv(compiled.TORCH, "a person's own")
    shared, good, killed, last = (tmp_path / name for name in ("shared", "good", "killed", "last"))
    compiled.lend(str(shared), str(good), alone=True)
    assert os.environ[compiled.TORCH] == str(good / "torch")
    (good / "torch" / "nl").mkdir()
    (good / "torch" / "nl" / "a.main.so").write_bytes(b"whole")
    (good / "torch" / "nl" / "a.lock").touch()
    compiled.take(str(good), str(shared))
    compiled.lend(str(shared), str(killed))
    (killed / "torch" / "nl" / "b.main.so").write_bytes(b"ha")  # and nobody takes it

    compiled.lend(str(shared), str(last))
    assert names(last / "torch" / "nl") == ["a.main.so"]
    assert os.environ[compiled.TORCH] == str(last / "torch")


def test_there_is_a_limit(compiled: Any, told: dict[str, Any], tmp_path: Path) -> None:
    assert not told
    shared, own = tmp_path / "shared", tmp_path / "own"
    compiled.lend(str(shared), str(own))
    for number in range(compiled.MOST + 5):
        (own / "jax" / f"{number}-cache").touch()
    compiled.take(str(own), str(shared))
    compiled.take(str(own), str(shared))
    assert len(names(shared / "jax")) == compiled.MOST


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
    (shared / "jax").mkdir(parents=True)
    (shared / "jax" / "a-cache").touch()

    def refuse(*_: object) -> None:
        raise OSError

    monkeypatch.setattr(compiled.os, "link", refuse)
    compiled.lend(str(shared), str(own))
    assert told["jax_compilation_cache_dir"] == str(own / "jax")
    (own / "jax" / "b-cache").touch()
    compiled.take(str(own), str(shared))
    assert (names(own / "jax"), names(shared / "jax")) == (["b-cache"], ["a-cache"])


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
    (own / "compiled" / "jax").mkdir(parents=True)
    (own / "compiled" / "jax" / "a-cache").touch()
    (own / "__autograph_generated_file.py").touch()
    children, (reader, writer) = {_ended(status): 7}, os.pipe()
    while children:
        probe.reap(children, config, writer)
    os.close(writer)
    with os.fdopen(reader) as events:
        assert '"event": "exit"' in events.read()
    assert not own.exists()
    assert (
        names(tmp_path / "compiled" / "jax") == kept
        if kept
        else not (tmp_path / "compiled").exists()
    )
    assert compiled.MOST


def test_without_either_nothing_happens(
    compiled: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("jax", "torch"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    compiled.lend(str(tmp_path / "shared"), str(tmp_path / "own"))
    compiled.take(str(tmp_path / "own"), str(tmp_path / "shared"))
    assert names(tmp_path) == []
