"""One path -> its ``Inspection``: recognises the format, reads it, puts the findings together."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from runner.forensics import (
    checkpoint,
    configuration,
    contents,
    hdf5file,
    pickles,
    savedmodel,
    training,
    variables,
)
from runner.forensics.archive import Archive
from runner.forensics.documents import TEXT_BYTES, TaggedError, read_json, read_yaml
from runner.forensics.facts import (
    Finding,
    Holds,
    Inspection,
    Layer,
    Optimizer,
    Origin,
    UnreadableError,
    damage,
    danger,
    notice,
    unchecked,
)
from runner.forensics.hdf5file import Hdf5, listed
from runner.forensics.recognise import Recognised, recognise
from runner.forensics.variables import Owner, Variable

CONFIG, METADATA = "config.json", "metadata.json"
WEIGHTS = ("model.weights.h5", "variables.h5")
"""Where ``.keras`` files keep their arrays: since Keras 2.12, and in TensorFlow 2.11."""

_TOP = "top_level_model_weights"
_BESIDE = ("{stem}.weights.h5", "{stem}_weights.h5", "{stem}.h5", "{stem}.hdf5", "weights.h5")


def inspect_here(path: Path) -> Inspection:
    """Return what a path holds; whatever is wrong with it is said inside."""
    name = str(path)
    try:
        known = recognise(path)
        found = _READERS[known.kind](known, Inspection(path=name))
    except UnreadableError as error:
        return Inspection(path=name, problem=_line(error))
    except OSError as error:
        return Inspection(path=name, problem=f"cannot be read: {error.strerror or _line(error)}")
    except (RecursionError, MemoryError) as error:
        return Inspection(path=name, problem=f"needs more room than is given: {_line(error)}")
    return found


def _hdf5(known: Recognised, so_far: Inspection) -> Inspection:
    path = known.path
    size = path.stat().st_size
    found = hdf5file.read(path, size)
    model = "model_config" in found.attributes
    weights_only = not model and _legacy_layers(found, "") is None
    so_far = dataclasses.replace(
        so_far,
        format="h5" if model else "weights-h5",
        holds=Holds.MODEL if model else Holds.WEIGHTS,
        files=(path.name,),
        bytes=size,
        findings=_misnamed(path.name, ".keras", "an HDF5 file"),
    )
    if weights_only and not _keras_3_layout(found):
        return _foreign_hdf5(found, so_far)
    return _with_hdf5(found, so_far, root="model_weights" if model else "")


def _with_hdf5(found: Hdf5, so_far: Inspection, *, root: str) -> Inspection:
    """Add what an HDF5 file of Keras holds, in either layout."""
    config = _json_attribute(found, "model_config")
    compiled = _json_attribute(found, "training_config")
    so_far = _with_architecture(config, so_far)
    so_far = _with_training(compiled, so_far)
    origin = Origin(
        keras_version=found.attributes.get("keras_version"),
        backend=found.attributes.get("backend"),
        date_saved=f"{found.written:%Y-%m-%d %H:%M:%S} UTC" if found.written else None,
    )
    layers = _legacy_layers(found, root)
    if layers is None:
        return _with_layout_3(found, dataclasses.replace(so_far, origin=origin))
    own, problems = _legacy_variables(found, root, layers)
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


def _with_layout_3(found: Hdf5, so_far: Inspection) -> Inspection:
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


def _foreign_hdf5(found: Hdf5, so_far: Inspection) -> Inspection:
    if any(one.kind == "hdf5-damaged" for one in found.findings):
        return dataclasses.replace(so_far, findings=(*so_far.findings, *found.findings))
    raise UnreadableError("an HDF5 file, but none of Keras: no model and no layers in it")


def _legacy_layers(found: Hdf5, root: str) -> list[str] | None:
    return listed(found.names, root, "layer_names")


def _keras_3_layout(found: Hdf5) -> bool:
    return any(path.split("/")[-2:-1] == ["vars"] for path in found.variables) or any(
        group == "vars" or group.endswith("/vars") for group in found.groups
    )


def _legacy_variables(
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


def _with_architecture(config: Any, so_far: Inspection) -> Inspection:
    """Add what a model's configuration says; anything else than one is a finding."""
    if config is None:
        return so_far
    if not configuration.is_model(config):
        text = "its configuration describes no model"
        return _adding(so_far, damage("damaged-configuration", text))
    read = configuration.read(config)
    inside = contents.of(config)
    return dataclasses.replace(
        so_far,
        model_class=read.model_class,
        model_name=read.model_name,
        layers=read.layers,
        layers_by_class=read.layers_by_class,
        inputs=so_far.inputs or read.inputs,
        outputs=so_far.outputs or read.outputs,
        dtype_policies=read.dtype_policies,
        custom=_unique([*so_far.custom, *inside.custom]),
        code=_unique([*so_far.code, *inside.code]),
        findings=(*so_far.findings, *inside.findings, *map(_told, inside.code)),
    )


