"""One pack: read from its file a part at a time, or made of contents and written."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from caniload.runner.core.putting import putting
from caniload.runner.packs import asking, frame, joining
from caniload.runner.packs.columns import Row, cleaned
from caniload.runner.packs.contents import (
    ORIGIN,
    OWN,
    Part,
    Tables,
    as_plain,
    environment_rows,
    from_plain,
    is_file_part,
    key_of,
    ordered,
    part_name,
    source_rows,
)
from caniload.runner.packs.frame import Frame, PackError

MALFORMED = (ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError)
"""What code meets in data that is not of its kind."""

LOCKS = "locks"
CONSTRUCTORS = "constructors"


class Pack:
    """A pack on disk; ``PackError`` where what is asked for is not as it was written."""

    def __init__(self, path: Path, called: str = "") -> None:
        self.path, self._called = path, called or str(path)
        self._frame = Frame(path, self._called)
        manifest = self._frame.manifest
        try:
            self._environments = tuple(environment_rows(manifest["environments"]))
            self._sources = tuple(source_rows(manifest["sources"]))
            self.listed = tuple(map(_listed, manifest["parts"]))
        except MALFORMED as error:
            said = _short(error)
            raise PackError(f"{self._called}: its manifest is of no pack: {said}") from error

    @cached_property
    def id(self) -> str:
        """Return the hash of all it says, whoever compressed it."""
        return key_of(
            [
                [[one["name"], one["content"]] for one in self.listed],
                *(self._environments, self._sources),
            ]
        )

    @cached_property
    def _keys(self) -> tuple[list[str], list[str]]:
        return [key_of(row) for row in self._environments], [key_of(row) for row in self._sources]

    @cached_property
    def tables(self) -> Tables:
        environments, sources = self._keys
        return Tables(
            environments=dict(zip(environments, self._environments, strict=True)),
            sources=dict(zip(sources, self._sources, strict=True)),
        )

    def verify(self) -> None:
        """Check every byte; ``PackError`` names what was altered."""
        self._frame.verify()

    def has(self, name: str) -> bool:
        return any(one["name"] == name for one in self.listed)

    def files(self) -> list[Row]:
        """Return what the manifest says of each part that has files."""
        return [one for one in self.listed if is_file_part(one["name"])]

    def part(self, name: str) -> Part:
        """Return what one environment saved in one format; empty where it is not here."""
        return self._read(name, lambda plain: from_plain(plain, *self._keys)) or Part()

    def locks(self) -> dict[str, dict[str, str]]:
        """Return the packages of each lock by its hash."""
        return self._read(LOCKS, lambda plain: {key: dict(plain[key]) for key in plain}) or {}

    def constructors(self) -> dict[str, Any]:
        """Return what was asked of constructors, as it is written."""
        return self._read(CONSTRUCTORS, dict) or {}

    def _read(self, name: str, reading: Callable[[Any], Any]) -> Any:
        if not self.has(name):
            return None
        plain = self._frame.part(name)
        try:
            return reading(plain if name != LOCKS else cleaned(plain))
        except MALFORMED as error:
            message = f"{self._called}: part {name} is not what a pack has: {_short(error)}"
            raise PackError(message) from error


def _short(error: BaseException) -> str:
    return str(cleaned(f"{type(error).__name__} {error}"))[:80]


def _listed(said: Mapping[str, Any]) -> Row:
    """Return what the manifest says of a part; its counts are for quick looks, not for proof."""
    one: Row = cleaned(dict(said))
    if is_file_part(one["name"]):
        _, format_id, saver = one["name"].split("/")
        origins = [tuple(map(str, origin)) for origin in one["origins"]]
        if any(len(origin) != ORIGIN for origin in origins):
            raise ValueError("an origin that is none")
        return {**one, "format": format_id, "saver": saver, "origins": origins}
    return one


@dataclass(kw_only=True)
class Contents:
    """All of a pack, in memory: what is to be written."""

    environments: dict[str, Row] = field(default_factory=dict)
    sources: dict[str, Row] = field(default_factory=dict)
    parts: dict[str, Part] = field(default_factory=dict)
    locks: dict[str, dict[str, str]] = field(default_factory=dict)
    constructors: dict[str, Any] = field(default_factory=dict)

    def environment(self, row: Row) -> str:
        return self._known(row, self.environments)

    def source(self, row: Row) -> str:
        return self._known(row, self.sources)

    def put(self, format_id: str, file: Row, cells: Mapping[str, Row]) -> None:
        """Take in a file and its cells."""
        saver = file.get("saver")
        by = self.environments[saver]["id"] if saver else OWN
        part = self.parts.setdefault(part_name(format_id, by), Part())
        part.add(cleaned(dict(file)), cleaned(dict(cells)))

    def _known(self, row: Row, known: dict[str, Row]) -> str:
        row = cleaned(dict(row))
        key = key_of(row)
        known[key] = row
        return key

    def write(self, path: Path) -> None:
        tables = Tables(environments=self.environments, sources=self.sources)
        write(path, tables, self._plain(tables))

    def _plain(self, tables: Tables) -> Iterator[tuple[str, Any, Row]]:
        yield CONSTRUCTORS, self.constructors, {}
        for name in sorted(self.parts):
            yield written(name, self.parts[name], tables)
        yield LOCKS, self.locks, {}


def written(name: str, part: Part, tables: Tables) -> tuple[str, Any, Row]:
    """Return a part as it is written, and what the manifest says of it beside its hash."""
    plain = as_plain(part, tables)
    verdicts = [one for found in part.cells.values() for one in found]
    origins = sorted({tuple(row["origin"]) for row in part.files.values() if row["origin"]})
    said = {
        "origins": origins,
        "files": len(part.files),
        "cells": len(part.cells),
        "derived": sum(one.get("derived") is not None for one in verdicts),
    }
    return name, plain, said


def write(path: Path, tables: Tables, parts: Iterable[tuple[str, Any, Row]]) -> None:
    """Write a pack in one step; parts come in order of their names, those that are empty not."""
    stored, listed = [], []
    for name, plain, said in parts:
        if not plain:
            continue
        content, hashed = frame.packed(plain)
        stored.append(content)
        listed.append(
            {
                **said,
                "name": name,
                "bytes": len(content),
                "raw": len(frame.canonical(plain).encode()),
                "sha256": frame.sha256(content),
                "content": hashed,
            }
        )
    manifest = {
        "schema": frame.SCHEMA,
        "environments": [tables.environments[key] for key in ordered(tables.environments)],
        "sources": [tables.sources[key] for key in sorted(tables.sources)],
        "parts": listed,
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    with putting(path) as stream:
        frame.write(stream, manifest, stored)


def replaced(path: Path, name: str, plain: Any, environments: Mapping[str, Row]) -> None:
    """Write a pack with another part of that name, and environments that this one is about."""
    pack = Pack(path)
    tables = Tables(
        environments=joining.table(pack.tables.environments, environments),
        sources=pack.tables.sources,
    )
    others = {CONSTRUCTORS: pack.constructors(), LOCKS: pack.locks()}
    parts = {one: (plain if one == name else others[one]) for one in others}
    files = [written(one["name"], pack.part(one["name"]), tables) for one in pack.files()]
    write(
        path, tables, [(CONSTRUCTORS, parts[CONSTRUCTORS], {}), *files, (LOCKS, parts[LOCKS], {})]
    )


def merged(
    packs: Sequence[Pack], path: Path, told: list[str], *, latest: bool = False
) -> list[str]:
    """Write what all of these say; return the contradictions in it, and tell what else differs.

    With ``latest`` only what was measured last of each place.
    """
    tables = Tables(
        environments=joining.table(*(one.tables.environments for one in packs)),
        sources=joining.table(*(one.tables.sources for one in packs)),
    )
    found: list[str] = []

    def parts() -> Iterator[tuple[str, Any, Row]]:
        asked, twice = asking.joined([one.constructors() for one in packs])
        names = [tables.environments[one]["id"] for one in twice]
        told.extend(f"constructors of {name} were asked twice" for name in names)
        yield CONSTRUCTORS, asked, {}
        for name in sorted({one["name"] for pack in packs for one in pack.files()}):
            part = Part()
            for pack in packs:
                part, differing = joining.joined(
                    part, pack.part(name), tables.sources, latest=latest
                )
                told.extend(f"{name}: features of {model} were read twice" for model in differing)
            if latest:
                part = joining.latest(part, tables.environments, tables.sources)
            _, format_id, _ = name.split("/")
            found.extend(joining.contradictions(part, format_id, tables.environments))
            yield written(name, part, tables)
        yield LOCKS, joining.table(*(one.locks() for one in packs)), {}

    write(path, tables, parts())
    return found
