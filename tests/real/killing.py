"""Kill a real run at random moments, go on each time, and hold the end against an unbroken run.

    python tests/real/killing.py [--kills 20] [--seed 0] FOLDER -- MATRIX OPTIONS

FOLDER gets two homes, which take their environments from CANILOAD_HOME. The moments are drawn from
a third of the time that the unbroken run took, imports and report included; each kill is SIGKILL to
the runner alone, so that what it has started has to end by itself. Where a run was over before, its
table is compared, and all begins from nothing.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import psutil

CHOSEN = ("--envs", "tf-2.15,tf-2.21", "--models", "control,dense,lstm,conv_bn")
GONE = 30.0
"""Seconds within which what a killed runner has started must have ended."""


def home(folder: Path, name: str) -> dict[str, str]:
    """Return the variables of a home of that name, with the environments of this machine's."""
    root = folder / name
    root.mkdir(parents=True, exist_ok=True)
    shared = Path(os.environ["CANILOAD_HOME"])
    for part in ("environments", "pythons"):
        if (shared / part).exists() and not (root / part).exists():
            (root / part).symlink_to(shared / part)
    return {**os.environ, "CANILOAD_HOME": str(root)}


def command(*words: str) -> list[str]:
    return [sys.executable, "-m", "caniload", *words]


def table(variables: Mapping[str, str], options: Sequence[str]) -> dict[str, Any]:
    """Return each cell's outcome for both purposes, kind of difference and numbers."""
    asked = command("cells", "--controls", *options)
    done = subprocess.run(asked, env=variables, check=True, capture_output=True, text=True)
    facts = ("outcome", "predict", "max_abs_diff", "error")
    return {
        cell["id"]: [
            one if not isinstance(one := cell.get(fact), dict) else one.get("type")
            for fact in facts
        ]
        for cell in map(json.loads, done.stdout.splitlines())
    }


def started_by(pid: int) -> list[psutil.Process]:
    try:
        return psutil.Process(pid).children(recursive=True)
    except psutil.Error:
        return []


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("options", nargs="*")
    given = parser.parse_args()
    options, chance = given.options or CHOSEN, random.Random(given.seed)
    whole, broken = home(given.folder, "whole"), home(given.folder, "broken")
    run = command("matrix", "--no-open", *options)
    begun = time.monotonic()
    unbroken = subprocess.run(run, env=whole, check=True, capture_output=True, text=True)
    took = time.monotonic() - begun
    print(f"unbroken, {took:.0f} s: {unbroken.stdout.splitlines()[-2]}")
    expected = table(whole, options)
    left = killed = wrong = 0
    while killed < given.kills:
        moment = chance.uniform(0.2, took / 3)
        process = subprocess.Popen(run, env=broken, stdout=subprocess.DEVNULL, stderr=-1)
        time.sleep(moment)
        children = started_by(process.pid)
        was_over = process.poll() is not None
        process.send_signal(signal.SIGKILL)
        process.communicate()
        _, alive = psutil.wait_procs(children, timeout=GONE)
        killed += not was_over
        left += len(alive)
        told = f"{'was over' if was_over else 'killed'} after {moment:.1f} s"
        print(f"  {told}, {len(children)} processes, {len(alive)} left", flush=True)
        if was_over:
            wrong += differing(expected, table(broken, options))
            for part in ("results", "artifacts"):
                shutil.rmtree(given.folder / "broken" / part)
    last = subprocess.run(run, env=broken, check=True, capture_output=True, text=True)
    print(f"at the end: {last.stdout.splitlines()[-2]}")
    wrong += differing(expected, table(broken, options))
    print(f"{killed} killed, {left} processes left; {len(expected)} cells, {wrong} differ")
    return 1 if left or wrong else 0


def differing(one: Mapping[str, Any], other: Mapping[str, Any]) -> int:
    """Print each cell that is not in both tables, or not the same; return how many are."""
    found = sorted(key for key in one.keys() | other.keys() if one.get(key) != other.get(key))
    for key in found:
        print(f"  {key}: {one.get(key)} / {other.get(key)}")
    return len(found)


if __name__ == "__main__":
    sys.exit(main())
