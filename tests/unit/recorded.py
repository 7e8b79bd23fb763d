"""What a real package index listed on 2026-11-22 (PEP 691), less other versions and platforms."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from pathlib import Path

from caniload.runner.matrix.frameworks import frameworks
from caniload.runner.matrix.reading import read_matrix
from caniload.runner.matrix.schema import Matrix
from caniload.runner.packages import simpleapi
from caniload.runner.releases.inference import Surroundings

ANSWERS = Path(__file__).with_name("recorded_index")
LISTING = {
    path.stem: simpleapi.read(path.stem, "application/json", path.read_text(encoding="utf-8"))
    for path in ANSWERS.glob("*.json")
}
WHOLE = read_matrix(Path(__file__).parents[2] / "matrix.yaml")
KEPT = ("tf-2.4", "tf-2.15", "tf-2.16", "tf-2.20", "tf-2.21", "tf-2.21-keras-3.15")


def matrix(*ids: str) -> Matrix:
    """Return the repository's matrix with these environments only, so that it may grow."""
    kept = tuple(one for one in WHOLE.environments if one.id in (ids or KEPT))
    return WHOLE.model_copy(update={"environments": kept})


def around(*, pythons: Iterable[str] | None = None, of: Matrix | None = None) -> Surroundings:
    return Surroundings(
        matrix=of or matrix(),
        listing=LISTING,
        pythons=frozenset(frameworks().python_versions if pythons is None else pythons),
        today=date(2026, 11, 22),
    )
