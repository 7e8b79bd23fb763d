"""What is read of two files: numbers of any kind, data beside them, missing, or a trap."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np
import paired_files as files
import pytest
from paired_files import example
from test_comparing import pair

from caniload.runner.comparing.facts import Kind, Status
from caniload.runner.comparing.telling import as_json
from caniload.runner.comparing.worker import compared

pytest_plugins = ["forensics_fixtures"]


@pytest.mark.parametrize("kind", ["float16", "float64", "int8", "bfloat16"])
def test_weights_of_another_type(tmp_path: Path, kind: str) -> None:
    after = example()
    kernel = after.part("out").weights["kernel"]
    paths = [files.h5(tmp_path / "a.h5", example()), tmp_path / "b.h5"]
    if kind == "bfloat16":
        halves = (kernel.view("u4") + 0x7FFF + ((kernel.view("u4") >> 16) & 1)) >> 16
        after.part("out").weights["kernel"] = halves.astype("u2")
    else:
        after.part("out").weights["kernel"] = (kernel * (100 if kind == "int8" else 1)).astype(kind)
    files.h5(paths[1], after)
    if kind == "bfloat16":
        with h5py.File(paths[1], "a") as file:
            file["model_weights/out/out/kernel:0"].attrs["dtype"] = kind
    found = compared(*paths)
    if kind == "float64":
        assert (found.weights.alike, found.status) == (1, Status.SAME)
        return
    (change,) = found.weights.changes
    assert change.after == f"{kind} (5, 2)"
    if kind == "int8":
        assert change.numbers is None
        assert "no same numbers" in str(change.reason)
    else:
        assert change.numbers is not None
        assert change.numbers.rounded == kind


def test_numbers_that_are_not_finite(tmp_path: Path) -> None:
    before, after = example(), example()
    before.part("out").weights["bias"][:] = [np.nan, np.inf]
    after.part("out").weights["bias"][:] = [np.nan, 1]
    (change,) = pair(tmp_path, "2.h5", "a.keras", before, after).weights.changes
    assert change.numbers is not None
    assert (change.numbers.differing, change.numbers.not_finite) == (1, 1)


def test_whole_numbers_beyond_what_a_float_holds(tmp_path: Path) -> None:
    before, after = example(), example()
    for model, number in ((before, 2**62), (after, 2**62 + 1)):
        model.part("out").weights["bias"] = np.array([number, 0], "i8")
    found = pair(tmp_path, "2.h5", "a.keras", before, after)
    assert found.weights.changes[0].numbers is not None
    assert found.weights.changes[0].numbers.differing == 1


def test_files_inside(tmp_path: Path) -> None:
    one = files.keras(tmp_path / "a.keras", example(), words=b"a b")
    other = files.keras(tmp_path / "b.keras", example(), words=b"a c")
    found = compared(one, other)
    assert [(each.kind, each.name) for each in found.assets] == [(Kind.CHANGED, "assets/words.txt")]
    assert compared(one, one).status is Status.SAME


@pytest.mark.parametrize(
    ("one", "other", "weights"),
    [
        ("keras-2.15.keras", "savedmodel", 4),
        ("keras-2.15.keras", "keras-3.13.weights.h5", 4),
        ("savedmodel", "checkpoint/model.ckpt", 4),
        ("checkpoint", "keras-3.13.weights.h5", 4),
        ("tf-1.15-lstm.h5", "tf-1.15-lstm.h5", 5),
    ],
)
def test_files_that_keras_wrote(recorded: Path, one: str, other: str, weights: int) -> None:
    found = compared(recorded / one, recorded / other)
    assert (found.status, found.weights.equal) == (Status.SAME, weights), as_json(found)


def test_a_number_changed_in_the_data_of_a_savedmodel(recorded: Path, tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    for path in (recorded / "checkpoint").iterdir():
        content = bytearray(path.read_bytes())
        if ".data-" in path.name:
            content[3] ^= 0x40
        (tmp_path / "b" / path.name).write_bytes(content)
    found = compared(recorded / "savedmodel", tmp_path / "b")
    assert (len(found.weights.changes), found.weights.equal) == (1, 3)


def test_data_that_is_missing_is_not_compared(recorded: Path, tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    index = (recorded / "checkpoint/model.ckpt.index").read_bytes()
    (tmp_path / "b/model.ckpt.index").write_bytes(index)
    found = compared(recorded / "savedmodel", tmp_path / "b")
    assert (found.status, found.weights.equal) == (Status.UNKNOWN, 0)
    assert {one.kind for one in found.weights.changes} == {Kind.NOT_COMPARED}


def test_numbers_outside_of_the_file_are_not_read(tmp_path: Path) -> None:
    one, other = (files.h5(tmp_path / name, example()) for name in ("a.h5", "b.h5"))
    with h5py.File(other, "a") as file:
        del file["model_weights/out/out/bias:0"]
        outside = [("/etc/hostname", 0, 8)]
        file["model_weights"].create_dataset("out/out/bias:0", (2,), "f4", external=outside)
    found = compared(one, other)
    (change,) = found.weights.changes
    assert (change.kind, change.reason) == (
        Kind.NOT_COMPARED,
        "its numbers are kept outside of the file",
    )
    assert found.status is Status.UNKNOWN


def test_a_shape_that_is_a_trap_costs_nothing(tmp_path: Path) -> None:
    path = files.h5(tmp_path / "a.h5", example())
    with h5py.File(path, "a") as file:
        del file["model_weights/out/out/bias:0"]
        file["model_weights"].create_dataset("out/out/bias:0", (2**40,), "f4", chunks=(2**20,))
    found = compared(path, path)
    assert [one.kind for one in found.weights.changes] == [Kind.NOT_COMPARED]


def test_shards_lie_beside_their_list(tmp_path: Path) -> None:
    one = files.sharded(tmp_path / "a.weights.json", example())
    text = one.read_text("utf-8").replace('"a_00001', '"/elsewhere/../a_00001')
    (tmp_path / "b.weights.json").write_text(text, "utf-8")
    assert compared(one, tmp_path / "b.weights.json").status is Status.SAME
    (tmp_path / "a_00001.weights.h5").unlink()
    found = compared(one, tmp_path / "b.weights.json")
    assert found.status is Status.UNKNOWN
    assert "a_00001" in found.not_compared[0]
