"""Requirements as a person types them -> what is wished for; pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from caniload.runner.core.errors import UsageError
from caniload.runner.matrix.frameworks import frameworks

_EXAMPLE = "say one release, such as tensorflow==2.16.1"


@dataclass(frozen=True, kw_only=True)
class Wish:
    """Exact versions, in the order given, and looser requirements that only steer the rest."""

    packages: dict[str, str]
    pins: tuple[str, ...]


def parse(texts: Sequence[str]) -> Wish:
    """Read requirements; ``UsageError`` says what about which of them cannot be used."""
    packages: dict[str, str] = {}
    pins: list[str] = []
    named: set[str] = set()
    for text in texts:
        requirement = _requirement(text)
        name = canonicalize_name(requirement.name)
        if name in named:
            raise UsageError(f"{text!r}: {name} is asked for twice; ask once")
        named.add(name)
        if version := _exact(requirement):
            packages[name] = version
        elif name in frameworks().exact:
            raise UsageError(f"{text!r} leaves open which {name} is meant; {_EXAMPLE}")
        else:
            pins.append(f"{name}{requirement.specifier}")
    if not set(frameworks().named) & set(packages):
        raise UsageError(f"{', '.join(texts)!r} names no TensorFlow, Keras or tf-keras; {_EXAMPLE}")
    return Wish(packages=packages, pins=tuple(sorted(pins)))


def _requirement(text: str) -> Requirement:
    try:
        requirement = Requirement(text)
    except InvalidRequirement:
        raise UsageError(f"{text!r} is no requirement; {_EXAMPLE}") from None
    if requirement.url or requirement.extras or requirement.marker:
        raise UsageError(f"{text!r}: a URL, extras and markers cannot be used here; {_EXAMPLE}")
    return requirement


def _exact(requirement: Requirement) -> str | None:
    specifiers = list(requirement.specifier)
    if len(specifiers) != 1 or specifiers[0].operator != "==":
        return None
    version = specifiers[0].version
    return None if version.endswith(".*") else str(Version(version))
