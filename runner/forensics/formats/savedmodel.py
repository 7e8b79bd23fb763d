"""SavedModel folders, by TensorFlow's ``saved_model.proto`` and what it includes; nothing is run.

Keras describes its objects in ``keras_metadata.pb`` from TensorFlow 2.5 to 2.15, before in the
objects themselves; Keras 3 exports graphs without a description.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from caniload.runner.forensics.facts import (
    Finding,
    Signature,
    Tensor,
    UnreadableError,
    damage,
)
from caniload.runner.forensics.formats import graphs
from caniload.runner.forensics.formats.documents import read_json
from caniload.runner.forensics.formats.dtypes import BYTES, of_number
from caniload.runner.forensics.formats.variables import Variable
from caniload.runner.forensics.formats.wire import (
    WireError,
    dimensions,
    fields,
    integer,
    message,
    messages,
    text,
)

GRAPH_BYTES = 256 * 2**20
"""Largest ``saved_model.pb`` that is read."""

GRAPH_FILE = "saved_model.pb"
METADATA_FILE = "keras_metadata.pb"

_SERVING = "serving_default"
_PRIVATE = "__saved_model_"
"""What begins the names of signatures that are for loading and training, and not for calling."""
_KERAS = "_tf_keras_"
_METRIC = "_tf_keras_metric"


@dataclass
class _Node:
    """A SavedObject: its children by name, and what it is."""

    children: dict[str, int] = field(default_factory=dict)
    identifier: str = ""
    metadata: memoryview = field(default_factory=lambda: memoryview(b""))
    variable: memoryview | None = None


@dataclass
class SavedModel:
    """What was found; ``root`` is Keras's description of the model, ``parts`` of its parts."""

    tensorflow_version: str | None = None
    graph_producer: int | None = None
    inputs: tuple[Tensor, ...] = ()
    outputs: tuple[Tensor, ...] = ()
    signatures: tuple[Signature, ...] = ()
    tags: tuple[str, ...] = ()
    root: dict[str, Any] | None = None
    parts: list[dict[str, Any]] = field(default_factory=list)
    below: list[Any] = field(default_factory=list)
    """Descriptions of all other objects: a loader makes each of them that it has no code for."""
    variables: list[Variable] | None = None
    """Those of the model, with whether they are trained; None where no object lists them."""
    findings: list[Finding] = field(default_factory=list)


def read(folder: Path) -> SavedModel:
    """Return what the folder's ``saved_model.pb`` and ``keras_metadata.pb`` say."""
    found = SavedModel()
    whole = memoryview(_content(folder / GRAPH_FILE))
    try:
        metas = list(messages(whole, 2))  # SavedModel.meta_graphs
        if not metas:
            raise UnreadableError(f"{GRAPH_FILE} holds no graph")
        graph = metas[0]
        _origin(graph, found)
        _signatures(graph, found)
        nodes = [_node(one) for one in messages(message(graph, 7), 1)]  # object_graph_def.nodes
        found.variables = _variables(nodes)
        described = _beside(folder, found)
        _describe(described if described is not None else _inside(nodes), found)
        found.findings += graphs.findings(metas)
    except WireError as error:
        raise UnreadableError(f"{GRAPH_FILE} is damaged: {error}") from error
    return found


def _content(path: Path) -> bytes:
    if path.stat().st_size > GRAPH_BYTES:
        raise UnreadableError(f"{path.name} is larger than is read")
    content = path.read_bytes()
    if not content:
        raise UnreadableError(f"{path.name} is empty")
    return content


def _origin(graph: memoryview, found: SavedModel) -> None:
    about = message(graph, 1)  # MetaInfoDef
    found.tensorflow_version = text(about, 5) or None
    found.tags = tuple(bytes(one).decode("utf-8", "replace") for one in messages(about, 4))
    found.graph_producer = integer(message(message(graph, 2), 4), 1)  # GraphDef.versions


