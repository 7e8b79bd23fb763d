"""The names of profiles, apart from the schema: the command line lists them and reads no matrix."""

from __future__ import annotations

from typing import Literal

ProfileName = Literal["quick", "default", "full", "published", "all"]
SelectedBy = Literal[ProfileName, "named"]
"""``named``: environments that a person names, with the models of the default profile."""
