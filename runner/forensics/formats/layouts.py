"""The two layouts in which Keras keeps arrays in HDF5: by layers' names, and by objects."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from typing import Any

from caniload.runner.forensics.facts import (
    Finding,
    Inspection,
    Layer,
    Optimizer,
    Origin,
    UnreadableError,
    damage,
)
from caniload.runner.forensics.formats import hdf5file, variables
from caniload.runner.forensics.formats.documents import read_json
from caniload.runner.forensics.formats.hdf5file import Hdf5, listed
from caniload.runner.forensics.formats.merging import adding, with_architecture, with_training
from caniload.runner.forensics.formats.variables import Owner, Variable

_TOP = "top_level_model_weights"


def with_hdf5(found: Hdf5, so_far: Inspection, *, root: str) -> Inspection:
    """Add what an HDF5 file of Keras holds, in either layout."""
    config = _json_attribute(found, "model_config")
    compiled = _json_attribute(found, "training_config")
    so_far = with_architecture(config, so_far)
    so_far = with_training(compiled, so_far)
    origin = Origin(
        keras_version=found.attributes.get("keras_version"),
        backend=found.attributes.get("backend"),
        date_saved=f"{found.written:%Y-%m-%d %H:%M:%S} UTC" if found.written else None,
    )
    layers = legacy_layers(found, root)
    if layers is None:
        return with_layout_3(found, dataclasses.replace(so_far, origin=origin))
    own, problems = legacy_variables(found, root, layers)
    state = [one for path, one in found.variables.items() if path.startswith("optimizer_weights/")]
    return dataclasses.replace(
        so_far,
        variant="layers by name",
        origin=origin,
        layers=so_far.layers or tuple(Layer(name=name) for name in layers),
        weights=variables.weights(own),
        optimizer=_optimizer_state(so_far.optimizer, _as_optimizer(state), found.scalars),
        findings=(*so_far.findings, *found.findings, *problems),
    )


def with_layout_3(found: Hdf5, so_far: Inspection) -> Inspection:
    """Add the arrays of the layout that goes by objects: ``layers/dense/vars/0``."""
    every = [
        dataclasses.replace(one, owner=variables.owner_in_layers(path))
        for path, one in found.variables.items()
    ]
    named = tuple(
        Layer(name=found.labels.get(f"{group}/vars", group.rpartition("/")[2]))
        for group in found.groups
        if group.count("/") == 1
        and group.partition("/")[0] in ("layers", "_layer_checkpoint_dependencies")
    )
    return dataclasses.replace(
        so_far,
        variant=so_far.variant or "objects (Keras 2.12 and later)",
        layers=so_far.layers or named,
        weights=variables.weights(every),
        optimizer=_optimizer_state(so_far.optimizer, every, found.scalars),
        findings=(*so_far.findings, *found.findings),
    )


def legacy_layers(found: Hdf5, root: str) -> list[str] | None:
    return listed(found.names, root, "layer_names")


def is_layout_3(found: Hdf5) -> bool:
    return any(path.split("/")[-2:-1] == ["vars"] for path in found.variables) or any(
        group == "vars" or group.endswith("/vars") for group in found.groups
    )


def legacy_variables(
    found: Hdf5, root: str, layers: list[str]
) -> tuple[list[Variable], list[Finding]]:
    own: dict[str, Variable] = {}
    problems = []
    before = f"{root}/" if root else ""
    for layer in [*layers, _TOP]:
        group = f"{before}{layer}"
        names = listed(found.names, group, "weight_names")
        if names is None:
            if layer != _TOP and group not in found.groups:
                problems.append(damage("missing-weights", f"the weights of {layer} are missing"))
            continue
        for name in names:
            path = f"{group}/{name}"
            if path in found.variables:
                own[path] = found.variables[path]
            else:
                problems.append(damage("missing-weights", f"{path} is missing"))
    return list(own.values()), problems


def _as_optimizer(state: Iterable[Variable]) -> list[Variable]:
    return [dataclasses.replace(one, owner=Owner.OPTIMIZER) for one in state]


def _optimizer_state(
    optimizer: Optimizer | None, every: list[Variable], scalars: dict[str, int | float]
) -> Optimizer | None:
    """Add the state; the first whole number among an optimizer's is the count of its steps."""
    if optimizer is None and not any(one.owner is Owner.OPTIMIZER for one in every):
        return None
    steps = [value for path, value in scalars.items() if _is_steps(path, value)]
    return dataclasses.replace(
        optimizer or Optimizer(),
        iterations=int(steps[0]) if steps else None,
        slots=variables.slots(every),
    )


def _is_steps(path: str, value: float) -> bool:
    last = path.rpartition("/")[2]
    return isinstance(value, int) and (
        "iter" in last or path in ("optimizer/vars/0", "optimizer_weights/param_0")
    )


def _json_attribute(found: Hdf5, name: str) -> Any:
    text = found.attributes.get(name)
    if text is None:
        return None
    try:
        return read_json(text)
    except UnreadableError as error:
        found.findings.append(damage("damaged-configuration", f"{name}: {error}"))
        return None


def with_stream(stream: Any, name: str, size: int, so_far: Inspection) -> Inspection:
    try:
        found = hdf5file.read(stream, size)
    except UnreadableError as error:
        return adding(so_far, damage("damaged-weights", f"{name} is an {error}"))
    if not is_layout_3(found) and legacy_layers(found, "") is not None:
        return _with_legacy_member(found, so_far)
    return with_layout_3(found, so_far)


def _with_legacy_member(found: Hdf5, so_far: Inspection) -> Inspection:
    own, problems = legacy_variables(found, "", legacy_layers(found, "") or [])
    return dataclasses.replace(
        so_far,
        weights=variables.weights(own),
        findings=(*so_far.findings, *found.findings, *problems),
    )
