"""Files that attack whoever loads them, harmless here: none of them is ever loaded.

    python tests/unit/attack_files.py    # writes docs/tables/attack-files.md anew

The scorecard of what `inspect` says of each, misses included; `test_scorecard.py` holds it to it.
"""

from __future__ import annotations

import base64
import json
import os
import pickle
import tempfile
import warnings
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import hidden_attacks
import numpy as np
from model_files import DENSE, INPUT, functional, hdf5, keras_file
from test_reaching import ATTACKS as CONFIGURATIONS
from test_reaching import array, npz

from caniload.runner.core.errors import UsageError
from caniload.runner.forensics import gate, trusting
from caniload.runner.forensics.apart import inspect_all
from caniload.runner.forensics.facts import Inspection, Severity

PAGE = Path(__file__).parents[2] / "docs" / "tables" / "attack-files.md"
PLAIN = functional(INPUT, DENSE)
CODE = base64.b64encode(b"\xe3" + bytes(40)).decode()
LAMBDA = {"class_name": "Lambda", "config": {"name": "out", "function": [CODE, None, None]}}
SYSTEM = {
    "class_name": "Lambda",
    "config": {"name": "out", "function": {"module": "os", "class_name": "function"}},
}
SYSTEM["config"]["function"] |= {"config": "system", "registered_name": "function"}  # type: ignore[index]

BESIDE = {"class_name": "StringLookup", "config": {"name": "out", "vocabulary": "words.txt"}}

Maker = Callable[[Path], Path]


def store(fill: Callable[[h5py.File], None]) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "w.h5"
        with h5py.File(path, "w") as file:
            file["layers/dense/vars/1"] = np.zeros(2, "f4")
            fill(file)
        return path.read_bytes()


def linked(file: h5py.File) -> None:
    file["layers/dense/vars/0"] = h5py.ExternalLink("secret.h5", "/x")


def linked_group(file: h5py.File) -> None:
    file["layers/other"] = h5py.ExternalLink("secret.h5", "/x")


def elsewhere(file: h5py.File) -> None:
    file.create_dataset("layers/dense/vars/0", (4,), "f4", external=[("secret.bin", 0, 16)])


def virtual(file: h5py.File) -> None:
    layout = h5py.VirtualLayout(shape=(4,), dtype="f4")
    layout[:] = h5py.VirtualSource("secret.h5", "x", shape=(4,))
    file.create_virtual_dataset("layers/dense/vars/0", layout)


def bomb(file: h5py.File) -> None:
    file.create_dataset("layers/dense/vars/0", (2**31,), "f4", chunks=(1024,))


def archive(members: Mapping[str, bytes | None], config: Any = PLAIN, *more: Any) -> Maker:
    """Return a maker of a ``.keras`` file with these members; ``None`` leaves one out."""
    stated = {"metadata.json": b'{"keras_version": "3.4.1"}', "config.json": json.dumps(config)}
    whole = {**stated, "model.weights.h5": store(lambda _: None), **members}

    def make(folder: Path) -> Path:
        path = folder / "model.keras"
        with warnings.catch_warnings(), zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as written:
            warnings.simplefilter("ignore")  # a name that is there twice is meant so
            for name, content in [*whole.items(), *more]:
                if content is not None:
                    written.writestr(name, content)
        return path

    return make


def in_hdf5(fill: Callable[[h5py.File], None] | None = None, config: Any = PLAIN) -> Maker:
    def make(folder: Path) -> Path:
        path = hdf5(folder / "model.h5", config)
        if fill is not None:
            with h5py.File(path, "a") as file:
                fill(file["model_weights"])
        return path

    return make


def content(name: str, data: bytes | str) -> Maker:
    def make(folder: Path) -> Path:
        path = folder / name
        path.write_bytes(data.encode() if isinstance(data, str) else data)
        return path

    return make


def weights(fill: Callable[[h5py.File], None]) -> Maker:
    return content("model.weights.h5", store(fill))


def saved_model(old: bytes, new: bytes) -> Maker:
    """Return a maker of a SavedModel that TensorFlow wrote, with another operation in its graph."""

    def make(folder: Path) -> Path:
        with zipfile.ZipFile(Path(__file__).with_name("recorded_models.zip")) as recorded:
            for name in recorded.namelist():
                if name.startswith("savedmodel/"):
                    recorded.extract(name, folder)
        path = folder / "savedmodel" / "saved_model.pb"
        assert len(old) == len(new)
        assert old in path.read_bytes()
        path.write_bytes(path.read_bytes().replace(old, new))
        return path.parent

    return make


