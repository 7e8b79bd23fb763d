"""What a configuration states becomes traits, and what of these is weighed, for whom."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
import yaml
from model_files import DENSE, INPUT, functional, hdf5

from caniload.runner.answering import deciding, wording
from caniload.runner.answering.deciding import apart, lists_of, weighed
from caniload.runner.answering.features import features
from caniload.runner.core.outcomes import Purpose
from caniload.runner.forensics import stated
from caniload.runner.forensics.plain import inspection
from caniload.runner.forensics.reading import inspect_here
from caniload.runner.forensics.worker import as_line
from caniload.runner.packs.shelf import SHIPPED

BENCH = Path(__file__).parents[1] / "bench"


def layer(class_name: str, **config: Any) -> dict[str, Any]:
    return {"class_name": class_name, "config": config}


def test_compiled_and_no_optimizer_named(tmp_path: Path) -> None:
    """So are .keras files of Keras 3 after the model was saved as HDF5; predicting needs none."""
    config = functional(INPUT, DENSE)
    config["compile_config"] = {"loss": "mse", "metrics": None}
    with zipfile.ZipFile(tmp_path / "m.keras", "w") as archive:
        archive.writestr("metadata.json", json.dumps({"keras_version": "3.13.2"}))
        archive.writestr("config.json", json.dumps(config))
    found = features(inspect_here(tmp_path / "m.keras"))
    assert found is not None
    assert not [one for one in found.traits if one.startswith("optimizer ")]
    trait = "compiled, and no optimizer named"
    assert trait in weighed(found.traits, Purpose.PREDICT).idle
    assert trait in weighed(found.traits, Purpose.TRAIN).asked


def test_all_that_is_stated_is_there_once_whatever_it_is() -> None:
    config = functional(
        INPUT,
        layer("BatchNormalization", name="a", virtual_batch_size=2, axis=[1], fused=None),
        layer("BatchNormalization", name="b", virtual_batch_size=2, axis=[1], fused=None),
        layer(
            "Dense",
            name="c",
            kernel_initializer=layer("RandomUniform", minval=-1, seed=None),
            activation={"class_name": "function", "config": "gelu", "module": "builtins"},
            dtype=layer("DTypePolicy", name="mixed_float16"),
            unheard={"deep": [layer("Odd", much="x" * 999)]},
        ),
    )
    found = {(one.kind, one.class_name): dict(one.arguments) for one in stated.of(config)}
    assert found["layer", "BatchNormalization"] == {
        "virtual_batch_size": "2",
        "axis": "[1]",
        "fused": "null",
    }
    assert found["layer", "Dense"]["activation"] == "gelu"
    assert found["layer", "Dense"]["dtype"] == "mixed_float16"
    assert found["layer", "Dense"]["kernel_initializer"] == "RandomUniform"
    assert found["initializer", "RandomUniform"] == {"minval": "-1", "seed": "null"}
    assert found["object", "Odd"] == {"much": "…"}
    assert len(stated.of(config)) == len(set(stated.of(config)))


@pytest.mark.parametrize(("suffix", "told"), [(".h5", True), (".keras", False)])
def test_tensors_one_after_another_matter_where_keras_3_reads_hdf5(
    tmp_path: Path,
    suffix: str,
    told: bool,  # noqa: FBT001 - a table
) -> None:
    tensor = {"class_name": "__keras_tensor__", "config": {"keras_history": ["x", 0, 0]}}
    nodes = [{"args": [tensor, tensor], "kwargs": {}}]
    config = functional(INPUT, {**layer("Odd", name="odd"), "inbound_nodes": nodes})
    path = tmp_path / f"m{suffix}"
    if suffix == ".h5":
        hdf5(path, config)
    else:
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("metadata.json", json.dumps({"keras_version": "3.13.2"}))
            archive.writestr("config.json", json.dumps(config))
    found = features(inspect_here(path))
    assert found is not None
    assert ("Odd called with arguments=several" in found.traits) is told


def test_what_a_layer_is_called_with_is_stated_but_for_tensors() -> None:
    attention = layer("MultiHeadAttention", name="m", num_heads=2)
    twice = [["x", 0, 0, {"use_causal_mask": True, "value": ["y", 0, 0]}]]
    attention["inbound_nodes"] = [twice, twice]
    (found,) = [one for one in stated.of(functional(INPUT, attention)) if one.called]
    assert dict(found.called) == {"use_causal_mask": "true", "value": "tensor", "times": "several"}


def test_how_it_was_compiled_is_stated_by_kind() -> None:
    compiled = {
        "optimizer_config": layer("Custom>Adam", learning_rate=layer("ExponentialDecay", a=1)),
        "loss": {"out": layer("Huber", delta=1.0)},
        "metrics": [["acc", layer("AUC", curve="ROC")]],
    }
    found = {(one.kind, one.class_name, one.registered) for one in stated.of(compiled, key="")}
    assert found == {
        ("optimizer", "Adam", "Custom>Adam"),
        ("schedule", "ExponentialDecay", None),
        ("loss", "Huber", None),
        ("metric", "AUC", None),
    }


def test_a_huge_configuration_is_bounded() -> None:
    many = functional(INPUT, *(layer(f"L{one}", name="x") for one in range(stated.OBJECTS + 9)))
    assert len(stated.of(many)) == stated.OBJECTS


def test_traits_of_a_real_file(tmp_path: Path) -> None:
    slash = layer("Dense", name="a/b", units=2)
    one = inspect_here(hdf5(tmp_path / "m.h5", functional(INPUT, slash)))
    assert inspection(as_line(one)) == one
    found = features(one)
    assert found is not None
    assert {"layer Dense", "a / in a name", "a layer named by somebody"} <= found.traits
    plain = inspect_here(hdf5(tmp_path / "n.h5", functional(INPUT, DENSE)))
    other = features(plain)
    assert other is not None
    assert "a / in a name" not in other.traits


@pytest.mark.parametrize(
    ("trait", "parts"),
    [
        ("layer Dense", ("layer", "Dense", "", "")),
        ("Dense with units=2", ("layer", "Dense", "units", "2")),
        ("initializer Zeros with a=b=c", ("initializer", "Zeros", "a", "b=c")),
        ("optimizer Adam, an object", ("optimizer", "Adam", "", "")),
        ("optimizer Adam registered as Custom>Adam", ("optimizer", "Adam", "", "")),
        ("any optimizer with decay=0.0", ("optimizer", "", "decay", "0.0")),
        ("optimizer state", ("", "optimizer state", "", "")),
        ("one input", ("", "one input", "", "")),
        ("Dense called with training=true", ("", "Dense called with training=true", "", "")),
    ],
)
def test_a_trait_is_taken_apart(trait: str, parts: tuple[str, ...]) -> None:
    assert tuple(apart(trait)) == parts


@pytest.mark.parametrize(
    ("trait", "asked", "idle"),
    [
        ("Dense with units=2", set(), {"Dense with units"}),
        ("Dense with units=odd", {"Dense with units=odd"}, {"Dense with units"}),
        ("Dense with new=2", {"Dense with new=2"}, {"Dense with new"}),
        (
            "Conv2D with strides=[2, 2]",
            {"strides more"},
            {"Conv2D with strides", "Conv1D/2D/3D with strides"},
        ),
        ("Dense with activation=gelu", {"activation gelu"}, {"Dense with activation"}),
        (
            "Dense with kernel_initializer=Odd",
            set(),
            {"Dense with kernel_initializer", "Dense with kernel_initializer=Odd"},
        ),
        ("Concatenate with axis=3", set(), {"Concatenate with axis"}),
        ("Softmax with axis=3", {"Softmax with axis=later"}, {"Softmax with axis"}),
        ("Softmax with axis=1", {"Softmax with axis=1"}, {"Softmax with axis"}),
        ("Odd with axis=[2, 3]", {"Odd with axis=[later, later]"}, {"Odd with axis"}),
        ("Odd with axis=[-2]", {"Odd with axis=[-2]"}, {"Odd with axis"}),
        ("Odd with mean=null", {"Odd with mean=null"}, {"Odd with mean"}),
        ("Odd with mean=[0.5, 1.0]", {"Odd with mean=given"}, {"Odd with mean"}),
        ("Odd with padding=[[1, 0], [2, 1]]", {"padding in numbers"}, {"Odd with padding"}),
        ("Odd with layer=GRU", set(), {"Odd with layer"}),
        ("Add of keras.layers", {"a layer of keras.layers"}, {"Add of keras.layers"}),
        ("Add called with mask=null", {"called with mask=null"}, {"Add called with mask=null"}),
        (
            "Add called with training=false",
            set(),
            {"Add called with training=false", "called with training=false"},
        ),
        ("Odd called with causal=true", {"Odd called with causal=true"}, set()),
        ("layer Conv2DTranspose", {"layer Conv1D/2D/3DTranspose"}, {"layer Conv2DTranspose"}),
        ("layer ConvLSTM2D", {"layer ConvLSTM2D"}, set()),
        ("layer Dropout", set(), {"layer Dropout"}),
        ("optimizer Adam", set(), {"optimizer Adam"}),
    ],
)
def test_what_is_weighed_of_a_trait_to_predict(trait: str, asked: set[str], idle: set[str]) -> None:
    found = weighed(frozenset({trait}), Purpose.PREDICT)
    assert set(found.asked) == asked
    assert set(found.idle) == idle


def test_sizes_are_left_out_where_a_file_is_given_away() -> None:
    assert wording.without_size("Dense with units=512") == "Dense with units=…"
    assert wording.without_size("Dense with activation=relu") == "Dense with activation=relu"
    assert (
        wording.without_size("StringLookup with vocabulary=[…]") == "StringLookup with vocabulary=…"
    )
    assert wording.without_size("StringLookup with vocabulary=null").endswith("=null")
    given = weighed(frozenset({"Dense with units=…"}), Purpose.PREDICT)
    assert given == weighed(frozenset({"Dense with units=512"}), Purpose.PREDICT)


def test_whoever_trains_is_asked_for_more() -> None:
    traits = frozenset({"layer Dropout", "optimizer Adam", "Dense with kernel_regularizer=L2"})
    asked = weighed(traits, Purpose.TRAIN).asked
    assert asked == traits
    assert not weighed(traits, Purpose.PREDICT).asked


def test_every_list_has_its_reason() -> None:
    data = yaml.safe_load(deciding.FILE.read_text("utf-8"))
    lists_of(data)
    data["sizes"][0]["because"] = " "
    with pytest.raises(ValueError, match="without a reason"):
        lists_of(data)


def test_what_decides_nothing_is_something_that_constructors_have() -> None:
    """A name that no constructor of any version has would be a slip of the pen."""
    from caniload.runner.evidence.constructors import to_try  # noqa: PLC0415 - 0.1 s

    kinds = to_try()
    known = {
        argument
        for said in kinds.values()
        for arguments in said["arguments"].values()
        for argument in arguments
    }
    unknown = {
        *deciding.lists().sizes,
        *deciding.lists().shared,
        *deciding.lists().data,
        *deciding.lists().axes,
        *deciding.lists().wrapped,
        *deciding.lists().arguments,
    } - known
    of_keras_1 = (
        "nb_filter nb_row nb_col filter_length border_mode dim_ordering inner_activation p length"
        " subsample subsample_length stride pool_length"
    )
    assert unknown == set(of_keras_1.split())


def test_the_bench_asks_of_what_ships_and_measured_answers_are_right(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.syspath_prepend(str(BENCH))
    import expectation  # noqa: PLC0415 - it is no package

    bench = expectation.Bench(SHIPPED, Purpose.PREDICT)
    score = bench.score(bench.model_out, every=97)
    asked = score.counted.total()
    assert asked > 50
    wrong = score.counted["wrong"] + score.counted["own wrong"]
    known = asked - score.counted["unknown"] - score.counted["own unknown"]
    assert known > asked / 2, json.dumps(score.counted)
    assert wrong <= 0.03 * known, score.wrong
