"""Ask a built environment what its constructors take, and keep the answer."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from caniload.runner.core.errors import EnvironmentUnusable
from caniload.runner.core.putting import put_text
from caniload.runner.core.shipped import LOCKS, PROBES
from caniload.runner.environments import build, processes
from caniload.runner.environments.home import Home
from caniload.runner.environments.variables import process_variables
from caniload.runner.matrix.schema import Environment

FOLDER = PROBES / "constructors"
SECONDS = 1200.0
"""It takes 20 to 60 s of one core."""


def probe_sha256(folder: Path = FOLDER) -> str:
    """Return the hash of all that decides what is asked, and how."""
    files = sorted(folder.glob("*.py"))
    return _sha256([(path.name, path.read_text(encoding="utf-8")) for path in files])


def kept(
    environment: Environment,
    candidates: Mapping[str, Any] | None,
    *,
    home: Home,
    locks: Path = LOCKS,
) -> dict[str, Any] | None:
    """Return what was asked of the environment that is built here, if it was."""
    path = _path(environment, candidates, home=home, locks=locks)
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path else {}
    except (OSError, ValueError):
        return None
    return found or None


def ask(
    environment: Environment,
    candidates: Mapping[str, Any] | None,
    *,
    home: Home,
    locks: Path = LOCKS,
) -> dict[str, Any]:
    """Return what the constructors of a built environment take, asked once and then kept.

    ``candidates`` is what is to be tried beside what the environment has itself; None tries
    nothing and describes only, which takes a fifth of the time.
    """
    path = _path(environment, candidates, home=home, locks=locks)
    if path is None:
        raise EnvironmentUnusable(
            f"{environment.id} is not built; `caniload env build {environment.id}`"
        )
    if found := kept(environment, candidates, home=home, locks=locks):
        return found
    found = _asked(environment, candidates, home)
    path.parent.mkdir(parents=True, exist_ok=True)
    put_text(path, json.dumps(found, sort_keys=True))
    return found


def _path(
    environment: Environment, candidates: Mapping[str, Any] | None, *, home: Home, locks: Path
) -> Path | None:
    receipt = build.existing(environment, home=home, locks_dir=locks)
    if receipt is None:
        return None
    decides = [receipt.lock_sha256, receipt.python, dict(receipt.variables), receipt.imports]
    return home.constructors / f"{_sha256([decides, probe_sha256(), candidates])}.json"


def _asked(
    environment: Environment, candidates: Mapping[str, Any] | None, home: Home
) -> dict[str, Any]:
    private = home.private / environment.id
    private.mkdir(parents=True, exist_ok=True)
    result, given = private / "constructors.json", private / "candidates.json"
    result.unlink(missing_ok=True)
    given.write_text(json.dumps(candidates, sort_keys=True), encoding="utf-8")
    finished = processes.run(
        [
            *(str(home.python(environment.id)), "-s", str(FOLDER / "read.py")),
            *(environment.imports, str(result)),
            *([] if candidates is None else [str(given)]),
        ],
        variables=process_variables(environment, home),
        seconds=SECONDS,
        cwd=private,
    )
    if not result.is_file():
        said = finished.output.strip().splitlines()
        how = "did not end in time" if finished.code is None else f"died (exit {finished.code})"
        last = said[-1] if said else "no word"
        raise EnvironmentUnusable(f"asking {environment.id} for its constructors {how}: {last}")
    report: dict[str, Any] = json.loads(result.read_text(encoding="utf-8"))
    if error := report["error"]:
        raise EnvironmentUnusable(
            f"asking {environment.id} for its constructors raised {error['type']}: {error['text']}"
        )
    return report


def _sha256(plain: object) -> str:
    return hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()
