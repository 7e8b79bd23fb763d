"""Configurations of Keras 3 on their way to older versions, by what ships of their constructors."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import pytest
from converting_configs import Config, made, rules_of
from packaging.version import Version

from caniload.runner.converting.constructors import fitting, keeps_operations
from caniload.runner.converting.fitting import Fitting
from caniload.runner.converting.launching import Workshop
from caniload.runner.converting.older import parse_older, read_older
from caniload.runner.converting.readers import keras
from caniload.runner.converting.rewriting import Recipe, rewrite
from caniload.runner.converting.transforms import Refused
from caniload.runner.core.errors import MatrixError
from caniload.runner.environments.home import Home
from caniload.runner.matrix.reading import read_matrix

MATRIX = read_matrix(Path(__file__).parents[2] / "matrix.yaml")
READER = "tf-2.18-keras-3.8"


@functools.cache
def beside(target: str, reader: str = READER) -> Fitting | None:
    nowhere = Path("/nowhere")
    return fitting(
        Workshop(matrix=MATRIX, home=Home(root=nowhere), scratch=nowhere), reader, target
    )


def down(config: Config, target: str, reader: str = READER) -> Recipe:
    return rewrite(
        config,
        written=keras(MATRIX.environment(reader)),
        wanted=keras(MATRIX.environment(target)),
        fitting=beside(target, reader),
    )


def tensor(layer: str) -> Config:
    history = {"shape": [None, 4], "dtype": "float32", "keras_history": [layer, 0, 0]}
    return {"class_name": "__keras_tensor__", "config": history}


def layer(class_name: str, name: str, *given: str, **config: Any) -> Config:
    calls = [{"args": [tensor(one) for one in given], "kwargs": {}}] if given else []
    return {
        "module": "keras.layers",
        "class_name": class_name,
        "config": {"name": name, "trainable": True, **config},
        "registered_name": None,
        "name": name,
        "inbound_nodes": calls,
    }


def operation(class_name: str, name: str, *args: Any, **config: Any) -> Config:
    return {
        "module": "keras.src.ops.numpy",
        "class_name": class_name,
        "config": {"name": name, **config},
        "registered_name": class_name,
        "name": name,
        "inbound_nodes": [{"args": list(args), "kwargs": {}}],
    }


def model(*layers: Config, shape: tuple[int | None, ...] = (None, 6, 4)) -> Config:
    first = layer("InputLayer", "features", batch_shape=list(shape), dtype="float32", sparse=False)
    return {
        "class_name": "Functional",
        "config": {
            "name": "model",
            "layers": [first, *layers],
            "input_layers": [["features", 0, 0]],
            "output_layers": [[layers[-1]["name"], 0, 0]],
        },
    }


def slices(*parts: Any) -> list[Any]:
    whole = {"class_name": "__slice__", "config": {"start": None, "stop": None, "step": None}}
    return [whole if part == ":" else part for part in parts]


POLICY = {"module": "keras", "class_name": "DTypePolicy", "config": {"name": "float32"}}


@pytest.mark.parametrize("target", ["tf-2.10", "tf-2.4", "tf-1.15", "tf-1.15-keras-2.3"])
def test_all_that_is_unknown_there_and_at_its_default_is_dropped_at_once(target: str) -> None:
    config = model(
        layer(
            *("BatchNormalization", "normalization", "features"),
            axis=-1,
            synchronized=False,
            dtype=POLICY,
        ),
        layer("Dense", "outputs", "normalization", units=2, quantization_config=None),
        shape=(None, 4),
    )
    recipe = down(config, target, "tf-2.21")
    assert "synchronized" not in made(recipe, "normalization")["config"]
    assert "quantization_config" not in made(recipe, "outputs")["config"]
    assert {"one-device", "no-quantization"} <= rules_of(recipe)
    assert not [change for change in recipe.changes if change.loses]


def test_what_is_known_there_stays() -> None:
    config = model(layer("BatchNormalization", "n", "features", axis=-1, synchronized=True))
    assert made(down(config, "tf-2.15"), "n")["config"]["synchronized"] is True


def test_all_that_cannot_be_there_is_named_in_one_line() -> None:
    config = model(
        layer("BatchNormalization", "n", "features", axis=-1, synchronized=True),
        layer("Dense", "d", "n", units=2, quantization_mode="int8"),
        layer("GroupNormalization", "g", "d", groups=2),
    )
    with pytest.raises(Refused) as refused:
        down(config, "tf-2.10")
    told = str(refused.value)
    assert "the layer n (BatchNormalization) has synchronized=True" in told
    assert "which TF 2.10 does not know; it came with TF 2.12" in told
    assert "the layer d (Dense) has quantization_mode='int8'" in told
    assert "the layer g (GroupNormalization): TF 2.10 has no layer GroupNormalization" in told
    assert "\n" not in told


@pytest.mark.parametrize("target", ["tf-2.21-tf-keras", "tf-2.4"])
def test_what_keras_3_writes_of_training_by_default_trains_nobody_there(target: str) -> None:
    """Keras 3 goes by whoever calls the model, whatever is written.

    Keras 2 would turn pictures in inference, too, and drop nothing in training.
    """
    turned = layer("RandomRotation", "turned", "features", factor=0.1)
    frozen = layer("BatchNormalization", "frozen", "turned")
    turned["inbound_nodes"][0]["kwargs"] = {"training": True}
    frozen["inbound_nodes"][0]["kwargs"] = {"training": False}
    recipe = down(model(turned, frozen, shape=(None, 6, 6, 3)), target)
    calls = {one["name"]: one["calls"] for one in recipe.model["members"]}
    assert [call["kwargs"] for call in calls["turned"]] == [{}]
    assert [call["kwargs"] for call in calls["frozen"]] == [{}]


def test_of_a_class_of_somebodys_own_nothing_is_said() -> None:
    own = layer("GroupNormalization", "mine", "features", anything=3)
    own["registered_name"] = "mine>GroupNormalization"
    assert made(down(model(own), "tf-2.4"), "mine")["config"]["anything"] == 3


@pytest.mark.parametrize(("masked", "fine"), [(False, True), (True, False)])
def test_zeros_for_masked_steps_matter_only_where_a_mask_comes(*, masked: bool, fine: bool) -> None:
    inner = {
        "module": "keras.layers",
        "class_name": "LSTM",
        "config": {"name": "lstm", "units": 3, "zero_output_for_mask": True},
        "registered_name": None,
    }
    between = layer("Masking" if masked else "Activation", "between", "features")
    both = layer("Bidirectional", "both", "between", layer=inner)
    config = model(between, both)
    if fine:
        assert "masked-steps" in rules_of(down(config, "tf-1.15-keras-2.3"))
        return
    with pytest.raises(Refused, match="zero_output_for_mask=True"):
        down(config, "tf-1.15-keras-2.3")
    kept = made(down(config, "tf-2.4"), "both")["config"]["layer"]["$layer"]
    assert kept["config"]["zero_output_for_mask"] is True, "it is known there"


def test_a_mask_comes_by_way_of_layers_between_and_into_models_within() -> None:
    inner = model(layer("SimpleRNN", "steps", "features", units=2, zero_output_for_mask=True))
    inside = {
        **inner,
        "name": "inside",
        "inbound_nodes": [{"args": [tensor("drop")], "kwargs": {}}],
    }
    inside["config"]["name"] = "inside"
    words = layer("Embedding", "words", "features", input_dim=9, output_dim=2, mask_zero=True)
    config = model(words, layer("Dropout", "drop", "words", rate=0.1), inside)
    with pytest.raises(Refused, match=r"inside/steps .* zero_output_for_mask"):
        down(config, "tf-1.15-keras-2.3")
    words["config"]["mask_zero"] = False
    down(config, "tf-1.15-keras-2.3")


def test_a_slice_is_one_of_tensorflow_where_that_makes_layers_of_it() -> None:
    cut = operation("GetItem", "cut", tensor("features"), slices(":", -1, ":"))
    recipe = down(model(cut, layer("Dense", "outputs", "cut", units=2)), "tf-2.10")
    spec = made(recipe, "cut")
    assert spec["lambda"] is False
    (member,) = [one for one in recipe.model["members"] if one["name"] == "cut"]
    whole = [None, None, None]
    assert member["calls"][0]["kwargs"] == {
        "x": {"$tensor": ["features", 0, 0]},
        "slices": [whole, -1, whole],
    }


def test_a_slice_is_a_lambda_where_nothing_else_is_there_and_that_is_told() -> None:
    cut = operation("GetItem", "cut", tensor("features"), slices(":", 0))
    recipe = down(model(cut), "tf-1.15-keras-2.3")
    assert made(recipe, "cut")["lambda"] is True
    (change,) = [one for one in recipe.changes if one.where == "cut"]
    assert "code in the file" in str(change.loses)


@pytest.mark.parametrize(
    ("node", "target", "told"),
    [
        (operation("Fft2", "f", tensor("features")), "tf-2.10", r"f is keras\.ops\.Fft2"),
        (
            operation("Einsum", "e", tensor("features"), subscripts="bij->bji"),
            "tf-1.15-keras-2.3",
            "keeps no operations as layers",
        ),
        (operation("Norm", "n", tensor("features"), ord=3), "tf-2.10", "has ord=3"),
        (operation("Max", "m", tensor("features"), initial=1.0), "tf-2.10", r"has initial=1\.0"),
    ],
)
def test_operations_that_nobody_has_there_are_refused(node: Config, target: str, told: str) -> None:
    with pytest.raises(Refused, match=told):
        down(model(node), target)


def test_a_function_that_is_not_there_is_an_operation_behind_its_layer() -> None:
    recipe = down(model(layer("Dense", "d", "features", units=2, activation="mish")), "tf-2.10")
    (member,) = [one for one in recipe.model["members"] if one["name"] == "d"]
    dense, behind = member["chain"]
    assert dense["config"]["activation"] == "linear"
    assert "softplus" in behind["older"]
    known = down(model(layer("Dense", "d", "features", units=2, activation="mish")), "tf-2.15")
    assert made(known, "d")["config"]["activation"] == "mish"


def test_a_function_within_a_recurrent_layer_is_refused() -> None:
    with pytest.raises(Refused, match=r"applies mish, and TF 2\.10 has no function mish"):
        down(model(layer("LSTM", "steps", "features", units=2, activation="mish")), "tf-2.10")


def test_gates_of_hard_sigmoid_are_scaled_back() -> None:
    config = model(
        layer(
            *("LSTM", "steps", "features"),
            units=2,
            recurrent_activation="hard_sigmoid",
            activation="tanh",
        )
    )
    recipe = down(config, "tf-2.15")
    assert [one["index"] for one in recipe.scaled] == [0, 1, 2]
    assert {one["factor"] for one in recipe.scaled} == {1 / 1.2}


@pytest.mark.parametrize(
    ("target", "expected"), [("tf-2.10", "HeNormal"), ("tf-1.15", "VarianceScaling")]
)
def test_initializers_have_the_names_that_are_there(target: str, expected: str) -> None:
    def initializer(name: str) -> Config:
        return {"module": "keras.initializers", "class_name": name, "config": {"seed": None}}

    config = model(
        layer(
            *("LSTM", "steps", "features"),
            units=2,
            kernel_initializer=initializer("HeNormal"),
            recurrent_initializer=initializer("OrthogonalInitializer"),
        )
    )
    steps = made(down(config, target), "steps")["config"]
    assert steps["recurrent_initializer"]["class_name"] == "Orthogonal"
    assert steps["kernel_initializer"]["class_name"] == expected


def test_a_regularizer_that_is_not_there_is_lost_and_told() -> None:
    stated = {"class_name": "OrthogonalRegularizer", "config": {"factor": 0.1}}
    config = model(layer("Dense", "d", "features", units=2, kernel_regularizer=stated))
    recipe = down(config, "tf-2.4")
    assert "kernel_regularizer" not in made(recipe, "d")["config"]
    (change,) = [one for one in recipe.changes if one.loses]
    assert change.where == "d.kernel_regularizer"


def test_places_that_pooling_kept_come_back_by_a_layer_behind() -> None:
    pooling = layer(
        *("GlobalMaxPooling1D", "top", "features"),
        keepdims=True,
        data_format="channels_last",
    )
    behind = made(down(model(pooling), "tf-2.4"), "top")
    assert (behind["older"], behind["settings"]) == ("tf.expand_dims(x, axis)", {"axis": 1})
    assert made(down(model(pooling), "tf-2.10"), "top")["config"]["keepdims"] is True


@pytest.mark.parametrize(("units", "dropped"), [(3, True), (4, False)])
def test_the_way_back_is_left_to_bidirectional_where_it_is_the_mirror(
    units: int, *, dropped: bool
) -> None:
    def steps(name: str, count: int, *, back: bool) -> Config:
        zeros: Config = {"class_name": "Zeros", "config": {}, "shared_object_id": 7 if back else 8}
        config = {"name": name, "units": count, "go_backwards": back, "bias_initializer": zeros}
        return {"class_name": "SimpleRNN", "config": config, "registered_name": None}

    ways = {
        "layer": steps("there", 3, back=False),
        "backward_layer": steps("back", units, back=True),
    }
    config = model(layer("Bidirectional", "both", "features", merge_mode="sum", **ways))
    kept = down(config, "tf-2.15")
    assert ("backward_layer" not in made(kept, "both")["config"]) is dropped


def test_a_layer_of_arithmetic_is_an_operation_where_there_is_none() -> None:
    config = model(layer("Rescaling", "scaled", "features", scale=0.5, offset=1.0))
    behind = made(down(config, "tf-1.15"), "scaled")
    assert (behind["settings"]["scale"], behind["settings"]["offset"]) == (0.5, 1.0)
    assert made(down(config, "tf-2.15"), "scaled")["class_name"] == "Rescaling"


def test_causal_attention_is_told_to_the_layer_or_refused() -> None:
    attention = layer("Attention", "look", "features", "features", score_mode="dot")
    attention["inbound_nodes"][0]["kwargs"] = {"use_causal_mask": True}
    assert made(down(model(attention), "tf-2.4"), "look")["config"]["causal"] is True
    assert "causal" not in made(down(model(attention), "tf-2.15"), "look")["config"]
    attention["class_name"] = "MultiHeadAttention"
    with pytest.raises(Refused, match="is called with use_causal_mask"):
        down(model(attention), "tf-2.4")


def test_between_versions_of_keras_3_the_same_is_done() -> None:
    config = model(layer("Dense", "d", "features", units=2, quantization_config=None))
    recipe = down(config, "tf-2.16", "tf-2.21")
    assert "quantization_config" not in made(recipe, "d")["config"]


def test_which_versions_keep_operations_as_layers() -> None:
    kept = {one.id for one in MATRIX.environments if keeps_operations(one)}
    assert {"tf-1.14", "tf-2.10", "tf-2.21-tf-keras"} <= kept
    assert not {"tf-1.13", "tf-1.15-keras-2.3", "keras-2.3-theano"} & kept


def test_every_function_and_layer_names_an_operation_that_is_there() -> None:
    older = read_older()
    for name, stated in older.activations.items():
        to = stated if isinstance(stated, str) else stated.to
        assert to in older.operations, name
    for expression in (*older.operations.values(), *older.layers.values()):
        for text in (expression.tf, expression.backend or "x"):
            compile(text, "older.yaml", "eval")


def test_mistakes_in_older_yaml_are_told_by_their_line() -> None:
    with pytest.raises(MatrixError, match=r"older\.yaml:4: operations\.Add\.tf: is missing"):
        parse_older("schema: 1\n\noperations:\n  Add: {takes: [x]}\n")


def test_the_versions_are_those_of_the_matrix() -> None:
    assert keras(MATRIX.environment("tf-1.15")) == Version("2.2.4")


def test_the_function_of_a_lambda_goes_by_its_name_and_bytecode_nowhere() -> None:
    """Bytecode is of the Python that saved it; the older version has another."""
    named = {"class_name": "function", "module": "builtins", "config": "twice"}
    config = model(layer("Lambda", "doubled", "features", function=named, arguments={}))
    told = made(down(config, "tf-2.4"), "doubled")["config"]
    assert (told["function"], told["function_type"]) == ("twice", "function")
    code = {"class_name": "__lambda__", "config": {"code": "4wEA", "defaults": None}}
    config = model(layer("Lambda", "doubled", "features", function=code, arguments={}))
    with pytest.raises(Refused, match="doubled is a Lambda whose bytecode is of the Python"):
        down(config, "tf-2.4")


def test_an_adapter_is_part_of_the_weights_beside_it() -> None:
    adapted = layer("Dense", "hidden", "features", units=3, lora_rank=2, lora_alpha=2)
    plain = layer("Dense", "outputs", "hidden", units=2, lora_rank=None)
    for target in ("tf-2.15", "tf-2.18"):
        recipe = down(model(adapted, plain), target, "tf-2.21")
        for name in ("hidden", "outputs"):
            assert not {"lora_rank", "lora_alpha"} & {*made(recipe, name)["config"]}
        (change,) = (one for one in recipe.changes if one.rule == "merged-adapters")
        assert change.where == "hidden"
        assert "without adapters of low rank" in str(change.loses)
