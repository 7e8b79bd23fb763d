"""Which caniload a report is of: never somebody else's commit."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from caniload.runner.core import version


def git(folder: Path, *words: str) -> str:
    given = ("-c", "user.name=a", "-c", "user.email=a@example.org")
    done = subprocess.run(
        ["git", *given, *words], cwd=folder, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def test_a_checkout_has_its_commit_and_what_lies_in_one_has_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    git(tmp_path, "init", "--quiet")
    git(tmp_path, "commit", "--quiet", "--allow-empty", "-m", "theirs")
    theirs = git(tmp_path, "rev-parse", "--short", "HEAD")
    installed = tmp_path / ".venv" / "lib" / "caniload"
    installed.mkdir(parents=True)

    told = []
    for root in (tmp_path, installed):
        monkeypatch.setattr(version, "ROOT", root)
        version.commit.cache_clear()
        told.append(version.commit())
    version.commit.cache_clear()
    assert told == [theirs, ""]
