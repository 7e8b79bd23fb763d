"""Weights loaded into code that is not the code they were saved from.

``<model>_there`` is what the loading side builds; what it adds starts from a constant, so that two
loads give the same numbers. ``ARGUMENTS`` are those that a person adds to load_weights.
"""

INPUTS = {
    "one_layer_less": {"features": ["normal", [4]]},
    "one_layer_more": {"features": ["normal", [4]]},
    "one_layer_more_by_name": {"features": ["normal", [4]]},
    "other_shape": {"features": ["normal", [4]]},
    "other_shape_by_name": {"features": ["normal", [4]]},
    "other_shape_skipped": {"features": ["normal", [4]]},
    "other_shape_skipped_by_name": {"features": ["normal", [4]]},
    "renamed_by_name": {"features": ["normal", [4]]},
}
ARGUMENTS = {
    "one_layer_more_by_name": {"by_name": True},
    "other_shape_by_name": {"by_name": True},
    "other_shape_skipped": {"skip_mismatch": True},
    "other_shape_skipped_by_name": {"by_name": True, "skip_mismatch": True},
    "renamed_by_name": {"by_name": True},
}


def one_layer_less(keras):
    """Weights of three layers into code that has two of them: one is left over."""
    inputs = keras.Input((4,), name="features")
    hidden = keras.layers.Dense(5, activation="tanh", name="hidden")(inputs)
    hidden = keras.layers.Dense(5, activation="tanh", name="middle")(hidden)
    outputs = keras.layers.Dense(2, name="outputs")(hidden)
    model = keras.Model(inputs, outputs, name="one_layer_less")
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mean_squared_error")
    return model


def one_layer_less_there(keras):
    """Build the model without its middle layer."""
    inputs = keras.Input((4,), name="features")
    hidden = keras.layers.Dense(5, activation="tanh", kernel_initializer="ones", name="hidden")(
        inputs
    )
    outputs = keras.layers.Dense(2, kernel_initializer="ones", name="outputs")(hidden)
    model = keras.Model(inputs, outputs, name="one_layer_less")
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mean_squared_error")
    return model


def one_layer_more(keras):
    """Weights of two layers into code that has a third: the new one finds nothing in the file."""
    inputs = keras.Input((4,), name="features")
    hidden = keras.layers.Dense(5, activation="tanh", name="hidden")(inputs)
    outputs = keras.layers.Dense(2, name="outputs")(hidden)
    model = keras.Model(inputs, outputs, name="one_layer_more")
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mean_squared_error")
    return model


def one_layer_more_there(keras):
    """Build the model with a middle layer."""
    inputs = keras.Input((4,), name="features")
    hidden = keras.layers.Dense(5, activation="tanh", kernel_initializer="ones", name="hidden")(
        inputs
    )
    hidden = keras.layers.Dense(5, activation="tanh", kernel_initializer="ones", name="middle")(
        hidden
    )
    outputs = keras.layers.Dense(2, kernel_initializer="ones", name="outputs")(hidden)
    model = keras.Model(inputs, outputs, name="one_layer_more")
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mean_squared_error")
    return model


def one_layer_more_by_name(keras):
    """A layer more, `by_name`: fine-tuning; what has no name in the file starts as it was built."""
    inputs = keras.Input((4,), name="features")
    hidden = keras.layers.Dense(5, activation="tanh", name="hidden")(inputs)
    outputs = keras.layers.Dense(2, name="outputs")(hidden)
    model = keras.Model(inputs, outputs, name="one_layer_more_by_name")
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mean_squared_error")
    return model


def one_layer_more_by_name_there(keras):
    """Build the model with a middle layer."""
    inputs = keras.Input((4,), name="features")
    hidden = keras.layers.Dense(5, activation="tanh", kernel_initializer="ones", name="hidden")(
        inputs
    )
    hidden = keras.layers.Dense(5, activation="tanh", kernel_initializer="ones", name="middle")(
        hidden
    )
    outputs = keras.layers.Dense(2, kernel_initializer="ones", name="outputs")(hidden)
    model = keras.Model(inputs, outputs, name="one_layer_more_by_name")
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mean_squared_error")
    return model


