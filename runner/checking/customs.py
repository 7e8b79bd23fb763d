"""What a person names as their own code -> where it is, and a hash of it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from runner.errors import UsageError
from runner.keys import digest


@dataclass(frozen=True, kw_only=True)
class Source:
    """A file or a module with layers and functions; ``factory`` names one that returns a dict.

    The fields are those that probes/own/custom.py takes.
    """

    file: str | None
    module: str
    search: str
    factory: str | None


@dataclass(frozen=True, kw_only=True)
class Custom:
    """All code of a person's own that loading gets; ``sha256`` is ``None`` where there is none."""

    sources: tuple[Source, ...] = ()
    sha256: str | None = None
    named: tuple[str, ...] = ()

    def job(self) -> list[dict[str, Any]]:
        return [asdict(one) for one in self.sources]


def read_custom(wanted: Sequence[str]) -> Custom:
    """Find ``FILE.py``, ``FILE.py:factory``, ``package.module`` or ``package.module:factory``."""
    if not wanted:
        return Custom()
    found, hashes = [], []
    for text in wanted:
        name, _, factory = text.partition(":")
        source, files = _found(name)
        found.append(Source(**{**source, "factory": factory or None}))
        for file in files:
            hashes.append((file.name, hashlib.sha256(file.read_bytes()).hexdigest()))
    names = [(one.module, one.factory) for one in found]
    return Custom(sources=tuple(found), sha256=digest(names, hashes), named=tuple(wanted))


def _found(name: str) -> tuple[dict[str, str | None], list[Path]]:
    path = Path(name).absolute()
    if name.endswith(".py"):
        if not path.is_file():
            raise UsageError(f"--custom {name}: there is no such file")
        # What it imports from beside it is part of it: any change there changes what is loaded.
        where: dict[str, str | None] = {
            "file": str(path),
            "module": path.stem,
            "search": str(path.parent),
        }
        return where, [path]
    here = Path.cwd()
    inside = here.joinpath(*name.split("."))
    files = [inside.with_name(f"{inside.name}.py"), *_package(inside)]
    files = [file for file in files if file.is_file()]
    if not files:
        raise UsageError(
            f"--custom {name}: no module of that name in {here}; or give a file, NAME.py"
        )
    return {"file": None, "module": name, "search": str(here)}, files


def _package(folder: Path) -> Iterator[Path]:
    yield from sorted(folder.rglob("*.py")) if (folder / "__init__.py").is_file() else ()
