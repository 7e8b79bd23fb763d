"""What of the store is worth doing again."""

from __future__ import annotations

from typing import Any

import pytest

from runner.evidence import cut_short, died_of_limits
from runner.matrix import Limits

LIMITS: dict[str, Any] = {
    "seconds": 60.0,
    "seconds_floor": 10.0,
    "history_factor": 10.0,
    "memory_mb": 4096,
    "import_seconds": 180.0,
    "build_seconds": 1200.0,
}
TIMEOUT = {"kind": "timeout", "limit": 10.0, "phase": "load"}
MEMORY = {"kind": "memory", "limit": 4096, "phase": "load"}
SIGNAL = {"kind": "signal", "signal": "SIGSEGV", "phase": "save"}
KILLED = {"kind": "signal", "signal": "SIGKILL", "phase": "save"}


@pytest.mark.parametrize(
    ("crash", "changes", "again"),
    [
        (None, {"seconds": 600.0}, False),
        (TIMEOUT, {}, False),
        (TIMEOUT, {"seconds": 600.0}, True),
        (TIMEOUT, {"seconds_floor": 30.0}, True),
        (TIMEOUT, {"seconds": 6.0}, False),
        (MEMORY, {"memory_mb": 8192}, True),
        (MEMORY, {"memory_mb": 1024}, False),
        (SIGNAL, {"seconds": 600.0}, False),
        (KILLED, {"seconds": 600.0}, False),
    ],
)
def test_what_a_limit_ended_is_done_again_once_it_is_raised(
    crash: dict[str, Any] | None, changes: dict[str, Any], *, again: bool
) -> None:
    record = {"crash": crash, "limits": LIMITS}
    assert cut_short(record, Limits(**{**LIMITS, **changes})) == again


@pytest.mark.parametrize(
    ("crash", "died"),
    [(None, False), (TIMEOUT, True), (MEMORY, True), (KILLED, True), (SIGNAL, False)],
)
def test_what_was_ended_by_us_or_from_outside_is_no_refusal(
    crash: dict[str, Any] | None, *, died: bool
) -> None:
    assert died_of_limits({"crash": crash}) == died
