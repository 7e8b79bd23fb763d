"""What came of loading attack files, by environment: the security matrix as plain values."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum


class Came(StrEnum):
    """What came of loading an attack file, the best first; the last says nothing of a version."""

    REFUSED = "refused"
    IGNORED = "ignored"
    REACHED = "reached"
    UNTESTED = "not tested"


LESSER = frozenset({"grows", "calls", "crashes"})
"""What a file reaches that takes memory, disk or its own process, or calls what is Keras's."""


@dataclass(frozen=True, kw_only=True)
class AttackFile:
    """A file that attacks: ``what`` is in it, ``reaches`` what it is after, in a verb.

    ``published`` are the advisories about it.
    """

    id: str
    format: str
    what: str
    reaches: str
    published: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class AttackCell:
    """What came of one file: ``why`` is what the loader said, or why it is not known.

    ``parts``: what advisories say otherwise, a sentence each.
    """

    came: Came
    why: str = ""
    parts: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class AttackedEnvironment:
    """One environment and what came of each file, by id; a file that is not there was not tried.

    ``keras`` is the version that decides. ``here``: it was measured on this machine, and did not
    come with caniload.
    """

    id: str
    label: str
    stack: str
    keras: str
    versions: Mapping[str, str]
    lock_sha256: str
    measured_at: str
    sandbox: str
    cells: Mapping[str, AttackCell]
    here: bool = False


@dataclass(frozen=True, kw_only=True)
class AttackTable:
    """All files, and all environments in the order of matrix.yaml."""

    attacks: tuple[AttackFile, ...]
    environments: tuple[AttackedEnvironment, ...]

    def of(self, environment: str) -> AttackedEnvironment | None:
        return next((one for one in self.environments if one.id == environment), None)


@dataclass(frozen=True, kw_only=True)
class Reached:
    """Which attack files reached something in one place; ``lesser`` as ``LESSER`` says."""

    open: frozenset[str]
    lesser: frozenset[str]
    untested: frozenset[str]


def fewer(places: Iterable[Reached]) -> Iterator[int]:
    """Yield the number of each place that has fewer doors open than all before it.

    A door that is open in one of those and was not tried here counts as open: nobody knows.
    """
    fewest: tuple[int, int] | None = None
    wide, narrow = set[str](), set[str]()
    for number, one in enumerate(places):
        size = len(one.open | one.untested & wide), len(one.lesser | one.untested & narrow)
        if fewest is None or size < fewest:
            fewest = size
            yield number
        wide |= one.open
        narrow |= one.lesser


def newest_first(rows: Iterable[AttackedEnvironment]) -> list[AttackedEnvironment]:
    """Return environments by their Keras, then by what brings it."""
    return sorted(
        rows,
        key=lambda row: (numbers(row.keras), numbers(row.versions.get("tensorflow", ""))),
        reverse=True,
    )


def numbers(version: str) -> list[int]:
    return [int(part) for part in version.split(".") if part.isdecimal()]
