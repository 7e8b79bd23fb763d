"""How many of many files are done, on a terminal, in one line that vanishes."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Iterator
from typing import IO, TypeVar

Item = TypeVar("Item")

AT_ONCE, EVERY = 1.0, 0.2
"""Seconds before anything is told, and between two times it is."""

WIPED = "\r\x1b[K"


def counted(
    items: Iterable[Item],
    number: int,
    doing: str,
    *,
    stream: IO[str] | None = None,
    now: Callable[[], float] = time.monotonic,
) -> Iterator[Item]:
    """Yield each item, and tell on a terminal how many of ``number`` are done, with time left."""
    out = sys.stderr if stream is None else stream
    if not out.isatty():
        yield from items
        return
    began = told = now()
    shown = False
    try:
        for done, item in enumerate(items, 1):
            time_ = now()
            if time_ - began >= AT_ONCE and time_ - told >= EVERY and done < number:
                left = (time_ - began) / done * (number - done)
                out.write(f"{WIPED}{doing} {done}/{number}  {left:.0f} s left")
                out.flush()
                told, shown = time_, True
            yield item
    finally:
        if shown:
            out.write(WIPED)
            out.flush()
