"""Environments, and what an index lists -> which of them have wheels on another platform.

Looked at are the packages that a row is about, and those of its lock that are compiled and decide
how it loads. A wheel says that it can be installed, not that anything was run there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from packaging.version import Version

from caniload.runner.core.shipped import LOCKS
from caniload.runner.environments.locking import first_lock, locked_versions, normal_name
from caniload.runner.matrix.frameworks import frameworks, plain
from caniload.runner.matrix.schema import Environment
from caniload.runner.packages.listing import Listing, Release


@dataclass(frozen=True, kw_only=True)
class Row:
    """What there is of one environment on a platform; ``python`` is the first that has it all.

    ``instead`` names packages that have to stand for those of the row, ``missing`` what no wheel is
    of, ``source`` companions that would be built from source; ``python`` is ``None`` where
    something is missing for each.
    """

    environment: str
    python: str | None
    instead: Mapping[str, str]
    missing: tuple[str, ...] = ()
    source: tuple[str, ...] = ()


def asked_about(environments: Sequence[Environment], locks: Path = LOCKS) -> set[str]:
    """Return the packages that the index has to be asked about."""
    found = set()
    for one in environments:
        for name in (*one.packages, *_companions(one, locks)):
            found |= {normal_name(name), plain(name)}
    return found


def rows(
    environments: Sequence[Environment], listing: Listing, platform: str, locks: Path = LOCKS
) -> list[Row]:
    """Return a row for each environment, in their order."""
    return [_row(one, listing, platform, _companions(one, locks)) for one in environments]


def as_lines(rows: Sequence[Row], platform: str) -> Iterator[str]:
    """Yield how many have wheels, then each."""
    there = sum(one.python is not None for one in rows)
    yield f"{platform}: {there} of {len(rows)} environments have wheels of what they are about"
    width = max((len(one.environment) for one in rows), default=0)
    for one in rows:
        yield f"  {one.environment:<{width}}  {_said(one)}"
    yield (
        "As the package index lists them now, for the packages of each row and its compiled"
        " companions; caniload runs on Linux on x86-64 alone, and nothing was run there."
    )


def _said(one: Row) -> str:
    if one.python is None:
        return f"no wheel of {', '.join(one.missing)}"
    parts = [f"Python {one.python}"]
    parts += [f"{there} in place of {name}" for name, there in one.instead.items()]
    parts += [f"{name} from source alone" for name in one.source]
    return ", ".join(parts)


def _companions(environment: Environment, locks: Path) -> dict[str, str]:
    """Return what else is told of an environment and locked in it, with its version."""
    pinned = locked_versions(first_lock(environment, locks).read_text("utf-8"))
    rows_own = {plain(normal_name(name)) for name in environment.packages}
    return {
        name: pinned[name]
        for name in frameworks().listed
        if name in pinned and name not in rows_own
    }


def _row(
    environment: Environment, listing: Listing, platform: str, companions: Mapping[str, str]
) -> Row:
    missing: tuple[str, ...] = ()
    for python in (environment.python, *environment.pythons):
        instead, missing = dict[str, str](), ()
        for name, version in environment.packages.items():
            if _has(listing, name, version, python, platform):
                continue
            if plain(name) != name and _has(listing, plain(name), version, python, platform):
                instead[name] = plain(name)
            else:
                missing += (f"{name} {version} for Python {python}",)
        if not missing:
            source = tuple(
                f"{name} {version}"
                for name, version in companions.items()
                if not _has(listing, name, version, python, platform)
            )
            return Row(environment=environment.id, python=python, instead=instead, source=source)
    return Row(environment=environment.id, python=None, instead={}, missing=missing)


def _has(listing: Listing, name: str, version: str, python: str, platform: str) -> bool:
    """Say whether there is a wheel; the build of a release (``+cpu``) is that release."""
    wanted = Version(version).public
    found: Sequence[Release] = listing.get(normal_name(name), ())
    return any(
        file.fits(python, platform)
        for one in found
        if one.version.public == wanted
        for file in one.wheels
    )
