"""What differs in a way that is easily overlooked is never told as the same."""

from __future__ import annotations

import json
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import paired_files as files
import pytest
from paired_files import Model, Part, dense, example, norm

from caniload.runner.comparing import architecture, arrays, bundles, matching, values
from caniload.runner.comparing.facts import Comparison, Kind, Status
from caniload.runner.comparing.parts import Layer, Weight
from caniload.runner.comparing.telling import as_json, sentence
from caniload.runner.comparing.worker import compared
from caniload.runner.forensics.formats import checkpoint

pytest_plugins = ["forensics_fixtures"]

Change = Callable[[dict[str, Any]], None]


def changed(tmp_path: Path, change: Change, first: Change | None = None) -> Comparison:
    """Compare a model with itself after its configuration was changed."""
    one = files.keras(tmp_path / "a.keras", example())
    if first is not None:
        one = files.edited(one, tmp_path / "first.keras", first)
    return compared(one, files.edited(one, tmp_path / "b.keras", change))


def _layer(stated: dict[str, Any], name: str) -> Any:
    return next(one for one in stated["config"]["layers"] if one["config"].get("name") == name)


def _settings(found: Comparison) -> list[tuple[str, str | None, str | None]]:
    return [(s.name, s.before, s.after) for one in found.layers for s in one.settings]


def _line(*order: int) -> Model:
    parts = [
        dense("dense", 5, 5, 1),
        Part("ReLU", "re_lu"),
        norm("batch_normalization", 5, 2),
        Part("ReLU", "re_lu_1"),
    ]
    return Model([parts[at] for at in order], sequential=True)


def test_the_order_of_layers_in_a_line(tmp_path: Path) -> None:
    one = files.h5(tmp_path / "a.h5", _line(0, 1, 2))
    found = compared(one, files.keras(tmp_path / "b.keras", _line(0, 2, 1)))
    assert found.status is Status.DIFFERENT
    (change,) = found.model
    assert (change.name, change.before, change.after) == (
        "order of layers",
        "dense, re_lu, batch_normalization",
        "dense, batch_normalization, re_lu",
    )
    assert found.weights.equal == 6
    assert compared(one, files.keras(tmp_path / "c.keras", _line(0, 1, 2))).same


def test_numbers_in_names_are_no_order_of_layers(tmp_path: Path) -> None:
    one = files.h5(tmp_path / "a.h5", _line(0, 1, 2, 3))
    found = compared(one, files.keras(tmp_path / "b.keras", _line(0, 3, 2, 1)))
    assert found.status is Status.SAME, as_json(found)


def _archive(path: Path, source: Path, *names: str) -> Path:
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(path, "w") as new:
        for name in names:
            new.writestr(name, old.read(name))
    return path


def test_a_whole_model_without_its_weights(tmp_path: Path) -> None:
    model = example()
    model.slots = {}
    one = files.keras(tmp_path / "a.keras", model)
    other = tmp_path / "b.keras"
    with h5py.File(tmp_path / "empty.h5", "w") as file:
        file.create_group("layers")
    _archive(other, one, "config.json", "metadata.json")
    assert compared(one, other).status is Status.UNKNOWN
    with zipfile.ZipFile(other, "a") as archive:
        archive.write(tmp_path / "empty.h5", "model.weights.h5")
    found = compared(one, other)
    assert {change.kind for change in found.weights.changes} == {Kind.REMOVED}
    assert len(found.weights.changes) == 10


class _Numbers:
    def __init__(self, *numbers: float) -> None:
        self._numbers = np.array(numbers, "f4")
        self.shape: tuple[int, ...] = self._numbers.shape
        self.dtype = "float32"
        self.refusal: str | None = None

    def read(self, start: int, count: int, slices: tuple[slice, ...]) -> Any:
        del slices
        return self._numbers[start : start + count]


def test_each_of_two_arrays_of_one_name_is_compared() -> None:
    one, other = (
        [Weight(array=_Numbers(*each), label="k", leaf="k") for each in side]
        for side in (((1, 2), (3, 4)), ((3, 4), (3, 4)))
    )
    pairs = matching.weights(one, other)
    assert [id(b) for _, b in pairs] == [id(each) for each in other]
    short = matching.weights(one, other[:1])
    assert len(short) == 1