def _told(code: Any) -> Finding:
    where = f"layer {code.where}" if code.where else "its configuration"
    if code.kind == "pickle":
        return danger("pickle", f"{where} holds a pickled PyTorch module: loading runs code")
    return danger("bytecode", f"{where} holds Python bytecode, which runs when it is loaded")


def _with_training(compiled: Any, so_far: Inspection) -> Inspection:
    read = training.read(compiled)
    inside = contents.of(compiled, layers_under="training")
    return dataclasses.replace(
        so_far,
        optimizer=read.optimizer,
        loss=read.loss,
        metrics=read.metrics,
        custom=_unique([*so_far.custom, *inside.custom, *read.custom]),
        code=_unique([*so_far.code, *inside.code]),
        findings=(*so_far.findings, *inside.findings, *map(_told, inside.code)),
    )


def _zip(known: Recognised, so_far: Inspection) -> Inspection:
    archive = Archive(known.path)
    try:
        if CONFIG not in archive.members:
            raise UnreadableError(_other_zip(archive))
        so_far = dataclasses.replace(
            so_far,
            format="keras",
            variant="zip",
            holds=Holds.MODEL,
            files=(known.path.name,),
            bytes=known.path.stat().st_size,
            findings=_misnamed(known.path.name, (".h5", ".hdf5"), "a zip file"),
        )
        so_far = _with_documents(archive.text(CONFIG), archive.text(METADATA), so_far)
        so_far = _with_member(archive, so_far)
        return _adding(so_far, *dict.fromkeys(archive.findings))
    finally:
        archive.close()


def _with_documents(config: bytes | None, metadata: bytes | None, so_far: Inspection) -> Inspection:
    """Add what ``config.json`` and ``metadata.json`` say."""
    stated, problems = {}, []
    for name, text in ((CONFIG, config), (METADATA, metadata)):
        if text is None:
            problems.append(damage("missing-part", f"its {name} is missing or cannot be read"))
            continue
        try:
            stated[name] = read_json(text)
        except UnreadableError as error:
            problems.append(damage("damaged-configuration", f"{name}: {error}"))
    so_far = _adding(so_far, *problems)
    model = stated.get(CONFIG)
    so_far = _with_architecture(model, so_far)
    if isinstance(model, dict):
        so_far = _with_training(model.get("compile_config"), so_far)
    meta = stated.get(METADATA)
    says = meta if isinstance(meta, dict) else {}
    return dataclasses.replace(
        so_far,
        origin=Origin(
            keras_version=_text(says.get("keras_version")), date_saved=_text(says.get("date_saved"))
        ),
    )


def _with_member(archive: Archive, so_far: Inspection) -> Inspection:
    """Add the arrays, which lie in an HDF5 file within the zip."""
    name = next((one for one in WEIGHTS if one in archive.members), None)
    if name is None:
        if any(one.endswith(".npz") for one in archive.members):
            text = "its weights are kept as numpy arrays, which were not looked at"
            return _adding(so_far, unchecked("numpy-weights", text))
        return _adding(so_far, damage("missing-weights", "has no weights: model.weights.h5"))
    right = archive.checksum_is_right(name)
    if right is False:
        so_far = _adding(so_far, damage("zip-checksum", f"{name} has a wrong checksum"))
    elif right is None:
        text = f"the checksum of {name}, which is too large to be read just for that"
        so_far = _adding(so_far, unchecked("zip-checksum", text))
    stream = archive.stream(name)
    if stream is None:
        return so_far
    with stream:
        return _with_stream(stream, name, archive.members[name].file_size, so_far)


