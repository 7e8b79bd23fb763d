"""Holds what a SavedModel is loaded as against the file: its stored weights, and its graph."""

import os

import crossing

UNSALTED = [0xDECAFCAFFE, 0xDECAFCAFFE]
"""What Hashing without a salt is written with until TensorFlow 2.8 (preprocessing/hashing.py)."""
NEAR = 1e-4
"""How near a graph comes to the layers that it was made from, of the largest value."""
NEAR_HALF = 1e-2
"""The same where layers compute with half the digits."""


def held(job, model, facts, names, arrays, predicted):
    """Return what is predicted, by a model that computes what the graph in its file does.

    Loading may have left it another one, without a word. ``ValueError`` if it stays one.
    """
    import framework
    import tensorflow as tf

    if not tf.executing_eagerly():
        return predicted

    def again():
        fed = framework.fed([crossing.as_fed(array) for array in arrays], names)
        return crossing.predict(model, fed)

    if _restored(model, os.path.join(job["model"], "variables", "variables")):
        predicted = again()
    graph = tf.saved_model.load(job["model"])  # held, for it owns the variables
    called = [one["name"] for one in facts["inputs"]]
    bound = NEAR_HALF if _computes_in_half(model) else NEAR
    try:
        same(graph, called, arrays, predicted[1], bound)
    except ValueError:
        if not _unsalted(model):
            raise
        predicted = again()
        same(graph, called, arrays, predicted[1], bound)
    return predicted


def _restored(model, stored):
    """Put the weights of the file in their places once more; return whether any was another.

    TensorFlow 2.4 leaves those of MultiHeadAttention as they were born: the layers that hold them
    are made at the first call (keras 2.4, multi_head_attention.py, _build_from_signature).
    """
    import numpy as np

    if not hasattr(model, "load_weights") or not os.path.exists(stored + ".index"):
        return False

    def held():  # a table of words is among the weights, and no array
        return [np.array(one.numpy()) for one in model.weights if hasattr(one, "numpy")]

    before = held()
    try:
        model.load_weights(stored)
    except Exception:  # what it came to until then counts, and the graph decides
        pass
    after = held()
    return len(before) != len(after) or not all(map(np.array_equal, before, after))


def _computes_in_half(model):
    dtypes = {str(getattr(layer, "compute_dtype", "")) for _, layer in crossing.all_layers(model)}
    return bool(dtypes & {"float16", "bfloat16"})


def _unsalted(model):
    """Take the salt from Hashing layers that may have had none; return whether there was one.

    Who reads the salt that was written for them hashes otherwise. Only the graph tells: what was
    loaded once, and saved again, has hashed with it since.
    """
    found = False
    for _, layer in crossing.all_layers(model):
        salt = getattr(layer, "salt", None) if type(layer).__name__ == "Hashing" else None
        if isinstance(salt, (list, tuple)) and list(salt) == UNSALTED:
            layer.strong_hash, layer.salt, found = False, None, True
    return found


def same(graph, names, arrays, outputs, bound):
    """Raise if the loaded layers compute something else than the graph that was saved with them."""
    import numpy as np
    import tensorflow as tf

    serve = graph.signatures.get("serving_default")
    if serve is None:
        return
    wanted = serve.structured_input_signature[1]
    if len(wanted) == 1 == len(arrays):
        names = list(wanted)
    if set(names) != set(wanted):
        return
    given = {
        name: tf.cast(crossing.as_fed(array), wanted[name].dtype)
        if array.dtype.kind not in "US"
        else crossing.as_fed(array)
        for name, array in zip(names, arrays)
    }
    served = [crossing.as_stored(one.numpy()) for one in serve(**given).values()]
    for name, array in outputs:
        like = [one for one in served if one.shape == array.shape and one.dtype == array.dtype]
        if array.dtype.kind == "f":
            allowed = 1e-6 + bound * (np.nanmax(np.abs(array)) if array.size else 0.0)
            near = [np.allclose(one, array, 0.0, allowed, equal_nan=True) for one in like]
        else:
            near = [np.array_equal(one, array) for one in like]
        if like and not any(near):
            raise ValueError(
                "its output %s is not that of the graph in the file: loading made another model"
                % name
            )
