"""Holds what a SavedModel is loaded as against the graph in the same file, which serves."""

import os

import crossing


def held(job, model, facts, names, arrays, predicted):
    """Return what is predicted, by a model that computes what the graph in its file does.

    TensorFlow 2.4 leaves the weights of MultiHeadAttention as they were born, without a word: their
    layers are made at the first call (keras 2.4, layers/multi_head_attention.py, _build_from_
    signature). After that call the weights find their places.
    """
    import framework

    called = [one["name"] for one in facts["inputs"]]
    try:
        same(job["model"], called, arrays, predicted[1])
    except ValueError:
        stored = os.path.join(job["model"], "variables", "variables")
        if not hasattr(model, "load_weights") or not os.path.exists(stored + ".index"):
            raise
        model.load_weights(stored)
        fed = framework.fed([crossing.as_fed(array) for array in arrays], names)
        predicted = crossing.predict(model, fed)
        same(job["model"], called, arrays, predicted[1])
    return predicted


def same(path, names, arrays, outputs):
    """Raise if the loaded layers compute something else than the graph that was saved with them."""
    import numpy as np
    import tensorflow as tf

    if not tf.executing_eagerly():
        return
    whole = tf.saved_model.load(path)  # held, for it owns the variables
    serve = whole.signatures.get("serving_default")
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
        if array.dtype.kind != "f":
            continue
        size = np.nanmax(np.abs(array)) if array.size else 0.0
        same = [one for one in served if one.shape == array.shape]
        near = [np.allclose(one, array, 0.0, 1e-5 + 1e-2 * size, equal_nan=True) for one in same]
        if same and not any(near):
            raise ValueError(
                "its output %s is not that of the graph in the file: loading made another model"
                % name
            )
