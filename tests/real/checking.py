"""Compare what `caniload check` says at once of files with what it measures on them afterwards.

    python tests/real/checking.py LIST [--envs tf-2.15,tf-2.21]

LIST has a line for each model: its path and, after a tab, the file with the code it needs, or "-".
They have to be new to the home: of what was measured before the first answer would be no answer.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from caniload.runner.core.outcomes import CLEAN

Found = dict[str, Any]


def check(path: str, custom: str, more: Sequence[str]) -> Found:
    """Return the JSON of one model, with the answers by environment."""
    given = ["--custom", custom] if custom != "-" else []
    done = subprocess.run(
        [sys.executable, "-m", "caniload", "check", path, "--trust", "--json", *given, *more],
        capture_output=True,
        text=True,
        check=False,
    )
    if not done.stdout:
        raise SystemExit(f"{path}: {done.stderr}")
    (one,) = json.loads(done.stdout)
    return {**one, "answers": {answer["environment"]: answer for answer in one["answers"]}}


def compared(quick: Found, measured: Found) -> Iterator[tuple[str, str, Found, Found]]:
    """Yield (environment, verdict on the quick answer, it, what was measured)."""
    for environment, truth in measured["answers"].items():
        said = quick["answers"][environment]
        if truth["outcome"] == "untested":
            yield environment, "not measured", said, truth
        elif said["outcome"] == "untested":
            yield environment, "not known", said, truth
        elif said["outcome"] == truth["outcome"]:
            yield environment, "right", said, truth
        elif (said["outcome"] in CLEAN) == (truth["outcome"] in CLEAN):
            yield environment, "near", said, truth
        else:
            yield environment, "WRONG", said, truth


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("list", type=Path)
    parser.add_argument("--envs", default="")
    given = parser.parse_args()
    more = ["--envs", given.envs] if given.envs else []
    total: Counter[str] = Counter()
    by_basis: Counter[str] = Counter()
    for line in given.list.read_text(encoding="utf-8").splitlines():
        path, _, custom = line.partition("\t")
        quick = check(path, custom or "-", more)
        measured = check(path, custom or "-", [*more, "--run"])
        own: Counter[str] = Counter()
        for environment, verdict, said, truth in compared(quick, measured):
            own[verdict] += 1
            by_basis[f"{said['basis']}: {verdict}"] += 1
            if verdict in ("WRONG", "not measured"):
                print(f"  {environment} {verdict}: said {said['outcome']} ({said['reason'][:200]})")
                print(f"    measured {truth['outcome']} ({truth['reason'][:200]})")
        total += own
        print(path, dict(own), measured.get("problem") or "", flush=True)
    print(dict(total))
    for basis, count in sorted(by_basis.items()):
        print(f"{count} {basis}")


if __name__ == "__main__":
    main()
