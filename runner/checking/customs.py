"""What a person names as their own code -> where it is, and a hash of it."""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from caniload.runner.core.errors import UsageError
from caniload.runner.evidence.keys import digest
from caniload.runner.forensics.trusting import names_in
from caniload.runner.sandbox.machine import code_in


@dataclass(frozen=True, kw_only=True)
class Source:
    """A file or a module with layers and functions; ``factory`` names one that returns a dict.

    The fields are those that probes/own/custom.py takes.
    """

    file: str | None
    module: str
    search: str
    factory: str | None = None


@dataclass(frozen=True, kw_only=True)
class Custom:
    """All code of a person's own that loading gets; ``sha256`` is ``None`` where there is none.

    ``build`` returns the model that weights alone are loaded into; ``packages`` are requirements of
    the code, which environments get laid over them; ``provides`` are the names in it, as far as its
    text shows them.
    """

    sources: tuple[Source, ...] = ()
    sha256: str | None = None
    named: tuple[str, ...] = ()
    build: Source | None = None
    packages: tuple[str, ...] = ()
    provides: frozenset[str] = frozenset()

    @property
    def readable(self) -> list[Path]:
        """The files and folders that the code is read from, and what it may import beside it."""
        named = [*self.sources, *([self.build] if self.build else [])]
        files = [Path(one.file) for one in named if one.file]
        return [*files, *(path for one in named for path in code_in(Path(one.search)))]

    def job(self) -> list[dict[str, Any]]:
        return [asdict(one) for one in self.sources]


def read_custom(
    wanted: Sequence[str], *, build: str | None = None, packages: Sequence[str] = ()
) -> Custom:
    """Find ``FILE.py``, ``FILE.py:factory``, ``package.module`` or ``package.module:factory``.

    ``build`` is named likewise, its function always. ``packages`` are as pip takes them.
    """
    if not wanted and build is None and not packages:
        return Custom()
    from caniload.runner.environments.overlays import read_requirements  # noqa: PLC0415 - is slow

    found, all_files = list[Source](), list[Path]()
    for text in wanted:
        source, files = _named(text, "--custom")
        found.append(source)
        all_files += files
    names = [(one.module, one.factory) for one in found]
    terms: list[Any] = [names, _hashes(all_files)]
    builder = None
    if build is not None:
        builder, files = _named(build, "--build")
        if builder.factory is None:
            raise UsageError(
                f"--build {build}: say which function returns the model, as in {build}:make"
            )
        terms.append(["build", builder.module, builder.factory, _hashes(files)])
        all_files += files
    having = read_requirements(packages)
    if having:
        terms.append(["with", *having])
    return Custom(
        sources=tuple(found),
        sha256=digest(*terms),
        named=(*wanted, *([build] if build else []), *having),
        build=builder,
        packages=having,
        provides=_provided(found, all_files),
    )


def _named(text: str, option: str) -> tuple[Source, list[Path]]:
    """Return what a text names, and the files that make it up."""
    name, _, factory = text.partition(":")
    source, files = _found(name, option)
    return replace(source, factory=factory or None), files


def _provided(sources: Sequence[Source], files: Sequence[Path]) -> frozenset[str]:
    """Return the names that a loader gets: of a module's files all, of one file its own."""
    names: set[str] = set()
    for source in sources:
        own = [Path(source.file)] if source.file else files
        for file in own:
            names |= names_in(file, source.factory)
    return frozenset(names)


def _hashes(files: Sequence[Path]) -> list[tuple[str, str]]:
    return [(one.name, hashlib.sha256(one.read_bytes()).hexdigest()) for one in files]


def _found(name: str, option: str) -> tuple[Source, list[Path]]:
    """Return what a name means, and the files that make it up."""
    path = Path(name).absolute()
    if name.endswith(".py"):
        if not path.is_file():
            raise UsageError(f"{option} {name}: there is no such file")
        source = Source(file=str(path), module=path.stem, search=str(path.parent))
        return source, sorted(_with_imported(path, path.parent))
    here = Path.cwd()
    inside = here.joinpath(*name.split("."))
    files = [inside.with_name(f"{inside.name}.py"), *_package(inside)]
    files = [file for file in files if file.is_file()]
    if not files:
        raise UsageError(
            f"{option} {name}: no module of that name in {here}; or give a file, NAME.py"
        )
    used = {path for file in files for path in _with_imported(file, here)}
    return Source(file=None, module=name, search=str(here)), sorted(used)


def _package(folder: Path) -> Iterator[Path]:
    yield from sorted(folder.rglob("*.py")) if (folder / "__init__.py").is_file() else ()


def _with_imported(file: Path, search: Path) -> set[Path]:
    """Return a file and those beside it that it imports, directly or not: they decide, too."""
    found, waiting = {file}, [file]
    while waiting:
        for name in _imported(waiting.pop()):
            inside = search.joinpath(*name.split("."))
            for path in (inside.with_name(f"{inside.name}.py"), *_package(inside)):
                if path.is_file() and path not in found:
                    found.add(path)
                    waiting.append(path)
    return found


def _imported(file: Path) -> Iterator[str]:
    try:
        tree = ast.parse(file.read_bytes())
    except (SyntaxError, ValueError):  # its own interpreter may read it, or will say so
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
