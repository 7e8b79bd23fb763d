"""Which attack files there are: ``attacks.yaml``, typed."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from packaging.version import Version


@dataclass(frozen=True, kw_only=True)
class Published:
    """An advisory: of which releases of a package it says that they are open."""

    id: str
    fixed: tuple[str, ...]
    since: str | None = None
    of: str = "keras"

    def says_open(self, version: str) -> bool | None:
        """Say whether it calls a release open; ``None``: it is about others.

        A release is mended by the fix of its own line, else by that of an older one, once there is
        no newer line that had to be mended.
        """
        asked = release(version)
        if self.since is not None and asked < Version(self.since):
            return None
        fixes = sorted(map(Version, self.fixed))
        own = [one for one in fixes if one.release[:2] == asked.release[:2]]
        return asked < (own[0] if own else fixes[-1])


@dataclass(frozen=True, kw_only=True)
class Attack:
    """One file; fields are as the head of ``attacks.yaml`` says."""

    id: str
    format: str
    what: str
    reaches: str
    canary: Mapping[str, str]
    control: str
    needs: str | None = None
    published: tuple[Published, ...] = ()

    @property
    def limited(self) -> str | None:
        """The control once more, under the limits by which growth is noticed."""
        return f"{self.control}-limited" if "growth" in self.canary else None


def release(keras: str) -> Version:
    """Return a version of Keras as it states it itself: the one within TensorFlow adds a word."""
    return Version(keras.partition("-")[0])


@functools.cache
def attacks() -> tuple[Attack, ...]:
    """Return all of them, in the order of the file."""
    return tuple(
        Attack(
            **{
                **one,
                "published": tuple(
                    Published(**{**said, "fixed": tuple(said["fixed"])})
                    for said in one.get("published", ())
                ),
            }
        )
        for one in _read()["attacks"]
    )


def is_released(versions: Iterable[str]) -> bool:
    """Say whether these are releases, and none of them a candidate."""
    return not any(release(one).is_prerelease for one in versions)


def called(package: str) -> str:
    """Return what a package that advisories are about is called in a sentence."""
    return str(_read()["packages"][package])


def is_newer(keras: str) -> bool:
    """Say whether a release of Keras writes configurations in the newer way."""
    return release(keras) >= Version(_read()["configurations"]["newer"])


def stated(*, newer: bool) -> str:
    """Return the version of Keras that files of a generation state."""
    return str(_read()["configurations"]["states"]["newer" if newer else "older"])


def measurement() -> int:
    """Return the number of the way that files are made and loaded."""
    return int(_read()["measurement"])


def formats() -> Sequence[str]:
    return tuple(dict.fromkeys(one.format for one in attacks()))


@functools.cache
def _read() -> dict[str, Any]:
    import yaml  # noqa: PLC0415 - most commands ask for none of it

    text = Path(__file__).with_name("attacks.yaml").read_text(encoding="utf-8")
    read: dict[str, Any] = yaml.safe_load(text)
    return read
