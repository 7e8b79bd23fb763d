"""Types of numbers: policies, half and double precision."""

INPUTS = {
    "mixed_float16": {"features": ["normal", [4]]},
    "mixed_layers": {"features": ["normal", [4]]},
    "mixed_bfloat16": {"features": ["normal", [4]]},
    "float64_layers": {"features": ["normal", [4]]},
    "float64_default": {"features": ["normal", [4]]},
    "integer_inputs": {"left": ["integers", [4], 7], "right": ["normal", [4]]},
}


def mixed_float16(keras):
    """Under a global policy (https://github.com/HamadYA/GhostFaceNets/issues/52)."""
    if hasattr(keras.mixed_precision, "set_global_policy"):
        keras.mixed_precision.set_global_policy("mixed_float16")
    else:  # until TensorFlow 2.3
        keras.mixed_precision.experimental.set_policy("mixed_float16")
    inputs = keras.Input((4,), name="features")
    hidden = keras.layers.Dense(3, activation="tanh", name="hidden")(inputs)
    outputs = keras.layers.Dense(2, dtype="float32", name="outputs")(hidden)
    model = keras.Model(inputs, outputs, name="mixed_float16")
    model.compile(optimizer=keras.optimizers.SGD(0.1), loss="mean_squared_error")
    return model


def mixed_layers(keras):
    """A policy for single layers (https://github.com/keras-team/keras/pull/19752)."""
    inputs = keras.Input((4,), name="features")
    hidden = keras.layers.Dense(3, activation="tanh", dtype="mixed_float16", name="hidden")(inputs)
    outputs = keras.layers.Dense(2, dtype="float32", name="outputs")(hidden)
    model = keras.Model(inputs, outputs, name="mixed_layers")
    model.compile(optimizer=keras.optimizers.SGD(0.1), loss="mean_squared_error")
    return model


def mixed_bfloat16(keras):
    """The policy of TPUs, given as an object: layers hold it by name or as an object."""
    if hasattr(keras.mixed_precision, "Policy"):
        policy = keras.mixed_precision.Policy("mixed_bfloat16")
    else:  # until TensorFlow 2.3
        policy = keras.mixed_precision.experimental.Policy("mixed_bfloat16")
    inputs = keras.Input((4,), name="features")
    hidden = keras.layers.Dense(3, activation="tanh", dtype=policy, name="hidden")(inputs)
    outputs = keras.layers.Dense(2, dtype="float32", name="outputs")(hidden)
    model = keras.Model(inputs, outputs, name="mixed_bfloat16")
    model.compile(optimizer=keras.optimizers.SGD(0.1), loss="mean_squared_error")
    return model


def float64_layers(keras):
    """Layers in double precision between others: initializers of TensorFlow 1 hold their type."""
    inputs = keras.Input((4,), dtype="float64", name="features")
    hidden = keras.layers.Dense(3, activation="tanh", dtype="float64", name="hidden")(inputs)
    outputs = keras.layers.Dense(2, dtype="float64", name="outputs")(hidden)
    model = keras.Model(inputs, outputs, name="float64_layers")
    model.compile(optimizer=keras.optimizers.SGD(0.1), loss="mean_squared_error")
    return model


def float64_default(keras):
    """Double precision everywhere, by `set_floatx`: the loader has another default type."""
    keras.backend.set_floatx("float64")
    inputs = keras.Input((4,), name="features")
    hidden = keras.layers.Dense(3, activation="tanh", name="hidden")(inputs)
    outputs = keras.layers.Dense(2, name="outputs")(hidden)
    model = keras.Model(inputs, outputs, name="float64_default")
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mean_squared_error")
    return model


def integer_inputs(keras):
    """Inputs of two types: a type that is lost turns counts into numbers, or the other way."""
    left = keras.Input((4,), dtype="int32", name="left")
    right = keras.Input((4,), name="right")
    embedded = keras.layers.Embedding(7, 2, name="embedding")(left)
    flat = keras.layers.Flatten(name="flat")(embedded)
    joined = keras.layers.Concatenate(name="joined")([flat, right])
    outputs = keras.layers.Dense(2, name="outputs")(joined)
    model = keras.Model([left, right], outputs, name="integer_inputs")
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mean_squared_error")
    return model
