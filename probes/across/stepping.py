"""What layers do in training that they do not in inference, each called alone on drawn numbers.

Of a layer that keeps statistics of what it sees: where one step moves them, and how it scales what
it sees; of one that drops numbers: by how much it makes up for them. A model's outputs say nothing
of either. Python 3.6 to 3.13; numpy is imported inside.
"""

import crossing

SHAPES = {2: [1024], 3: [64, 16], 4: [16, 8, 8], 5: [16, 4, 4, 4]}
"""Rows and places, by the number of axes: a thousand numbers for each channel."""
CHANNELS = 2**12
"""Most channels of a layer that is looked at."""
MOST = 64
"""Most layers that are looked at."""


def trained(keras, model):
    """Return [{"path", "kind", "numbers": {name: array}}] of the layers that could be called."""
    found = []
    for path, layer in crossing.all_layers(model):
        if len(found) == MOST:
            break
        for look in (_statistics, _dropped):
            try:
                numbers = look(keras, layer)
            except Exception:  # not as such a layer is usually called
                continue
            if numbers is not None:
                found.append({"path": path, "kind": type(layer).__name__, "numbers": numbers})
    return found


def _statistics(keras, layer):
    """Return what a step in training makes of moving statistics, and the spread of what is given.

    Nothing of a layer that renormalizes: older versions keep more for it than others read.
    """
    import numpy as np

    import framework

    held = [getattr(layer, name, None) for name in ("moving_mean", "moving_variance")]
    if any(one is None for one in held) or getattr(layer, "renorm", False):
        return None
    channels = int(held[0].shape[0])
    axes = layer.axis if isinstance(layer.axis, (list, tuple)) else [layer.axis]
    ndim = int(layer.input_spec.ndim or 0)
    if len(axes) != 1 or ndim not in SHAPES or channels > CHANNELS:
        return None
    shape = list(SHAPES[ndim])
    axis = axes[0] % ndim
    shape.insert(axis, channels)
    drawn = np.random.RandomState(7).standard_normal(shape)
    drawn = (0.5 + 0.1 * drawn).astype("float32")
    before = framework.as_arrays(keras, held)
    frozen = not layer.trainable
    if frozen:
        layer.trainable = True
    try:
        given = _called(keras, layer, drawn)
        after = framework.as_arrays(keras, held)
    finally:
        if frozen:
            layer.trainable = False
        for variable, array in zip(held, before):
            if framework.is_keras_3(keras):
                variable.assign(array)
            else:
                keras.backend.set_value(variable, array)
    others = tuple(one for one in range(ndim) if one != axis)
    return {
        "mean after a step": after[0],
        "variance after a step": after[1],
        "spread in training": given.astype("float64").std(others),
    }


def _dropped(keras, layer):
    """Return what a number that is not dropped is multiplied by."""
    import numpy as np

    name = type(layer).__name__
    if name not in ("Dropout", "SpatialDropout1D", "SpatialDropout2D", "SpatialDropout3D"):
        return None
    if not layer.rate or getattr(layer, "noise_shape", None) is not None:
        return None
    places = [2] * int(name[-2]) if name != "Dropout" else []
    given = _called(keras, layer, np.ones([64, *places, 64], "float32"))
    return {"kept in training": np.array([given.max()], "float64")}


def _called(keras, layer, array):
    """Return what a layer gives for an array in training, after what it does beside that."""
    import numpy as np

    import framework

    if framework.is_keras_3(keras):
        return np.asarray(keras.ops.convert_to_numpy(layer(array, training=True)))
    import sys

    tensorflow = sys.modules.get("tensorflow")
    if tensorflow is not None and getattr(tensorflow, "executing_eagerly", bool)():
        return np.asarray(layer(tensorflow.constant(array), training=True))
    place = keras.backend.placeholder(shape=array.shape)
    given = layer(place, training=True)
    updates = layer.get_updates_for(place)
    return np.asarray(keras.backend.function([place], [given], updates=updates)([array])[0])
