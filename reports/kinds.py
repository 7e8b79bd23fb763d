"""The five kinds of warning that loading is said to give, and which cells provoke which (pure)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from caniload.reports.generations import backend_of, keras_of
from caniload.runner.core.judged import JudgedEnvironment


class Kind(StrEnum):
    """In the order of the claim; the values of three are what a model ``provokes``."""

    BACKEND = "backend"
    LAYER_CONFIGURATION = "layer-configuration"
    CUSTOM_LAYER = "custom-layer"
    WEIGHT_SHAPE = "weight-shape"
    VERSION = "version"


@dataclass(frozen=True, kw_only=True)
class Claim:
    """``provoked`` says which cells count, ``would`` what a matrix without such cells needs.

    ``topics`` are the categories of the catalogue that are about this very kind.
    """

    title: str
    said: str
    provoked: str
    would: str
    topics: frozenset[str]


CLAIMS: Mapping[Kind, Claim] = {
    Kind.BACKEND: Claim(
        title="Backend mismatch",
        said="a model saved on one backend and loaded on another",
        provoked="The backends found in the environments that saved and that load are not the "
        "same.",
        would="Two environments with different backends, of which one loads what the other saved.",
        topics=frozenset({"backend-mismatch"}),
    ),
    Kind.LAYER_CONFIGURATION: Claim(
        title="Layer configuration changes",
        said="deprecated or changed arguments of a layer",
        provoked="The model has a layer whose constructor arguments changed between versions, and "
        "another version of Keras loads it than saved it.",
        would="Models that matrix.yaml marks with provokes: [layer-configuration], loaded by "
        "another version of Keras.",
        topics=frozenset({"layer-config-change", "deprecated-argument"}),
    ),
    Kind.CUSTOM_LAYER: Claim(
        title="Custom layer incompatibility",
        said="the definition of a custom layer that is missing or has changed",
        provoked="The model has layers of its own: registered, handed over, without a "
        "configuration, withheld from the loader, or with another constructor, weight or "
        "computation there.",
        would="Models with classes of their own in probes/models/, or that matrix.yaml marks with "
        "provokes: [custom-layer].",
        topics=frozenset({"custom-object-missing"}),
    ),
    Kind.WEIGHT_SHAPE: Claim(
        title="Weight shape mismatch",
        said="an architecture and a file that disagree about the shapes of weights",
        provoked="The weights in the file do not fit the model that they are loaded into: a layer "
        "more, one less, of another shape or under another name. Unchanged means here that it "
        "became the model in the file, against the code.",
        would="Models that matrix.yaml marks with provokes: [weight-shape], whose loader builds "
        "another architecture than was saved.",
        topics=frozenset({"weight-shape-mismatch", "weights-partially-loaded"}),
    ),
    Kind.VERSION: Claim(
        title="Version discrepancy",
        said="a model saved with one version of Keras and loaded with another",
        provoked="The versions of Keras found in the environments that saved and that load are not "
        "the same.",
        would="Two environments with different versions of Keras, of which one loads what the "
        "other saved.",
        topics=frozenset({"version-mismatch"}),
    ),
}


def kinds_of(
    save: JudgedEnvironment, provokes: Iterable[str], load: JudgedEnvironment
) -> tuple[Kind, ...]:
    """Return what a cell provokes, by facts alone; what is not known provokes nothing.

    ``provokes`` is what its model does.
    """
    provoked = {Kind(name) for name in provokes}
    if _differ(backend_of(save), backend_of(load)):
        provoked.add(Kind.BACKEND)
    if _differ(keras_of(save), keras_of(load)):
        provoked.add(Kind.VERSION)
    else:
        provoked.discard(Kind.LAYER_CONFIGURATION)  # the arguments of a version do not change
    return tuple(kind for kind in Kind if kind in provoked)


def _differ(one: str, other: str) -> bool:
    return bool(one and other) and one != other
