"""One path -> its ``Inspection``: recognises the format, reads it, puts the findings together."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

from caniload.runner.forensics import configuration, sizes
from caniload.runner.forensics.facts import (
    Holds,
    Inspection,
    Optimizer,
    Origin,
    UnreadableError,
    damage,
    danger,
    unchecked,
)
from caniload.runner.forensics.folders import Unpacked, alone, links, repacked, unfetched, unpacked
from caniload.runner.forensics.formats import (
    checkpoint,
    hdf5file,
    pickles,
    savedmodel,
    shards,
    variables,
)
from caniload.runner.forensics.formats.documents import TaggedError, bounded, read_json
from caniload.runner.forensics.formats.hdf5file import Hdf5
from caniload.runner.forensics.formats.kerasfile import read_folder, read_zip
from caniload.runner.forensics.formats.layouts import is_layout_3, legacy_layers, with_hdf5
from caniload.runner.forensics.formats.merging import (
    adding,
    line,
    misnamed,
    stated_text,
    with_architecture,
    with_files,
    with_parts,
    with_training,
)
from caniload.runner.forensics.formats.variables import Owner, Variable
from caniload.runner.forensics.recognise import Recognised, recognise, two_formats

_BESIDE = ("{stem}.weights.h5", "{stem}_weights.h5", "{stem}.h5", "{stem}.hdf5", "weights.h5")


def inspect_here(path: Path) -> Inspection:
    """Return what a path holds; whatever is wrong with it is said inside."""
    name = str(path)
    try:
        found = _unpacked(path)
    except UnreadableError as error:
        return Inspection(path=name, problem=line(error))
    except OSError as error:
        return Inspection(path=name, problem=f"cannot be read: {error.strerror or line(error)}")
    except (RecursionError, MemoryError) as error:
        return Inspection(path=name, problem=f"needs more room than is given: {line(error)}")
    if trap := sizes.finding(found):
        found = adding(found, trap)
    if both := two_formats(path):
        text = f"{both}: what is told here is of one, and a loader may read the other"
        found = adding(found, danger("two-formats", text))
    # Of a folder that only has a model in it, the rest is read by nobody who loads that.
    model = path / (found.packaging.within if found.packaging else "")
    return adding(found, *links(model)) if model.is_dir() else found


def _unpacked(path: Path) -> Inspection:
    """Read what a path holds, in a folder the model that lies in it."""
    folder = unpacked(path)
    if folder is not None:
        return _packaged(path, folder)
    try:
        return _read(path, path)
    except UnreadableError:
        folder = alone(path)
        if folder is None:
            raise
        return _packaged(path, folder)


def _packaged(path: Path, folder: Unpacked) -> Inspection:
    within = folder.packaging.within
    try:
        return repacked(_read(path, path / within), folder)
    except UnreadableError as error:
        where = f" of which {within} is no sound model" if within else ""
        raise UnreadableError(f"{folder.packaging.said}{where}: {error}") from error


def _read(path: Path, model: Path) -> Inspection:
    if waiting := unfetched(model):
        raise UnreadableError(waiting)
    known = recognise(model)
    return _READERS[known.kind](known, Inspection(path=str(path)))


def _hdf5(known: Recognised, so_far: Inspection) -> Inspection:
    path = known.path
    size = path.stat().st_size
    found = hdf5file.read(path, size)
    model = "model_config" in found.attributes
    weights_only = not model and legacy_layers(found, "") is None
    so_far = dataclasses.replace(
        so_far,
        format="h5" if model else "weights-h5",
        holds=Holds.MODEL if model else Holds.WEIGHTS,
        files=(path.name,),
        bytes=size,
        findings=misnamed(path.name, (".h5", ".hdf5"), "an HDF5 file"),
    )
    if weights_only and not is_layout_3(found):
        return _foreign_hdf5(found, so_far)
    return with_hdf5(found, so_far, root="model_weights" if model else "")


def _foreign_hdf5(found: Hdf5, so_far: Inspection) -> Inspection:
    if any(one.kind == "hdf5-damaged" for one in found.findings):
        return dataclasses.replace(so_far, findings=(*so_far.findings, *found.findings))
    raise UnreadableError("an HDF5 file, but none of Keras: no model and no layers in it")


def _json(known: Recognised, so_far: Inspection) -> Inspection:
    return _document(known.path, read_json(bounded(known.path)), "json", so_far)


def _yaml(known: Recognised, so_far: Inspection) -> Inspection:
    from caniload.runner.forensics.formats.yamltexts import read_yaml  # noqa: PLC0415 - few files need PyYAML

    try:
        data = read_yaml(bounded(known.path))
    except TaggedError as error:
        text = "asks its reader for a Python object, which an unsafe reader makes by running code"
        so_far = dataclasses.replace(so_far, format="yaml", problem=str(error))
        return adding(so_far, danger("yaml-python", text))
    return _document(known.path, data, "yaml", so_far)


def _document(path: Path, data: Any, kind: str, so_far: Inspection) -> Inspection:
    """Read an architecture, with the weights that lie beside it under a name that fits."""
    if shards.is_list(data):
        return shards.read(path, data, so_far)
    if not configuration.is_model(data):
        raise UnreadableError(f"a {kind.upper()} text, but no description of a model")
    origin = Origin(
        keras_version=stated_text(data.get("keras_version")),
        backend=stated_text(data.get("backend")),
    )
    so_far = dataclasses.replace(so_far, format=kind, holds=Holds.ARCHITECTURE)
    so_far = with_architecture(data, so_far)
    so_far = with_training(data.get("compile_config"), so_far)
    beside = weights_beside(path)
    if beside is not None:
        size = beside.stat().st_size
        try:
            so_far = with_hdf5(hdf5file.read(beside, size), so_far, root="")
        except UnreadableError as error:
            text = f"{beside.name} is an {error}"
            so_far = adding(so_far, damage("damaged-weights", text))
        so_far = dataclasses.replace(so_far, holds=Holds.MODEL, variant="with weights beside it")
        origin = dataclasses.replace(origin, date_saved=so_far.origin.date_saved)
    files = [path, *([beside] if beside else [])]
    return with_files(dataclasses.replace(so_far, origin=origin), path.parent, files)


def weights_beside(path: Path) -> Path | None:
    """Return the HDF5 file beside an architecture whose name says that it has its weights."""
    stem = path.name.rpartition(".")[0]
    for pattern in _BESIDE:
        candidate = path.with_name(pattern.format(stem=stem))
        if candidate.is_file():
            with candidate.open("rb") as stream:
                if stream.read(4) == b"\x89HDF":
                    return candidate
    return None


def _savedmodel(known: Recognised, so_far: Inspection) -> Inspection:
    folder = known.path
    found = savedmodel.read(folder)
    described = found.root is not None and configuration.is_model(found.root)
    so_far = dataclasses.replace(
        so_far,
        format="savedmodel",
        holds=Holds.MODEL if described else Holds.GRAPH,
        inputs=found.inputs,
        outputs=found.outputs,
        signatures=tuple(sorted(found.signatures, key=lambda one: one.name)),
        tags=found.tags,
        findings=tuple(found.findings),
    )
    if described and found.root is not None:
        so_far = with_architecture(whole(found.root, found.parts), so_far)
        so_far = with_training(found.root.get("training_config"), so_far)
    so_far = with_parts([*found.parts, *found.below], so_far)
    root = found.root or {}
    origin = Origin(
        keras_version=stated_text(root.get("keras_version")),
        tensorflow_version=found.tensorflow_version,
        backend=stated_text(root.get("backend")),
        graph_producer=found.graph_producer,
    )
    so_far = dataclasses.replace(so_far, origin=origin)
    return _with_variables(folder, found.variables, so_far)


_OF_A_LAYER = ("class_name", "config", "module", "registered_name", "name")


def whole(root: dict[str, Any], parts: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the root with its layers: a class of somebody's own lists them as objects only."""
    model = {key: root[key] for key in _OF_A_LAYER if key in root}
    if configuration.members(model) or not parts:
        return model
    config = root["config"] if isinstance(root.get("config"), dict) else {}
    layers = [{key: one[key] for key in _OF_A_LAYER if key in one} for one in parts]
    return {**model, "config": {**config, "layers": layers}}


