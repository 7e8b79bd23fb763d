"""What a part of a pack says: files with their features, and how each was loaded where; pure.

In memory everything is under the hash of what it is. In a part, environments and sources are the
numbers that they have in the manifest, and files the places that they have in order of their keys.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from caniload.runner.core.outcomes import Outcome
from caniload.runner.packs.columns import Columns, Row, cleaned, folded, unfolded
from caniload.runner.packs.frame import canonical

OWN = "own"
"""In place of a saver: a file of a person's own, of which only its origin is known."""

ORIGIN = 3
"""Texts of an origin: whose Keras, whose TensorFlow, on what; a file that states none has none."""

_ID = re.compile(r"[a-z0-9][a-z0-9.+_-]{0,59}")
_OUTCOMES = frozenset(map(str, Outcome))
_TEXTS = ("reason", "signature", "cause", "phase", "raised")
_LISTS = ("origin", "classes", "traits")
_NOTHING: Row = {
    "saver": None,
    "sha256": "",
    "expected": "",
    "own": False,
    **{name: [] for name in _LISTS},
}
"""What a file has that does not say it."""


def key_of(value: Any) -> str:
    """Return the hash by which plain data is known."""
    return hashlib.sha256(canonical(value).encode()).hexdigest()


@dataclass(kw_only=True)
class Part:
    """Files that one environment saved in one format, and their cells.

    ``files`` are by key; ``saver`` in them, and the second half of a cell's key, is the key of an
    environment. A cell has several verdicts where measurements contradict each other.
    """

    files: dict[str, Row] = field(default_factory=dict)
    cells: dict[tuple[str, str], tuple[Row, ...]] = field(default_factory=dict)

    def add(self, file: Row, cells: Mapping[str, Row]) -> None:
        """Take in a file with its verdicts by the key of the reader."""
        key = file_key(file)
        self.files[key] = {**_NOTHING, **_said(file)}
        for reader, verdict in cells.items():
            self.cells[key, reader] = (_said(verdict),)


def _said(row: Row) -> Row:
    """Return a row without what it does not say."""
    return {name: value for name, value in row.items() if value is not None}


def file_key(file: Row) -> str:
    """Return what a file is known by: who saved what, and the bytes."""
    return key_of([file.get(name) for name in ("saver", "model", "sha256", "expected")])


@dataclass(frozen=True, kw_only=True)
class Tables:
    """What all parts share: environments and sources by key."""

    environments: Mapping[str, Row]
    sources: Mapping[str, Row]

    def numbers(self) -> tuple[dict[str, int], dict[str, int]]:
        """Return the place of each in the manifest."""
        one = {key: number for number, key in enumerate(ordered(self.environments))}
        return one, {key: number for number, key in enumerate(sorted(self.sources))}


def ordered(environments: Mapping[str, Row]) -> list[str]:
    """Return the keys of environments as the manifest lists them."""
    return sorted(environments, key=lambda key: (environments[key]["id"], key))


def as_plain(part: Part, tables: Tables) -> dict[str, Any]:
    """Return a part as it is written, the same for the same contents."""
    environments, sources = tables.numbers()
    keys = sorted(part.files)
    files = [
        {**part.files[key], "saver": _number(part.files[key].get("saver"), environments)}
        for key in keys
    ]
    rows = {
        cell: [{**one, "source": sources[one["source"]]} for one in found]
        for cell, found in part.cells.items()
    }
    distinct = {canonical(one): one for found in rows.values() for one in found}
    verdicts = {text: number for number, text in enumerate(sorted(distinct))}
    readers = sorted({reader for _, reader in part.cells}, key=environments.__getitem__)
    return {
        "files": {"count": len(keys), "columns": folded(files)},
        "verdicts": {
            "count": len(verdicts),
            "columns": folded([distinct[text] for text in verdicts]),
        },
        "cells": [
            {
                "reader": environments[reader],
                "verdicts": [_codes(rows.get((key, reader)), verdicts) for key in keys],
            }
            for reader in readers
        ],
    }


