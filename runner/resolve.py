"""Environments of the plan -> which can be used here, under what fingerprint, or why not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from runner import keys
from runner.environments.locking import LOCKS, lock_sha256
from runner.environments.pythons import Interpreter, find_pythons, how_to_get
from runner.environments.variables import replay_variables
from runner.matrix import Environment


@dataclass(frozen=True, kw_only=True)
class Resolved:
    """An environment that this machine could build: its interpreter, lock and fingerprint."""

    environment: Environment
    interpreter: Interpreter
    lock_sha256: str
    fingerprint: str


@dataclass(frozen=True, kw_only=True)
class Resolution:
    """The usable environments, and for each of the others one sentence with what to do."""

    usable: dict[str, Resolved]
    untested: dict[str, str]


def resolve(environments: Sequence[Environment], *, locks: Path = LOCKS) -> Resolution:
    """Find the interpreter of every environment; starts no framework and builds nothing."""
    pythons = find_pythons({environment.python for environment in environments})
    usable, untested = {}, {}
    for environment in environments:
        interpreter = pythons.get(environment.python)
        if interpreter is None:
            how = how_to_get(environment.python)
            untested[environment.id] = f"needs Python {environment.python}; {how}"
            continue
        lock = lock_sha256(environment, locks)
        usable[environment.id] = Resolved(
            environment=environment,
            interpreter=interpreter,
            lock_sha256=lock,
            fingerprint=keys.fingerprint(
                lock_sha256=lock,
                python=interpreter.version,
                imports=environment.imports,
                variables=replay_variables(environment),
            ),
        )
    return Resolution(usable=usable, untested=untested)
