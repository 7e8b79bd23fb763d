"""Files that hide what they attack with; harmless here, and none of them is ever loaded.

Most are kinds that a real Keras or TensorFlow loaded, with a canary that was touched, before they
were found: what stands in a place that a reader of its own does not look at, or reads otherwise.
A Lambda by another name, a model of TensorFlow Hub and what MLflow imports are by their sources,
a member's second name by the ``zipfile`` of Python 3.12 and 3.13.
"""

from __future__ import annotations

import io
import json
import struct
import zipfile
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import h5py
from model_files import DENSE, INPUT, functional, hdf5

Maker = Callable[[Path], Path]
Config = dict[str, Any]

RECORDED = Path(__file__).with_name("recorded_models.zip")
CODE = ["4wEAAA==", None, None]
LAMBDA = {"class_name": "Lambda", "config": {"name": "out", "function": CODE}}
LAMBDA["config"]["function_type"] = "lambda"  # type: ignore[index]


def layer(class_name: str, **config: Any) -> Config:
    return {"class_name": class_name, "config": {"name": "out", **config}}


def line(*layers: Config) -> Config:
    return {"class_name": "Sequential", "config": {"name": "m", "layers": list(layers)}}


# Protobuf, as it is written.


def number(value: int) -> bytes:
    out = b""
    while value > 0x7F:
        out, value = out + bytes([value & 0x7F | 0x80]), value >> 7
    return out + bytes([value])


def field(tag: int, content: bytes) -> bytes:
    return number(tag << 3 | 2) + number(len(content)) + content


def fixed(tag: int, content: bytes) -> bytes:
    return number(tag << 3 | 1) + content


def node(name: str, operation: str, *inputs: str, calls: str | None = None) -> bytes:
    written = field(1, name.encode()) + field(2, operation.encode())
    written += b"".join(field(3, one.encode()) for one in inputs)
    if calls is not None:
        written += field(5, field(1, b"f") + field(2, field(10, field(1, calls.encode()))))
    return written


ENDLESS = field(2, field(1, field(1, field(1, b"endless")) + field(3, node("x", "endless"))))
BOTH = b"".join(
    field(1, field(1, field(1, name)) + field(3, node("x", "While", calls=other)))
    for name, other in ((b"one", "other"), (b"other", "one"))
)
WRITES = field(1, node("evil", "WriteFile", "a", "b"))
NAMED = field(1, node("name", "Const")) + field(1, node("evil", "SaveV2", "name", "a", "b"))
FUNCTION = field(1, field(1, b"writes") + field(2, field(1, b"prefix")))
FUNCTION += field(3, node("evil", "SaveV2", "prefix", "a", "b"))
CALLED = field(1, node("name", "Const")) + field(
    1, node("x", "PartitionedCall", "name", calls="writes")
)
CALLED += field(2, field(1, FUNCTION))
RENAMED = field(1, field(1, b"evil") + field(2, b"WriteFile") + fixed(2, b"Identity"))


def saved_model(change: Callable[[bytes], bytes], beside: bytes | None = None) -> Maker:
    """Return a maker of a SavedModel of TensorFlow's with its MetaGraphDef changed."""

    def make(folder: Path) -> Path:
        with zipfile.ZipFile(RECORDED) as recorded:
            names = [one for one in recorded.namelist() if one.startswith("savedmodel/")]
            recorded.extractall(folder, names)
        path = folder / "savedmodel" / "saved_model.pb"
        path.write_bytes(number(1 << 3) + number(1) + change(graph_of(path.read_bytes())))
        if beside is not None:
            described = path.with_name("keras_metadata.pb")
            old = described.read_bytes() if described.is_file() else b""
            described.write_bytes(old + beside)
        return path.parent

    return make


def graph_of(content: bytes) -> bytes:
    """Return the first MetaGraphDef, the only field of so many bytes."""
    place = 2 if content[0] == 1 << 3 else 0
    assert content[place] == 2 << 3 | 2
    place, size, shift = place + 1, 0, 0
    while True:
        byte = content[place]
        size, shift, place = size | (byte & 0x7F) << shift, shift + 7, place + 1
        if byte < 0x80:
            return content[place : place + size]


