"""One hash of all that decides what a remedy is: what was tried under another is tried again."""

from __future__ import annotations

import functools
import hashlib
from pathlib import Path

from caniload.runner.converting.launching import ACROSS
from caniload.runner.evidence.keys import digest, schema
from caniload.runner.matrix import frameworks

_HERE = Path(__file__).resolve().parent
_FORENSICS = _HERE.parent / "forensics"
"""What a file says decides who reads it, and whether it is read at all."""


@functools.cache
def sources_sha256() -> str:
    """Hash the scripts, the rules, the ladder, and what inspects files."""
    files = [
        *sorted(ACROSS.glob("*.py")),
        *sorted(_HERE.glob("*.py")),
        *sorted(_HERE.glob("*.yaml")),
        *sorted(one for one in _FORENSICS.rglob("*") if one.suffix in (".py", ".json", ".yaml")),
        frameworks.FILE,
    ]
    return digest(schema("load"), [hashlib.sha256(one.read_bytes()).hexdigest() for one in files])