def _constant(stated: dict[str, Any], number: float) -> None:
    node = _layer(stated, "middle")["inbound_nodes"][0]
    node["args"] = [node["args"][0], number]


@pytest.mark.parametrize(("number", "same"), [(2.0, True), (3.0, False)])
def test_a_constant_that_is_given_by_its_place(tmp_path: Path, number: float, same: bool) -> None:  # noqa: FBT001 - a table
    found = changed(tmp_path, lambda it: _constant(it, number), lambda it: _constant(it, 2.0))
    assert found.same is same
    if not same:
        assert _settings(found) == [("inputs", "norm, argument 1=2", "norm, argument 1=3")]


def test_the_place_of_a_constant(tmp_path: Path) -> None:
    def turned(stated: dict[str, Any]) -> None:
        _layer(stated, "middle")["inbound_nodes"][0]["args"].reverse()

    assert not changed(tmp_path, turned, lambda it: _constant(it, 2.0)).same


def test_a_layer_that_never_trains(tmp_path: Path) -> None:
    def kept(stated: dict[str, Any]) -> None:
        _layer(stated, "norm")["inbound_nodes"][0]["kwargs"] = {"training": False}

    assert _settings(changed(tmp_path, kept)) == [("inputs", "hidden", "hidden, training=false")]


def test_what_keras_3_writes_to_a_layer_that_was_told_nothing(tmp_path: Path) -> None:
    def told(stated: dict[str, Any]) -> None:
        _layer(stated, "drop")["inbound_nodes"][0]["kwargs"] = {"training": False}

    assert changed(tmp_path, told).same


def _unpacked(tmp_path: Path, name: str, words: bytes) -> Path:
    packed = files.keras(tmp_path / f"{name}.keras", example(), words=words)
    with zipfile.ZipFile(packed) as archive:
        archive.extractall(tmp_path / name)
    return tmp_path / name


def test_files_in_a_folder(tmp_path: Path) -> None:
    one, other = (_unpacked(tmp_path, name, name.encode()) for name in ("a", "b"))
    found = compared(one, other)
    assert [(each.kind, each.name) for each in found.assets] == [(Kind.CHANGED, "assets/words.txt")]
    assert compared(one, tmp_path / "a.keras").status is Status.SAME


def test_a_file_that_neither_can_read_is_not_compared(tmp_path: Path) -> None:
    paths = []
    for name in ("a", "b"):
        path = files.keras(tmp_path / f"{name}.keras", example(), words=b"words inside " * 9)
        content = path.read_bytes()
        path.write_bytes(content.replace(b"words inside ", name.encode() * 13))
        paths.append(path)
    found = compared(*paths)
    assert [each.kind for each in found.assets] == [Kind.NOT_COMPARED]
    assert found.status is Status.UNKNOWN


def test_files_of_a_savedmodel(recorded: Path, tmp_path: Path) -> None:
    paths = [tmp_path / "a", tmp_path / "b"]
    for path in paths:
        shutil.copytree(recorded / "savedmodel", path)
        (path / "assets").mkdir(exist_ok=True)
        (path / "assets/words.txt").write_text("a b", "utf-8")
    assert compared(*paths).status is Status.SAME
    (paths[1] / "assets/words.txt").write_text("a c", "utf-8")
    found = compared(*paths)
    assert [(each.kind, each.name) for each in found.assets] == [(Kind.CHANGED, "assets/words.txt")]


def test_tables_in_the_graph_of_a_savedmodel_are_not_compared(
    recorded: Path, tmp_path: Path
) -> None:
    paths = [tmp_path / "a", tmp_path / "b"]
    for number, path in enumerate(paths):
        shutil.copytree(recorded / "savedmodel", path)
        with (path / "saved_model.pb").open("ab") as graph:
            text = b"LookupTableImportV2 %d" % number
            graph.write(bytes([0x7A, len(text)]) + text)  # a field that readers skip
    assert compared(paths[0], paths[0]).status is Status.SAME
    found = compared(*paths)
    assert [(each.kind, each.name) for each in found.assets] == [
        (Kind.NOT_COMPARED, "saved_model.pb")
    ]
    assert found.status is Status.UNKNOWN


