"""Where packs lie, and which of their environments are those that there are here.

What was measured counts as long as the environment is locked as it was then, for any of its
Pythons, and by the same schema of measurement: what facts mean has not changed since.
"""

from __future__ import annotations

import platform
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from caniload.runner.core.shipped import LOCKS
from caniload.runner.environments.home import Home
from caniload.runner.environments.locking import first_lock_sha256, lock_sha256
from caniload.runner.environments.receipts import read_receipt
from caniload.runner.environments.variables import replay_variables
from caniload.runner.matrix.schema import Environment, Matrix
from caniload.runner.packs.columns import Row
from caniload.runner.packs.frame import PackError
from caniload.runner.packs.pack import Pack

SHIPPED = Path(__file__).with_name("published.pack")
ENDING = ".pack"


@dataclass(frozen=True, kw_only=True)
class Shelved:
    """A pack that is used here; ``called`` is what an answer says of where it is from.

    ``own``: somebody here imported it.
    """

    pack: Pack
    called: str
    own: bool = False


def shelf(home: Home, shipped: Path = SHIPPED) -> tuple[list[Shelved], list[str]]:
    """Return the packs that were imported, then the one that comes with caniload.

    And for each that cannot be read one line that says so.
    """
    found, told = [], []
    for path in [*imported(home), *([shipped] if shipped.is_file() else [])]:
        try:
            pack = Pack(path)
        except PackError as error:
            told.append(f"{error}; nothing of it is used")
            continue
        own = path != shipped
        called = f"in imported pack {path.stem}" if own else "for this release of caniload"
        found.append(Shelved(pack=pack, called=called, own=own))
    return found, told


def imported(home: Home) -> list[Path]:
    return sorted(home.packs.glob(f"*{ENDING}"))


@dataclass(frozen=True, kw_only=True)
class Here:
    """What this installation has: its environments with all their locks, and what facts mean."""

    matrix: Matrix
    measurement: Mapping[str, str]
    locks: Path = LOCKS
    _known: dict[str, tuple[str, ...]] = field(default_factory=dict)

    @cached_property
    def _environments(self) -> dict[str, Environment]:
        return {one.id: one for one in self.matrix.environments}

    def rank(self, row: Row) -> int | None:
        """Return 0 for an environment as it is locked here, more for another of its Pythons.

        ``None``: there is none here that is locked so.
        """
        locks = self._locks(row["id"])
        return locks.index(row["lock"]) if row["lock"] in locks else None

    def counts(self, source: Row) -> bool:
        """Say whether what a source measured means what it would mean here."""
        return dict(source["measurement"]) == dict(self.measurement)

    def _locks(self, name: str) -> tuple[str, ...]:
        if name not in self._known:
            self._known[name] = tuple(dict.fromkeys(self._read(name)))
        return self._known[name]

    def _read(self, name: str) -> Iterator[str]:
        environment = self._environments.get(name)
        if environment is None:
            return
        yield lock_sha256(environment, self.locks)
        yield first_lock_sha256(environment, self.locks)
        for python in environment.pythons:
            yield lock_sha256(environment.on(python), self.locks)

    def foreign(self, pack: Pack) -> list[str]:
        """Say what of a pack is not used here, and why."""
        told = []
        rows = pack.tables.environments.values()
        if unknown := sorted({one["id"] for one in rows if one["id"] not in self._environments}):
            told.append(f"not in matrix.yaml, so unused: {', '.join(unknown)}")
        anew = {
            one["id"] for one in rows if one["id"] in self._environments and self.rank(one) is None
        }
        if anew:
            told.append(f"locked differently here, so unused: {', '.join(sorted(anew))}")
        for source in pack.tables.sources.values():
            if not self.counts(source):
                said = ", ".join(value for _, value in sorted(source["measurement"].items()))
                told.append(
                    f"measured by another schema ({said}) than this caniload's, so unused: all of"
                    f" {source['when']}"
                )
        return told


def environment_row(environment: Environment, python: str, lock: str) -> Row:
    """Return what a pack says of an environment of this machine: what its fingerprint is made of.

    Of the machine that is its system, processor and C library.
    """
    machine = "-".join((platform.system(), platform.machine(), *platform.libc_ver())).lower()
    return {
        "id": environment.id,
        "lock": lock,
        "python": python,
        "imports": environment.imports,
        "variables": replay_variables(environment),
        "machine": machine,
    }


def python_of(environment: Environment, home: Home) -> str:
    """Return the version of the Python that it was built with; where it is not built, the minor."""
    receipt = read_receipt(home.environment(environment.id))
    return receipt.python if receipt else environment.python
