"""Paths -> the models in them, and by name and reason all that is none."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from caniload.runner.checking.subjects import ENDINGS, GRAPH
from caniload.runner.converting.many.manifest import Skipped
from caniload.runner.converting.receipt import files_of
from caniload.runner.core.errors import UsageError
from caniload.runner.forensics.apart import inspect_all
from caniload.runner.forensics.facts import Inspection

_WHOLE = ({GRAPH}, {"config.json", "metadata.json"})
"""Of which files a folder has all, that is one model: a SavedModel, an unpacked .keras."""
_STATE = "checkpoint"
"""The file in which TensorFlow notes which checkpoints are in a folder."""
_DOCUMENTS = ("json", "yaml")
_NAMED_SO = tuple(one for one in ENDINGS if one not in (".json", ".yaml", ".yml"))
"""Endings of files that are meant to be models, whatever is in them."""


@dataclass(frozen=True, kw_only=True)
class Found:
    """A model, or what its name says is one; ``name`` is relative to what was named, with /.

    ``files`` are all that it consists of, each with its path and its name.
    """

    path: Path
    name: str
    inspection: Inspection
    files: tuple[tuple[Path, str], ...]


def find(paths: Sequence[Path], into: Path) -> tuple[list[Found], list[Skipped]]:
    """Return the models, and the rest, in the order of names; ``UsageError`` for what is not there.

    Names are relative to the one folder that was given, or to what several paths have in common.
    Hidden files and folders are passed over, and so is ``into``.
    """
    for path in paths:
        if not path.exists():
            raise UsageError(f"{path}: no such file or folder")
    top = _common(paths)
    listed = dict.fromkeys(one for path in paths for one in _listed(path, into.resolve()))
    names = {path: _name(path, top) for path in sorted(listed)}
    linked = [path for path in names if path.is_symlink() and path.is_dir() and path not in paths]
    inspected = [path for path in names if path not in linked]
    said = dict(zip(inspected, inspect_all(inspected), strict=True))
    parts = set(_parts(said))
    found, skipped = [], []
    for path, name in names.items():
        if path in parts:
            continue
        if path in linked:
            skipped.append(Skipped(name=name, reason="a link to a folder, which is not followed"))
        elif (reason := _no_model(path, said[path])) is not None:
            skipped.append(Skipped(name=name, reason=reason))
        else:
            files = tuple(files_of(path, name, said[path]))
            found.append(Found(path=path, name=name, inspection=said[path], files=files))
    return found, skipped


def _common(paths: Sequence[Path]) -> Path:
    """Return what names are relative to."""
    absolute = [Path(os.path.abspath(path)) for path in paths]  # noqa: PTH100 - links stay as named
    if len(absolute) == 1:
        (one,) = absolute
        return one if one.is_dir() and not _is_whole(one) else one.parent
    return Path(os.path.commonpath([one.parent if one.is_file() else one for one in absolute]))


def _name(path: Path, top: Path) -> str:
    name = Path(os.path.abspath(path)).relative_to(top).as_posix()  # noqa: PTH100 - as above
    return name if name != "." else top.name


def _listed(path: Path, into: Path) -> Iterator[Path]:
    """Yield what is to be looked at, of one path: itself, or all below it but parts of folders."""
    if not path.is_dir() or _is_whole(path):
        yield path
        return
    for root, folders, files in os.walk(path):
        here = Path(root)
        inner = [here / one for one in sorted(folders) if not one.startswith(".")]
        inner = [one for one in inner if one.resolve() != into]
        yield from (one for one in inner if one.is_symlink() or _is_whole(one))
        folders[:] = [one.name for one in inner if not one.is_symlink() and not _is_whole(one)]
        yield from (here / one for one in files if not one.startswith("."))


def _is_whole(folder: Path) -> bool:
    try:
        names = set(os.listdir(folder))  # noqa: PTH208 - names alone
    except OSError:
        return False
    return any(whole <= names for whole in _WHOLE)


def _parts(said: dict[Path, Inspection]) -> Iterator[Path]:
    """Yield files that belong to another: weights of an architecture, data of a checkpoint."""
    for path, one in said.items():
        beside = [path.parent / name for name in one.files if path.parent / name != path]
        if one.format == "checkpoint":
            yield from (*beside, path.with_name(_STATE))
        if one.format == "weights-h5":
            yield from beside  # shards, of the list that names them
        if one.format in _DOCUMENTS:
            # A whole model of the same name is one of its own, too.
            yield from (file for file in beside if _format(said, file) == "weights-h5")


def _format(said: dict[Path, Inspection], path: Path) -> str | None:
    return said[path].format if path in said else None


def _no_model(path: Path, one: Inspection) -> str | None:
    """Return why it is nothing to bring across, not even by its name."""
    if one.problem is None or path.name.endswith(_NAMED_SO) or path.is_dir():
        return None
    return one.problem if one.format in (None, "pickle") else None
