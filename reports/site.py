"""Judged matrix -> a folder of static pages that work from a disk as from a server."""

from __future__ import annotations

import shutil
from pathlib import Path

from caniload.reports.aspects import aspects
from caniload.reports.claims import findings
from caniload.reports.companions import pairs
from caniload.reports.exports import Sums, exports, manifest
from caniload.reports.folder import Folder
from caniload.reports.glossary import glossary
from caniload.reports.pages import pages
from caniload.reports.shards import shards
from caniload.reports.swapping import keep_shards, scratch_for, swap
from caniload.reports.table import tabulate
from caniload.reports.terminal import Summary, summary
from caniload.reports.text import ingest
from caniload.runner.core.judged import JudgedMatrix
from caniload.runner.core.outcomes import Purpose

STATIC = Path(__file__).with_name("static")


def render(
    judged: JudgedMatrix,
    folder: Path,
    home: Path | None = None,
    *,
    given_up: bool = False,
    feed: str = "",
) -> tuple[Path, Summary]:
    """Write the report to ``folder``; return its index.html, and what a terminal is told.

    Paths below ``home`` are written as ``$CANILOAD_HOME/...``. The folder is swapped in whole, so
    that an interrupted run leaves the report that was there, and nobody reads half of one.
    ``given_up``: as in ``ingest``.
    ``feed`` is the address of one that tells what changes, which the pages name.
    ``FileExistsError``: there is a folder of that name that is not a report.
    """
    _refuse_foreign(folder)
    scratch = scratch_for(folder)
    try:
        fresh = scratch / "new"
        told = report(judged, Folder(fresh), home, given_up=given_up, feed=feed)
        fresh.chmod(0o755)
        if judged.underway:
            keep_shards(folder, fresh)
        swap(fresh, folder, scratch / "old")
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return folder / "index.html", told


def report(
    judged: JudgedMatrix,
    folder: Folder,
    home: Path | None = None,
    *,
    given_up: bool = False,
    feed: str = "",
) -> Summary:
    """Count once, and say it in every way; equal input gives equal files."""
    matrix = ingest(judged, home, given_up=given_up)
    table = tabulate(matrix)
    seen = aspects(table, matrix)
    grid = seen[Purpose.TRAIN].grid
    sums = Sums(
        aspects=seen,
        findings=findings(table, matrix),
        pairs=pairs(table, grid, matrix),
        glossary=glossary(table, grid, matrix),
    )
    details = shards(table, grid, folder)
    made = exports(sums, matrix, folder)
    for file in sorted(STATIC.iterdir()):
        folder.write(f"static/{file.name}", file.read_bytes())
    for path, page in pages(sums, details, made, matrix, folder, feed=feed):
        folder.write(path, page.encode())
    folder.write("manifest.json", manifest(folder.files, matrix))
    return summary(seen, sums.glossary, matrix)


def _refuse_foreign(folder: Path) -> None:
    """Never replace a folder that somebody filled with something else."""
    if not folder.exists():
        return
    if not folder.is_dir() or (any(folder.iterdir()) and not (folder / "manifest.json").is_file()):
        raise FileExistsError(f"{folder} is not a report; name another folder or remove it")
