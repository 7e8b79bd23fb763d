"""What constructors take in each environment: as it ships, or as it was asked here.

What is in a pack counts as long as the environment is locked as it was then, for its first Python.
The part of what ships is written anew, from the environments that are built in HOME, by

    python -m caniload.runner.evidence.constructors HOME [ID…]
"""

from __future__ import annotations

import functools
import hashlib
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from caniload.runner.core.errors import EnvironmentUnusable
from caniload.runner.core.shipped import LOCKS
from caniload.runner.environments import build
from caniload.runner.environments.constructors import ask, kept, probe_sha256
from caniload.runner.environments.home import Home
from caniload.runner.environments.locking import first_lock_sha256
from caniload.runner.evidence.candidates import candidates
from caniload.runner.matrix.reading import read_matrix
from caniload.runner.matrix.schema import Environment
from caniload.runner.packs import asking
from caniload.runner.packs.columns import Row
from caniload.runner.packs.contents import key_of
from caniload.runner.packs.frame import PackError
from caniload.runner.packs.pack import CONSTRUCTORS, MALFORMED, Pack, replaced
from caniload.runner.packs.shelf import SHIPPED, environment_row, imported, python_of


@functools.cache
def _opened(path: Path) -> tuple[dict[str, Any], Mapping[str, Row], Callable[[int], Any]]:
    """Return what a pack has of constructors, its environments, and what reads its texts.

    A damaged one has nothing.
    """
    try:
        pack = Pack(path)
        part, environments = pack.constructors(), pack.tables.environments
    except (PackError, FileNotFoundError):
        part, environments = {}, {}
    return part, environments, asking.values(part)


def to_try(path: Path = SHIPPED) -> dict[str, Any]:
    """Return what is tried in an environment beside what it has itself."""
    return asking.tried(_opened(path)[0])


def shipped(
    environment: Environment, locks: Path = LOCKS, path: Path = SHIPPED, probe: str | None = None
) -> dict[str, Any] | None:
    """Return what a pack has of an environment, unless it is locked anew.

    With ``probe`` only what was asked by that.
    """
    part, environments, value = _opened(path)
    lock = first_lock_sha256(environment, locks)
    try:
        for entry in part.get("entries", ()):
            row = environments[entry["environment"]]
            same = (row["id"], row["lock"]) == (environment.id, lock)
            if same and probe in (None, entry["probe"]):
                found = asking.unfolded(entry, value)
                return {name: found[name] for name in ("versions", "kinds")}
    except MALFORMED as error:
        raise PackError(f"{path}: part {CONSTRUCTORS} is not what a pack has") from error
    return None


def looked_up(
    environment: Environment, locks: Path = LOCKS, path: Path = SHIPPED
) -> Callable[[str, str], Mapping[str, Any] | None] | None:
    """Return what finds a class by kind and name among what a pack has of an environment.

    It reads no more than it is asked for, and returns None for a class that was not asked for
    there, and nothing (an empty mapping) for one that is not there. None: the pack has nothing of
    that environment.
    """
    part, environments, value = _opened(path)
    lock = first_lock_sha256(environment, locks)
    for entry in part.get("entries", ()):
        row = environments[entry["environment"]]
        if (row["id"], row["lock"]) == (environment.id, lock):
            return functools.partial(_found, entry["kinds"], value)
    return None


def _found(
    kinds: Mapping[str, Any], value: Callable[[int], Any], kind: str, name: str
) -> Mapping[str, Any] | None:
    said = kinds[kind]
    names = value(said["names"])
    if name in names and names[name] is None:
        return _by_another_name(said["classes"], value, name)
    key = names.get(name) or name
    number = said["classes"].get(key, said["functions"].get(key))
    found: Mapping[str, Any] | None = None if number is None else value(number)
    return found


def _by_another_name(
    classes: Mapping[str, int], value: Callable[[int], Any], name: str
) -> Mapping[str, Any]:
    """Return the class that a module has under a name which is not its own; empty: there is none.

    Keras 3 calls GroupedQueryAttention ``keras.layers.GroupQueryAttention``, and writes that.
    """
    for number in classes.values():
        found: Mapping[str, Any] = value(number)
        if any(one[1] == name for one in found.get("found_as") or ()):
            return found
    return {}


def known(
    environment: Environment, *, home: Home, locks: Path = LOCKS
) -> tuple[dict[str, Any] | None, str]:
    """Return what is known of an environment, and where it was asked.

    That is "here", "imported", "shipped", or "" if nowhere.
    """
    if found := kept(environment, to_try(), home=home, locks=locks):
        return found, "here"
    for path in imported(home):
        if found := shipped(environment, locks, path, probe_sha256()):
            return found, "imported"
    found = shipped(environment, locks)
    return found, "shipped" if found else ""


def part_of(reports: Mapping[str, Mapping[str, Any]], tried: Mapping[str, Any]) -> dict[str, Any]:
    """Return the part of a pack that has these reports, by the key of their environments."""
    hashed = hashlib.sha256(json.dumps(tried, sort_keys=True).encode()).hexdigest()
    entries = [
        {
            "environment": key,
            "probe": probe_sha256(),
            "candidates": hashed,
            "versions": report["versions"],
            "kinds": report["kinds"],
        }
        for key, report in reports.items()
    ]
    return asking.folded(entries, {hashed: tried})


def write(
    reports: Mapping[str, Mapping[str, Any]],
    environments: Mapping[str, Row],
    tried: Mapping[str, Any],
    path: Path = SHIPPED,
) -> None:
    """Put reports, and the rows of their environments, by id, into a pack in place of its own."""
    keyed = {key_of(environments[name]): report for name, report in reports.items()}
    rows = {key_of(row): row for row in environments.values()}
    replaced(path, CONSTRUCTORS, part_of(keyed, tried), rows)
    _opened.cache_clear()


def main(arguments: Sequence[str], say: Callable[[str], None] = print) -> int:
    """Ask what is built in a home: each environment what it has, then what of all it takes.

    With ids, only these are asked the second question, and ship.
    """
    home, ids = Home(root=Path(arguments[0]).absolute()), arguments[1:]
    built = [
        one
        for one in read_matrix(Path("matrix.yaml")).environments
        if build.existing(one, home=home) is not None
    ]
    tried = candidates(_all(built, None, home, say).values())
    chosen = [one for one in built if not ids or one.id in ids]
    reports = _all(chosen, tried, home, say)
    rows = {
        one.id: environment_row(one, python_of(one, home), first_lock_sha256(one, LOCKS))
        for one in chosen
        if one.id in reports
    }
    write(reports, rows, tried)
    say(f"{SHIPPED}: {SHIPPED.stat().st_size:,} bytes of {len(reports)} environments")
    return 0


def _all(
    built: Sequence[Environment],
    tried: Mapping[str, Any] | None,
    home: Home,
    say: Callable[[str], None],
) -> dict[str, dict[str, Any]]:
    reports = {}
    for one in built:
        say(f"{one.id}: {'described' if tried is None else 'tried'}")
        try:
            reports[one.id] = ask(one, tried, home=home)
        except EnvironmentUnusable as error:
            say(error.reason)
    return reports


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
