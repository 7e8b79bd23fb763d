"""Folders as people have them: what made one, what it states, and where in it the model lies.

MLflow's by its ``MLmodel`` (mlflow/models/model.py), repositories of Hugging Face by the head of
their README.md (huggingface_hub, repocard.py), modules of TensorFlow Hub by what lies in and beside
them (tensorflow_hub, module_spec and resolver.py). Nothing in them is imported or unpickled.
"""

from __future__ import annotations

import dataclasses
import itertools
import os
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from caniload.runner.forensics.facts import (
    Finding,
    Inspection,
    Origin,
    Packaging,
    UnreadableError,
    danger,
    notice,
)
from caniload.runner.forensics.formats.merging import adding, stated_text
from caniload.runner.forensics.formats.savedmodel import GRAPH_FILE
from caniload.runner.forensics.names import of_keras

MLMODEL = "MLmodel"
README = "README.md"
CONFIG, METADATA = "config.json", "metadata.json"
"""What a ``.keras`` has beside its weights, in a zip or as a folder."""

_WITH_CONFIG = frozenset({METADATA, "model.weights.h5", "model.weights.npz"})
"""What makes a folder with a configuration a model: loaders do without METADATA."""

LFS = b"version https://git-lfs"
"""How a pointer begins that stands where Git LFS has not fetched a file."""

_POINTER = 1_024  # bytes; the specification of Git LFS allows no longer ones

_ENDINGS = (".keras", ".h5", ".hdf5")
_WEIGHTS = ".weights.h5"
_ENTRIES = 5_000
"""Most files of a folder that are looked at for a model."""

_TEXT = 2**16
_PIN = re.compile(r"^\s*([A-Za-z0-9._-]+)\s*==\s*([A-Za-z0-9.+!_-]+)", re.MULTILINE)
_BUILDS = re.compile(r"tensorflow(-(cpu|gpu|intel|macos|rocm))?")
_PICKLES = (".pkl", ".pickle", ".cloudpickle")
_PLAIN = "python_function"
_MLFLOW = re.compile(r"mlflow(\.|$)")
_HANDLE = re.compile(r"https?://\S+")


@dataclass(frozen=True, kw_only=True)
class Unpacked:
    """A folder as it was recognised: the words for it, and what else is to be said."""

    packaging: Packaging
    origin: Origin = field(default_factory=Origin)
    findings: tuple[Finding, ...] = ()


def unpacked(folder: Path) -> Unpacked | None:
    """Return what made a folder; ``None`` for a file, and for a folder that is just a folder.

    ``UnreadableError``: it holds something else than a model of Keras or TensorFlow.
    """
    try:
        names = {entry.name for entry in os.scandir(folder)}
    except OSError:
        return None
    if MLMODEL in names:
        return _mlflow(folder)
    return _as_it_is(folder, names) if GRAPH_FILE in names or is_keras(names) else None


def is_keras(names: Collection[str]) -> bool:
    """Say whether a folder with these names is a ``.keras`` to a loader."""
    return CONFIG in names and not _WITH_CONFIG.isdisjoint(names)


def alone(folder: Path) -> Unpacked | None:
    """Return the one model file in a folder that is no model itself, if there is just one.

    ``UnreadableError``: it is there for another library.
    """
    if not folder.is_dir():
        return None
    names = {entry.name for entry in os.scandir(folder)}
    if "config.json" in names and any(one.startswith("tf_model") for one in names):
        raise UnreadableError(
            "a model of the library transformers: weights for a class of its own, and no saved"
            " model of Keras; load it with that library"
        )
    models = list(itertools.islice(_models(folder), 2))
    if len(models) != 1 or "/" in models[0]:
        return None
    said = _repository(folder, names) or "a folder with one model in it"
    return Unpacked(packaging=Packaging(said=said, within=models[0]))


