"""What a package index lists: releases, their files, and which Python can have them; pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.tags import Tag
from packaging.utils import InvalidWheelFilename, parse_wheel_filename
from packaging.version import Version

Listing = Mapping[str, tuple["Release", ...]]

HERE = "manylinux_x86_64"
"""The platform on which environments are built."""
PLATFORMS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    HERE: (("linux", "manylinux"), ("x86_64",)),
    "manylinux_aarch64": (("linux", "manylinux"), ("aarch64",)),
    "macosx_arm64": (("macosx",), ("arm64", "universal2")),
    "macosx_x86_64": (("macosx",), ("x86_64", "universal2", "intel")),
    "win_amd64": (("win",), ("amd64",)),
}
"""How the tags of wheels for each platform begin, and how they end."""


@dataclass(frozen=True, kw_only=True)
class File:
    """One file of a release, as the index lists it."""

    name: str
    requires_python: str | None
    uploaded: date | None
    yanked: bool

    @property
    def is_wheel(self) -> bool:
        return self.name.endswith(".whl")

    def fits(self, python: str, platform: str = HERE) -> bool:
        """Whether a Python of that minor version on that platform can have it."""
        return self._allows(python) and (not self.is_wheel or self._runs_on(python, platform))

    def _allows(self, python: str) -> bool:
        try:
            # The newest patch, for an upper bound such as <3.9.99 names patches, too.
            return SpecifierSet(self.requires_python or "").contains(f"{python}.99")
        except InvalidSpecifier:  # old releases have written whatever came to mind
            return True

    def _runs_on(self, python: str, platform: str) -> bool:
        try:
            tags = parse_wheel_filename(self.name)[3]
        except InvalidWheelFilename:
            return False
        return any(_tag_fits(tag, python, platform) for tag in tags)


def _tag_fits(tag: Tag, python: str, platform: str) -> bool:
    begins, ends = PLATFORMS[platform]
    there = tag.platform.startswith(begins) and tag.platform.endswith(ends)
    if not there and tag.platform != "any":
        return False
    minor = int(python.removeprefix("3."))
    if tag.interpreter.startswith("py3"):
        return tag.interpreter == "py3" or int(tag.interpreter[3:]) <= minor
    if not tag.interpreter.startswith("cp3"):
        return False
    built_for = int(tag.interpreter[3:] or 0)
    return built_for == minor or (tag.abi == "abi3" and built_for <= minor)


@dataclass(frozen=True, kw_only=True)
class Release:
    """One version of a package, with all its files."""

    package: str
    version: Version
    files: tuple[File, ...]

    @property
    def uploaded(self) -> date | None:
        """The day its wheels came, for releases get more files years later; None: not told."""
        days = [file.uploaded for file in self.wheels or self.files if file.uploaded]
        return min(days, default=None)

    @property
    def wheels(self) -> tuple[File, ...]:
        return tuple(file for file in self.files if file.is_wheel)

    @property
    def yanked(self) -> bool:
        return all(file.yanked for file in self.files)

    @property
    def minor(self) -> tuple[int, int]:
        return self.version.major, self.version.minor

    def fits(self, python: str) -> bool:
        """Whether that Python can have it; where it has no wheel at all, from its source."""
        return any(file.fits(python) for file in self.wheels or self.files)
