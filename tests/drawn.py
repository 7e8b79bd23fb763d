"""A report as its files, for tests that look at some of them."""

from __future__ import annotations

import tempfile
from pathlib import Path

from caniload.reports.folder import Folder
from caniload.reports.site import report
from caniload.reports.terminal import Summary
from caniload.runner.core.judged import JudgedMatrix


def contents(judged: JudgedMatrix, home: Path | None = None) -> dict[str, bytes]:
    """Draw a report, and return every file of it by its path."""
    return drawn(judged, home)[0]


def drawn(judged: JudgedMatrix, home: Path | None = None) -> tuple[dict[str, bytes], Summary]:
    with tempfile.TemporaryDirectory() as folder:
        kept = Folder(Path(folder))
        told = report(judged, kept, home)
        return {path: Path(folder, path).read_bytes() for path in kept.files}, told