def other_shape(keras):
    """A layer that has grown since: the weights in the file do not fit it."""
    inputs = keras.Input((4,), name="features")
    hidden = keras.layers.Dense(5, activation="tanh", name="hidden")(inputs)
    outputs = keras.layers.Dense(2, name="outputs")(hidden)
    model = keras.Model(inputs, outputs, name="other_shape")
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mean_squared_error")
    return model


def other_shape_there(keras):
    """Build the model with a wider hidden layer."""
    inputs = keras.Input((4,), name="features")
    hidden = keras.layers.Dense(7, activation="tanh", kernel_initializer="ones", name="hidden")(
        inputs
    )
    outputs = keras.layers.Dense(2, kernel_initializer="ones", name="outputs")(hidden)
    model = keras.Model(inputs, outputs, name="other_shape")
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mean_squared_error")
    return model


def other_shape_by_name(keras):
    """A layer that has grown since, `by_name`: the name fits, the shape does not."""
    inputs = keras.Input((4,), name="features")
    hidden = keras.layers.Dense(5, activation="tanh", name="hidden")(inputs)
    outputs = keras.layers.Dense(2, name="outputs")(hidden)
    model = keras.Model(inputs, outputs, name="other_shape_by_name")
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mean_squared_error")
    return model


def other_shape_by_name_there(keras):
    """Build the model with a wider hidden layer."""
    inputs = keras.Input((4,), name="features")
    hidden = keras.layers.Dense(7, activation="tanh", kernel_initializer="ones", name="hidden")(
        inputs
    )
    outputs = keras.layers.Dense(2, kernel_initializer="ones", name="outputs")(hidden)
    model = keras.Model(inputs, outputs, name="other_shape_by_name")
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mean_squared_error")
    return model


def other_shape_skipped(keras):
    """A layer that has grown since, `skip_mismatch`: what does not fit is left out."""
    inputs = keras.Input((4,), name="features")
    hidden = keras.layers.Dense(5, activation="tanh", name="hidden")(inputs)
    outputs = keras.layers.Dense(2, name="outputs")(hidden)
    model = keras.Model(inputs, outputs, name="other_shape_skipped")
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mean_squared_error")
    return model


def other_shape_skipped_there(keras):
    """Build the model with a wider hidden layer."""
    inputs = keras.Input((4,), name="features")
    hidden = keras.layers.Dense(7, activation="tanh", kernel_initializer="ones", name="hidden")(
        inputs
    )
    outputs = keras.layers.Dense(2, kernel_initializer="ones", name="outputs")(hidden)
    model = keras.Model(inputs, outputs, name="other_shape_skipped")
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mean_squared_error")
    return model


def other_shape_skipped_by_name(keras):
    """A layer that has grown, `by_name` and `skip_mismatch`: how Keras 2 wants to be asked."""
    inputs = keras.Input((4,), name="features")
    hidden = keras.layers.Dense(5, activation="tanh", name="hidden")(inputs)
    outputs = keras.layers.Dense(2, name="outputs")(hidden)
    model = keras.Model(inputs, outputs, name="other_shape_skipped_by_name")
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mean_squared_error")
    return model


def other_shape_skipped_by_name_there(keras):
    """Build the model with a wider hidden layer."""
    inputs = keras.Input((4,), name="features")
    hidden = keras.layers.Dense(7, activation="tanh", kernel_initializer="ones", name="hidden")(
        inputs
    )
    outputs = keras.layers.Dense(2, kernel_initializer="ones", name="outputs")(hidden)
    model = keras.Model(inputs, outputs, name="other_shape_skipped_by_name")
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mean_squared_error")
    return model


def renamed_by_name(keras):
    """Layers renamed since, `by_name`: nothing in the file is looked for."""
    inputs = keras.Input((4,), name="features")
    hidden = keras.layers.Dense(5, activation="tanh", name="hidden")(inputs)
    outputs = keras.layers.Dense(2, name="outputs")(hidden)
    model = keras.Model(inputs, outputs, name="renamed_by_name")
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mean_squared_error")
    return model


def renamed_by_name_there(keras):
    """Build the model under other names of its layers."""
    inputs = keras.Input((4,), name="features")
    hidden = keras.layers.Dense(5, activation="tanh", kernel_initializer="ones", name="first")(
        inputs
    )
    outputs = keras.layers.Dense(2, kernel_initializer="ones", name="last")(hidden)
    model = keras.Model(inputs, outputs, name="renamed_by_name")
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mean_squared_error")
    return model
