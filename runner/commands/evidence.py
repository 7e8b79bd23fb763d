"""``caniload evidence``: what was measured, as one file that travels."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from caniload.runner.answering import blinding, exporting
from caniload.runner.checking.wanted import wish
from caniload.runner.commands.arguments import locks_of, read, selection_of
from caniload.runner.core.errors import UsageError
from caniload.runner.environments.home import Home
from caniload.runner.evidence.packed import here_of
from caniload.runner.matrix.schema import Matrix
from caniload.runner.packs import covering, fetching
from caniload.runner.packs.covering import Coverage
from caniload.runner.packs.frame import SCHEMA
from caniload.runner.packs.pack import Pack, merged
from caniload.runner.packs.shelf import SHIPPED, Here, imported

CONTRADICTING = 1


def export(arguments: argparse.Namespace) -> int:
    """Write what was measured here into a pack."""
    matrix, home, locks = read(arguments), Home.default(), locks_of(arguments)
    taking = exporting.wanted(matrix, selection_of(arguments, matrix))
    made = exporting.contents(matrix, home, locks, taking, _say)
    exporting.add_constructors(made, matrix, home, locks)
    if arguments.own:
        blinding.add(made, arguments.own, wish(matrix=matrix, locks=locks))
    if not made.parts and not made.constructors:
        raise UsageError(
            f"nothing of that was measured in {home.root}; `caniload matrix` does that"
        )
    made.write(arguments.output)
    _print(arguments.output, matrix, locks)
    return 0


def bring(arguments: argparse.Namespace) -> int:
    """Take packs into CANILOAD_HOME, where answers use them."""
    matrix, home, locks = read(arguments), Home.default(), locks_of(arguments)
    for place in arguments.place:
        pack, there = fetching.bring(place, home)
        print(f"{place}: {'was there before' if there else 'imported'}, as {pack.path.stem}")
        _print(pack.path, matrix, locks)
    return 0


def merge(arguments: argparse.Namespace) -> int:
    """Write one pack of several; 1 where measurements in it contradict each other."""
    packs = [fetching.checked(path, str(path)) for path in arguments.pack]
    told: list[str] = []
    found = merged(packs, arguments.into, told, latest=arguments.latest)
    for line in told:
        print(f"differs: {line}; one of them was kept, whichever came first")
    for line in found:
        print(f"contradiction: {line}; both were kept, neither is used")
    size = arguments.into.stat().st_size
    print(
        f"{len(packs)} packs, {len(found)} contradictions: {arguments.into}, {size / 1e6:.1f} MB,"
        f" content {Pack(arguments.into).id}"
    )
    return CONTRADICTING if found else 0


def show(arguments: argparse.Namespace) -> int:
    """Print what packs cover, after every byte of them was checked: one, or all that are used."""
    matrix, locks = read(arguments), locks_of(arguments)
    paths = arguments.pack or [*imported(Home.default()), SHIPPED]
    if arguments.format == "json":
        here = here_of(matrix, locks)
        print(json.dumps([_plain(path, matrix, here) for path in paths], indent=1))
        return 0
    for number, path in enumerate(paths):
        if number:
            print()
        _print(path, matrix, locks)
    return 0


def _say(text: str) -> None:
    print(text, file=sys.stderr)


def _covered(path: Path, matrix: Matrix) -> tuple[Pack, Coverage, covering.Holes]:
    pack, covered = fetching.checked(path, str(path)), Coverage()
    for said in pack.files():
        covered.take(pack.part(said["name"]), said["format"], dict(pack.tables.environments))
    missing = covering.holes(
        covered,
        [one.id for one in matrix.environments],
        [one.id for one in matrix.models],
        [one.id for one in matrix.formats],
    )
    return pack, covered, missing


def _asked(pack: Pack) -> list[str]:
    """Return the environments of which the pack has what constructors take."""
    rows = pack.tables.environments
    entries = pack.constructors().get("entries", ())
    return sorted({rows[one["environment"]]["id"] for one in entries})


def _plain(path: Path, matrix: Matrix, here: Here) -> dict[str, Any]:
    pack, covered, missing = _covered(path, matrix)
    return {
        "pack": str(path),
        "shipped": path == SHIPPED,
        "schema": SCHEMA,
        "content": pack.id,
        "bytes": path.stat().st_size,
        "sources": list(pack.tables.sources.values()),
        "environments": list(pack.tables.environments.values()),
        "constructors": _asked(pack),
        "unused": here.foreign(pack),
        **covering.as_json(covered, missing),
    }


def _print(path: Path, matrix: Matrix, locks: Path) -> None:
    pack, covered, missing = _covered(path, matrix)
    called = "the pack that comes with caniload" if path == SHIPPED else str(path)
    print(f"{called}: {path.stat().st_size / 1e6:.2f} MB, every byte checked")
    for line in _lines(pack, covered, missing, here_of(matrix, locks)):
        print(f"  {line}")


def _lines(pack: Pack, covered: Coverage, missing: covering.Holes, here: Here) -> Iterator[str]:
    yield f"content {pack.id}"
    for one in pack.tables.sources.values():
        meaning = ", ".join(f"{value}" for _, value in sorted(one["measurement"].items()))
        yield f"measured until {one['when']} with caniload {one['caniload']} (schema: {meaning})"
    yield from covering.as_lines(covered, missing)
    if asked := _asked(pack):
        yield f"constructors of {len(asked)} environments"
    yield from here.foreign(pack)
