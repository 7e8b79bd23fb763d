"""``caniload constructors``: what classes take in each environment."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from typing import Any

from caniload.runner.commands.arguments import locks_of, read
from caniload.runner.core.errors import UsageError
from caniload.runner.environments.constructors import ask
from caniload.runner.environments.home import Home
from caniload.runner.evidence.constructors import known, to_try
from caniload.runner.evidence.taken import Taken, answer, find, lines, summary, why
from caniload.runner.matrix.schema import Environment

_SHOWN = 100


def constructors(arguments: argparse.Namespace) -> int:
    """Print what one environment has, or what all say of one class."""
    environments = {one.id: one for one in read(arguments).environments}
    unheard = [one for one in arguments.envs if one not in environments]
    if unheard:
        raise UsageError(f"{unheard[0]} is not an environment of matrix.yaml")
    if arguments.name in environments:
        return _of_environment(arguments, environments[arguments.name])
    chosen = [one for one in environments.values() if one.id in (arguments.envs or environments)]
    return _of_class(arguments, chosen)


def _report(arguments: argparse.Namespace, one: Environment) -> tuple[dict[str, Any] | None, str]:
    home, locks = Home.default(), locks_of(arguments)
    if arguments.run:
        return ask(one, to_try(), home=home, locks=locks), "here"
    return known(one, home=home, locks=locks)


def _of_environment(arguments: argparse.Namespace, one: Environment) -> int:
    report, where = _report(arguments, one)
    if report is None:
        raise UsageError(
            f"nothing is known of the constructors of {one.id} as it is locked; "
            f"`caniload env build {one.id}`, then `caniload constructors {one.id} --run`"
        )
    if arguments.of is None:
        print(
            json.dumps(report, indent=1)
            if arguments.format == "json"
            else "\n".join(summary(report))
        )
        return 0
    listed = find(report, arguments.of, arguments.kind)
    if not listed:
        raise UsageError(f"{one.id} has no class or function {arguments.of}")
    if arguments.format == "json":
        print(json.dumps({found.kind: found.record for found in listed}, indent=1))
        return 0
    print("\n".join(line for found in listed for line in lines(found)))
    asked = "asked in the environment that is built here"
    shipped = "as it comes with caniload, asked on the first Python of the row"
    print(f"{one.id}: {asked if where == 'here' else shipped}", file=sys.stderr)
    return 0


def _of_class(arguments: argparse.Namespace, environments: Sequence[Environment]) -> int:
    rows = list(_rows(arguments, environments))
    if not any(row["kind"] for row in rows):
        raise UsageError(
            f"{arguments.name} is no environment of matrix.yaml, and no class or function of those"
            " whose constructors are known"
        )
    if arguments.format == "json":
        print(json.dumps(rows, indent=1))
        return 0
    print("\n".join(_table(rows)))
    return 0


def _rows(
    arguments: argparse.Namespace, environments: Sequence[Environment]
) -> Iterator[dict[str, Any]]:
    """Yield what each environment says; of a name with several kinds, each."""
    for one in environments:
        report, where = _report(arguments, one)
        row = {"environment": one.id, "kind": None, "asked": where or None, "why": ""}
        if report is None:
            yield row | {"answer": str(Taken.UNKNOWN), "why": "not asked"}
            continue
        listed = find(report, arguments.name, arguments.kind)
        if not listed:
            yield row | {"answer": str(Taken.NO_CLASS)}
        for found in listed:
            said = row | {"kind": found.kind}
            if arguments.of is None:
                names = [argument[0] for argument in found.record["arguments"]]
                yield said | {"answer": ", ".join(names) or "no arguments"}
            else:
                told = answer(found, arguments.of)
                text = "" if told in (Taken.KEPT, Taken.UNSTATED) else why(found, arguments.of)
                yield said | {"answer": str(told), "why": text}


def _table(rows: Sequence[dict[str, Any]]) -> Iterator[str]:
    several = len({row["kind"] for row in rows} - {None}) > 1
    asked = [row for row in rows if row["asked"]]
    width = max(len(row["environment"]) for row in asked)
    for row in asked:
        kind = f"  {row['kind'] or '-':13}" if several else ""
        text = f": {row['why'][:_SHOWN]}" if row["why"] else ""
        yield f"{row['environment']:{width}}{kind}  {row['answer']}{text}"
    if unasked := [row["environment"] for row in rows if not row["asked"]]:
        yield f"not known of: {', '.join(unasked)}"
