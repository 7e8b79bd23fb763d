"""caniload runs saved Keras models through many framework versions and says what happened.

Data flows one way; a module knows only what stands before it::

    matrix.yaml -> plan -> environments -> probes -> results -> verdict -> table -> report

``matrixfile`` reads the file into the classes of ``matrix``, ``plan`` lists the cells (pure),
``environments`` builds virtualenvs from locks, ``workers`` and ``schedule`` run probes in them,
``store`` keeps what they recorded, ``verdict`` names it (pure), ``judged`` is the outcome of all
that and the only thing ``reports`` reads.

Beside the line, ``wishes -> inference -> joining`` make a matrix with one environment more out of
what a person typed and what a package index lists (pure); ``adding`` locks it, ``matrixtext``
writes it down, ``growth`` says what there would be to add. ``forensics`` says what a model file
states of itself; ``inspect`` is its front.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from runner.forensics.facts import Inspection


def inspect(path: str | os.PathLike[str]) -> Inspection:
    """Return what a saved model says of itself, read in a process apart and without a framework.

    Never raises for what is wrong with the file: ``problem`` and ``findings`` say it.
    """
    from pathlib import Path  # noqa: PLC0415 - whoever only imports this package pays for nothing

    from runner.forensics.apart import inspect_all  # noqa: PLC0415

    return next(iter(inspect_all([Path(path)])))
