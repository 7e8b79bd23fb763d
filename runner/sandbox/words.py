"""What a person may ask for; imports nothing that takes long, for every command line has it."""

from __future__ import annotations

from enum import StrEnum


class Level(StrEnum):
    """A kind of wall, in the order in which they are tried: a container is slow to start."""

    BWRAP = "bwrap"
    LANDLOCK = "landlock"
    CONTAINER = "container"
    NONE = "none"


AUTO = "auto"
CHOICES = (AUTO, *Level)
"""What a person may ask for."""
