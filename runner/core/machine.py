"""What this machine gives to a run."""

from __future__ import annotations

import os

NO_FETCH = "CANILOAD_NO_FETCH"
"""Set, no Python is downloaded that this machine has not."""


def cores() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
