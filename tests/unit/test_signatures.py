"""What a SavedModel is called by, compared with what it was called by where it was saved."""

from __future__ import annotations

from typing import Any

import pytest
from verdict_facts import facts, verdict

from caniload.runner.core.outcomes import Outcome, Purpose
from caniload.runner.judging import signatures


def _signature(takes: str = "x", gives: str = "y", dtype: str = "float32") -> dict[str, Any]:
    def named(name: str) -> dict[str, Any]:
        return {one: {"shape": [None, 4], "dtype": dtype} for one in name.split()}

    return {"inputs": named(takes), "outputs": named(gives)}


def _sides(**changes: str) -> list[dict[str, Any]]:
    return [{"serving_default": _signature()}, {"serving_default": _signature(**changes)}]


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"takes": "a b"}, ["signature serving_default takes a, b; it took x"]),
        ({"gives": "output_0"}, ["signature serving_default gives output_0; it gave y"]),
        ({"takes": ""}, ["signature serving_default takes nothing; it took x"]),
        (
            {"dtype": "float64"},
            [
                "input x of signature serving_default is float64, it was float32",
                "output y of signature serving_default is float64, it was float32",
            ],
        ),
        ({}, []),
    ],
)
def test_other_names_and_dtypes_are_told(changes: dict[str, str], told: list[str]) -> None:
    found = verdict(facts(signatures=_sides(**changes)))
    assert [one["text"] for one in found.differences] == told
    assert {one["what"] for one in found.differences} <= {"signatures"}
    wanted = Outcome.DIFFERS if told else Outcome.IDENTICAL
    for purpose in Purpose:
        assert found.to(purpose).outcome is wanted
    assert found.reason == ("; ".join(told) or "bit for bit the same model")


def test_a_signature_that_is_gone_is_told_and_one_that_came_is_none() -> None:
    both = {"serving_default": _signature(), "again": _signature()}
    (gone,) = verdict(facts(signatures=[both, _sides()[0]])).differences
    assert gone["text"] == "signature again is gone"
    assert verdict(facts(signatures=[_sides()[0], both])).outcome is Outcome.IDENTICAL


@pytest.mark.parametrize(
    "known",
    [None, [None, None], [_sides()[0], None], [None, _sides()[0]], _sides()[0], [{}, _sides()[0]]],
)
def test_what_is_known_of_one_side_alone_is_no_difference(known: Any) -> None:
    assert verdict(facts(signatures=known)).outcome is Outcome.IDENTICAL
    assert verdict(facts(signatures=known)) == verdict(facts())


def test_inputs_that_were_not_recorded_are_no_difference() -> None:
    was, now = _sides(takes="a b")
    was["serving_default"]["inputs"] = None
    assert verdict(facts(signatures=[was, now])).outcome is Outcome.IDENTICAL


def test_both_sides_are_put_into_the_record_of_a_cell_that_shows_some() -> None:
    was, now = _sides(takes="a b")
    record = {"facts": facts(signatures=now), "crash": None}
    assert signatures.beside(record, lambda: was)["facts"]["signatures"] == [was, now]
    assert signatures.beside(record, lambda: None) is record
    for other in ({"facts": facts(signatures=None)}, {"facts": facts()}, {"facts": None}):
        assert signatures.beside(other, lambda: pytest.fail("asked for nothing")) is other
