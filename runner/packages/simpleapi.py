"""A package index's answer about one package -> its releases; pure.

JSON is PEP 691 (with ``yanked`` of PEP 592 and ``upload-time`` of PEP 700), HTML is PEP 503.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import date
from html.parser import HTMLParser
from typing import Any

from packaging.utils import (
    InvalidSdistFilename,
    InvalidWheelFilename,
    parse_sdist_filename,
    parse_wheel_filename,
)
from packaging.version import InvalidVersion, Version

from caniload.runner.packages.listing import File, Release

ACCEPT = "application/vnd.pypi.simple.v1+json, text/html;q=0.1"


def read(package: str, content_type: str, text: str) -> tuple[Release, ...]:
    """Return the releases in an answer, in order; ``ValueError`` where it is none."""
    files = _from_json(text) if "json" in content_type else _from_html(text)
    return _grouped(package, files)


def _from_json(text: str) -> list[File]:
    try:
        return [_file(one) for one in json.loads(text)["files"]]
    except (AttributeError, KeyError, TypeError) as error:
        raise ValueError(f"the answer has no {error}") from error


def _file(one: dict[str, Any]) -> File:
    uploaded = one.get("upload-time")
    return File(
        name=one["filename"],
        requires_python=one.get("requires-python"),
        uploaded=date.fromisoformat(uploaded[:10]) if uploaded else None,
        yanked=bool(one.get("yanked", False)),
    )


class _Links(HTMLParser):
    """Collects the attributes and text of every ``<a>``."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[dict[str, str | None], str]] = []
        self._inside: dict[str, str | None] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._inside = dict(attrs) if tag == "a" else None

    def handle_data(self, data: str) -> None:
        if self._inside is not None and data.strip():
            self.found.append((self._inside, data.strip()))
            self._inside = None


def _from_html(text: str) -> list[File]:
    links = _Links()
    links.feed(text)
    return [
        File(
            name=name,
            requires_python=attributes.get("data-requires-python"),
            uploaded=None,
            yanked="data-yanked" in attributes,
        )
        for attributes, name in links.found
    ]


def _grouped(package: str, files: Iterable[File]) -> tuple[Release, ...]:
    found: dict[Version, list[File]] = {}
    for version, file in _versions(files):
        found.setdefault(version, []).append(file)
    return tuple(
        Release(package=package, version=version, files=tuple(found[version]))
        for version in sorted(found)
    )


def _versions(files: Iterable[File]) -> Iterator[tuple[Version, File]]:
    """Yield the version of each file; eggs, installers and odd names are nothing to us."""
    for file in files:
        parse = parse_wheel_filename if file.is_wheel else parse_sdist_filename
        try:
            yield parse(file.name)[1], file
        except (InvalidWheelFilename, InvalidSdistFilename, InvalidVersion):
            continue
