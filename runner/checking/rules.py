"""Plain facts about formats and versions, as runner/judging/catalogue.yaml has them; pure."""

from __future__ import annotations

from dataclasses import dataclass

from packaging.version import Version

from caniload.runner.forensics.facts import Inspection
from caniload.runner.matrix.joining import is_keras_3, versions
from caniload.runner.matrix.schema import Environment

_WITH_ZIP = Version("2.12")


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
    if inspection.format == "keras" and not _knows_zip(environment):
        return Ruled(reason="the .keras zip format came with TensorFlow 2.12")
    return None


def _knows_zip(environment: Environment) -> bool:
    found = versions(environment)
    if environment.stack == "tf.keras":
        return found.get("tensorflow", _WITH_ZIP) >= _WITH_ZIP
    return environment.stack != "keras 2 (multi-backend)"
