"""Shipped evidence is shown beside what has no result, marked, and is part of no count."""

from __future__ import annotations

import csv
import gzip
import io
import json
from dataclasses import replace
from pathlib import Path

import pytest
from judged_example import example

from caniload.reports import answers, views
from caniload.reports.aspects import aspects
from caniload.reports.planes import Planes
from caniload.reports.site import render
from caniload.reports.swapping import keep_shards, swap
from caniload.reports.table import frame, tabulate
from caniload.reports.text import ingest
from caniload.reports.underway import pairs
from caniload.reports.words import ABSENT
from caniload.runner.core.judged import JudgedMatrix
from caniload.runner.core.judgedrows import as_table
from caniload.runner.core.judgedtable import NONE
from caniload.runner.core.outcomes import NOT_RUN, Outcome, Purpose

WITH, WITHOUT = example(meanwhile=True), example()


def without(judged: JudgedMatrix) -> JudgedMatrix:
    """The same, of which nothing ships."""
    cells = tuple(replace(one, shipped=None) for one in judged.cells)
    return replace(judged, cells=cells, unshipped=())


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    root = tmp_path_factory.mktemp("site")
    return tuple(  # type: ignore[return-value]
        render(one, root / name)[0].parent
        for name, one in (("with", WITH), ("without", without(WITH)))
    )


def grid_of(judged: JudgedMatrix, purpose: Purpose = Purpose.PREDICT) -> Planes:
    clean = ingest(judged)
    return aspects(tabulate(clean), clean)[purpose].grid


def test_no_count_of_results_changes_by_what_ships(folders: tuple[Path, Path]) -> None:
    told, bare = (json.loads((one / "summary.json").read_text()) for one in folders)
    assert told.pop("shipped")["cells"] > 0
    assert bare.pop("shipped") == {"cells": 0, "purposes": {}, "unused": []}
    assert told == bare
    for name in ("junit.xml", "junit-train.xml", "badge/overall.svg", "first-bad.csv.gz"):
        assert (folders[0] / name).read_bytes() == (folders[1] / name).read_bytes(), name
    assert (folders[0] / "retry.txt").read_text() == (folders[1] / "retry.txt").read_text()


def test_the_data_has_it_in_columns_of_its_own(folders: tuple[Path, Path]) -> None:
    text = gzip.decompress((folders[0] / "cells.csv.gz").read_bytes()).decode()
    rows = [one for one in csv.DictReader(io.StringIO(text)) if one["shipped_outcome"]]
    assert rows
    assert {one["outcome"] for one in rows} == {one["predict_outcome"] for one in rows}
    assert {one["outcome"] for one in rows} == {"untested"}
    assert {one["shipped_outcome"] for one in rows} == {"identical", "differs"}
    assert all(one["shipped_source"].startswith("measured until") for one in rows)
    nested = [one for one in rows if one["model"] == "nested"]
    assert {one["shipped_predict_outcome"] for one in nested} == {"identical"}


def test_a_square_of_it_is_marked_and_named() -> None:
    grid = grid_of(WITH)
    assert grid.shipped is not None
    place = next(n for n, one in enumerate(grid.environments) if one.id == "tf-2.4")
    view = views.square_view(grid, 2, place, 0)
    assert "shipped" in view.classes.split()
    assert view.words.startswith("Not tested; shipped evidence: ")
    said = answers.text(answers.told(grid, 2, place, 0))
    assert said.startswith("Shipped evidence, not measured here: ")
    assert "shipped" not in views.square_view(grid, 2, 4, 0).classes


def test_whatever_was_measured_goes_before_it() -> None:
    grid = grid_of(WITH)
    assert grid.shipped is not None
    both = (grid.shipped.codes != ABSENT) & (grid.codes < 8)
    assert not both.any()


def test_without_it_a_table_holds_no_column_for_it() -> None:
    column = as_table(WITHOUT.cells).columns.shipped
    assert column.strides == (0,)
    assert (column == NONE).all()
    assert grid_of(WITHOUT).shipped is None


def test_it_survives_the_table() -> None:
    cells = as_table(WITH.cells)
    assert [one.shipped for one in cells] == [one.shipped for one in WITH.cells]
    assert frame(WITH)["shipped_outcome"].notna().sum() == sum(
        one.shipped is not None for one in WITH.cells
    )


def test_a_pair_is_done_when_none_of_its_cells_waits() -> None:
    clean = ingest(WITH)
    table = tabulate(clean)
    grid = aspects(table, clean)[Purpose.TRAIN].grid
    found = pairs(table, grid)
    waiting = {
        (one.cell.artifact.saved_by, one.cell.loaded_by)
        for one in WITH.cells
        if one.outcome is Outcome.UNTESTED and one.reason == NOT_RUN
    }
    names = [one.id for one in grid.environments]
    assert waiting
    assert waiting == {(names[s], names[one.load]) for one in found.loaders for s in one.waiting}
    assert found.planned == len(names) ** 2
    assert found.done == found.planned - len(waiting)


def test_the_page_says_when_it_was_drawn_and_what_is_done(folders: tuple[Path, Path]) -> None:
    for path in ("index.html", "train/index.html", "about.html", "from/tf-2.12.html"):
        text = (folders[0] / path).read_text(encoding="utf-8")
        assert "A run was going on when this was drawn" in text
        assert "2026-11-20T12:00:00+00:00" in text
    done = json.loads((folders[0] / "summary.json").read_text())["underway"]
    assert f"{done['done']} of {done['planned']} pairs" in text


def test_what_is_replaced_is_whole_or_gone(tmp_path: Path) -> None:
    for name in ("here", "new"):
        (tmp_path / name).mkdir()
        (tmp_path / name / name).touch()
    swap(tmp_path / "new", tmp_path / "here", tmp_path / "old")
    assert [one.name for one in (tmp_path / "here").iterdir()] == ["new"]
    (tmp_path / "newer").mkdir()
    swap(tmp_path / "newer", tmp_path / "nowhere", tmp_path / "old")
    assert (tmp_path / "nowhere").is_dir()


def test_the_page_that_is_open_finds_its_details_once_more(tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    render(WITH, old)
    mine = {one.relative_to(old) for one in (old / "data").rglob("*.js")}
    new.mkdir()
    keep_shards(old, new)
    assert mine == {one.relative_to(new) for one in (new / "data").rglob("*.js")}
    third = tmp_path / "third"
    third.mkdir()
    (new / "manifest.json").write_text('{"files": {}}')
    keep_shards(new, third)
    assert not (third / "data").exists()


@pytest.mark.parametrize(
    ("feed", "from_deep"),
    [
        pytest.param("nightly.atom", "../nightly.atom", id="beside it"),
        pytest.param("../nightly/a.atom", "../../nightly/a.atom", id="in another folder"),
        pytest.param("/a.atom", "/a.atom", id="of the server"),
        pytest.param("https://example.org/a.atom", "https://example.org/a.atom", id="elsewhere"),
    ],
)
def test_a_feed_is_found_from_every_page(tmp_path: Path, feed: str, from_deep: str) -> None:
    small = example(environments=("tf-2.12", "tf-2.15"), models=2, formats=1)
    folder = render(small, tmp_path / "report", feed=feed)[0].parent
    link = '<link rel="alternate" type="application/atom+xml" title="caniload" href="{}">'
    assert link.format(feed) in (folder / "index.html").read_text(encoding="utf-8")
    assert link.format(from_deep) in (folder / "from/tf-2.12.html").read_text(encoding="utf-8")
