"""What all tests share: a property is tried as long as it takes, however busy the machine."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("patient", deadline=None)
settings.load_profile("patient")
