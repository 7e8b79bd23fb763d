"""The receipt of an environment: proof that it was built, and what really runs in it."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from caniload.runner.core.putting import put_text
from caniload.runner.matrix.schema import Environment

FILE = "receipt.json"


@dataclass(frozen=True, kw_only=True)
class Receipt:
    """Written last, when the environment has been asked what it is.

    ``versions`` are those stated by the modules inside (``python``, ``keras``, ``tensorflow``,
    ``numpy``, ``h5py``, ``protobuf``, ``backend``...), ``packages`` all distributions installed.
    ``bytes`` counts every file of the environment, also those that it shares with others.
    """

    environment: str
    lock_sha256: str
    python: str
    interpreter: str
    platform: str
    imports: str
    variables: Mapping[str, str]
    versions: Mapping[str, str]
    packages: Mapping[str, str]
    installer: str
    bytes: int
    seconds: float
    built_at: str
    schema: int = field(default=1)

    def describes(self, environment: Environment, lock_sha256: str) -> bool:
        """Whether this is what building ``environment`` from that lock would give today."""
        return (
            self.lock_sha256 == lock_sha256
            and self.variables == dict(environment.variables)
            and self.imports == environment.imports
            and self.python.startswith(f"{environment.python}.")
        )


def write_receipt(receipt: Receipt, folder: Path) -> None:
    """Put the receipt in place in one step: a folder with a receipt is a finished environment."""
    put_text(folder / FILE, json.dumps(dataclasses.asdict(receipt), indent=1, sort_keys=True))


def read_receipt(folder: Path) -> Receipt | None:
    """Return the receipt in ``folder``; None if there is none, or none that we can read."""
    try:
        data = json.loads((folder / FILE).read_text(encoding="utf-8"))
        return Receipt(**data) if data["schema"] == 1 else None
    except (OSError, ValueError, TypeError, KeyError):
        return None
