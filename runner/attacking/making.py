"""Attack -> files in a folder: the one that is loaded, and what it leads to.

Nothing here knows where it will lie: names are relative to the folder that a file is loaded in, so
that a file's bytes are the same everywhere, but for the bytecode of a Python.
"""

from __future__ import annotations

import base64
import json
import os
import pickle
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from caniload.runner.attacking import archives, configs, layouts
from caniload.runner.attacking.attacks import stated
from caniload.runner.attacking.configs import MARK, Config, by_lambda, called, function

_NAMES: Mapping[str, str] = {
    "keras": "attack.keras",
    "h5": "attack.h5",
    "weights-h5": "attack.weights.h5",
    "json": "attack.json",
    "config": "attack.json",
    "layer": "attack.json",
    "yaml": "attack.yaml",
    "savedmodel": configs.SAVED,
}
"""What the file of each format is called, in the folder where it is loaded."""

_OLDER_WEIGHTS = "attack_weights.h5"
"""Another name is another layout, since there are two."""

WORDS = "canary-secret"
"""The word that is in another file alone."""
_MODULE = "class Bait:\n    pass\n"
_GLOBAL_STATE = "keras.src.backend.common.global_state"


@dataclass(frozen=True, kw_only=True)
class Kit:
    """Where a file is made, for which generation, and what its Lambda runs (base64)."""

    folder: Path
    newer: bool
    bytecode: str

    def model(self, *more: Config, archive: bool = True) -> Config:
        return configs.model(more, newer=self.newer, archive=archive)

    def archive(self, config: Config | None = None, **members: bytes) -> None:
        """Write a ``.keras`` file; without weights of its own it has honest ones."""
        content = {archives.WEIGHTS: layouts.in_store()} if not members else {}
        content |= {name: one for name, one in members.items() if one}
        path = self.folder / _NAMES["keras"]
        archives.model(path, config or self.model(), content, stated(newer=self.newer))

    def whole(self, config: Config | None = None, **how: Any) -> None:
        path = self.folder / _NAMES["h5"]
        layouts.whole_file(path, config or self.model(archive=False), **how)

    def store(self, kernel: layouts.Kernel, **how: Any) -> None:
        self.archive(None, **{archives.WEIGHTS: layouts.in_store(kernel, **how)})

    def weights(self, kernel: layouts.Kernel = layouts.honest) -> None:
        path = self.folder / file_name("weights-h5", newer=self.newer)
        if self.newer:
            path.write_bytes(layouts.in_store(kernel))
        else:
            layouts.whole_file(path, None, kernel)

    def text(self, config: Config) -> None:
        (self.folder / _NAMES["json"]).write_text(json.dumps(config), encoding="utf-8")

    def lookup(self, vocabulary: Any, *, archive: bool = True) -> Config:
        return configs.lookup(vocabulary, newer=self.newer, archive=archive)

    def coded(self, *, archive: bool) -> Config:
        return configs.with_bytecode(self.bytecode, newer=self.newer, archive=archive)


def file_name(kind: str, *, newer: bool) -> str:
    """Return what the file of a format is called."""
    return _OLDER_WEIGHTS if kind == "weights-h5" and not newer else _NAMES[kind]


Maker = Callable[[Kit], None]


def make(name: str, kit: Kit) -> None:
    """Write the file of an attack or of a control, and what it may lead to, into the kit's folder.

    A SavedModel is not written here: the environment that loads it does.
    """
    bait(kit)
    _MAKERS[name](kit)


def bait(kit: Kit) -> None:
    """Write what an attack may read, import or load."""
    folder = kit.folder
    (folder / configs.SECRET_WORDS).write_text(f"{WORDS}\n", encoding="utf-8")
    (folder / configs.SECRET_STORAGE).write_bytes(layouts.stored_secret())
    layouts.secret(folder / configs.SECRET_HDF5)
    (folder / f"{configs.BAIT}.py").write_text(_MODULE, encoding="utf-8")
    content = {archives.WEIGHTS: layouts.in_store()}
    inner = kit.model(kit.coded(archive=True))
    archives.model(folder / configs.INNER, inner, content, stated(newer=kit.newer))


def bytecode_of(python: str) -> list[str]:
    """Return the command by which a Python prints the bytecode of a harmless Lambda, as base64."""
    runs = f"lambda x: (__import__('os').makedirs({MARK!r}, exist_ok=True), x)[1]"
    coded = f"base64.b64encode(marshal.dumps(({runs}).__code__)).decode()"
    return [python, "-s", "-c", f"import base64, marshal; print({coded})"]


class _Mkdir:
    """What a pickle makes when it is read: a folder."""

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (MARK,)


def _pickled(protocol: int) -> bytes:
    return pickle.dumps(_Mkdir(), protocol)


def _keras(*what: Callable[[Kit], Config]) -> Maker:
    return lambda kit: kit.archive(kit.model(*(one(kit) for one in what)))


def _h5(*what: Callable[[Kit], Config]) -> Maker:
    return lambda kit: kit.whole(kit.model(*(one(kit) for one in what), archive=False))