def test_numbers_whose_quotient_is_none() -> None:
    outcome = arrays.compare("k", _Numbers(1e-38), _Numbers(3e38))
    assert outcome.change is not None
    wide = [_Numbers(0), _Numbers(0)]
    for one, number in zip(wide, (1e-300, 1e300), strict=True):
        one._numbers = np.array([number])
        one.dtype = "float64"
    outcome = arrays.compare("k", *wide)
    assert outcome.change is not None
    assert outcome.change.numbers is not None
    assert outcome.change.numbers.relative is not None
    assert np.isfinite(outcome.change.numbers.relative)


def test_a_graph_that_cannot_be_followed_is_not_compared(tmp_path: Path) -> None:
    def broken(stated: dict[str, Any]) -> None:
        _layer(stated, "out")["inbound_nodes"] = [["?"]]

    found = changed(tmp_path, broken, broken)
    assert found.status is Status.UNKNOWN
    assert "how the layers of model are connected" in found.not_compared[0]


def test_models_within_models_beyond_what_is_followed(tmp_path: Path) -> None:
    def nested(units: int) -> dict[str, Any]:
        node: dict[str, Any] = {"class_name": "Dense", "config": {"name": "d", "units": units}}
        for number in range(architecture.DEPTH + 2):
            node = {"class_name": "Sequential", "config": {"name": f"s{number}", "layers": [node]}}
        return node

    paths = []
    for units in (1, 2):
        paths.append(tmp_path / f"{units}.json")
        paths[-1].write_text(json.dumps(nested(units)), encoding="utf-8")
    found = compared(*paths)
    assert found.status is Status.UNKNOWN
    assert "beyond 40" in found.not_compared[0]


def test_numbers_with_their_bytes_turned(tmp_path: Path) -> None:
    model = example()
    one = files.weights(tmp_path / "a.weights.h5", model)
    for part in model.parts:
        part.weights = {name: array.astype(">f4") for name, array in part.weights.items()}
    found = compared(one, files.weights(tmp_path / "b.weights.h5", model))
    assert (found.status, found.weights.equal) == (Status.SAME, 10), as_json(found)


def test_many_layers_that_are_numbered_otherwise() -> None:
    sides = [
        [
            Layer(name=f"dense_{number + first}", class_name="Dense", settings={"a": 1})
            for number in range(1_400)
        ]
        for first in (1, 7)
    ]
    sides[1].insert(700, Layer(name="dropout", class_name="Dropout"))
    pairs = matching.layers(*sides)
    del sides[1][700]
    pairs.sort(key=lambda pair: sides[0].index(pair[0]))
    assert [a.name for a, _ in pairs] == [one.name for one in sides[0]]
    assert [b.name for _, b in pairs] == [one.name for one in sides[1]]


def test_a_quantized_policy_has_a_name() -> None:
    stated = {
        "class_name": "QuantizedDTypePolicy",
        "config": {"mode": "int8", "source_name": "float32"},
    }
    assert values.canonical(stated) == "int8_from_float32"


def test_names_and_numbers_in_the_sentence(tmp_path: Path) -> None:
    before, after = example(), example()
    after.parts[-1] = dense("out", 5, 3, 4)
    one = files.weights(tmp_path / "a.weights.h5", before)
    del after.parts[-1].weights["bias"], before.parts[-1].weights["bias"]
    found = compared(
        files.weights(tmp_path / "b.weights.h5", before),
        files.weights(tmp_path / "c.weights.h5", after),
    )
    assert sentence(found).startswith("out/kernel has another shape")
    before = example()
    before.part("norm").weights["beta"][0] = np.nan
    found = compared(one, files.weights(tmp_path / "d.weights.h5", before))
    assert "norm/beta 1 of 5 numbers not finite on one side" in sentence(found)


def test_variables_of_one_name_are_told_by_their_places(
    recorded: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    prefix = recorded / "checkpoint/model.ckpt"
    _, entries = checkpoint.index(prefix)
    same = {one.key: "Variable" for one in entries}
    monkeypatch.setattr(bundles, "_full_names", lambda *_: same)
    model, _, _ = bundles.read(prefix)
    assert len({one.parts for one in model}) == len(model) == 4
    assert compared(prefix, prefix).weights.equal == 4
