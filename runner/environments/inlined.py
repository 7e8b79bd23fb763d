"""An environment as a script states it: its Python and packages after PEP 723; pure but for locks.

``uv run`` makes the environment of what stands there. Versions are those of the lock; hashes have
no place in it, nor has the build of a release (``+cpu``), for which an index of its own is needed.
"""

from __future__ import annotations

import json
from pathlib import Path

from packaging.version import Version

from caniload.runner.core.shipped import LOCKS
from caniload.runner.environments.locking import lock_path, locked_versions, source_packages
from caniload.runner.environments.variables import replay_variables
from caniload.runner.matrix.schema import Environment


def header(environment: Environment, locks: Path = LOCKS) -> str:
    """Return the comment that states the environment, from ``# /// script`` to ``# ///``."""
    text = lock_path(environment, locks).read_text("utf-8")
    pins = locked_versions(text)
    lines = [
        f'requires-python = "=={environment.python}.*"',
        "dependencies = [",
        *(f'    "{name}=={Version(version).public}",' for name, version in pins.items()),
        "]",
    ]
    settings = []
    if environment.overrides:
        settings.append(f"override-dependencies = {json.dumps(list(environment.overrides))}")
    if not source_packages(text):
        settings.append("no-build = true")
    if settings:
        lines += ["", "[tool.uv]", *settings]
    return "\n".join(["# /// script", *(f"# {line}".rstrip() for line in lines), "# ///"])


def variables(environment: Environment) -> str:
    """Return the statements that set what its processes have, before anything is imported."""
    told = replay_variables(environment)
    if not told:
        return ""
    listed = "".join(f"    {name!r}: {value!r},\n" for name, value in told.items())
    return f"import os\n\nos.environ.update({{\n{listed}}})"
