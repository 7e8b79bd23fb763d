"""What an older Keras does otherwise: masks of attention, outputs by name, encodings, hashes."""

from __future__ import annotations

import pytest
from converting_configs import Config, made, rules_of
from test_converting_older import down, layer, model, operation, tensor

from caniload.runner.converting.transforms import Refused


def test_masks_of_attention_are_put_together() -> None:
    """Those that the call names are one, and ones that are none are left out."""
    attending = layer("MultiHeadAttention", "heads", "features", "features", num_heads=2, key_dim=2)
    (call,) = attending["inbound_nodes"]
    call["kwargs"] = {
        "query_mask": tensor("there"),
        "value_mask": tensor("there"),
        "key_mask": None,
    }
    there = operation("NotEqual", "there", tensor("features"), 0)
    recipe = down(model(there, attending), "tf-2.4").model
    members = {one["name"]: one for one in recipe["members"]}
    assert [one for one in members if one.startswith("heads")] == [
        *("heads_mask_0_0", "heads_mask_0_1", "heads_mask_0_2", "heads")
    ]
    first, second, both = (members[f"heads_mask_0_{number}"] for number in range(3))
    assert [one["chain"][0]["settings"] for one in (first, second)] == [{"axis": 2}, {"axis": 1}]
    assert both["calls"][0]["kwargs"] == {
        "x1": {"$tensor": ["heads_mask_0_0", 0, 0]},
        "x2": {"$tensor": ["heads_mask_0_1", 0, 0]},
    }
    assert members["heads"]["calls"][0]["kwargs"] == {
        "attention_mask": {"$tensor": ["heads_mask_0_2", 0, 0]}
    }


@pytest.mark.parametrize(("target", "listed"), [("tf-1.15", True), ("tf-2.4", False)])
def test_outputs_by_name_are_a_list_where_there_are_no_names(target: str, *, listed: bool) -> None:
    config = model(layer("Dense", "one", "features", units=1), shape=(None, 4))
    config["config"]["output_layers"] = {"z": ["features", 0, 0], "a": ["one", 0, 0]}
    recipe = down(config, target)
    first = {"$tensor": ["one", 0, 0]}
    if listed:
        assert recipe.model["outputs"] == [first, {"$tensor": ["features", 0, 0]}]
        (told,) = (one.loses for one in recipe.changes if one.rule == "outputs-listed")
        assert "in the order a, z" in str(told)
    else:
        assert recipe.model["outputs"]["a"] == first
        assert "outputs-listed" not in rules_of(recipe)


def test_modes_of_an_encoding_have_their_older_names() -> None:
    def encoding(mode: str) -> Config:
        made = layer("CategoryEncoding", "c", "features", num_tokens=7, output_mode=mode)
        return model(made, shape=(None, 4))

    config = made(down(encoding("multi_hot"), "tf-2.4"), "c")["config"]
    assert (config["max_tokens"], config["output_mode"]) == (7, "binary")
    assert made(down(encoding("multi_hot"), "tf-2.10"), "c")["config"]["output_mode"] == "multi_hot"
    with pytest.raises(Refused, match="the layer c has output_mode='one_hot'"):
        down(encoding("one_hot"), "tf-2.4")


@pytest.mark.parametrize(("target", "doubtful"), [("tf-2.4", True), ("tf-2.10", False)])
def test_attention_that_looks_for_no_mask_is_named_where_a_proof_fails(
    target: str, *, doubtful: bool
) -> None:
    embedding = layer("Embedding", "e", "features", input_dim=4, output_dim=4, mask_zero=True)
    heads = layer("MultiHeadAttention", "heads", "e", "e", num_heads=2, key_dim=2)
    doubts = down(model(embedding, heads, shape=(None, 6)), target).doubts
    assert [one.partition(" (")[0] for one in doubts] == (
        ["a mask may come to the layer heads"] if doubtful else []
    )


@pytest.mark.parametrize("target", ["tf-2.4", "tf-2.8"])
def test_hashes_without_salt_are_refused_where_files_add_one(target: str) -> None:
    def hashing(**config: object) -> Config:
        return model(layer("Hashing", "h", "features", num_bins=7, **config), shape=(None, 4))

    with pytest.raises(Refused, match=r"the layer h \(Hashing\) has no salt"):
        down(hashing(salt=None), target)
    assert made(down(hashing(salt=[1, 2]), target), "h")["config"]["salt"] == [1, 2]
    assert "salt" not in made(down(hashing(), "tf-2.10"), "h")["config"]
