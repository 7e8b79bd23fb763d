"""The files beside the pages, all written from the same table."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from caniload.reports import companions
from caniload.reports.badges import badges, shields, svg
from caniload.reports.claims import Finding
from caniload.reports.claimtext import exported
from caniload.reports.companions import Pair
from caniload.reports.figures import Figures, headline
from caniload.reports.glossary import Glossary
from caniload.reports.glossdata import as_data, summed
from caniload.reports.groups import untested_reasons
from caniload.reports.junit import junit
from caniload.reports.markdown import markdown
from caniload.reports.planes import Planes
from caniload.reports.readers import causes, coordinates, first_bad_readers
from caniload.reports.text import CleanMatrix
from caniload.reports.views import slugs
from caniload.reports.words import CODE, ORDER
from caniload.runner.core.outcomes import Outcome

SCHEMA_VERSION = 1
SCHEMA = Path(__file__).with_name("summary.schema.json")


@dataclass(frozen=True, kw_only=True)
class Export:
    path: str
    content: bytes
    what: str

    @property
    def bytes(self) -> int:
        return len(self.content)


@dataclass(frozen=True, kw_only=True)
class Sums:
    """What was counted once, for pages and files alike."""

    figures: Figures
    findings: list[Finding]
    pairs: list[Pair]
    glossary: Glossary


def exports(table: pd.DataFrame, grid: Planes, sums: Sums, matrix: CleanMatrix) -> list[Export]:
    """Make every file, in the order in which data.html lists them."""
    summary = as_json(summarised(table, grid, sums, matrix))
    met = catalogue_json(sums.glossary, grid)
    report = markdown(table, grid, sums.figures, matrix).encode()
    made = [
        ("cells.parquet", parquet(table), "every cell, with tracebacks; Parquet, zstd"),
        ("cells.csv.gz", csv(table), "every cell; CSV, gzip"),
        ("cells.jsonl.gz", json_lines(table), "every cell; a JSON object a line, gzip"),
        ("summary.json", summary, "the totals; small and stable"),
        ("catalogue.json", met, "what was heard and raised, by entry, and what has none"),
        ("first-bad.csv.gz", first_bad(table, grid), "who breaks each file first; CSV, gzip"),
        ("summary.schema.json", SCHEMA.read_bytes(), "JSON Schema of summary.json"),
        ("junit.xml", junit(table, grid, matrix), "a case for each format, save and load version"),
        ("report.md", report, "the report on one page"),
        ("retry.txt", retry(table), "ids of cells without a result to rely on, one a line"),
    ]
    files = [Export(path=path, content=content, what=what) for path, content, what in made]
    return files + _badge_files(grid)


def _badge_files(grid: Planes) -> list[Export]:
    names = slugs([kind.id for kind in grid.formats])
    files = []
    for badge in badges(grid):
        stem = f"badge/{names.get(badge.name, badge.name)}"
        what = f"{badge.label}: {badge.message}"
        files.append(Export(path=f"{stem}.json", content=as_json(shields(badge)), what=what))
        files.append(Export(path=f"{stem}.svg", content=svg(badge).encode(), what=what))
    return files


def parquet(table: pd.DataFrame) -> bytes:
    """Every column, categories as dictionaries."""
    sink = io.BytesIO()
    columns = pa.Table.from_pandas(table, preserve_index=False).replace_schema_metadata(None)
    pq.write_table(columns, sink, compression="zstd")
    return sink.getvalue()


def csv(table: pd.DataFrame) -> bytes:
    """All but the tracebacks, which would be most of the file."""
    text = table.drop(columns="error_traceback").to_csv(index=False, lineterminator="\n")
    return gzip.compress(text.encode(), mtime=0)


def json_lines(table: pd.DataFrame) -> bytes:
    """All but the tracebacks; what is missing is null, inf and nan are words."""
    rows = table.drop(columns="error_traceback").to_dict("records")
    lines = [_line({str(key): value for key, value in row.items()}) for row in rows]
    return gzip.compress("".join(f"{line}\n" for line in lines).encode(), mtime=0)


def first_bad(table: pd.DataFrame, grid: Planes) -> bytes:
    """Name the first version that breaks a file: a row for each file and stack."""
    named = causes(table)
    rows = []
    for one in first_bad_readers(grid):
        kind, save, load, model = place = coordinates(grid, one)
        outcome = ORDER[one.code].value
        rows.append((save, model, kind, one.stack, load, outcome, named.get(place, "")))
    columns = ["save", "model", "format", "stack", "load", "outcome", "cause"]
    text = pd.DataFrame(rows, columns=columns).to_csv(index=False, lineterminator="\n")
    return gzip.compress(text.encode(), mtime=0)


def catalogue_json(known: Glossary, grid: Planes) -> bytes:
    return as_json(as_data(known, [one.id for one in grid.environments]))


def _line(row: dict[str, Any]) -> str:
    for key, value in row.items():
        if pd.isna(value):
            row[key] = None
        elif value in (float("inf"), float("-inf")):
            row[key] = str(value)
    return json.dumps(row, ensure_ascii=False, default=_plain)


def _plain(value: Any) -> Any:
    """Unwrap the scalars of numpy."""
    return value.item()


def summarised(
    table: pd.DataFrame, grid: Planes, sums: Sums, matrix: CleanMatrix
) -> dict[str, Any]:
    """Sum up, as summary.schema.json describes them."""
    found = sums.figures
    return {
        "schema_version": SCHEMA_VERSION,
        "built_at": matrix.built_at,
        "version": matrix.version,
        "commit": matrix.commit,
        "headline": headline(found),
        "planned": found.planned,
        "outcomes": {outcome.value: found.outcomes[outcome] for outcome in ORDER},
        "upgrade": {outcome.value: found.upgrade[outcome] for outcome in ORDER},
        "not_evidence": found.no_evidence,
        "order_dependent": found.not_repeatable,
        "controls": {"checked": found.controls, "failed": found.controls_failed},
        "formats": {kind.id: _counts(grid, place) for place, kind in enumerate(grid.formats)},
        "untested": [
            {"reason": reason.text, "cells": reason.cells} for reason in untested_reasons(table)
        ],
        "claims": exported(sums.findings),
        "companions": companions.exported(sums.pairs),
        "catalogue": summed(sums.glossary),
    }


def _counts(grid: Planes, kind: int) -> dict[str, int]:
    codes = grid.codes[..., kind][~grid.no_evidence[..., kind]]
    return {outcome.value: int((codes == CODE[outcome]).sum()) for outcome in ORDER}


def retry(table: pd.DataFrame) -> bytes:
    """Cells whose result is missing or cannot be relied on; ids of controls among them."""
    unsure = ~table["evidence"] | ~table["repeatable"]
    rows = table[(table["outcome"] == Outcome.UNTESTED) | unsure]
    return "".join(f"{name}\n".replace("\n", " ").rstrip() + "\n" for name in rows["id"]).encode()


def as_json(data: Any) -> bytes:
    """Write plain data for people and programs alike."""
    return (json.dumps(data, ensure_ascii=False, indent=1, allow_nan=False) + "\n").encode()


def manifest(files: dict[str, bytes], matrix: CleanMatrix) -> bytes:
    """Name every file of the report with its hash, and what it was made from."""
    return as_json(
        {
            "schema_version": SCHEMA_VERSION,
            "generator": f"caniload {matrix.version}",
            "commit": matrix.commit,
            "built_at": matrix.built_at,
            "codes": {outcome.value: CODE[outcome] for outcome in ORDER},
            "files": {
                path: {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
                for path, content in sorted(files.items())
            },
        }
    )
