"""Errors that speak of a missing file where one is there, told as what it is; pure.

Loaders choose a reader by the ending of a name, or by whether it is a folder. Where that leads to
the wrong one, what is raised says that there is no such file, or that it is of no known format.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from pathlib import Path

from caniload.runner.checking.subjects import Subject

_UNRECOGNISED = re.compile(
    r"(file|directory) (was )?not found|no (such )?file or directory|(file|model) does not exist"
    r"|is a directory|signature not found|not a zip ?file|format not supported",
    re.IGNORECASE,
)
_ENDINGS: Mapping[str, tuple[str, ...]] = {"h5": (".h5", ".hdf5"), "keras": (".keras",)}
_FILES = {"h5": "an HDF5 file", "keras": "a zip file of Keras"}


def misread(subject: Subject, phase: str, message: str) -> str | None:
    """Return what a file is that a loader did not recognise, and what to do; ``None``: it did.

    ``message`` is what was raised while loading it.
    """
    if phase != "load" or not _UNRECOGNISED.search(message):
        return None
    kind, folder, name = subject.inspection.format or "", _is_folder(subject), subject.path.name
    endings = _ENDINGS.get(kind, ())
    if folder and kind == "keras":
        return _of_folder(subject.path)
    if folder and Path(name).suffix in {one for some in _ENDINGS.values() for one in some}:
        return (
            f"it is a SavedModel, which is a folder; under a name that ends in {Path(name).suffix}"
            " it is taken for a file"
        )
    if not folder and endings and not name.endswith(endings):
        ending = endings[0]
        copied = shlex.join(["cp", str(subject.path), str(subject.path.with_suffix(ending))])
        return (
            f"{_FILES[kind]} whose name does not end in {ending} is taken for something else;"
            f" `{copied}`, then check that"
        )
    return None


def _is_folder(subject: Subject) -> bool:
    return subject.inspection.format == "savedmodel" or subject.inspection.variant == "folder"


def _of_folder(folder: Path) -> str:
    zipped = f"cd {shlex.quote(str(folder))} && zip -r ../{shlex.quote(folder.stem)}-zipped.keras ."
    return (
        "it is a folder, which is a .keras that is not zipped, and is taken for something else;"
        f" `{zipped}`, then check that"
    )
