"""Layers that are one operation (TFOpLambda and its kin) -> operations of Keras 3, and back; pure.

What computes the same is data: ``operations`` in ``rules.yaml``, for the way back ``older.yaml``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from caniload.runner.converting import older
from caniload.runner.converting.applying import Change, Work
from caniload.runner.converting.graph import Call, Node, bare
from caniload.runner.converting.rules import Operation, Rules
from caniload.runner.converting.transforms import Refused

ABOUT: Mapping[str, Any] = {
    "keeps": "outputs",
    "why": "tf.keras kept functions of TensorFlow as layers, which Keras 3 does not know",
    "source": "https://github.com/openvinotoolkit/nncf/pull/1083",
}
NOWHERE = "none"
"""What ``takes`` says of an argument that has a place with TensorFlow and none with Keras."""
_OLD = frozenset({"TFOpLambda", "SlicingOpLambda", "TensorFlowOpLayer", "ClassMethod"})
_ATTRIBUTES: Mapping[str, str] = {
    # What an operation of a graph states beside its inputs, and the argument that says it.
    "keep_dims": "keepdims",
    "squeeze_dims": "axis",
    "alpha": "negative_slope",
    "transpose_a": "transpose_a",
    "transpose_b": "transpose_b",
    "adj_x": "transpose_a",
    "adj_y": "transpose_b",
    "block_size": "block_size",
}
_KERAS_3 = ("keras.src.ops", "keras.ops", "keras.src.operations", "keras.src.backend")


def concerns(node: Node) -> bool:
    """Say whether the node is an operation, and no layer with weights of its own."""
    module = node.get("module")
    return bare(node.get("class_name")) in _OLD or str(module).startswith(_KERAS_3)


def translated(
    node: Node, calls: list[Call], path: str, work: Work
) -> tuple[dict[str, Any], list[Call], list[Change]]:
    """Return the operation, its calls in the wanted version's own arguments, and what was done."""
    if str(node.get("module")).startswith(_KERAS_3):
        if work.to_keras_3:
            return {"operation": "", "node": dict(node)}, calls, []
        lambdas, there = work.lambdas, work.there
        made, calls = older.operation(node, calls, path, lambdas=lambdas, there=there)
        text = f"keras.ops.{node.get('class_name')} is {made['older']}"
        about: dict[str, Any] = dict(older.ABOUT)
        if lambdas:
            text += ", in a Lambda layer"
            about["loses"] = f"{there} keeps it as code in the file, which is run when it is loaded"
        return made, calls, [Change(rule="older", where=path, text=text, **about)]
    if not work.to_keras_3:
        kept = {key: node.get(key) for key in ("class_name", "config")}
        return {**kept, "registered_name": None}, calls, []
    made, calls, text = _for_keras_3(node, calls, path, work.rules)
    return made, calls, [Change(rule="operations", where=path, text=text, **ABOUT)]


def _for_keras_3(
    node: Node, calls: list[Call], path: str, rules: Rules
) -> tuple[dict[str, Any], list[Call], str]:
    name = bare(node.get("class_name"))
    if name == "TensorFlowOpLayer":
        return _graph_operation(node, calls, path, rules)
    function = str((node.get("config") or {}).get("function"))
    found = rules.operations.get(function)
    if found is None:
        raise Refused(
            f"the layer {path} is tf.{function}, for which no operation of Keras is known"
        )
    told = f"tf.{function} is keras.ops.{found.to.lstrip('@')}"
    made = [_called(found, call, function, path) for call in calls]
    return {"operation": found.to}, made, told


def _called(found: Operation, call: Call, function: str, path: str) -> Call:
    kwargs: dict[str, Any] = dict(found.fixed)
    names = list(found.takes)
    given: dict[str, Any] = dict(zip(names, call["args"], strict=False))
    given.update(call["kwargs"])
    for name, value in given.items():
        if value is None or name in found.ignores:
            continue
        there = found.takes.get(name, NOWHERE)
        if there != NOWHERE:
            kwargs[there] = value
        elif value != found.usual.get(name, False):
            raise Refused(
                f"the layer {path} calls tf.{function} with {name}, which is not known to mean the"
                " same elsewhere"
            )
    return {"args": [], "kwargs": kwargs}


