"""The files beside the pages, all written from the same table."""

from __future__ import annotations

import csv
import gzip
import io
import itertools
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from caniload.reports import attacks, cellfiles, companions, underway
from caniload.reports.aspects import Aspect, Aspects
from caniload.reports.badges import badges, shields, svg
from caniload.reports.claims import Finding
from caniload.reports.claimtext import exported
from caniload.reports.companions import Pair
from caniload.reports.figures import headline
from caniload.reports.folder import Folder, Written
from caniload.reports.glossary import Glossary
from caniload.reports.glossdata import as_data, summed
from caniload.reports.groups import untested_reasons
from caniload.reports.junit import junit
from caniload.reports.markdown import markdown
from caniload.reports.planes import Planes
from caniload.reports.readers import cause, coordinates, first_bad_readers
from caniload.reports.table import Table
from caniload.reports.text import CleanMatrix
from caniload.reports.views import slugs
from caniload.reports.words import CODE, ORDER, SUFFIX
from caniload.runner.core.outcomes import TO, Outcome, Purpose

SCHEMA_VERSION = 1
SCHEMA = Path(__file__).with_name("summary.schema.json")


@dataclass(frozen=True, kw_only=True)
class Export:
    path: str
    bytes: int
    what: str


@dataclass(frozen=True, kw_only=True)
class Sums:
    """What was counted once, for pages and files alike."""

    aspects: Aspects
    findings: list[Finding]
    pairs: list[Pair]
    glossary: Glossary

    @property
    def whole(self) -> Aspect:
        """All that was found, which is for whoever goes on training."""
        return self.aspects[Purpose.TRAIN]


def exports(sums: Sums, matrix: CleanMatrix, folder: Folder) -> list[Export]:
    """Write every file, in the order in which data.html lists them."""
    table, grid = sums.whole.table, sums.whole.grid
    made = [
        ("summary.json", as_json(summarised(sums, matrix)), "the totals; small and stable"),
        (
            "catalogue.json",
            catalogue_json(sums.glossary, grid),
            "what was heard and raised, by entry, and what has none",
        ),
        ("summary.schema.json", SCHEMA.read_bytes(), "JSON Schema of summary.json"),
        ("report.md", markdown(sums.aspects, matrix).encode(), "the report on one page"),
        ("retry.txt", retry(table), "ids of cells without a result to rely on, one a line"),
    ]
    if matrix.attacks is not None:
        told = "what came of each file that attacks, in each environment; CSV"
        made.append(("attacks.csv", attacks.as_csv(matrix.attacks), told))
    what = cellfiles.write(table, folder)
    for path, content, told in itertools.chain(made, _for_purposes(sums.aspects, matrix)):
        folder.write(path, content)
        what[path] = told
    return [Export(path=path, bytes=folder.files[path].bytes, what=what[path]) for path in what]


def _for_purposes(seen: Aspects, matrix: CleanMatrix) -> Iterator[tuple[str, bytes, str]]:
    """Yield what there is one of for each purpose; those for predicting have the plain names."""
    for purpose, one in seen.items():
        end, to = SUFFIX[purpose], TO[purpose]
        who = f"who breaks each file first, {to}; CSV, gzip"
        cases = f"a case for each format, save and load version, {to}"
        yield f"first-bad{end}.csv.gz", first_bad(one.table, one.grid), who
        yield f"junit{end}.xml", junit(one.table, one.grid, matrix), cases
        yield from _badge_files(one.grid)


def _badge_files(grid: Planes) -> Iterator[tuple[str, bytes, str]]:
    names = slugs([kind.id for kind in grid.formats])
    for badge in badges(grid):
        stem = f"badge/{names.get(badge.name, badge.name)}{SUFFIX[grid.purpose]}"
        what = f"{badge.label}: {badge.message}"
        yield f"{stem}.json", as_json(shields(badge)), what
        yield f"{stem}.svg", svg(badge).encode(), what


def first_bad(table: Table, grid: Planes) -> bytes:
    """Name the first version that breaks a file: a row for each file and stack."""
    text = io.StringIO()
    lines = csv.writer(text, lineterminator="\n")
    lines.writerow(["save", "model", "format", "stack", "load", "outcome", "cause"])
    for one in first_bad_readers(grid):
        kind, save, load, model = coordinates(grid, one)
        named = cause(grid, table, one)
        lines.writerow([save, model, kind, one.stack, load, ORDER[one.code].value, named or ""])
    return gzip.compress(text.getvalue().encode(), mtime=0)


