"""How scripts read an original: what a version forgets, hides, or calls otherwise."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from caniload.runner.converting.transforms import UNSALTED

pytest_plugins = ["across_scripts"]


@pytest.mark.parametrize("kind", ["float32", "int64"])
@pytest.mark.parametrize("same", [True, False])
def test_what_a_savedmodel_loads_as_is_held_against_its_graph(
    script: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch, kind: str, *, same: bool
) -> None:
    array = np.array([[1.0, 2.0]], kind)
    served = SimpleNamespace(numpy=lambda: array if same else array + 1)

    class Signature:
        structured_input_signature = ((), {"input_1": SimpleNamespace(dtype="float32")})

        def __call__(self, **_given: Any) -> dict[str, Any]:
            return {"dense": served}

    loaded = SimpleNamespace(signatures={"serving_default": Signature()})
    tensorflow = SimpleNamespace(
        executing_eagerly=lambda: True,
        saved_model=SimpleNamespace(load=lambda _: loaded),
        cast=lambda value, _: value,
    )
    monkeypatch.setitem(sys.modules, "tensorflow", tensorflow)
    same_as = script("served").same
    if same:
        same_as(loaded, ["x"], [array], [("0", array)], 1e-4)
    else:
        with pytest.raises(ValueError, match="loading made another model"):
            same_as(loaded, ["x"], [array], [("0", array)], 1e-4)


class Hashing(SimpleNamespace):
    name, strong_hash = "hashed", True


def test_salt_is_taken_from_what_may_have_had_none(script: Callable[[str], Any]) -> None:
    layers = [Hashing(salt=list(UNSALTED)), Hashing(salt=[1, 2])]
    assert script("served")._unsalted(SimpleNamespace(layers=layers))
    assert [(one.strong_hash, one.salt) for one in layers] == [(False, None), (True, [1, 2])]
    assert not script("served")._unsalted(SimpleNamespace(layers=layers))
    assert script("served").UNSALTED == UNSALTED


@pytest.mark.parametrize("fails", [True, False])
@pytest.mark.parametrize("stale", [True, False])
def test_weights_of_the_file_find_their_places(
    script: Callable[[str], Any], tmp_path: Path, *, stale: bool, fails: bool
) -> None:
    held = np.zeros(2) if stale else np.ones(2)

    def load_weights(_: str) -> None:
        held[:] = 1
        if fails:
            raise NotImplementedError  # as Keras does of what it cannot restore

    words = SimpleNamespace(num_tensors=1)  # in TensorFlow 2.4 among the weights of lookups
    model = SimpleNamespace(
        weights=[words, SimpleNamespace(numpy=lambda: held)], load_weights=load_weights
    )
    stored = tmp_path / "variables"
    assert not script("served")._restored(model, str(stored))  # there is no such file
    stored.with_suffix(".index").touch()
    assert script("served")._restored(model, str(stored)) is stale
    assert list(held) == [1, 1]


@pytest.mark.parametrize(
    ("more", "bounds"),
    [
        ({"bin_boundaries": []}, [0.5, 1.5]),  # of .keras, not finalized
        ({"bin_boundaries": None, "bins": [[0.1, np.inf]]}, [0.1]),  # TensorFlow 2.5
        ({"bin_boundaries": None, "num_bins": None}, None),
        ({"bin_boundaries": None, "finalize_state": None}, None),
    ],
)
def test_what_discretization_learnt_is_read(
    script: Callable[[str], Any], more: dict[str, Any], bounds: list[float] | None
) -> None:
    class Discretization(SimpleNamespace):
        name = "bins"

    layer = Discretization(num_bins=3)
    layer.finalize_state = lambda: setattr(layer, "bin_boundaries", [0.5, 1.5])
    vars(layer).update(more)
    found = script("extract")._vocabularies(SimpleNamespace(layers=[layer]))
    assert found == ({} if bounds is None else {"bins": bounds})


class Silent:
    """A layer, or a model of these, that says nothing of how it is made: Keras raises this then."""

    def __init__(self, name: str, *layers: Any) -> None:
        self.name = name
        if layers:
            self.layers = layers

    def get_config(self) -> Any:
        raise NotImplementedError

    to_json = get_config


def test_what_has_no_configuration_is_named(script: Callable[[str], Any]) -> None:
    told = script("extract")._config
    plain = SimpleNamespace(name="plain", get_config=dict)
    nothing, why = told(Silent("own", plain, Silent("scale"), Silent("inner", Silent("more"))))
    assert nothing is None
    assert why == (
        "the layer scale (Silent), the layer inner/more (Silent) does not say how it is made"
        " (NotImplementedError)"
    )
    _, why = told(Silent("own", plain))
    assert why == "the model's class Silent does not say how it is made (NotImplementedError)"


def test_only_an_adapter_of_zeros_is_left_out(script: Callable[[str], Any]) -> None:
    merged = script("extract")._merged
    assert merged(["hidden", 2, "lora_kernel_a", np.zeros((2, 3))])
    assert not merged(["hidden", 2, "lora_kernel_a", np.ones((2, 3))])
    assert not merged(["hidden", 0, "kernel", np.zeros((2, 3))])


def test_functions_that_tensorflow_calls_otherwise_are_found(script: Callable[[str], Any]) -> None:
    softmax, log_softmax = object(), object()
    own = SimpleNamespace(softmax=softmax, log_softmax=log_softmax)
    told = TypeError("Could not locate function 'softmax_v2'. Make sure ...")
    found = script("crossing").missing(SimpleNamespace(activations=own), told)
    assert found == {"softmax_v2": softmax, "log_softmax_v2": log_softmax}
    lost = TypeError("Could not locate function 'squared'. Make sure ...")
    assert script("crossing").missing(SimpleNamespace(activations=own), lost) == {}


def test_a_word_that_is_taken_for_a_function_is_given_as_itself(
    script: Callable[[str], Any],
) -> None:
    told = ValueError("Expected one of ... Received: score_mode=<function dot at 0x7f22>")
    assert script("crossing").missing(SimpleNamespace(), told) == {"dot": "dot"}
