"""What a person may ask for; imports nothing that takes long, for every command line has it."""

from __future__ import annotations

from enum import StrEnum


class Level(StrEnum):
    """A kind of wall, the strictest first."""

    BWRAP = "bwrap"
    LANDLOCK = "landlock"
    NONE = "none"


AUTO = "auto"
CHOICES = (AUTO, *Level)
"""What a person may ask for."""
NOT_BUILT = "container"
"""A word that others use, for which nothing is here."""
