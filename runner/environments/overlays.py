"""What a person's code imports beside the framework: packages laid over an environment.

The environment stays as its lock has it. What it lacks lies in a folder of its own, which
``PYTHONPATH`` names, resolved so that nothing in the environment would have to change.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement

from caniload.runner.core.errors import EnvironmentUnusable, UsageError
from caniload.runner.environments import processes, uv
from caniload.runner.environments.causes import cause
from caniload.runner.environments.home import Home
from caniload.runner.environments.receipts import Receipt

SECONDS = 600
"""How long resolving may take, and installing."""

_ADDED = re.compile(r"^ \+ (\S+==\S+)$", re.MULTILINE)
_CHANGED = re.compile(r"^ - (\S+)==(\S+)$", re.MULTILINE)


def read_requirements(texts: Sequence[str]) -> tuple[str, ...]:
    """Return requirements in one spelling, sorted; ``UsageError`` where one is none."""
    found = set()
    for text in texts:
        try:
            wanted = Requirement(text)
        except InvalidRequirement as error:
            raise UsageError(
                f"--with {text}: {str(error).splitlines()[0]}; write it as pip takes it, such as"
                " 'scipy>=1.10'"
            ) from error
        if wanted.url:
            raise UsageError(f"--with {text}: only what the package index has, by name and version")
        found.add(str(wanted))
    return tuple(sorted(found))


def overlay(receipt: Receipt, wanted: Sequence[str], home: Home) -> Path:
    """Return the folder with what an environment lacks of these requirements, after filling it.

    It is kept. ``EnvironmentUnusable`` where they cannot be had beside what is locked.
    """
    folder = folder_of(receipt, wanted, home)
    if folder.is_dir():
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix=".overlay-", dir=folder.parent))
    try:
        pins = _resolved(receipt, wanted, home, scratch)
        if pins:
            said = _uv(receipt, home, "--no-deps", "--target", str(scratch / "packages"), *pins)
            if said.code != 0:
                raise EnvironmentUnusable(_refused(receipt, wanted, cause(said.output)))
        (scratch / "packages").mkdir(exist_ok=True)
        (scratch / "packages" / "caniload-with.txt").write_text("\n".join([*pins, ""]))
        try:
            (scratch / "packages").rename(folder)
        except OSError:  # somebody else has just made the same
            if not folder.is_dir():
                raise
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return folder


def folder_of(receipt: Receipt, wanted: Sequence[str], home: Home) -> Path:
    terms = [receipt.lock_sha256, receipt.python, list(wanted)]
    key = hashlib.sha256(json.dumps(terms).encode()).hexdigest()[:16]
    return home.checked / "packages" / f"{receipt.environment}-{key}"


def _resolved(receipt: Receipt, wanted: Sequence[str], home: Home, scratch: Path) -> list[str]:
    """Return as ``name==version`` what would be added, if nothing has to be changed for it."""
    constraints = scratch / "constraints.txt"
    constraints.write_text("".join(f"{name}=={one}\n" for name, one in receipt.packages.items()))
    said = _uv(receipt, home, "--dry-run", f"--constraints={constraints}", *wanted)
    if said.code != 0:
        raise EnvironmentUnusable(_refused(receipt, wanted, cause(said.output)))
    changed = [f"{name} {version}" for name, version in _CHANGED.findall(said.output)]
    if changed:
        reason = f"it has {', '.join(changed)}, which would have to be another"
        raise EnvironmentUnusable(_refused(receipt, wanted, reason))
    return _ADDED.findall(said.output)


def _refused(receipt: Receipt, wanted: Sequence[str], reason: str) -> str:
    return f"{receipt.environment} cannot have {', '.join(wanted)} beside what it has: {reason}"


def _uv(receipt: Receipt, home: Home, *arguments: str) -> processes.Finished:
    program = uv.find_uv()
    if program is None:
        raise EnvironmentUnusable("uv is not installed; `pip install uv`")
    python = f"--python={home.python(receipt.environment)}"
    return processes.run(
        [
            *(program, "pip", "install", "--no-progress", "--color=never", "--no-build", python),
            *(*uv.find_links(), *arguments),
        ],
        variables=uv.installer_variables(home),
        seconds=SECONDS,
    )
