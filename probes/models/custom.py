"""Layers of one's own, and how the loader gets to know them.

``<model>_objects`` returns the classes that a person hands over as ``custom_objects``. For a model
in ``REGISTERED`` it is called, for it registers them, and nothing is handed over; for one in
``WITHHELD`` it is not even called.
"""

INPUTS = {
    "custom_registered": {"features": ["normal", [4]]},
    "custom_unregistered": {"features": ["normal", [4]]},
    "custom_no_config": {"features": ["normal", [4]]},
    "custom_missing": {"features": ["normal", [4]]},
    "lambda_layer": {"features": ["normal", [4]]},
}
REGISTERED = ["custom_registered"]
WITHHELD = ["custom_missing"]


def custom_registered_objects(keras):
    """Scale each feature by a weight and a factor; known as ``caniload>RegisteredScale``."""
    # TensorFlow 2.4 refuses to register one name twice in a process.
    keras.utils.get_custom_objects().pop("caniload>RegisteredScale", None)

    @keras.utils.register_keras_serializable(package="caniload")
    class RegisteredScale(keras.layers.Layer):
        def __init__(self, factor=2.0, **kwargs):
            super().__init__(**kwargs)
            self.factor = factor

        def build(self, input_shape):
            self.weight = self.add_weight(
                name="weight", shape=(int(input_shape[-1]),), initializer="ones"
            )
            super().build(input_shape)

        def call(self, inputs):
            return inputs * self.weight * self.factor

        def get_config(self):
            config = super().get_config()
            config["factor"] = self.factor
            return config

    return {"RegisteredScale": RegisteredScale}


def custom_registered(keras):
    """A layer registered under a package: the file names it with a prefix, `package>name`."""
    layers = custom_registered_objects(keras)
    inputs = keras.Input((4,), name="features")
    scaled = layers["RegisteredScale"](3.0, name="scale")(inputs)
    outputs = keras.layers.Dense(2, name="outputs")(scaled)
    model = keras.Model(inputs, outputs, name="custom_registered")
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mean_squared_error")
    return model


def custom_unregistered_objects(keras):
    """Scale each feature by a weight and a factor; the factor is in the configuration."""

    class Scale(keras.layers.Layer):
        def __init__(self, factor=2.0, **kwargs):
            super().__init__(**kwargs)
            self.factor = factor

        def build(self, input_shape):
            self.weight = self.add_weight(
                name="weight", shape=(int(input_shape[-1]),), initializer="ones"
            )
            super().build(input_shape)

        def call(self, inputs):
            return inputs * self.weight * self.factor

        def get_config(self):
            config = super().get_config()
            config["factor"] = self.factor
            return config

    return {"Scale": Scale}


def custom_unregistered(keras):
    """A layer handed over as `custom_objects`: base configurations hold keys of their version."""
    layers = custom_unregistered_objects(keras)
    inputs = keras.Input((4,), name="features")
    scaled = layers["Scale"](3.0, name="scale")(inputs)
    outputs = keras.layers.Dense(2, name="outputs")(scaled)
    model = keras.Model(inputs, outputs, name="custom_unregistered")
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mean_squared_error")
    return model


def custom_no_config_objects(keras):
    """Scale each feature by a weight and a factor, which no configuration mentions."""

    class ForgetfulScale(keras.layers.Layer):
        def __init__(self, factor=2.0, **kwargs):
            super().__init__(**kwargs)
            self.factor = factor

        def build(self, input_shape):
            self.weight = self.add_weight(
                name="weight", shape=(int(input_shape[-1]),), initializer="ones"
            )
            super().build(input_shape)

        def call(self, inputs):
            return inputs * self.weight * self.factor

    return {"ForgetfulScale": ForgetfulScale}


def custom_no_config(keras):
    """A layer without `get_config`: refused, guessed, or silently back at its default argument."""
    layers = custom_no_config_objects(keras)
    inputs = keras.Input((4,), name="features")
    scaled = layers["ForgetfulScale"](3.0, name="scale")(inputs)
    outputs = keras.layers.Dense(2, name="outputs")(scaled)
    model = keras.Model(inputs, outputs, name="custom_no_config")
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mean_squared_error")
    return model


def custom_missing_objects(keras):
    """Scale each feature by a weight and a factor; the loader never sees this class."""

    class LostScale(keras.layers.Layer):
        def __init__(self, factor=2.0, **kwargs):
            super().__init__(**kwargs)
            self.factor = factor

        def build(self, input_shape):
            self.weight = self.add_weight(
                name="weight", shape=(int(input_shape[-1]),), initializer="ones"
            )
            super().build(input_shape)

        def call(self, inputs):
            return inputs * self.weight * self.factor

        def get_config(self):
            config = super().get_config()
            config["factor"] = self.factor
            return config

    return {"LostScale": LostScale}


def custom_missing(keras):
    """A layer whose code the loader does not have: only a SavedModel carries its computation."""
    layers = custom_missing_objects(keras)
    inputs = keras.Input((4,), name="features")
    scaled = layers["LostScale"](3.0, name="scale")(inputs)
    outputs = keras.layers.Dense(2, name="outputs")(scaled)
    model = keras.Model(inputs, outputs, name="custom_missing")
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mean_squared_error")
    return model


def lambda_layer(keras):
    """A Python lambda: saved as bytecode, which another Python cannot run and Keras 3 refuses."""
    inputs = keras.Input((4,), name="features")
    hidden = keras.layers.Dense(4, name="hidden")(inputs)
    doubled = keras.layers.Lambda(lambda tensor: tensor * 2.0 + 1.0, name="doubled")(hidden)
    outputs = keras.layers.Dense(2, name="outputs")(doubled)
    model = keras.Model(inputs, outputs, name="lambda_layer")
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mean_squared_error")
    return model
