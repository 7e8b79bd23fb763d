"""The words for walls: which there are, what one stops, and what would help where none is; pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from caniload.runner.sandbox.words import AUTO, CHOICES, Level

WRITING = "writing outside its folder"
READING = "reading other files"
HOME = "reading the home"
SHADOW = "reading /etc/shadow"
TCP = "TCP"
UDP = "UDP"
MODES = "changing modes and times of files"
PROCESSES = "seeing or signalling other processes"
NAMESPACES = "new namespaces and mounts"
FORKS = "more processes than allowed"

TRIED = (WRITING, READING, HOME, SHADOW, TCP, UDP, MODES, PROCESSES, NAMESPACES, FORKS)
"""All that is tried behind a wall, each as it is told."""
NEEDED = frozenset({WRITING, READING, HOME, SHADOW, TCP, UDP})
"""What a wall has to stop to be one."""


@dataclass(frozen=True, kw_only=True)
class Way:
    """A level, and as whom: ``uid`` is who a process becomes, ``None``: it stays who we are.

    ``runtime`` is what podman makes a container with, empty: what it is set to.
    """

    level: Level
    uid: int | None = None
    runtime: str = ""


@dataclass(frozen=True, kw_only=True)
class Held:
    """What was tried behind a wall on this machine, by whether it was stopped."""

    level: Level
    blocked: tuple[str, ...] = ()
    open: tuple[str, ...] = ()
    unprivileged: bool = False

    @property
    def holds(self) -> bool:
        return self.level is Level.NONE or set(self.blocked) >= NEEDED

    def told(self) -> dict[str, Any]:
        """Return it as results have it."""
        return {"level": str(self.level), "blocked": list(self.blocked), "open": list(self.open)}


NO_WALL = Held(level=Level.NONE, open=TRIED)


def as_line(told: Mapping[str, Any]) -> str:
    """Return in a few words what held, from what ``told`` returned."""
    if told["level"] == Level.NONE:
        return "none: it ran as you, with all that you may do"
    if told["open"]:
        return f"{told['level']}; what was tried does not stop: {', '.join(told['open'])}"
    return f"{told['level']}; tested first, nothing got out"


def what_helps(wanted: str, problems: dict[Level, str]) -> str:
    """Say in a sentence that there is no wall, why, and what would help."""
    why = "; ".join(f"{level}: {text}" for level, text in problems.items())
    meant = "no sandbox can" if wanted == AUTO else f"the sandbox {wanted} cannot"
    return (
        f"not loaded, for {meant} be had here ({why}): install bubblewrap (apt-get install"
        " bubblewrap), use a kernel with Landlock (6.7 or newer), install podman, or say --sandbox"
        " none if you trust the file with all that you may do"
    )


def known(wanted: str) -> str | None:
    """Return what is wrong with a word for a level, or ``None``."""
    if wanted in CHOICES:
        return None
    return f"there is no sandbox {wanted!r}; there are {', '.join(CHOICES)}"
