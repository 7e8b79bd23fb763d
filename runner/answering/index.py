"""The stored evidence as a pack of its own, kept between commands.

Reading and judging a whole store takes half a minute; so what is needed here is written beside it,
as one that travels would be, and made again when the store, matrix.yaml or the rules have changed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from caniload.runner.answering.features import Features
from caniload.runner.answering.references import features_of
from caniload.runner.core.shipped import LOCKS, ROOT
from caniload.runner.environments.home import Home
from caniload.runner.evidence import store
from caniload.runner.evidence.keys import digest
from caniload.runner.matrix.schema import Matrix
from caniload.runner.packs.frame import PackError
from caniload.runner.packs.pack import Pack

SCHEMA = 2
RULES = (
    "answering/index.py",
    "answering/arranging.py",
    "answering/writing.py",
    "judging/verdict.py",
    "judging/differences.py",
    "judging/signatures.py",
    "judging/catalogue.yaml",
    "core/texts.py",
    "packs/contents.py",
)
"""Sources that decide what stands in the index, with the catalogue."""


def read_index(
    *, matrix: Matrix, home: Home, locks: Path = LOCKS, say: Callable[[str], None]
) -> Pack | None:
    """Return all that the store of a home knows of files; ``say`` if that takes long.

    None where there is no store.
    """
    stored = store.stamp(home.results)
    if not stored:
        return None
    stamp = _stamp(stored, matrix, locks)
    folder = home.checked / "index"
    if _text(folder / "stamp") != stamp:
        from caniload.runner.answering.arranging import arranged  # noqa: PLC0415 - judges: half a second

        say("arranging the stored results, once until they change")
        files = (one for one in home.results.rglob("*") if one.is_file())
        last = max(one.stat().st_mtime for one in files)
        day = datetime.fromtimestamp(last, UTC).date().isoformat()
        contents = arranged(matrix, home, locks, _inspected(folder), day)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "stamp").unlink(missing_ok=True)  # until all of it is there
        contents.write(folder / "known.pack")
        (folder / "readers").write_text(_readers(), encoding="utf-8")
        (folder / "stamp").write_text(stamp, encoding="utf-8")
    return Pack(folder / "known.pack")


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
    if _text(folder / "readers") != _readers():
        return {}
    try:
        pack = Pack(folder / "known.pack")
        return {
            row["sha256"]: features_of(row, said["format"])
            for said in pack.files()
            for row in pack.part(said["name"]).files.values()
        }
    except (PackError, OSError):
        return {}


def _readers() -> str:
    """Hash all that decides what features a file has."""
    sources = [*(ROOT / "runner" / "forensics").rglob("*"), ROOT / "runner/answering/features.py"]
    files = sorted(one for one in sources if one.is_file() and one.suffix != ".pyc")
    return digest([hashlib.sha256(one.read_bytes()).hexdigest() for one in files])


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except OSError:
        return ""
