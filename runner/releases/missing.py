"""What a package index lists and the matrix has not: which releases are new to it; pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from packaging.version import Version

from caniload.runner.matrix.frameworks import frameworks, plain
from caniload.runner.matrix.schema import Matrix
from caniload.runner.packages.listing import Listing, Release


def missing(matrix: Matrix, listing: Listing, *, pre: bool) -> list[Release]:
    """Return the newest patch of each minor version that no environment has, latest first."""
    found = [
        release
        for one in frameworks().frameworks
        for release in newest_patches(listing.get(one.package, ()), pre=pre)
        if release.wheels
        and release.version >= (one.first or release.version)
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
        if release.package != "tensorflow"
        or frameworks().stack(environment.stack).ordered_by == release.package
        for name, version in environment.packages.items()
        if plain(name) == release.package
    )


def _is_part_of_tensorflow(release: Release) -> bool:
    """Whether it is the Keras of the TensorFlow of the same number, and comes with that."""
    since = frameworks().since
    return release.package == "keras" and (
        since.keras_of_tensorflow <= release.version < since.keras_3
    )


def older_patches(matrix: Matrix, release: Release) -> Sequence[str]:
    """Return the environments that have another patch of the same minor version."""
    return [
        environment.id
        for environment in matrix.environments
        for name, version in environment.packages.items()
        if plain(name) == release.package
        and (Version(version).major, Version(version).minor) == release.minor
    ]
