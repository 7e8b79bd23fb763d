"""Nights in a folder: a small file each, read back checked, and no more than a stated number."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from caniload.runner.core.errors import UsageError
from caniload.runner.core.putting import put_bytes
from caniload.runner.nightly import night as nights
from caniload.runner.nightly.findings import Report
from caniload.runner.nightly.night import Night

KEEP = 60
"""Nights that are kept one by one; of older ones the first of each month, ``MONTHS`` of them."""

MONTHS = 24
LARGEST = 512 * 2**20
"""Bytes that a night may have when it is unpacked; a file of more is none of ours."""

_ENDING, _SAID = ".night.json.gz", ".said.json.gz"


def path_of(night: Night, folder: Path) -> Path:
    return folder / f"{night.when.replace(':', '').replace('+0000', 'Z')}{_ENDING}"


def files(folder: Path) -> list[Path]:
    """Return the files of the nights, oldest first; their names begin with the moment."""
    return sorted(folder.glob(f"*{_ENDING}"))


def read(folder: Path, *, newest: int | None = None) -> list[Night]:
    """Return nights, oldest first; ``UsageError`` names a file that is none."""
    found = files(folder)
    return [read_one(path) for path in (found if newest is None else found[-newest:])]


def read_one(path: Path) -> Night:
    try:
        return nights.from_json(json.loads(_unpacked(path)))
    except (
        OSError,
        EOFError,
        zlib.error,
        ValueError,
        KeyError,
        TypeError,
        AttributeError,
    ) as error:
        reason = str(error) or type(error).__name__
        raise UsageError(
            f"{path}: not a night as caniload keeps it ({reason}); move it away, and run again"
        ) from error


def keep(
    night: Night, folder: Path, report: Report, *, most: int = KEEP
) -> tuple[Path, Sequence[Path]]:
    """Put a night and what it said into the folder; return its file, and those that had to go."""
    folder.mkdir(parents=True, exist_ok=True)
    path = path_of(night, folder)
    _put(path_of_report(path), report.as_json())
    _put(path, nights.as_json(night))
    going = _too_many(files(folder), most)
    for one in going:
        forget(one)
    return path, going


def _put(path: Path, data: Any) -> None:
    """Write plain data in one step; the same gives the same bytes."""
    text = json.dumps(data, separators=(",", ":"), allow_nan=False)
    put_bytes(path, gzip.compress(text.encode(), 9, mtime=0))


def path_of_report(night: Path) -> Path:
    return night.with_name(night.name.replace(_ENDING, _SAID))


def forget(night: Path) -> None:
    """Remove a night and what it said."""
    for path in (night, path_of_report(night)):
        path.unlink(missing_ok=True)


def reports(folder: Path) -> Iterator[Mapping[str, Any]]:
    """Yield what the nights said, oldest first; what cannot be read said nothing."""
    for path in files(folder):
        try:
            said = json.loads(_unpacked(path_of_report(path)))
            if isinstance(said, dict) and isinstance(said.get("findings"), list):
                yield said
        except (OSError, EOFError, zlib.error, ValueError):
            continue


def _unpacked(path: Path) -> bytes:
    with gzip.open(path, "rb") as stream:
        data = stream.read(LARGEST + 1)
    if len(data) > LARGEST:
        raise ValueError("it is absurdly large")
    return data


def _too_many(found: Sequence[Path], most: int) -> list[Path]:
    """Return what goes: all but the newest, and but the first of each month before them."""
    old = found[:-most]
    months: dict[str, Path] = {}
    for path in old:
        months.setdefault(path.name[:7], path)
    stay = {*list(months.values())[-MONTHS:]}
    return [path for path in old if path not in stay]
