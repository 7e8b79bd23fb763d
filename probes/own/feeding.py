"""What a model is fed and trained on: a person's own arrays, or made up to suit it.

Python 3.6 to 3.13; numpy is imported inside.
"""

import drawing
import framework

SEED = 20261122


class NoInputs(Exception):
    """Nothing states what the model is to be fed."""


class Fed(object):
    """Arrays with the names under which a model takes them, and where they came from."""

    def __init__(self, arrays, names, described):
        self.arrays, self.names, self.described = arrays, names, described


def given(keras, arrays, names):
    """Return arrays as a person hands them over; .npz holds text as numpy's own type.

    Keras 3 refuses arrays of text ("Invalid dtype: object") and takes tensors of it.
    """
    return framework.fed([_as_taken(keras, array) for array in arrays], names)


def _as_taken(keras, array):
    if array.dtype.kind != "U":
        return array
    if not framework.is_keras_3(keras):
        return array.astype(object)
    import tensorflow as tf

    return tf.constant(array.tolist())


def feed(job, state, model):
    """Return what the model takes, and (structure, [(name, array)]) of what it predicts from that.

    Of what is made up several sizes are tried, as ``drawing.suited`` says.
    """
    state.phase("predict")  # if nothing suits, or can be drawn, it is not known what it predicts
    specs = drawing.specs(model, _configuration(model), job["stated"])
    names = [one["key"] for one in specs] if specs and specs[0]["key"] is not None else None

    def predict(arrays):
        state.phase("predict")
        found = framework.predict(model, given(state.keras, arrays, names))
        state.phase("compare")
        return framework.outputs(found)

    if job["inputs"] is not None:
        theirs = _theirs(job["inputs"])
        arrays = drawing.arranged(specs, theirs)
        order = [name for array in arrays for name in theirs if theirs[name] is array]
        return Fed(arrays, names, ["%s of --inputs" % name for name in order]), predict(arrays)
    if not specs:
        raise NoInputs("neither the file nor the model states its inputs")
    _, arrays, found = drawing.suited(specs, SEED, predict)
    return Fed(arrays, names, [_told(one) for one in arrays]), found


def _told(array):
    kind = "string" if array.dtype.kind == "U" else array.dtype
    return "%s %s" % (kind, list(array.shape))


def _theirs(path):
    import numpy as np

    with np.load(path, allow_pickle=False) as file:
        return {name: file[name] for name in file.files}


def _configuration(model):
    """Return the model's configuration as a file has it, or ``None``: not every model has one."""
    try:
        return {"class_name": type(model).__name__, "config": model.get_config()}
    except Exception:
        return None


def targets(losses, shapes):
    """Return training targets for outputs of these shapes.

    Rows of positive numbers that add up to one suit nearly every loss; a sparse one takes classes.
    """
    import numpy as np

    random = np.random.RandomState(SEED + 1)
    found = []
    sparse = any("sparse" in loss.lower() for loss in losses)
    for shape in shapes:
        if sparse and len(shape) > 1:
            found.append(random.randint(0, shape[-1], [*shape[:-1], 1]).astype("int32"))
            continue
        drawn = random.uniform(0.1, 0.9, shape)
        if len(shape) > 1 and shape[-1] > 1:
            drawn /= drawn.sum(-1, keepdims=True)
        found.append(drawn.astype("float32"))
    return found
