"""What files say of their own origin, and who looks at it, as the loaders' own source tells."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from caniload.reports.text import CleanMatrix
from caniload.runner.core.judged import JudgedFormat

_HDF5 = (
    "Keras 2 hands keras_version and backend to preprocess_weights_for_loading, which converts "
    "weights of Keras 1 where no version stands. tf.keras 1.12 to 2.3 turns convolution kernels "
    "round where backend is theano, multi-backend Keras 2.2 and 2.3 where one side is theano "
    "(keras/engine/saving.py, tensorflow/python/keras/saving/hdf5_format.py); tf.keras from 2.4 "
    "and tf-keras take backend and use it for nothing (legacy/hdf5_format.py). Keras 3.0 to 3.15 "
    "reads both and uses neither (legacy/saving/legacy_h5_format.py). None compares the version "
    "with its own."
)

_SAVEDMODEL = (
    "TensorFlow compares producer and min_consumer with its own bounds when it "
    "imports a graph (CheckVersions in core/common_runtime/graph_constructor.cc). "
    "tensorflow_version becomes an attribute of what tf.saved_model.load returns, and is compared "
    "with nothing there (python/saved_model/load.py). Keras 2 rewrites its own metadata where "
    "their producer is 1 (legacy/saved_model/load.py), and does not read keras_version."
)

READERS: Mapping[str, str] = {
    "h5": _HDF5,
    "weights-h5": f"Where a file states them at all: {_HDF5}",
    "weights-h5-legacy": _HDF5,
    "whole-h5-weights": _HDF5,
    "keras": "No: metadata.json is written and never read. In Keras 2.12 to 2.15, tf-keras 2.16 "
    "to 2.21 and Keras 3.0 to 3.15, saving_lib.py opens it for writing only.",
    "savedmodel": _SAVEDMODEL,
    "exported": _SAVEDMODEL,
    "pickle": "There is nothing to look at: pickle calls what the file names.",
    "json": "No: to_json of Keras 2 writes keras_version and backend, and in Keras 2.13 and "
    "tf-keras 2.21 nothing but the loader of HDF5 reads keras_version. The weights beside it are "
    "HDF5.",
    "checkpoint": "There is nothing to look at: its index names variables and shapes, not what "
    "wrote them.",
}
"""By format; read in the source of those versions, not measured."""


@dataclass(frozen=True, kw_only=True)
class Origin:
    """What one environment's files of one format state."""

    kind: JudgedFormat
    says: Mapping[str, str]
    problem: str | None


def origins_of(matrix: CleanMatrix, environment: str) -> list[Origin]:
    """Return what the files that one environment saved state, in the order of the formats."""
    kinds = {kind.id: kind for kind in matrix.formats}
    return [
        Origin(kind=kinds[one.format], says=one.says, problem=one.problem)
        for one in matrix.origins
        if one.environment == environment and one.format in kinds
    ]
