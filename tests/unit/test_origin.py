"""What a file says of its origin: real small files, and what a stranger may send instead."""

from __future__ import annotations

import json
import os
import zipfile
from collections.abc import Mapping
from pathlib import Path

import h5py
import numpy as np
import pytest

from caniload.runner.judging import origin
from caniload.runner.judging.origin import OriginError, read_origin

KERAS_2 = {"keras_version": "2.3.1", "backend": "theano"}


def hdf5(path: Path, attributes: Mapping[str, object], group: str = "/") -> Path:
    with h5py.File(path, "w") as file:
        file.require_group(group).attrs.update(attributes)
        file.create_dataset("weights", data=np.zeros(3))
    return path


def keras_zip(path: Path, metadata: str | None) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("config.json", "{}")
        if metadata is not None:
            archive.writestr("metadata.json", metadata)
    return path


def varint(value: int) -> bytes:
    low, rest = value & 0x7F, value >> 7
    return bytes([low | 0x80]) + varint(rest) if rest else bytes([low])


def field(number: int, value: int | str | bytes) -> bytes:
    """Encode one field of a protobuf message."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    content = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(content)) + content


METADATA = json.dumps({"class_name": "Functional", **KERAS_2})
INFO = field(4, "serve") + field(5, "2.9.3") + field(7, 1)
NODES = field(1, field(1, "a node")) + field(1, b"") + varint(3 << 3 | 5) + b"\1\2\3\4"
GRAPH = NODES + field(4, field(1, 1087) + field(2, 12))
META_GRAPH = field(1, INFO) + field(2, GRAPH)
SAVED_MODEL = field(1, 1) + field(2, META_GRAPH)
OBJECT_GRAPH = field(1, field(4, field(1, "_tf_keras_network") + field(3, METADATA)))
KERAS_METADATA = field(1, field(3, "root") + field(5, METADATA) + field(6, field(1, 2)))
STATED = {
    "tensorflow_version": "2.9.3",
    "GraphDef producer": "1087",
    "GraphDef min_consumer": "12",
}


def savedmodel(folder: Path, graph: bytes = SAVED_MODEL, metadata: bytes | None = None) -> Path:
    folder.mkdir()
    (folder / "saved_model.pb").write_bytes(graph)
    if metadata is not None:
        (folder / "keras_metadata.pb").write_bytes(metadata)
    return folder


@pytest.mark.parametrize(
    "attributes",
    [
        pytest.param(KERAS_2, id="text"),
        pytest.param({name: value.encode() for name, value in KERAS_2.items()}, id="bytes"),
        pytest.param({name: np.bytes_(value) for name, value in KERAS_2.items()}, id="numpy"),
    ],
)
def test_hdf5(tmp_path: Path, attributes: Mapping[str, object]) -> None:
    path = hdf5(tmp_path / "model.h5", {"layer_names": [b"a"], **attributes})
    assert read_origin(path, ".h5") == KERAS_2


def test_hdf5_that_says_it_beside_the_weights(tmp_path: Path) -> None:
    assert read_origin(hdf5(tmp_path / "m.h5", KERAS_2, "model_weights"), ".h5") == KERAS_2


@pytest.mark.parametrize(
    "attributes",
    [
        pytest.param({}, id="none"),
        pytest.param({"keras_version": 3.0, "backend": [b"a", b"b"]}, id="no text"),
        pytest.param({"keras_version": h5py.Empty("S5")}, id="empty"),
    ],
)
def test_hdf5_that_says_nothing(tmp_path: Path, attributes: Mapping[str, object]) -> None:
    assert read_origin(hdf5(tmp_path / "m.h5", attributes), ".h5") == {}


def test_keras_zip(tmp_path: Path) -> None:
    stated = {"keras_version": "3.4.1", "date_saved": "2026-11-22@17:41:08"}
    path = keras_zip(tmp_path / "model.keras", json.dumps({**stated, "other": [1]}))
    assert read_origin(path, ".keras") == stated


def test_json(tmp_path: Path) -> None:
    path = tmp_path / "model.json"
    path.write_text(json.dumps({"class_name": "Model", **KERAS_2}))
    assert read_origin(path, ".json") == KERAS_2


def test_savedmodel_with_keras_metadata_beside_it(tmp_path: Path) -> None:
    folder = savedmodel(tmp_path / "model", metadata=KERAS_METADATA)
    expected = {**STATED, "Keras metadata producer": "2", **KERAS_2}
    assert read_origin(folder, "") == expected


def test_savedmodel_with_keras_metadata_inside(tmp_path: Path) -> None:
    graph = field(1, 1) + field(2, META_GRAPH + field(7, OBJECT_GRAPH))
    assert read_origin(savedmodel(tmp_path / "m", graph), "") == {**STATED, **KERAS_2}


def test_savedmodel_of_no_keras(tmp_path: Path) -> None:
    assert read_origin(savedmodel(tmp_path / "model"), "") == STATED


def test_a_checkpoint_says_nothing(tmp_path: Path) -> None:
    assert read_origin(tmp_path / "model.ckpt", ".ckpt") == {}


def test_long_values_are_cut(tmp_path: Path) -> None:
    path = hdf5(tmp_path / "m.h5", {"keras_version": "3" * 5_000})
    assert len(read_origin(path, ".h5")["keras_version"]) == origin.TEXT + 1


GARBAGE = {
    "nothing": b"",
    "zeros": bytes(4_000),
    "ones": b"\xff" * 4_000,
    "text": b"not what it seems" * 50,
    "a magic number": b"\x89HDF\r\n\x1a\n" + b"\xff" * 300,
    "an end of a zip": b"PK\5\6" + b"\xff" * 18,
    "brackets": b"[" * 100_000,
    "a list": b"[]",
}


@pytest.mark.parametrize("kind", [".h5", ".keras", ".json"])
@pytest.mark.parametrize("content", GARBAGE.values(), ids=GARBAGE)
def test_garbage_ends_in_the_one_error(tmp_path: Path, kind: str, content: bytes) -> None:
    path = tmp_path / "model"
    path.write_bytes(content)
    with pytest.raises(OriginError):
        read_origin(path, kind)


@pytest.mark.parametrize("kind", [".h5", ".keras", ".json"])
@pytest.mark.parametrize("tenths", range(10))
def test_what_is_cut_short_ends_in_the_one_error(tmp_path: Path, kind: str, tenths: int) -> None:
    path = tmp_path / "model"
    match kind:
        case ".h5":
            hdf5(path, KERAS_2)
        case ".keras":
            keras_zip(path, json.dumps(KERAS_2))
        case _:
            path.write_text(json.dumps(KERAS_2))
    os.truncate(path, path.stat().st_size * tenths // 10)
    with pytest.raises(OriginError):
        read_origin(path, kind)


@pytest.mark.parametrize("length", range(1, len(SAVED_MODEL)))
def test_a_savedmodel_cut_short_ends_in_the_one_error_or_says_less(
    tmp_path: Path, length: int
) -> None:
    try:
        assert read_origin(savedmodel(tmp_path / "m", SAVED_MODEL[:length]), "") == {}
    except OriginError as error:
        assert "protobuf" in str(error)  # noqa: PT017 - one or the other, both are right


@pytest.mark.parametrize(
    "graph",
    [
        pytest.param(b"\xff" * 40, id="a number without an end"),
        pytest.param(varint(2 << 3 | 3), id="a group"),
        pytest.param(varint(2 << 3 | 2) + varint(2**60), id="longer than the file"),
        pytest.param(varint(2 << 3 | 1) + b"\1", id="fixed width cut short"),
        pytest.param(field(0, b""), id="field zero"),
    ],
)
def test_what_is_no_protobuf(tmp_path: Path, graph: bytes) -> None:
    with pytest.raises(OriginError, match="protobuf"):
        read_origin(savedmodel(tmp_path / "model", graph), "")


def test_keras_metadata_that_is_no_json(tmp_path: Path) -> None:
    folder = savedmodel(tmp_path / "model", metadata=field(1, field(5, "{")))
    with pytest.raises(OriginError, match="not JSON"):
        read_origin(folder, "")


@pytest.mark.parametrize("metadata", [None, "3.4.1", "{", '"text"'])
def test_a_keras_file_without_metadata_to_read(tmp_path: Path, metadata: str | None) -> None:
    with pytest.raises(OriginError):
        read_origin(keras_zip(tmp_path / "model.keras", metadata), ".keras")


def test_a_member_that_unpacks_to_too_much_is_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = keras_zip(tmp_path / "model.keras", json.dumps({"keras_version": "3" * 9_000}))
    monkeypatch.setattr(origin, "MEMBER_BYTES", 1_000)
    with pytest.raises(OriginError, match="longer than is read"):
        read_origin(path, ".keras")


@pytest.mark.parametrize("kind", [".h5", ".keras", ".json"])
def test_a_file_that_is_too_large_is_not_opened(
    tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "model"
    path.write_bytes(bytes(11))
    monkeypatch.setattr(origin, "FILE_BYTES", 10)
    monkeypatch.setattr(origin, "MEMBER_BYTES", 10)
    with pytest.raises(OriginError, match="11 bytes"):
        read_origin(path, kind)


@pytest.mark.parametrize("kind", [".h5", ".keras", "", ".json"])
def test_what_is_not_there(tmp_path: Path, kind: str) -> None:
    with pytest.raises(OriginError, match="not kept here"):
        read_origin(tmp_path / "absent", kind)