def catalogue_json(known: Glossary, grid: Planes) -> bytes:
    return as_json(as_data(known, [one.id for one in grid.environments]))


def summarised(sums: Sums, matrix: CleanMatrix) -> dict[str, Any]:
    """Sum up, as summary.schema.json describes them."""
    table, found = sums.whole.table, sums.whole.figures
    return {
        "schema_version": SCHEMA_VERSION,
        "built_at": matrix.built_at,
        "version": matrix.version,
        "commit": matrix.commit,
        "planned": found.planned,
        **_for_one(sums.whole),
        "purposes": {purpose.value: _for_one(one) for purpose, one in sums.aspects.items()},
        "derived": found.derived,
        "shipped": _shipped(sums.aspects, matrix),
        "underway": _underway(sums, matrix),
        "not_evidence": found.no_evidence,
        "order_dependent": found.not_repeatable,
        "controls": {"checked": found.controls, "failed": found.controls_failed},
        "untested": [
            {"reason": reason.text, "cells": reason.cells} for reason in untested_reasons(table)
        ],
        "claims": exported(sums.findings),
        "companions": companions.exported(sums.pairs),
        "catalogue": summed(sums.glossary),
    }


def _shipped(seen: Aspects, matrix: CleanMatrix) -> dict[str, Any]:
    """Count what is known from elsewhere of cells that are untested here; part of nothing else."""
    told = {one.purpose: one.figures.shipped for one in seen.values()}
    counts = {
        purpose.value: {outcome.value: found.outcomes[outcome] for outcome in ORDER}
        for purpose, found in told.items()
        if found
    }
    train = told[Purpose.TRAIN]
    cells = train.planned if train else 0
    return {"cells": cells, "purposes": counts, "unused": list(matrix.unshipped)}


def _underway(sums: Sums, matrix: CleanMatrix) -> dict[str, Any] | None:
    """Say which pairs a run that is going on is done with; nothing where none is."""
    if matrix.underway is None:
        return None
    found = underway.pairs(sums.whole.table, sums.whole.grid)
    return {"since": matrix.underway.since, **underway.as_data(found, sums.whole.grid)}


def _for_one(seen: Aspect) -> dict[str, Any]:
    """Sum up what there is of each purpose."""
    found, grid = seen.figures, seen.grid
    return {
        "headline": headline(found),
        "outcomes": {outcome.value: found.outcomes[outcome] for outcome in ORDER},
        "upgrade": {outcome.value: found.upgrade[outcome] for outcome in ORDER},
        "formats": {kind.id: _counts(grid, place) for place, kind in enumerate(grid.formats)},
    }


def _counts(grid: Planes, kind: int) -> dict[str, int]:
    codes = grid.codes[..., kind][~grid.no_evidence[..., kind]]
    return {outcome.value: int((codes == CODE[outcome]).sum()) for outcome in ORDER}


def retry(table: Table) -> bytes:
    """Cells whose result is missing or cannot be relied on; ids of controls among them."""
    unsure = ~table.evidence | ~table.repeatable
    rows = np.flatnonzero(table.is_any([Outcome.UNTESTED]) | unsure)
    ids = (table.id(int(row)).replace("\n", " ").rstrip() for row in rows)
    return "".join(f"{name}\n" for name in ids).encode()


def as_json(data: Any) -> bytes:
    """Write plain data for people and programs alike."""
    return (json.dumps(data, ensure_ascii=False, indent=1, allow_nan=False) + "\n").encode()


def manifest(files: Mapping[str, Written], matrix: CleanMatrix) -> bytes:
    """Name every file of the report with its hash, and what it was made from."""
    return as_json(
        {
            "schema_version": SCHEMA_VERSION,
            "generator": f"caniload {matrix.version}",
            "commit": matrix.commit,
            "built_at": matrix.built_at,
            "codes": {outcome.value: CODE[outcome] for outcome in ORDER},
            "files": {
                path: {"bytes": one.bytes, "sha256": one.sha256}
                for path, one in sorted(files.items())
            },
        }
    )
