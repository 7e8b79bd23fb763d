"""``caniload cells`` and ``reproduce``: what is stored of cells, and how to repeat one by hand."""

from __future__ import annotations

import argparse
import json

from caniload.runner.commands.arguments import evidence_of, locks_of, read, selection_of
from caniload.runner.core.errors import UsageError
from caniload.runner.core.judged import JudgedCell, JudgedMatrix
from caniload.runner.core.outcomes import Outcome
from caniload.runner.environments.home import Home
from caniload.runner.judging import reproduction
from caniload.runner.judging.assemble import Assembly
from caniload.runner.judging.cellview import as_json
from caniload.runner.matrix import plan as planning
from caniload.runner.matrix.plan import Plan
from caniload.runner.running.run import BATCH


def cells(arguments: argparse.Namespace) -> int:
    """Print judged cells as JSON lines."""
    chosen = planning.make(read(arguments), selection_of(arguments))
    evidence = evidence_of(arguments, chosen, Home.default())
    judged = Assembly(evidence=evidence, batch=BATCH, locks=locks_of(arguments))()
    _check_filters(arguments, chosen, judged)
    for cell in judged.cells:
        if _wanted(arguments, cell):
            print(json.dumps(as_json(cell, evidence)))
    return 0


def _check_filters(arguments: argparse.Namespace, chosen: Plan, judged: JudgedMatrix) -> None:
    """Refuse names of nothing: they would print nothing, which looks like an answer."""
    environments = {environment.id for environment in chosen.environments}
    outcomes = {str(outcome) for outcome in Outcome}
    known = {cell.cell.id for cell in judged.cells}
    for kind, given, there in (
        ("environment", arguments.save, environments),
        ("environment", arguments.load, environments),
        ("outcome", arguments.outcome, outcomes),
        ("cell", arguments.id, known),
    ):
        missing = [name for name in given if name not in there]
        if missing:
            listed = ", ".join(sorted(there)) if kind != "cell" else "see `caniload plan --json`"
            raise UsageError(f"there is no {kind} {missing[0]!r} here: {listed}")


def _wanted(arguments: argparse.Namespace, cell: JudgedCell) -> bool:
    where = cell.cell
    if cell.control and not arguments.controls and where.id not in arguments.id:
        return False
    return (
        (not arguments.id or where.id in arguments.id)
        and (not arguments.save or where.artifact.saved_by in arguments.save)
        and (not arguments.load or where.loaded_by in arguments.load)
        and (not arguments.outcome or cell.outcome in arguments.outcome)
    )


def reproduce(arguments: argparse.Namespace) -> int:
    """Print the script that repeats a cell, and the command that runs it."""
    chosen = planning.around(read(arguments), arguments.cell)
    evidence = evidence_of(arguments, chosen, Home.default())
    print(reproduction.script(evidence, arguments.cell))
    return 0
