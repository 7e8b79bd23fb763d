"""What the store knows of an upgrade: reference models that one saved and the other loaded."""

from __future__ import annotations

from pathlib import Path

from runner.environments.home import Home
from runner.evidence.known import Evidence
from runner.evidence.resolve import resolve
from runner.evidence.store import Store
from runner.judging.assemble import Assembly
from runner.judging.catalogue import read_catalogue
from runner.matrix import plan as planning
from runner.matrix.plan import Selection
from runner.matrix.schema import Environment, Matrix
from runner.upgrading.judging import direction
from runner.upgrading.outcome import Direction


def of_reference_models(
    matrix: Matrix, before: Environment, after: Environment, home: Home, locks: Path
) -> tuple[Direction, Direction]:
    """Judge what is stored, there and back; runs nothing.

    The cells are those that ``caniload matrix --envs BEFORE,AFTER`` runs.
    """
    selection = Selection(environments=(before.id, after.id), profile="named")
    chosen = planning.make(matrix, selection)
    resolution = resolve(chosen.environments, home=home, locks=locks)
    evidence = Evidence(plan=chosen, home=home, store=Store(home.results), resolution=resolution)
    cells = Assembly(evidence=evidence, batch=1, locks=locks)().cells
    rules = read_catalogue()
    return (
        direction(before.id, after.id, cells, rules),
        direction(after.id, before.id, cells, rules),
    )
