"""Which of its Pythons each environment is on, given those that there are."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from caniload.runner.core.shipped import LOCKS
from caniload.runner.environments.fetching import can_be_fetched
from caniload.runner.environments.home import Home
from caniload.runner.environments.locking import lock_sha256
from caniload.runner.environments.pythons import find_fetched, find_pythons
from caniload.runner.environments.receipts import read_receipt
from caniload.runner.matrix.schema import Environment, Matrix


def choose(environment: Environment, *there: Collection[str]) -> Environment:
    """Return it on the first of its Pythons that is there; pure.

    The first of ``there`` that has any decides: a Python of this machine goes before one that was
    fetched, and that before one that would have to be. So what runs here does not change with what
    is fetched for other environments. With none it is on its first.
    """
    for pythons in there:
        for one in environment.variants:
            if one.python in pythons:
                return one
    return environment


def settled(matrix: Matrix, home: Home, locks: Path = LOCKS) -> Matrix:
    """Return the matrix with each environment on the Python that it has on this machine.

    One that is built stays on the Python that it was built with, also where that has gone since or
    a better one has come: what was measured in it is of that Python, and would be hidden.
    """
    rows = [one for one in matrix.environments if one.pythons]
    own = set(find_pythons({one.python for one in rows}))
    left = {python for one in rows if one.python not in own for python in one.pythons}
    own |= set(find_pythons(left))
    every = {one.python for row in rows for one in row.variants}
    fetched = find_fetched(every, home.pythons)
    offered = {python for python in every if home.fetches and can_be_fetched(python)}
    environments = tuple(
        _as_built(one, home, locks) or choose(one, own, fetched, offered)
        for one in matrix.environments
    )
    return matrix.model_copy(update={"environments": environments})


def _as_built(environment: Environment, home: Home, locks: Path) -> Environment | None:
    """Return it on the Python that it was built with; None if it is not built as it is asked."""
    receipt = read_receipt(home.environment(environment.id)) if environment.pythons else None
    if receipt is None:
        return None
    variants = environment.variants
    return next((one for one in variants if receipt.describes(one, lock_sha256(one, locks))), None)
