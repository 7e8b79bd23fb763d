"""Weights in several HDF5 files, and the ``.weights.json`` that says which has what (Keras 3.10).

``weight_map`` gives for each group of arrays one file, or a list of those that share it (keras
3.15, saving_lib.py, ShardedH5IOStore). Shards lie beside the list; a name that leads elsewhere is
not followed.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

from caniload.runner.forensics.facts import Holds, Inspection, UnreadableError, damage, danger
from caniload.runner.forensics.formats import hdf5file
from caniload.runner.forensics.formats.hdf5file import Hdf5
from caniload.runner.forensics.formats.layouts import with_layout_3
from caniload.runner.forensics.formats.merging import adding, with_files

LIST = ".weights.json"
_SHOWN = 5


def is_list(data: Any) -> bool:
    """Say whether a JSON text is such a list."""
    return isinstance(data, dict) and isinstance(data.get("weight_map"), dict)


def read(path: Path, data: dict[str, Any], so_far: Inspection) -> Inspection:
    """Return what the shards hold that the list at ``path`` names."""
    so_far = dataclasses.replace(so_far, format="weights-h5", holds=Holds.WEIGHTS)
    so_far = with_shards(path, data, so_far)
    shards = [path.with_name(one) for one in _named(data) if _is_beside(one)]
    return with_files(so_far, path.parent, [path, *shards])


def with_shards(path: Path, data: dict[str, Any], so_far: Inspection) -> Inspection:
    """Add the arrays in all shards that are there; those that are not are damage."""
    named, found, missing = _named(data), Hdf5(), []
    for name in named:
        if not _is_beside(name):
            text = f"{path.name} names a shard that does not lie beside it: {name}"
            so_far = adding(so_far, danger("shard-elsewhere", text))
        elif not path.with_name(name).is_file():
            missing.append(name)
        else:
            so_far = _with_shard(path.with_name(name), found, so_far)
    if missing:
        some = ", ".join(missing[:_SHOWN]) + (", …" if len(missing) > _SHOWN else "")
        text = f"{len(missing)} of {len(named)} shards are missing: {some}"
        so_far = adding(so_far, damage("missing-shard", text))
    so_far = with_layout_3(found, so_far)
    return dataclasses.replace(so_far, variant=f"objects, in {len(named)} shards")


def _with_shard(shard: Path, into: Hdf5, so_far: Inspection) -> Inspection:
    try:
        part = hdf5file.read(shard, shard.stat().st_size)
    except UnreadableError as error:
        return adding(so_far, damage("damaged-weights", f"{shard.name} is an {error}"))
    into.groups.update(part.groups)
    into.labels.update(part.labels)
    into.variables.update(part.variables)
    into.scalars.update(part.scalars)
    into.findings += part.findings
    return so_far


def _named(data: dict[str, Any]) -> list[str]:
    """Return the files that the list names, each once, in its order."""
    found: dict[str, None] = {}
    for value in data["weight_map"].values():
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, str):
                found[one] = None
    return list(found)


def _is_beside(name: str) -> bool:
    return name not in ("", ".", "..") and "\0" not in name and Path(name).name == name