def _with_stream(stream: Any, name: str, size: int, so_far: Inspection) -> Inspection:
    try:
        found = hdf5file.read(stream, size)
    except UnreadableError as error:
        return _adding(so_far, damage("damaged-weights", f"{name} is an {error}"))
    if not _keras_3_layout(found) and _legacy_layers(found, "") is not None:
        return _with_legacy_member(found, so_far)
    return _with_layout_3(found, so_far)


def _with_legacy_member(found: Hdf5, so_far: Inspection) -> Inspection:
    own, problems = _legacy_variables(found, "", _legacy_layers(found, "") or [])
    return dataclasses.replace(
        so_far,
        weights=variables.weights(own),
        findings=(*so_far.findings, *found.findings, *problems),
    )


def _other_zip(archive: Archive) -> str:
    names = list(archive.members)
    if any(name.endswith("data.pkl") for name in names):
        return "a PyTorch file: a zip file with a pickle in it, which is not unpickled"
    if any(name.endswith("saved_model.pb") for name in names):
        return "a zip file that holds a SavedModel folder: unpack it first"
    if names and all(name.endswith(".npy") for name in names):
        return "numpy arrays (.npz), which say nothing of a model"
    if any(name.endswith((".h5", ".hdf5", ".keras")) for name in names):
        return "a zip file that holds a model: unpack it first"
    return "a zip file, but no model of Keras: it has no config.json"


def _keras_folder(known: Recognised, so_far: Inspection) -> Inspection:
    """Read a ``.keras`` that was saved, or unpacked, as a folder."""
    folder = known.path
    so_far = dataclasses.replace(so_far, format="keras", variant="folder", holds=Holds.MODEL)
    so_far = _with_documents(_bounded(folder / CONFIG), _bounded(folder / METADATA), so_far)
    name = next((one for one in WEIGHTS if (folder / one).is_file()), None)
    if name is None:
        so_far = _adding(so_far, damage("missing-weights", "has no weights: model.weights.h5"))
    else:
        with (folder / name).open("rb") as stream:
            size = (folder / name).stat().st_size
            so_far = _with_stream(stream, name, size, so_far)
    return _with_files(so_far, folder, [folder / one for one in (CONFIG, METADATA, name) if one])


def _json(known: Recognised, so_far: Inspection) -> Inspection:
    return _document(known.path, read_json(_bounded(known.path)), "json", so_far)


def _yaml(known: Recognised, so_far: Inspection) -> Inspection:
    try:
        data = read_yaml(_bounded(known.path))
    except TaggedError as error:
        text = "asks its reader for a Python object, which an unsafe reader makes by running code"
        so_far = dataclasses.replace(so_far, format="yaml", problem=str(error))
        return _adding(so_far, danger("yaml-python", text))
    return _document(known.path, data, "yaml", so_far)


def _document(path: Path, data: Any, kind: str, so_far: Inspection) -> Inspection:
    """Read an architecture, with the weights that lie beside it under a name that fits."""
    if isinstance(data, dict) and isinstance(data.get("weight_map"), dict):
        raise UnreadableError("a list of the parts of weights; name one of the parts")
    if not configuration.is_model(data):
        raise UnreadableError(f"a {kind.upper()} text, but no description of a model")
    origin = Origin(
        keras_version=_text(data.get("keras_version")), backend=_text(data.get("backend"))
    )
    so_far = dataclasses.replace(so_far, format=kind, holds=Holds.ARCHITECTURE)
    so_far = _with_architecture(data, so_far)
    so_far = _with_training(data.get("compile_config"), so_far)
    beside = _weights_beside(path)
    if beside is not None:
        size = beside.stat().st_size
        try:
            so_far = _with_hdf5(hdf5file.read(beside, size), so_far, root="")
        except UnreadableError as error:
            text = f"{beside.name} is an {error}"
            so_far = _adding(so_far, damage("damaged-weights", text))
        so_far = dataclasses.replace(so_far, holds=Holds.MODEL, variant="with weights beside it")
        origin = dataclasses.replace(origin, date_saved=so_far.origin.date_saved)
    files = [path, *([beside] if beside else [])]
    return _with_files(dataclasses.replace(so_far, origin=origin), path.parent, files)