def _signatures(graph: memoryview, found: SavedModel) -> None:
    """Note every signature that can be called; the first of a name is what a loader takes."""
    for entry in messages(graph, 5):
        name, signature = text(entry, 1), message(entry, 2)
        one = Signature(
            name=name,
            inputs=tuple(sorted(_tensors(signature, 1), key=lambda each: each.name or "")),
            outputs=tuple(sorted(_tensors(signature, 2), key=lambda each: each.name or "")),
            method=text(signature, 3) or None,
        )
        if one.outputs and not name.startswith(_PRIVATE):
            found.signatures += (one,)
        if name == _SERVING:
            found.inputs = tuple(_tensors(signature, 1))
            found.outputs = tuple(_tensors(signature, 2))


def _tensors(signature: memoryview, number: int) -> Iterator[Tensor]:
    for entry in messages(signature, number):
        info = message(entry, 2)  # TensorInfo
        shape = message(info, 3)
        dims = dimensions(shape)
        unknown = integer(shape, 3)  # unknown_rank
        yield Tensor(
            name=text(entry, 1),
            shape=None if unknown else tuple(None if size < 0 else size for size in dims),
            dtype=of_number(integer(info, 2) or 0),
        )


def _node(data: memoryview) -> _Node:
    node, user = _Node(), b""
    for number, value in fields(data):
        if not isinstance(value, memoryview):
            continue
        if number == 1:  # children
            node.children[text(value, 2)] = integer(value, 1) or 0
        elif number == 4:  # noqa: PLR2004 - user_object
            user += bytes(value)
        elif number == 7:  # noqa: PLR2004 - variable
            node.variable = value
    node.identifier, node.metadata = text(user, 1), message(user, 3)
    return node


def _variables(nodes: list[_Node]) -> list[Variable] | None:
    """Return the variables that the root lists as its own."""
    if not nodes or "variables" not in nodes[0].children:
        return None
    trained = set(_listed(nodes, "trainable_variables"))
    found = {}
    for number in _listed(nodes, "variables"):
        data = nodes[number].variable
        if data is None:
            continue
        shape = tuple(max(0, size) for size in dimensions(message(data, 2)))
        dtype = of_number(integer(data, 1) or 0)
        found[number] = Variable(
            path=text(data, 6),
            shape=shape,
            dtype=dtype,
            bytes=BYTES.get(dtype, 0) * math.prod(shape),
            trainable=number in trained,
        )
    return list(found.values())


def _listed(nodes: list[_Node], name: str) -> Iterator[int]:
    wrapper = nodes[0].children.get(name, 0)
    if 0 < wrapper < len(nodes):
        for child in nodes[wrapper].children.values():
            if 0 < child < len(nodes):
                yield child


Described = tuple[str, str, bytes]
"""Path of an object from the root, its identifier, and Keras's JSON about it."""


def _beside(folder: Path, found: SavedModel) -> list[Described] | None:
    path = folder / METADATA_FILE
    if not path.is_file():
        return None
    try:
        nodes = list(messages(_content(path), 1))  # SavedMetadata.nodes
        return [(text(one, 3), text(one, 4), bytes(message(one, 5))) for one in nodes]
    except (WireError, UnreadableError) as error:
        found.findings.append(damage("keras-metadata", f"{METADATA_FILE} is damaged: {error}"))
        return []


def _inside(nodes: list[_Node]) -> list[Described]:
    """Return the objects that Keras describes, each under the shortest path that leads to it."""
    paths, pending = {0: "root"}, deque([0])
    while pending and nodes:
        at = pending.popleft()
        for name, child in nodes[at].children.items():
            if child not in paths and child < len(nodes):
                paths[child] = f"{paths[at]}.{name}"
                pending.append(child)
    return [
        (path, nodes[number].identifier, bytes(nodes[number].metadata))
        for number, path in sorted(paths.items())
        if number < len(nodes) and nodes[number].identifier.startswith(_KERAS)
    ]


def _describe(described: list[Described], found: SavedModel) -> None:
    for path, identifier, content in described:
        if not content:
            continue
        try:
            data = read_json(content)
        except UnreadableError as error:
            found.findings.append(damage("keras-metadata", f"{path}: {error}"))
            continue
        of_keras = identifier.startswith(_KERAS) and identifier != _METRIC
        if isinstance(data, dict) and of_keras and path == "root":
            found.root = data
        elif isinstance(data, dict) and of_keras and path.count(".") == 1:
            found.parts.append(data)
        else:
            found.below.append(data)
