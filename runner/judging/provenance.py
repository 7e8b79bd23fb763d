"""Evidence -> what the control's files say of their own origin, for each saver and format."""

from __future__ import annotations

from collections.abc import Iterator

from caniload.runner.core.cells import Artifact
from caniload.runner.core.judged import JudgedOrigin
from caniload.runner.evidence.known import Evidence
from caniload.runner.judging.origin import OriginError, read_origin


def origins(evidence: Evidence) -> Iterator[JudgedOrigin]:
    """Yield one for each file of the control that was written; the model makes no difference."""
    control = evidence.plan.matrix.controls.model
    for environment in evidence.plan.environments:
        for kind in evidence.plan.formats:
            artifact = Artifact(saved_by=environment.id, model=control, format=kind.id)
            saved = evidence.saved(artifact)
            if saved is None:
                continue
            says, problem = {}, None
            try:
                path = evidence.path(saved)
                says = read_origin(path, path.suffix)
            except OriginError as error:
                problem = str(error)
            yield JudgedOrigin(
                environment=environment.id, format=kind.id, says=says, problem=problem
            )
