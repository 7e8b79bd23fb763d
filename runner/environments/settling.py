"""Which of its Pythons each environment is on, given those that there are."""

from __future__ import annotations

from collections.abc import Collection

from caniload.runner.environments.fetching import can_be_fetched
from caniload.runner.environments.home import Home
from caniload.runner.environments.pythons import find_fetched, find_pythons
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


def settled(matrix: Matrix, home: Home) -> Matrix:
    """Return the matrix with each environment on the Python that it has on this machine."""
    rows = [one for one in matrix.environments if one.pythons]
    own = set(find_pythons({one.python for one in rows}))
    left = {python for one in rows if one.python not in own for python in one.pythons}
    own |= set(find_pythons(left))
    every = {one.python for row in rows for one in row.variants}
    fetched = find_fetched(every, home.pythons)
    offered = {python for python in every if home.fetches and can_be_fetched(python)}
    environments = tuple(choose(one, own, fetched, offered) for one in matrix.environments)
    return matrix.model_copy(update={"environments": environments})
