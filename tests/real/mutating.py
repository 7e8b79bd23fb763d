"""Damaged copies of small models through ``check --run``: every outcome has a word, none is ours.

    python tests/real/mutating.py FOLDER [--envs tf-2.15,tf-2.21] [--count 2000] [--seed 0]

FOLDER has undamaged files, as of ``tests/mutations.py``, which also damages them. They are loaded
with ``--trust``, behind the sandbox, so many a command. Prints what came of them, and what is left:
processes of caniload's, files outside of its home.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))
import mutations

from caniload.runner.core.outcomes import Outcome
from caniload.runner.environments.home import Home

TOGETHER = 50
CODES = {0, 1, 2, 5}
"""Exit codes that ``check`` has for files."""


def checked(paths: list[Path], environments: str) -> tuple[int, list[dict[str, Any]]]:
    """Run one command; ``SystemExit`` where it has no answer."""
    command = [sys.executable, "-m", "caniload", "check", *map(str, paths)]
    command += ["--envs", environments, "--run", "--trust", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if "Traceback" in done.stderr or done.returncode not in CODES:
        raise SystemExit(f"check ended with {done.returncode}: {done.stderr[-3000:]}")
    return done.returncode, json.loads(done.stdout)


def left() -> list[str]:
    """Return the command lines of probes that still run on files of this home."""
    words = ["pgrep", "-af", f"{Home.default().root}.*own/worker.py"]
    return subprocess.run(words, capture_output=True, text=True, check=False).stdout.splitlines()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--envs", default="tf-2.15,tf-2.21")
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    began, said, ours = time.monotonic(), Counter[str](), list[str]()
    found = mutations.in_turn(mutations.originals(given.folder))
    words = {str(one) for one in Outcome}
    with tempfile.TemporaryDirectory() as scratch:
        Path(scratch).chmod(0o755)
        for start in range(0, given.count, TOGETHER):
            folder = Path(scratch) / str(start)
            chance = random.Random(f"{given.seed} {start}")
            paths = mutations.batch(found, start, TOGETHER, chance.randrange(10**6), folder)
            _, answers = checked(paths, given.envs)
            for one in answers:
                outcomes = [answer["outcome"] for answer in one["answers"]]
                said.update(outcomes or ["not run: " + str(one["problem"]).partition(":")[0][:40]])
                ours += [f"{one['path']}: {word}" for word in outcomes if word not in words]
                ours += [
                    f"{one['path']}: {answer['reason']}"
                    for answer in one["answers"]
                    if "fault of caniload" in str(answer["reason"])
                ]
            print(
                f"{start + TOGETHER} {time.monotonic() - began:.0f} s {len(ours)} of ours",
                flush=True,
            )
    for word, count in said.most_common():
        print(f"  {count:5}  {word}")
    print(f"ours: {ours[:10]}; left: {left()}; {time.monotonic() - began:.0f} s")
    return 1 if ours or left() else 0


if __name__ == "__main__":
    raise SystemExit(main())
