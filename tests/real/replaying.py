"""Replay a recorded cell by hand: the script that `caniload reproduce` prints, in a fresh process.

    python tests/real/replaying.py [--cells 60] [--problems 20] [--derived 20] [--between-stacks]
                                   [--jobs 2] [-- FILTERS]

FILTERS are those of `caniload cells`. At least so many are drawn of what is not identical, and of
what was not run itself.

Compares outcome, exception type, first line and warnings with the record, and prints a line a cell.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from caniload.runner.core import texts

Cell = Mapping[str, Any]

HANG_SECONDS = 180.0
_KINDS: Mapping[str, Callable[[Cell], bool]] = {
    "derived": lambda cell: bool(cell["derived"]),
    "problems": lambda cell: cell["outcome"] != "identical",
}
_GAP = re.compile(r"^(outputs|weights|weights after it) differ by at most (.*)$", re.MULTILINE)
_WARNED = re.compile(r"(?:^|: )(?:\w+\.)*(\w*Warning): (.*)$|^WARNING:\w+:(.*)$|^W\d{4} .*\] (.*)$")


def cells(filters: Sequence[str] = ()) -> list[Cell]:
    """Return the stored cells that ran."""
    command = [sys.executable, "-m", "caniload", "cells", *filters]
    lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    found = [json.loads(line) for line in lines]
    return [
        cell for cell in found if cell["artifact"] and cell["outcome"] not in ("na", "untested")
    ]


def between_stacks(known: Sequence[Cell]) -> list[Cell]:
    """Return the cells whose file comes from another stack than that of the loader."""
    command = [sys.executable, "-m", "caniload", "env", "list", "--json"]
    listed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    stacks = {row["id"]: row["stack"] for row in json.loads(listed)}
    return [cell for cell in known if stacks[cell["save"]] != stacks[cell["load"]]]


def sample(known: Sequence[Cell], count: int, kinds: Mapping[str, int], seed: int) -> list[Cell]:
    """Return ``count`` random cells, of each kind at least as many as are there or wanted."""
    chance = random.Random(seed)
    chosen: dict[str, Cell] = {}
    for kind, least in kinds.items():
        of_kind = [cell for cell in known if _KINDS[kind](cell)]
        missing = least - sum(map(_KINDS[kind], chosen.values()))
        fresh = [cell for cell in of_kind if cell["id"] not in chosen]
        picked = chance.sample(fresh, max(0, min(missing, len(fresh))))
        chosen.update((cell["id"], cell) for cell in picked)
    rest = [cell for cell in known if cell["id"] not in chosen]
    more = chance.sample(rest, max(0, min(count - len(chosen), len(rest))))
    return [*chosen.values(), *more]


def disagreements(cell: Cell) -> list[str]:
    """Replay a cell and say in what it is not as recorded."""
    command = [sys.executable, "-m", "caniload", "reproduce", cell["id"]]
    script = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    line = next(line for line in script.splitlines() if line.startswith("#   env -i"))
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "cell.py").write_text(script, encoding="utf-8")
        try:
            done = subprocess.run(
                shlex.split(line.removeprefix("#   ")),
                cwd=folder,
                capture_output=True,
                check=False,
                timeout=HANG_SECONDS,
            )
        except subprocess.TimeoutExpired:
            return [] if "did not end" in cell["reason"] else [f"hung for {HANG_SECONDS:.0f} s"]
    said = texts.clean(done.stderr.decode(errors="backslashreplace"))
    told = texts.clean(done.stdout.decode(errors="backslashreplace"))
    return [*_outcome(cell, done.returncode, told, said), *_warnings(cell, said)]


def _outcome(cell: Cell, code: int, told: str, said: str) -> Iterator[str]:
    error = cell["error"]
    if cell["outcome"] == "crash":
        if code >= 0:
            yield f"ended with {code}, recorded: {cell['reason']}"
    elif error is not None:
        first = texts.first_line(error["message"])
        raised = re.findall(rf"^(?:[\w.]+\.)?{error['type']}\b:? ?(.*)", said, re.MULTILINE)
        # h5py tells the time of day in some of its errors.
        alike = [one for one in raised if _essence(one) == _essence(first)]
        if code != 1 or not (alike or any(first and one.startswith(first) for one in raised)):
            yield f"exit {code}, recorded {error['type']}: {first}"
    elif code != 0:
        yield f"exit {code} ({said.splitlines()[-1][:100] if said else ''}), recorded no error"
    else:
        gaps = dict(_GAP.findall(told))
        exact = all(gap == "0.0" for gap in gaps.values())
        if not gaps:
            yield "printed no comparison"
        if (cell["outcome"] == "identical") and not exact:
            yield f"is not identical: {gaps}"
        if cell["outcome"] == "tolerance" and exact:
            yield "is identical, recorded within tolerance"
        if cell["max_abs_diff"] is not None and gaps.get("outputs") != str(cell["max_abs_diff"]):
            yield f"outputs differ by {gaps.get('outputs')}, recorded {cell['max_abs_diff']}"


def _warnings(cell: Cell, said: str) -> Iterator[str]:
    """Compare what was shown with what was recorded, import apart; each text once."""
    shown = {_essence(text) for line in said.splitlines() for text in _warning_texts(line)}
    recorded = {
        _essence(message["text"])
        for message in (*cell["warnings"], *cell["import_warnings"])
        if message["shown_by_default"] and message["channel"] in ("warnings", "logging")
    }
    loud = {
        _essence(message["text"])
        for message in cell["warnings"]
        if message["shown_by_default"] and message["channel"] in ("warnings", "logging")
    }
    everything = _essence(said)
    yield from (f"not heard again: {text}" for text in loud if text[:60] not in everything)
    yield from (
        f"not recorded: {text}"
        for text in shown
        if not any(text[:60] in one or one[:60] in text for one in recorded if one)
    )


def _warning_texts(line: str) -> Iterator[str]:
    found = _WARNED.search(line)
    if found:
        yield next(group for group in found.groups()[1:] if group is not None)


def _essence(text: str) -> str:
    """Return a text without what differs from run to run: numbers, paths, places, white space."""
    return re.sub(r"\S*\.py:\d+:?|0x[0-9a-f.]+|\s+|\d+|\S*/\S*", "", text)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cells", type=int, default=60)
    parser.add_argument("--problems", type=int, default=20)
    parser.add_argument("--derived", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--between-stacks", action="store_true")
    parser.add_argument("filters", nargs="*")
    arguments = parser.parse_args()
    known = cells(arguments.filters)
    if arguments.between_stacks:
        known = between_stacks(known)
    kinds = {kind: getattr(arguments, kind) for kind in _KINDS}
    chosen = sample(known, arguments.cells, kinds, arguments.seed)
    wrong = 0
    with ThreadPoolExecutor(max_workers=arguments.jobs) as pool:
        for cell, found in zip(chosen, pool.map(disagreements, chosen), strict=True):
            wrong += bool(found)
            told = f"{'NO ' if found else 'yes'} {cell['id']}: {cell['outcome']}"
            print(told, *found, sep="\n    ", flush=True)
    drawn = ", ".join(f"{sum(map(_KINDS[kind], chosen))} {kind}" for kind in _KINDS)
    print(f"{len(chosen) - wrong} of {len(chosen)} agree ({drawn})")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