def _number(key: str | None, environments: Mapping[str, int]) -> int | None:
    return None if key is None else environments[key]


def _codes(found: Sequence[Row] | None, verdicts: Mapping[str, int]) -> int | list[int]:
    """Return -1 where nothing was measured, else the verdict, or all that contradict each other."""
    if not found:
        return -1
    codes = sorted(verdicts[canonical(one)] for one in found)
    return codes[0] if len(codes) == 1 else codes


def from_plain(
    plain: Mapping[str, Any], environments: Sequence[str], sources: Sequence[str]
) -> Part:
    """Return a part that was written; ``ValueError`` and its like where it is none."""
    files = [_file(row, environments) for row in _rows(plain["files"])]
    keys = [file_key(one) for one in files]
    if len(set(keys)) != len(keys):
        raise ValueError("a file is there twice")
    verdicts = [_verdict(row, sources) for row in _rows(plain["verdicts"])]
    part = Part(files=dict(zip(keys, files, strict=True)))
    for column in plain["cells"]:
        reader = environments[_at(column["reader"])]
        for key, codes in zip(keys, column["verdicts"], strict=True):
            several = codes if isinstance(codes, list) else [codes] * (codes != -1)
            if several:
                part.cells[key, reader] = tuple(verdicts[_at(code)] for code in several)
    return part


def _rows(table: Columns) -> list[dict[str, Any]]:
    count = table["count"]
    if not isinstance(count, int) or not 0 <= count <= _MOST_ROWS:
        raise ValueError("no number of rows, or an absurd one")
    return unfolded(table["columns"], count)


_MOST_ROWS = 10**6


def _at(number: Any) -> int:
    if type(number) is not int or number < 0:
        raise ValueError(f"{str(number)[:20]} is no place in a list")
    return number


def _file(row: dict[str, Any], environments: Sequence[str]) -> Row:
    if not isinstance(row["model"], str) or not _ID.fullmatch(row["model"]):
        raise ValueError("a file is of no model that has a name")
    row = {**_NOTHING, **row}
    if not all(_is_texts(row[name]) for name in _LISTS):
        raise ValueError("features that are no texts")
    if len(row["origin"]) not in (0, ORIGIN):
        raise ValueError("an origin that is none")
    if not all(isinstance(row[name], str) for name in ("sha256", "expected")):
        raise ValueError("a hash that is none")
    saver = row.get("saver")
    return {
        **row,
        "own": bool(row["own"]),
        "saver": None if saver is None else environments[_at(saver)],
    }


def _verdict(row: dict[str, Any], sources: Sequence[str]) -> Row:
    for one in (row, row.get("predicting", row)):
        if one.get("outcome") not in _OUTCOMES:
            raise ValueError("an outcome that this caniload does not know")
        if not all(isinstance(one.get(name, ""), str) for name in _TEXTS):
            raise ValueError("a verdict without words")
    return {**row, "source": sources[_at(row["source"])]}


def _is_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)


def environment_rows(listed: Any) -> Iterator[Row]:
    """Yield the environments of a manifest; ``ValueError`` and its like where one is none."""
    for row in map(cleaned, listed):
        if not _ID.fullmatch(row["id"]) or not all(
            isinstance(row[name], str) for name in ("lock", "python", "imports", "machine")
        ):
            raise ValueError("an environment that is none")
        yield row


def source_rows(listed: Any) -> Iterator[Row]:
    """Yield the sources of a manifest: which caniload measured, when, and by what schema."""
    for row in map(cleaned, listed):
        measurement = row["measurement"]
        if not re.fullmatch(r"\d{4}-\d\d-\d\d", row["when"]) or not isinstance(measurement, dict):
            raise ValueError("a source without a day or a schema of measurement")
        if not all(isinstance(one, str) for one in (*measurement.values(), row["caniload"])):
            raise ValueError("a source without a version")
        yield row


def is_file_part(name: str) -> bool:
    return name.startswith("files/")


def part_name(format_id: str, saver: str) -> str:
    return f"files/{format_id}/{saver}"
