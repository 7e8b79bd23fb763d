"""TensorFlow checkpoints, ``prefix.index`` with its shards of data: names, shapes, training state.

Messages by TensorFlow's ``tensor_bundle.proto`` and ``trackable_object_graph.proto``.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from caniload.runner.forensics.facts import Finding, UnreadableError, damage
from caniload.runner.forensics.formats.documents import TEXT_BYTES
from caniload.runner.forensics.formats.dtypes import of_number
from caniload.runner.forensics.formats.sstable import entries
from caniload.runner.forensics.formats.variables import Owner, Variable, owner_in_checkpoint
from caniload.runner.forensics.formats.wire import (
    WireError,
    dimensions,
    fields,
    integer,
    message,
    varint,
)

INDEX_BYTES = 64 * 2**20
"""Largest index that is read."""

GRAPH = "_CHECKPOINTABLE_OBJECT_GRAPH"
"""The key under which a checkpoint made of objects says how they hang together."""

VALUE = "/.ATTRIBUTES/VARIABLE_VALUE"
_CONFIG = ".ATTRIBUTES/OBJECT_CONFIG_JSON"
_STRING = "string"
_INTEGERS = {"int32": 4, "int64": 8}
_STEPS = ("iter", "_iterations", "iterations", "iteration")
_GLOBAL_STEP = "global_step"


@dataclass
class Checkpoint:
    """What was found in one; ``by_objects`` is how Keras and TensorFlow 2 save, names is 1.x."""

    prefix: str
    by_objects: bool = False
    variables: list[Variable] = field(default_factory=list)
    iterations: int | None = None
    config: bytes | None = None
    """The configuration of the model as JSON, which TensorFlow 1.12 to 1.14 stored, too."""
    files: list[Path] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class Entry:
    """Where an array lies: ``size`` bytes from ``offset`` on in the shard of that number."""

    key: str
    dtype: str
    shape: tuple[int, ...]
    shard: int
    offset: int
    size: int


def read(prefix: Path) -> Checkpoint:
    """Return what the checkpoint with that prefix holds."""
    paths, listed = index(prefix)
    found = Checkpoint(prefix=prefix.name, files=[_index_of(prefix)])
    sizes = list(_sizes(paths, listed, found))
    found.by_objects = any(one.key == GRAPH for one in listed)
    for one in listed:
        there = one.shard < len(paths) and one.offset + one.size <= sizes[one.shard]
        if there and one.key == _CONFIG:
            found.config = text_of(paths[one.shard], one)
        elif there and _counts_steps(one):
            found.iterations = _number(paths[one.shard], one)
        if one.dtype != _STRING:
            found.variables.append(_variable(one, by_objects=found.by_objects))
    return found


def index(prefix: Path) -> tuple[list[Path], list[Entry]]:
    """Return the paths of the shards, which may be missing, and what the index says is in them."""
    path = _index_of(prefix)
    if path.stat().st_size > INDEX_BYTES:
        raise UnreadableError("an index of a checkpoint that is larger than is read")
    shards, listed = _index(path.read_bytes())
    return [
        prefix.with_name(f"{prefix.name}.data-{n:05}-of-{shards:05}") for n in range(shards)
    ], listed


def _index_of(prefix: Path) -> Path:
    return prefix.with_name(f"{prefix.name}.index")


def _index(table: bytes) -> tuple[int, list[Entry]]:
    shards, listed = 0, []
    try:
        for key, value in entries(table):
            if not key:
                shards = integer(value, 1) or 0  # BundleHeaderProto.num_shards
            elif key[0]:  # a key that begins with 0 is a slice of a variable listed before
                listed.append(_entry(key.decode("utf-8", "replace"), value))
    except WireError as error:
        raise UnreadableError("a damaged index of a TensorFlow checkpoint") from error
    if not 0 < shards <= 100_000:  # noqa: PLR2004 - five digits are in the names of the shards
        raise UnreadableError("an index of a checkpoint that states no shards")
    return shards, listed


def _entry(key: str, value: memoryview) -> Entry:
    """Read a BundleEntryProto."""
    numbers = {number: one for number, one in fields(value) if isinstance(one, int)}
    return Entry(
        key=key,
        dtype=of_number(numbers.get(1, 0)),
        shape=tuple(max(0, size) for size in dimensions(message(value, 2))),
        shard=numbers.get(3, 0),
        offset=numbers.get(4, 0),
        size=numbers.get(5, 0),
    )


def _sizes(paths: list[Path], listed: list[Entry], found: Checkpoint) -> Iterator[int]:
    """Yield the size of each shard; a missing or short one is a finding."""
    needed = dict.fromkeys(range(len(paths)), 0)
    for one in listed:
        needed[one.shard] = max(needed.get(one.shard, 0), one.offset + one.size)
    for number, path in enumerate(paths):
        size = path.stat().st_size if path.is_file() else 0
        if not path.is_file():
            found.findings.append(damage("missing-shard", f"{path.name} is missing"))
        else:
            found.files.append(path)
            if size < needed[number]:
                text = f"{path.name} has {size:,} of {needed[number]:,} bytes"
                found.findings.append(damage("truncated", text))
        yield size
    if set(needed) - set(range(len(paths))):
        found.findings.append(damage("missing-shard", "the index names shards beyond its number"))


def _variable(one: Entry, *, by_objects: bool) -> Variable:
    variable = Variable(path=one.key, shape=one.shape, dtype=one.dtype, bytes=one.size)
    if by_objects:
        return replace(variable, owner=owner_in_checkpoint(one.key))
    other = one.key == _GLOBAL_STEP
    return replace(variable, owner=Owner.OTHER if other else Owner.MODEL)


def _counts_steps(one: Entry) -> bool:
    if one.dtype not in _INTEGERS or one.shape or one.size != _INTEGERS[one.dtype]:
        return False
    parts = one.key.removesuffix(VALUE).split("/")
    return parts == [_GLOBAL_STEP] or (parts[-1] in _STEPS and "optimizer" in parts[-2:-1])


def _number(path: Path, one: Entry) -> int:
    return int.from_bytes(_content(path, one), "little", signed=True)


def _content(path: Path, one: Entry) -> bytes:
    with path.open("rb") as stream:
        stream.seek(one.offset)
        return stream.read(one.size)


def text_of(path: Path, one: Entry) -> bytes | None:
    """Return a string scalar, None if it is longer than is read or none.

    It is stored as its length (a varint), a checksum of that, and the text.
    """
    if one.size > TEXT_BYTES:
        return None
    content = _content(path, one)
    try:
        length, place = varint(memoryview(content), 0)
    except WireError:
        return None
    return content[place + 4 : place + 4 + length]


def latest(folder: Path) -> str | None:
    """Return the prefix that a folder's ``checkpoint`` file names, if it lies in the folder."""
    try:
        with (folder / "checkpoint").open(encoding="utf-8", errors="replace") as stream:
            first = stream.read(4_096).partition("\n")[0]
    except OSError:
        return None
    _, _, quoted = first.partition("model_checkpoint_path:")
    try:
        name = json.loads(quoted.strip() or '""')
    except ValueError:
        return None
    name = os.path.basename(name) if isinstance(name, str) else ""  # noqa: PTH119 - any system's
    return name if name and "\0" not in name and (folder / f"{name}.index").is_file() else None
