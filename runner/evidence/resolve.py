"""Environments of the plan -> which can be used here, under what fingerprint, or why not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from caniload.runner.core.shipped import LOCKS
from caniload.runner.environments.home import Home
from caniload.runner.environments.locking import lock_sha256
from caniload.runner.environments.pythons import Interpreter, find_pythons, how_to_get
from caniload.runner.environments.receipts import read_receipt
from caniload.runner.environments.variables import replay_variables
from caniload.runner.evidence import keys
from caniload.runner.matrix.schema import Environment


@dataclass(frozen=True, kw_only=True)
class Resolved:
    """An environment that this machine could build: its interpreter, lock and fingerprint."""

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


def resolve(environments: Sequence[Environment], *, home: Home, locks: Path = LOCKS) -> Resolution:
    """Find the interpreter of every environment; starts no framework and builds nothing."""
    pythons = find_pythons({environment.python for environment in environments})
    usable, untested, fingerprints = {}, {}, {}
    for environment in environments:
        lock = lock_sha256(environment, locks)
        interpreter = pythons.get(environment.python)
        if interpreter is None:
            how = how_to_get(environment.python)
            untested[environment.id] = f"needs Python {environment.python}; {how}"
            receipt = read_receipt(home.environment(environment.id))
            if receipt is not None and receipt.describes(environment, lock):
                fingerprints[environment.id] = _fingerprint(environment, lock, receipt.python)
            continue
        found = _fingerprint(environment, lock, interpreter.version)
        fingerprints[environment.id] = found
        usable[environment.id] = Resolved(
            environment=environment, interpreter=interpreter, lock_sha256=lock, fingerprint=found
        )
    return Resolution(usable=usable, untested=untested, fingerprints=fingerprints)


def _fingerprint(environment: Environment, lock: str, python: str) -> str:
    return keys.fingerprint(
        lock_sha256=lock,
        python=python,
        imports=environment.imports,
        variables=replay_variables(environment),
    )
