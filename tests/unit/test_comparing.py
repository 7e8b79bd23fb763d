"""Two files that hold one model are told as the same, and what differs is told by its name."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import paired_files as files
import pytest
from paired_files import Model, Part, dense, example

import caniload
from caniload.runner.commands import cli
from caniload.runner.comparing import arrays, values
from caniload.runner.comparing.facts import Comparison, Kind, Status
from caniload.runner.comparing.page import as_html
from caniload.runner.comparing.telling import as_json, as_lines, sentence
from caniload.runner.comparing.worker import compared

pytest_plugins = ["forensics_fixtures"]

Writer = Callable[[Path, Model], Path]
WHOLE: dict[str, Writer] = {
    "2.h5": lambda path, model: files.h5(path, model, 2),
    "3.h5": lambda path, model: files.h5(path, model, 3),
    "a.keras": files.keras,
    "packed.keras": lambda path, model: files.keras(path, model, packed=zipfile.ZIP_DEFLATED),
}
WEIGHTS: dict[str, Writer] = {
    "names.weights.h5": files.weights,
    "labelled.weights.h5": files.objects,
    "bare.weights.h5": lambda path, model: files.objects(path, model, labels=False),
    "shards.weights.json": files.sharded,
}
DESCRIBED: dict[str, Writer] = {
    "2.json": lambda path, model: files.document(path, model, 2),
    "3.json": lambda path, model: files.document(path, model, 3),
}
EVERY = {**WHOLE, **WEIGHTS, **DESCRIBED}


def pair(
    tmp_path: Path, one: str, other: str, before: Model | None = None, after: Model | None = None
) -> Comparison:
    """Compare a model in two formats, each in a folder of its own."""
    paths = []
    for side, name, model in (("A", one, before), ("B", other, after)):
        folder = tmp_path / side
        folder.mkdir()
        paths.append(EVERY[name](folder / name, model or example()))
    return compared(*paths)


@pytest.mark.parametrize("other", EVERY)
@pytest.mark.parametrize("one", WHOLE)
def test_one_model_in_two_files_is_the_same(tmp_path: Path, one: str, other: str) -> None:
    found = pair(tmp_path, one, other)
    assert found.status is Status.SAME, as_json(found)
    assert found.weights.equal == (0 if other in DESCRIBED else 10)
    assert found.layers_paired == (0 if other in WEIGHTS else 5)
    assert found.state.equal == (
        5 if other in {**WHOLE, "labelled.weights.h5": 0, "bare.weights.h5": 0} else 0
    )


@pytest.mark.parametrize("other", WEIGHTS)
@pytest.mark.parametrize("one", WEIGHTS)
def test_weights_alone_are_the_same(tmp_path: Path, one: str, other: str) -> None:
    found = pair(tmp_path, one, other)
    assert (found.status, found.weights.equal) == (Status.SAME, 10), as_json(found)
    assert sentence(found) == "The same weights: 10 weights, all equal to the last bit"


def test_a_description_and_weights_have_nothing_to_compare(tmp_path: Path) -> None:
    assert pair(tmp_path, "2.json", "names.weights.h5").status is Status.UNKNOWN


@pytest.mark.parametrize("other", [*WHOLE, *WEIGHTS])
@pytest.mark.parametrize("weight", [("middle", "kernel"), ("norm", "moving_mean"), ("out", "bias")])
def test_one_changed_number_is_found_by_name(
    tmp_path: Path, other: str, weight: tuple[str, str]
) -> None:
    after = example()
    after.part(weight[0]).weights[weight[1]].flat[1] += 0.5
    found = pair(tmp_path, "2.h5", other, after=after)
    (change,) = found.weights.changes
    assert (change.kind, change.name) == (Kind.CHANGED, "/".join(weight))
    assert change.numbers is not None
    assert (change.numbers.differing, found.weights.equal) == (1, 9)
    assert change.numbers.largest == pytest.approx(0.5, rel=1e-6)
    assert sentence(found).startswith(
        f"1 of 10 weights differs: {'/'.join(weight)} by up to 0.5 (1 of "
    )


def _activation(model: Model) -> None:
    model.part("middle").given["activation"] = "sigmoid"


def _regularizer(model: Model) -> None:
    stated = {"class_name": "L2", "config": {"l2": 0.25}}
    model.part("out").given["kernel_regularizer"] = stated


def _frozen(model: Model) -> None:
    model.part("hidden").given["trainable"] = False


def _rate(model: Model) -> None:
    model.part("drop").given["rate"] = 0.5


def _renamed(model: Model) -> None:
    model.part("middle").name = "renamed"


def _removed(model: Model) -> None:
    model.parts.remove(model.part("middle"))


def _added(model: Model) -> None:
    model.parts.insert(3, dense("extra", 5, 5, 9))


def _wider(model: Model) -> None:
    model.parts[-1] = dense("out", 5, 3, 4, activation="softmax")


def _class(model: Model) -> None:
    model.part("drop").kind = "GaussianDropout"


def _precision(model: Model) -> None:
    model.dtype = "mixed_float16"


@pytest.mark.parametrize("other", WHOLE)
@pytest.mark.parametrize(
    ("change", "said"),
    [
        (_activation, "changed middle (Dense), activation: tanh → sigmoid"),
        (_regularizer, "changed out (Dense), kernel_regularizer: not stated → L2(l2=0.25)"),
        (_frozen, "changed hidden (Dense), trainable: true → false"),
        (_rate, "changed drop (Dropout), rate: 0.25 → 0.5"),
        (_renamed, "renamed middle (Dense) → renamed"),
        (_removed, "removed middle (Dense)"),
        (_added, "added extra (Dense)"),
        (_wider, "changed out (Dense), units: 2 → 3"),
        (_class, "changed drop (Dropout), class: Dropout → GaussianDropout"),
        (_precision, "changed hidden (Dense), dtype: float32 → mixed_float16"),
    ],
)
def test_what_was_changed_is_told(
    tmp_path: Path, other: str, change: Callable[[Model], None], said: str
) -> None:
    after = example()
    change(after)
    found = pair(tmp_path, "2.h5", other, after=after)
    lines = [" ".join(line.split()) for line in as_lines(found)]
    assert found.status is Status.DIFFERENT
    assert " ".join(said.split()) in lines
    about = {one.name for one in found.layers}
    others = {"drop"} if change in (_removed, _added) else set()  # which is given something else
    assert len(about - others) == (5 if change is _precision else 1), lines


def test_a_wider_layer_has_weights_of_another_shape(tmp_path: Path) -> None:
    after = example()
    _wider(after)
    found = pair(tmp_path, "2.h5", "a.keras", after=after)
    shapes = {one.name: (one.before, one.after) for one in found.weights.changes}
    assert shapes == {
        "out/kernel": ("float32 (5, 2)", "float32 (5, 3)"),
        "out/bias": ("float32 (2)", "float32 (3)"),
    }
    assert {one.kind for one in found.weights.changes} == {Kind.RESHAPED}


def test_numbers_that_keras_gives_are_no_difference(tmp_path: Path) -> None:
    before, after = (
        Model([dense(one, 4, 4, number) for number, one in enumerate(names)], sequential=True)
        for names in (("dense", "dense_1", "dense_2"), ("dense_1", "dense_2", "dense_3"))
    )
    found = pair(tmp_path, "2.h5", "a.keras", before, after)
    assert (found.status, found.weights.equal) == (Status.SAME, 6), as_json(found)
    assert "dense → dense_1" in found.notes[0]


def test_a_layer_that_goes_takes_no_other_for_it(tmp_path: Path) -> None:
    before = Model([dense(f"d{n}", 4, 4, n) for n in range(6)], sequential=True)
    after = before.changed()
    del after.parts[2]
    found = pair(tmp_path, "2.h5", "a.keras", before, after)
    assert [(one.kind, one.name) for one in found.layers] == [(Kind.REMOVED, "d2")]
    assert (found.weights.equal, len(found.weights.changes)) == (10, 2)


@pytest.mark.parametrize("other", WHOLE)
def test_how_it_was_compiled(tmp_path: Path, other: str) -> None:
    after = example()
    after.optimizer, after.rate, after.metrics = "Adam", 0.01, ("accuracy",)
    found = pair(tmp_path, "2.h5", other, after=after)
    assert {(one.name, one.before, one.after) for one in found.training} == {
        ("optimizer learning_rate", "0.001", "0.01"),
        ("metrics", "mae", "accuracy"),
    }


@pytest.mark.parametrize("other", WHOLE)
def test_an_optimizer_that_was_lost(tmp_path: Path, other: str) -> None:
    after = example()
    after.optimizer, after.slots = None, {}
    found = pair(tmp_path, "2.h5", other, after=after)
    assert ("optimizer", "Adam", None) in [(o.name, o.before, o.after) for o in found.training]
    assert found.status is Status.DIFFERENT
    assert found.weights.equal == 10


def test_a_momentum_that_changed(tmp_path: Path) -> None:
    after = example()
    after.slots["m/kernel"] = after.slots["m/kernel"] + np.float32(1)
    found = pair(tmp_path, "2.h5", "a.keras", after=after)
    assert [one.name for one in found.state.changes] == ["Adam/m/kernel:0"]
    assert "optimizer's arrays changed" in sentence(found)


HOSTILE = "\x1b[31m<img src=x onerror=alert(1)>\u202e & \x07"


def test_names_cannot_steer_a_terminal_or_a_page(tmp_path: Path) -> None:
    after = example()
    after.part("middle").name = "evil"
    after.part("out").given["activation"] = HOSTILE
    after.part("drop").name = HOSTILE.replace("/", "")
    found = pair(tmp_path, "2.h5", "a.keras", after=after)
    text = "\n".join(as_lines(found))
    page = as_html(found)
    for shown in (text, page):
        assert "onerror" in shown
        assert not set(shown) & {"\x1b", "\x07", "\u202e"}
    assert "<img" not in page
    assert "http-equiv" in page


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("glorot_uniform", {"class_name": "GlorotUniform", "config": {"seed": None}}, True),
        ("mse", {"class_name": "MeanSquaredError", "config": {"reduction": "auto"}}, True),
        ("relu", {"class_name": "function", "config": "relu", "module": "builtins"}, True),
        ("float32", {"class_name": "Policy", "config": {"name": "float32"}}, True),
        ([3, 3], 3, True),
        ([3, 3], [3, 1], False),
        ([1, 2], {"class_name": "__tuple__", "items": [1, 2]}, True),
        (0.001, 0.0010000000474974513, True),
        (0.001, 0.00101, False),
        ("swish", "silu", True),
        ("same", "valid", False),
        (["The"], ["the"], False),
        ("l2", {"class_name": "L1L2", "config": {"l1": 0.0, "l2": 0.01}}, True),
        ("l2", {"class_name": "L2", "config": {"l2": 0.02}}, False),
        (
            "GlorotUniform",
            {
                "class_name": "VarianceScaling",
                "config": {"scale": 1.0, "mode": "fan_avg", "distribution": "uniform"},
            },
            True,
        ),
        (
            {"class_name": "RandomNormal", "config": {"stddev": 0.05}},
            {"class_name": "RandomNormal", "config": {"stddev": 0.02}},
            False,
        ),
        (
            {"class_name": "MeanMetricWrapper", "config": {"name": "m", "fn": "mae"}},
            {"class_name": "MeanAbsoluteError", "config": {"name": "mae", "dtype": "float32"}},
            True,
        ),
    ],
)
def test_values_in_two_dialects(one: Any, other: Any, alike: bool) -> None:  # noqa: FBT001 - a table
    assert values.same(values.canonical(one), values.canonical(other)) is alike
    assert values.same(values.canonical(other), values.canonical(one)) is alike


@pytest.mark.parametrize("shape", [(), (0,), (7,), (3, 5), (2, 3, 4), (1, 100, 2), (4, 1)])
@pytest.mark.parametrize("most", [1, 4, 7, 1000])
def test_pieces_are_all_of_an_array_in_its_order(shape: tuple[int, ...], most: int) -> None:
    whole = np.arange(int(np.prod(shape))).reshape(shape)
    read = [whole[slices].reshape(-1) for _, _, slices in arrays.pieces(shape, most)]
    starts = [start for start, _, _ in arrays.pieces(shape, most)]
    assert np.concatenate([*read, []]).tolist() == whole.reshape(-1).tolist()
    assert [one[0] for one in read if one.size] == starts
    assert all(one.size <= max(most, 1) for one in read)


def test_the_command_and_its_exit_codes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one = files.h5(tmp_path / "a.h5", example())
    other = files.keras(tmp_path / "b.keras", example())
    changed = example()
    changed.part("out").weights["bias"][0] += 1
    third = files.keras(tmp_path / "c.keras", changed)
    (tmp_path / "no.h5").write_bytes(b"no model")
    assert cli.main(["diff", str(one), str(other)]) == 0
    assert capsys.readouterr().out.startswith("The same model: 5 layers, 10 weights, all equal to")
    assert cli.main(["diff", str(one), str(third), "--format", "json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert (told["status"], told["weights"]["changes"][0]["name"]) == ("different", "out/bias")
    assert cli.main(["diff", str(one), str(tmp_path / "no.h5")]) == 2
    assert "no model: a text, and no description of one" in capsys.readouterr().out
    description = files.document(tmp_path / "d.json", example(), 2)
    alone = files.weights(tmp_path / "e.weights.h5", example())
    assert cli.main(["diff", str(description), str(alone)]) == 5
    page = tmp_path / "page.html"
    assert cli.main(["diff", str(one), str(third), "--format", "html", "-o", str(page)]) == 1
    assert "out/bias" in page.read_text("utf-8")
    assert cli.main(["diff", str(one), str(third), "-o", str(one)]) == 2


def test_diff_from_python(tmp_path: Path) -> None:
    one = files.h5(tmp_path / "a.h5", example())
    found = caniload.diff(one, files.keras(tmp_path / "b.keras", example()))
    assert found.same
    assert (found.layers_paired, found.weights.equal, found.status) == (5, 10, "same")
    assert isinstance(found, caniload.Comparison)
    assert (
        caniload.diff(one, tmp_path / "nowhere").after.problem == "there is no such file or folder"
    )


def test_a_reader_that_dies_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from caniload.runner.comparing import apart  # noqa: PLC0415 - what is patched

    one = files.h5(tmp_path / "a.h5", example())
    monkeypatch.setattr(apart, "_START", "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)")
    found = apart.compare(one, one)
    assert found.status is Status.UNREADABLE
    assert "SIGSEGV" in str(found.before.problem)


def test_defaults_are_what_constructors_take() -> None:
    """What ships beside the rules is written by ``python tests/defaults.py``."""
    from defaults import PATH, collected  # noqa: PLC0415 - reads the pack

    assert json.loads(PATH.read_text("utf-8")) == collected()


def test_a_line_of_layers_of_keras_2_without_its_input(tmp_path: Path) -> None:
    model = Model([dense("d", 4, 3, 1), Part("Dropout", "o", {"rate": 0.5})], sequential=True)
    stated = files.config(model, 2)
    del stated["config"]["layers"][0]
    stated["config"]["layers"][0]["config"]["batch_input_shape"] = [None, 4]
    one = tmp_path / "a.json"
    one.write_text(json.dumps(stated), encoding="utf-8")
    assert compared(one, files.keras(tmp_path / "b.keras", model)).status is Status.SAME
    stated["config"]["layers"][0]["config"]["batch_input_shape"] = [None, 5]
    one.write_text(json.dumps(stated), encoding="utf-8")
    (change,) = compared(one, tmp_path / "b.keras").layers
    assert [(s.name, s.before, s.after) for s in change.settings] == [
        ("shape", "(null, 5)", "(null, 4)")
    ]


def test_weights_that_are_grouped_in_another_way_are_told_by_their_numbers(tmp_path: Path) -> None:
    """A checkpoint leaves out the model around a layer, weights by objects do not."""
    kernel = np.arange(6, dtype="f4").reshape(2, 3)
    for name, path in (("a", "layers/functional/layers/dense"), ("b", "layers/dense")):
        with h5py.File(tmp_path / f"{name}.weights.h5", "w") as file:
            file[f"{path}/vars/0"] = kernel
            file["layers/embedding/vars/0"] = np.ones((4, 2), "f4")
    one, other = tmp_path / "a.weights.h5", tmp_path / "b.weights.h5"
    assert (compared(one, other).status, compared(one, other).weights.equal) == (Status.SAME, 2)
    with h5py.File(other, "a") as file:
        file["layers/dense/vars/0"][0, 0] = 9
    found = compared(one, other)
    assert found.status is Status.DIFFERENT
    assert found.weights.equal == 1
