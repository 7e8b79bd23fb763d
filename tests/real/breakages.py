"""Hold measured cells against the breakages that people reported (breakages.yaml).

    python tests/real/breakages.py --list > cells.txt     the cells it asks for, a line each
    caniload matrix --cells cells.txt --report DIR
    python tests/real/breakages.py DIR/cells.jsonl.gz     a line for each breakage, then what parts

An expectation was measured on another model with the same feature, by hand: where the two part, the
cell is what happened here.
"""

from __future__ import annotations

import gzip
import json
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

HERE = Path(__file__).parent
AGREE = {
    "ok": {"identical", "tolerance"},
    "warn": {"warning", "identical", "tolerance", "differs"},
    "differs": {"differs"},
    "error": {"error"},
    "hang": {"crash"},
    "crash": {"crash"},
}
"""Outcomes of ours by theirs. ``warn`` was given for any warning; ours must be acted on."""


def expected() -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """Yield breakage, cell id and what is expected there."""
    for name, one in yaml.safe_load((HERE / "breakages.yaml").read_text(encoding="utf-8")).items():
        for cell in one["cells"]:
            yield name, f"{cell['from']}/{one['artifact']}/{cell['to']}", cell


def judged(cell: Mapping[str, Any] | None, wanted: Mapping[str, Any]) -> str:
    """Say how a measured cell stands to the expectation: same, text, parts or missing."""
    if cell is None or cell["outcome"] == "untested":
        return "missing"
    if cell["outcome"] not in AGREE[wanted["outcome"]]:
        return "parts"
    start = wanted.get("says", "").removeprefix("Exception encountered: ").split("…")[0][:40]
    if wanted["outcome"] == "error" and start not in " ".join(str(cell["error_message"]).split()):
        return "text"
    return "same"


def main(arguments: list[str]) -> int:
    """Print the cells, or the table; 1 where a breakage has no measured cell at all."""
    if arguments == ["--list"]:
        print("\n".join(dict.fromkeys(cell for _, cell, _ in expected())))
        return 0
    with gzip.open(arguments[0], "rt", encoding="utf-8") as lines:
        cells = {cell["id"]: cell for cell in map(json.loads, lines)}
    found: dict[str, Counter[str]] = {}
    apart = []
    for name, cell_id, wanted in expected():
        cell = cells.get(cell_id)
        stands = judged(cell, wanted)
        found.setdefault(name, Counter())[stands] += 1
        if stands != "same":
            told = f"{cell['outcome']}: {cell['reason'][:110]}" if cell else "no such cell"
            apart.append(f"{name} {cell_id} {stands}: expected {wanted['outcome']}, {told}")
    for name, counts in found.items():
        print(name, ", ".join(f"{count} {kind}" for kind, count in counts.most_common()))
    print(len(found), "breakages,", dict(sum(found.values(), Counter())))
    print("\n".join(apart))
    return int(any(set(counts) == {"missing"} for counts in found.values()))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
