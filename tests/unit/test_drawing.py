"""What a model is fed if nobody gives anything, drawn without a framework."""

from __future__ import annotations

import importlib
import sys
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest

from caniload.runner.core.shipped import PROBES


@pytest.fixture
def drawing(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(PROBES / "own"))
    found = importlib.import_module("drawing")
    monkeypatch.delitem(sys.modules, "drawing")
    return found


def test_what_the_file_states_to_be_frozen_was_so_though_loading_forgot_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for folder in (PROBES, PROBES / "own"):
        monkeypatch.syspath_prepend(str(folder))
    before = set(sys.modules)
    load = importlib.import_module("load")
    for name in set(sys.modules) - before:
        monkeypatch.delitem(sys.modules, name)

    def layer(name: str, *layers: Any, trainable: bool = True) -> SimpleNamespace:
        found = SimpleNamespace(name=name, trainable=trainable)
        if layers:
            found.layers, found.get_layer = layers, None
        return found

    model = layer("whole", layer("base"), layer("inner", layer("base"), layer("head")))
    assert load._trainable(model, [[None, "base"], [None, "gone"]])["frozen"] == ["base"]
    assert load._trainable(model, [["inner", "base"]])["frozen"] == ["inner/base"]
    assert load._trainable(model) == {"model": True, "frozen": []}
    model.layers[0].trainable = False
    assert load._trainable(model, [[None, "base"]])["frozen"] == ["base"]
    assert load._trainable(SimpleNamespace(), [[None, "base"]]) is None


@pytest.mark.parametrize(
    ("layer", "filler"),
    [
        ({"class_name": "Embedding", "config": {"input_dim": 10_000}}, 0),
        ({"class_name": "Masking", "config": {"mask_value": -1.0}}, -1.0),
    ],
)
def test_sequences_that_may_be_masked_end_early(
    drawing: ModuleType, layer: dict[str, Any], filler: float
) -> None:
    model = SimpleNamespace(inputs=[SimpleNamespace(name="x", shape=(None, 6, 2), dtype="float32")])
    config = {"class_name": "Sequential", "config": {"layers": [layer]}}
    (drawn,) = drawing.draw(drawing.specs(model, config), "seed")
    assert (drawn[1::2, 3:] == filler).all()
    assert (drawn[::2] != filler).any()


def _spec(*shape: int | None, drawn: str = "normal", dtype: str = "float32") -> dict[str, Any]:
    return {"name": "x", "key": None, "shape": list(shape), "dtype": dtype, "drawn": [drawn]}


def test_what_does_not_suit_is_drawn_otherwise(drawing: ModuleType) -> None:
    fixed, words = _spec(None, 6), _spec(None, 1, drawn="words", dtype="string")
    whole = {**fixed, "drawn": ["integers", 2]}
    assert list(drawing.attempts([fixed, words])) == [(0, [fixed, words]), (0, [whole, words])]
    assert list(drawing.attempts([words])) == [(0, [words])]


@pytest.mark.parametrize(
    ("shape", "sizes"),
    [
        ((None, None, 4), (12, 8, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384)),
        ((None, None, None, 3), (32, 8, 16, 64, 96, 128, 224, 256, 512)),
        ((None, None, None), (12, 8, 32, 64, 128, 256, 512, 1024, 2048)),  # 4 x 4096 x 4096 is much
    ],
)
def test_sizes_that_are_open_are_tried_each_once(
    drawing: ModuleType, shape: tuple[int | None, ...], sizes: tuple[int, ...]
) -> None:
    spec = _spec(*shape, drawn="words")
    tried = [drawing._sizes(spec, number)[1] for number, _ in drawing.attempts([spec])]
    assert tuple(tried) == sizes


def test_outputs_that_say_nothing_are_no_answer(drawing: ModuleType) -> None:
    """TensorFlow 1.15 cuts twelve steps by two hundred, and says nothing."""

    def cropped(arrays: list[Any]) -> Any:
        return "array", [("0", arrays[0][:, 200:])]

    _, (array,), (_, [(_, output)]) = drawing.suited([_spec(None, None, 4)], 1, cropped)
    assert array.shape == (4, 256, 4)
    assert output.shape == (4, 56, 4)


def test_what_is_raised_first_is_told_of_a_model_that_takes_nothing(
    drawing: ModuleType,
) -> None:
    def refuse(arrays: list[Any]) -> Any:
        raise ValueError(str(arrays[0].shape))

    with pytest.raises(ValueError, match=r"\(4, 12, 4\)"):
        drawing.suited([_spec(None, None, 4)], 1, refuse)


