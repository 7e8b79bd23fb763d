"""What ``multi_gpu_model`` put around a model -> the model inside, called once; pure.

It cuts each batch in parts by Lambda layers, has the same model compute each part, and puts the
outputs behind each other. Keras 3, and TensorFlow from 2.4 on, have no such function; on one device
the model inside computes the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from caniload.runner.converting.graph import Call, Graph, Member, bare, is_model, references

ARGUMENTS = frozenset({"i", "parts"})
"""What its Lambda layers are told: which part, and of how many."""


def alone(graph: Graph) -> tuple[Graph, int]:
    """Return the graph without its replicas, and how many there were; else as it is, and 0."""
    slices = {one.name: part for one in graph.members if (part := _part(one)) is not None}
    models = [one for one in graph.members if is_model(one.node)]
    if not slices or len(models) != 1:
        return graph, 0
    (model,) = models
    parts = {count for _, count in slices.values()}
    if parts != {len(model.calls)}:
        return graph, 0
    sources = {one.name: one.calls[0]["args"][0] for one in graph.members if one.name in slices}
    whole = [_whole(call, number, slices, sources) for number, call in enumerate(model.calls)]
    if whole[0] is None or any(one != whole[0] for one in whole):
        return graph, 0
    merged = {}
    inputs = []
    for one in graph.members:
        if bare(one.node.get("class_name")) == "InputLayer":
            inputs.append(one)
        elif one.name not in slices and one is not model:
            output = _merged(one, model)
            if output is None:
                return graph, 0
            merged[one.name] = output
    return (
        replace(
            graph,
            members=(*inputs, replace(model, calls=(whole[0],))),
            outputs=_outputs(graph.outputs, model.name, merged),
        ),
        len(model.calls),
    )


def _part(member: Member) -> tuple[int, int] | None:
    """Return which part of how many a Lambda layer cuts out, if that is what it does."""
    config = member.node.get("config")
    if bare(member.node.get("class_name")) != "Lambda" or not isinstance(config, Mapping):
        return None
    said = config.get("arguments")
    if not isinstance(said, Mapping) or said.keys() != ARGUMENTS or len(member.calls) != 1:
        return None
    part, count = said["i"], said["parts"]
    plain = all(isinstance(one, int) and not isinstance(one, bool) for one in (part, count))
    return (part, count) if plain and 0 <= part < count else None


def _whole(
    call: Call, number: int, slices: Mapping[str, tuple[int, int]], sources: Mapping[str, Any]
) -> Call | None:
    """Return the call on whole batches that a call on their parts of that number stands for."""
    given = list(references(call["args"]))
    if not given or any(slices.get(one[0], (None, 0))[0] != number for one in given):
        return None

    def source(value: Any) -> Any:
        if isinstance(value, dict) and "$tensor" in value:
            return sources[value["$tensor"][0]]
        return [source(one) for one in value] if isinstance(value, list) else value

    return {"args": [source(one) for one in call["args"]], "kwargs": call["kwargs"]}


def _merged(member: Member, model: Member) -> int | None:
    """Return which output of the model a layer puts together of all parts, in their order."""
    config = member.node.get("config") or {}
    if bare(member.node.get("class_name")) != "Concatenate" or config.get("axis") != 0:
        return None
    given = [list(references(call["args"])) for call in member.calls]
    if len(given) != 1:
        return None
    wanted = range(len(model.calls))
    outputs = {output for _, _, output in given[0]}
    in_order = [[name, call] for name, call, _ in given[0]] == [[model.name, n] for n in wanted]
    return outputs.pop() if in_order and len(outputs) == 1 else None


def _outputs(value: Any, model: str, merged: Mapping[str, int]) -> Any:
    if isinstance(value, dict) and "$tensor" in value:
        name = value["$tensor"][0]
        return {"$tensor": [model, 0, merged[name]]} if name in merged else value
    if isinstance(value, dict):
        return {key: _outputs(one, model, merged) for key, one in value.items()}
    return [_outputs(one, model, merged) for one in value] if isinstance(value, list) else value
