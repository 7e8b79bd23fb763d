"""One table, and every file that is written from it says the same, cell by cell."""

from __future__ import annotations

import base64
import gzip
import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from judged_example import ENVIRONMENTS, example

from caniload.reports import cellfiles
from caniload.reports.folder import Folder
from caniload.reports.planes import NO_EVIDENCE, NOT_REPEATABLE, Planes, is_older, planes
from caniload.reports.table import COLUMNS, frame, tabulate
from caniload.reports.words import ABSENT, ORDER
from caniload.runner.core.judged import JudgedMatrix
from caniload.runner.core.outcomes import Outcome


@pytest.fixture(scope="module")
def judged() -> JudgedMatrix:
    return example(hostile=True)


@pytest.fixture(scope="module")
def table(judged: JudgedMatrix) -> pd.DataFrame:
    return frame(judged, Path("/var/store/home"))


@pytest.fixture(scope="module")
def grid(judged: JudgedMatrix) -> Planes:
    return planes(tabulate(judged), judged)


@pytest.fixture(params=[cellfiles.AT_ONCE, 7])
def written(
    judged: JudgedMatrix,
    request: pytest.FixtureRequest,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> dict[str, bytes]:
    """The files of all cells, written at once or some rows at a time."""
    monkeypatch.setattr(cellfiles, "AT_ONCE", request.param)
    folder = Folder(tmp_path)
    cellfiles.write(tabulate(judged, Path("/var/store/home")), folder)
    return {path: (tmp_path / path).read_bytes() for path in folder.files}


def test_every_planned_cell_is_one_row_in_the_order_of_the_plan(
    table: pd.DataFrame, judged: JudgedMatrix
) -> None:
    assert list(table.columns) == list(COLUMNS)
    assert list(table["id"]) == [cell.cell.id for cell in judged.cells]
    assert list(table["outcome"]) == [cell.outcome.value for cell in judged.cells]


def test_categories_are_in_the_order_of_the_matrix(
    table: pd.DataFrame, judged: JudgedMatrix
) -> None:
    environments = [environment.id for environment in judged.environments]
    assert list(table["save"].cat.categories) == environments
    assert list(table["load"].cat.categories) == environments
    assert list(table["format"].cat.categories) == [kind.id for kind in judged.formats]
    assert table["outcome"].cat.ordered


def test_the_example_shows_every_outcome(table: pd.DataFrame) -> None:
    assert set(table["outcome"]) == set(Outcome)


def test_a_result_that_is_not_a_number_is_not_one_that_is_missing(table: pd.DataFrame) -> None:
    found = table[table["outcome"] == Outcome.DIFFERS]
    assert found[~found["control"]]["compared"].all()
    assert not table[table["outcome"] == Outcome.UNTESTED]["compared"].any()


def test_the_plane_holds_every_cell_that_is_not_a_control(
    table: pd.DataFrame, grid: Planes, judged: JudgedMatrix
) -> None:
    raw = np.frombuffer(gzip.decompress(base64.b64decode(grid.encoded())), dtype=np.uint8)
    plane: Any = raw.reshape(grid.codes.shape)
    environments = [environment.id for environment in judged.environments]
    models = [model.id for model in grid.models]
    kinds = [kind.id for kind in judged.formats]
    row: Any
    for row in table[~table["control"]].itertuples():
        byte = plane[
            environments.index(row.save),
            environments.index(row.load),
            models.index(row.model),
            kinds.index(row.format),
        ]
        decided = row.outcome not in {Outcome.NA, Outcome.UNTESTED}
        assert ORDER[byte & 15] == row.outcome
        assert bool(byte & NO_EVIDENCE) == (decided and not row.evidence)
        assert bool(byte & NOT_REPEATABLE) == (decided and not row.repeatable)


def test_controls_are_not_in_the_plane(grid: Planes) -> None:
    assert "control" not in [model.id for model in grid.models]


def test_a_cell_that_was_not_planned_is_a_gap(judged: JudgedMatrix) -> None:
    some = tuple(cell for cell in judged.cells if cell.cell.loaded_by != "tf-2.21")
    partial = replace(judged, cells=some)
    grid = planes(tabulate(partial), partial)
    place = [environment.id for environment in judged.environments].index("tf-2.21")
    assert (grid.codes[:, place] == ABSENT).all()


def plain(value: Any) -> Any:
    """A value as text may hold it: nothing, a bool, a number or a word."""
    if pd.isna(value):
        return None
    if isinstance(value, float) and not np.isfinite(value):
        return str(value)
    return value.item() if isinstance(value, np.generic) else value


def rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    kept = table.drop(columns="error_traceback", errors="ignore")
    return [{str(k): plain(v) for k, v in row.items()} for row in kept.to_dict("records")]


def test_json_lines_hold_the_table(table: pd.DataFrame, written: dict[str, bytes]) -> None:
    text = gzip.decompress(written["cells.jsonl.gz"]).decode()
    assert [json.loads(line) for line in text.split("\n")[:-1]] == rows(table)


def test_parquet_holds_the_table(table: pd.DataFrame, written: dict[str, bytes]) -> None:
    read = pd.read_parquet(io.BytesIO(written["cells.parquet"]))
    assert rows(read) == rows(table)
    assert list(read["error_traceback"].dropna()) == list(table["error_traceback"].dropna())
    assert list(read["load"].cat.categories) == list(table["load"].cat.categories)


def test_csv_holds_the_table(table: pd.DataFrame, written: dict[str, bytes]) -> None:
    text = gzip.decompress(written["cells.csv.gz"])
    read = pd.read_csv(io.BytesIO(text), keep_default_na=False, na_values=[""], dtype="str")
    for column in read.columns:
        expected = ["" if pd.isna(value) else str(value) for value in table[column]]
        assert list(read[column].fillna("")) == expected, column


@pytest.mark.parametrize(
    ("load", "save", "older"),
    [
        pytest.param("tf-2.8", "tf-2.15", True, id="an earlier release"),
        pytest.param("tf-2.15", "tf-2.8", False, id="a later release"),
        pytest.param("tf-2.15", "tf-2.15", False, id="itself"),
        pytest.param("keras-3.15-jax", "keras-3.15-torch", False, id="another backend"),
        pytest.param("tf-2.21", "keras-3.15-jax", True, id="compared by the Keras they share"),
    ],
)
def test_older_is_a_matter_of_releases(load: str, save: str, older: bool) -> None:  # noqa: FBT001
    matrix = example(environments=ENVIRONMENTS, models=1, formats=1)
    known = {environment.id: environment for environment in matrix.environments}
    before = ENVIRONMENTS.index(load) < ENVIRONMENTS.index(save)
    assert is_older(known[load], than=known[save], comes_before=before) is older
