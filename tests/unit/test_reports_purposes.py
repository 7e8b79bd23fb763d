"""What differs between the verdicts to predict and to go on training, in every part of a report."""

from __future__ import annotations

import base64
import gzip
import io
import json
import re
from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
import pytest
from drawn import contents, drawn
from judged_example import TRAINS_NO_MORE, example

from caniload.reports import answers, front, views
from caniload.reports.aspects import Aspects, aspects
from caniload.reports.figures import headline
from caniload.reports.groups import failure_groups
from caniload.reports.table import frame, tabulate
from caniload.reports.text import CleanMatrix, ingest
from caniload.reports.told import tell
from caniload.reports.words import CODE, WORDS
from caniload.runner.core.judged import Failure, Message, Verdict
from caniload.runner.core.outcomes import TO, Outcome, Purpose

PREDICT, TRAIN = Purpose
VERSIONS = ("tf-1.15", "tf-2.12", "tf-2.15", "tf-2.20", "tf-2.21")
"""Environments that a number in their names puts in order, so that a script can tell upgrades."""


@cache
def judged() -> CleanMatrix:
    return ingest(example(environments=VERSIONS))


@cache
def seen() -> Aspects:
    return aspects(tabulate(judged()), judged())


@cache
def files() -> dict[str, bytes]:
    return contents(judged())


def where(model: str, kind: str) -> tuple[int, int, int, int]:
    """Return the place of a cell that goes over to Keras 3."""
    grid = seen()[TRAIN].grid
    ids = [[one.id for one in axis] for axis in (grid.environments, grid.models, grid.formats)]
    save, load = ids[0].index("tf-2.15"), ids[0].index("tf-2.21")
    return save, load, ids[1].index(model), ids[2].index(kind)


def test_what_trains_no_more_is_identical_to_predict() -> None:
    place = where(*TRAINS_NO_MORE)
    found = {purpose: one.grid.codes[place] for purpose, one in seen().items()}
    assert found == {PREDICT: CODE[Outcome.IDENTICAL], TRAIN: CODE[Outcome.ERROR]}


