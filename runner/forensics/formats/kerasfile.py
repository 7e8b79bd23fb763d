"""``.keras``: a configuration, a note on its origin, and an HDF5 file; in a zip or a folder."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path

from caniload.runner.forensics.facts import (
    Finding,
    Holds,
    Inspection,
    Origin,
    Severity,
    UnreadableError,
    damage,
    notice,
    unchecked,
)
from caniload.runner.forensics.folders import CONFIG, METADATA
from caniload.runner.forensics.formats import arrays, shards
from caniload.runner.forensics.formats.archive import Archive
from caniload.runner.forensics.formats.documents import bounded, read_json
from caniload.runner.forensics.formats.layouts import with_stream
from caniload.runner.forensics.formats.merging import (
    adding,
    misnamed,
    stated_text,
    with_architecture,
    with_files,
    with_training,
)
from caniload.runner.forensics.recognise import Recognised

_ARRAYS = (".npz", ".npy")
_HDF5 = (".h5", ".hdf5")
SHARDED = "model.weights.json"
WEIGHTS = ("model.weights.h5", "variables.h5")
"""Where ``.keras`` files keep their arrays: since Keras 2.12, and in TensorFlow 2.11."""


def read_zip(known: Recognised, so_far: Inspection) -> Inspection:
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
            findings=misnamed(known.path.name, (".keras",), "a zip file of Keras"),
        )
        so_far = _with_documents(archive.text(CONFIG), archive.text(METADATA), so_far)
        so_far = _with_member(archive, so_far)
        so_far = adding(so_far, *dict.fromkeys(_of_arrays(archive)))
        return adding(so_far, *dict.fromkeys(archive.findings))
    finally:
        archive.close()


def _with_documents(config: bytes | None, metadata: bytes | None, so_far: Inspection) -> Inspection:
    """Add what ``config.json`` and ``metadata.json`` say."""
    stated, problems = {}, []
    for name, text in ((CONFIG, config), (METADATA, metadata)):
        if text is None:
            kind = damage if name == CONFIG or so_far.variant == "zip" else notice  # as loaders do
            problems.append(kind("missing-part", f"its {name} is missing or cannot be read"))
            continue
        try:
            stated[name] = read_json(text)
        except UnreadableError as error:
            problems.append(damage("damaged-configuration", f"{name}: {error}"))
    so_far = adding(so_far, *problems)
    model = stated.get(CONFIG)
    so_far = with_architecture(model, so_far)
    if isinstance(model, dict):
        so_far = with_training(model.get("compile_config"), so_far)
    meta = stated.get(METADATA)
    says = meta if isinstance(meta, dict) else {}
    return dataclasses.replace(
        so_far,
        origin=Origin(
            keras_version=stated_text(says.get("keras_version")),
            date_saved=stated_text(says.get("date_saved")),
        ),
    )


def _with_member(archive: Archive, so_far: Inspection) -> Inspection:
    """Add the arrays, which lie in an HDF5 file within the zip."""
    name = next((one for one in WEIGHTS if one in archive.members), None)
    if name is None:
        if any(one.endswith(_ARRAYS) for one in archive.members):
            text = "its weights are kept as numpy arrays, whose names and shapes were not looked at"
            return adding(so_far, unchecked("numpy-weights", text))
        return adding(so_far, damage("missing-weights", "has no weights: model.weights.h5"))
    right = archive.checksum_is_right(name)
    if right is False:
        so_far = adding(so_far, damage("zip-checksum", f"{name} has a wrong checksum"))
    elif right is None:
        text = f"the checksum of {name}, which is too large to be read just for that"
        so_far = adding(so_far, unchecked("zip-checksum", text))
    stream = archive.stream(name)
    if stream is None:
        return so_far
    with stream:
        so_far = with_stream(stream, name, archive.members[name].file_size, so_far)
    return adding(so_far, *_beside(archive, name, so_far))


def _beside(archive: Archive, name: str, so_far: Inspection) -> Iterator[Finding]:
    """Yield what is dangerous in other HDF5 files of the archive: a loader may take those."""
    for other in archive.members:
        if other.endswith(_HDF5) and other != name and (stream := archive.stream(other)):
            with stream:
                size = archive.members[other].file_size
                found = with_stream(stream, other, size, so_far).findings
            yield from (
                one
                for one in found
                if one not in so_far.findings and one.severity is Severity.DANGER
            )


def _of_arrays(archive: Archive) -> Iterator[Finding]:
    """Yield what is dangerous in numpy arrays, whether or not they are the weights."""
    for name in archive.members:
        if name.endswith(_ARRAYS):
            stream = archive.stream(name)
            if stream is not None:
                with stream:
                    yield from arrays.findings(stream, name)


def _other_zip(archive: Archive) -> str:
    names = list(archive.members)
    if any(name.endswith("data.pkl") for name in names):
        return "a PyTorch file: a zip file with a pickle in it, which is not unpickled"
    if any(name.endswith("saved_model.pb") for name in names):
        return "a zip file that holds a SavedModel folder: unpack it first"
    if names and all(name.endswith(".npy") for name in names):
        return "numpy arrays (.npz), which say nothing of a model"
    within = [name for name in names if name.replace("\\", "/").endswith(f"/{CONFIG}")]
    if within:
        return (
            f"a zip file whose {CONFIG} lies in a folder ({within[0]}): a .keras has it at its top;"
            " zip the files, not their folder"
        )
    if any(name.endswith((".h5", ".hdf5", ".keras")) for name in names):
        return "a zip file that holds a model: unpack it first"
    return "a zip file, but no model of Keras: it has no config.json"


def read_folder(known: Recognised, so_far: Inspection) -> Inspection:
    """Read a ``.keras`` that was saved, or unpacked, as a folder."""
    folder = known.path
    so_far = dataclasses.replace(so_far, format="keras", variant="folder", holds=Holds.MODEL)
    so_far = _with_documents(_text(folder / CONFIG), _text(folder / METADATA), so_far)
    for path in sorted(folder.rglob("*")):
        if path.name.endswith(_ARRAYS) and path.is_file():
            with path.open("rb") as stream:
                so_far = adding(so_far, *dict.fromkeys(arrays.findings(stream, path.name)))
    name = next((one for one in (*WEIGHTS, SHARDED) if (folder / one).is_file()), None)
    if name == SHARDED:
        return _with_shards(folder, so_far)
    if name is None:
        so_far = adding(so_far, damage("missing-weights", "has no weights: model.weights.h5"))
    else:
        with (folder / name).open("rb") as stream:
            size = (folder / name).stat().st_size
            so_far = with_stream(stream, name, size, so_far)
    return with_files(so_far, folder, [folder / one for one in (CONFIG, METADATA, name) if one])


def _text(path: Path) -> bytes | None:
    return bounded(path) if path.is_file() else None


def _with_shards(folder: Path, so_far: Inspection) -> Inspection:
    path = folder / SHARDED
    try:
        data = read_json(bounded(path))
    except UnreadableError as error:
        return adding(so_far, damage("damaged-weights", f"{SHARDED}: {error}"))
    if not shards.is_list(data):
        return adding(so_far, damage("damaged-weights", f"{SHARDED} lists no shards"))
    found = shards.read(path, data, so_far)
    files = [folder / one for one in (CONFIG, METADATA, *found.files)]
    found = dataclasses.replace(found, format=so_far.format, holds=so_far.holds)
    return with_files(found, folder, files)
