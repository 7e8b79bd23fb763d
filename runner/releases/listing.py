"""What a package index lists -> which releases there are, where they fit, which are new; pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.tags import Tag
from packaging.utils import InvalidWheelFilename, parse_wheel_filename
from packaging.version import Version

from runner.matrix.schema import Matrix

FOLLOWED = ("tensorflow", "keras", "tf-keras")
PYTHONS = {
    "3.13": date(2024, 10, 7),
    "3.12": date(2023, 10, 2),
    "3.11": date(2022, 10, 24),
    "3.10": date(2021, 10, 4),
    "3.9": date(2020, 10, 5),
    "3.8": date(2019, 10, 14),
    "3.7": date(2018, 6, 27),
    "3.6": date(2016, 12, 23),
}
"""The Pythons that probes run on, newest first, and since when there are those."""

_FIRST = {"tensorflow": Version("1.4")}
"""Before, there was nothing to run: TensorFlow got its Keras in 1.4."""

Listing = Mapping[str, tuple["Release", ...]]


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

    def fits(self, python: str) -> bool:
        """Whether a Python of that minor version on Linux, x86-64, can have it."""
        return self._allows(python) and (not self.is_wheel or self._runs_on(python))

    def _allows(self, python: str) -> bool:
        try:
            # The newest patch, for an upper bound such as <3.9.99 names patches, too.
            return SpecifierSet(self.requires_python or "").contains(f"{python}.99")
        except InvalidSpecifier:  # old releases have written whatever came to mind
            return True

    def _runs_on(self, python: str) -> bool:
        try:
            tags = parse_wheel_filename(self.name)[3]
        except InvalidWheelFilename:
            return False
        return any(_tag_fits(tag, python) for tag in tags)


def _tag_fits(tag: Tag, python: str) -> bool:
    linux = tag.platform.startswith(("linux", "manylinux")) and tag.platform.endswith("x86_64")
    if not linux and tag.platform != "any":
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


def missing(matrix: Matrix, listing: Listing, *, pre: bool) -> list[Release]:
    """Return the newest patch of each minor version that no environment has, latest first."""
    found = [
        release
        for package in FOLLOWED
        for release in newest_patches(listing.get(package, ()), pre=pre)
        if release.wheels
        and release.version >= _FIRST.get(package, release.version)
        and not _has(matrix, release)
        and not _is_part_of_tensorflow(release)
    ]
    return sorted(found, key=lambda release: release.uploaded or date.min, reverse=True)


def newest_patches(releases: Iterable[Release], *, pre: bool) -> list[Release]:
    """Return the last release of each minor version; a pre-release only before the first other."""
    newest: dict[tuple[int, int], Release] = {}
    for release in sorted(releases, key=lambda one: (not one.version.is_prerelease, one.version)):
        if not release.yanked and (pre or not release.version.is_prerelease):
            newest[release.minor] = release
    return list(newest.values())


def _has(matrix: Matrix, release: Release) -> bool:
    """Say whether a row is about that release; a TensorFlow under another Keras is not."""
    return any(
        Version(version) == release.version
        for environment in matrix.environments
        if release.package != "tensorflow" or environment.stack == "tf.keras"
        for name, version in environment.packages.items()
        if name.removesuffix("-cpu") == release.package
    )


def _is_part_of_tensorflow(release: Release) -> bool:
    """Whether it is the Keras of the TensorFlow of the same number, and comes with that."""
    return release.package == "keras" and Version("2.4") <= release.version < Version("2.16")


def older_patches(matrix: Matrix, release: Release) -> Sequence[str]:
    """Return the environments that have another patch of the same minor version."""
    return [
        environment.id
        for environment in matrix.environments
        for name, version in environment.packages.items()
        if name.removesuffix("-cpu") == release.package
        and (Version(version).major, Version(version).minor) == release.minor
    ]
