"""What a project's lock has -> the environment of matrix.yaml that is nearest to it, and how near.

Compared are the packages that decide how a model loads, in the order of ``compared`` in
frameworks.yaml: the nearest agrees in the first of them before it does in the second.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from packaging.version import Version

from caniload.runner.core.errors import UsageError
from caniload.runner.core.shipped import LOCKS
from caniload.runner.environments.locking import first_lock, locked_versions
from caniload.runner.matrix.frameworks import frameworks, plain
from caniload.runner.matrix.schema import Environment
from caniload.runner.project.locked import Locked

_FAR = (1_000_000, 0, 0)
Distance = tuple[tuple[int, int, int], ...]


@dataclass(frozen=True, kw_only=True)
class Nearest:
    """The nearest environment; ``have`` and ``there`` are versions of what is compared."""

    environment: Environment
    have: Mapping[str, Version]
    there: Mapping[str, Version]
    several: tuple[str, ...] = ()

    @property
    def exact(self) -> bool:
        return self.have == self.there

    @property
    def sentence(self) -> str:
        """Say which it is, what is the same, and how far the rest is from it."""
        names = [name for name in frameworks().compared if {*self.have, *self.there} & {name}]
        same = [
            f"{name} {self.have[name]}"
            for name in names
            if self.have.get(name) == self.there.get(name)
        ]
        other = [
            f"{f'{name} {self.have[name]}' if name in self.have else f'no {name}'}"
            f" ({self.there.get(name, 'none')} there)"
            for name in names
            if self.have.get(name) != self.there.get(name)
        ]
        parts = [f"the same {', '.join(same)}"] if same else []
        parts += [f"otherwise {', '.join(other)}"] if other else []
        told = f"nearest is {self.environment.id}: {'; '.join(parts)}"
        if self.several:
            told += f" (it has several of {', '.join(self.several)}: the newest counts)"
        return told


def nearest(locked: Locked, known: Sequence[Environment], locks: Path = LOCKS) -> Nearest:
    """Return the environment that is nearest; ``UsageError``: the lock has no framework."""
    compared = frameworks().compared
    have = _of(locked.versions)
    packages = [one.package for one in frameworks().frameworks]
    if not have.keys() & {*packages}:
        raise UsageError(
            f"{locked.path}: has no exact version of {' or '.join(packages)}: nothing to go by"
        )
    insides = {one.id: _inside(one, locks) for one in known}
    best = min(known, key=lambda one: distance(have, insides[one.id], compared))
    several = {plain(name) for name in locked.several} & {*compared}
    return Nearest(
        environment=best, have=have, there=insides[best.id], several=tuple(sorted(several))
    )


def distance(
    have: Mapping[str, Version], there: Mapping[str, Version], compared: Sequence[str]
) -> Distance:
    """Return how far two sets of versions are apart, package by package; all zero: not at all."""
    return tuple(_apart(have.get(name), there.get(name)) for name in compared)


def _apart(one: Version | None, other: Version | None) -> tuple[int, int, int]:
    if one is None or other is None:
        return (0, 0, 0) if one is other else _FAR
    gaps = tuple(abs(a - b) for a, b in zip(_three(one), _three(other), strict=True))
    if not any(gaps):  # of one number: a release and its candidates
        return (0, 0, int(one != other))
    return gaps[0], gaps[1], gaps[2]


def _three(version: Version) -> tuple[int, int, int]:
    return version.major, version.minor, version.micro


def _inside(environment: Environment, locks: Path) -> dict[str, Version]:
    named = {name: Version(version) for name, version in environment.packages.items()}
    try:
        text = first_lock(environment, locks).read_text("utf-8")
    except OSError:
        return _of(named)
    return _of(named | {name: Version(one) for name, one in locked_versions(text).items()})


def _of(versions: Mapping[str, Version]) -> dict[str, Version]:
    """Return what of it is compared, by plain names; local versions are the same release."""
    compared = {*frameworks().compared}
    found = {plain(name): version for name, version in versions.items()}
    return {name: Version(one.public) for name, one in found.items() if name in compared}
