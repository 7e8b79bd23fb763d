"""Damaged copies of small model files: for the quick test, and for the long one by hand.

    python tests/mutations.py FOLDER [--count 5000] [--seed 0]

FOLDER has undamaged files and folders, such as the artifacts of a CANILOAD_HOME; small ones are
taken. Prints how many were inspected, the slowest, the largest process, and every fault of ours.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from caniload.runner.forensics.apart import inspect_all
from caniload.runner.forensics.describe import as_json, as_lines

LARGEST = 200_000
NAMES = ("model.h5", "model.keras", "model.weights.h5", "model.json", "model", "model.ckpt.index")
BATCH = 50


def originals(folder: Path) -> list[Path]:
    """Return the small undamaged models in a folder, one of each format and saver in turn."""
    found = [
        path
        for name in NAMES
        for path in sorted(folder.rglob(name))
        if "control-" not in str(path) and _size(path) <= LARGEST
    ]
    random.Random(0).shuffle(found)
    return found


def mutated(content: bytes, other: bytes, chance: random.Random) -> bytes:
    """Return the content with bytes flipped, an end cut off, or parts of another file in it."""
    if not content:
        return content
    kind = chance.choice(("flip", "flips", "cut", "splice", "zeros", "number", "repeat"))
    spoilt = bytearray(content)
    at = chance.randrange(len(content))
    match kind:
        case "flip":
            spoilt[at] ^= 1 << chance.randrange(8)
        case "flips":
            for _ in range(chance.randrange(2, 60)):
                spoilt[chance.randrange(len(spoilt))] = chance.randrange(256)
        case "cut":
            del spoilt[at:]
        case "splice" if other:
            start = chance.randrange(len(other))
            length = chance.randrange(1, 2_000)
            spoilt[at : at + length] = other[start : start + length]
        case "zeros":
            length = chance.randrange(1, 500)
            spoilt[at : at + length] = bytes(len(spoilt[at : at + length]))
        case "number":  # a length or an offset, perhaps
            width = chance.choice((2, 4, 8))
            spoilt[at : at + width] = chance.choice((b"\xff", b"\x7f", b"\0")) * width
        case _:
            length = chance.randrange(1, 500)
            spoilt[at:at] = spoilt[at : at + length] * chance.randrange(1, 20)
    return bytes(spoilt)


def spoil(original: Path, other: Path, target: Path, chance: random.Random) -> Path:
    """Write a damaged copy; of a folder one file in it is damaged."""
    donor = chance.choice(_files(other)).read_bytes()
    folder = original.parent if original.name.endswith(".index") else original
    if not folder.is_dir():
        target.mkdir()
        copy = target / original.name
        copy.write_bytes(mutated(original.read_bytes(), donor, chance))
        return copy
    shutil.copytree(folder, target)
    victim = chance.choice(_files(target))
    victim.write_bytes(mutated(victim.read_bytes(), donor, chance))
    return target / original.name if folder is not original else target


def _files(path: Path) -> list[Path]:
    return sorted(one for one in path.rglob("*") if one.is_file()) if path.is_dir() else [path]


def _size(path: Path) -> int:
    return sum(one.stat().st_size for one in _files(path))


def batches(
    found: Sequence[Path], count: int, seed: int, scratch: Path
) -> Iterator[tuple[list[Path], int]]:
    chance = random.Random(seed)
    for start in range(0, count, BATCH):
        folder = scratch / str(start)
        folder.mkdir()
        paths = [
            spoil(found[(start + n) % len(found)], chance.choice(found), folder / str(n), chance)
            for n in range(min(BATCH, count - start))
        ]
        yield paths, start
        shutil.rmtree(folder)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--count", type=int, default=5_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keep", type=Path, help="where files that were answered badly go")
    arguments = parser.parse_args()
    found = originals(arguments.folder)
    slowest, faults, answered = 0.0, 0, Counter[str]()
    with tempfile.TemporaryDirectory() as scratch:
        for paths, start in batches(found, arguments.count, arguments.seed, Path(scratch)):
            before = time.perf_counter()
            for path, one in zip(paths, inspect_all(paths), strict=True):
                now = time.perf_counter()
                took, before = now - before, now
                slowest = max(slowest, took)
                json.dumps(as_json([(one, ())]))
                list(as_lines(one))
                problem = one.problem or ""
                bad = (
                    "fault of caniload" in problem or "crashes" in problem or "too long" in problem
                )
                answered["problem" if problem else "read" if one.sound else "damage"] += 1
                if bad or took > 2:
                    faults += "fault of caniload" in problem
                    answered["fault" if "fault" in problem else "ended by its limits"] += 1
                    print(f"{start} {path.name} {took:.2f} s: {problem}", flush=True)
                    if arguments.keep and path.is_file():
                        kept = f"{start}-{path.parent.name}-{path.name}"
                        shutil.copy(path, arguments.keep / kept)
    largest = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
    print(dict(answered))
    print(f"{arguments.count} mutations of {len(found)} files, {faults} faults,", end=" ")
    print(f"slowest {slowest:.2f} s, largest process {largest} MB")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
