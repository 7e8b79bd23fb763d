"""What a person at a terminal sees while many files are read."""

from __future__ import annotations

import io
from collections.abc import Iterator

import pytest

from caniload.runner.checking.counting import WIPED, counted


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def clock(step: float) -> Iterator[float]:
    time = 0.0
    while True:
        yield time
        time += step


def test_what_takes_long_is_counted_and_the_line_vanishes() -> None:
    out, times = Terminal(), clock(0.5)
    found = list(counted("abcd", 4, "reading", stream=out, now=lambda: next(times)))
    assert found == list("abcd")
    first, *_ = out.getvalue().split(WIPED)[1:]
    assert first == "reading 2/4  1 s left"
    assert out.getvalue().endswith(WIPED)
    assert "4/4" not in out.getvalue()


def test_what_is_quick_says_nothing() -> None:
    out, times = Terminal(), clock(0.01)
    assert len(list(counted(range(50), 50, "reading", stream=out, now=lambda: next(times)))) == 50
    assert out.getvalue() == ""


def test_a_log_says_nothing() -> None:
    out, times = io.StringIO(), clock(5)
    assert list(counted("ab", 2, "reading", stream=out, now=lambda: next(times))) == ["a", "b"]
    assert out.getvalue() == ""


def test_the_line_vanishes_where_it_is_interrupted() -> None:
    out, times = Terminal(), clock(2)

    def items() -> Iterator[int]:
        yield 1
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        list(counted(items(), 9, "reading", stream=out, now=lambda: next(times)))
    assert out.getvalue().endswith(WIPED)
