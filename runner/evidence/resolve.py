"""Environments of the plan -> which can be used here, under what fingerprint, or why not."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from caniload.runner.core.machine import NO_FETCH
from caniload.runner.core.shipped import LOCKS
from caniload.runner.environments.fetching import Offer, can_be_fetched, here, offers
from caniload.runner.environments.home import Home
from caniload.runner.environments.locking import lock_sha256
from caniload.runner.environments.pythons import Interpreter, how_to_get
from caniload.runner.environments.receipts import Receipt, read_receipt
from caniload.runner.environments.variables import replay_variables
from caniload.runner.evidence import keys
from caniload.runner.matrix.schema import Environment


@dataclass(frozen=True, kw_only=True)
class Resolved:
    """An environment that this machine could build: its interpreter, lock and fingerprint.

    The interpreter may be an ``Offer``, which building the environment fetches.
    """

    environment: Environment
    interpreter: Interpreter
    lock_sha256: str
    fingerprint: str


@dataclass(frozen=True, kw_only=True)
class Resolution:
    """The usable environments, and for each of the others one sentence with what to do.

    ``fingerprints`` also has those whose Python has gone but whose receipt tells which it was: what
    was measured in them still stands.
    """

    usable: dict[str, Resolved]
    untested: dict[str, str]
    fingerprints: dict[str, str]

    def offers(self, environments: Collection[str]) -> list[Offer]:
        """Return the Pythons that are still to be fetched to build these."""
        found = (one.interpreter for name, one in self.usable.items() if name in environments)
        offered = dict.fromkeys(one for one in found if isinstance(one, Offer))
        return [one for one in offered if not one.path.exists()]


def resolve(environments: Sequence[Environment], *, home: Home, locks: Path = LOCKS) -> Resolution:
    """Find the interpreter of every environment; nothing is started, built or fetched."""
    pythons = _pythons(environments, home, locks)
    usable, untested, fingerprints = {}, {}, {}
    for environment in environments:
        lock = lock_sha256(environment, locks)
        interpreter = pythons.get(environment.python)
        if interpreter is None:
            untested[environment.id] = _needs(environment, home)
            receipt = _receipt(environment, lock, home)
            if receipt is not None:
                fingerprints[environment.id] = _fingerprint(environment, lock, receipt.python)
            continue
        found = _fingerprint(environment, lock, interpreter.version)
        fingerprints[environment.id] = found
        usable[environment.id] = Resolved(
            environment=environment, interpreter=interpreter, lock_sha256=lock, fingerprint=found
        )
    return Resolution(usable=usable, untested=untested, fingerprints=fingerprints)


def _pythons(
    environments: Sequence[Environment], home: Home, locks: Path
) -> dict[str, Interpreter]:
    """Return the Pythons that are here, and of the rest what can be fetched.

    Where something was measured in an environment, only the very Python that it was measured with:
    another would make all of it old, even if it cannot be had in the end.
    """
    found = here((environment.python for environment in environments), home)
    missing = [one for one in environments if one.python not in found]
    measured = {
        one.python: receipt.python
        for one in missing
        if (receipt := _receipt(one, lock_sha256(one, locks), home)) is not None
    }
    for offer in offers((one.python for one in missing), home):
        if measured.get(offer.minor, offer.version) == offer.version:
            found.setdefault(offer.minor, offer)
    return found


def _receipt(environment: Environment, lock: str, home: Home) -> Receipt | None:
    receipt = read_receipt(home.environment(environment.id))
    return receipt if receipt is not None and receipt.describes(environment, lock) else None


def _needs(environment: Environment, home: Home) -> str:
    python = environment.python
    needs = f"needs Python {python}; {how_to_get(python)}"
    if environment.pythons and read_receipt(home.environment(environment.id)) is not None:
        # It was built with this Python, and stays on it.
        needs += f", or run `caniload env remove {environment.id}` to move it to another Python"
    if home.fetches or not can_be_fetched(python):
        return needs
    return f"{needs}; it is not fetched, for --no-fetch, {NO_FETCH} or UV_OFFLINE says so"


def _fingerprint(environment: Environment, lock: str, python: str) -> str:
    return keys.fingerprint(
        lock_sha256=lock,
        python=python,
        imports=environment.imports,
        variables=replay_variables(environment),
    )
