"""What ``caniload env ...`` does."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from caniload.runner.commands.arguments import locks_of, matrix_path, read
from caniload.runner.core.errors import CaniloadError, EnvironmentUnusable
from caniload.runner.environments import build, fetching, pylocks
from caniload.runner.environments.home import Home
from caniload.runner.environments.variables import process_variables
from caniload.runner.evidence.resolve import resolve
from caniload.runner.evidence.store import Store
from caniload.runner.matrix import plan as planning
from caniload.runner.matrix.frameworks import frameworks
from caniload.runner.matrix.plan import Selection
from caniload.runner.matrix.schema import Environment
from caniload.runner.releases import adding


def _found(arguments: argparse.Namespace, ids: Sequence[str]) -> tuple[Home, list[Environment]]:
    chosen = planning.make(read(arguments), Selection(environments=tuple(ids)))
    return Home.default(), list(chosen.environments)


def show(arguments: argparse.Namespace) -> int:
    """Print every environment with what was found inside, or why it is not built."""
    home, environments = _found(arguments, ())
    locks = locks_of(arguments)
    resolution = resolve(environments, home=home, locks=locks)
    rows = []
    for environment in environments:
        receipt = build.existing(environment, home=home, locks_dir=locks)
        rows.append(
            {
                "id": environment.id,
                "stack": environment.stack,
                "asked": dict(environment.packages),
                "python": receipt.python if receipt else environment.python,
                "found": dict(receipt.versions) if receipt else None,
                "built_at": receipt.built_at if receipt else None,
                "untested": resolution.untested.get(environment.id),
                "python_to_fetch": next(
                    (one.version for one in resolution.offers([environment.id])), None
                ),
            }
        )
    print(json.dumps(rows, indent=1) if arguments.format == "json" else "\n".join(_as_table(rows)))
    return 0


def _as_table(rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Yield aligned lines: a head, then one for each environment."""
    listed = frameworks().listed
    lines = [["id", "python", *listed]]
    for row in rows:
        found = row["found"]
        state = [row["untested"] or "not built"]
        if row["python_to_fetch"]:
            state = [f"not built; Python {row['python_to_fetch']} is fetched first"]
        elif found is not None and row["untested"] is None:
            state = [found.get(name, "-") for name in listed]
        lines.append([row["id"], row["python"], *state])
    whole = [line for line in lines if len(line) == len(lines[0])]
    widths = [max(map(len, column)) for column in zip(*whole, strict=True)]
    widths[0] = max(len(line[0]) for line in lines)
    for line in lines:  # a reason stands alone after the id and Python
        yield "  ".join(map(str.ljust, line, widths)).rstrip()


def build_named(arguments: argparse.Namespace) -> int:
    """Build the named environments."""
    home, environments = _found(arguments, arguments.id)
    limits = read(arguments).limits
    locks = locks_of(arguments)
    resolution = resolve(environments, home=home, locks=locks)
    if offered := resolution.offers([environment.id for environment in environments]):
        print(fetching.as_line(fetching.sizes(offered), home), file=sys.stderr)
    failed = 0
    for environment in environments:
        found = resolution.usable.get(environment.id)
        if found is None:
            print(f"{environment.id}: {resolution.untested[environment.id]}", file=sys.stderr)
            failed += 1
            continue
        try:
            receipt = build.build(
                environment,
                home=home,
                interpreter=found.interpreter,
                limits=limits,
                locks_dir=locks,
            )
        except EnvironmentUnusable as error:
            print(f"{environment.id}: {error.reason}", file=sys.stderr)
            failed += 1
        else:
            print(f"{environment.id}: Python {receipt.python}, built in {receipt.seconds:.0f} s")
    return CaniloadError.exit_code if failed else 0


def _built(arguments: argparse.Namespace) -> tuple[Home, Environment]:
    home, environments = _found(arguments, (arguments.id,))
    if build.existing(environments[0], home=home, locks_dir=locks_of(arguments)) is None:
        raise CaniloadError(f"{arguments.id} is not built; `caniload env build {arguments.id}`")
    return home, environments[0]


def print_path(arguments: argparse.Namespace) -> int:
    """Print the interpreter of a built environment."""
    home, environment = _built(arguments)
    print(home.python(environment.id))
    return 0


def shell(arguments: argparse.Namespace) -> int:
    """Become that environment's Python, with the variables its cells ran with."""
    home, environment = _built(arguments)
    variables = process_variables(environment, home)
    Path(variables["HOME"]).mkdir(parents=True, exist_ok=True)
    terminal = {"TERM": os.environ["TERM"]} if "TERM" in os.environ else {}
    python = str(home.python(environment.id))
    sys.stdout.flush()
    os.execve(python, [python], {**variables, **terminal})  # noqa: S606 - no shell is involved


def remove(arguments: argparse.Namespace) -> int:
    """Remove built environments; their results stay."""
    home, environments = _found(arguments, arguments.id)
    with Store(home.results):  # not under a run's feet
        for environment in environments:
            build.remove(environment.id, home)
            print(f"{environment.id}: removed")
    return 0


def add(arguments: argparse.Namespace) -> int:
    """Write an environment into matrix.yaml, and its lock next to the others."""
    entry = adding.permanent(
        matrix_path(arguments),
        read(arguments),
        arguments.requirement,
        home=Home.default(),
        locks=locks_of(arguments),
        name=arguments.id,
        beside=arguments.beside,
    )
    print("\n".join(adding.as_entry(entry)))
    print(f"next: `caniload env build {entry.id}`, `caniload matrix --envs {entry.id},...`")
    return 0


def export(arguments: argparse.Namespace) -> int:
    """Write an environment's lock as pylock.toml; ``-`` prints it."""
    _, (environment,) = _found(arguments, [arguments.id])
    out = arguments.output or Path(f"pylock.{environment.id.replace('.', '-')}.toml")
    text = pylocks.pylock(environment, locks_of(arguments))
    if str(out) == "-":
        print(text, end="")
    else:
        out.write_text(text, encoding="utf-8")
        print(out)
    return 0
