"""Models that are hard to measure fairly; for tests of the probe, not in the matrix.

Each came out wrong once: a fault of ours stood there as one of theirs.
"""

INPUTS = {
    "adapted": {"features": ["normal", [4]]},
    "dropout": {"features": ["normal", [4]]},
    "composite": {"features": ["normal", [4]]},
    "subclassed": {"features": ["normal", [4]]},
    "own_weights": {"features": ["normal", [4]]},
}


def adapted(keras):
    """Normalization keeps what it derived from its weights: setting them must derive it anew."""
    import numpy as np

    layer = keras.layers.Normalization(name="normalization")
    layer.adapt(np.arange(40, dtype="float32").reshape(10, 4))
    inputs = keras.Input((4,), name="features")
    outputs = keras.layers.Dense(2, name="outputs")(layer(inputs))
    model = keras.Model(inputs, outputs, name="adapted")
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mean_squared_error")
    return model


def dropout(keras):
    """No two training steps are alike: a step that differs says nothing of the file."""
    inputs = keras.Input((4,), name="features")
    hidden = keras.layers.Dense(8, name="hidden")(inputs)
    hidden = keras.layers.Dropout(0.5, name="dropout")(hidden)
    outputs = keras.layers.Dense(2, name="outputs")(hidden)
    model = keras.Model(inputs, outputs, name="dropout")
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mean_squared_error")
    return model


def composite_objects(keras):
    """Return a layer made of layers: versions list its weights in different orders."""

    class Block(keras.layers.Layer):
        def __init__(self, **options):
            super().__init__(**options)
            self.one = keras.layers.Dense(4, use_bias=False, name="one")
            self.normalization = keras.layers.BatchNormalization(name="normalization")
            self.two = keras.layers.Dense(4, use_bias=False, name="two")

        def build(self, shape):
            self.one.build(shape)
            self.normalization.build(shape)
            self.two.build(shape)
            super().build(shape)

        def call(self, inputs, training=None):
            return self.two(self.normalization(self.one(inputs), training=training))

    return {"Block": Block}


def composite(keras):
    """A layer made of layers: the same weights in another order are not different weights."""
    inputs = keras.Input((4,), name="features")
    hidden = composite_objects(keras)["Block"](name="block")(inputs)
    outputs = keras.layers.Dense(2, name="outputs")(hidden)
    model = keras.Model(inputs, outputs, name="composite")
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mean_squared_error")
    return model


def subclassed_objects(keras):
    """Return a model class that learns its shapes when it is first called."""

    class Subclassed(keras.Model):
        def __init__(self, **options):
            super().__init__(**options)
            self.hidden = keras.layers.Dense(3, name="same")
            self.last = keras.layers.Dense(2, name="same")

        def call(self, inputs):
            return self.last(self.hidden(inputs))

        def get_config(self):
            return {}

    return {"Subclassed": Subclassed}


def subclassed(keras):
    """Not built before its first call, and two of its layers have one name."""
    model = subclassed_objects(keras)["Subclassed"]()
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mean_squared_error")
    return model


def own_weights_objects(keras):
    """Return a model class that holds a weight beside its layers."""

    class Scaled(keras.Model):
        def __init__(self, **options):
            super().__init__(**options)
            self.last = keras.layers.Dense(2, name="last")

        def build(self, shape):
            self.scale = self.add_weight(name="scale", shape=(4,), initializer="ones")
            self.last.build(shape)
            super().build(shape)

        def call(self, inputs):
            return self.last(inputs * self.scale)

        def get_config(self):
            return {}

    return {"Scaled": Scaled}


def own_weights(keras):
    """A weight that belongs to the model and to none of its layers must be compared, too."""
    model = own_weights_objects(keras)["Scaled"]()
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mean_squared_error")
    return model
