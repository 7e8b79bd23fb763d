"""``caniload cells`` and ``reproduce``: what is stored of cells, and how to repeat one by hand."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence

from caniload.runner.commands.arguments import evidence_of, locks_of, read, selection_of
from caniload.runner.core.cells import Cell
from caniload.runner.core.errors import UsageError
from caniload.runner.core.nearest import nearest
from caniload.runner.core.outcomes import Outcome, Purpose
from caniload.runner.environments.home import Home
from caniload.runner.judging import reproduction
from caniload.runner.judging.assemble import Assembly
from caniload.runner.judging.cellview import as_json
from caniload.runner.matrix import plan as planning
from caniload.runner.matrix.plan import Plan
from caniload.runner.running.run import BATCH


def cells(arguments: argparse.Namespace) -> int:
    """Print judged cells as JSON lines."""
    matrix = read(arguments)
    chosen = planning.make(matrix, selection_of(arguments, matrix))
    evidence = evidence_of(arguments, chosen, Home.default())
    assembly = Assembly(evidence=evidence, batch=BATCH, locks=locks_of(arguments))
    _check_filters(arguments, chosen)
    wanted = (one for one in assembly.planned() if _wanted(arguments, *one))
    picked = _found(arguments, list(wanted)) if arguments.id else wanted
    for cell in assembly.table(picked):
        if _has(arguments.outcome, cell.outcome) and _has(
            arguments.predict_outcome, cell.to(Purpose.PREDICT).outcome
        ):
            print(json.dumps(as_json(cell, evidence)))
    return 0


def _has(wanted: Sequence[str], outcome: Outcome) -> bool:
    return not wanted or outcome in wanted


def _check_filters(arguments: argparse.Namespace, chosen: Plan) -> None:
    """Refuse names of nothing: they would print nothing, which looks like an answer."""
    environments = {environment.id for environment in chosen.environments}
    outcomes = {str(outcome) for outcome in Outcome}
    for kind, given, there in (
        ("environment", arguments.save, environments),
        ("environment", arguments.load, environments),
        ("outcome", arguments.outcome, outcomes),
        ("outcome", arguments.predict_outcome, outcomes),
    ):
        missing = [name for name in given if name not in there]
        if missing:
            raise UsageError(
                f"there is no {kind} {missing[0]!r} here; {nearest(missing[0], sorted(there))}"
            )


def _found(
    arguments: argparse.Namespace, wanted: Sequence[tuple[Cell, bool]]
) -> Sequence[tuple[Cell, bool]]:
    known = {cell.id for cell, _ in wanted}
    for name in arguments.id:
        if name not in known:
            raise UsageError(f"there is no cell {name!r} here: see `caniload plan --json`")
    return wanted


def _wanted(arguments: argparse.Namespace, cell: Cell, control: bool) -> bool:  # noqa: FBT001
    """Say by its coordinates whether a cell may be printed: judging all others would take long."""
    if arguments.save and cell.artifact.saved_by not in arguments.save:
        return False
    if arguments.load and cell.loaded_by not in arguments.load:
        return False
    if arguments.id:
        return cell.id in arguments.id
    return not control or arguments.controls


def reproduce(arguments: argparse.Namespace) -> int:
    """Print the script that repeats a cell, and the command that runs it."""
    chosen = planning.around(read(arguments), arguments.cell)
    evidence = evidence_of(arguments, chosen, Home.default())
    print(reproduction.script(evidence, arguments.cell, locks_of(arguments)))
    return 0
