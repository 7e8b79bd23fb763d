"""Packages laid over an environment, with a pretended uv; tests/real has uv itself."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

import pytest

from caniload.runner.core.errors import EnvironmentUnusable
from caniload.runner.environments import overlays
from caniload.runner.environments.home import Home
from caniload.runner.environments.processes import Finished
from caniload.runner.environments.receipts import Receipt

WOULD = "Resolved 2 packages in 5ms\nWould install 1 package\n + flask==3.1.3\n"


@pytest.fixture
def receipt() -> Receipt:
    return Receipt(
        environment="tf-2.15",
        lock_sha256="0" * 64,
        python="3.11.7",
        interpreter="/usr/bin/python3.11",
        platform="linux",
        imports="tensorflow.keras",
        variables={},
        versions={},
        packages={"numpy": "1.26.4", "click": "8.1.0"},
        installer="uv",
        bytes=1,
        seconds=1.0,
        built_at="2026-11-29T00:00:00+00:00",
    )


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[list[str]]]:
    """Let uv say this, one after the other; return the list of what it is asked."""

    def say(*outputs: tuple[int, str]) -> list[list[str]]:
        asked: list[list[str]] = []
        left = list(outputs)

        def run(command: list[str], **_: object) -> Finished:
            asked.append(command)
            if "--target" in command:
                Path(command[command.index("--target") + 1]).mkdir()
            code, output = left.pop(0)
            return Finished(code=code, output=output)

        monkeypatch.setattr("caniload.runner.environments.processes.run", run)
        return asked

    return say


def test_only_what_is_missing_is_installed_and_once(
    receipt: Receipt, tmp_path: Path, said: Callable[..., list[list[str]]]
) -> None:
    asked = said((0, WOULD), (0, ""))
    home = Home(root=tmp_path)
    folder = overlays.overlay(receipt, ("flask",), home)
    assert overlays.overlay(receipt, ("flask",), home) == folder
    resolving, installing = asked
    assert resolving[-1] == "flask"
    assert "--dry-run" in resolving
    assert installing[-1] == "flask==3.1.3"
    assert "--no-deps" in installing
    assert (folder / "caniload-with.txt").read_text() == "flask==3.1.3\n"
    assert [one.name for one in folder.parent.iterdir()] == [folder.name]


def test_what_is_there_already_needs_nothing(
    receipt: Receipt, tmp_path: Path, said: Callable[..., list[list[str]]]
) -> None:
    said((0, "Audited 1 package in 1ms\nWould make no changes\n"))
    assert overlays.overlay(receipt, ("numpy",), Home(root=tmp_path)).is_dir()


@pytest.mark.parametrize(
    ("outputs", "told"),
    [
        ([(1, "error: connection refused")], "cannot be reached"),
        ([(0, " - click==8.1.0\n + click==8.5.1\n")], "it has click 8.1.0, which would have to be"),
        ([(0, WOULD), (1, "error: no space left on device")], "the disk is full"),
    ],
)
def test_what_does_not_fit_leaves_nothing_behind(
    receipt: Receipt,
    tmp_path: Path,
    said: Callable[..., list[list[str]]],
    outputs: list[tuple[int, str]],
    told: str,
) -> None:
    said(*outputs)
    with pytest.raises(
        EnvironmentUnusable, match=r"tf-2\.15 cannot have flask beside what it has"
    ) as e:
        overlays.overlay(receipt, ("flask",), Home(root=tmp_path))
    assert told in e.value.reason
    assert not [*(tmp_path / "checked" / "packages").iterdir()]


def test_another_lock_or_python_is_another_overlay(receipt: Receipt, tmp_path: Path) -> None:
    home = Home(root=tmp_path)
    others = [{}, {"lock_sha256": "1" * 64}, {"python": "3.12.1"}]
    found = {
        overlays.folder_of(dataclasses.replace(receipt, **one), ("flask",), home)  # type: ignore[arg-type]
        for one in others
    }
    assert len(found) == 3
