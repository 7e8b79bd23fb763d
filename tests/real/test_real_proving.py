"""Conversions made wrong on purpose are not delivered; what a proof would not notice is said."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from caniload.runner.converting import asking
from caniload.runner.converting.ladder import Ladder
from caniload.runner.converting.launching import Workshop
from caniload.runner.converting.original import Original, Refusal, Wish, read_original
from caniload.runner.converting.outcome import Conversion, Remedy, Verdict
from caniload.runner.converting.rewriting import Recipe
from caniload.runner.converting.telling import as_lines
from caniload.runner.environments.home import Home
from caniload.runner.environments.variables import process_variables
from caniload.runner.forensics.apart import inspect_all
from caniload.runner.matrix.reading import read_matrix
from caniload.runner.sandbox.words import Level

pytest_plugins = ["real_home"]
pytestmark = pytest.mark.real

MATRIX = read_matrix(Path(__file__).parents[2] / "matrix.yaml")
MODELS = Path(__file__).with_name("proving_models.py")
SAVER, TARGET = "tf-2.15", "tf-2.21"
Arrays = dict[str, Any]
Layers = Mapping[str, dict[str, Any]]


@dataclass(kw_only=True)
class Wrong(Ladder):
    """Rebuilds the model with what ``setting`` and ``weight`` make of it, and tries nothing else.

    ``setting`` is given the configurations of the layers by their names, ``weight`` the arrays by
    "layer/name"; one that it removes is not there.
    """

    setting: Callable[[Layers], None] = lambda _: None
    weight: Callable[[Arrays], None] = lambda _: None

    def _remedies(self, original: Original) -> Iterator[Any]:
        yield from self._rebuilt(original, original, Remedy.REBUILT)

    def _for_inference(self, *_: object) -> None:
        return None

    def _recipe(self, source: Original, *, wanted: str, unrolling: bool = False) -> Recipe | str:
        recipe = super()._recipe(source, wanted=wanted, unrolling=unrolling)
        assert isinstance(recipe, Recipe)
        parts = [one for member in recipe.model["members"] for one in member["chain"]]
        self.setting({one["config"]["name"]: one["config"] for one in parts})
        return recipe

    def _weights(self, source: Original, recipe: Recipe) -> dict[str, Any]:
        job = super()._weights(source, recipe)
        named = {
            f"{path}/{name}": f"w_{number}" for number, (path, _, name) in enumerate(job["weights"])
        }
        with np.load(job["arrays"]) as file:
            arrays = dict(file)
        held = {name: arrays[key] for name, key in named.items()}
        self.weight(held)
        kept = [name for name in named if name in held]
        altered = self.workshop.folder("altered") / "arrays.npz"
        np.savez(altered, **{f"w_{number}": held[name] for number, name in enumerate(kept)})
        stated = [one for one, name in zip(job["weights"], named, strict=True) if name in held]
        return {**job, "arrays": str(altered), "weights": stated}


@pytest.fixture(scope="module")
def workshop(home: Path) -> Iterator[Workshop]:
    there = Home(root=home)
    with asking.open_shop_of_many(MATRIX, there, sandbox=Level.NONE) as made:
        assert made.problem(SAVER) is None
        variables = process_variables(MATRIX.environment(SAVER), there)
        command = [str(there.python(SAVER)), "-s", str(MODELS), str(made.scratch)]
        subprocess.run(command, check=True, env=variables)
        yield made


READ: dict[Path, Original | Refusal] = {}


def read_once(wish: Wish, *given: Any) -> Original | Refusal:
    """Read an original as it is read; each is read once, whatever is made of it."""
    if wish.path not in READ:
        READ[wish.path] = read_original(wish, *given)
    return READ[wish.path]


def converted(workshop: Workshop, model: str, **wrong: Any) -> Conversion:
    """Convert one of the models; what its reader finds is found once."""
    path = workshop.scratch / f"{model}.h5"
    out = workshop.folder("out") / "new.keras"
    (inspection,) = inspect_all([path])
    wish = Wish(path=path, target=TARGET, out=out)
    ladder = Wrong(wish=wish, inspection=inspection, workshop=workshop, **wrong)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("caniload.runner.converting.ladder.read_original", read_once)
        done = ladder.climb()
    assert out.exists() is (done.verdict is Verdict.DELIVERED)
    return done


def swapped_gates(arrays: Arrays) -> None:
    for name in ("kernel", "recurrent_kernel", "bias"):
        gates = np.split(arrays[f"memory/{name}"], 4, axis=-1)
        arrays[f"memory/{name}"] = np.concatenate([gates[1], gates[0], *gates[2:]], axis=-1)


def transposed_kernel(arrays: Arrays) -> None:
    arrays["look/kernel"] = arrays["look/kernel"].transpose(1, 0, 2, 3)


def as_initialized(arrays: Arrays) -> None:
    limit = (6 / sum(arrays["memory/recurrent_kernel"].shape)) ** 0.5
    drawn = np.random.RandomState(5).uniform(-limit, limit, arrays["memory/kernel"].shape)
    arrays["memory/kernel"] = drawn.astype("float32")


def a_little_other(arrays: Arrays) -> None:
    arrays["middle/kernel"] = arrays["middle/kernel"] * np.float32(1.01)


def without_bias(arrays: Arrays) -> None:
    del arrays["middle/bias"]


def set_to(layer: str, **settings: Any) -> Callable[[Layers], None]:
    return lambda layers: layers[layer].update(settings)


WRONG: dict[str, tuple[str, dict[str, Any], str]] = {
    "swapped gates": ("sequence", {"weight": swapped_gates}, "its outputs"),
    "transposed kernel": ("image", {"weight": transposed_kernel}, "its outputs"),
    "dropped mask": ("sequence", {"setting": set_to("words", mask_zero=False)}, "its outputs"),
    "epsilon": ("image", {"setting": set_to("norm", epsilon=1e-3)}, "another model"),
    "other padding": ("image", {"setting": set_to("look", padding="valid")}, "its outputs"),
    "missing bias": (
        "image",
        {"setting": set_to("middle", use_bias=False), "weight": without_bias},
        "its outputs",
    ),
    "flipped time axis": ("sequence", {"setting": set_to("memory", go_backwards=True)}, "outputs"),
    "momentum": ("image", {"setting": set_to("norm", momentum=0.9)}, "after a step of its layer"),
    "data format": ("image", {"setting": set_to("pool", data_format="channels_first")}, "outputs"),
    "initializer for weight": ("sequence", {"weight": as_initialized}, "its outputs"),
    "dropout": ("image", {"setting": set_to("drop", rate=0.4)}, "kept in training"),
    "before a sure softmax": ("sure", {"weight": a_little_other}, "layer"),
}


@pytest.mark.parametrize("kind", WRONG)
def test_what_was_converted_wrong_is_not_delivered(workshop: Workshop, kind: str) -> None:
    model, wrong, told = WRONG[kind]
    done = converted(workshop, model, **wrong)
    assert done.verdict is Verdict.REFUSED
    assert told in str(done.reason)
    assert "is another model" in str(done.reason)  # it was not refused for anything else


@pytest.mark.parametrize("model", ["sequence", "image", "sure"])
def test_what_was_converted_right_is_proven_with_power(workshop: Workshop, model: str) -> None:
    done = converted(workshop, model)
    assert done.verdict is Verdict.DELIVERED, done.reason
    assert done.proof is not None
    assert done.proof.weak is None
    power = done.proof.power
    assert power is not None
    assert power.noticed == power.changed == power.layers > 1
    assert power.weights_noticed == power.weights
    assert power.trained == (("norm", "drop") if model == "image" else ())


def test_what_a_proof_would_not_notice_is_said(workshop: Workshop) -> None:
    done = converted(workshop, "deaf")
    assert done.verdict is Verdict.DELIVERED, done.reason
    assert done.proof is not None
    assert done.proof.power is not None
    assert done.proof.power.unnoticed == ("unheard",)
    assert "the proof is weak: a change of 1 % would not have been noticed in unheard" in "\n".join(
        as_lines(done)
    )
