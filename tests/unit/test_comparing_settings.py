"""Arguments, losses and optimizers that differ in what is easily overlooked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import paired_files as files
import pytest
from paired_files import example
from test_comparing_strictly import Change, _layer, _settings, changed

from caniload.runner.comparing.facts import Status
from caniload.runner.comparing.worker import compared


def _given(name: str, **arguments: Any) -> Change:
    return lambda stated: _layer(stated, name)["config"].update(arguments)


def _is(name: str, kind: str, **arguments: Any) -> Change:
    def change(stated: dict[str, Any]) -> None:
        node = _layer(stated, name)
        node["class_name"] = kind
        node["config"].update(arguments)

    return change


@pytest.mark.parametrize(
    ("first", "second", "said"),
    [
        (
            _is("drop", "TextVectorization", split="whitespace"),
            _given("drop", split=None),
            ("split", "whitespace", "None"),
        ),
        (
            _is("drop", "Normalization", axis=-1),
            _given("drop", axis=None),
            ("axis", "-1", "None"),
        ),
        (
            _is("drop", "IntegerLookup", vocabulary=[1234567890]),
            _given("drop", vocabulary=[1234567891]),
            ("vocabulary", "(1234567890)", "(1234567891)"),
        ),
        (
            _is("drop", "StringLookup", oov_token="UNK"),  # noqa: S106 - a word
            _given("drop", oov_token="unk"),  # noqa: S106 - a word
            ("oov_token", "UNK", "unk"),
        ),
        (
            lambda stated: _layer(stated, "out")["config"].pop("dtype", None),
            _given("out", dtype="mixed_bfloat16"),
            ("dtype", "not stated", "mixed_bfloat16"),
        ),
        (
            _given("out", dtype={"a": 1}),
            _given("out", dtype="mixed_bfloat16"),
            ("dtype", "((a, 1))", "mixed_bfloat16"),
        ),
        (
            _given("drop"),
            _given("drop", shape=[3]),
            ("shape", "not stated", "(3)"),
        ),
        (
            _is("drop", "Custom", layer="x"),
            _given("drop", layer="y"),
            ("layer", "x", "y"),
        ),
        (
            _is("drop", "Custom", seed=1),
            _given("drop", seed=2),
            ("seed", "1", "2"),
        ),
        (
            _is("drop", "GRU", time_major=False),
            _given("drop", time_major=True),
            ("time_major", "false", "true"),
        ),
        (
            lambda stated: _layer(stated, "drop").update(registered_name="p1>Dropout"),
            lambda stated: _layer(stated, "drop").update(registered_name="p2>Dropout"),
            ("package", "p1", "p2"),
        ),
    ],
)
def test_arguments_that_differ_in_what_is_easily_overlooked(
    tmp_path: Path, first: Change, second: Change, said: tuple[str, str, str]
) -> None:
    found = changed(tmp_path, second, first)
    assert [(n, b or "not stated", a or "not stated") for n, b, a in _settings(found)] == [said]
    (tmp_path / "again").mkdir()
    assert changed(tmp_path / "again", first, first).status is Status.SAME


@pytest.mark.parametrize(("alpha", "same"), [(2, True), (4, False)])
def test_what_lora_scales_by_is_its_rank_where_that_is_not_stated(
    tmp_path: Path,
    alpha: int,
    same: bool,  # noqa: FBT001 - a table
) -> None:
    def ranked(stated: dict[str, Any]) -> None:
        _layer(stated, "hidden")["config"]["lora_rank"] = 2

    def scaled(stated: dict[str, Any]) -> None:
        _layer(stated, "hidden")["config"]["lora_alpha"] = alpha

    found = changed(tmp_path, scaled, first=ranked)
    assert _settings(found) == ([] if same else [("lora_alpha", None, "4")])


def test_a_seed_of_a_layer_of_keras_says_nothing(tmp_path: Path) -> None:
    assert changed(tmp_path, _given("drop", seed=2), _given("drop", seed=1)).same


@pytest.mark.parametrize(
    ("what", "first", "second"),
    [
        ("loss", ["mse", None], [None, "mse"]),
        ("metrics", [["mae"], ["mse"]], [["mae", "mse"], []]),
    ],
)
def test_which_output_a_loss_is_for(tmp_path: Path, what: str, first: Any, second: Any) -> None:
    def stating(value: Any) -> Change:
        return lambda stated: stated["compile_config"].update({what: value})

    found = changed(tmp_path, stating(second), stating(first))
    assert {one.name for one in found.training} == {f"{what} of 0", f"{what} of 1"}


def test_single_numbers_of_an_optimizer(tmp_path: Path) -> None:
    paths = []
    for name, number in (("a", 1.0), ("b", 2.0)):
        model = example()
        model.slots["u_product"] = np.array(number, "f4")
        paths.append(files.h5(tmp_path / f"{name}.h5", model))
    found = compared(*paths)
    assert [one.name for one in found.state.changes] == ["Adam/u_product:0"]
    assert compared(paths[0], paths[0]).same
    lacking = files.h5(tmp_path / "c.h5", example())
    found = compared(paths[0], lacking)
    assert found.status is Status.UNKNOWN
    assert "that one file lacks: Adam/u_product:0" in found.not_compared[0]