def test_outputs_of_nothing_are_better_than_none(drawing: ModuleType) -> None:
    def nothing(arrays: list[Any]) -> Any:
        return "array", [("0", np.full(3, np.nan))]

    _, (array,), _ = drawing.suited([_spec(None, None, 4)], 1, nothing)
    assert array.shape == (4, 12, 4)


def test_texts_are_drawn_from_what_is_looked_up(drawing: ModuleType) -> None:
    colours = SimpleNamespace(get_vocabulary=lambda: ["[UNK]", b"red", "green"])
    unadapted = SimpleNamespace()
    zone = SimpleNamespace(name="zone", shape=[None, 1], dtype="string")
    model = SimpleNamespace(inputs=[zone], layers=[SimpleNamespace(layers=[colours]), unadapted])
    (spec,) = drawing.specs(model, None)
    assert spec["drawn"] == ["words", "[UNK]", "red", "green"]
    (drawn,) = drawing.draw([spec], "seed")
    assert drawn.dtype.kind == "U"


def test_a_vectorizer_alone_takes_texts(drawing: ModuleType) -> None:
    config = {
        "class_name": "Sequential",
        "config": {"layers": [{"class_name": "TextVectorization", "config": {}}]},
    }
    (spec,) = drawing.specs(SimpleNamespace(), config)
    assert (spec["shape"], spec["dtype"], spec["drawn"]) == ([None, 1], "string", ["words"])


def test_what_a_file_states_is_taken_where_the_model_says_nothing(
    drawing: ModuleType,
) -> None:
    silent = SimpleNamespace()
    (spec,) = drawing.specs(silent, None, [["x", [None, 3], "int32"]])
    assert (spec["name"], spec["shape"], spec["drawn"]) == ("x", [None, 3], ["integers", 2])
    assert drawing.specs(silent, None) is None


@pytest.mark.parametrize(
    ("shape", "dtype", "largest"),
    [([None, 6, 6, 3], "uint8", 255), ([None, 6], "uint8", 1), ([None, 6, 6, 3], "int32", 1)],
)
def test_pictures_of_bytes_are_drawn_from_all_bytes(
    drawing: ModuleType, shape: list[int | None], dtype: str, largest: int
) -> None:
    specs = drawing.specs(SimpleNamespace(), None, [["x", shape, dtype]])
    (drawn,) = drawing.draw(specs, "seed")
    assert str(drawn.dtype) == dtype
    assert 0.9 * largest <= drawn.max() <= largest


def test_text_is_drawn_for_text_whatever_hashes_it(drawing: ModuleType) -> None:
    zone = SimpleNamespace(name="zone", shape=[None, 1], dtype="string")
    model = SimpleNamespace(inputs=[zone], input_names=["zone"])
    layers = [
        {"class_name": "InputLayer", "name": "zone", "config": {"name": "zone"}},
        {
            "class_name": "Hashing",
            "name": "hashed",
            "config": {"name": "hashed", "num_bins": 8},
            "inbound_nodes": [[["zone", 0, 0, {}]]],
        },
    ]
    config = {"class_name": "Functional", "config": {"layers": layers}}
    (spec,) = drawing.specs(model, config)
    assert spec["drawn"] == ["words"]


def test_a_model_that_refuses_for_another_reason_is_not_fed_ever_longer(
    drawing: ModuleType,
) -> None:
    tried: list[int] = []

    def refuse(arrays: list[Any]) -> Any:
        tried.append(arrays[0].shape[1])
        raise ValueError("I take nothing")

    with pytest.raises(ValueError, match="I take nothing"):
        drawing.suited([_spec(None, None, 4, drawn="words", dtype="string")], 1, refuse)
    assert tried == [12, 8, 32, 64]


@pytest.mark.parametrize(
    "layer",
    [
        {"class_name": "mine>Embedding", "config": {}},
        {"class_name": "Masking", "config": {"mask_value": [0.0]}},
        {"config": {"name": "x"}},
    ],
)
def test_layers_that_are_written_otherwise_tell_nothing(
    drawing: ModuleType, layer: dict[str, Any]
) -> None:
    model = SimpleNamespace(inputs=[SimpleNamespace(name="x", shape=(None, 6), dtype="float32")])
    config = {"class_name": "Sequential", "config": {"layers": [layer]}}
    (spec,) = drawing.specs(model, config)
    assert spec["drawn"] == ["normal"]


def test_whole_numbers_fit_their_type(drawing: ModuleType) -> None:
    (drawn,) = drawing.draw([{**_spec(None, 64, dtype="int8"), "drawn": ["integers", 1000]}], 1)
    assert drawn.dtype == "int8"
    assert (drawn >= 0).all()