def recomputed(outcomes: str) -> list[int]:
    """Count upgrades anew from cells.parquet, with nothing of the report's own code."""
    cells = pd.read_parquet(io.BytesIO(files()["cells.parquet"]))
    cells = cells[~cells["control"] & cells["evidence"]].copy()
    for side in ("save", "load"):
        cells[side] = [int(name.partition("-")[2].replace(".", "")) for name in cells[side]]
    upgrades = cells[cells["load"] >= cells["save"]][outcomes]
    tested = upgrades[~upgrades.isin(["na", "untested"])]
    clean, failed = tested.isin(["identical", "tolerance"]), tested.isin(["error", "crash"])
    counts = [len(tested), clean.sum(), 100 * clean.sum() // len(tested), failed.sum()]
    return [*map(int, counts), int((tested == "differs").sum())]


@pytest.mark.parametrize("purpose", Purpose)
def test_the_headline_says_what_the_cells_add_up_to(purpose: Purpose) -> None:
    column = {PREDICT: "predict_outcome", TRAIN: "outcome"}[purpose]
    sentence = headline(seen()[purpose].figures)
    assert sentence.startswith(TO[purpose].capitalize())
    numbers = [int(one.replace(",", "")) for one in re.findall(r"\d[\d,]*(?= )", sentence)]
    assert numbers == recomputed(column)


def test_both_sentences_stand_on_the_first_pages_and_come_first_on_a_terminal() -> None:
    sentences = [headline(one.figures) for one in seen().values()]
    assert len(set(sentences)) == len(Purpose)
    for path in ("index.html", "train/index.html"):
        page = files()[path].decode()
        assert re.findall(r'<p class="headline">(.*?)</p>', page) == sentences
    lines = drawn(judged())[1].lines
    assert lines[:2] == sentences
    worse = re.search(r"to go on training: (\d+) cells are worse than to predict", "\n".join(lines))
    assert worse
    table = seen()[TRAIN].table
    assert int(worse[1]) == int((table.counted & (table.outcome > table.beside)).sum())


def test_tiles_and_failures_are_of_their_purpose() -> None:
    shown = {
        purpose: {tile.label: tile.number for tile in front.tiles(one.figures)}
        for purpose, one in seen().items()
    }
    assert shown[PREDICT]["load unchanged"] > shown[TRAIN]["load unchanged"]
    assert shown[PREDICT]["error"] < shown[TRAIN]["error"]
    warned = {
        purpose: len(failure_groups(one.table, [Outcome.WARNING]))
        for purpose, one in seen().items()
    }
    assert warned[PREDICT] == 0 < warned[TRAIN]


def test_a_square_says_where_the_other_purpose_parts() -> None:
    save, load, model, kind = where(*TRAINS_NO_MORE)
    view = {
        purpose: views.square_view(one.grid, save, load, kind, [model])
        for purpose, one in seen().items()
    }
    assert view[PREDICT].classes == f"o{CODE[Outcome.IDENTICAL]} p{CODE[Outcome.ERROR]}"
    assert view[PREDICT].words == "Identical; to go on training 1 otherwise, worst: Error"
    assert view[TRAIN].classes == f"o{CODE[Outcome.ERROR]} p{CODE[Outcome.IDENTICAL]}"
    many = views.square_view(seen()[PREDICT].grid, save, load, kind)
    assert f" p{CODE[Outcome.ERROR]}" in many.classes
    assert "to go on training 2 otherwise, worst: Error" in many.words


def test_the_answer_names_the_other_verdict_where_it_is_another() -> None:
    save, load, model, kind = where(*TRAINS_NO_MORE)
    told = {
        purpose: answers.aside(one.grid, save, load, kind, [model])
        for purpose, one in seen().items()
    }
    assert told[PREDICT] == "To go on training: the model raises an error."
    assert told[TRAIN] == "To predict: the model loads unchanged."
    assert answers.aside(seen()[PREDICT].grid, save, save, kind, [model]) == ""


def test_every_file_for_a_purpose_is_its_own() -> None:
    rows = {
        end: gzip.decompress(files()[f"first-bad{end}.csv.gz"]).decode().splitlines()
        for end in ("", "-train")
    }
    row = "tf-2.12,lambda_layer,keras,tf.keras,tf-2.20,error,argument"
    assert row in rows["-train"]
    assert row not in rows[""]
    assert set(rows[""]) < set(rows["-train"])
    table = frame(judged())
    model, kind = TRAINS_NO_MORE
    (cell,) = table[table["id"] == f"tf-2.15/{model}.{kind}/tf-2.21"].to_dict("records")
    assert (cell["outcome"], cell["predict_outcome"]) == ("error", "identical")
    assert cell["predict_reason"] == "bit for bit the same model to predict"


def test_summary_has_the_numbers_of_both() -> None:
    summary = json.loads(files()["summary.json"])
    for purpose, one in seen().items():
        found = summary["purposes"][purpose.value]
        assert found["headline"] == headline(one.figures)
        assert found["outcomes"] == {name.value: one.figures.outcomes[name] for name in Outcome}


def test_a_failed_control_is_counted_alike_for_both() -> None:
    matrix = ingest(example())
    both = aspects(tabulate(matrix), matrix).values()
    assert [one.figures.controls_failed for one in both] == [1, 1]
    assert len({one.figures.no_evidence for one in both}) == 1


def test_details_say_only_what_is_something_else_to_predict() -> None:
    error = Failure(type="E", message="m", phase="train", traceback="t")
    lost = Message(
        channel="logging", category="absl", level="WARNING", text="lost", phase="load", matters=True
    )
    whole = Verdict(
        outcome=Outcome.ERROR, reason="raises", error=error, messages=(lost,), max_abs_diff=0.0
    )
    only = Verdict(
        outcome=Outcome.IDENTICAL,
        reason="same",
        messages=(replace(lost, matters=False),),
        max_abs_diff=0.0,
    )
    known: dict[str, int] = {}
    written = tell(replace(whole, predicting=only), json.dumps).numbered(known)
    texts = [json.loads(text) for text in known]
    cell = json.loads(f'{{"o":"error"{written}}}')
    assert cell["p"] == {
        "o": "identical", "reason": texts.index("same"),
        "error": None, "phase": None, "traceback": None,
    }  # fmt: skip
    assert tell(whole, json.dumps).numbered({}) == written.partition(',"p"')[0]


def test_the_planes_of_a_page_give_both() -> None:
    grid = seen()[PREDICT].grid
    plane, parting, train = (
        np.frombuffer(gzip.decompress(base64.b64decode(one)), np.uint8)
        for one in (grid.encoded(), grid.parting(), seen()[TRAIN].grid.encoded())
    )
    assert 0 < np.count_nonzero(parting) < len(parting) // 4
    assert ((plane ^ parting) == train).all()


def test_outcomes_mean_less_to_whoever_only_predicts() -> None:
    for words in WORDS.values():
        assert "settings" not in words.meaning(PREDICT)
        assert "optimizer" not in words.meaning(PREDICT)
