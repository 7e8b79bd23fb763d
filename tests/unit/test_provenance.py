"""Which files are asked for their origin, and what becomes of one that cannot be read."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import h5py

from caniload.runner.core.cells import Artifact
from caniload.runner.core.judged import JudgedOrigin
from caniload.runner.evidence.known import Evidence
from caniload.runner.judging.provenance import origins
from caniload.runner.matrix.plan import Plan, Selection, make
from caniload.runner.matrix.reading import read_matrix

MATRIX = read_matrix(Path(__file__).parents[2] / "matrix.yaml")
SAVERS = ("tf-2.9", "tf-2.15")
PLAN = make(MATRIX, Selection(environments=SAVERS, formats=("h5", "keras", "json")))


@dataclass(frozen=True, kw_only=True)
class Files:
    """What ``origins`` asks of the evidence, answered from a folder."""

    plan: Plan
    folder: Path

    def saved(self, artifact: Artifact) -> Any:
        return artifact if self.path(artifact).exists() else None

    def path(self, artifact: Artifact) -> Path:
        return self.folder / artifact.id.replace("/", "-")


def test_every_file_of_the_control_is_asked_in_the_order_of_the_plan(tmp_path: Path) -> None:
    for saver in SAVERS:
        with h5py.File(tmp_path / f"{saver}-control.h5", "w") as file:
            file.attrs["keras_version"] = saver
    (tmp_path / "tf-2.15-control.keras").write_bytes(b"no zip file")
    (tmp_path / "tf-2.15-dense.json").write_text('{"backend": "tensorflow"}')
    evidence = cast("Evidence", Files(plan=PLAN, folder=tmp_path))
    assert list(origins(evidence)) == [
        JudgedOrigin(environment="tf-2.9", format="h5", says={"keras_version": "tf-2.9"}),
        JudgedOrigin(environment="tf-2.15", format="h5", says={"keras_version": "tf-2.15"}),
        JudgedOrigin(
            environment="tf-2.15",
            format="keras",
            problem="not a readable zip file: File is not a zip file",
        ),
    ]
