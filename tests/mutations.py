"""Damaged copies of small model files: for the quick test, and for the long one by hand.

    python tests/mutations.py FOLDER [--count 10000] [--seed 0] [--state FILE]

FOLDER has undamaged files and folders, such as the artifacts of a CANILOAD_HOME; small ones are
taken, and formats that none of them has are made. Prints how many were inspected, what came of each
format, the slowest, the largest process, and every fault of ours. With --state a run that was
interrupted goes on where it was: each batch has a seed of its own.
"""

from __future__ import annotations

import argparse
import io
import json
import random
import re
import resource
import shutil
import sys
import tempfile
import time
import zipfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from caniload.runner.forensics.apart import inspect_all
from caniload.runner.forensics.describe import as_json, as_lines
from caniload.runner.forensics.trusting import reason

LARGEST = 200_000
NAMES = ("model.h5", "model.keras", "model.weights.h5", "model.json", "model", "model.ckpt.index")
BATCH = 200
SLOW = 2.0
_SAID = re.compile(rb'-?\d+|null|true|false|"\w+"')
_INSTEAD = (b"[]", b"{}", b"null", b"-1", b"1e999", b"true", b'""', b'"a"', b"[[[]]]", b"9" * 30)


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


def in_turn(found: Sequence[Path]) -> list[Path]:
    """Return as many of each format as of the commonest one, one of each after the other."""
    kinds: dict[str, list[Path]] = {}
    for path in found:
        kinds.setdefault(kind_of(path), []).append(path)
    most = max(map(len, kinds.values()))
    return [kinds[kind][n % len(kinds[kind])] for n in range(most) for kind in sorted(kinds)]


def kind_of(path: Path) -> str:
    return "savedmodel" if path.is_dir() else path.name.partition(".")[2] or path.name


def made(folder: Path) -> list[Path]:
    """Write small files of the formats that no framework here saves by itself."""
    folder.mkdir(exist_ok=True)
    arrays = {f"layers/dense/vars/{n}": np.arange(8, dtype="f4") for n in range(3)}
    np.savez(folder / "model.weights.npz", **arrays)  # type: ignore[arg-type]
    weights = (folder / "model.weights.npz").read_bytes()
    dense = {"class_name": "Dense", "config": {"name": "out", "units": 2, "dtype": "float32"}}
    entry = {"class_name": "InputLayer", "config": {"name": "in", "batch_shape": [None, 4]}}
    config = {"class_name": "Sequential", "config": {"name": "m", "layers": [entry, dense]}}
    with zipfile.ZipFile(folder / "npz.keras", "w") as archive:
        archive.writestr("metadata.json", json.dumps({"keras_version": "3.10.0"}))
        archive.writestr("config.json", json.dumps(config))
        archive.writestr("model.weights.npz", weights)
    (folder / "model.yaml").write_text("class_name: Sequential\nconfig:\n- class_name: Dense\n")
    return sorted(folder.glob("*.*"))


def mutated(content: bytes, other: bytes, chance: random.Random) -> bytes:
    """Return the content with bytes flipped, an end cut off, or parts of another file in it.

    Every second archive stays one: a member is spoilt and has the checksum of what it is now.
    """
    if not content:
        return content
    if content.startswith(b"PK") and chance.random() < 0.5:
        return _member_spoilt(content, other, chance)
    spoilt = bytearray(content)
    chance.choice((_bits, _length, _other_bytes, _reword))(spoilt, other, chance)
    return bytes(spoilt)


def _bits(spoilt: bytearray, _other: bytes, chance: random.Random) -> None:
    """Flip one bit, or write noise over some bytes."""
    if chance.random() < 0.5:
        spoilt[chance.randrange(len(spoilt))] ^= 1 << chance.randrange(8)
        return
    for _ in range(chance.randrange(2, 60)):
        spoilt[chance.randrange(len(spoilt))] = chance.randrange(256)


def _length(spoilt: bytearray, _other: bytes, chance: random.Random) -> None:
    """Cut the end off, or have a part many times."""
    at = chance.randrange(len(spoilt))
    if chance.random() < 0.5:
        del spoilt[at:]
    else:
        spoilt[at:at] = spoilt[at : at + chance.randrange(1, 500)] * chance.randrange(1, 20)


def _other_bytes(spoilt: bytearray, other: bytes, chance: random.Random) -> None:
    """Write zeros, what may be a length or an offset, or a part of another file."""
    at, kind = chance.randrange(len(spoilt)), chance.choice(("zeros", "number", "splice"))
    if kind == "splice" and other:
        start, length = chance.randrange(len(other)), chance.randrange(1, 2_000)
        spoilt[at : at + length] = other[start : start + length]
    elif kind == "number":
        width = chance.choice((2, 4, 8))
        spoilt[at : at + width] = chance.choice((b"\xff", b"\x7f", b"\0")) * width
    else:
        end = min(at + chance.randrange(1, 500), len(spoilt))
        spoilt[at:end] = bytes(end - at)


