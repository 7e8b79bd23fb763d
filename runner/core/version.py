"""Which caniload this is."""

from __future__ import annotations

import functools
import importlib.metadata
import subprocess

from caniload.runner.core.shipped import ROOT


@functools.cache
def version() -> str:
    try:
        return importlib.metadata.version("caniload")
    except importlib.metadata.PackageNotFoundError:  # run from a checkout without installing
        return "0"


@functools.cache
def commit() -> str:
    """Return the short hash of the checkout's commit, or "" outside of one.

    A package that is installed below somebody's repository is not of that repository.
    """
    if not (ROOT / ".git").exists():
        return ""
    try:
        found = subprocess.run(
            ["git", "rev-parse", "--short", "HEAD"],  # noqa: S607 - whichever git the user has
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=5,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return found.stdout.strip() if found.returncode == 0 else ""
