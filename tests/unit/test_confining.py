"""What a process behind a wall may read of somebody's: closed to others, it stays who we are."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from caniload.runner.core.errors import EnvironmentUnusable
from caniload.runner.environments.home import Home
from caniload.runner.running.confining import Confining, is_closed
from caniload.runner.sandbox import walls
from caniload.runner.sandbox.levels import Way
from caniload.runner.sandbox.words import Level


@pytest.mark.parametrize(
    ("folder", "file", "closed"),
    [(0o755, 0o644, False), (0o700, 0o644, True), (0o755, 0o600, True), (0o711, 0o644, True)],
)
def test_what_others_may_not_read_is_closed(
    tmp_path: Path, folder: int, file: int, *, closed: bool
) -> None:
    own = tmp_path / "own"
    own.mkdir()
    (own / "net.py").write_text("")
    (own / "net.py").chmod(file)
    own.chmod(folder)
    assert is_closed(own, through=False) is closed
    assert is_closed(own / "net.py", through=False) is (file == 0o600)


def test_the_way_there_counts_where_nothing_is_mounted_elsewhere(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    file = tmp_path / "m.h5"
    file.write_text("")
    file.chmod(0o644)
    assert is_closed(file, through=True)
    assert not is_closed(file, through=False)


@dataclass(frozen=True)
class Pretended:
    """A wall as far as it is asked for here."""

    way: Way
    held: Any = field(default_factory=lambda: SimpleNamespace(told=lambda: {"level": "bwrap"}))


@pytest.mark.parametrize("passes", [True, False])
def test_a_wall_is_changed_once_and_only_if_its_own_model_passes_behind_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, passes: bool
) -> None:
    first = Pretended(way=Way(level=Level.BWRAP, uid=61184))
    second = replace(first, way=Way(level=Level.BWRAP, uid=None))
    asked: list[Pretended] = []

    def control(_environment: Any, _fingerprint: str, found: Pretended) -> None:
        asked.append(found)
        if not passes:
            raise EnvironmentUnusable("its own model does not pass")

    there = SimpleNamespace(of_the_same_person=lambda _: second)
    monkeypatch.setattr(walls, "of", lambda *_: there)
    one: Any = Confining(wanted="auto", home=Home(root=tmp_path), scratch=tmp_path, seconds=1)
    monkeypatch.setattr(one, "_control", control)
    one._known["tf-2.15"], one._prepared["tf-2.15"] = first, (None, "")
    file = tmp_path / "m.h5"
    file.write_text("")
    file.chmod(0o644)
    assert one._for("tf-2.15", [file]) is first
    file.chmod(0o600)
    expected = second if passes else first
    assert [one._for("tf-2.15", [file]) for _ in range(2)] == [expected, expected]
    assert asked == [second]
