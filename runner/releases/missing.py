"""What a package index lists and the matrix has not: which releases are new to it; pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from packaging.version import Version

from caniload.runner.environments.listing import Listing, Release
from caniload.runner.matrix.schema import Matrix

FOLLOWED = ("tensorflow", "keras", "tf-keras")
_FIRST = {"tensorflow": Version("1.4")}
"""Before, there was nothing to run: TensorFlow got its Keras in 1.4."""


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
