"""Lay out what the page needs that reads files: Python and HDF5 for browsers, and our own code.

Python is Pyodide's, HDF5 is h5wasm's, both out of the npm registry, by version and hash; `npm pack`
fetches them, no script of theirs is run. PyYAML is the one that is installed here.
"""

from __future__ import annotations

import ast
import base64
import hashlib
import json
import shutil
import subprocess
import tarfile
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
SOURCE = ROOT / "src"
FROM_NPM = json.loads((HERE / "npm.json").read_text("utf-8"))
DATA = (".json", ".yaml")


class UnavailableError(Exception):
    """Something cannot be had here; the text says what and why."""


def lay_out(into: Path, kept: Path) -> None:
    """Write the folder, and keep elsewhere what is fetched; ``UnavailableError``: it cannot be."""
    into.mkdir(parents=True, exist_ok=True)
    for path in (HERE / "drop").glob("*.mjs"):
        shutil.copy(path, into)
    for name, wanted in FROM_NPM.items():
        _unpack(_fetched(name, wanted, kept), wanted["files"], into / name)
    with zipfile.ZipFile(into / "caniload.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for path, name in sorted(_code()):
            # Of one date, so that the same sources make the same file.
            archive.writestr(zipfile.ZipInfo(name), path.read_bytes(), zipfile.ZIP_DEFLATED)


def _fetched(name: str, wanted: dict[str, str], kept: Path) -> Path:
    file = kept / f"{name}-{wanted['version']}.tgz"
    if not file.is_file():
        kept.mkdir(parents=True, exist_ok=True)
        npm = shutil.which("npm")
        if npm is None:
            raise UnavailableError("npm is not on this machine")
        # Where no registry answers, npm would ask again for minutes.
        asked = [npm, "pack", "--loglevel=error", "--fetch-retries=1", "--fetch-timeout=20000"]
        asked.append(f"{name}@{wanted['version']}")
        done = subprocess.run(asked, cwd=kept, capture_output=True, text=True, check=False)
        if done.returncode or not file.is_file():
            raise UnavailableError(f"npm pack {name}: {done.stderr.strip()[-300:]}")
    found = base64.b64encode(hashlib.sha512(file.read_bytes()).digest()).decode()
    if f"sha512-{found}" != wanted["integrity"]:
        file.unlink()
        raise UnavailableError(f"{name} {wanted['version']} is not what it was: sha512-{found}")
    return file


def _unpack(archive: Path, files: Iterable[str], into: Path) -> None:
    into.mkdir(exist_ok=True)
    with tarfile.open(archive) as tar:
        for name in files:
            member = tar.extractfile(f"package/{name}")
            if member is None:
                raise UnavailableError(f"{archive.name} has no {name}")
            (into / Path(name).name).write_bytes(member.read())


def _code() -> Iterator[tuple[Path, str]]:
    """Yield the files that `look.py` needs, with their places in the archive."""
    ours = HERE / "drop" / "python"
    seen: set[Path] = set()
    pending = sorted(ours.glob("*.py"))
    yield from ((path, path.name) for path in pending)
    while pending:
        for path in _imported(pending.pop()):
            if path not in seen:
                seen.add(path)
                pending.append(path)
                yield path, path.relative_to(SOURCE).as_posix()
    # Beside the code lies what it reads; an empty package above it says that it is one.
    for folder in {path.parent for path in seen}:
        for path in folder.iterdir():
            if path.suffix in DATA and folder != SOURCE / "caniload":
                yield path, path.relative_to(SOURCE).as_posix()
    import yaml  # noqa: PLC0415 - it is installed wherever the site is built

    for path in Path(yaml.__file__).parent.glob("*.py"):
        yield path, f"yaml/{path.name}"


def _imported(path: Path) -> Iterator[Path]:
    """Yield our own modules that a file imports, and the packages that they are in."""
    tree = ast.parse(path.read_text("utf-8"))
    # What a package's own functions import is for whoever calls them.
    for node in tree.body if path.name == "__init__.py" else ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [one.name for one in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module, *(f"{node.module}.{one.name}" for one in node.names)]
        else:
            continue
        for name in names:
            parts = name.split(".")
            if parts[0] == "caniload":
                for end in range(1, len(parts) + 1):
                    yield from _module(SOURCE.joinpath(*parts[:end]))


def _module(place: Path) -> Iterator[Path]:
    for path in (place / "__init__.py", place.with_suffix(".py")):
        if path.is_file():
            yield path