def _reword(spoilt: bytearray, _other: bytes, chance: random.Random) -> None:
    """Put something else where a configuration has a value, and keep its length in most cases."""
    found = [one.span() for one in _SAID.finditer(spoilt)]
    times = min(chance.choice((1, chance.randrange(2, 20))), len(found))
    for start, end in sorted(chance.sample(found, times), reverse=True):
        other = chance.choice(_INSTEAD)
        if chance.random() < 0.8:  # what has its length written down is still read
            other = other.ljust(end - start)[: end - start]
        spoilt[start:end] = other


def _member_spoilt(content: bytes, other: bytes, chance: random.Random) -> bytes:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = [(one.filename, archive.read(one)) for one in archive.infolist()]
    victim = chance.randrange(len(members))
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", chance.choice((0, 8))) as archive:
        for n, (name, data) in enumerate(members):
            archive.writestr(name, mutated(data, other, chance) if n == victim else data)
    return written.getvalue()


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


def batch(found: Sequence[Path], start: int, size: int, seed: int, folder: Path) -> list[Path]:
    """Write one batch of damaged copies, the same whatever was made before it."""
    chance = random.Random(f"{seed} {start}")
    folder.mkdir()
    return [
        spoil(found[(start + n) % len(found)], chance.choice(found), folder / str(n), chance)
        for n in range(size)
    ]


def looked_at(paths: Sequence[Path], start: int, keep: Path | None) -> dict[str, Any]:
    """Inspect a batch; return what came of each format, the slowest time, and our faults.

    What it takes to start the process that reads is no part of a file's time.
    """
    answered, faults, slowest = Counter[str](), [], 0.0
    answers = inspect_all([paths[0].with_name("there is none"), *paths])
    next(answers)
    before = time.perf_counter()
    for path, one in zip(paths, answers, strict=True):
        took = time.perf_counter() - before
        problem = one.problem or ""
        try:
            json.dumps(as_json([(one, ())]))
            list(as_lines(one))
            reason(one)
        except Exception as error:  # noqa: BLE001 - the fault that is looked for
            problem = f"fault of caniload in telling: {error!r}"
        slowest = max(slowest, took)
        outcome = (
            "fault" if "fault of caniload" in problem
            else "killed by a limit or a crash" if "crashes" in problem or "too long" in problem
            else "refused" if problem else "read" if one.sound else "damage"
        )  # fmt: skip
        answered[f"{kind_of(path)}: {outcome}"] += 1
        if outcome == "fault" or outcome.startswith("killed") or took > SLOW:
            faults += [problem] if outcome == "fault" else []
            print(f"{start} {path.parent.name} {path.name} {took:.2f} s: {problem}", flush=True)
            if keep and path.is_file():
                shutil.copy(path, keep / f"{start}-{path.parent.name}-{path.name}")
        before = time.perf_counter()
    return {"start": start, "answered": answered, "faults": faults, "slowest": slowest}


def _processor() -> float:
    """Return the seconds of processor that processes which ended had: a busy machine adds none."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def kept(state: Path | None) -> dict[int, dict[str, Any]]:
    """Return the batches that an earlier run finished; a line that was cut short is none."""
    done = {}
    for line in state.read_text("utf-8").splitlines() if state and state.exists() else ():
        try:
            one = json.loads(line)
            done[one["start"]] = one
        except ValueError:
            continue
    return done


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keep", type=Path, help="where files that were answered badly go")
    parser.add_argument("--state", type=Path, help="where finished batches are kept")
    arguments = parser.parse_args()
    if arguments.keep:
        arguments.keep.mkdir(parents=True, exist_ok=True)
    done = kept(arguments.state)
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as scratch:
        found = in_turn(originals(arguments.folder) + made(Path(scratch) / "made"))
        for start in range(0, arguments.count, BATCH):
            if start in done:
                continue
            folder = Path(scratch) / str(start)
            size = min(BATCH, arguments.count - start)
            paths = batch(found, start, size, arguments.seed, folder)
            used = _processor()
            done[start] = looked_at(paths, start, arguments.keep)
            usage = resource.getrusage(resource.RUSAGE_CHILDREN)
            done[start]["megabytes"] = usage.ru_maxrss // 1024
            done[start]["processor"] = _processor() - used
            shutil.rmtree(folder)
            if arguments.state:
                with arguments.state.open("a", encoding="utf-8") as log:
                    log.write(f"{json.dumps(done[start])}\n")
    ours = [fault for one in done.values() for fault in one["faults"]]
    answered = sum((Counter(one["answered"]) for one in done.values()), Counter[str]())
    for kind, count in sorted(answered.items()):
        print(f"  {count:5}  {kind}")
    print(f"{answered.total()} mutations of {len(set(found))} files, {len(ours)} faults,", end=" ")
    print(f"slowest by the clock {max(one['slowest'] for one in done.values()):.2f} s,", end=" ")
    used = sum(one.get("processor", 0.0) for one in done.values())
    print(f"{used:.1f} s of processor for all of them,", end=" ")
    print(f"largest process {max(one['megabytes'] for one in done.values())} MB,", end=" ")
    print(f"{time.perf_counter() - began:.0f} s in all")
    return 1 if ours else 0


if __name__ == "__main__":
    sys.exit(main())
