"""What hides in a file is found, and what ordinary files have in the same places is not blamed."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import hidden_attacks
import pytest
from hidden_attacks import CALLED, field, graph, keras, layer, line, node, saved_model
from model_files import DENSE, INPUT, functional, hdf5, keras_file, kinds

from caniload.runner.forensics import trusting
from caniload.runner.forensics.facts import Severity
from caniload.runner.forensics.formats import wire
from caniload.runner.forensics.reading import inspect_here


@pytest.mark.parametrize("name", hidden_attacks.FILES)
def test_what_is_hidden_is_found(tmp_path: Path, name: str) -> None:
    one = inspect_here(hidden_attacks.FILES[name](tmp_path))
    assert kinds(one, Severity.DANGER), (one.problem, one.findings)
    assert trusting.reason(one) is not None


SAVER = CALLED.replace(field(1, node("name", "Const")), field(1, node("name", "Placeholder")))

PLAIN = {
    "as TensorFlow wrote it": saved_model(graph(b"")),
    "a checkpoint that its caller's caller names": saved_model(graph(SAVER)),
    "an asset of its own": saved_model(
        lambda old: field(2, old + field(6, field(2, b"words.txt")))
    ),
    "a .keras with an asset": keras((zipfile.ZipInfo("assets/x"), b"x")),
    "an MLflow model": hidden_attacks.mlflow("{loader_module: mlflow.keras, keras_module: keras}"),
}


def test_the_cache_of_hugging_face_has_links_of_its_own(tmp_path: Path) -> None:
    model = hidden_attacks.with_link("", of_assets=True)(tmp_path / "made")
    snapshot, blobs = tmp_path / "m" / "snapshots" / "0a1b", tmp_path / "m" / "blobs"
    snapshot.mkdir(parents=True)
    blobs.mkdir()
    for name in ("config.json", "metadata.json", "model.weights.h5"):
        (model / name).rename(blobs / name)
        (snapshot / name).symlink_to(f"../../blobs/{name}")
    one = inspect_here(snapshot)
    assert one.problem is None
    assert kinds(one, Severity.DANGER) == set()
    (snapshot / "assets").symlink_to(tmp_path / "made" / "elsewhere")
    assert kinds(inspect_here(snapshot), Severity.DANGER) == {"link-elsewhere"}


def test_links_beside_the_one_model_of_a_folder_are_nobodys_business(tmp_path: Path) -> None:
    (tmp_path / "project").mkdir()
    keras()(tmp_path / "project")
    (tmp_path / "project" / "data").symlink_to("/usr")
    assert kinds(inspect_here(tmp_path / "project"), Severity.DANGER) == set()


@pytest.mark.parametrize("name", PLAIN)
def test_what_is_plain_is_not_blamed(tmp_path: Path, name: str) -> None:
    one = inspect_here(PLAIN[name](tmp_path))
    assert one.problem is None
    assert kinds(one, Severity.DANGER) == set()


@pytest.mark.parametrize(
    "config",
    [
        pytest.param(line(layer("Dense", units=4096), layer("Dense", units=4096)), id="dense"),
        pytest.param(line(layer("LSTM", units=2048)), id="lstm"),
        pytest.param(functional(INPUT, layer("Custom", activation_type="relu")), id="a type"),
        pytest.param(functional(INPUT, layer("self_attention")), id="a small name"),
        pytest.param(functional(INPUT, layer("StringLookup", vocabulary=["a"])), id="words"),
        pytest.param(functional(INPUT, layer("Grip", handle="left")), id="a handle"),
        pytest.param(
            line(
                layer("InputLayer", batch_input_shape=[None, 512, 512, 3]),
                layer("BatchNormalization", axis=[3]),
                layer("PReLU", shared_axes=[1, 2]),
            ),
            id="pictures",
        ),
    ],
)
def test_plain_settings_are_not_blamed(tmp_path: Path, config: dict[str, object]) -> None:
    one = inspect_here(hdf5(tmp_path / "m.h5", config))
    assert kinds(one, Severity.DANGER) == set()


def test_an_operation_that_tensorflow_does_not_have_is_told(tmp_path: Path) -> None:
    """Its library has to be there, or nothing loads it: of TensorFlow Text, say."""
    make = saved_model(graph(field(1, node("x", "WordpieceTokenizeWithOffsets"))))
    one = inspect_here(make(tmp_path))
    assert kinds(one, Severity.DANGER) == set()
    assert kinds(one, Severity.NOTICE) == {"foreign-operation"}


def test_a_folder_without_metadata_is_a_model_as_it_is_to_keras(tmp_path: Path) -> None:
    with zipfile.ZipFile(keras_file(tmp_path / "m.keras", functional(INPUT, DENSE))) as archive:
        archive.extractall(tmp_path / "m")
    (tmp_path / "m" / "metadata.json").unlink()
    one = inspect_here(tmp_path / "m")
    assert (one.format, one.variant, one.sound) == ("keras", "folder", True)
    assert kinds(one, Severity.NOTICE) == {"missing-part"}


def test_a_configuration_of_another_library_makes_no_second_model(tmp_path: Path) -> None:
    folder = saved_model(graph(b""))(tmp_path)
    (folder / "config.json").write_text(json.dumps({"model_type": "bert"}))
    assert kinds(inspect_here(folder), Severity.DANGER) == set()


def test_messages_are_read_as_protobuf_reads_them() -> None:
    twice = field(1, b"a") + field(1, b"b") + hidden_attacks.fixed(1, b"12345678")
    assert wire.text(twice, 1) == "b"
    assert bytes(wire.message(twice, 1)) == b"ab"
    assert wire.integer(b"\x08\x01\x08\x02", 1) == 2
    assert list(wire.packed(b"\x08\x01" + field(1, b"\x02\x81\x01"), 1)) == [1, 2, 129]
