"""The two environments that an upgrade is between."""

from __future__ import annotations

from pathlib import Path

from caniload.runner.checking.wanted import wanted
from caniload.runner.core.errors import UsageError
from caniload.runner.core.shipped import LOCKS
from caniload.runner.environments.build import existing
from caniload.runner.environments.home import Home
from caniload.runner.matrix.frameworks import frameworks
from caniload.runner.matrix.schema import Environment, Matrix
from caniload.runner.upgrading.outcome import Side


def one_environment(matrix: Matrix, text: str) -> Environment:
    """Return what a person means by 2.15, tf-2.15 or keras-3.3; ``UsageError`` if it is not one."""
    known = {one.id: one for one in matrix.environments}
    for name in frameworks().called(text):
        if name in known:
            return known[name]
    found = [one for one in matrix.environments if one.id.endswith(f"-{text}")]
    if len(found) != 1:
        try:
            found = list(wanted(matrix, ids=(), to=(text,)))
        except UsageError as error:
            raise UsageError(str(error).removeprefix("--to ")) from None
    if len(found) != 1:
        raise UsageError(f"{text} may be {', '.join(one.id for one in found)}: say which")
    return found[0]


def both(matrix: Matrix, before: str, after: str) -> tuple[Environment, Environment]:
    found = one_environment(matrix, before), one_environment(matrix, after)
    if found[0] == found[1]:
        raise UsageError(f"{before} and {after} are the same environment, {found[0].id}")
    return found


def side(environment: Environment, home: Home, locks: Path = LOCKS) -> Side:
    """Return the environment with the versions that were found in it."""
    receipt = existing(environment, home=home, locks_dir=locks)
    inside = receipt.versions if receipt else {}
    return Side(
        id=environment.id,
        label=environment.label,
        versions={name: inside[name] for name in frameworks().compared if name in inside},
    )
