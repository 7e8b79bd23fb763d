"""Plain facts about formats and versions, as runner/judging/catalogue.yaml has them; pure."""

from __future__ import annotations

from dataclasses import dataclass

from caniload.runner.forensics.facts import Inspection
from caniload.runner.matrix.frameworks import frameworks
from caniload.runner.matrix.joining import is_keras_3, knows_keras_format
from caniload.runner.matrix.schema import Environment


@dataclass(frozen=True, kw_only=True)
class Ruled:
    """A rule that decides: the file does not load there."""

    reason: str
    cause: str | None = None


def ruled(inspection: Inspection, environment: Environment) -> Ruled | None:
    """Return the rule that decides whether a sound file loads in an environment, if one does."""
    if inspection.format == "savedmodel" and is_keras_3(environment):
        return Ruled(
            reason="load_model of Keras 3 reads .keras and .h5 only, no SavedModel",
            cause="savedmodel-in-keras-3",
        )
    if inspection.format == "keras" and not knows_keras_format(environment):
        return Ruled(reason=f"the .keras zip format came with TensorFlow {_first_with_zip()}")
    return None


def _first_with_zip() -> str:
    stacks = frameworks().stacks
    found = [one.keras_format for one in stacks if one.ordered_by == "tensorflow"]
    return next((str(one) for one in found if one is not None), "")
