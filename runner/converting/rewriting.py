"""A configuration of one Keras -> a recipe for another, and the list of what was changed; pure.

The recipe is what probes/across/rebuild.py builds: ``{"kind", "name", "members", "inputs",
"outputs", "shape"}``. A member is ``{"name", "calls", "chain"}``: what is called one after the
other, each ``{"class_name", "registered_name", "config"}``, ``{"model": recipe}`` or
``{"operation": name, ...}``. Layers within a layer stand as ``{"$layer": ...}``.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from packaging.version import Version

from caniload.runner.converting import operations, replicas
from caniload.runner.converting.applying import (
    Change,
    Work,
    apply,
    called,
    fit,
    functions,
    inner_objects,
)
from caniload.runner.converting.attending import masks_as_one
from caniload.runner.converting.fitting import Fitting
from caniload.runner.converting.graph import Graph, Member, Node, bare, is_model, read
from caniload.runner.converting.masking import masked
from caniload.runner.converting.rules import Rules, read_rules
from caniload.runner.converting.transforms import Layer, Refused
from caniload.runner.matrix.frameworks import frameworks

LISTED = "outputs-listed"
"""What a change is called that makes a list of outputs by name."""
_WITHIN = ("layer", "forward_layer", "cell")
_RECURRENT = frozenset({"LSTM", "GRU", "SimpleRNN", "RNN", "ConvLSTM2D", "Bidirectional"})
_CELLS = {"LSTMCell": 3, "GRUCell": 3, "SimpleRNNCell": 3, "LSTM": 3, "GRU": 3, "ConvLSTM2D": 3}


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """What is to be built, with what was changed for it and which weights are to be scaled."""

    model: dict[str, Any]
    changes: tuple[Change, ...]
    scaled: tuple[dict[str, Any], ...] = ()
    doubts: tuple[str, ...] = ()
    """What may be why the result is another model, if it is."""


def rewrite(
    config: Node,
    *,
    written: Version,
    wanted: Version,
    vocabularies: Mapping[str, list[Any]] | None = None,
    rules: Rules | None = None,
    fitting: Fitting | None = None,
    unrolling: bool = False,
    listed: bool = False,
) -> Recipe:
    """Return how the model is built by Keras ``wanted``; ``config`` is left as it is.

    Without ``fitting`` only the rules say what is unknown there. ``unrolling``: functions of Lambda
    layers are called on the graph's tensors, and may stay. ``listed``: where it comes from it gives
    a list, whatever names its outputs have. ``Refused`` (with all reasons) or
    ``GraphError``: there is no way that keeps its numbers, or none known.
    """
    work = Work(
        written=written,
        wanted=wanted,
        rules=rules or read_rules(),
        vocabularies=vocabularies or {},
        fitting=fitting,
        unrolling=unrolling,
        listed=listed,
    )
    model = _model(copy.deepcopy(dict(config)), "", work)
    work.check()
    return Recipe(
        model=model,
        changes=tuple(work.changes),
        scaled=tuple(work.scaled),
        doubts=tuple(work.doubts),
    )


def _model(node: Node, prefix: str, work: Work, *, mask: bool = False) -> dict[str, Any]:
    """Return the recipe of a model; ``mask``: one may come to it from without."""
    graph, count = replicas.alone(read(node))
    if count:
        work.changes.append(_without_replicas(prefix or graph.name, count))
    reached = masked(graph, outside=mask)
    members = []
    for one in graph.members:
        try:
            members += _member(one, prefix, work, mask=one.name in reached)
        except Refused as error:
            work.refused.append(str(error))
    return {
        "kind": "sequential" if graph.sequential else "functional",
        "name": graph.name.replace("/", "_") if work.to_keras_3 else graph.name,
        "trainable": bool(graph.settings.get("trainable", True)),
        "members": [*_input(graph, work), *members],
        "inputs": graph.inputs,
        "outputs": _outputs(graph, prefix, work),
        "shape": graph.shape,
    }


def _without_replicas(where: str, count: int) -> Change:
    return Change(
        rule="replicas",
        where=where,
        text=f"its {count} replicas are the one model that they are copies of",
        keeps="outputs",
        why="multi_gpu_model, which cut each batch in parts, is in no later version",
        source="https://github.com/tensorflow/tensorflow/releases/tag/v2.4.0",
    )


def _outputs(graph: Graph, prefix: str, work: Work) -> Any:
    """Return what a model gives: a list in the order of names where a version gives no names."""
    found, fitting = graph.outputs, work.fitting
    if not isinstance(found, dict) or "$tensor" in found:
        return found
    nameless = fitting is not None and not fitting.by_name
    was_list = work.listed and not prefix
    if not nameless and not was_list:
        return found
    names = sorted(found)
    why = "the version that reads it gives a list, which has the order of the names"
    change = Change(
        rule=LISTED,
        where=prefix or graph.name,
        text=f"its outputs are a list, in the order {', '.join(names)}",
        keeps="outputs",
        why=f"a model of {work.there} gives no outputs by name" if nameless else why,
        source="https://github.com/tensorflow/tensorflow/releases/tag/v2.2.0",
        loses=f"the names of the outputs: predict gives a list, in the order {', '.join(names)}"
        if nameless
        else None,
    )
    work.changes.append(change)
    return [found[name] for name in names]


def _input(graph: Graph, work: Work) -> list[dict[str, Any]]:
    """Return the input layer of a line of layers whose first one states the shape itself."""
    if not graph.sequential or not graph.members or is_model(graph.members[0].node):
        return []
    first = graph.members[0].node
    config = first.get("config") or {}
    shape = config.get("batch_input_shape")
    if shape is None or bare(first.get("class_name")) == "InputLayer":
        return []
    dtype = config.get("dtype") if bare(first.get("class_name")) != "Embedding" else None
    key = "batch_shape" if work.to_keras_3 else "batch_input_shape"
    made = {"name": f"{graph.members[0].name}_input", key: shape}
    if isinstance(dtype, str) and not dtype.startswith("mixed"):
        made["dtype"] = dtype
    chain = [{"class_name": "InputLayer", "registered_name": None, "config": made}]
    return [{"name": made["name"], "calls": [], "chain": chain}]


def _member(member: Member, prefix: str, work: Work, *, mask: bool) -> list[dict[str, Any]]:
    """Return a layer and its calls, behind what these need."""
    calls = [dict(call) for call in member.calls]
    if not work.to_keras_3 and work.written >= frameworks().since.keras_3:
        calls = [_for_either(call) for call in calls]
    path = prefix + member.name
    if is_model(member.node):
        chain = [{"model": _model(member.node, path + "/", work, mask=mask)}]
        return [{"name": member.name, "calls": calls, "chain": chain}]
    class_name = bare(member.node.get("class_name"))
    if operations.concerns(member.node):
        made, calls, told = operations.translated(member.node, calls, path, work)
        work.changes += told
        return [{"name": member.name, "calls": calls, "chain": [made]}]
    layer = _layer(member.node, path, 0, work, mask=mask)
    before, after = layer.pop("before"), layer.pop("after")
    needed: list[dict[str, Any]] = []
    if layer["registered_name"] is None and not work.to_keras_3:
        calls = [_without_nothing(call) for call in calls]
        needed, calls = masks_as_one(class_name, calls, path, work, mask=mask)
        called(layer, calls, path, work)
    if class_name in _RECURRENT:
        calls = [_with_states(call) for call in calls]
    return [*needed, {"name": member.name, "calls": calls, "chain": [*before, layer, *after]}]


def _for_either(call: dict[str, Any]) -> dict[str, Any]:
    """Leave out whether a call is one in training, which Keras 3 writes where nobody said so.

    It goes by whoever calls the model, also where somebody did; Keras 2 would go by this whatever
    it is asked for, so that a Dropout would drop nothing in training.
    """
    stated = {key: value for key, value in call["kwargs"].items() if key != "training"}
    return {"args": call["args"], "kwargs": stated}


def _without_nothing(call: dict[str, Any]) -> dict[str, Any]:
    """Leave out what a call says to be none: Keras 3 writes all arguments that there are."""
    kwargs = {key: value for key, value in call["kwargs"].items() if value is not None}
    return {"args": call["args"], "kwargs": kwargs}


def _with_states(call: dict[str, Any]) -> dict[str, Any]:
    """Hand states over by name: until TensorFlow 2.4 a layer was called with a list of tensors."""
    first = call["args"][0] if call["args"] else None
    if isinstance(first, list) and len(first) > 1 and "initial_state" not in call["kwargs"]:
        return {"args": [first[0]], "kwargs": {**call["kwargs"], "initial_state": first[1:]}}
    return call


def _layer(
    node: Node, path: str, first: int, work: Work, *, mask: bool = False, within: bool = False
) -> dict[str, Any]:
    """Return how a layer is made; ``first`` is the place of its first weight among its owner's.

    ``within`` another layer nothing can stand behind it.
    """
    name = node.get("class_name")
    config = node.get("config")
    layer = Layer(
        path=path,
        class_name=bare(name),
        config=dict(config) if isinstance(config, dict) else {},
        first=first,
        vocabulary=work.vocabularies.get(path),
        masked=mask,
        within=within,
    )
    own = node.get("registered_name") or (name if ">" in str(name) else None)
    inner_objects(layer, work)
    _layers_as_functions(layer, work)
    functions(layer, work)
    for rule in work.rules.of("layer", work.written, work.wanted):
        stays = work.unrolling and layer.class_name == "Lambda"
        if rule.concerns(layer.class_name) and not stays:
            apply(rule, layer, work)
    if own is None:
        fit("layer", layer, work)
    _inner_layers(layer, work)
    work.scaled += layer.scaled
    return {
        "class_name": layer.class_name,
        "registered_name": own,
        "config": layer.config,
        "before": [{"registered_name": None, **one} for one in layer.before],
        "after": layer.after,
    }


def _layers_as_functions(layer: Layer, work: Work) -> None:
    """Make layers that stand where a function is expected, such as activation=LeakyReLU()."""
    for key, stated in list(layer.config.items()):
        named = key == "activation" or key.endswith("_activation")
        if named and isinstance(stated, dict) and isinstance(stated.get("config"), dict):
            layer.config[key] = {"$layer": _alone(stated, layer.path, 0, work)}


def _inner_layers(layer: Layer, work: Work) -> None:
    offset = layer.first
    for key in (*_WITHIN, "backward_layer"):
        inner = layer.config.get(key)
        if isinstance(inner, dict) and "class_name" in inner:
            layer.config[key] = _inner(inner, layer, offset, work)
            offset += _weights(inner)
            if layer.class_name == "Bidirectional" and key != "backward_layer":
                _second_direction(layer, inner, offset, work)
    cells = layer.config.get("cells")
    if isinstance(cells, list):
        made = []
        for cell in cells:
            made.append(_inner(cell, layer, offset, work))
            offset += _weights(cell)
        layer.config["cells"] = made


def _second_direction(layer: Layer, inner: Node, offset: int, work: Work) -> None:
    """Scale the weights of the copy that Bidirectional makes of its layer by itself."""
    if layer.config.get("backward_layer") is None:
        apart = Work(written=work.written, wanted=work.wanted, rules=work.rules, vocabularies={})
        _layer(inner, layer.path, offset, apart, within=True)
        work.scaled += apart.scaled


def _inner(node: Node, outer: Layer, first: int, work: Work) -> dict[str, Any]:
    if is_model(node):
        name = (node.get("config") or {}).get("name", "")
        path = f"{outer.path}/{name}/"
        return {"$layer": {"model": _model(node, path, work, mask=outer.masked)}}
    return {"$layer": _alone(node, outer.path, first, work, mask=outer.masked)}


def _alone(node: Node, path: str, first: int, work: Work, *, mask: bool = False) -> dict[str, Any]:
    """Return how a layer within another is made, where there is no room before it or behind it."""
    made = _layer(node, path, first, work, mask=mask, within=True)
    if made.pop("before") or made.pop("after"):
        raise Refused(f"a layer within {path} applies hard_sigmoid, which has no equal there")
    return made


def _weights(node: Node) -> int:
    """Return how many weights an inner layer has, for those whose weights may be scaled."""
    config = node.get("config")
    bias = isinstance(config, dict) and config.get("use_bias", True)
    return _CELLS.get(bare(node.get("class_name")), 2) - (0 if bias else 1)