def symbolic_member(folder: Path) -> Path:
    path = keras_file(folder / "model.keras", PLAIN)
    link = zipfile.ZipInfo("assets/words.txt")
    link.external_attr = 0o120777 << 16
    with zipfile.ZipFile(path, "a") as written:
        written.writestr(link, "/etc/passwd")
    return path


def folder_with(name: str, put: Callable[[Path], object]) -> Maker:
    def make(folder: Path) -> Path:
        (folder / "m").mkdir()
        with zipfile.ZipFile(keras_file(folder / "x.keras", PLAIN)) as archive:
            archive.extractall(folder / "m")
        (folder / "m" / name).unlink(missing_ok=True)
        put(folder / "m" / name)
        return folder / "m"

    return make


def of_two(folder: Path) -> Path:
    first, second = hdf5(folder / "a.h5", PLAIN), keras_file(folder / "b.keras", PLAIN)
    (folder / "c.keras").write_bytes(first.read_bytes() + second.read_bytes())
    return folder / "c.keras"


class Harmless:
    def __reduce__(self) -> tuple[Any, ...]:
        return print, ("canary",)


PICKLE = pickle.dumps(Harmless())
OBJECTS = array(np.array([Harmless()], dtype=object))
INNER = {"class_name": "TimeDistributed", "config": {"name": "out", "layer": LAMBDA}}
DEEP = '{"class_name": "Sequential", "config": ' + "[" * 3000 + "]" * 3000 + "}"

FILES: Mapping[str, Maker] = {
    "h5: Lambda with bytecode": in_hdf5(config=functional(INPUT, LAMBDA)),
    "h5: Lambda with bytecode within a layer": in_hdf5(config=functional(INPUT, INNER)),
    "h5: Lambda whose function is os.system": in_hdf5(config=functional(INPUT, SYSTEM)),
    "h5: weight that is an external link": in_hdf5(linked),
    "h5: group that is an external link": in_hdf5(linked_group),
    "h5: weight stored in another file": in_hdf5(elsewhere),
    "h5: weight put together from another file": in_hdf5(virtual),
    "h5: weight of 8 GiB, none of it stored": in_hdf5(bomb),
    "weights.h5: external link": weights(linked),
    "weights.h5: stored in another file": weights(elsewhere),
    "weights.h5: put together from another file": weights(virtual),
    "weights.h5: 8 GiB, none of it stored": weights(bomb),
    ".keras: Lambda with bytecode": archive({}, functional(INPUT, LAMBDA)),
    ".keras: weights with an external link": archive({"model.weights.h5": store(linked)}),
    ".keras: weights stored in another file": archive({"model.weights.h5": store(elsewhere)}),
    ".keras: weights put together from elsewhere": archive({"model.weights.h5": store(virtual)}),
    ".keras: weights of 8 GiB, none of it stored": archive({"model.weights.h5": store(bomb)}),
    ".keras: member called ../x": archive({"../x": b"x"}),
    ".keras: member with an absolute name": archive({"/tmp/x": b"x"}),
    ".keras: member called as in Windows": archive({"..\\x": b"x"}),
    ".keras: member that is a symbolic link": symbolic_member,
    ".keras: the configuration twice": archive({}, PLAIN, ("config.json", "{}")),
    ".keras: 64 MB of zeros as weights": archive({"model.weights.h5": bytes(2**26)}),
    ".keras: 64 MB of zeros as an asset": archive({"assets/x": bytes(2**26)}),
    ".keras: pickle as weights.npz": archive(
        {"model.weights.h5": None, "model.weights.npz": PICKLE}
    ),
    ".keras: objects in weights.npz": archive(
        {"model.weights.h5": None, "model.weights.npz": npz(a=OBJECTS)}
    ),
    ".keras: pickle as an asset": archive({"assets/words.pkl": PICKLE}),
    ".keras: program as an asset": archive({"assets/run.py": b"import os"}),
    ".keras: configuration of 3,000 levels": archive({"config.json": DEEP.encode()}),
    ".keras: an HDF5 file in front of it": of_two,
    "json: Lambda with bytecode": content("model.json", json.dumps(functional(INPUT, LAMBDA))),
    "json: os.system as a Lambda": content("model.json", json.dumps(functional(INPUT, SYSTEM))),
    "yaml: any function of Python": content(
        "model.yaml", "class_name: !!python/object/apply:os.system ['x']\nconfig: []\n"
    ),
    "yaml: any object of Python": content(
        "model.yaml", "class_name: Sequential\nconfig: !!python/name:os.system\n"
    ),
    "pickle under the name of a model": content("model.h5", PICKLE),
    "pickle": content("model.pkl", PICKLE),
    "numpy file of objects": content("weights.npy", OBJECTS),
    "npz file of objects": content("weights.npz", npz(a=OBJECTS)),
    "SavedModel: operation that writes": saved_model(b"RestoreV2", b"WriteFile"),
    "SavedModel: operation that reads": saved_model(b"Identity", b"ReadFile"),
    "SavedModel: function of Python": saved_model(b"MatMul", b"PyFunc"),
    "folder: weights are a link to another file": folder_with(
        "model.weights.h5", lambda one: one.symlink_to("/etc/passwd")
    ),
    "folder: configuration is a pipe": folder_with("config.json", os.mkfifo),
    "folder: configuration is a link out of it": folder_with(
        "config.json", lambda one: one.symlink_to("/etc/hostname")
    ),
    ".keras: vocabulary that lies beside it": archive({}, functional(INPUT, BESIDE)),
    **{
        f".keras: {name}": archive({}, functional(INPUT, one))
        for name, one in CONFIGURATIONS.items()
    },
    **hidden_attacks.FILES,
}
"""Name -> how it is made, in a folder of its own; the path is what is inspected."""


