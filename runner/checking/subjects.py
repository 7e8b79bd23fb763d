"""Paths -> the models in them, with what they say of themselves and a hash of their content."""

from __future__ import annotations

import glob
import hashlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from caniload.runner.checking.counting import counted
from caniload.runner.evidence import artifacts
from caniload.runner.evidence.keys import digest
from caniload.runner.forensics.apart import inspect_all
from caniload.runner.forensics.facts import Holds, Inspection, Severity
from caniload.runner.forensics.folders import MLMODEL, is_keras

ENDINGS = (".h5", ".hdf5", ".keras", ".json", ".yaml", ".yml", ".index")
GRAPH = "saved_model.pb"
WEIGHTS_ENDING = ".weights.h5"
"""By which Keras from 2.12 on chooses a loader (keras 2.12, saving_api.py, load_weights)."""
LOADED = ("h5", "keras", "savedmodel", "json", "yaml")
"""Formats from which a model is loaded by one call, or by one and its weights."""

FILLING = ("weights-h5", "checkpoint")
"""Formats that a model built by code loads its weights from."""


@dataclass(frozen=True, kw_only=True)
class Subject:
    """A model of a person's own; ``sha256`` hashes names' endings and content of all its files.

    ``prefix`` is what a checkpoint is loaded by, be its folder or its index what was named.
    """

    path: Path
    inspection: Inspection
    sha256: str = ""
    weights: Path | None = None
    prefix: Path | None = None

    @property
    def problem(self) -> str | None:
        """Return in a line why it cannot be loaded, if that is plain from the file alone."""
        one = self.inspection
        if one.problem is not None:
            return one.problem
        damaged = [found for found in one.findings if found.severity is Severity.DAMAGE]
        if damaged:
            return f"damaged: {damaged[0].text}"
        return None

    @property
    def unloadable(self) -> str | None:
        """Return why a sound file holds no model that could be loaded."""
        one = self.inspection
        if one.format in ("pickle", None):
            return "a pickle, which is a program and not a saved model: it is not run"
        if one.holds is Holds.WEIGHTS or one.format not in LOADED:
            return (
                "weights only: code must build the model first, so nothing can be said of loading"
                " this file alone; name the function that builds it: --build FILE.py:FUNCTION"
            )
        if one.holds is Holds.ARCHITECTURE:
            return "an architecture without weights: put its weights beside it, as NAME.weights.h5"
        return None

    @property
    def files(self) -> tuple[Path, ...]:
        """The files and folders that loading it reads."""
        beside = [self.weights] if self.weights else []
        if self.prefix is not None:
            beside += sorted(self.prefix.parent.glob(f"{glob.escape(self.prefix.name)}.*"))
            beside += [one for one in [self.prefix.parent / "checkpoint"] if one.is_file()]
        return (self.path, *beside)

    @property
    def weights_alone(self) -> bool:
        """Say whether it is what ``load_weights`` takes, of a model that code has built."""
        return self.inspection.format in FILLING


def gather(paths: Sequence[Path], *, aloud: bool = False) -> Iterator[Subject]:
    """Yield the models that the paths name, and those in folders that are no model themselves.

    ``aloud``: how far it is, is told on a terminal.
    """
    named = list(inspect_all(paths))
    for path, inspection in zip(paths, named, strict=True):
        inner = _inside(path) if inspection.problem and _is_folder(path) else []
        if not inner:
            yield _subject(path, inspection)
            continue
        reading = inspect_all(inner)
        found = list(counted(reading, len(inner), "reading") if aloud else reading)
        beside = {
            str(one.parent / name)
            for one, said in zip(inner, found, strict=True)
            if said.format in ("json", "yaml", "weights-h5")
            for name in said.files
            if name != one.name
        }
        for one, said in zip(inner, found, strict=True):
            text = one.suffix in (".json", ".yaml", ".yml")
            text = text or one.is_dir()  # of MLflow, with something else in it
            if str(one) not in beside and not (text and said.format is None):
                yield _subject(one, said)


def _ending(name: str) -> str:
    """Return the end of a name, by which loaders choose how to read a file."""
    return WEIGHTS_ENDING if name.endswith(WEIGHTS_ENDING) else Path(name).suffix


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:
        return False


def _inside(folder: Path) -> list[Path]:
    """Return what looks like a model below a folder, in order of names.

    Of a folder that is a damaged model itself nothing: its weights are no model of their own.
    """
    found: list[Path] = []
    for root, folders, files in os.walk(folder):
        here = Path(root)
        if here == folder and (GRAPH in files or is_keras(files)):
            return []
        if here != folder and (GRAPH in files or MLMODEL in files or is_keras(files)):
            found.append(here)
            folders.clear()
            continue
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        found += [here / name for name in sorted(files) if name.endswith(ENDINGS)]
    return found


def _subject(path: Path, inspection: Inspection) -> Subject:
    if inspection.problem is not None:
        return Subject(path=path, inspection=inspection)
    if inspection.packaging:
        path /= inspection.packaging.within
    if inspection.format == "savedmodel":
        folder = path if path.is_dir() else path.parent
        return Subject(
            path=folder,
            inspection=inspection,
            sha256=digest("folder", artifacts.sha256_of(folder)),
        )
    folder = path if path.is_dir() else path.parent
    files = [folder / name for name in inspection.files]
    try:
        contents = [(_ending(file.name), _sha256(file)) for file in files]
    except OSError as error:
        problem = f"cannot be read: {error.strerror}"
        return Subject(path=path, inspection=Inspection(path=str(path), problem=problem))
    document = inspection.format in ("json", "yaml")
    weights = [file for file in files if document and file.suffix in (".h5", ".hdf5")]
    return Subject(
        path=files[0] if document and files else path,
        inspection=inspection,
        sha256=digest("files", contents),
        weights=weights[0] if weights else None,
        prefix=next((one.with_suffix("") for one in files if one.suffix == ".index"), None),
    )


def _sha256(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
