"""What a person calls an end -> the environment that is meant, and what lies between two."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from caniload.runner.bisecting.bench import Bench
from caniload.runner.bisecting.mixing import Locked
from caniload.runner.core.errors import UsageError
from caniload.runner.core.nearest import nearest
from caniload.runner.matrix.frameworks import frameworks
from caniload.runner.matrix.joining import backend, head, versions
from caniload.runner.matrix.schema import Environment, Matrix
from caniload.runner.packages.listing import Listing, Release


@dataclass(frozen=True, kw_only=True)
class Place:
    """A candidate on a line: its words, and how its environment is had when its turn comes."""

    words: str
    version: str
    make: Callable[[], Locked]
    row: bool = False


def companions(texts: Sequence[str]) -> dict[str, str]:
    """Read ``--with``: requirements by name; ``UsageError`` says what cannot be used."""
    found: dict[str, str] = {}
    for text in texts:
        try:
            requirement = Requirement(text)
        except InvalidRequirement:
            raise UsageError(f"--with {text!r} is no requirement, such as h5py==2.10") from None
        if requirement.url or requirement.extras or requirement.marker:
            raise UsageError(f"--with {text!r}: a URL, extras and markers cannot be used here")
        name, spec = canonicalize_name(requirement.name), str(requirement.specifier)
        if not spec or (name in frameworks().named and not re.fullmatch(r"==[\w.]+", spec)):
            raise UsageError(f"--with {text!r} leaves open which {name} is meant; say {name}==…")
        if name in found:
            raise UsageError(f"--with {text!r}: {name} is asked for twice")
        found[name] = spec
    return found


def end(
    bench: Bench, matrix: Matrix, option: str, text: str, pythons: Sequence[str] = ()
) -> Locked:
    """Return the environment of an id, of requirements, or of a TensorFlow version.

    What is not in matrix.yaml gets the first of ``pythons`` that it can have.
    """
    known = {one.id: one for one in matrix.environments}
    for name in frameworks().called(text):
        if name in known:
            return bench.row(known[name])
    if "==" in text:
        return bench.meant([one for one in re.split(r"[\s,]+", text) if one], pythons)
    try:
        version = Version(text)
    except InvalidVersion:
        raise UsageError(
            f"{option} {text}: neither an id, nor a requirement such as tensorflow==2.16.1, nor a"
            f" TensorFlow version; {nearest(text, known, all_of='caniload env list')}"
        ) from None
    if len(version.release) > 2:  # noqa: PLR2004 - with a patch: one release
        return bench.meant([f"tensorflow=={text}"], pythons)
    raise UsageError(
        f"{option} {text}: matrix.yaml has no TensorFlow {text}; name one release, such as"
        f" {text}.1, or an id; {nearest(text, known, all_of='caniload env list')}"
    )


def pinned(bench: Bench, one: Locked, wanted: Mapping[str, str], *, cutoff: str) -> Locked:
    """Return the environment with the companions that a person asked for."""
    if not wanted:
        return one
    changes = {one.named(name): spec for name, spec in wanted.items()}
    words = "-".join([one.id, "with", *(f"{name}{spec}" for name, spec in wanted.items())])
    return bench.mix(one, one, changes, words=words, cutoff=cutoff)


def axis(good: Locked, bad: Locked) -> str | None:
    """Return the package whose releases lead from one end to the other; none for other kinds."""
    one, other = good.environment, bad.environment
    if (one.stack, one.imports, _computes(one)) != (other.stack, other.imports, _computes(other)):
        return None
    stack = frameworks().stack(one.stack)
    if not stack.bisected or _computes(one) != "tensorflow" or head(one) == head(other):
        return None
    return stack.ordered_by


def line(
    bench: Bench,
    matrix: Matrix,
    ends: tuple[Locked, Locked],
    releases: Sequence[Release],
    finish: Callable[[Locked], Locked],
) -> list[Place]:
    """Return all that lies between two ends, and these, from the good one to the bad one.

    It is the environments of matrix.yaml of their kind, and one for each release it has not.
    """
    good, bad = ends
    name = axis(good, bad) or ""
    first, last = head(good.environment), head(bad.environment)
    low, high = sorted((first, last))
    rows = {head(one): one for one in reversed(matrix.environments) if _kin(one, good.environment)}
    pythons = [one.environment.python for one in ends]
    found: dict[Version, Place] = {}
    for version in sorted({*rows, *(one.version for one in releases)}):
        if not low < version < high:
            continue
        row = rows.get(version)
        found[version] = Place(
            words=row.id if row else f"{name} {version}",
            version=str(version),
            make=_maker(bench, row, f"{name}=={version}", pythons, finish),
            row=row is not None,
        )
    between = [found[version] for version in sorted(found, reverse=last < first)]
    return [fixed(good, str(first)), *between, fixed(bad, str(last))]


def _maker(
    bench: Bench,
    row: Environment | None,
    wish: str,
    pythons: Sequence[str],
    finish: Callable[[Locked], Locked],
) -> Callable[[], Locked]:
    return lambda: finish(bench.row(row) if row else bench.meant([wish], pythons))


def fixed(one: Locked, version: str) -> Place:
    """Return the place of an environment that is there."""
    return Place(words=one.id, version=version, make=lambda: one, row=True)


def final(listing: Listing, package: str, low: str, high: str) -> list[Release]:
    """Return the releases of a package strictly between two versions, oldest first.

    Those that were withdrawn, that came before their release, or that have no files are left out.
    """
    first, last = sorted((Version(low), Version(high)))
    return [
        one
        for one in sorted(listing.get(package, ()), key=lambda one: one.version)
        if first < one.version < last
        and not one.yanked
        and one.files
        and not one.version.is_prerelease
        and not one.version.is_devrelease
    ]


def _kin(one: Environment, other: Environment) -> bool:
    """Say whether it is of the same kind; one that is there for its companion's sake is not."""
    return (
        one.twin is None
        and (one.stack, one.imports, _computes(one))
        == (other.stack, other.imports, _computes(other))
        and frameworks().stack(other.stack).ordered_by in versions(one)
    )


def _computes(one: Environment) -> str | None:
    return backend(one.packages)
