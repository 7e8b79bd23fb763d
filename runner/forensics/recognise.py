"""Which format a path holds, by content and not by name; else one line on what it is instead."""

from __future__ import annotations

import os
import re
import stat
import zipfile
from dataclasses import dataclass
from pathlib import Path

from caniload.runner.forensics.facts import UnreadableError
from caniload.runner.forensics.folders import CONFIG, LFS, is_keras
from caniload.runner.forensics.formats import checkpoint, hdf5file, savedmodel
from caniload.runner.forensics.formats.archive import ERRORS
from caniload.runner.forensics.formats.documents import bounded, read_json, walk
from caniload.runner.forensics.formats.pickles import is_pickle
from caniload.runner.forensics.formats.shards import LIST
from caniload.runner.forensics.formats.sstable import MAGIC

HEAD = 4_096

_HDF5 = b"\x89HDF\r\n\x1a\n"
_OTHERS = (
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"%PDF", "a PDF document"),
    (b"\x1f\x8b", "a gzip file: unpack it first"),
    (b"BZh", "a bzip2 file: unpack it first"),
    (b"\xfd7zXZ", "an xz file: unpack it first"),
    (b"7z\xbc\xaf", "a 7z file: unpack it first"),
    (b"\x93NUMPY", "a numpy array"),
    (b"\x7fELF", "a program"),
    (b"MZ", "a program"),
    (b"GGUF", "a GGUF file, which is of llama.cpp"),
    (LFS, "a Git LFS pointer: fetch the file itself with `git lfs pull`"),
    (b"<", "an HTML or XML text, perhaps the error page of a download"),
)
_TFLITE = b"TFL3"  # at byte 4
_TAR = b"ustar"  # at byte 257
_ZIP = b"PK"
_BLOCK = 512  # and its doubles: where HDF5 may begin behind a user's block
_ADDRESS = re.compile(r"([a-z][a-z0-9+.-]+):/+(.*)")  # a path has lost one of two slashes
_FETCHED_BY = {
    "hf": "hf download {} --local-dir model",
    "models": "mlflow artifacts download -u models:/{} -d model",
    "runs": "mlflow artifacts download -u runs:/{} -d model",
    "gs": "gcloud storage cp -r gs://{} model",
    "s3": "aws s3 cp --recursive s3://{} model",
}
_MODEL_ENDINGS = (".h5", ".hdf5", ".keras", ".json", ".yaml", ".yml", ".index", ".pb")


@dataclass(frozen=True, kw_only=True)
class Recognised:
    """``kind`` names the reader; ``path`` is what it reads: a file, a folder, or a prefix."""

    kind: str
    path: Path


def recognise(path: Path) -> Recognised:
    """Return the format; ``UnreadableError`` says in a line what is there instead."""
    try:
        mode = path.stat().st_mode
    except FileNotFoundError as error:
        return _prefix(path, error)
    except OSError as error:
        raise UnreadableError(_reason(error)) from error
    except ValueError as error:  # a name with a null byte
        raise UnreadableError("is no name of a file") from error
    if stat.S_ISDIR(mode):
        return _folder(path)
    if not stat.S_ISREG(mode):
        raise UnreadableError("neither a file nor a folder, and is not opened")
    return _file(path)


def _reason(error: OSError) -> str:
    if isinstance(error, PermissionError):
        return "no permission to read it"
    if isinstance(error, FileNotFoundError):
        return "there is no such file or folder"
    return f"cannot be read: {error.strerror}"


def _prefix(path: Path, error: OSError) -> Recognised:
    """Recognise what a checkpoint is called by: the beginning of its files' names."""
    if address := _ADDRESS.match(str(path)):
        raise UnreadableError(_from_afar(*address.groups())) from error
    if path.name and path.with_name(f"{path.name}.index").is_file():
        return Recognised(kind="checkpoint", path=path)
    raise UnreadableError(_reason(error)) from error


def _from_afar(scheme: str, rest: str) -> str:
    way = _FETCHED_BY.get(scheme, "").format(rest)
    return (
        f"{scheme}://{rest} is an address and no path, and nothing is fetched from there: download"
        f" it{f' (`{way}`)' if way else ''}, then name the file or folder"
    )


def _file(path: Path) -> Recognised:
    try:
        with path.open("rb") as stream:
            head = stream.read(HEAD)
            size = stream.seek(0, os.SEEK_END)
            stream.seek(max(0, size - len(MAGIC)))
            tail = stream.read(len(MAGIC))
    except OSError as error:
        raise UnreadableError(_reason(error)) from error
    if not head:
        raise UnreadableError("an empty file")
    if path.name in (savedmodel.GRAPH_FILE, savedmodel.METADATA_FILE, "fingerprint.pb"):
        return Recognised(kind="savedmodel", path=path.parent)
    if tail == MAGIC:
        return _table(path)
    hdf5 = not head.startswith(_ZIP) and _hdf5_at(path) is not None
    return Recognised(kind="hdf5" if hdf5 else _kind(path, head), path=path)


def two_formats(path: Path) -> str | None:
    """Return in words that a file or folder is one model to one loader, another to another."""
    if _has_two(path):
        return "is HDF5 and a zip file at once"
    if path.is_dir() and (path / savedmodel.GRAPH_FILE).is_file() and _describes(path / CONFIG):
        return f"is a SavedModel and, by its {CONFIG}, a .keras at once"
    return None


