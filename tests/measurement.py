"""Facts of fixed jobs under a pretend framework: whether a change of the probe changed facts.

    python tests/measurement.py            tell what changed against tests/unit/measured_facts.json
    python tests/measurement.py --keep     keep today's facts, under today's probes/measurement.json

A fact that means something else, or is new, has to raise its number in probes/measurement.json, or
results measured before stay as they are under the same key.
"""

from __future__ import annotations

import argparse
import difflib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
KEPT = ROOT / "tests" / "unit" / "measured_facts.json"
FAKES = ROOT / "tests" / "fake_framework"
FORMATS = ("h5", "keras", "json", "weights-h5", "pickle")
VARYING = frozenset({"seconds", "cpu_seconds", "traceback", "pid", "versions"})


def measure() -> dict[str, Any]:
    """Save with one pretend version, load with two; return the facts, less what varies."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name).resolve()
        family = ROOT / "probes" / "models" / "plain.py"
        common = {"model": "dense", "family": str(family)}
        save = {"kind": "save", **common, "formats": list(FORMATS), "folder": str(folder / "saved")}
        found = {"saved by 1": _probe(folder / "one", "1", [save])}
        expected = str(folder / "saved" / "expected")
        loads = [
            {"kind": "load", "cell": one, **common, "format": one, "expected": expected}
            | {"artifact": str(folder / "saved" / one), "train": one in ("h5", "keras", "pickle")}
            | {"also": [expected] if one == "h5" else []}
            for one in FORMATS
        ]
        for version in "12":
            found[f"loaded by {version}"] = _probe(folder / f"by-{version}", version, loads)
        text = json.dumps(found, sort_keys=True).replace(str(folder), "FOLDER")
    facts: dict[str, Any] = _steady(json.loads(text))
    return facts


def _probe(folder: Path, version: str, jobs: list[dict[str, Any]]) -> list[Any]:
    """Run jobs in one probe child, whose keras is the pretend version; return import and facts."""
    folder.mkdir()
    packages = folder / "packages"
    shutil.copytree(FAKES / "keras", packages / "keras")
    shutil.copy(FAKES / "quirks" / f"v{version}.py", packages / "keras" / "quirks.py")
    config = folder / "config.json"
    config.write_text(json.dumps({"schema": 1, "imports": "keras", "folder": str(folder)}))
    reader, writer = os.pipe()
    command: list[str | Path] = [sys.executable, ROOT / "probes" / "probe.py", config, str(writer)]
    process = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        pass_fds=[writer],
        env={**os.environ, "PYTHONPATH": str(packages), "PYTHONDONTWRITEBYTECODE": "1"}
        | {"KERAS_BACKEND": "jax", "PYTHONHASHSEED": "0"},
    )
    os.close(writer)
    assert process.stdin is not None
    with os.fdopen(reader) as events:
        process.stdin.write(json.dumps({"batch": 1, "jobs": jobs}).encode() + b"\n")
        process.stdin.flush()
        for line in events:
            if json.loads(line)["event"] in ("exit", "unusable"):
                break
        process.stdin.close()
        process.wait(timeout=60)
    heard = json.loads((folder / "import.json").read_text())
    if not (folder / "batch-1.jsonl").exists():
        raise RuntimeError(f"the pretend framework does not import: {heard}")
    return [heard, *map(json.loads, (folder / "batch-1.jsonl").read_text().splitlines())]


def _steady(value: Any) -> Any:
    """Leave out what differs from run to run, and from one Python to another."""
    if isinstance(value, dict):
        return {key: _steady(one) for key, one in value.items() if key not in VARYING}
    if isinstance(value, list):
        return [_steady(one) for one in value]
    if isinstance(value, float):
        return float(f"{value:.4g}")  # linear algebra rounds as its machine does
    return re.sub(r"0x[0-9a-f]+|:\d+$", "N", value) if isinstance(value, str) else value


def schema() -> dict[str, int]:
    stated = json.loads((ROOT / "probes" / "measurement.json").read_text(encoding="utf-8"))
    return {kind: number for kind, number in stated.items() if kind != "about"}


def difference(before: object, after: object) -> str:
    """Return what changed, line by line; empty where nothing did."""
    kept, today = (
        json.dumps(one, indent=1, sort_keys=True).splitlines() for one in (before, after)
    )
    return "\n".join(difflib.unified_diff(kept, today, "kept", "today", lineterm="", n=2))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keep", action="store_true")
    today = {"schema": schema(), "facts": measure()}
    if parser.parse_args().keep:
        KEPT.write_text(json.dumps(today, indent=1, sort_keys=True) + "\n", encoding="utf-8")
        return 0
    told = difference(json.loads(KEPT.read_text(encoding="utf-8")), today)
    print(told or "the same facts")
    return bool(told)


if __name__ == "__main__":
    raise SystemExit(main())
