"""Inspection -> lines for people, and JSON; pure. Names come from strangers' files: cleaned."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from caniload.runner.core import texts
from caniload.runner.core.sheet import Row
from caniload.runner.forensics.facts import (
    Code,
    Custom,
    Holds,
    Inspection,
    Optimizer,
    Tensor,
    Weights,
)
from caniload.runner.forensics.gate import Judged
from caniload.runner.forensics.published import advisories

shown = texts.shown

NOT_STATED = "not stated in the file"

FORMATS = {
    "h5": "HDF5",
    "weights-h5": "HDF5 with weights only",
    "keras": ".keras",
    "savedmodel": "SavedModel",
    "checkpoint": "TensorFlow checkpoint",
    "json": "JSON",
    "yaml": "YAML",
    "pickle": "pickle",
}
_HOLDS = {
    Holds.MODEL: "a model: architecture and weights",
    Holds.WEIGHTS: "weights only: code must build the model",
    Holds.ARCHITECTURE: "an architecture only, without weights",
    Holds.GRAPH: "a graph with weights, and no description by Keras",
}
_FIRST = ("learning_rate", "lr")
_MOST = 12
_WIDTH = 11


def as_json(found: Sequence[tuple[Inspection, Sequence[Judged]]]) -> list[dict[str, Any]]:
    """Return the inspections as ``--json`` prints them; the classes in ``facts`` are the schema.

    Besides: the file's ``sha256`` if there are findings, the kinds of those that ``stops`` names,
    why others are ``allowed``, and the ``advisories`` about them.
    """
    return [
        {
            **texts.cleaned(dataclasses.asdict(one)),
            "path": one.path,
            "files": one.files,
            "sha256": next((each.sha256 for each in judged), None),
            "stops": [each.finding.kind for each in judged if each.stops],
            "allowed": {each.finding.kind: each.allowed for each in judged if each.allowed},
            "advisories": {
                each.finding.kind: [dataclasses.asdict(told) for told in known]
                for each in judged
                if (known := advisories(each.finding.kind))
            },
        }
        for one, judged in found
    ]


def of_the_gate(judged: Sequence[Judged]) -> Iterator[str]:
    """Yield what is published about findings, which of them are allowed, and which stop."""
    lines = [told.line for each in judged for told in advisories(each.finding.kind)]
    for line in dict.fromkeys(lines):
        yield _line("advisory", line)
    for each in judged:
        if each.allowed:
            yield _line("allowed", f"{each.finding.kind}: {each.allowed}")
    kinds = dict.fromkeys(each.finding.kind for each in judged if each.stops)
    if kinds:
        yield _line("stops", f"{', '.join(kinds)}; the file is {judged[0].sha256}")


def as_lines(inspection: Inspection) -> Iterator[str]:
    """Yield what a person is shown of one model."""
    yield shown(inspection.path)
    if inspection.problem is not None:
        yield _line("problem", inspection.problem)
    if inspection.format is not None and inspection.problem is None:
        for label, text in _facts(inspection):
            yield _line(label, text)
    for finding in inspection.findings:
        yield _line(finding.severity.value, finding.text)


def as_row(one: Inspection, judged: Sequence[Judged]) -> Row:
    """Return what was found in a row; good is what could be read whole, and nothing stops."""
    _, *lines = (*as_lines(one), *of_the_gate(judged))
    said = "; ".join(" ".join(line.split()) for line in lines)
    word = one.format or "no model"
    return Row(
        about=one.path,
        word=word,
        said=said,
        good=one.sound and not any(each.stops for each in judged),
    )


def _line(label: str, text: str) -> str:
    return f"  {label:<{_WIDTH}} {text if label == 'layers' else shown(text)}".rstrip()


def _facts(one: Inspection) -> Iterator[tuple[str, str]]:
    yield from _file(one)
    yield from _architecture(one)
    yield from _state(one)


def _file(one: Inspection) -> Iterator[tuple[str, str]]:
    variant = f", {one.variant}" if one.variant else ""
    size = f", {one.bytes:,} bytes" if one.bytes is not None else ""
    if one.packaging:
        within = f": {one.packaging.within}" if one.packaging.within else ""
        yield "folder", f"{one.packaging.said}{within}"
    yield "format", f"{FORMATS[one.format or '']}{variant}{size}"
    if one.holds:
        yield "holds", _HOLDS[one.holds]
    yield "saved by", stated_origin(one)


def _architecture(one: Inspection) -> Iterator[tuple[str, str]]:
    if one.model_class:
        yield "model", " ".join(filter(None, (one.model_class, one.model_name)))
    if one.layers:
        yield "layers", _layers(one)
    if one.inputs or not (one.holds is Holds.WEIGHTS or one.signatures):
        yield "inputs", tensors(one.inputs)
        yield "outputs", tensors(one.outputs)
    if one.holds is Holds.GRAPH or len(one.signatures) > 1:
        for each in one.signatures[:_MOST]:
            takes = tensors(each.inputs) if each.inputs else "nothing"
            yield "endpoint", f"{each.name}: {takes} -> {tensors(each.outputs)}"
    if one.dtype_policies:
        yield "policy", _counted(one.dtype_policies)
    if one.custom:
        yield "needs", _some([_custom(own) for own in one.custom])
    if one.code:
        yield "code", _some([_code(code) for code in one.code])


def _state(one: Inspection) -> Iterator[tuple[str, str]]:
    if one.weights:
        yield "parameters", _weights(one.weights)
    if one.holds is not Holds.ARCHITECTURE or one.optimizer:
        yield "optimizer", _optimizer(one.optimizer)
    if one.loss:
        yield "loss", _some(one.loss)
    if one.metrics:
        yield "metrics", _some(one.metrics)


def stated_origin(one: Inspection) -> str:
    origin = one.origin
    parts = (
        ("Keras", origin.keras_version),
        ("TensorFlow", origin.tensorflow_version),
        ("backend", origin.backend),
        ("on", (origin.date_saved or "").replace("@", " ")),
    )
    stated = ", ".join(f"{label} {value}" for label, value in parts if value)
    missing = [label for label, value in parts if not value]
    missing = ["when" if label == "on" else label for label in missing]
    said = f"{', '.join(missing)}: {NOT_STATED}" if missing else ""
    return "; ".join(filter(None, (stated, said)))


def _layers(one: Inspection) -> str:
    if not one.layers_by_class:
        names = _some([layer.name or "?" for layer in one.layers])
        return shown(f"{len(one.layers):,}, classes {NOT_STATED}: {names}")
    return shown(f"{sum(one.layers_by_class.values()):,}: {_counted(one.layers_by_class)}")


def _counted(counts: Mapping[str, int]) -> str:
    return _some([f"{number:,} {name}" for name, number in counts.items()])


def tensors(listed: Sequence[Tensor]) -> str:
    """Return inputs or outputs in words, the first dozen."""
    return _some([_tensor(one) for one in listed]) if listed else NOT_STATED


def _tensor(one: Tensor) -> str:
    shape = f"shape {NOT_STATED}"
    if one.shape is not None:
        shape = f"({', '.join('?' if size is None else str(size) for size in one.shape)})"
    return " ".join(filter(None, (one.name, shape, one.dtype)))


def _weights(one: Weights) -> str:
    trainable = f", {one.trainable:,} of them trainable" if one.trainable is not None else ""
    types = f", {_counted(one.dtypes)}" if len(one.dtypes) != 1 else f", {next(iter(one.dtypes))}"
    held = f"{one.parameters:,} in {_number(one.variables, 'array')}"
    return f"{held}{trainable}{types}, {one.bytes:,} bytes"


def _optimizer(one: Optimizer | None) -> str:
    if one is None:
        return f"none: {NOT_STATED}"
    settings = [
        f"{name}={_setting(value)}"
        for name, value in sorted(one.settings.items(), key=lambda item: item[0] not in _FIRST)
        if value is not None and value is not False and name != "name"
    ]
    steps = f"steps {NOT_STATED}" if one.iterations is None else _number(one.iterations, "step")
    slots = f"{_number(one.slots, 'slot')} stored" if one.slots else "no slots stored"
    called = f"{one.class_name or f'class {NOT_STATED}'}, {steps}, {slots}"
    return f"{called}; {_some(settings)}" if settings else called


def _number(number: int, thing: str) -> str:
    return f"{number:,} {thing}" if number == 1 else f"{number:,} {thing}s"


def _setting(value: Any) -> str:
    if isinstance(value, dict) and isinstance(value.get("class_name"), str):
        return str(value["class_name"])
    return repr(value) if isinstance(value, str) else str(value)


def _custom(one: Custom) -> str:
    name = f"{one.package}>{one.name}" if one.package else one.name
    return f"{one.role} {name}" + (f" of {one.module}" if one.module else "")


def _code(one: Code) -> str:
    size = f" of {one.bytes:,} bytes" if one.bytes is not None else ""
    return f"{one.kind}{size} in {one.where or 'its configuration'}"


def _some(texts: Any) -> str:
    listed = [str(text) for text in texts]
    more = f" and {len(listed) - _MOST:,} more" if len(listed) > _MOST else ""
    return ", ".join(listed[:_MOST]) + more
