"""The same as ``caniload inspect``, of files that were dropped on a page."""

from __future__ import annotations

import json
import os
from pathlib import Path

from caniload.runner.forensics import gate
from caniload.runner.forensics.describe import as_lines, of_the_gate
from caniload.runner.forensics.reading import inspect_here

FILES = Path("/files")


def look(name: str) -> str:
    """Return lines of text, and whether a finding stops, as JSON; as the command line says it."""
    os.chdir(FILES)
    path = Path(name)
    found = inspect_here(path)
    sha256 = gate.sha256_of(path, found) if found.findings else ""
    judged = gate.judged(found, sha256, gate.Rules())
    lines = [*as_lines(found), *of_the_gate(judged)]
    return json.dumps({"lines": lines, "stops": any(one.stops for one in judged)})
