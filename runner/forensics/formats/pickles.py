"""Pickles, told by their operations and never unpickled: to unpickle is to run."""

from __future__ import annotations

import pickletools
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

HEAD_BYTES = 2**20
OPERATIONS = 20_000
"""Most operations that are looked at, at the beginning."""

_NAMES = 20


def is_pickle(head: bytes) -> bool:
    """Say whether a file that begins so is a pickle of protocol 2 to 5."""
    return len(head) > 2 and head[0] == 0x80 and 2 <= head[1] <= 5  # noqa: PLR2004


def called(path: Path) -> tuple[str, ...]:
    """Return what unpickling would import, as ``module.name``, as far as the beginning says."""
    with path.open("rb") as stream:
        head = stream.read(HEAD_BYTES)
    return tuple(islice(dict.fromkeys(_globals(head)), _NAMES))


def _globals(head: bytes) -> Iterator[str]:
    texts: list[str] = []
    try:
        for operation, argument, _ in islice(pickletools.genops(head), OPERATIONS):
            if operation.name == "GLOBAL":
                yield str(argument).replace(" ", ".")
            elif operation.name == "STACK_GLOBAL" and len(texts) > 1:
                yield ".".join(texts[-2:])
            elif isinstance(argument, str):
                texts = [*texts[-1:], argument]
    except Exception:  # noqa: BLE001 - pickletools raises what it likes for what is cut or damaged
        return
