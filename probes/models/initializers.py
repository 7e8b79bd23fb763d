"""What a layer is given for its weights: initializers, regularizers and constraints."""

INPUTS = {
    "initializers_named": {"features": ["normal", [4]]},
    "initializers_set": {"features": ["normal", [4]]},
    "own_initializer": {"features": ["normal", [4]]},
    "regularizers": {"features": ["normal", [4]]},
    "constraints": {"features": ["normal", [4]]},
}


def initializers_named(keras):
    """Initializers by name: files of TensorFlow 1 hold their settings, with types of numbers."""
    inputs = keras.Input((4,), name="features")
    hidden = inputs
    for name in ("he_normal", "he_uniform", "lecun_normal", "glorot_normal", "ones", "identity"):
        hidden = keras.layers.Dense(
            4, kernel_initializer=name, bias_initializer="ones", name=name + "_dense"
        )(hidden)
    outputs = keras.layers.Dense(2, kernel_initializer="zeros", name="outputs")(hidden)
    model = keras.Model(inputs, outputs, name="initializers_named")
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mean_squared_error")
    return model


def initializers_set(keras):
    """Initializers with settings and seeds: several were renamed, or given other distributions."""
    inputs = keras.Input((4,), name="features")
    hidden = inputs
    chosen = [
        keras.initializers.VarianceScaling(scale=2.0, mode="fan_out", seed=1),
        keras.initializers.Orthogonal(gain=0.5, seed=2),
        keras.initializers.TruncatedNormal(stddev=0.1, seed=3),
        keras.initializers.RandomUniform(-0.1, 0.1, seed=4),
        keras.initializers.Constant(0.25),
    ]
    for index, initializer in enumerate(chosen):
        hidden = keras.layers.Dense(
            4, kernel_initializer=initializer, activation="tanh", name="hidden_%d" % index
        )(hidden)
    outputs = keras.layers.Dense(2, name="outputs")(hidden)
    model = keras.Model(inputs, outputs, name="initializers_set")
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mean_squared_error")
    return model


def own_initializer_objects(keras):
    """Return an initializer of one's own, with a setting."""

    class Halved(keras.initializers.Initializer):
        def __init__(self, value=1.0):
            self.value = value

        def __call__(self, shape, dtype=None, **kwargs):
            return keras.initializers.Constant(self.value / 2.0)(shape, dtype=dtype)

        def get_config(self):
            return {"value": self.value}

    return {"Halved": Halved}


def own_initializer(keras):
    """An initializer of one's own: of no use to who loads weights, and looked for all the same."""
    halved = own_initializer_objects(keras)["Halved"](3.0)
    inputs = keras.Input((4,), name="features")
    hidden = keras.layers.Dense(3, kernel_initializer=halved, name="hidden")(inputs)
    outputs = keras.layers.Dense(2, name="outputs")(hidden)
    model = keras.Model(inputs, outputs, name="own_initializer")
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mean_squared_error")
    return model


def regularizers(keras):
    """Penalties by name and with numbers: they are in no output, and in every further step."""
    inputs = keras.Input((4,), name="features")
    hidden = keras.layers.Dense(
        3,
        kernel_regularizer=keras.regularizers.l1_l2(0.1, 0.2),
        bias_regularizer=keras.regularizers.l1(0.05),
        activity_regularizer=keras.regularizers.l2(0.03),
        name="hidden",
    )(inputs)
    outputs = keras.layers.Dense(2, kernel_regularizer="l2", name="outputs")(hidden)
    model = keras.Model(inputs, outputs, name="regularizers")
    model.compile(optimizer=keras.optimizers.SGD(0.1), loss="mean_squared_error")
    return model


def constraints(keras):
    """Constraints are applied after every step: one that is lost shows in training only."""
    inputs = keras.Input((4,), name="features")
    hidden = keras.layers.Dense(
        3,
        kernel_constraint=keras.constraints.MaxNorm(0.5, axis=0),
        bias_constraint=keras.constraints.NonNeg(),
        name="hidden",
    )(inputs)
    hidden = keras.layers.Dense(
        3, kernel_constraint=keras.constraints.MinMaxNorm(0.2, 0.4, rate=0.5), name="deeper"
    )(hidden)
    outputs = keras.layers.Dense(2, kernel_constraint="unit_norm", name="outputs")(hidden)
    model = keras.Model(inputs, outputs, name="constraints")
    model.compile(optimizer=keras.optimizers.SGD(0.1), loss="mean_squared_error")
    return model