def repacked(found: Inspection, known: Unpacked) -> Inspection:
    """Return the inspection of a folder: that of the model in it, and what the folder states."""
    own, beside = found.origin, known.origin
    if own.keras_version and beside.keras_version not in (None, own.keras_version):
        beside = Origin()  # it is of another model than this one
    origin = dataclasses.replace(
        own,
        keras_version=own.keras_version or beside.keras_version,
        tensorflow_version=own.tensorflow_version or beside.tensorflow_version,
        backend=own.backend or beside.backend,
    )
    found = dataclasses.replace(found, packaging=known.packaging, origin=origin)
    pairs = (
        ("Keras", own.keras_version, known.origin.keras_version),
        ("TensorFlow", own.tensorflow_version, known.origin.tensorflow_version),
    )
    apart = [
        f"the model in it states {label} {inside}, the folder {outside}"
        for label, inside, outside in pairs
        if inside and outside and inside != outside and found.problem is None
    ]
    return adding(found, *known.findings, *(notice("stated-twice", text) for text in apart))


def _mlflow(folder: Path) -> Unpacked:
    from caniload.runner.forensics.formats.yamltexts import read_yaml  # noqa: PLC0415 - few files need PyYAML

    stated = read_yaml(_head(folder / MLMODEL))
    flavors = stated.get("flavors") if isinstance(stated, dict) else None
    if not isinstance(flavors, dict):
        raise UnreadableError(f"an MLflow model whose {MLMODEL} names no flavor")
    own = {name: one for name, one in flavors.items() if isinstance(one, dict)}
    named = ", ".join(name for name in own if name != _PLAIN) or _PLAIN
    models = sorted(_models(folder))
    if not models:
        raise UnreadableError(f"an MLflow model of flavor {named}, with no model of Keras in it")
    if len(models) > 1:
        raise UnreadableError(f"an MLflow model with several in it; name one: {', '.join(models)}")
    pins = _pins(folder / "requirements.txt")
    keras = _first(own, "keras_version")
    module = _first(own, "keras_module") or _line(folder / "data" / "keras_module.txt")
    origin = Origin(
        keras_version=keras,
        tensorflow_version=next((pins[one] for one in pins if _BUILDS.fullmatch(one)), None),
        backend=_first(own, "keras_backend"),
    )
    made = stated_text(stated.get("mlflow_version"))
    pairs = (("MLflow", made), ("flavor", named), ("module", module), ("Keras", keras))
    parts = [f"{label} {value}" for label, value in pairs if value]
    parts += [f"{one}=={pins[one]}" for one in pins if _is_framework(one)]
    pickles = [
        notice("pickle-beside", f"{one} is a pickle: MLflow unpickles it, which runs code in it")
        for one in _below(folder)
        if one.endswith(_PICKLES)
    ]
    said = f"an MLflow model; it states {', '.join(parts)}"
    packaging = Packaging(said=said, within=models[0])
    findings = (*pickles, *_imported(own, module))
    return Unpacked(packaging=packaging, origin=origin, findings=findings)


def _imported(flavors: Mapping[str, Mapping[str, Any]], keras: str | None) -> Iterator[Finding]:
    """Yield what MLflow imports because the model says so (mlflow/pyfunc, mlflow/keras)."""
    loaders = [one for one in _each(flavors, "loader_module") if not _MLFLOW.match(one)]
    named = [*loaders, *_each(flavors, "keras_module"), *([keras] if keras else [])]
    for module in dict.fromkeys(named):
        if not of_keras(module):
            yield danger("mlflow-imports", f"has MLflow import {module} to load it")
    for code in dict.fromkeys(_each(flavors, "code")):
        text = f"MLflow imports what lies in its folder {code} before anything that is installed"
        yield notice("code-beside", text)


def _as_it_is(folder: Path, names: set[str]) -> Unpacked | None:
    """Say what a folder is that is a model itself."""
    if "tfhub_module.pb" in names:
        return Unpacked(packaging=Packaging(said="a module of TensorFlow Hub, as TensorFlow 1 has"))
    beside = folder.with_name(f"{folder.name}.descriptor.txt")
    if beside.is_file():
        handle = _HANDLE.search(_head(beside).decode("utf-8", "replace"))
        named = f": {handle[0]}" if handle else ""
        return Unpacked(packaging=Packaging(said=f"from the cache of TensorFlow Hub{named}"))
    said = _repository(folder, names)
    if said is None and is_keras(names):
        said = "a folder as Keras 3 saves with zipped=False, or an unpacked .keras"
    return Unpacked(packaging=Packaging(said=said)) if said else None


