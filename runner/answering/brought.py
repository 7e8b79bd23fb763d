"""What was measured on reference models elsewhere, and comes with caniload.

Who has just installed it has measured nothing, and asks all the same. What was measured counts as
long as the environments are locked as they were then, each for its first Python: it is what was
measured, whichever Python there is here. How it was judged is of that time, too.

    python -m caniload.runner.answering.brought HOME    # writes it anew, from HOME
"""

from __future__ import annotations

import functools
import gzip
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from caniload.runner.answering.index import read_index
from caniload.runner.answering.references import Known, as_plain, from_plain
from caniload.runner.checking.subjects import LOADED
from caniload.runner.core.shipped import LOCKS
from caniload.runner.environments.home import Home
from caniload.runner.environments.locking import first_lock_sha256
from caniload.runner.matrix.reading import read_matrix
from caniload.runner.matrix.schema import Matrix

FOLDER = Path(__file__).with_name("measured")


def read(kind: str, matrix: Matrix, locks: Path = LOCKS, folder: Path | None = None) -> list[Known]:
    """Return what comes with caniload of a format, but for environments that are locked anew."""
    try:
        stored = json.loads(gzip.decompress(((folder or FOLDER) / f"{kind}.json.gz").read_bytes()))
    except FileNotFoundError:
        return []
    same = {
        one.id
        for one in matrix.environments
        if one.id in stored["locks"] and stored["locks"][one.id] == first_lock_sha256(one, locks)
    }
    known = (_among(from_plain(one), same) for one in _unfolded(stored))
    return [replace(one, when=stored["when"]) for one in known if one.cells]


def added(own: Sequence[Known], brought: Sequence[Known]) -> list[Known]:
    """Put what was brought behind what was measured here, which it never replaces."""
    here = {(one.saved_by, one.model, one.format): one for one in own}
    return [
        *own,
        *(one for one in brought if (one.saved_by, one.model, one.format) not in here),
    ]


def _among(one: Known, same: set[str]) -> Known:
    if one.saved_by not in same:
        return replace(one, cells={})
    return replace(one, cells={name: cell for name, cell in one.cells.items() if name in same})


def _folded(listed: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return files with every text once, for they share nearly all of them."""
    texts: dict[str, int] = {}

    def number(text: str) -> int:
        return texts.setdefault(text, len(texts))

    files = [
        {
            **one,
            "features": {
                **one["features"],
                "classes": [number(text) for text in one["features"]["classes"]],
                "traits": [number(text) for text in one["features"]["traits"]],
            },
            "cells": {
                name: {key: number(json.dumps(value)) for key, value in cell.items()}
                for name, cell in one["cells"].items()
            },
        }
        for one in listed
    ]
    return {"texts": list(texts), "files": files}


def _unfolded(stored: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    texts = stored["texts"]
    value = functools.cache(lambda number: json.loads(texts[number]))
    for one in stored["files"]:
        said = one["features"]
        yield {
            **one,
            "features": {
                **said,
                "classes": [texts[number] for number in said["classes"]],
                "traits": [texts[number] for number in said["traits"]],
            },
            "cells": {
                name: {key: value(number) for key, number in cell.items()}
                for name, cell in one["cells"].items()
            },
        }


def write(
    known: Sequence[Known],
    matrix: Matrix,
    when: str,
    *,
    hidden: Path,
    locks: Path = LOCKS,
    folder: Path = FOLDER,
) -> list[Path]:
    """Write a file for each format, the same for the same evidence; return them.

    ``hidden`` is a folder of this machine that no text is to name.
    """
    folder.mkdir(exist_ok=True)
    named = {name for one in known for name in (one.saved_by, *one.cells)}
    stamps = {
        one.id: first_lock_sha256(one, locks) for one in matrix.environments if one.id in named
    }
    made = []
    for kind in sorted({one.format for one in known}):
        listed = [as_plain(one) for one in known if one.format == kind]
        stored = {"when": when, "locks": stamps, **_folded(listed)}
        path = folder / f"{kind}.json.gz"
        text = json.dumps(stored, sort_keys=True, separators=(",", ":"))
        text = text.replace(str(hidden), "$CANILOAD_HOME")
        path.write_bytes(gzip.compress(text.encode(), mtime=0))
        made.append(path)
    return made


def main(arguments: Sequence[str]) -> int:
    """Write anew what is brought, from the store of one home."""
    (home,) = arguments
    matrix = read_matrix(Path("matrix.yaml"))
    kept = Home(root=Path(home).absolute())
    index = read_index(LOADED, matrix=matrix, home=kept, say=print)
    when = datetime.now(UTC).date().isoformat()
    for path in write(index.known, matrix, when, hidden=kept.root):
        print(f"{path}: {path.stat().st_size:,} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
