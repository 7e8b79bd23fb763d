"""Numbers with half the digits: which of them a model computes in; pure."""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal

HalfPrecision = Literal["bfloat16", "float16"]

HALVES: tuple[HalfPrecision, ...] = ("bfloat16", "float16")
"""The coarser one first: where a model has both, that decides."""


def precision_of(policies: Collection[str]) -> HalfPrecision | None:
    """Return the precision that dtype policies such as ``mixed_bfloat16`` compute in, if half."""
    names = {policy.removeprefix("mixed_") for policy in policies}
    return next((one for one in HALVES if one in names), None)
