"""What came of a job: its facts, how its process ended, or a fault of ours; pure."""

from __future__ import annotations

import errno
import os
import signal
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from caniload.runner.core import texts

FRAMEWORK_PHASES = frozenset({"build", "save", "load", "predict", "train"})
"""Phases in which a job asks something of the framework; in the others the probe is at work."""

EXHAUSTED = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EMFILE, errno.ENFILE, errno.ENOMEM})
"""Error numbers that tell of this machine, not of the model."""

OUTSIDE = frozenset({"SIGKILL", "SIGTERM", "SIGINT", "SIGHUP"})
"""Signals of which a job may die through no doing of its own."""

PROBE_FAULT = 70  # exit status by which a probe's child says that it broke down itself


@dataclass(frozen=True, kw_only=True)
class Result:
    """What came of one job: its facts, or how its process ended.

    ``crash`` is ``None`` or ``{"kind": "signal" | "timeout" | "memory" | "exit", "signal", "code",
    "phase", "limit"}``; ``fault`` is a sentence where the failure is ours. ``cpu`` is in seconds
    and, like ``rss_kb``, only known for a job that had its process to itself.
    """

    facts: Mapping[str, Any] | None = None
    crash: Mapping[str, Any] | None = None
    fault: str | None = None
    error: Mapping[str, Any] | None = None
    """What was raised, where the fault is that of the place it was raised in."""
    cpu: float | None = None
    rss_kb: int | None = None


def from_outside(result: Result) -> bool:
    """Say whether a job died of a signal that others send, too, such as a kernel out of memory."""
    return result.crash is not None and result.crash.get("signal") in OUTSIDE


def answered(facts: Mapping[str, Any]) -> Result:
    """Take a job's facts for what they are: an error outside the framework's phases is ours."""
    error = facts.get("error")
    for one in (error, *(each.get("error") for each in facts.get("formats", {}).values())):
        if one is None:
            continue
        told = f"{one['type']}: {texts.first_line(one['message'])}"
        if one["phase"] not in FRAMEWORK_PHASES:
            return Result(fault=f"the probe failed in phase {one['phase']}: {told}")
        if one["type"] == "KeyboardInterrupt":
            return Result(fault="it was interrupted")
        if one.get("errno") in EXHAUSTED or "No space left on device" in one["message"]:
            return Result(fault=f"this machine has no more room: {told}", error=one)
    return Result(facts=facts)


def ended(status: int, phase: str, killed: Mapping[str, Any] | None) -> Result:
    """Name how a child ended in the middle of a job."""
    if phase not in FRAMEWORK_PHASES:
        return Result(fault=f"its process ended in phase {phase}, where the probe is at work")
    if killed is not None:
        return Result(crash={**killed, "phase": phase})
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        try:
            name = signal.Signals(number).name
        except ValueError:
            name = f"signal {number}"
        return Result(crash={"kind": "signal", "signal": name, "phase": phase})
    code = os.WEXITSTATUS(status)
    if code == PROBE_FAULT:
        return Result(fault="the probe itself broke down; its worker's log says where")
    return Result(crash={"kind": "exit", "code": code, "phase": phase})