def graph(*more: bytes) -> Callable[[bytes], bytes]:
    """Return a change that adds to the graph; protobuf merges what is there twice."""
    return lambda old: field(2, old + b"".join(field(2, one) for one in more))


DEEP = field(3, b"root.a.b") + field(4, b"_tf_keras_layer") + field(5, json.dumps(LAMBDA).encode())

GRAPHS: Mapping[str, Maker] = {
    "a graph in two parts": saved_model(
        lambda old: field(2, field(2, b"") + old + field(2, WRITES))
    ),
    "an operation that is named twice": saved_model(
        graph(field(1, field(2, b"Identity") + node("evil", "WriteFile")))
    ),
    "an operation behind a number": saved_model(graph(RENAMED)),
    "a second graph": saved_model(lambda old: field(2, old) + field(2, old + field(2, WRITES))),
    "an operation of which nothing is known": saved_model(
        graph(field(1, node("evil", "CreateSummaryFileWriter")))
    ),
    "a checkpoint that it names itself": saved_model(graph(NAMED)),
    "a checkpoint that its caller names": saved_model(graph(CALLED)),
    "an asset that lies elsewhere": saved_model(
        lambda old: field(2, old + field(6, field(2, b"../../words.txt")))
    ),
    "a function that calls itself": saved_model(graph(ENDLESS)),
    "two functions that call each other": saved_model(graph(field(2, BOTH))),
    "a layer far below": saved_model(graph(b""), field(1, DEEP)),
}


def operation(message: bytes) -> Config:
    return layer("TensorFlowOpLayer", node_def=message.decode("latin-1"), constants={})


_COLUMN = {
    "class_name": "VocabularyFileCategoricalColumn",
    "config": {"key": "a", "vocabulary_file": "/etc/passwd"},
}
_LARGE = layer("Dense", units=40_000)
_LONG_TEXT = {"class_name": "__numpy__", "config": {"value": ["a"], "dtype": "S2000000000"}}


def _shaped(*sizes: int) -> Config:
    return layer("InputLayer", batch_input_shape=[None, *sizes])


COMPILED: Mapping[str, Config] = {
    "memory of a metric": {"metrics": [layer("MeanIoU", num_classes=20_000)]},
    "memory of thresholds": {"metrics": [[layer("AUC", num_thresholds=3 * 10**8)]]},
    "memory of a text in what it was compiled with": {"loss_weights": [_LONG_TEXT]},
}

