"""Judged matrix -> a folder of static pages that work from a disk as from a server."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from caniload.reports.claims import findings
from caniload.reports.companions import pairs
from caniload.reports.exports import Sums, exports, manifest
from caniload.reports.figures import Summary, figures, summary
from caniload.reports.glossary import glossary
from caniload.reports.pages import Book
from caniload.reports.planes import planes
from caniload.reports.shards import shards
from caniload.reports.table import frame
from caniload.reports.text import ingest
from caniload.runner.core.judged import JudgedMatrix

STATIC = Path(__file__).with_name("static")


@dataclass(frozen=True, kw_only=True)
class Report:
    """Every file of a report by its path, and the same in a few lines."""

    files: dict[str, bytes]
    summary: Summary


def render(judged: JudgedMatrix, folder: Path, home: Path | None = None) -> tuple[Path, Summary]:
    """Write the report to ``folder``; return its index.html, and what a terminal is told.

    Paths below ``home`` are written as ``$CANILOAD_HOME/...``. The folder is swapped in whole, so
    that an interrupted run leaves the report that was there. ``FileExistsError``: there is a
    folder of that name that is not a report.
    """
    _refuse_foreign(folder)
    made = report(judged, home)
    folder.parent.mkdir(parents=True, exist_ok=True)
    # Beside the goal, so that the swap is a rename within one file system.
    scratch = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        fresh = scratch / "new"
        _write(made.files, fresh)
        _swap(fresh, folder, scratch / "old")
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return folder / "index.html", made.summary


def contents(judged: JudgedMatrix, home: Path | None = None) -> dict[str, bytes]:
    """Make every file of the report by its path; equal input gives equal bytes."""
    return report(judged, home).files


def report(judged: JudgedMatrix, home: Path | None = None) -> Report:
    """Count once, and say it in every way."""
    matrix = ingest(judged, home)
    table = frame(matrix)
    grid = planes(table, matrix)
    found = figures(table, grid)
    details = shards(table, grid)
    tested = findings(table, matrix)
    twins = pairs(table, matrix)
    known = glossary(table, grid, matrix)
    sums = Sums(figures=found, findings=tested, pairs=twins, glossary=known)
    made = exports(table, grid, sums, matrix)
    files = {export.path: export.content for export in made}
    files |= {path: text.encode() for path, text in details.files.items()}
    files |= {f"static/{file.name}": file.read_bytes() for file in sorted(STATIC.iterdir())}
    book = Book(
        table=table,
        grid=grid,
        figures=found,
        findings=tested,
        pairs=twins,
        matrix=matrix,
        shards=details,
        exports=made,
        glossary=known,
    )
    files |= {path: page.encode() for path, page in book.pages()}
    return Report(
        files=files | {"manifest.json": manifest(files, matrix)},
        summary=summary(table, grid, found, known, matrix),
    )


def _refuse_foreign(folder: Path) -> None:
    """Never replace a folder that somebody filled with something else."""
    if not folder.exists():
        return
    if not folder.is_dir() or (any(folder.iterdir()) and not (folder / "manifest.json").is_file()):
        raise FileExistsError(f"{folder} is not a report; name another folder or remove it")


def _write(files: dict[str, bytes], folder: Path) -> None:
    for path, content in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    folder.chmod(0o755)


def _swap(fresh: Path, folder: Path, old: Path) -> None:
    """Put the new folder in the old one's place, and the old one back if that fails."""
    if not folder.exists():
        fresh.rename(folder)
        return
    folder.rename(old)
    try:
        fresh.rename(folder)
    except OSError:
        old.rename(folder)
        raise
