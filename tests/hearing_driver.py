"""Pieces of a probe, run while a ``Hearing`` listens, and what it heard of them."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

Message = dict[str, Any]
Heard = Callable[[str], list[Message]]
Ran = tuple[subprocess.CompletedProcess[str], dict[str, Any]]

PROBES = Path(__file__).parents[1] / "probes"

DRIVER = """
import json, os, sys, time

probes, folder, scenarios = sys.argv[1:]
sys.path.insert(0, probes)
from hearing import Hearing

with open(scenarios) as file:
    scenarios = json.load(file)
hearing, results = Hearing(folder), {}
free = os.dup(0)
os.close(free)
for name in sorted(scenarios):
    path = "/library/%s.py" % name
    names = {"__name__": "library", "__file__": path, "hearing": hearing}
    with hearing:
        hearing.phase = "load"
        exec(compile(scenarios[name], path, "exec"), names)
    results[name] = hearing.messages
still_free = os.dup(0)
started = time.process_time()
for _ in range(100):
    with hearing:
        hearing.phase = "load"
results["facts"] = {
    "minor": sys.version_info[1],
    "same descriptor free": free == still_free,
    "files left": sorted(os.listdir(folder)),
    "ms a window": 10 * (time.process_time() - started),
}
with open(folder + "/results.json", "w") as file:
    json.dump(results, file)
print("out again")
sys.stderr.write("err again\\n")
"""


def run(python: Path, scenarios: Mapping[str, str], folder: Path) -> Ran:
    """Run scenarios in one process, each in phase "load"; return it and what was heard by name."""
    heard = folder / "heard"
    heard.mkdir()
    said = folder / "scenarios.json"
    said.write_text(json.dumps(scenarios))
    process = subprocess.run(
        [python, "-B", "-c", DRIVER, PROBES, heard, said],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert process.returncode == 0, process.stderr
    return process, json.loads((heard / "results.json").read_text())


def texts(messages: list[Message]) -> list[str]:
    return [message["text"] for message in messages]


def only(messages: list[Message]) -> Message:
    assert len(messages) == 1, messages
    return messages[0]
