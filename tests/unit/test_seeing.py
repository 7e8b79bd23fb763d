"""Inputs and places by which a change of a model would be seen, found without a framework."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest

from caniload.runner.core.shipped import PROBES

SIGHT = {
    "seconds": 60,
    "absolute": 1e-5,
    "relative": 1e-4,
    "half": {"float16": 2e-3},
    "roundings": 10,
    "roughest": 1e-3,
}
NAMES = ("crossing", "disturbing", "drawing", "looking", "roughness", "seeing", "variants")


@pytest.fixture
def probes(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, ModuleType]]:
    for folder in (PROBES, PROBES / "own", PROBES / "across"):
        monkeypatch.syspath_prepend(str(folder))
    yield {name: importlib.import_module(name) for name in NAMES}
    for name in (*NAMES, "framework", "compare"):
        sys.modules.pop(name, None)


class Variable:
    """A weight; ``forgetful`` ones do not come back as they were."""

    def __init__(self, name: str, array: Any, *, forgetful: bool = False) -> None:
        self.name, self.array, self.forgetful = f"layer/{name}:0", np.asarray(array), forgetful
        self.writes: list[Any] = []

    shape = property(lambda self: self.array.shape)
    dtype = property(lambda self: self.array.dtype)

    def set(self, array: Any) -> None:
        self.writes.append(array)
        self.array = array + self.forgetful * 1e-7


KERAS = SimpleNamespace(
    backend=SimpleNamespace(
        batch_get_value=lambda variables: [one.array.copy() for one in variables],
        set_value=lambda variable, array: variable.set(np.asarray(array, variable.dtype)),
    )
)


class Model:
    """Two layers: the second hears the first only where ``gate`` lets it through."""

    def __init__(self, gate: Any = lambda x: x, **kinds: Any) -> None:
        draws = np.random.RandomState(1)
        self.first = Variable("kernel", draws.normal(size=(3, 4)).astype("float32"), **kinds)
        self.bias = Variable("bias", np.zeros(2, "float32"))
        self.second = Variable("kernel", draws.normal(size=(4, 2)).astype("float32"))
        self.count = Variable("count", np.array(3))
        self.gate = gate
        self.layers = [
            SimpleNamespace(name="first", weights=[self.first, self.count]),
            SimpleNamespace(name="second", weights=[self.bias, self.second]),
        ]
        self.weights = [one for layer in self.layers for one in layer.weights]

    def predict(self, fed: Any, verbose: int) -> Any:
        assert not verbose
        return self.gate(fed @ self.first.array) @ self.second.array + self.bias.array


def choose(probes: dict[str, ModuleType], model: Model, **job: Any) -> tuple[Any, Any]:
    specs = [{"name": "x", "key": None, "shape": [None, 3], "drawn": ["normal"]}]
    specs[0]["dtype"] = "float32"
    arrays = probes["drawing"].draw(specs, "seed")
    stated = {"inputs": [{"drawn": ["normal"]}], "noise": 0.0}
    outputs = [model.predict(arrays[0], verbose=0)]
    whole = {"sight": SIGHT, "seed": "seed", **job}
    first = arrays, outputs
    sight, facts = probes["seeing"].choose(KERAS, whole, model, None, specs, first, stated)
    return sight, facts


def test_every_weight_of_a_plain_model_is_seen(probes: dict[str, ModuleType]) -> None:
    model = Model()
    before = [one.array.copy() for one in model.weights]
    sight, facts = choose(probes, model)
    assert (facts["unseen"], facts["left"]) == ([], 0)
    kinds = [one.why for one in sight.sets]
    assert kinds[1:] == ["numbers ten times as large", "numbers a tenth as large", "one row alone"]
    assert [len(one.outputs[0]) for one in sight.sets] == [4, 4, 4, 1]
    assert len(model.bias.writes) == 2  # changed, though it is all zeros, and put back
    assert np.allclose(np.abs(model.bias.writes[0]), 0.01)
    assert not model.count.writes
    assert all(map(np.array_equal, before, (one.array for one in model.weights)))


def test_inputs_are_drawn_until_what_was_not_seen_is(probes: dict[str, ModuleType]) -> None:
    sight, facts = choose(probes, Model(lambda x: np.where(np.abs(x) > 80, x, 0.0)))
    assert facts["unseen"] == []
    assert sight.sets[-1].why == "numbers a hundred times as large"


def test_what_stays_unseen_is_named(probes: dict[str, ModuleType]) -> None:
    _, facts = choose(probes, Model(lambda x: x * 0))
    assert sorted(facts["unseen"]) == [["first", "kernel"], ["second", "kernel"]]


def test_there_is_an_end_to_changing(probes: dict[str, ModuleType]) -> None:
    _, facts = choose(probes, Model(), sight={**SIGHT, "seconds": -1})
    assert facts["left"] == 3
    assert facts["unseen"] == []


def test_inputs_of_a_persons_own_are_left_as_they_are(probes: dict[str, ModuleType]) -> None:
    sight, facts = choose(probes, Model(lambda x: x * 0), given="theirs.npz")
    assert [one.why for one in sight.sets] == ["the first"]
    assert len(facts["unseen"]) == 2


def test_a_weight_that_does_not_come_back_is_an_error(probes: dict[str, ModuleType]) -> None:
    with pytest.raises(probes["disturbing"].NotRestored, match="first/kernel"):
        choose(probes, Model(forgetful=True))


def test_the_largest_of_every_layer_comes_first(probes: dict[str, ModuleType]) -> None:
    listed = probes["disturbing"].weights(KERAS, Model())
    assert [one.name for one in listed] == ["kernel", "kernel", "bias"]


def test_what_is_made_of_a_weight_is_made_anew(probes: dict[str, ModuleType]) -> None:
    class Layer:  # that of the framework: there is nothing to do
        name = "plain"

        def finalize_state(self) -> None:
            raise AssertionError

    class Normalization(Layer):
        def __init__(self, weight: Variable) -> None:
            self.weights = [weight]

        def finalize_state(self) -> None:
            self.mean = self.weights[0].array.copy()

    renewed: list[None] = []
    for kind in (Normalization, type("Dense", (Layer,), {"__init__": Normalization.__init__})):
        layer = kind(Variable("mean", np.ones(2, "float32")))
        model = SimpleNamespace(layers=[layer], weights=layer.weights)
        (weight,) = probes["disturbing"].weights(KERAS, model)
        with probes["disturbing"].disturbed(weight, lambda: renewed.append(None)):
            assert kind is not Normalization or not (layer.mean == 1).any()
    assert (layer.weights[0].array == 1).all()
    assert len(renewed) == 2


def test_half_the_digits_allow_more(probes: dict[str, ModuleType]) -> None:
    model = SimpleNamespace(layers=[SimpleNamespace(name="a", compute_dtype="float16")])
    array = np.array([2.0, -4.0])
    bound = probes["seeing"].Allowed(SIGHT, model).bound
    assert bound(array, 0.0) == pytest.approx(1e-5 + 2e-3 * 4)
    model.layers = []
    bound = probes["seeing"].Allowed(SIGHT, model).bound
    assert bound(array, 0.0) == pytest.approx(1e-5 + 1e-4 * 4)
    assert bound(array, 5e-5) == pytest.approx(1e-5 + 5e-4 * 4)
    assert bound(array, 1.0) == pytest.approx(1e-5 + 1e-3 * 4)


def test_padding_is_put_in_front_and_pixels_below_one(probes: dict[str, ModuleType]) -> None:
    whole = {"shape": [None, 4], "drawn": ["integers", 9], "dtype": "int32"}
    words = np.array([[5, 6, 0, 0]] * 2)
    listed = dict(probes["variants"].always([whole], [words]))
    assert listed["padded in front"][0].tolist() == [[0, 0, 6, 5]] * 2
    assert list(listed) == ["padded in front", "one row alone"]
    pixels = {"shape": [2, 2], "drawn": ["pixels"], "dtype": "float32"}
    listed = dict(probes["variants"].always([pixels], [np.full((2, 2), 255.0, "float32")]))
    assert list(listed) == ["pixels from 0 to 1"]  # its batch is of two rows always
    assert listed["pixels from 0 to 1"][0].max() == pytest.approx(1.0)


def test_several_inputs_are_padded_apart_and_open_sizes_are_larger(
    probes: dict[str, ModuleType],
) -> None:
    spec = {"shape": [None, None], "drawn": ["integers", 9], "dtype": "int32"}
    one, other = np.array([[5, 6, 7], [5, 6, 0]]), np.array([[1, 2, 3], [4, 0, 0]])
    listed = dict(probes["variants"].always([spec, spec], [one, other]))
    first, second = listed["each input padded by itself"]
    assert (first == 0).any(axis=1).tolist() == [False, True]
    assert (second == 0).any(axis=1).tolist() == [True, False]
    first, second = listed["sizes half as large again"]
    assert first.tolist() == [[5, 6, 5, 6, 7], [5, 6, 5, 6, 0]]
    closed = {**spec, "shape": [None, 3]}
    listed = dict(probes["variants"].always([closed], [one]))
    assert not {"each input padded by itself", "sizes half as large again"} & set(listed)


def test_other_sizes_are_asked_by_predict(probes: dict[str, ModuleType]) -> None:
    """A graph that was followed for the first may be true of them alone."""
    look = probes["looking"].Look(KERAS, Model(), None)
    array = np.ones((2, 5, 3), "float32")
    look.settle([array], look.ask([array]), 1, lambda *_: True)
    look.how = "predict_on_batch"
    look.ask([np.ones((2, 7, 3), "float32")])  # the model has no such function
    with pytest.raises(AttributeError):
        look.ask([array])


@pytest.mark.parametrize("calls", [1, 10**9])
def test_predict_is_asked_unless_that_is_dear(
    probes: dict[str, ModuleType], monkeypatch: pytest.MonkeyPatch, calls: int
) -> None:
    model = Model()
    look = probes["looking"].Look(KERAS, model, None)
    array = np.ones((2, 3), "float32")
    outputs = [model.predict(array, verbose=0)]
    ticks = iter([0.0, 0.001])
    clock = SimpleNamespace(process_time=lambda: next(ticks))
    monkeypatch.setattr(probes["looking"], "time", clock)
    near = lambda was, now: np.array_equal(was[0], now[0])  # noqa: E731
    model.predict_on_batch = lambda fed: model.predict(fed, verbose=0)  # type: ignore[attr-defined]
    look.settle([array], outputs, calls, near)
    assert look.how == ("predict" if calls == 1 else "predict_on_batch")


@pytest.mark.parametrize("loops", [True, False])
def test_a_model_is_called_directly_where_that_costs_less(
    probes: dict[str, ModuleType], monkeypatch: pytest.MonkeyPatch, *, loops: bool
) -> None:
    class Eager(Model):
        run_eagerly = False

        def __call__(self, fed: Any, *, training: bool) -> Any:
            assert not training
            return self.predict(fed, verbose=0)

    model = Eager()
    if loops:
        model.layers[0].return_sequences = False
    look = probes["looking"].Look(KERAS, model, None)
    array = np.ones((2, 3), "float32")
    ticks = iter([0.0, 0.05, 1.0, 1.001])
    clock = SimpleNamespace(process_time=lambda: next(ticks))
    monkeypatch.setattr(probes["looking"], "time", clock)
    near = lambda was, now: np.array_equal(was[0], now[0])  # noqa: E731
    look.settle([array], [model.predict(array, verbose=0)], 10, near)
    assert look.how == ("predict" if loops else "direct")


def test_what_gives_something_else_is_not_asked(probes: dict[str, ModuleType]) -> None:
    model = Model()
    model.predict_on_batch = lambda fed: fed  # type: ignore[attr-defined]
    look = probes["looking"].Look(KERAS, model, None)
    array = np.ones((2, 3), "float32")
    look.settle([array], [array], 10**9, lambda *_: False)
    assert look.how == "predict"