CONFIGURATIONS: Mapping[str, Config] = {
    "a function where a layer is looked up": functional(INPUT, layer("func_load", code=CODE[0])),
    "a function that merges": functional(INPUT, layer("Merge", mode="4wEA", mode_type="lambda")),
    "a Lambda by another name": functional(
        INPUT,
        {**LAMBDA, "class_name": "Unheard", "module": "keras.layers", "registered_name": "Lambda"},
    ),
    "an operation that is named twice": functional(
        INPUT, operation(field(1, b"x") + field(2, b"Identity") + field(2, b"WriteFile"))
    ),
    "an operation beside another's text": functional(
        INPUT, operation(node("x", "WriteFile") + field(6, field(1, b'op: "Identity"')))
    ),
    "an operation behind a number": functional(
        INPUT, operation(node("x", "WriteFile") + fixed(2, b"Identity"))
    ),
    "a column that reads a file": functional(
        INPUT, layer("DenseFeatures", feature_columns=[_COLUMN])
    ),
    "a model of TensorFlow Hub": functional(INPUT, layer("KerasLayer", handle="https://x.org/m")),
    "memory of two layers": line(layer("InputLayer", batch_shape=[None, 2]), _LARGE, _LARGE),
    "memory of what recurs": line(layer("LSTM", units=20_000)),
    "memory of attention": line(
        {
            **layer("MultiHeadAttention", num_heads=10**5, key_dim=10**4),
            "build_config": {"shapes_dict": {"query_shape": [None, 4, 4]}},
        }
    ),
    "memory of what adapts": line(
        {
            **layer("Dense", units=2, lora_rank=2**30),
            "build_config": {"input_shape": [None, 2]},
        }
    ),
    "memory of slopes": line(
        {**layer("PReLU"), "build_config": {"input_shape": [None, 2**16, 2**16]}}
    ),
    "memory of depths": line(layer("DepthwiseConv2D", kernel_size=[3, 3], depth_multiplier=2**29)),
    "a function looked up as a layer, with an empty module": functional(
        INPUT, {**layer("func_load", code=CODE[0]), "module": ""}
    ),
    "a function looked up as a layer, with a module": functional(
        INPUT, {**layer("func_load", code=CODE[0]), "module": "keras.layers"}
    ),
    "a vocabulary behind very many slashes": functional(
        INPUT, layer("StringLookup", vocabulary="/" * 5_000 + "etc/passwd")
    ),
    "a vocabulary above, behind a new line": functional(
        INPUT, layer("StringLookup", vocabulary="x\n/" + "../" * 12 + "etc/passwd")
    ),
    "memory in quotes with spaces": line(INPUT, layer("Dense", units=" 1_500_000_000 ")),
    "memory of a normalization along another axis": line(
        _shaped(10**9, 1), layer("BatchNormalization", axis=[1])
    ),
    "memory of a normalization along two axes": line(
        _shaped(20_000, 20_000, 1), layer("LayerNormalization", axis=[1, 2])
    ),
    "memory of what is made flat": line(
        _shaped(10**6, 200), layer("Flatten"), layer("Dense", units=2)
    ),
    "memory of slopes by its input": line(_shaped(20_000, 20_000, 1), layer("PReLU")),
    "memory of what is wrapped": line(
        _shaped(3, 10**7), layer("TimeDistributed", layer=layer("Dense", units=50))
    ),
    "memory of words that adapt": line(
        layer("Embedding", input_dim=10, output_dim=4, lora_rank=4 * 10**7)
    ),
    "memory of grouped attention": line(
        layer("GroupQueryAttention", head_dim=8 * 10**7, num_query_heads=1)
    ),
    "memory of what repeats": line(layer("RepeatVector", n=4 * 10**8)),
    "memory of a text": functional(INPUT, layer("Dense", units=2, own=_LONG_TEXT)),
}


def in_hdf5(config: Config) -> Maker:
    return lambda folder: hdf5(folder / "model.h5", config)


def weights(fill: Callable[[h5py.File], object]) -> bytes:
    stream = io.BytesIO()
    with h5py.File(stream, "w") as file:
        fill(file)
    return stream.getvalue()


def hollow(file: h5py.File) -> None:
    for place in range(12):
        file.create_dataset(f"layers/a{place}/vars/0", (2**13, 2**13), "f4", chunks=(64, 64))


def in_pieces(file: h5py.File) -> None:
    """Write two numbers that are stored as a piece of 2 GiB."""
    chunks = (2**28,)
    one = file.create_dataset(
        "layers/dense/vars/0", (2,), "f8", maxshape=(None,), chunks=chunks, compression=9
    )
    one.id.write_direct_chunk((0,), zlib.compress(bytes(2**20), 9))


def linked(file: h5py.File) -> None:
    file["_layer_checkpoint_dependencies/dense/vars/0"] = h5py.ExternalLink("secret.h5", "/x")


def compiled(training: Config) -> Maker:
    return lambda folder: hdf5(
        folder / "model.h5",
        functional(INPUT, DENSE),
        attributes={"training_config": json.dumps(training)},
    )


def with_link(name: str, *, of_assets: bool) -> Maker:
    """Return a maker of a model's folder in which an asset, or all of them, lies elsewhere."""

    def make(folder: Path) -> Path:
        (elsewhere := folder / "elsewhere").mkdir(parents=True)
        (elsewhere / "vocabulary.txt").write_text("secret")
        path = folder / "model"
        (path / "assets").parent.mkdir()
        (path / "config.json").write_text(json.dumps(functional(INPUT, DENSE)))
        (path / "metadata.json").write_text('{"keras_version": "3.4.1"}')
        content = weights(lambda file: file.create_group("layers"))
        (path / "model.weights.h5").write_bytes(content)
        if of_assets:
            (path / "assets").symlink_to(elsewhere)
        else:
            (path / "assets" / name).parent.mkdir(parents=True)
            (path / "assets" / name).symlink_to(elsewhere / "vocabulary.txt")
        return path

    return make