def _graph_operation(
    node: Node, calls: list[Call], path: str, rules: Rules
) -> tuple[dict[str, Any], list[Call], str]:
    """Translate an operation of a graph, as TensorFlow 1.15 to 2.3 kept it: by its raw name."""
    config = node.get("config") or {}
    definition = config.get("node_def")
    if isinstance(definition, str):
        try:
            definition = json.loads(definition)
        except ValueError:
            raise Refused(f"the operation in the layer {path} is written as no JSON") from None
    if not isinstance(definition, dict):
        raise Refused(f"the layer {path} does not say which operation it is")
    raw = str(definition.get("op"))
    found = next((one for one in rules.operations.values() if raw in one.raw), None)
    if found is None:
        raise Refused(f"the layer {path} is TensorFlow's operation {raw}, for which none is known")
    constants = {int(place): value for place, value in (config.get("constants") or {}).items()}
    attributes = {key: _attribute(value) for key, value in definition.get("attr", {}).items()}
    made = []
    for call in calls:
        first = call["args"][0]
        given = list(first) if isinstance(first, list) else [first]
        for place in sorted(constants):
            given.insert(place, constants[place])
        made.append({"args": [], "kwargs": _raw_arguments(raw, found, given, attributes, path)})
    told = f"TensorFlow's operation {raw} is keras.ops.{found.to.lstrip('@')}"
    return {"operation": found.to}, made, told


def _raw_arguments(
    raw: str, found: Operation, given: list[Any], attributes: Mapping[str, Any], path: str
) -> dict[str, Any]:
    kwargs: dict[str, Any] = dict(found.fixed)
    names = [name for name in found.takes.values() if name != NOWHERE]
    if raw == "ConcatV2":
        return {**kwargs, "xs": given[:-1], "axis": given[-1]}
    if raw == "Pack":
        return {**kwargs, "x": given, "axis": attributes.get("axis", 0)}
    if raw == "StridedSlice":
        return {"x": given[0], "slices": _strided(given[1:], attributes, path)}
    if raw == "PadV2":
        names.remove("mode")
    kwargs.update(zip(names, given, strict=False))
    for name, there in _ATTRIBUTES.items():
        if attributes.get(name):
            kwargs[there] = attributes[name]
    if raw == "Cast":
        kwargs["dtype"] = str(attributes.get("DstT", "")).removeprefix("DT_").lower()
        kwargs["dtype"] = {"float": "float32", "double": "float64", "half": "float16"}.get(
            kwargs["dtype"], kwargs["dtype"]
        )
    return kwargs


def _attribute(value: Any) -> Any:
    """Return an attribute's value out of the JSON of a NodeDef."""
    if not isinstance(value, dict) or not value:
        return value
    kind, inner = next(iter(value.items()))
    if kind == "i":
        return int(inner)
    if kind == "list" and isinstance(inner, dict):
        return [int(one) for one in inner.get("i", [])]
    return inner


def _strided(parts: list[Any], attributes: Mapping[str, Any], path: str) -> list[Any]:
    begin, end, step = (part if isinstance(part, list) else [part] for part in parts)
    masks = {
        key: int(attributes.get(f"{key}_mask", 0))
        for key in ("begin", "end", "ellipsis", "new_axis", "shrink_axis")
    }
    if masks["ellipsis"] or masks["new_axis"]:
        raise Refused(f"the layer {path} slices with an ellipsis or a new axis")
    slices: list[Any] = []
    for place in range(len(begin)):
        bit = 1 << place
        if masks["shrink_axis"] & bit:
            slices.append(begin[place])
        else:
            slices.append(
                {
                    "start": None if masks["begin"] & bit else begin[place],
                    "stop": None if masks["end"] & bit else end[place],
                    "step": step[place],
                }
            )
    return slices
