"""Lambda layers of every kind: a function is bytecode or a name, its arguments are settings."""

INPUTS = {
    "lambda_named": {"features": ["normal", [4]]},
    "lambda_arguments": {"features": ["normal", [4]]},
    "lambda_closure": {"features": ["normal", [4]]},
    "lambda_output_shape": {"features": ["normal", [4]]},
    "lambda_imports": {"features": ["normal", [4]]},
}


def lambda_named_objects(keras):
    """Return a function for a Lambda layer."""

    def doubled(tensor):
        return tensor * 2.0 + 1.0

    return {"doubled": doubled}


def lambda_named(keras):
    """A function with a name, handed over again (https://github.com/keras-team/keras/pull/21602)."""
    doubled = lambda_named_objects(keras)["doubled"]
    inputs = keras.Input((4,), name="features")
    hidden = keras.layers.Lambda(doubled, name="twice")(inputs)
    outputs = keras.layers.Dense(2, name="outputs")(hidden)
    model = keras.Model(inputs, outputs, name="lambda_named")
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mean_squared_error")
    return model


def lambda_arguments(keras):
    """A lambda with `arguments`: numbers and a list that are kept apart from its bytecode."""
    inputs = keras.Input((4,), name="features")
    hidden = keras.layers.Lambda(
        lambda tensor, factor, offsets: tensor * factor + offsets[0],
        arguments={"factor": 3.0, "offsets": [1.0, 2.0]},
        name="scaled",
    )(inputs)
    outputs = keras.layers.Dense(2, name="outputs")(hidden)
    model = keras.Model(inputs, outputs, name="lambda_arguments")
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mean_squared_error")
    return model


def lambda_closure(keras):
    """A lambda that uses a number from around it, and has a default: both are beside its code."""
    factor = 3.0
    inputs = keras.Input((4,), name="features")
    hidden = keras.layers.Lambda(
        lambda tensor, offset=0.5: tensor * factor + offset, name="scaled"
    )(inputs)
    outputs = keras.layers.Dense(2, name="outputs")(hidden)
    model = keras.Model(inputs, outputs, name="lambda_closure")
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mean_squared_error")
    return model


def lambda_output_shape(keras):
    """A lambda that says its output's shape, which comes back as a list or not at all."""
    inputs = keras.Input((4,), name="features")
    hidden = keras.layers.Lambda(lambda tensor: tensor[:, 1:3], output_shape=(2,), name="middle")(
        inputs
    )
    outputs = keras.layers.Dense(2, name="outputs")(hidden)
    model = keras.Model(inputs, outputs, name="lambda_output_shape")
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mean_squared_error")
    return model


def lambda_imports(keras):
    """A function that imports what it needs, and nobody hands over: bytecode, or a name unknown."""

    def squared(tensor):
        import tensorflow as tf

        return tf.square(tensor)

    inputs = keras.Input((4,), name="features")
    hidden = keras.layers.Lambda(squared, name="squared")(inputs)
    outputs = keras.layers.Dense(2, name="outputs")(hidden)
    model = keras.Model(inputs, outputs, name="lambda_imports")
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mean_squared_error")
    return model
