"""What constructors take in each environment: as it ships, or as it was asked here.

What ships counts as long as the environment is locked as it was then, for its first Python. It is
one file, every text once; it is written anew, from the environments that are built in HOME, by

    python -m caniload.runner.evidence.constructors HOME [ID…]
"""

from __future__ import annotations

import functools
import gzip
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

SHIPPED = Path(__file__).with_name("constructors.json.gz")
PARTS = ("classes", "functions")


@functools.cache
def _stored(path: Path) -> dict[str, Any]:
    try:
        stored: dict[str, Any] = json.loads(gzip.decompress(path.read_bytes()))
    except FileNotFoundError:
        return {"environments": {}, "texts": [], "candidates": {}, "probe": ""}
    return stored


@functools.cache
def _value(path: Path, number: int) -> Any:
    """Return one of the texts as what it says; environments share most of them."""
    return json.loads(_stored(path)["texts"][number])


def to_try(path: Path = SHIPPED) -> dict[str, Any]:
    """Return what is tried in an environment beside what it has itself."""
    found: dict[str, Any] = _stored(path)["candidates"]
    return found


def shipped(
    environment: Environment, locks: Path = LOCKS, path: Path = SHIPPED
) -> dict[str, Any] | None:
    """Return what comes with caniload of an environment, unless it is locked anew."""
    one = _stored(path)["environments"].get(environment.id)
    if one is None or one["lock"] != first_lock_sha256(environment, locks):
        return None
    return _unfolded(one, functools.partial(_value, path))


def known(
    environment: Environment, *, home: Home, locks: Path = LOCKS
) -> tuple[dict[str, Any] | None, str]:
    """Return what is known of an environment, and where it was asked: "here", "shipped", ""."""
    if found := kept(environment, to_try(), home=home, locks=locks):
        return found, "here"
    found = shipped(environment, locks)
    return found, "shipped" if found else ""


def folded(reports: Mapping[str, Mapping[str, Any]], stamps: Mapping[str, str]) -> dict[str, Any]:
    """Return reports by environment with every text once, for they share nearly all of them."""
    texts: dict[str, int] = {}

    def number(value: object) -> int:
        text = json.dumps(value, sort_keys=True, separators=(",", ":"))
        return texts.setdefault(text, len(texts))

    environments = {
        name: {
            "lock": stamps[name],
            "versions": report["versions"],
            "kinds": {
                kind: {
                    "names": number(said["names"]),
                    **{
                        part: {key: number(one) for key, one in sorted(said[part].items())}
                        for part in PARTS
                    },
                }
                for kind, said in sorted(report["kinds"].items())
            },
        }
        for name, report in sorted(reports.items())
    }
    return {"texts": list(texts), "environments": environments}


def _unfolded(one: Mapping[str, Any], value: Callable[[int], Any]) -> dict[str, Any]:
    kinds = {
        kind: {
            "names": value(said["names"]),
            **{part: {key: value(at) for key, at in said[part].items()} for part in PARTS},
        }
        for kind, said in one["kinds"].items()
    }
    return {"versions": one["versions"], "kinds": kinds}


def write(
    reports: Mapping[str, Mapping[str, Any]],
    stamps: Mapping[str, str],
    tried: Mapping[str, Any],
    path: Path = SHIPPED,
) -> None:
    """Write what ships, the same bytes for the same reports."""
    stored = {"probe": probe_sha256(), "candidates": tried, **folded(reports, stamps)}
    text = json.dumps(stored, sort_keys=True, separators=(",", ":"))
    path.write_bytes(gzip.compress(text.encode(), mtime=0))


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
    stamps = {one.id: first_lock_sha256(one, LOCKS) for one in chosen}
    write(reports, stamps, tried)
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
