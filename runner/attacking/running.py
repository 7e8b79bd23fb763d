"""Try what is missing in environments that are built, one after the other, and keep it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from pathlib import Path

from caniload.runner.attacking import kept
from caniload.runner.attacking.attacks import attacks
from caniload.runner.attacking.measuring import has, measure
from caniload.runner.core.errors import EnvironmentUnusable
from caniload.runner.environments.build import existing
from caniload.runner.environments.home import Home
from caniload.runner.matrix.schema import Environment


def run(
    environments: Iterable[Environment],
    *,
    home: Home,
    locks: Path,
    sandbox: str,
    seconds: float,
    only: Collection[str],
    rerun: bool,
    say: Callable[[str], None],
) -> int:
    """Try every attack, or ``only`` these, that was not yet tried; return how many could not be.

    ``seconds`` is how long a framework may take to import.
    """
    failed = 0
    for one in environments:
        receipt = existing(one, home=home, locks_dir=locks)
        if receipt is None:
            say(f"{one.id}: not built; `caniload env build {one.id}`")
            failed += 1
            continue
        left = kept.missing(one, receipt, home=home)
        tried = [
            attack
            for attack in attacks()
            if (rerun or attack.id in left)
            and (not only or attack.id in only)
            and has(attack, receipt.packages)
        ]
        if not tried:
            say(f"{one.id}: nothing is missing")
            continue
        try:
            measured = measure(one, receipt, tried, home=home, sandbox=sandbox, seconds=seconds)
        except EnvironmentUnusable as error:
            say(f"{one.id}: not tried: {error.reason}")
            failed += 1
            continue
        kept.keep(one, receipt, measured, home=home)
        say(f"{one.id}: {len(tried)} files tried, sandbox {measured.sandbox['level']}")
    return failed
