"""How uv is found and called: which program, which variables, which folders of wheels."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

from caniload.runner.environments.home import Home

_STEERING = (
    # Variables with which a caller would change what gets installed, or where.
    "UV_BUILD_CONSTRAINT",
    "UV_CONSTRAINT",
    "UV_EXCLUDE_NEWER",
    "UV_FIND_LINKS",
    "UV_NO_BINARY",
    "UV_NO_BUILD",
    "UV_OVERRIDE",
    "UV_PRERELEASE",
    "UV_PYTHON",
    "UV_PYTHON_INSTALL_DIR",
    "UV_RESOLUTION",
    "UV_SYSTEM_PYTHON",
    "UV_TORCH_BACKEND",
    "PIP_CONSTRAINT",
    "PIP_NO_BINARY",
    "PIP_ONLY_BINARY",
    "PIP_REQUIRE_HASHES",
    "PIP_TARGET",
    "PIP_USER",
    "CONDA_PREFIX",
    "VIRTUAL_ENV",
    "__PYVENV_LAUNCHER__",
)


def find_uv() -> str | None:
    """Return uv's program: the one installed beside us, else the first on ``PATH``."""
    beside = Path(sys.executable).parent / "uv"
    return str(beside) if beside.is_file() else shutil.which("uv")


def installer_variables(home: Home | None = None) -> dict[str, str]:
    """Return the caller's variables (proxies, certificates, indexes) less those that steer."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in _STEERING and not name.startswith("PYTHON")
    }
    if home is not None:
        kept.setdefault("UV_CACHE_DIR", str(home.cache / "uv"))
        kept.setdefault("PIP_CACHE_DIR", str(home.cache / "pip"))
    return kept


def find_links(variables: Mapping[str, str] = os.environ) -> list[str]:
    """Return the options for the caller's own folders of wheels; uv does not read pip's setting."""
    places = variables.get("UV_FIND_LINKS", "").split(",")
    places += variables.get("PIP_FIND_LINKS", "").split()
    return [f"--find-links={place}" for place in dict.fromkeys(places) if place]