def _coded_inside(kit: Kit) -> Config:
    return configs.handed(kit.model(kit.coded(archive=True)), newer=kit.newer)


def _unsafe(kit: Kit) -> Config:
    return called("keras.config", "enable_unsafe_deserialization", [], newer=kit.newer)


def _global_state(kit: Kit) -> Config:
    keeps = function(_GLOBAL_STATE, "set_global_attribute")
    return by_lambda(keeps, "safe_mode_saving", {"value": False}, newer=kit.newer)


def _policy(kit: Kit) -> tuple[str, str]:
    return ("keras.config", "set_dtype_policy") if kit.newer else _OLDER_POLICY


_OLDER_POLICY = ("keras.mixed_precision", "set_global_policy")
_HALF = "float16"
_ARCHIVE, _OUT = "given.tar", "canary-unpacked"


def _policy_by_lambda(kit: Kit) -> Config:
    return by_lambda(function(*_policy(kit)), _HALF, newer=kit.newer)


def _fetching(kit: Kit) -> Config:
    arguments = {"origin": f"file:{configs.SECRET_WORDS}", "cache_dir": ".", "cache_subdir": "."}
    return by_lambda(function("keras.utils", "get_file"), "fetched.txt", arguments, newer=kit.newer)


def _unpacking(kit: Kit) -> Config:
    archives.leading_out(kit.folder / _ARCHIVE, _OUT)
    arguments = {"origin": f"file:{_ARCHIVE}", "cache_dir": ".", "cache_subdir": "."}
    unpacks = {"extract": True, "archive_format": "tar"}
    named = function("keras.utils", "get_file")
    return by_lambda(named, "unpacked.tar", {**arguments, **unpacks}, newer=kit.newer)


def _loading(kit: Kit) -> Config:
    loads = function("keras.saving" if kit.newer else "keras.models", "load_model")
    return by_lambda(loads, configs.INNER, {"safe_mode": False}, newer=kit.newer)


def _assets(name: str) -> Maker:
    """Write a model whose vocabulary is an asset, with another one outside of the assets."""

    def maker(kit: Kit) -> None:
        config = configs.lookup(None, newer=kit.newer, archive=True, name=name)
        asset = {"assets/layers/string_lookup/vocabulary.txt": b"a\nb"}
        asset |= {"assets/_layer_checkpoint_dependencies/string_lookup/vocabulary.txt": b"a\nb"}
        (kit.folder / "outside").mkdir()
        (kit.folder / "outside" / "vocabulary.txt").write_text(WORDS, encoding="utf-8")
        kit.archive(config, **{archives.WEIGHTS: layouts.in_store(), **asset})

    return maker


def _zeros(name: str, size: int) -> Maker:
    def maker(kit: Kit) -> None:
        honest, first = layouts.in_store(), b""
        if name == archives.WEIGHTS:  # with assets all members are unpacked, and looked at before
            kit.archive(None, **{archives.WEIGHTS: b""})
            first = honest
        else:
            kit.archive(None, **{archives.WEIGHTS: honest, "assets/one.txt": b"one"})
        archives.add_zeros(kit.folder / _NAMES["keras"], name, size, first)

    return maker


def _member(kit: Kit) -> None:
    members = {archives.WEIGHTS: layouts.in_store(), "assets/one.txt": b"one"}
    kit.archive(None, **members, **{"../canary-written": b"written"})


def _arrays(content: bytes) -> Maker:
    given = archives.arrays({"__root__": content})
    return lambda kit: kit.archive(None, **{archives.ARRAYS: given})


def _yaml(text: str) -> Maker:
    return lambda kit: _write(kit.folder / _NAMES["yaml"], text)


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")


def _yaml_model(kit: Kit) -> None:
    _write(kit.folder / _NAMES["yaml"], json.dumps(kit.model(archive=False)))


def _nothing(_: Kit) -> None:
    """Write nothing: the environment makes it."""


def _mkdir(kit: Kit) -> Config:
    return called("os", "mkdir", [MARK], newer=kit.newer)


def _mkdir_by_lambda(kit: Kit) -> Config:
    return by_lambda(function("os", "mkdir"), MARK, newer=kit.newer)


_WITHIN, _BEYOND = 2**29, 2**32 + 2**26
"""Bytes on both sides of what guards let pass whatever it is packed into."""
_ROOT_PICKLE = archives.array("|O", "()", _pickled(2))
_ROOT_LARGE = archives.array("<f4", f"({5 * layouts.GIB // 4},)", bytes(64))