def _weights_beside(path: Path) -> Path | None:
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
        findings=tuple(found.findings),
    )
    if described and found.root is not None:
        so_far = _with_architecture(_whole(found.root, found.parts), so_far)
        so_far = _with_training(found.root.get("training_config"), so_far)
    root = found.root or {}
    origin = Origin(
        keras_version=_text(root.get("keras_version")),
        tensorflow_version=found.tensorflow_version,
        backend=_text(root.get("backend")),
        graph_producer=found.graph_producer,
    )
    so_far = dataclasses.replace(so_far, origin=origin)
    return _with_variables(folder, found.variables, so_far)


_OF_A_LAYER = ("class_name", "config", "module", "registered_name", "name")


def _whole(root: dict[str, Any], parts: list[dict[str, Any]]) -> dict[str, Any]:
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
            so_far = _adding(so_far, damage("missing-weights", text))
        return _with_files(so_far, folder, files)
    try:
        stored = checkpoint.read(prefix)
    except UnreadableError as error:
        so_far = _adding(so_far, damage("damaged-weights", f"variables.index: {error}"))
        return _with_files(so_far, folder, files)
    so_far = _with_checkpoint(stored, so_far)
    if own is not None:
        so_far = dataclasses.replace(so_far, weights=variables.weights(own))
    return _with_files(so_far, folder, [*files, *stored.files])


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
            so_far = _with_architecture(read_json(found.config), so_far)
        except UnreadableError as error:
            so_far = _adding(so_far, damage("damaged-configuration", str(error)))
    so_far = _with_checkpoint(found, so_far)
    if not found.by_objects:
        text = "which of its variables are an optimizer's: names do not say so"
        so_far = _adding(so_far, unchecked("names-only", text))
    return _with_files(so_far, known.path.parent, found.files)


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
    return _adding(so_far, danger("pickle", f"unpickling runs code{imports}"))


_READERS: dict[str, Callable[[Recognised, Inspection], Inspection]] = {
    "hdf5": _hdf5,
    "zip": _zip,
    "keras-folder": _keras_folder,
    "json": _json,
    "yaml": _yaml,
    "savedmodel": _savedmodel,
    "checkpoint": _checkpoint,
    "pickle": _pickle,
}


def _adding(so_far: Inspection, *findings: Finding) -> Inspection:
    return dataclasses.replace(so_far, findings=(*so_far.findings, *findings))


def _with_files(so_far: Inspection, folder: Path, files: Iterable[Path]) -> Inspection:
    there = [path for path in files if path.is_file()]
    return dataclasses.replace(
        so_far,
        files=tuple(path.relative_to(folder).as_posix() for path in there),
        bytes=sum(path.stat().st_size for path in there),
    )


def _misnamed(name: str, endings: str | tuple[str, ...], what: str) -> tuple[Finding, ...]:
    if not name.endswith(endings):
        return ()
    text = f"is {what} under a name that ends in .{name.rpartition('.')[2]}"
    return (notice("misnamed", text),)


def _bounded(path: Path) -> bytes:
    with path.open("rb") as stream:
        return stream.read(TEXT_BYTES + 1)


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def _unique(values: Iterable[Any]) -> tuple[Any, ...]:
    return tuple(dict.fromkeys(values))


def _line(error: BaseException) -> str:
    return (str(error).splitlines() or [""])[0] or type(error).__name__