HEAD = """# Files that attack, and what `inspect` says of them

Written by `python tests/unit/attack_files.py`, and held to by a test. Each file is made there; none
is ever loaded.

- 1: a danger is found.
- 2: the file is damaged, or no model that is read; nothing loads it.
- 0, *asks for `--trust`*: nothing stops `inspect`, and nothing loads it unless you say so.
- 0, *told*: a notice, on which `inspect --fail-on notice` stops.
- 0, **missed**: nothing is said; it would be loaded, behind the [sandbox](../limits-and-safety.md).
  An asset that no layer asks for is read by no loader that we know, so it is told as nothing.

{files} files: {found} found, {refused} refused, {asked} asking or told, {missed} missed.

| file | exit code | findings | |
|---|---|---|---|
"""


@dataclass(frozen=True, kw_only=True)
class Score:
    """What was said of one file: the exit code of ``inspect``, and whether it asks for trust."""

    name: str
    code: int
    said: Sequence[str]
    trusted: bool

    @property
    def missed(self) -> bool:
        return self.code == 0 and self.trusted and not self.said


def code_of(one: Inspection) -> int:
    """Return what ``inspect`` exits with for this file alone."""
    if not one.sound:
        return UsageError.exit_code
    return int(any(found.stops for found in gate.judged(one, "", gate.Rules())))


def scores(folder: Path) -> list[Score]:
    """Make every file, and say what is said of it."""
    paths = []
    for number, make in enumerate(FILES.values()):
        (place := folder / str(number)).mkdir()
        paths.append(make(place))
    found = []
    for name, one in zip(FILES, inspect_all(paths), strict=True):
        said = {f"{one.kind}" for one in one.findings if one.severity is not Severity.UNCHECKED}
        said |= {"no model that is read"} if one.problem else set()
        trusted = one.problem is None and trusting.reason(one) is None
        found.append(Score(name=name, code=code_of(one), said=sorted(said), trusted=trusted))
    return found


def page(found: Sequence[Score]) -> str:
    """Return the scorecard as Markdown."""
    counts = [sum(one.code == code for one in found) for code in (1, 2)]
    missed = sum(one.missed for one in found)
    asked = len(found) - sum(counts) - missed
    said = {"found": counts[0], "refused": counts[1], "asked": asked, "missed": missed}
    lines = HEAD.format(files=len(found), **said).splitlines()
    for one in found:
        last = "told" if one.trusted else "asks for `--trust`"
        last = "**missed**" if one.missed else last
        last = "never loaded" if one.code == 2 else last
        name = one.name.replace("|", "/")
        lines.append(f"| {name} | {one.code} | {', '.join(one.said)} | {last} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as made:
        PAGE.parent.mkdir(exist_ok=True)
        PAGE.write_text(page(scores(Path(made))), encoding="utf-8")
