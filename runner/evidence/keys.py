"""What a result depends on, as one hash: what has a result under the same key is not run again."""

from __future__ import annotations

import functools
import hashlib
import json
import platform
from pathlib import Path
from typing import Any

from caniload.runner.core.shipped import PROBES

ASIDE = frozenset({"healthcheck.py"})
"""Scripts beside the probe that no result depends on; a file of ``models/`` or ``formats/`` counts
for its own cells."""


def digest(*parts: Any) -> str:
    """Return a hash of plain data."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


@functools.cache
def probe_sha256(folder: Path = PROBES) -> str:
    files = sorted(path for path in folder.glob("*.py") if path.name not in ASIDE)
    return digest([hashlib.sha256(path.read_bytes()).hexdigest() for path in files])


def import_key(fingerprint: str) -> str:
    """Key of what importing the framework of an environment says."""
    return digest("import", fingerprint, probe_sha256())


@functools.cache  # asked for every cell, and the same for all cells of a file's model
def save_key(fingerprint: str, model: str, family_sha256: str, forms: tuple[str, ...]) -> str:
    """Key of saving a model in an environment.

    ``fingerprint`` identifies the environment, ``forms`` the formats and the code that saves each.
    """
    return digest("save", fingerprint, model, family_sha256, forms, probe_sha256())


def file_key(
    *,
    artifact_sha256: str,
    expected_sha256: str,
    family_sha256: str,
    form_sha256: str,
    train: bool,
) -> str:
    """Key of what is loaded, and how, wherever that is."""
    return digest(
        "file",
        artifact_sha256,
        expected_sha256,
        family_sha256,
        form_sha256,
        train,
        probe_sha256(),
    )


def cell_key(fingerprint: str, file: str) -> str:
    """Key of loading an artifact in an environment, by the file's key."""
    return f"{fingerprint}/{file}"


def fingerprint(*, lock_sha256: str, python: str, imports: str, variables: dict[str, str]) -> str:
    """Identify all that can change what a model does in an environment, built or not yet.

    ``python`` is the interpreter's full version; ``variables`` those of every process in it. The C
    library counts, for its mathematical functions round differently from version to version.
    """
    machine = "-".join((platform.system(), platform.machine(), *platform.libc_ver())).lower()
    return digest(lock_sha256, python, imports, variables, machine)
