"""What a person may add when saving or loading, and the models that show what it does.

``SAVE_ARGUMENTS`` are added to ``save``, ``ARGUMENTS`` to ``load_model``.
"""

INPUTS = {
    "saved_without_optimizer": {"features": ["normal", [4]]},
    "saved_without_traces": {"features": ["normal", [4]]},
    "loaded_uncompiled": {"features": ["normal", [4]]},
    "lambda_unsafe": {"features": ["normal", [4]]},
    "custom_named_plainly": {"features": ["normal", [4]]},
}
SAVE_ARGUMENTS = {
    "saved_without_optimizer": {"include_optimizer": False},
    "saved_without_traces": {"save_traces": False},
}
ARGUMENTS = {
    "loaded_uncompiled": {"compile": False},
    "lambda_unsafe": {"safe_mode": False},
}


def saved_without_optimizer(keras):
    """`save(include_optimizer=False)`: nothing of what it was compiled with is in the file."""
    inputs = keras.Input((4,), name="features")
    hidden = keras.layers.Dense(5, activation="tanh", name="hidden")(inputs)
    outputs = keras.layers.Dense(2, name="outputs")(hidden)
    model = keras.Model(inputs, outputs, name="saved_without_optimizer")
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mean_squared_error")
    return model


def saved_without_traces(keras):
    """`save(save_traces=False)`: a SavedModel that holds no graphs of its layers, from 2.4."""
    inputs = keras.Input((4,), name="features")
    hidden = keras.layers.Dense(5, activation="tanh", name="hidden")(inputs)
    outputs = keras.layers.Dense(2, name="outputs")(hidden)
    model = keras.Model(inputs, outputs, name="saved_without_traces")
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mean_squared_error")
    return model


def loaded_uncompiled(keras):
    """`load_model(compile=False)`, the first thing that people are advised to try.

    https://github.com/keras-team/keras/issues/19330
    """
    inputs = keras.Input((4,), name="features")
    hidden = keras.layers.Dense(5, activation="tanh", name="hidden")(inputs)
    outputs = keras.layers.Dense(2, name="outputs")(hidden)
    model = keras.Model(inputs, outputs, name="loaded_uncompiled")
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mse", metrics=["mae"])
    return model


def lambda_unsafe(keras):
    """A Lambda loaded with `safe_mode=False`: bytecode of one Python in another's interpreter.

    https://github.com/keras-team/keras/issues/18284
    """
    inputs = keras.Input((4,), name="features")
    hidden = keras.layers.Dense(5, activation="tanh", name="hidden")(inputs)
    scaled = keras.layers.Lambda(lambda x: x * 2.0 + 1.0, output_shape=(5,), name="scaled")(hidden)
    outputs = keras.layers.Dense(2, name="outputs")(scaled)
    model = keras.Model(inputs, outputs, name="lambda_unsafe")
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mean_squared_error")
    return model


def custom_named_plainly_objects(keras):
    """Scale each feature by a weight; registered as ``caniload>PlainlyNamed`` when it is saved."""
    # TensorFlow 2.4 refuses to register one name twice in a process.
    keras.utils.get_custom_objects().pop("caniload>PlainlyNamed", None)

    @keras.utils.register_keras_serializable(package="caniload")
    class PlainlyNamed(keras.layers.Layer):
        def build(self, input_shape):
            self.weight = self.add_weight(
                name="weight", shape=(int(input_shape[-1]),), initializer="ones"
            )
            super().build(input_shape)

        def call(self, inputs):
            return inputs * self.weight

    return {"PlainlyNamed": PlainlyNamed}


def custom_named_plainly_objects_there(keras):
    """The same layer without its registration, handed over under its plain name."""

    class PlainlyNamed(keras.layers.Layer):
        def build(self, input_shape):
            self.weight = self.add_weight(
                name="weight", shape=(int(input_shape[-1]),), initializer="ones"
            )
            super().build(input_shape)

        def call(self, inputs):
            return inputs * self.weight

    return {"PlainlyNamed": PlainlyNamed}


def custom_named_plainly(keras):
    """A layer saved under a registered name and handed over under its own.

    https://github.com/keras-team/tf-keras/issues/243
    """
    layers = custom_named_plainly_objects(keras)
    inputs = keras.Input((4,), name="features")
    outputs = keras.layers.Dense(2, name="outputs")(layers["PlainlyNamed"](name="scale")(inputs))
    model = keras.Model(inputs, outputs, name="custom_named_plainly")
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mean_squared_error")
    return model
