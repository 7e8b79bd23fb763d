"""Damaged files through `check --run` behind the wall, by hand: a typed answer, and nothing left.

    python tests/real/spoilt.py FOLDER ENVIRONMENT [--count 100] [--seed 0] [--at-once 20]

FOLDER has undamaged models that ENVIRONMENT saved, such as those of a CANILOAD_HOME, which has to
have that environment built. All are run with --trust. Prints what came of each format, what was
told of the version, and whatever is as it should not be: a traceback, an exit code or an outcome
that is not documented, a model without an answer, one that was changed, a process or a file that
stayed.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import mutations
import psutil

from caniload.runner.core.outcomes import Outcome

CODES = {0, 1, 2, 5}
OUTCOMES = {one.value for one in Outcome}
OURS = re.compile(r"caniload|[Ss]andbox|bwrap|seccomp|Errno 28|Errno 24|No space left", re.ASCII)
"""Words that have no place in what is told of a version."""


def run(models: Sequence[Path], environment: str, scratch: Path) -> tuple[int, list[Any], str]:
    done = subprocess.run(
        [
            *(sys.executable, "-m", "caniload", "check", *map(str, models)),
            *("--envs", environment, "--run", "--trust", "--json", "--jobs", "1"),
        ],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "TMPDIR": str(scratch)},
    )
    try:
        return done.returncode, json.loads(done.stdout), done.stderr
    except ValueError:
        return done.returncode, [], done.stderr


def wrong(models: Sequence[Path], code: int, found: list[Any], said: str) -> Iterator[str]:
    """Yield what is as it should not be with the answers for some models."""
    if "Traceback" in said or code not in CODES:
        yield f"exit {code}: {said[-500:]}"
    if (told := {one["path"] for one in found}) != set(map(str, models)):
        yield f"no answer for {sorted(set(map(str, models)) - told)[:3]}"
    for one in found:
        for answer in one["answers"]:
            if answer["outcome"] not in OUTCOMES:
                yield f"{one['path']}: {answer['outcome']} is no outcome"
            elif answer["outcome"] != "untested" and OURS.search(answer["reason"] or ""):
                yield f"{one['path']}: told of the version: {answer['reason'][:200]}"


def outcome_of(found: Mapping[str, Any]) -> str:
    if found["problem"]:
        return "not run"
    return ", ".join(sorted({one["outcome"] for one in found["answers"]})) or "nothing"


def state(folders: Sequence[Path]) -> dict[str, str]:
    """Return what there is in some folders: sizes and times, of small files also the bytes."""
    found = {}
    for folder in folders:
        for path in folder.rglob("*"):
            one = path.lstat()
            small = path.is_file() and not path.is_symlink() and one.st_size < 10**6
            inside = hashlib.sha256(path.read_bytes()).hexdigest() if small else ""
            found[str(path)] = f"{one.st_mode} {one.st_size} {one.st_mtime_ns} {inside}"
    return found


def strays(words: Sequence[str]) -> list[str]:
    """Return the living processes, others than this one, that name one of these places."""
    lines = []
    for one in psutil.process_iter():
        try:
            line = " ".join(one.cmdline())
        except psutil.Error:
            continue
        if one.pid != os.getpid() and any(word in line for word in words):
            lines.append(line[:200])
    return lines


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("environment")
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--at-once", type=int, default=20)
    arguments = parser.parse_args()
    home = Path(os.environ["CANILOAD_HOME"])
    bad: list[str] = []
    came, said, began = Counter[str](), Counter[str](), time.perf_counter()
    with tempfile.TemporaryDirectory() as root:
        models, scratch = (Path(root) / one for one in ("models", "scratch"))
        models.mkdir()
        scratch.mkdir()
        found = mutations.originals(arguments.folder)
        whole = [one for one in found if one.name in ("model.h5", "model.keras", "model")]
        found = mutations.in_turn(whole)
        chance = random.Random(arguments.seed)
        paths = [
            mutations.spoil(found[n % len(found)], chance.choice(found), models / str(n), chance)
            for n in range(arguments.count)
        ]
        built = (home / "environments" / arguments.environment).resolve()
        watched = [models, built / "bin", built / "lib"]
        before = state(watched)
        for start in range(0, len(paths), arguments.at_once):
            part = paths[start : start + arguments.at_once]
            code, answers, words = run(part, arguments.environment, scratch)
            bad += wrong(part, code, answers, words)
            for one in answers:
                came[f"{mutations.kind_of(Path(one['path']))}: {outcome_of(one)}"] += 1
                reasons = [answer["reason"] or "" for answer in one["answers"]]
                said.update(re.sub(r"/\S+|\d+", "…", why)[:110] for why in reasons)
            print(f"{start + len(part)} of {len(paths)}, exit {code}", flush=True)
        bad += [f"still running: {line}" for line in strays((str(models), str(scratch)))]
        after = state(watched)
        bad += [
            f"changed: {one}" for one in before.keys() | after if before.get(one) != after.get(one)
        ]
        bad += [f"left: {one}" for one in (*scratch.rglob("*"), *home.glob("scratch/*"))]
    for counter in (came, said):
        for what, count in sorted(counter.items(), key=lambda one: -one[1]):
            print(f"  {count:5}  {what}")
    print(*bad, sep="\n")
    print(f"{came.total()} models, {len(bad)} faults, {time.perf_counter() - began:.0f} s")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
