"""What the store knows of an upgrade: reference models that one saved and the other loaded."""

from __future__ import annotations

from caniload.runner.checking.request import Request
from caniload.runner.core.judgedrows import as_table
from caniload.runner.evidence.known import Evidence
from caniload.runner.evidence.resolve import resolve
from caniload.runner.evidence.store import Store
from caniload.runner.judging.assemble import Assembly
from caniload.runner.judging.catalogue import read_catalogue
from caniload.runner.matrix import plan as planning
from caniload.runner.matrix.plan import Selection
from caniload.runner.matrix.schema import Environment
from caniload.runner.upgrading.judging import direction
from caniload.runner.upgrading.outcome import Direction


def of_reference_models(
    request: Request, before: Environment, after: Environment
) -> tuple[Direction, Direction]:
    """Judge what is stored, there and back; runs nothing.

    The cells are those that ``caniload matrix --envs BEFORE,AFTER`` runs.
    """
    matrix, home, locks = request.matrix, request.home, request.locks
    selection = Selection(environments=(before.id, after.id), profile="named")
    chosen = planning.make(matrix, selection)
    resolution = resolve(chosen.environments, home=home, locks=locks)
    evidence = Evidence(plan=chosen, home=home, store=Store(home.results), resolution=resolution)
    cells = as_table(Assembly(evidence=evidence, batch=1, locks=locks)().cells).to(request.purpose)
    rules = read_catalogue()
    return (
        direction(before.id, after.id, cells, rules),
        direction(after.id, before.id, cells, rules),
    )
