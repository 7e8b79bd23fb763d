"""What forensics uses of numpy: whether a type in the header of an ``.npy`` file holds objects."""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import Any

_PLAIN = re.compile(
    r"[<>|=]?(?:[?bBhHiIlLqQefdgFDGSaUVOpPmMc]|[biufcmMOSUV]\d+(?:\[.*\])?)", re.ASCII
)


def _holds_objects(description: Any) -> bool:
    if isinstance(description, str):
        if not _PLAIN.fullmatch(description):
            raise TypeError(f"data type {description!r} not understood")
        return "O" in description
    if isinstance(description, tuple):
        return _holds_objects(description[0])
    return any(_holds_objects(one[1]) for one in description)


lib = SimpleNamespace(
    format=SimpleNamespace(
        descr_to_dtype=lambda text: SimpleNamespace(hasobject=_holds_objects(text))
    )
)