def _describes(path: Path) -> bool:
    """Say whether a JSON text has anything in it that Keras would make."""
    try:
        data = read_json(bounded(path))
    except (OSError, UnreadableError):
        return False
    return any(isinstance(one, dict) and "class_name" in one for _, one in walk(data))


def _has_two(path: Path) -> bool:
    """Say whether a file is HDF5 to one loader, and a zip file to another.

    A zip file's own weights may lie where HDF5 is looked for, too: they are looked at as a member,
    and describe no model.
    """
    try:
        place = _hdf5_at(path) if path.is_file() else None
        if place is None or not zipfile.is_zipfile(path):
            return False
        with zipfile.ZipFile(path) as archive:
            members = [(one.header_offset, one.compress_size) for one in archive.infolist()]
        if not any(start < place < start + size for start, size in members):
            return True
        with hdf5file.opened(path) as file:
            return "model_config" in file.attrs
    except (*ERRORS, UnreadableError):
        return False


def _hdf5_at(path: Path) -> int | None:
    """Return where HDF5 begins: at the start, or behind a block of somebody else's."""
    with path.open("rb") as stream:
        size, place = stream.seek(0, os.SEEK_END), 0
        while place < size:
            stream.seek(place)
            if stream.read(len(_HDF5)) == _HDF5:
                return place
            place = 2 * place or _BLOCK
    return None


def _table(path: Path) -> Recognised:
    if path.name.endswith(".index"):
        return Recognised(kind="checkpoint", path=path.with_name(path.name.removesuffix(".index")))
    raise UnreadableError("a TensorFlow checkpoint of the first format (V1), which is not read")


def _kind(path: Path, head: bytes) -> str:
    if head.startswith(_ZIP):
        return "zip"
    if is_pickle(head):
        return "pickle"
    if head[4:8] == _TFLITE:
        raise UnreadableError("a TensorFlow Lite model, which is not read")
    if head[257:262] == _TAR:
        raise UnreadableError("a tar file: unpack it first")
    for magic, words in _OTHERS:
        if head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(magic):
            raise UnreadableError(words)
    return _text_or_other(path, head)


def _text_or_other(path: Path, head: bytes) -> str:
    if _is_text(head):
        first = head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
        if first in (b"{", b"["):
            return "json"
        if path.name.endswith((".yaml", ".yml")) or b"class_name:" in head:
            return "yaml"
        raise UnreadableError("no model: a text, and no description of one")
    if not any(head):
        raise UnreadableError("begins with zeros, as a file does that was never fully written")
    if path.name.endswith((".index", ".data-00000-of-00001")) or ".data-0" in path.name:
        return _part_of_checkpoint(path)
    if path.name.endswith((".pb", ".onnx")):
        raise UnreadableError("a protobuf file that is no SavedModel's, and is not read")
    if path.name.endswith((".h5", ".hdf5")):
        raise UnreadableError("no HDF5 file, whatever its name says")
    if path.name.endswith(".keras"):
        raise UnreadableError("neither a zip nor an HDF5 file, whatever its name says")
    raise UnreadableError("a file of no format that is known here")


def _part_of_checkpoint(path: Path) -> str:
    if path.name.endswith(".index"):
        raise UnreadableError("an index of a TensorFlow checkpoint that is cut short or damaged")
    raise UnreadableError("data of a TensorFlow checkpoint: name its .index or its prefix")


def _is_text(head: bytes) -> bool:
    try:
        text = head.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.start < len(head) - 4:  # else a letter is cut in two at the end
            return False
        text = head[: error.start].decode("utf-8")
    return "\0" not in text and sum(one < " " and one not in "\t\r\n\f" for one in text) == 0


def _folder(path: Path) -> Recognised:
    try:
        names = {entry.name for entry in os.scandir(path)}
    except OSError as error:
        raise UnreadableError(_reason(error)) from error
    if savedmodel.GRAPH_FILE in names:
        return Recognised(kind="savedmodel", path=path)
    if is_keras(names):
        return Recognised(kind="keras-folder", path=path)
    if prefix := checkpoint.latest(path):
        return Recognised(kind="checkpoint", path=path / prefix)
    indexes = sorted(name for name in names if name.endswith(".index"))
    if len(indexes) == 1:
        return Recognised(kind="checkpoint", path=path / indexes[0].removesuffix(".index"))
    documents = [name for name in sorted(names) if _is_document(name)]
    if len(documents) == 1 and any(name.endswith((".h5", ".hdf5")) for name in names):
        return _file(path / documents[0])
    raise UnreadableError(_what_is_in(path, names))


def _is_document(name: str) -> bool:
    return name.endswith((".json", ".yaml", ".yml")) and not name.endswith(LIST)


def _what_is_in(path: Path, names: set[str]) -> str:
    if not names:
        return "an empty folder"
    if {"saved_model.pbtxt"} & names:
        return "a SavedModel written as text (saved_model.pbtxt), which is not read"
    if "variables" in names:
        return "a SavedModel folder without its saved_model.pb"
    models = sorted(name for name in names if name.endswith(_MODEL_ENDINGS))
    inner = sorted(name for name in names if (path / name / savedmodel.GRAPH_FILE).is_file())
    if models or inner:
        return (
            f"a folder that is no model itself; name one in it: {', '.join([*inner, *models][:5])}"
        )
    return "a folder without a model"
