"""Two locked environments -> what differs, and environments that take some of it from each; pure.

All that is not exchanged is held at the version that the first one's lock has, whatever the
packages themselves ask for: that is what makes the answer about the one that was.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from caniload.runner.evidence.keys import digest
from caniload.runner.matrix.frameworks import frameworks, plain
from caniload.runner.matrix.schema import Environment

OTHERS, PYTHON = "others", "python"


@dataclass(frozen=True, kw_only=True)
class Locked:
    """An environment with all packages of its lock, names in normal form."""

    environment: Environment
    packages: Mapping[str, str]

    @property
    def id(self) -> str:
        return self.environment.id

    def version(self, package: str) -> str | None:
        """Return the version of a package; of TensorFlow, whichever build is there."""
        if package == PYTHON:
            return self.environment.python
        return next((v for name, v in self.packages.items() if plain(name) == package), None)

    def named(self, package: str) -> str:
        """Return the name under which the package is there: ``tensorflow`` may be the CPU build."""
        return next((name for name in self.packages if plain(name) == package), package)


@dataclass(frozen=True, kw_only=True)
class Part:
    """What is exchanged at once between two environments: a package, and what comes with it."""

    name: str
    packages: tuple[str, ...]
    good: str
    bad: str

    @property
    def words(self) -> str:
        return self.name if self.name == OTHERS else f"{self.name} {self.good} → {self.bad}"


def exact(spec: str) -> str:
    """Return ``==2.10.0`` in the spelling of indexes, where it names one version."""
    try:
        return f"=={Version(spec.removeprefix('=='))}"
    except InvalidVersion:
        return spec


def differing(good: Locked, bad: Locked) -> list[str]:
    """Return the packages that both have, in different versions."""
    names = sorted({plain(name) for name in good.packages})
    return [name for name in names if bad.version(name) not in (None, good.version(name))]


def parts(good: Locked, bad: Locked) -> Iterator[Part]:
    """Yield what differs between two environments, the likeliest to matter first."""
    left = differing(good, bad)
    alone = set(frameworks().suspected)
    for suspect in (one for one in frameworks().suspects if one.package in left):
        along = [one for one in suspect.along if one in left]
        alone.update(along)
        yield _part(suspect.package, (suspect.package, *along), good, bad)
    if others := [one for one in left if one not in alone]:
        yield Part(name=OTHERS, packages=tuple(others), good="", bad="")
    if good.environment.python != bad.environment.python:
        yield _part(PYTHON, (PYTHON,), good, bad)


def single(name: str, good: Locked, bad: Locked) -> Part:
    """Return one package as a part."""
    return _part(name, (name,), good, bad)


def _part(name: str, packages: tuple[str, ...], good: Locked, bad: Locked) -> Part:
    return Part(
        name=name,
        packages=packages,
        good=good.version(name) or "",
        bad=bad.version(name) or "",
    )


def changes_to(names: Sequence[str], other: Locked) -> dict[str, str]:
    """Return the requirements that bring these packages to the versions of ``other``."""
    return {
        other.named(name): f"=={version}"
        for name in names
        if (version := other.version(name)) is not None
    }


def mixed(
    base: Locked, other: Locked, changes: Mapping[str, str], *, words: str, cutoff: str = ""
) -> Environment:
    """Return ``base`` with some packages changed, such as ``{"keras": "==3.0.0"}``.

    What the changed ones need and ``base`` has not is as in ``other``; ``cutoff`` is the day of the
    newest of them, if that may be later than either's.
    """
    environment = base.environment
    exchanged = {plain(name) for name in changes} - {PYTHON}
    wanted = {name: spec for name, spec in changes.items() if name != PYTHON}
    had = {name: f"=={version}" for name, version in base.packages.items()}
    more = {name: f"=={version}" for name, version in other.packages.items()}
    if environment.python != other.environment.python:  # which packages are needed depends on it
        more = {}
    known = {plain(name) for name in had} | exchanged
    held = {name: spec for name, spec in had.items() if plain(name) not in exchanged}
    held |= {name: spec for name, spec in more.items() if plain(name) not in known}
    held |= wanted
    python = changes.get(PYTHON, environment.python).removeprefix("==")
    packages: dict[str, str] = {}
    for name, version in environment.packages.items():
        found = next((one for one in wanted if plain(one) == plain(name)), None)
        packages[found or name] = wanted[found].removeprefix("==") if found else version
    kept = [one for one in environment.overrides if ";" in one or _name(one) not in held]
    changed = {
        "packages": packages,
        "pins": tuple(pin for pin in environment.pins if _name(pin) not in held),
        "overrides": (*kept, *(f"{name}{spec}" for name, spec in sorted(held.items()))),
        "cutoff": max(environment.cutoff, other.environment.cutoff, cutoff),
        "python": python,
        "pythons": (),
        "twin": None,
        "states": None,
    }
    made = environment.model_copy(update=changed)
    return made.model_copy(update={"id": _id(made, words)})


def _id(environment: Environment, words: str) -> str:
    """Return an id that is another for every other set of packages."""
    content = environment.model_dump_json(exclude={"id", "label", "pythons", "twin", "states"})
    slug = re.sub(r"[^a-z0-9.]+", "-", words.lower()).strip("-.")
    return f"{slug[:52]}-{digest(content)[:7]}"


def _name(requirement: str) -> str:
    return canonicalize_name(Requirement(requirement).name)
