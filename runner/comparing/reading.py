"""One path -> what is in it to compare: layers, arrays that are read when asked, training."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO

from caniload.runner.comparing import architecture, bundles, compiled, hdf5arrays, inside
from caniload.runner.comparing.parts import Saved
from caniload.runner.forensics import configuration
from caniload.runner.forensics.describe import FORMATS
from caniload.runner.forensics.facts import Inspection, Severity, UnreadableError, unchecked
from caniload.runner.forensics.folders import CONFIG, METADATA
from caniload.runner.forensics.formats import checkpoint, hdf5file, savedmodel
from caniload.runner.forensics.formats.archive import UNPACKED_BYTES, Archive
from caniload.runner.forensics.formats.documents import bounded, read_json
from caniload.runner.forensics.formats.kerasfile import WEIGHTS
from caniload.runner.forensics.formats.layouts import legacy_layers
from caniload.runner.forensics.reading import weights_beside, whole
from caniload.runner.forensics.recognise import Recognised, recognise

SHARDS = 1_000
"""Most files that weights may be divided among."""

FILES = "keras"
"""How a ``.keras`` names the files inside of it, unpacked or not."""

_ROOM = 2
"""Times its size that a member must fit on the disk before it is unpacked."""


@contextlib.contextmanager
def opened(path: Path, inspection: Inspection) -> Iterator[Saved]:
    """Yield what a path holds; its arrays can be read until the end of the block.

    ``UnreadableError``: the file as a whole cannot be read. What is wrong with a part is a gap.
    """
    with contextlib.ExitStack() as stack:
        known = recognise(path)
        saved = Saved(said=_said(inspection), bytes=inspection.bytes)
        if known.kind not in _READERS:
            raise UnreadableError(inspection.problem or "holds nothing to compare")
        _READERS[known.kind](known, saved, stack)
        damage = [one.text for one in inspection.findings if one.severity is Severity.DAMAGE]
        saved.gaps = list(dict.fromkeys([*saved.gaps, *damage]))
        if saved.model is None and not saved.weights:
            raise UnreadableError("; ".join(saved.gaps) or "holds nothing to compare")
        yield saved


def _said(one: Inspection) -> str:
    origin = one.origin
    parts = (
        FORMATS.get(one.format or "", ""),
        origin.keras_version and f"Keras {origin.keras_version}",
        origin.tensorflow_version and f"TensorFlow {origin.tensorflow_version}",
    )
    return ", ".join(part for part in parts if part)


def _with_model(config: Any, saved: Saved, compiled_as: Any, *, whole_model: bool) -> None:
    """Add the architecture and how it was compiled; ``whole_model``: nothing stated is nothing."""
    if configuration.is_model(config):
        saved.model = architecture.read(config)
        every = (saved.model, *architecture.everything(saved.model))
        saved.gaps += dict.fromkeys(one.unread for one in every if one.unread)
    elif config is not None:
        saved.gaps.append("its configuration describes no model")
    if whole_model or compiled_as:
        saved.training = compiled.read(compiled_as)


def _json(text: bytes | str | None, what: str, saved: Saved) -> Any:
    if text is None:
        return None
    try:
        return read_json(text)
    except UnreadableError as error:
        saved.gaps.append(f"{what}: {error}")
        return None


def _with_arrays(
    source: Path | BinaryIO, size: int, saved: Saved, stack: contextlib.ExitStack
) -> Any:
    """Add the arrays of an HDF5 file, open as long as the stack is; return what else it says."""
    found = hdf5file.read(source, size)
    file = stack.enter_context(hdf5file.opened(source))
    root = "model_weights" if "model_config" in found.attributes else ""
    model, state, gaps = hdf5arrays.read(file, found, root=root)
    saved.weights += model
    saved.state += state
    saved.gaps += gaps
    saved.groups += hdf5arrays.groups(found) or [
        (name, name) for name in legacy_layers(found, root) or ()
    ]
    return found


def _hdf5(known: Recognised, saved: Saved, stack: contextlib.ExitStack) -> None:
    found = _with_arrays(known.path, known.path.stat().st_size, saved, stack)
    config = _json(found.attributes.get("model_config"), "model_config", saved)
    training = _json(found.attributes.get("training_config"), "training_config", saved)
    if config is not None:
        _with_model(config, saved, training, whole_model=True)


def _zip(known: Recognised, saved: Saved, stack: contextlib.ExitStack) -> None:
    archive = Archive(known.path)
    stack.callback(archive.close)
    config = _json(archive.text(CONFIG), CONFIG, saved)
    _with_model(config, saved, _of(config, "compile_config"), whole_model=True)
    name = next((one for one in WEIGHTS if one in archive.members), None)
    if name is None:
        saved.gaps.append("its weights are missing, or kept in another way")
    elif (stream := _member(archive, name, stack)) is not None:
        try:
            _with_arrays(stream, archive.members[name].file_size, saved, stack)
        except UnreadableError as error:
            saved.gaps.append(f"{name}: {error}")
    saved.gaps += [one.text for one in archive.findings if one.kind in _UNREAD]
    saved.files = FILES
    for other, info in archive.members.items():
        if other not in (CONFIG, METADATA, name) and not other.endswith("/"):
            saved.assets[other] = (info.file_size, inside.of_archive(archive, other))


_UNREAD = ("zip-member", "zip-encrypted")


def _member(archive: Archive, name: str, stack: contextlib.ExitStack) -> BinaryIO | None:
    """Return a member to be read at any place: where it stands, or unpacked if it is compressed."""
    info = archive.members[name]
    if not info.compress_type or info.file_size <= UNPACKED_BYTES:
        stream = archive.stream(name)
        return stack.enter_context(stream) if stream is not None else None
    if info.file_size * _ROOM > shutil.disk_usage(tempfile.gettempdir()).free:
        text = f"{name} is compressed, and there is no room to unpack it"
        archive.findings.append(unchecked("zip-member", text))
        return None
    spool = stack.enter_context(tempfile.TemporaryFile())  # noqa: SIM115 - the stack closes it
    return spool if archive.unpack(name, spool) else None


def _of(config: Any, key: str) -> Any:
    return config.get(key) if isinstance(config, Mapping) else None


def _folder(known: Recognised, saved: Saved, stack: contextlib.ExitStack) -> None:
    config = _json(bounded(known.path / CONFIG), CONFIG, saved)
    _with_model(config, saved, _of(config, "compile_config"), whole_model=True)
    name = next((one for one in WEIGHTS if (known.path / one).is_file()), None)
    saved.files = FILES
    saved.assets = inside.of_folder(known.path, (CONFIG, METADATA, name))
    if name is None:
        saved.gaps.append("its weights are missing, or kept in another way")
        return
    path = known.path / name
    _with_arrays(path, path.stat().st_size, saved, stack)


def _document(known: Recognised, saved: Saved, stack: contextlib.ExitStack) -> None:
    if known.kind == "yaml":
        from caniload.runner.forensics.formats.yamltexts import read_yaml  # noqa: PLC0415 - few files need PyYAML

        data = read_yaml(bounded(known.path))
    else:
        data = read_json(bounded(known.path))
    if isinstance(shards := _of(data, "weight_map"), Mapping):
        _shards(known.path.parent, shards, saved, stack)
        return
    _with_model(data, saved, _of(data, "compile_config"), whole_model=False)
    beside = weights_beside(known.path)
    if beside is not None:
        _with_arrays(beside, beside.stat().st_size, saved, stack)


def _shards(
    folder: Path, shards: Mapping[Any, Any], saved: Saved, stack: contextlib.ExitStack
) -> None:
    """Add the arrays of files that lie beside the list of them; a name never leads elsewhere."""
    listed = [one if isinstance(one, list) else [one] for one in shards.values()]
    names = dict.fromkeys(str(name) for each in listed for name in each)
    if len(names) > SHARDS:
        raise UnreadableError(f"weights in {len(names):,} files, more than are read")
    saved.said = f"weights in {len(names)} files"
    saved.bytes = 0
    for name in names:
        path = folder / Path(name).name
        try:
            size = path.stat().st_size
            _with_arrays(path, size, saved, stack)
        except (OSError, UnreadableError) as error:
            saved.gaps.append(f"{name} is missing or cannot be read: {error}")
            continue
        saved.bytes += size


def _savedmodel(known: Recognised, saved: Saved, stack: contextlib.ExitStack) -> None:
    del stack
    found = savedmodel.read(known.path)
    root = found.root
    if root is not None and configuration.is_model(root):
        _with_model(whole(root, found.parts), saved, root.get("training_config"), whole_model=True)
    saved.files = "savedmodel"
    saved.assets = inside.of_savedmodel(known.path)
    _with_bundle(known.path / "variables" / "variables", saved)


def _checkpoint(known: Recognised, saved: Saved, stack: contextlib.ExitStack) -> None:
    del stack
    stored = checkpoint.read(known.path)
    _with_model(_json(stored.config, "its configuration", saved), saved, None, whole_model=False)
    saved.files = "checkpoint"
    _with_bundle(known.path, saved)


def _with_bundle(prefix: Path, saved: Saved) -> None:
    if not prefix.with_name(f"{prefix.name}.index").is_file():
        return
    try:
        model, state, texts = bundles.read(prefix)
    except UnreadableError as error:
        saved.gaps.append(f"{prefix.name}: {error}")
        return
    saved.weights += model
    saved.state += state
    saved.assets |= texts


_READERS: dict[str, Callable[[Recognised, Saved, contextlib.ExitStack], None]] = {
    "hdf5": _hdf5,
    "zip": _zip,
    "keras-folder": _folder,
    "json": _document,
    "yaml": _document,
    "savedmodel": _savedmodel,
    "checkpoint": _checkpoint,
}
