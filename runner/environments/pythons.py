"""Find the Pythons of this machine, each proved by running it; ``fetching`` gets others.

Where they are looked for, first hit wins:

1. ``$CANILOAD_PYTHONS``: programs, or folders of them, separated as in ``PATH``;
2. the Python that runs caniload, and the one its virtualenv was made from;
3. ``pythonX.Y`` on ``PATH``, in /usr/local/bin and in /opt/python;
4. Pythons that pyenv, uv, asdf and conda have installed.

With ``CANILOAD_PYTHONS_ONLY=1`` only the first of these is looked at.
"""

from __future__ import annotations

import functools
import os
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from caniload.runner.matrix.frameworks import frameworks

_VERIFY_SECONDS = 10.0
_VERIFY = "import sys; print('%d.%d.%d' % sys.version_info[:3])"
_NAME = re.compile(r"python(\d(\.\d+)?)?$")


@dataclass(frozen=True)
class Interpreter:
    """A Python that was run and said its version, such as 3.11.7."""

    path: Path
    version: str

    @property
    def minor(self) -> str:
        return ".".join(self.version.split(".")[:2])


def find_pythons(
    minors: Iterable[str], variables: Mapping[str, str] = os.environ
) -> dict[str, Interpreter]:
    """Return an interpreter for each wanted minor version (``3.11``) that this machine has."""
    found: dict[str, Interpreter] = {}
    for minor in minors:
        for path in _candidates(minor, variables):
            interpreter = _verified(path, path.stat().st_mtime_ns)
            if interpreter is not None and interpreter.minor == minor:
                found[minor] = interpreter
                break
    return found


def find_fetched(minors: Iterable[str], folder: Path) -> dict[str, Interpreter]:
    """Return those that caniload has fetched into its own folder."""
    variables = {"CANILOAD_PYTHONS": str(folder), "CANILOAD_PYTHONS_ONLY": "1"}
    return find_pythons(minors, variables) if folder.is_dir() else {}


def how_to_get(minor: str) -> str:
    """Say in one sentence how a person gets that Python."""
    if frameworks().lacks(minor, "uv"):
        return (
            f"install Python {minor} with `pyenv install {minor}`, or name one you have "
            "in CANILOAD_PYTHONS"
        )
    return (
        f"install Python {minor} with `uv python install {minor}` or `pyenv install {minor}`, "
        "or name one you have in CANILOAD_PYTHONS"
    )


def _candidates(minor: str, variables: Mapping[str, str]) -> Iterator[Path]:
    """Yield files that may be Python ``minor``, without running any."""
    yield from _named_by_user(minor, variables.get("CANILOAD_PYTHONS", ""))
    if variables.get("CANILOAD_PYTHONS_ONLY") == "1":
        return
    if "{}.{}".format(*sys.version_info) == minor:
        # The base first: an environment made from it does not depend on our own virtualenv.
        yield from _programs(Path(sys.base_prefix) / "bin", minor)
        yield Path(sys.executable)
    home = Path(variables.get("HOME", "~")).expanduser()
    search = [Path(folder) for folder in variables.get("PATH", os.defpath).split(os.pathsep)]
    for folder in [*search, Path("/usr/local/bin")]:
        # A shim runs whatever is chosen just now, or fails; what it stands for is found below.
        if folder.name != "shims" and (path := folder / f"python{minor}").is_file():
            yield path
    for folder in _version_folders(minor, variables, home):
        yield from _programs(folder, minor)


def _named_by_user(minor: str, named: str) -> Iterator[Path]:
    for place in filter(None, named.split(os.pathsep)):
        path = Path(place).expanduser()
        if path.is_file():
            yield path
        else:
            yield from _programs(path, minor)
            yield from _programs(path / "bin", minor)
            for folder in _children(path, minor):
                yield from _programs(folder, minor)


def _version_folders(minor: str, variables: Mapping[str, str], home: Path) -> Iterator[Path]:
    """Yield the ``bin`` folders in which version managers keep a Python of that minor version."""
    roots = (
        Path(variables.get("PYENV_ROOT") or home / ".pyenv") / "versions",
        Path(variables.get("UV_PYTHON_INSTALL_DIR") or _data_home(variables, home) / "uv/python"),
        Path(variables.get("ASDF_DATA_DIR") or home / ".asdf") / "installs/python",
        Path("/opt/python"),
    )
    for root in roots:
        yield from _children(root, minor)
    for conda in ("miniforge3", "mambaforge", "miniconda3", "anaconda3"):
        for environment in sorted((home / conda / "envs").glob("*")):
            yield environment / "bin"


def _data_home(variables: Mapping[str, str], home: Path) -> Path:
    return Path(variables.get("XDG_DATA_HOME") or home / ".local/share")


def _children(root: Path, minor: str) -> list[Path]:
    """Return ``bin`` of each installation below ``root`` named after the version, newest first."""
    tag = minor.replace(".", "")
    form = re.compile(rf"(cpython-)?{re.escape(minor)}(\.(\d+))?(\D|$)|cp{tag}-cp{tag}m?$")
    named = [(match, path) for path in root.glob("*") if (match := form.match(path.name))]
    named.sort(key=lambda pair: int(pair[0].group(3) or 0), reverse=True)
    return [path / "bin" for _, path in named]


def _programs(folder: Path, minor: str) -> Iterator[Path]:
    for name in (f"python{minor}", "python3", "python"):
        if (folder / name).is_file():
            yield folder / name
            return


@functools.cache  # a command asks more than once, and each answer costs the start of a Python
def _verified(path: Path, changed: int) -> Interpreter | None:  # noqa: ARG001 - a part of its key
    """Run the file as it stands now; None if it is a broken shim, hangs, or is no Python."""
    if not _NAME.match(path.name) and not os.access(path, os.X_OK):
        return None
    try:
        answer = subprocess.run(
            [path, "-I", "-S", "-c", _VERIFY],
            env={"PATH": os.environ.get("PATH", os.defpath)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_VERIFY_SECONDS,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    version = answer.stdout.decode("ascii", "replace").strip()
    return Interpreter(path, version) if re.fullmatch(r"\d+\.\d+\.\d+", version) else None
