"""Which endpoint of a SavedModel is called, who calls the original, and how it is said; pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from caniload.runner.converting.readers import keras, saved_by, tensorflow
from caniload.runner.forensics.facts import Holds, Inspection, Signature, Tensor
from caniload.runner.matrix.frameworks import frameworks
from caniload.runner.matrix.joining import backend, is_keras_3
from caniload.runner.matrix.schema import Environment

USUAL = ("serving_default", "serve")
"""What endpoints are called that are for calling by anybody."""
_PREDICTING = "tensorflow/serving/predict"
_NO_ARRAYS = frozenset({None, "resource", "variant"})
_MOST = 3
"""So many environments are asked to call the original."""


def chosen(found: Inspection, wanted: str | None = None) -> Signature | str:
    """Return the endpoint that is called, or in a sentence why none can be.

    The usual one first, then what is there to predict; ``wanted`` is the name of another.
    """
    named = {one.name: one for one in found.signatures}
    listed = ", ".join(named)
    if wanted is not None and wanted not in named:
        return f"it has no endpoint {wanted}; it has {listed or 'none'}"
    if not named:
        return (
            "its graph lists no endpoint, so nothing says how it is called: whoever saved it gives"
            " `signatures` to tf.saved_model.save"
        )
    usable = [one for one in named.values() if one.inputs and _is_of_arrays(one)]
    if wanted is not None:
        usable = [one for one in usable if one.name == wanted]
    if not usable:
        return f"none of its endpoints takes arrays: {wanted or listed}"
    usable.sort(key=lambda one: (_place(one), one.method != _PREDICTING))
    return usable[0]


def _place(one: Signature) -> int:
    return USUAL.index(one.name) if one.name in USUAL else len(USUAL)


def _is_of_arrays(one: Signature) -> bool:
    return all(each.dtype not in _NO_ARRAYS for each in (*one.inputs, *one.outputs))


def callers(
    found: Inspection,
    environments: Sequence[Environment],
    *,
    built: Mapping[str, bool],
    target: str,
) -> tuple[str, ...]:
    """Return who is to call the original, the nearest to what saved it first.

    ``built`` has every environment that can be used here, and whether it is there already.
    """
    saver = saved_by(found)
    able = [
        one
        for one in environments
        if one.id in built and one.twin is None and can_call(one) and one.stack == "tf.keras"
    ]
    able.sort(key=lambda one: (tensorflow(one), keras(one)))
    exact: list[str] = []
    newer: list[str] = []
    for one in able:
        inside = tensorflow(one)
        if saver is None or inside is None or inside.release[:2] < saver.release[:2]:
            continue
        (exact if inside.release[:2] == saver.release[:2] else newer).append(one.id)
    # The target calls what it did not save only where the file does not say who did:
    # else it would be compared with itself.
    newer = [name for name in newer if name != target]
    near = [name for name in newer if built[name]]
    itself = [target] if saver is None and target in built else []
    order = (*exact[:1], *near[:1], *newer[:1], *itself)
    return tuple(dict.fromkeys(order))[:_MOST]


def can_call(environment: Environment) -> bool:
    """Say whether it has TensorFlow, and computes with it."""
    return tensorflow(environment) is not None and backend(environment.packages) in (
        None,
        "tensorflow",
    )


def has_layer(environment: Environment) -> bool:
    """Say whether its Keras has a layer that calls a graph."""
    return is_keras_3(environment) and can_call(environment)


def line(folder: str, endpoint: str, takes: Sequence[Tensor], environment: Environment) -> str:
    """Return the Python that calls a graph without a layer of Keras."""
    given = ", ".join(f"{one.name}=..." for one in takes)
    inside = tensorflow(environment)
    if inside is not None and inside < frameworks().since.tensorflow_eager:
        return f"tf.saved_model.loader.load(session, ['serve'], {folder!r})"
    return f"tf.saved_model.load({folder!r}).signatures[{endpoint!r}]({given})"


def why(found: Inspection) -> str:
    """Return why there is no more to be had of a SavedModel than to call it."""
    made = found.origin.tensorflow_version
    by = f"TensorFlow {made} saved" if made else "somebody saved"
    if found.holds is Holds.GRAPH:
        return f"{by} a graph, and no description of a Keras model: it can be called, and no more"
    names = ", ".join(dict.fromkeys(one.name for one in found.custom))
    if names:
        return f"the code of {names} is in no file given with --custom: its graph can be called"
    return "its graph can be called, and no more"
