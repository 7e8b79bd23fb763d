"""Layers of one's own whose code has changed since the model was saved.

``<model>_objects`` returns the saving side's classes, ``<model>_objects_there`` the loading side's.
Both are printed in reproduction scripts and so written out in full, alike as they are.
"""

INPUTS = {
    "custom_argument_renamed": {"features": ["normal", [4]]},
    "custom_argument_added": {"features": ["normal", [4]]},
    "custom_other_shape": {"features": ["normal", [4]]},
    "custom_other_call": {"features": ["normal", [4]]},
}


def custom_argument_renamed_objects(keras):
    """Scale each feature by a weight and a factor; the factor is in the configuration."""

    class RenamedScale(keras.layers.Layer):
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

    return {"RenamedScale": RenamedScale}


def custom_argument_renamed_objects_there(keras):
    """The class as it is today: the argument is called `scale` now."""

    class RenamedScale(keras.layers.Layer):
        def __init__(self, scale=2.0, **kwargs):
            super().__init__(**kwargs)
            self.scale = scale

        def build(self, input_shape):
            self.weight = self.add_weight(
                name="weight", shape=(int(input_shape[-1]),), initializer="ones"
            )
            super().build(input_shape)

        def call(self, inputs):
            return inputs * self.weight * self.scale

        def get_config(self):
            config = super().get_config()
            config["scale"] = self.scale
            return config

    return {"RenamedScale": RenamedScale}


def custom_argument_renamed(keras):
    """A layer whose constructor has changed: the file holds an argument that it no longer takes."""
    layers = custom_argument_renamed_objects(keras)
    inputs = keras.Input((4,), name="features")
    scaled = layers["RenamedScale"](3.0, name="scale")(inputs)
    outputs = keras.layers.Dense(2, name="outputs")(scaled)
    model = keras.Model(inputs, outputs, name="custom_argument_renamed")
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mean_squared_error")
    return model


def custom_argument_added_objects(keras):
    """Scale each feature by a weight and a factor; the factor is in the configuration."""

    class GrownScale(keras.layers.Layer):
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

    return {"GrownScale": GrownScale}


def custom_argument_added_objects_there(keras):
    """The class as it is today: it wants a second argument, which no file has."""

    class GrownScale(keras.layers.Layer):
        def __init__(self, factor, offset, **kwargs):
            super().__init__(**kwargs)
            self.factor, self.offset = factor, offset

        def build(self, input_shape):
            self.weight = self.add_weight(
                name="weight", shape=(int(input_shape[-1]),), initializer="ones"
            )
            super().build(input_shape)

        def call(self, inputs):
            return inputs * self.weight * self.factor + self.offset

        def get_config(self):
            config = super().get_config()
            config.update(factor=self.factor, offset=self.offset)
            return config

    return {"GrownScale": GrownScale}


def custom_argument_added(keras):
    """A layer whose constructor wants more today than the file holds."""
    layers = custom_argument_added_objects(keras)
    inputs = keras.Input((4,), name="features")
    scaled = layers["GrownScale"](3.0, name="scale")(inputs)
    outputs = keras.layers.Dense(2, name="outputs")(scaled)
    model = keras.Model(inputs, outputs, name="custom_argument_added")
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mean_squared_error")
    return model


def custom_other_shape_objects(keras):
    """Scale each feature by a weight and a factor; the factor is in the configuration."""

    class ReshapedScale(keras.layers.Layer):
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

    return {"ReshapedScale": ReshapedScale}


def custom_other_shape_objects_there(keras):
    """The class as it is today: one weight for all features."""

    class ReshapedScale(keras.layers.Layer):
        def __init__(self, factor=2.0, **kwargs):
            super().__init__(**kwargs)
            self.factor = factor

        def build(self, input_shape):
            self.weight = self.add_weight(name="weight", shape=(1,), initializer="ones")
            super().build(input_shape)

        def call(self, inputs):
            return inputs * self.weight * self.factor

        def get_config(self):
            config = super().get_config()
            config["factor"] = self.factor
            return config

    return {"ReshapedScale": ReshapedScale}


def custom_other_shape(keras):
    """A layer that makes a weight of another shape today: the file's does not fit."""
    layers = custom_other_shape_objects(keras)
    inputs = keras.Input((4,), name="features")
    scaled = layers["ReshapedScale"](3.0, name="scale")(inputs)
    outputs = keras.layers.Dense(2, name="outputs")(scaled)
    model = keras.Model(inputs, outputs, name="custom_other_shape")
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mean_squared_error")
    return model


def custom_other_call_objects(keras):
    """Scale each feature by a weight and a factor; the factor is in the configuration."""

    class ChangedScale(keras.layers.Layer):
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

    return {"ChangedScale": ChangedScale}


def custom_other_call_objects_there(keras):
    """The class as it is today: the factor is added, not multiplied."""

    class ChangedScale(keras.layers.Layer):
        def __init__(self, factor=2.0, **kwargs):
            super().__init__(**kwargs)
            self.factor = factor

        def build(self, input_shape):
            self.weight = self.add_weight(
                name="weight", shape=(int(input_shape[-1]),), initializer="ones"
            )
            super().build(input_shape)

        def call(self, inputs):
            return inputs * self.weight + self.factor

        def get_config(self):
            config = super().get_config()
            config["factor"] = self.factor
            return config

    return {"ChangedScale": ChangedScale}


def custom_other_call(keras):
    """A layer that computes something else today: nothing in the file can tell."""
    layers = custom_other_call_objects(keras)
    inputs = keras.Input((4,), name="features")
    scaled = layers["ChangedScale"](3.0, name="scale")(inputs)
    outputs = keras.layers.Dense(2, name="outputs")(scaled)
    model = keras.Model(inputs, outputs, name="custom_other_call")
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mean_squared_error")
    return model