def _with_variables(folder: Path, own: list[Variable] | None, so_far: Inspection) -> Inspection:
    files = [folder / one for one in (savedmodel.GRAPH_FILE, savedmodel.METADATA_FILE)]
    prefix = folder / "variables" / "variables"
    if not prefix.with_name("variables.index").is_file():
        if own:
            text = "its variables are missing: variables/variables.index"
            so_far = adding(so_far, damage("missing-weights", text))
        return with_files(so_far, folder, files)
    try:
        stored = checkpoint.read(prefix)
    except UnreadableError as error:
        so_far = adding(so_far, damage("damaged-weights", f"variables.index: {error}"))
        return with_files(so_far, folder, files)
    so_far = _with_checkpoint(stored, so_far)
    if own is not None:
        so_far = dataclasses.replace(so_far, weights=variables.weights(own))
    return with_files(so_far, folder, [*files, *stored.files])


def _checkpoint(known: Recognised, so_far: Inspection) -> Inspection:
    found = checkpoint.read(known.path)
    so_far = dataclasses.replace(
        so_far,
        format="checkpoint",
        variant="by objects" if found.by_objects else "by names",
        holds=Holds.WEIGHTS,
    )
    if found.config is not None:
        try:
            so_far = with_architecture(read_json(found.config), so_far)
        except UnreadableError as error:
            so_far = adding(so_far, damage("damaged-configuration", str(error)))
    so_far = _with_checkpoint(found, so_far)
    if not found.by_objects:
        text = "which of its variables are an optimizer's: names do not say so"
        so_far = adding(so_far, unchecked("names-only", text))
    return with_files(so_far, known.path.parent, found.files)


def _with_checkpoint(found: checkpoint.Checkpoint, so_far: Inspection) -> Inspection:
    optimizer = so_far.optimizer
    if optimizer or any(one.owner is Owner.OPTIMIZER for one in found.variables):
        optimizer = dataclasses.replace(
            optimizer or Optimizer(),
            iterations=found.iterations,
            slots=variables.slots(found.variables),
        )
    return dataclasses.replace(
        so_far,
        optimizer=optimizer,
        weights=variables.weights(found.variables),
        findings=(*so_far.findings, *found.findings),
    )


def _pickle(known: Recognised, so_far: Inspection) -> Inspection:
    names = pickles.called(known.path)
    imports = f"; it imports {', '.join(names)}" if names else ""
    so_far = dataclasses.replace(
        so_far,
        format="pickle",
        problem="a pickle, which is not opened: to unpickle is to run what is in it",
        files=(known.path.name,),
        bytes=known.path.stat().st_size,
    )
    return adding(so_far, danger("pickle", f"unpickling runs code{imports}"))


_READERS: dict[str, Callable[[Recognised, Inspection], Inspection]] = {
    "hdf5": _hdf5,
    "zip": read_zip,
    "keras-folder": read_folder,
    "json": _json,
    "yaml": _yaml,
    "savedmodel": _savedmodel,
    "checkpoint": _checkpoint,
    "pickle": _pickle,
}
