"""Configurations as real files have them, and what is made of them for another Keras."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

import pytest
from converting_configs import Config, functional, made, node, rules_of, source, to_3
from hypothesis import given
from hypothesis import strategies as st
from packaging.version import Version

from caniload.runner.converting.graph import GraphError, read, references
from caniload.runner.converting.rewriting import rewrite
from caniload.runner.converting.rules import keras_version
from caniload.runner.converting.transforms import Refused


def test_the_original_configuration_is_left_as_it_is() -> None:
    config = functional(
        source([None, 6, 4]),
        node("LSTM", "memory", [[["features", 0, 0, {}]]], units=5, time_major=False),
    )
    before = copy.deepcopy(config)
    to_3(config)
    assert config == before


def test_arguments_that_keras_3_does_not_know_are_dropped_and_told() -> None:
    config = functional(
        source([None, 8, 8, 3], "image"),
        node("DepthwiseConv2D", "depth", [[["image", 0, 0, {}]]], kernel_size=[3, 3], groups=1),
    )
    recipe = to_3(config)
    assert made(recipe, "depth")["config"] == {"name": "depth", "kernel_size": [3, 3]}
    assert made(recipe, "image")["config"]["batch_shape"] == [None, 8, 8, 3]
    assert {"groups-of-one", "input-shape"} <= rules_of(recipe)
    assert all(change.source.startswith("https://") for change in recipe.changes)


def test_what_would_change_numbers_is_refused() -> None:
    config = functional(
        source([None, 6, 4]),
        node("LSTM", "memory", [[["features", 0, 0, {}]]], units=5, time_major=True),
    )
    with pytest.raises(Refused, match="time_major=True"):
        to_3(config)


def test_a_bare_list_is_a_line_of_layers_with_an_input() -> None:
    config = {
        "class_name": "Sequential",
        "config": [
            {
                "class_name": "Dense",
                "config": {"name": "dense_1", "units": 3, "batch_input_shape": [None, 4]},
            },
            {"class_name": "Dense", "config": {"name": "dense_2", "units": 2}},
        ],
    }
    recipe = to_3(config, "2.1.6")
    assert recipe.model["kind"] == "sequential"
    names = [member["name"] for member in recipe.model["members"]]
    assert names == ["dense_1_input", "dense_1", "dense_2"]
    assert recipe.model["members"][0]["chain"][0]["config"]["batch_shape"] == [None, 4]


def test_models_within_count_their_calls_from_one() -> None:
    inner = functional(
        source([None, 4], "inner_in"), node("Dense", "d", [[["inner_in", 0, 0, {}]]])
    )
    config = functional(
        source([None, 4]),
        {**inner, "name": "inner", "inbound_nodes": [[["features", 0, 0, {"training": False}]]]},
        node("Dense", "outputs", [[["inner", 1, 0, {}]]], units=2),
    )
    recipe = to_3(config)
    _, called, last = recipe.model["members"]
    assert called["calls"] == [
        {"args": [{"$tensor": ["features", 0, 0]}], "kwargs": {"training": False}}
    ]
    assert last["calls"][0]["args"] == [{"$tensor": ["inner", 0, 0]}]
    assert called["chain"][0]["model"]["members"][1]["name"] == "d"


def test_tensors_in_arguments_of_a_call_are_found() -> None:
    config = functional(
        source([None, 5, 4]),
        node(
            "MultiHeadAttention",
            "attention",
            [[["features", 0, 0, {"value": ["features", 0, 0]}]]],
            num_heads=2,
            key_dim=3,
            query_shape=[None, 5, 4],
        ),
    )
    recipe = to_3(config)
    (call,) = recipe.model["members"][1]["calls"]
    assert call["kwargs"] == {"value": {"$tensor": ["features", 0, 0]}}
    assert "query_shape" not in made(recipe, "attention")["config"]


def test_tensors_of_keras_3_are_read() -> None:
    tensor = {
        "class_name": "__keras_tensor__",
        "config": {"shape": [None, 4], "dtype": "float32", "keras_history": ["features", 0, 0]},
    }
    config = functional(
        source([None, 4]),
        node("Dense", "outputs", [{"args": [tensor], "kwargs": {}}], units=2),
    )
    (_, dense) = read(config).members
    assert dense.calls == ({"args": [{"$tensor": ["features", 0, 0]}], "kwargs": {}},)


def test_functions_of_tensorflow_are_those_of_keras() -> None:
    config = functional(
        source([None, 4]),
        node(
            "TFOpLambda",
            "tf.math.reduce_mean",
            [["features", 0, 0, {"axis": -1, "keepdims": True, "name": None}]],
            function="math.reduce_mean",
        ),
    )
    recipe = to_3(config)
    assert made(recipe, "tf.math.reduce_mean")["operation"] == "mean"
    (call,) = recipe.model["members"][1]["calls"]
    assert call["kwargs"] == {"x": {"$tensor": ["features", 0, 0]}, "axis": -1, "keepdims": True}


def test_a_function_that_nobody_knows_is_named() -> None:
    config = functional(
        source([None, 4]),
        node("TFOpLambda", "t", [["features", 0, 0, {}]], function="signal.stft"),
    )
    with pytest.raises(Refused, match=r"tf\.signal\.stft"):
        to_3(config)


def called(function: str, **kwargs: Any) -> Config:
    """A model that is one call of a function of TensorFlow."""
    return functional(
        source([None, 4]),
        node("TFOpLambda", "t", [["features", 0, 0, kwargs]], function=function),
    )


def test_arguments_that_change_no_number_may_have_any_value() -> None:
    (call,) = to_3(called("shape", out_type="int32")).model["members"][1]["calls"]
    assert call["kwargs"] == {"x": {"$tensor": ["features", 0, 0]}}


def test_arguments_that_keras_has_not_may_stand_at_their_usual_value_only() -> None:
    (call,) = to_3(called("nn.silu", beta=1.0)).model["members"][1]["calls"]
    assert call["kwargs"] == {"x": {"$tensor": ["features", 0, 0]}}
    for function, unusual in (("nn.silu", {"beta": 2.0}), ("gather", {"batch_dims": 1})):
        with pytest.raises(Refused, match=f"with {next(iter(unusual))}"):
            to_3(called(function, **unusual))


def operation_of_a_graph(op: str, attributes: Config, constants: Config) -> Mapping[str, Any]:
    config = functional(
        source([None, 4]),
        node(
            "TensorFlowOpLayer",
            "t",
            [[["features", 0, 0, {}]]],
            node_def={"op": op, "attr": attributes},
            constants=constants,
        ),
    )
    (call,) = to_3(config, "2.3.0").model["members"][1]["calls"]
    given: Mapping[str, Any] = call["kwargs"]
    return given


@pytest.mark.parametrize(
    ("op", "attributes", "constants", "given"),
    [
        ("LeakyRelu", {"alpha": {"f": 0.3}}, {}, {"negative_slope": 0.3}),
        ("GatherV2", {}, {"1": [0, 2], "2": 1}, {"indices": [0, 2], "axis": 1}),
        ("MatMul", {"transpose_b": {"b": True}}, {"1": [[1.0]]}, {"x2": [[1.0]]}),
        ("PadV2", {}, {"1": [[0, 0]], "2": 5.0}, {"pad_width": [[0, 0]], "constant_values": 5.0}),
    ],
)
def test_what_an_operation_of_a_graph_states_is_handed_over(
    op: str, attributes: Config, constants: Config, given: Config
) -> None:
    more = {"transpose_b": True} if op == "MatMul" else {}
    found = operation_of_a_graph(op, attributes, constants)
    assert {**given, **more} == {
        name: value for name, value in found.items() if not isinstance(value, dict)
    }


def test_an_operation_of_a_graph_gets_its_constants() -> None:
    config = functional(
        source([None, 4]),
        node(
            "TensorFlowOpLayer",
            "mul",
            [[["features", 0, 0, {}]]],
            node_def={"op": "Mul", "attr": {"T": {"type": "DT_FLOAT"}}},
            constants={"1": 2.0},
        ),
    )
    (call,) = to_3(config, "2.3.0").model["members"][1]["calls"]
    assert call["kwargs"] == {"x1": {"$tensor": ["features", 0, 0]}, "x2": 2.0}


def test_gates_keep_the_old_hard_sigmoid_by_their_weights() -> None:
    inside = {"class_name": "LSTM", "config": {"name": "m", "recurrent_activation": "hard_sigmoid"}}
    config = functional(
        source([None, 6, 4]),
        node("Bidirectional", "both", [[["features", 0, 0, {}]]], layer=inside),
    )
    recipe = to_3(config, "2.3.1")
    assert [edit["index"] for edit in recipe.scaled] == [0, 1, 2, 3, 4, 5]
    assert all(edit["scaled"] == [0, 1, 3] for edit in recipe.scaled)
    assert "hard-sigmoid" in rules_of(recipe)


def test_a_hard_sigmoid_that_cannot_be_kept_is_refused() -> None:
    config = functional(
        source([None, 6, 4]),
        node("SimpleRNN", "memory", [[["features", 0, 0, {}]]], activation="hard_sigmoid"),
    )
    with pytest.raises(Refused, match="hard_sigmoid"):
        to_3(config)


@pytest.mark.parametrize("listed", [True, False])
def test_outputs_that_were_a_list_where_they_had_names_stay_one(*, listed: bool) -> None:
    """TensorFlow 1.15 takes outputs by name, and its predict gives a list."""
    given = [[["features", 0, 0, {}]]]
    config = functional(source([None, 4]), node("Dense", "z", given), node("Dense", "a", given))
    config["config"]["output_layers"] = {"z": ["z", 0, 0], "a": ["a", 0, 0]}
    recipe = rewrite(config, written=Version("2.2.4"), wanted=Version("3.13"), listed=listed)
    a, z = {"$tensor": ["a", 0, 0]}, {"$tensor": ["z", 0, 0]}
    assert recipe.model["outputs"] == ([a, z] if listed else {"a": a, "z": z})
    told = [one.loses for one in recipe.changes if one.rule == "outputs-listed"]
    assert told == ([None] if listed else [])


def test_a_lambda_is_refused_unless_it_has_a_name() -> None:
    def having(function: Config) -> Config:
        inbound = [[["features", 0, 0, {}]]]
        return functional(source([None, 4]), node("Lambda", "own", inbound, function=function))

    to_3(having({"class_name": "function", "config": "double"}), "3.13.2")
    for written in ("2.15.0", "3.13.2"):
        with pytest.raises(Refused, match="safe_mode=False"):
            to_3(having({"class_name": "__lambda__", "config": {"code": "4wE="}}), written)


@given(st.floats(-50, 50, allow_nan=False))
def test_the_scale_makes_one_formula_of_the_other(x: float) -> None:
    def old(value: float) -> float:
        return min(max(0.2 * value + 0.5, 0.0), 1.0)

    def new(value: float) -> float:
        return min(max(value + 3.0, 0.0), 6.0) / 6.0

    assert new(1.2 * x) == pytest.approx(old(x), abs=1e-12)


def test_words_that_a_lookup_learnt_are_written_into_it() -> None:
    config = functional(
        source([None, 1]),
        node("StringLookup", "words", [[["features", 0, 0, {}]]], vocabulary=None),
    )
    recipe = to_3(config, vocabularies={"words": ["a", "b"]})
    assert made(recipe, "words")["config"]["vocabulary"] == ["a", "b"]


def test_a_list_of_states_is_handed_over_by_name() -> None:
    config = functional(
        source([None, 6, 4]),
        node("LSTM", "encoder", [[["features", 0, 0, {}]]], return_state=True),
        node(
            "LSTM",
            "decoder",
            [[["features", 0, 0, {}], ["encoder", 0, 1, {}], ["encoder", 0, 2, {}]]],
        ),
    )
    (call,) = to_3(config, "2.2.4").model["members"][2]["calls"]
    assert call["kwargs"]["initial_state"] == [
        {"$tensor": ["encoder", 0, 1]},
        {"$tensor": ["encoder", 0, 2]},
    ]


def test_a_class_without_layers_is_no_graph() -> None:
    with pytest.raises(GraphError, match="MyModel"):
        to_3({"class_name": "MyModel", "config": {"units": 3}})


@pytest.mark.parametrize(
    ("stated", "version"),
    [("2.2.4-tf", "2.2.4"), ("2.15.0", "2.15.0"), ("3.0.5", "3.0.5"), ("", None), (None, None)],
)
def test_versions_as_files_state_them(stated: str | None, version: str | None) -> None:
    assert keras_version(stated) == (Version(version) if version else None)


names = st.sampled_from(["a", "b", "c"])


@given(st.recursive(names | st.integers() | st.none(), lambda inner: st.lists(inner, max_size=4)))
def test_whatever_a_node_holds_there_is_an_answer(inbound: Any) -> None:
    config = functional(source([None, 4], "a"), node("Dense", "b", [inbound]))
    try:
        graph = read(config)
    except GraphError:
        return
    assert all(len(one) == 3 for one in references(graph.outputs))
