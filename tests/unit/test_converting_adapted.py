"""What layers learnt, or were given, that no file states: written in, kept, or said to be lost."""

from __future__ import annotations

from typing import Any

from converting_configs import functional, made, node, source, to_3

from caniload.runner.converting.rewriting import Recipe
from caniload.runner.converting.transforms import UNSALTED


def test_a_salt_that_may_have_been_none_is_kept_and_told() -> None:
    def hashing(**config: Any) -> Recipe:
        inbound = [[["features", 0, 0, {}]]]
        whole = functional(source([None, 4]), node("Hashing", "hashed", inbound, **config))
        return to_3(whole, "2.4.0")

    unsure = hashing(salt=list(UNSALTED), dtype="float32")
    assert made(unsure, "hashed")["config"]["salt"] == UNSALTED
    assert made(unsure, "hashed")["config"]["dtype"] == "int64"
    assert any("its hashes are lost" in str(one.loses) for one in unsure.changes)
    assert not any(one.loses for one in hashing(salt=[1, 2]).changes)
    one_hot = hashing(output_mode="one_hot", dtype="float32")
    assert made(one_hot, "hashed")["config"]["dtype"] == "float32"


def test_nothing_is_padded_to_no_number() -> None:
    def padded(**config: Any) -> bool:
        inbound = [[["features", 0, 0, {}]]]
        layer = node("TextVectorization", "words", inbound, pad_to_max_tokens=True, **config)
        recipe = to_3(functional(source([None]), layer), "2.4.0")
        return bool(made(recipe, "words")["config"]["pad_to_max_tokens"])

    assert not padded(max_tokens=None)
    assert padded(max_tokens=9)


def test_what_discretization_has_learnt_is_written_into_it() -> None:
    inbound = [[["features", 0, 0, {}]]]
    config = functional(
        source([None, 4]),
        node("Discretization", "bins", inbound, num_bins=3, bin_boundaries=None),
        node("Discretization", "given", inbound, num_bins=None, bin_boundaries=[0.5]),
    )
    recipe = to_3(config, vocabularies={"bins": [-1.0, 1.0]})
    learnt, given_ones = made(recipe, "bins")["config"], made(recipe, "given")["config"]
    assert (learnt["bin_boundaries"], learnt["num_bins"]) == ([-1.0, 1.0], None)
    assert given_ones["bin_boundaries"] == [0.5]


def test_what_attention_does_not_state_is_said() -> None:
    def lost(**config: Any) -> list[str | None]:
        inbound = [[["features", 0, 0, {}], ["features", 0, 0, {}]]]
        whole = functional(source([None, 4]), node("Attention", "attention", inbound, **config))
        return [one.loses for one in to_3(whole).changes if one.where == "attention" and one.loses]

    (said,) = lost()
    assert "causal=True" in str(said)
    assert not lost(causal=False)