_MAKERS: Mapping[str, Maker] = {
    "keras-dense": lambda kit: kit.archive(),
    "keras-lookup": lambda kit: kit.archive(kit.lookup(["a", "b"])),
    "keras-lookup-assets": _assets("lookup"),
    "h5-dense": lambda kit: kit.whole(),
    "h5-lookup": lambda kit: kit.whole(kit.lookup(["a", "b"], archive=False), bare=True),
    "weights-dense": lambda kit: kit.weights(),
    "json-dense": lambda kit: kit.text(kit.model(archive=kit.newer)),
    "config-dense": lambda kit: kit.text(kit.model()),
    "yaml-dense": _yaml_model,
    "savedmodel-plain": _nothing,
    "keras-lambda-bytecode": _keras(lambda kit: kit.coded(archive=True)),
    "keras-lambda-python": _keras(_mkdir_by_lambda),
    "keras-node-python": _keras(_mkdir),
    "keras-import": _keras(lambda _: configs.imported(newer=True)),
    "keras-node-bytecode": _keras(_coded_inside),
    "keras-unsafe": _keras(_unsafe, _coded_inside),
    "keras-global-state": _keras(_global_state, _coded_inside),
    "keras-node-keras": _keras(lambda kit: called(*_policy(kit), [_HALF], newer=kit.newer)),
    "keras-lambda-keras": _keras(_policy_by_lambda),
    "keras-get-file": _keras(_fetching),
    "keras-get-file-archive": _keras(_unpacking),
    "keras-load-model": _keras(_loading),
    "keras-vocabulary": lambda kit: kit.archive(kit.lookup(configs.SECRET_WORDS)),
    "keras-saved-model": _keras(lambda _: configs.saved_model()),
    "keras-external-storage": lambda kit: kit.store(layouts.stored_outside),
    "keras-external-link": lambda kit: kit.store(layouts.linked),
    "keras-intermediate-link": lambda kit: kit.store(layouts.honest, whole="/layer"),
    "keras-virtual-dataset": lambda kit: kit.store(layouts.virtual),
    "keras-name-traversal": _assets("..\\..\\..\\outside"),
    "keras-member-traversal": _member,
    "keras-shape-bomb": lambda kit: kit.store(layouts.declaring(8)),
    "keras-shape-bomb-small": lambda kit: kit.store(layouts.declaring(1)),
    "keras-build-bomb": _keras(lambda _: configs.large()),
    "keras-zip-bomb": _zeros(archives.WEIGHTS, _BEYOND),
    "keras-zip-bomb-small": _zeros(archives.WEIGHTS, _WITHIN),
    "keras-asset-bomb": _zeros(archives.BOMB, _WITHIN),
    "keras-npz-pickle": _arrays(_ROOT_PICKLE),
    "keras-npz-bomb": _arrays(_ROOT_LARGE),
    "keras-torch-module": _keras(
        lambda _: configs.torch_module(base64.b64encode(_pickled(2)).decode())
    ),
    "keras-torch-bytes": _keras(
        lambda _: configs.torch_module(
            {"class_name": "__bytes__", "config": {"value": _pickled(0).decode()}}
        )
    ),
    "h5-lambda-bytecode": _h5(lambda kit: kit.coded(archive=False)),
    "h5-node-python": _h5(_mkdir),
    "h5-import": _h5(lambda kit: configs.imported(newer=kit.newer)),
    "h5-lambda-keras": _h5(_policy_by_lambda),
    "h5-node-bytecode": _h5(_coded_inside),
    "h5-global-state": _h5(_global_state, _coded_inside),
    "h5-get-file": _h5(_fetching),
    "h5-load-model": _h5(_loading),
    "h5-saved-model": _h5(lambda _: configs.saved_model()),
    "h5-build-bomb": _h5(lambda _: configs.large()),
    "h5-vocabulary": lambda kit: kit.whole(
        kit.lookup(configs.SECRET_WORDS, archive=False), bare=True
    ),
    "h5-external-storage": lambda kit: kit.whole(kernel=layouts.stored_outside),
    "h5-external-link": lambda kit: kit.whole(kernel=layouts.linked),
    "h5-model-weights-link": lambda kit: layouts.linked_weights(
        kit.folder / _NAMES["h5"], kit.model(archive=False)
    ),
    "h5-intermediate-link": lambda kit: kit.whole(step=True),
    "h5-virtual-dataset": lambda kit: kit.whole(kernel=layouts.virtual),
    "h5-shape-bomb": lambda kit: kit.whole(kernel=layouts.declaring(8)),
    "h5-shape-bomb-small": lambda kit: kit.whole(kernel=layouts.declaring(1)),
    "weights-external-storage": lambda kit: kit.weights(layouts.stored_outside),
    "weights-external-link": lambda kit: kit.weights(layouts.linked),
    "weights-virtual-dataset": lambda kit: kit.weights(layouts.virtual),
    "weights-shape-bomb": lambda kit: kit.weights(layouts.declaring(8)),
    "json-lambda-bytecode": lambda kit: kit.text(
        kit.model(kit.coded(archive=kit.newer), archive=kit.newer)
    ),
    "json-node-python": lambda kit: kit.text(kit.model(_mkdir(kit), archive=kit.newer)),
    "layer-dense": lambda kit: kit.text(configs.dense()),
    "layer-lambda-bytecode": lambda kit: kit.text(kit.coded(archive=False)),
    "config-lambda-bytecode": lambda kit: kit.text(kit.model(kit.coded(archive=True))),
    "yaml-python": _yaml(f"!!python/object/apply:os.mkdir [{MARK}]\n"),
    "savedmodel-writes": _nothing,
    "savedmodel-reads": _nothing,
    "savedmodel-recursive": _nothing,
}
