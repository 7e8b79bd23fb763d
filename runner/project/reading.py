"""The nearest pyproject.toml and the variables -> what is said for a key, and where."""

from __future__ import annotations

import os
from dataclasses import dataclass

from caniload.runner.core.errors import UsageError
from caniload.runner.project import keys

TYPE_CHECKING = False  # checkers know the name; to import it takes as long as all else here
if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from typing import Any

FILE = "pyproject.toml"


@dataclass(frozen=True, kw_only=True)
class Said:
    """What is said for a key, in texts; ``where`` is the variable, or the file and its key."""

    values: tuple[str, ...]
    where: str


def table(folder: Path) -> tuple[dict[str, Any], Path | None]:
    """Return ``[tool.caniload]`` of the nearest pyproject.toml, and the file; empty without one.

    ``UsageError``: it says what is not understood.
    """
    here = folder.absolute()
    found = (one / FILE for one in (here, *here.parents))
    place = next((one for one in found if one.is_file()), None)
    if place is None:
        return {}, None
    import tomllib  # noqa: PLC0415 - only where there is something to read

    try:
        tools = tomllib.loads(place.read_text("utf-8")).get("tool", {})
    except (OSError, ValueError) as error:
        raise UsageError(f"{place}: cannot be read: {error}") from error
    ours = tools.get("caniload", {}) if isinstance(tools, dict) else {}
    return keys.check(ours, place), place


def said(folder: Path, surroundings: Mapping[str, str]) -> dict[str, Said]:
    """Return what is said for each key: by a variable, else by the project."""
    read, place = table(folder)
    found = {
        key: Said(values=_values(key, value, place, folder), where=f"{place}: {keys.TABLE} {key}")
        for key, value in read.items()
        if keys.KEYS[key] != keys.TABLES and place is not None
    }
    for key, kind in keys.KEYS.items():
        name = keys.variable(key)
        values = _lines(surroundings.get(name, ""), several=kind == keys.TEXTS)
        if values and kind != keys.TABLES:
            found[key] = Said(values=values, where=name)
    return found


def _lines(text: str, *, several: bool) -> tuple[str, ...]:
    """Return what a variable says: of several things one a line; empty is as good as not there."""
    lines = text.splitlines() if several else [text]
    return tuple(line.strip() for line in lines if line.strip())


def _values(key: str, value: Any, place: Path, folder: Path) -> tuple[str, ...]:
    texts = [str(one) for one in value] if isinstance(value, list) else [str(value)]
    if key not in keys.PATHS:
        return tuple(texts)
    return tuple(_from_here(one, place.parent, folder) for one in texts)


def _from_here(text: str, there: Path, folder: Path) -> str:
    """Return a path that is written from ``there`` as one from ``folder``; no path stays a name."""
    file, colon, rest = text.partition(":")
    is_path = "/" in file or "." in file or (there / file).exists()
    if not is_path or "://" in text or there == folder.absolute():
        return text
    if not (there / file).exists() and "/" not in file:
        return text  # a module, such as package.layers:objects
    return f"{os.path.relpath(there / file, folder.absolute())}{colon}{rest}"
