"""Graphs that are more than a chain of layers."""

INPUTS = {
    "two_by_two": {"left": ["normal", [4]], "right": ["normal", [4]]},
    "nested": {"features": ["normal", [4]]},
    "dicts": {"left": ["normal", [4]], "right": ["normal", [3]]},
}

# Models that a person feeds a dict, with the names of INPUTS.
BY_NAME = ("dicts",)


def two_by_two(keras):
    """Two inputs, two outputs and a shared layer: order of inputs, and a layer called twice."""
    left = keras.Input((4,), name="left")
    right = keras.Input((4,), name="right")
    shared = keras.layers.Dense(4, activation="tanh", name="shared")
    near, far = shared(left), shared(right)
    total = keras.layers.Add(name="total")([near, far])
    joined = keras.layers.Concatenate(name="joined")([near, far])
    outputs = [
        keras.layers.Dense(1, name="first")(total),
        keras.layers.Dense(2, name="second")(joined),
    ]
    model = keras.Model([left, right], outputs, name="two_by_two")
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss=["mean_squared_error"] * 2)
    return model


def nested(keras):
    """A model used as a layer, as in transfer learning: its graph is rebuilt inside another."""
    base_inputs = keras.Input((4,), name="base_features")
    hidden = keras.layers.Dense(5, use_bias=False, name="base_hidden")(base_inputs)
    hidden = keras.layers.BatchNormalization(name="base_normalization")(hidden)
    base_outputs = keras.layers.Activation("tanh", name="base_activation")(hidden)
    base = keras.Model(base_inputs, base_outputs, name="base")

    inputs = keras.Input((4,), name="features")
    outputs = keras.layers.Dense(2, name="outputs")(base(inputs))
    model = keras.Model(inputs, outputs, name="nested")
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mean_squared_error")
    return model


def dicts(keras):
    """Inputs and outputs in dicts, as feature columns give them: names and order must survive."""
    inputs = {
        "right": keras.Input((3,), name="right"),
        "left": keras.Input((4,), name="left"),
    }
    joined = keras.layers.Concatenate(name="joined")([inputs["left"], inputs["right"]])
    outputs = {
        "score": keras.layers.Dense(1, name="score")(joined),
        "label": keras.layers.Dense(2, name="label")(joined),
    }
    model = keras.Model(inputs, outputs, name="dicts")
    losses = {"score": "mean_squared_error", "label": "mean_absolute_error"}
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss=losses)
    return model