def keras(*first: tuple[zipfile.ZipInfo, bytes], with_weights: bytes | None = None) -> Maker:
    def make(folder: Path) -> Path:
        path = folder / "model.keras"
        with zipfile.ZipFile(path, "w") as archive:
            for info, content in first:
                archive.writestr(info, content)
            archive.writestr("metadata.json", '{"keras_version": "3.4.1"}')
            archive.writestr("config.json", json.dumps(functional(INPUT, DENSE)))
            empty = weights(lambda file: file.create_group("layers"))
            archive.writestr("model.weights.h5", with_weights or empty)
        return path

    return make


def member(name: str, kind: int, content: bytes) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.extra = struct.pack("<HH", kind, len(content)) + content
    return info


def behind_a_block(folder: Path) -> Path:
    """Make a ``.keras`` whose first member is an HDF5 file, where a loader of those looks."""
    content = hdf5(folder / "other.h5", functional(INPUT, LAMBDA)).read_bytes()
    header = 30 + len("assets/x") + 4
    info = member("assets/x", 0xCAFE, bytes(2048 - header))
    return keras((info, content))(folder)


def renamed() -> tuple[zipfile.ZipInfo, bytes]:
    """Return a member that newer versions of Python take for the configuration."""
    other = struct.pack("<BL", 1, zlib.crc32(b"notes.json")) + b"config.json"
    return member("notes.json", 0x7075, other), b"{}"


def folder_of(*, metadata: bool, saved: bool = False) -> Maker:
    def make(folder: Path) -> Path:
        path = saved_model(graph(b""))(folder) if saved else folder / "model"
        path.mkdir(exist_ok=True)
        (path / "config.json").write_text(json.dumps(functional(INPUT, LAMBDA if saved else DENSE)))
        if metadata:
            (path / "metadata.json").write_text('{"keras_version": "3.4.1"}')
        link = h5py.ExternalLink("secret.h5", "/x")
        content = weights(lambda file: file.__setitem__("layers/dense/vars/0", link))
        (path / "model.weights.h5").write_bytes(content)
        return path

    return make


def mlflow(stated: str) -> Maker:
    def make(folder: Path) -> Path:
        (folder / "m" / "data").mkdir(parents=True)
        keras()(folder / "m" / "data")
        (folder / "m" / "MLmodel").write_text(f"flavors:\n  python_function: {stated}\n")
        return folder / "m"

    return make


FILES: Mapping[str, Maker] = {
    **{f"SavedModel: {name}": make for name, make in GRAPHS.items()},
    **{f"h5: {name}": in_hdf5(config) for name, config in CONFIGURATIONS.items()},
    ".keras: arrays that are hollow together": keras(with_weights=weights(hollow)),
    ".keras: an HDF5 model in its first member": behind_a_block,
    ".keras: a member with a second name": keras(renamed()),
    "folder: links, and no metadata.json": folder_of(metadata=False),
    "folder: a SavedModel that is a .keras, too": folder_of(metadata=False, saved=True),
    **{f"h5: {name}": compiled(config) for name, config in COMPILED.items()},
    ".keras: numbers in one piece that is large": keras(with_weights=weights(in_pieces)),
    ".keras: a link in weights beside its weights": keras(
        (zipfile.ZipInfo("variables.h5"), weights(linked))
    ),
    "folder: an asset that is a link": with_link("layers/lookup/words.txt", of_assets=False),
    "folder: all assets are a link": with_link("", of_assets=True),
    "MLflow: a module in its second flavor": mlflow(
        "{loader_module: mlflow.keras}\n  another: {loader_module: antigravity}"
    ),
    "MLflow: any module as its loader": mlflow("{loader_module: os.path}"),
    "MLflow: any module as Keras": mlflow(
        "{loader_module: mlflow.keras, keras_module: antigravity}"
    ),
}
"""Name -> how it is made, in a folder of its own; the path is what is inspected."""
