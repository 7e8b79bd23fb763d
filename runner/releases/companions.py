"""New releases of companions -> twins of the newest environment, to be tried beside it.

A companion is what TensorFlow and Keras need and others release, such as h5py. Locks never change
by themselves, so a new one is met by nobody here until it has a row.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from caniload.runner.core.errors import UsageError
from caniload.runner.core.nearest import nearest
from caniload.runner.environments.locking import first_lock, locked_versions
from caniload.runner.matrix.frameworks import frameworks
from caniload.runner.matrix.joining import head
from caniload.runner.matrix.schema import Environment, Matrix
from caniload.runner.packages.listing import Listing, Release


def offered(
    matrix: Matrix, listing: Listing, locks: Path, *, pre: bool
) -> Iterator[tuple[Release, Environment]]:
    """Yield the newest release of each companion that the newest environments have not met."""
    for base in newest(matrix):
        for package in frameworks().companions:
            release = _latest(listing.get(package, ()), base.python, pre=pre)
            met = _known(matrix, base, package, locks)
            if release is not None and (met is None or release.version > met):
                yield release, twin(matrix, base.id, [f"{package}=={release.version}"])


def newest(matrix: Matrix) -> Iterator[Environment]:
    """Yield the newest environment of each stack that goes on; of a pre-release only for want."""
    for stack in frameworks().stacks:
        rows = [one for one in matrix.environments if one.stack == stack.name and not one.twin]
        if rows and stack.reads_keras_3:
            yield max(rows, key=lambda one: (not head(one).is_prerelease, head(one)))


def _latest(releases: Sequence[Release], python: str, *, pre: bool) -> Release | None:
    fitting = [
        one
        for one in releases
        if not one.yanked and one.fits(python) and (pre or not one.version.is_prerelease)
    ]
    return max(fitting, key=lambda one: one.version, default=None)


def _known(matrix: Matrix, base: Environment, package: str, locks: Path) -> Version | None:
    """Return the newest release of a package that the environment or a twin of it has."""
    found = []
    for one in matrix.environments:
        if base.id in (one.id, one.twin):
            try:
                text = first_lock(one, locks).read_text(encoding="utf-8")
            except FileNotFoundError:
                continue
            if version := locked_versions(text).get(canonicalize_name(package)):
                found.append(Version(version))
    return max(found, default=None)


def twin(
    matrix: Matrix, beside: str, requirements: Sequence[str], *, name: str | None = None
) -> Environment:
    """Return the environment that differs from another in one companion alone, not yet locked."""
    known = {one.id: one for one in matrix.environments}
    if beside not in known:
        near = nearest(beside, known, all_of="caniload env list")
        raise UsageError(f"there is no environment {beside!r} in matrix.yaml; {near}")
    base = known[beside]
    if base.twin is not None:
        raise UsageError(f"{beside} is itself a twin, of {base.twin}: say --beside {base.twin}")
    package, version = _exact(requirements)
    if package in {canonicalize_name(one) for one in base.packages}:
        raise UsageError(f"{beside} is about {package} itself; leave out --beside")
    short = ".".join(version.split(".")[:2])
    return base.model_copy(
        update={
            "id": name or f"{base.id}-{package}-{short}"[:60],
            "label": f"{base.label} with {package} {short}"[:40],
            "pythons": (),
            "pins": (*_others(base.pins, package), f"{package}=={version}"),
            "overrides": _others(base.overrides, package),
            "twin": base.id,
        }
    )


def _others(pins: Sequence[str], package: str) -> tuple[str, ...]:
    return tuple(one for one in pins if canonicalize_name(Requirement(one).name) != package)


def _exact(requirements: Sequence[str]) -> tuple[str, str]:
    """Return the one package and its release that is asked for."""
    wrong = UsageError("--beside takes one release of one companion, such as numpy==2.0.0")
    if len(requirements) != 1:
        raise wrong
    try:
        asked = Requirement(requirements[0])
    except InvalidRequirement:
        raise wrong from None
    specifiers = list(asked.specifier)
    if len(specifiers) != 1 or specifiers[0].operator != "==" or asked.extras or asked.marker:
        raise wrong
    return canonicalize_name(asked.name), specifiers[0].version
