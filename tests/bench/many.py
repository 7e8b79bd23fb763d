"""What a file costs among many, and in a process of its own; as ratios within one run.

    nox -s bench -- many [FOLDER] [--to 2.21] [--files 100] [--alone 8] [--jobs 1]

Brings all of a folder across with one command, then a sample of its files each with a command of
its own. Without FOLDER it is made of stored reference models, a text for every tenth. CPU is that
of all child processes, imports included. Exits 1 where the two ways disagree on any file.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from caniload.runner.environments.home import Home

SEED = 2026
TEXTS = 10


@dataclass(frozen=True, kw_only=True)
class Spent:
    """Seconds of CPU and wall, and what was printed."""

    cpu: float
    wall: float
    said: Any


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--to", default="2.21")
    parser.add_argument("--files", type=int, default=100)
    parser.add_argument("--alone", type=int, default=8)
    parser.add_argument("--jobs", type=int, default=1)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        zoo = given.folder or _zoo(Path(scratch, "zoo"), given.files)
        new = Path(scratch, "new")
        words = [str(zoo), "--into", str(new), "--jobs", str(given.jobs)]
        together = _spent([*words, "--to", given.to, "--trust", "--json"])
        models = together.said["models"]
        whole = len(models) + len(together.said["skipped"])
        print(f"{whole} files together, {given.jobs} at a time: {_each(together, whole)}")
        chosen = random.Random(SEED).sample(models, min(given.alone, len(models)))
        alone = [_alone(zoo / one["name"], Path(scratch), given.to) for one in chosen]
    cpu, wall = sum(one.cpu for one in alone), sum(one.wall for one in alone)
    said = Spent(cpu=cpu, wall=wall, said=None)
    print(f"{len(alone)} of its models alone: {_each(said, len(alone))}")
    share = whole / len(alone)
    print(f"alone is {cpu * share / together.cpu:.1f} times the CPU")
    print(f"     and {wall * share / together.wall:.1f} times the time")
    apart = [
        one["name"]
        for one, done in zip(chosen, alone, strict=True)
        if _told(one) != _told(done.said)
    ]
    print(f"told otherwise alone: {', '.join(apart) or 'none'}")
    return 1 if apart else 0


def _zoo(folder: Path, count: int) -> Path:
    """Copy stored models of all versions, and write a text for every tenth file."""
    stored = [
        path
        for path in Home.default().artifacts.glob("*/*/*/model*")
        if not path.parent.name.startswith("expected")
    ]
    if not stored:
        sys.exit("no models are stored: run `caniload matrix` first, or name a folder")
    chosen = random.Random(SEED).sample(sorted(stored), min(count, len(stored)))
    for number, path in enumerate(chosen):
        model, environment = path.parents[1].name, path.parents[2].name
        target = folder / environment / f"{model}-{number}{path.suffix}"
        target.parent.mkdir(parents=True, exist_ok=True)
        if number % TEXTS == 0:
            target.with_suffix(".txt").write_text("no model", encoding="utf-8")
        elif path.is_dir():
            shutil.copytree(path, target)
        else:
            shutil.copyfile(path, target)
    return folder


def _spent(words: list[str]) -> Spent:
    """Run the command; it may find files that do not come across, and prints JSON all the same."""
    before, started = _cpu(), time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "caniload", "convert", *words],
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    wall = time.monotonic() - started
    if not done.stdout:
        sys.exit(f"ended with {done.returncode}")
    return Spent(cpu=_cpu() - before, wall=wall, said=json.loads(done.stdout))


def _alone(path: Path, scratch: Path, to: str) -> Spent:
    out = scratch / "alone" / "out.keras"
    return _spent([str(path), "--to", to, "-o", str(out), "--trust", "--json"])


def _cpu() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def _each(spent: Spent, files: int) -> str:
    return f"{spent.cpu / files:.2f} s of CPU and {spent.wall / files:.2f} s each"


def _told(one: Any) -> tuple[Any, ...]:
    proof = one["proof"] or {}
    return one["verdict"], one["remedy"], proof.get("reader"), proof.get("max_abs")


if __name__ == "__main__":
    sys.exit(main())
