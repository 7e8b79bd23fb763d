"""A project's lock -> the versions that it has: uv.lock, pylock.toml, poetry.lock, requirements.

A format is known by what is in the file, not by its name. Nothing is resolved and nobody is asked.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from caniload.runner.core.errors import UsageError

_PIN = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)(?:\[[^\]]*\])? *===? *([^\s;\\#,]+)")
_FURTHER = re.compile(r"^(?:-r|--requirement|-c|--constraint)[ =]+(\S+)")
_DEEPEST = 10
_LARGEST = 50_000_000
"""Bytes; a lock of a thousand packages has two million."""
_KNOWN = "uv.lock, pylock.toml, poetry.lock, pdm.lock and requirements with =="


@dataclass(frozen=True, kw_only=True)
class Locked:
    """Versions by package, in names as an index has them; of several the newest, in ``several``."""

    path: Path
    versions: dict[str, Version]
    several: tuple[str, ...] = ()


def read(path: Path) -> Locked:
    """Return what a lock has; ``UsageError`` where it is none."""
    found: dict[str, set[Version]] = {}
    text = _text(path)
    toml = _toml(text)
    pairs = _of_toml(toml, path) if toml is not None else _of_requirements(path, text, _DEEPEST)
    for name, version in pairs:
        try:
            found.setdefault(str(canonicalize_name(name)), set()).add(Version(version))
        except InvalidVersion:
            continue  # such as a folder's, of which nothing is asked
    if not found:
        raise UsageError(f"{path}: no exact version is in it; known are {_KNOWN}")
    return Locked(
        path=path,
        versions={name: max(versions) for name, versions in found.items()},
        several=tuple(sorted(name for name, versions in found.items() if len(versions) > 1)),
    )


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(_LARGEST + 1)
        if len(content) > _LARGEST:
            raise UsageError(f"{path}: is too large for a lock")
        return content.decode("utf-8-sig")
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{path}: is not UTF-8 text") from error


def _toml(text: str) -> dict[str, Any] | None:
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError):
        return None


def _of_toml(read: dict[str, Any], path: Path) -> list[tuple[str, str]]:
    """Read [[package]] as of uv, poetry and pdm, or [[packages]] as of PEP 751."""
    listed = read.get("packages", read.get("package"))
    if not isinstance(listed, list):
        raise UsageError(f"{path}: no packages are listed in it; known are {_KNOWN}")
    return [
        (one["name"], one["version"])
        for one in listed
        if isinstance(one, dict)
        and isinstance(one.get("name"), str)
        and isinstance(one.get("version"), str)
    ]


def _of_requirements(path: Path, text: str, depth: int) -> list[tuple[str, str]]:
    found = []
    for line in text.replace("\\\n", " ").splitlines():
        if pin := _PIN.match(line.strip()):
            found.append((pin[1], pin[2]))
        elif (further := _FURTHER.match(line.strip())) and depth:
            there = path.parent / further[1]
            found += _of_requirements(there, _text(there), depth - 1)
    return found