def _repository(folder: Path, names: set[str]) -> str | None:
    """Return the words for a repository of Hugging Face, by the head of its README."""
    if README not in names:
        return None
    head = _head(folder / README).decode("utf-8", "replace")
    if not head.startswith("---"):
        return None
    front = head.split("\n---", 1)[0]
    library = re.search(r"^library_name:\s*(\S+)", front, re.MULTILINE)
    return "a repository of Hugging Face" + (f", library {library[1]}" if library else "")


def unfetched(model: Path) -> str | None:
    """Return in words which files of a model's folder Git LFS has yet to fetch; ``None``: none."""
    if not model.is_dir():
        return None
    near = [*_files(model), *_files(model / "variables")]
    missing = [one.name for one in near if one.stat().st_size < _POINTER and _is_pointer(one)]
    if not missing:
        return None
    named = ", ".join(missing)
    return f"not fetched yet: {named} are Git LFS pointers; `git lfs pull` fetches the files"


def _files(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    return sorted(Path(entry.path) for entry in os.scandir(folder) if entry.is_file())


def _is_pointer(path: Path) -> bool:
    with path.open("rb") as stream:
        return stream.read(len(LFS)) == LFS


def _models(folder: Path) -> Iterator[str]:
    """Yield the paths of models below a folder, as far as names tell."""
    seen = 0
    for root, folders, files in os.walk(folder):
        here = Path(root)
        seen += len(files) + len(folders)
        if seen > _ENTRIES:
            return
        if here != folder and (GRAPH_FILE in files or is_keras(files)):
            folders.clear()
            yield here.relative_to(folder).as_posix()
            continue
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            if name.endswith(_ENDINGS) and not name.endswith(_WEIGHTS):
                yield (here / name).relative_to(folder).as_posix()


def _below(folder: Path) -> Iterator[str]:
    for root, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield from ((Path(root) / name).relative_to(folder).as_posix() for name in sorted(files))


def _first(flavors: Mapping[str, Mapping[str, Any]], key: str) -> str | None:
    return next(iter(_each(flavors, key)), None)


def _each(flavors: Mapping[str, Mapping[str, Any]], key: str) -> list[str]:
    return [text for one in flavors.values() if (text := stated_text(one.get(key)))]


LINK = "link-elsewhere"
"""Kind of a finding of what is not read: it may be as large as the machine, or another's."""


def links(folder: Path) -> Iterator[Finding]:
    """Yield what in a folder is a link to a place outside of it.

    The cache of Hugging Face has such ones of its own, to ``blobs`` beside ``snapshots``.
    """
    inside = Path(os.path.realpath(folder))  # which ends, wherever links lead
    blobs = inside.parents[1] / "blobs" if inside.parent.name == "snapshots" else inside
    for root, folders, files in os.walk(folder):
        for name in sorted((*folders, *files)):
            path = Path(root) / name
            if not path.is_symlink():
                continue
            target = Path(os.path.realpath(path))
            if not target.is_relative_to(inside) and target.parent != blobs:
                where = path.relative_to(folder).as_posix()
                text = f"{where} is a link to a place outside of the folder, {target}"
                yield danger(LINK, text)


def _is_framework(package: str) -> bool:
    return "keras" in package or bool(_BUILDS.fullmatch(package))


def _pins(path: Path) -> dict[str, str]:
    """Return the versions that a requirements.txt pins, by package."""
    if not path.is_file():
        return {}
    text = _head(path).decode("utf-8", "replace")
    return {name.lower().replace("_", "-"): version for name, version in _PIN.findall(text)}


def _line(path: Path) -> str | None:
    if not path.is_file():
        return None
    return _head(path).decode("utf-8", "replace").partition("\n")[0].strip() or None


def _head(path: Path) -> bytes:
    with path.open("rb") as stream:
        return stream.read(_TEXT)
