"""A model of the environment's own passes behind a wall first: or a limit would be told as theirs.

Once for each environment and wall: what passed is remembered, what failed is asked again.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
from pathlib import Path
from typing import Any

from caniload.runner.core.shipped import PROBES
from caniload.runner.sandbox import policy, watching
from caniload.runner.sandbox.walls import Cage

SCRIPT = PROBES / "control.py"


def failing(cage: Cage, imports: str, *, seconds: float, known: Path, key: str) -> str | None:
    """Return why a framework's own model does not pass behind this wall; ``None``: it does.

    ``key`` names the environment and all that is locked in it, ``known`` is where passes are kept.
    """
    note = known / f"{_key(cage, key)}.json"
    if note.exists():
        return None
    found, said = _ran(cage, imports, seconds)
    if found is not None and found["error"] is None and found["same"]:
        known.mkdir(parents=True, exist_ok=True)
        note.write_text(json.dumps(found), encoding="utf-8")
        return None
    if found is None:
        why = said
    elif found["error"] is None:
        why = "it gives other numbers after loading"
    else:
        why = " ".join(f"{found['error']['type']}: {found['error']['message']}".split())[:240]
    return f"not even a small model of its own loads in the sandbox ({cage.level}): {why}"


def _ran(cage: Cage, imports: str, seconds: float) -> tuple[dict[str, Any] | None, str]:
    folder = cage.writable
    process = subprocess.Popen(
        cage.command([str(cage.python), "-s", str(SCRIPT), imports, str(folder)]),
        env=cage.variables(),
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        code: int | None = process.wait(seconds)
    except subprocess.TimeoutExpired:
        code = None
    finally:
        cage.end(process.pid)
        process.wait()
    said = "it did not end in time" if code is None else f"its process ended with {code}"
    return watching.read_json(folder / "control.json"), said


def _key(cage: Cage, key: str) -> str:
    """Hash all that decides whether the model passes."""
    decides = [
        key,
        cage.level,
        cage.drops,
        os.uname().release,
        *(hashlib.sha256(Path(one).read_bytes()).hexdigest() for one in (SCRIPT, policy.__file__)),
    ]
    return hashlib.sha256(json.dumps(decides).encode()).hexdigest()[:24]
