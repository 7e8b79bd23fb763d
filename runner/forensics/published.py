"""What has been published about what a finding lets happen: advisories, and who is open to them."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Advisory:
    """``fixed``: the first release of each line of Keras that is not open to it any more."""

    id: str
    what: str
    fixed: tuple[str, ...]
    note: str | None = None

    @property
    def line(self) -> str:
        note = f" ({self.note})" if self.note else ""
        return f"{self.id}: {self.what}; fixed in {' and '.join(self.fixed)}{note}"


def advisories(kind: str) -> Sequence[Advisory]:
    """Return what is known of findings of a kind."""
    return _read().get(kind, ())


@functools.cache
def _read() -> dict[str, tuple[Advisory, ...]]:
    import yaml  # noqa: PLC0415 - few files have anything found in them

    text = Path(__file__).with_name("advisories.yaml").read_text("utf-8")
    return {
        kind: tuple(Advisory(**{**one, "fixed": tuple(one["fixed"])}) for one in entries)
        for kind, entries in yaml.safe_load(text).items()
    }
