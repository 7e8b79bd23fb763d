"""What frameworks raise, in plain words."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from caniload.runner.checking.plainly import FILE, patterns, plainly
from caniload.runner.packs.pack import Pack
from caniload.runner.packs.shelf import SHIPPED

ROWS = yaml.safe_load(FILE.read_text(encoding="utf-8"))
LOADS_NOT = "does not load: "


@pytest.mark.parametrize("place", range(len(ROWS)))
def test_each_is_found_by_its_example_and_by_none_before_it(place: int) -> None:
    row = ROWS[place]
    found = [number for number, one in enumerate(patterns()) if one.pattern.search(row["example"])]
    assert found[0] == place
    assert plainly(row["example"])
    assert "{" not in plainly(row["example"])


@pytest.mark.parametrize(
    ("raised", "told"),
    [
        (
            "Unrecognized keyword arguments passed to A: {'a': 1, 'b': {'c': {'d': 0}}, 'x': 1}",
            "A does not know a, b and 1 more",
        ),
        (
            "Unrecognized keyword arguments passed to LSTM: {'time_major': False, 'x': [1, ",
            "LSTM does not know time_major and x",
        ),
        (
            "Error when deserializing class 'A' using {}.\nUnrecognized keyword arguments: ['b']",
            "A does not know b",
        ),
        ("Unrecognized keyword arguments passed to X: {}", ""),
        ("ValueError: something else", ""),
        ("", ""),
    ],
)
def test_names_of_arguments_are_told_without_what_they_were(raised: str, told: str) -> None:
    assert plainly(raised) == told


def test_most_of_what_was_ever_raised_while_loading_has_plain_words() -> None:
    pack = Pack(SHIPPED)
    told = [
        bool(plainly(verdict["reason"]))
        for said in pack.files()
        for verdicts in pack.part(said["name"]).cells.values()
        for verdict in verdicts
        if verdict.get("reason", "").startswith(LOADS_NOT)
    ]
    assert sum(told) > 0.9 * len(told) > 1_000


@given(st.text(max_size=400), st.sampled_from([one["example"] for one in ROWS]), st.integers(0, 80))
def test_whatever_a_file_has_in_it_is_text(noise: str, example: str, place: int) -> None:
    assert isinstance(plainly(example[:place] + noise + example[place:]), str)
