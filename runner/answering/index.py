"""The stored evidence, arranged by what a file can be compared by, and kept so between commands.

Reading and judging a whole store takes half a minute; so what is needed here is written beside it,
one file a format, and made again when the store, matrix.yaml or the rules have changed.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from caniload.runner.answering.features import Features
from caniload.runner.answering.references import (
    Index,
    Known,
    as_plain,
    features_of,
    from_plain,
    plain_features,
)
from caniload.runner.core.shipped import LOCKS, ROOT
from caniload.runner.environments.home import Home
from caniload.runner.evidence import store
from caniload.runner.evidence.keys import digest
from caniload.runner.matrix.schema import Matrix

SCHEMA = 1
RULES = (
    "answering/index.py",
    "answering/arranging.py",
    "answering/references.py",
    "judging/verdict.py",
    "judging/differences.py",
    "judging/catalogue.yaml",
    "core/texts.py",
)
"""Sources that decide what stands in the index, with the catalogue."""


def read_index(
    formats: Sequence[str],
    *,
    matrix: Matrix,
    home: Home,
    locks: Path = LOCKS,
    say: Callable[[str], None],
) -> Index:
    """Return what the store of a home knows of files in these formats; ``say`` if that takes long.

    Empty where there is no store.
    """
    stored = store.stamp(home.results)
    if not stored:
        return Index(known=(), store=home.results)
    stamp = _stamp(stored, matrix, locks)
    folder = home.checked / "index"
    if _text(folder / "stamp") != stamp:
        from caniload.runner.answering.arranging import arranged  # noqa: PLC0415 - judges: half a second

        say("arranging the stored results, once until they change")
        _write(folder, stamp, list(arranged(matrix, home, locks, _inspected(folder))))
    known = []
    for one in dict.fromkeys(formats):
        listed = json.loads(_text(folder / f"{one}.json") or "[]")
        known += [from_plain(entry) for entry in listed]
    return Index(known=known, store=home.results)


def _stamp(stored: Sequence[str], matrix: Matrix, locks: Path) -> str:
    sources = [ROOT / "runner" / name for name in RULES]
    return digest(
        SCHEMA,
        *stored,
        matrix.model_dump(mode="json"),
        str(locks),
        [hashlib.sha256(source.read_bytes()).hexdigest() for source in sources],
        _readers(),
    )


def _inspected(folder: Path) -> dict[str, Features]:
    """Return the features that an older index knows, by the hash of the file's content."""
    found = json.loads(_text(folder / "features.json") or "{}")
    if found.pop("readers", None) != _readers():
        return {}
    return {name: features_of(entry) for name, entry in found.items()}


def _readers() -> str:
    """Hash all that decides what features a file has."""
    sources = [*(ROOT / "runner" / "forensics").rglob("*"), ROOT / "runner/answering/features.py"]
    files = sorted(one for one in sources if one.is_file())
    return digest([hashlib.sha256(one.read_bytes()).hexdigest() for one in files])


def _write(folder: Path, stamp: str, arranged: Sequence[tuple[str, Known]]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "stamp").unlink(missing_ok=True)  # until all of it is there
    by_format: defaultdict[str, list[Any]] = defaultdict(list)
    for _, known in arranged:
        by_format[known.format].append(as_plain(known))
    for old in folder.glob("*.json"):
        old.unlink()
    for name, listed in by_format.items():
        (folder / f"{name}.json").write_text(json.dumps(listed), encoding="utf-8")
    seen = {sha256: plain_features(known.features) for sha256, known in arranged}
    seen_by = {**seen, "readers": _readers()}
    (folder / "features.json").write_text(json.dumps(seen_by), encoding="utf-8")
    (folder / "stamp").write_text(stamp, encoding="utf-8")


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except OSError:
        return ""
