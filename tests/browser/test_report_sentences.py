"""The script's sentences are those of Python, whatever the matrix: over matrices drawn by lot."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from conftest import Watched

from caniload.reports import answers
from caniload.reports.front import inline
from caniload.reports.planes import NO_EVIDENCE, Planes, planes
from caniload.reports.table import tabulate
from caniload.reports.words import ABSENT, UNTESTED
from caniload.runner.core.judged import JudgedMatrix

pytestmark = pytest.mark.browser

CODES = (*range(UNTESTED + 1), ABSENT)
ASK = """([data, plane, beside]) => {
  const { environments: envs, models, formats } = data;
  const all = caniload.answers(data, Uint8Array.from(plane), Uint8Array.from(beside));
  const ms = models.map((_, m) => m), last = envs.length - 1;
  const said = (s, f) => [all.reach({ s, f, ms }), all.aside({ s, l: last, f, ms })];
  return envs.flatMap((_, s) => formats.flatMap((_, f) => said(s, f)));
}"""
SAID = (
    "Nothing was tested within",
    "nothing is known.",
    "nothing tested breaks, up to",
    "itself does not load them all.",
    "itself does not load them all; ",
    "nor does any tested version up to",
    "; no tested version loads them all.",
    ", yet all load again in",
    "Last tested version where all load",
    "Not tested: ",
    "No evidence, because a control failed: ",
    "To go on training: the model raises an error",
    "To go on training: the model loads unchanged.",
    " … ",
)
"""What must have been drawn at least once, or too little was compared."""


def drawn(grid: Planes, seed: int) -> Planes:
    """A matrix of one model, with mostly two outcomes in it, so that rows of each kind occur."""
    lot = np.random.default_rng(seed)
    shape = (len(grid.environments),) * 2 + (1, len(grid.formats))
    weights = lot.dirichlet([0.15] * len(CODES))
    codes = lot.choice(CODES, size=shape, p=weights).astype(np.uint8)
    tested = (codes > 0) & (codes < UNTESTED)
    other = lot.integers(1, UNTESTED, size=shape, dtype=np.uint8)
    return replace(
        grid,
        environments=tuple(replace(one, stack="tf.keras") for one in grid.environments),
        models=grid.models[:1],
        codes=codes,
        beside=np.where(tested & (lot.random(shape) < 0.5), other, codes),
        no_evidence=tested & (lot.random(shape) < lot.choice([0, 0.3, 1])),
        not_repeatable=np.zeros(shape, dtype=bool),
    )


def test_the_script_says_how_far_files_get(watched: Watched, judged: JudgedMatrix) -> None:
    page = watched.open()
    table = tabulate(judged)
    grid = planes(table, judged).turned
    slugs = {one.id: one.id for one in grid.environments}
    said = set()
    for seed in range(200):
        matrix = drawn(grid, seed)
        data = json.loads(inline(matrix, slugs, [], {}))
        flags = (matrix.no_evidence * NO_EVIDENCE).astype(np.uint8)
        both = [(codes | flags).ravel().tolist() for codes in (matrix.codes, matrix.beside)]
        last = len(matrix.environments) - 1
        expected = [
            sentence
            for save, kind in product(range(last + 1), range(len(matrix.formats)))
            for sentence in (
                answers.reach_sentence(matrix, answers.reach(matrix, save, kind)),
                answers.aside(matrix, save, last, kind),
            )
        ]
        assert page.evaluate(ASK, [data, *both]) == expected
        said |= set(expected)
    text = "\n".join(said)
    assert not [words for words in SAID if words not in text]
