"""Layers that normalize, whose statistics are weights that no step trains."""

INPUTS = {
    "batch_norm_axis": {"signal": ["normal", [5, 3]]},
    "batch_norm_bare": {"features": ["normal", [4]]},
    "batch_norm_renorm": {"features": ["normal", [4]]},
    "layer_norm": {"signal": ["normal", [5, 3]]},
    "layer_norm_two_axes": {"signal": ["normal", [5, 3]]},
    "group_norm": {"image": ["normal", [4, 4, 4]]},
    "unit_norm": {"features": ["normal", [4]]},
    "rms_norm": {"features": ["normal", [4]]},
    "spectral_norm": {"features": ["normal", [4]]},
}


def batch_norm_axis(keras):
    """An axis in the middle, written as a list (https://github.com/tensorflow/tfjs/issues/798)."""
    inputs = keras.Input((5, 3), name="signal")
    normal = keras.layers.BatchNormalization(axis=1, name="normalization")(inputs)
    flat = keras.layers.Flatten(name="flat")(normal)
    outputs = keras.layers.Dense(2, name="outputs")(flat)
    model = keras.Model(inputs, outputs, name="batch_norm_axis")
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mean_squared_error")
    return model


def batch_norm_bare(keras):
    """BatchNormalization without scale and offset, and other constants: two weights, not four."""
    inputs = keras.Input((4,), name="features")
    normal = keras.layers.BatchNormalization(
        scale=False, center=False, momentum=0.9, epsilon=0.01, name="normalization"
    )(inputs)
    outputs = keras.layers.Dense(2, name="outputs")(normal)
    model = keras.Model(inputs, outputs, name="batch_norm_bare")
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mean_squared_error")
    return model


def batch_norm_renorm(keras):
    """Batch renormalization: three more weights, and gone in Keras 3."""
    inputs = keras.Input((4,), name="features")
    normal = keras.layers.BatchNormalization(renorm=True, name="normalization")(inputs)
    outputs = keras.layers.Dense(2, name="outputs")(normal)
    model = keras.Model(inputs, outputs, name="batch_norm_renorm")
    model.compile(optimizer=keras.optimizers.SGD(0.1), loss="mean_squared_error")
    return model


def layer_norm(keras):
    """LayerNormalization over an axis that is not the last, in a list: a weight for each step."""
    inputs = keras.Input((5, 3), name="signal")
    normal = keras.layers.LayerNormalization(axis=[1], epsilon=0.01, name="normalization")(inputs)
    outputs = keras.layers.Dense(2, name="outputs")(normal)
    model = keras.Model(inputs, outputs, name="layer_norm")
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mean_squared_error")
    return model


def layer_norm_two_axes(keras):
    """LayerNormalization over two axes: weights of two dimensions, and a list to remember."""
    inputs = keras.Input((5, 3), name="signal")
    normal = keras.layers.LayerNormalization(axis=[1, 2], epsilon=0.01, name="normalization")(
        inputs
    )
    outputs = keras.layers.Dense(2, name="outputs")(normal)
    model = keras.Model(inputs, outputs, name="layer_norm_two_axes")
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mean_squared_error")
    return model


def group_norm(keras):
    """GroupNormalization came with TensorFlow 2.11, and with TensorFlow Addons before."""
    inputs = keras.Input((4, 4, 4), name="image")
    normal = keras.layers.GroupNormalization(groups=2, name="normalization")(inputs)
    flat = keras.layers.Flatten(name="flat")(normal)
    outputs = keras.layers.Dense(2, name="outputs")(flat)
    model = keras.Model(inputs, outputs, name="group_norm")
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mean_squared_error")
    return model


def unit_norm(keras):
    """UnitNormalization has no weights; it came with TensorFlow 2.9."""
    inputs = keras.Input((4,), name="features")
    normal = keras.layers.UnitNormalization(name="normalization")(inputs)
    outputs = keras.layers.Dense(2, name="outputs")(normal)
    model = keras.Model(inputs, outputs, name="unit_norm")
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mean_squared_error")
    return model


def rms_norm(keras):
    """RMSNormalization came with Keras 3.9: an older one does not know the class."""
    inputs = keras.Input((4,), name="features")
    normal = keras.layers.RMSNormalization(name="normalization")(inputs)
    outputs = keras.layers.Dense(2, name="outputs")(normal)
    model = keras.Model(inputs, outputs, name="rms_norm")
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mean_squared_error")
    return model


def spectral_norm(keras):
    """SpectralNormalization (TensorFlow 2.13) wraps a layer and changes its kernel in training."""
    inputs = keras.Input((4,), name="features")
    hidden = keras.layers.SpectralNormalization(
        keras.layers.Dense(3, activation="tanh", name="hidden"), name="normalization"
    )(inputs)
    outputs = keras.layers.Dense(2, name="outputs")(hidden)
    model = keras.Model(inputs, outputs, name="spectral_norm")
    model.compile(optimizer=keras.optimizers.SGD(0.1), loss="mean_squared_error")
    return model
