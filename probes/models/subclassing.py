"""Models and layers that are classes of one's own, and hold other layers."""

INPUTS = {
    "subclassed_call": {"features": ["normal", [4]]},
    "subclassed_lists": {"features": ["normal", [4]]},
    "subclassed_dicts": {"features": ["normal", [4]]},
    "subclassed_no_config": {"features": ["normal", [4]]},
    "subclassed_functional": {"features": ["normal", [4]]},
    "own_train_step": {"features": ["normal", [4]]},
    "own_block": {"features": ["normal", [4]]},
    "own_activity": {"features": ["normal", [4]]},
}
REGISTERED = ["own_block"]


def subclassed_call_objects(keras):
    """Return a model class with two layers."""

    class Chain(keras.Model):
        def __init__(self, units=3, **options):
            super().__init__(**options)
            self.units = units
            self.hidden = keras.layers.Dense(units, activation="tanh", name="hidden")
            self.last = keras.layers.Dense(2, name="last")

        def call(self, inputs):
            return self.last(self.hidden(inputs))

        def get_config(self):
            return {"units": self.units}

    return {"Chain": Chain}


def subclassed_call(keras):
    """Only code knows the graph (https://github.com/unicode-org/lstm_word_segmentation/issues/28)."""
    model = subclassed_call_objects(keras)["Chain"](5)
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mean_squared_error")
    return model


def subclassed_lists_objects(keras):
    """Return a model class that keeps its layers in a list."""

    class Tower(keras.Model):
        def __init__(self, depth=2, **options):
            super().__init__(**options)
            self.depth = depth
            self.floors = [keras.layers.Dense(3, activation="tanh") for _ in range(depth)]
            self.last = keras.layers.Dense(2)

        def call(self, inputs):
            for floor in self.floors:
                inputs = floor(inputs)
            return self.last(inputs)

        def get_config(self):
            return {"depth": self.depth}

    return {"Tower": Tower}


def subclassed_lists(keras):
    """Layers in a list of a model: their places in the list are their names in files."""
    model = subclassed_lists_objects(keras)["Tower"](3)
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mean_squared_error")
    return model


def subclassed_dicts_objects(keras):
    """Return a model class that keeps its layers in a dict."""

    class Heads(keras.Model):
        def __init__(self, **options):
            super().__init__(**options)
            self.heads = {
                "wide": keras.layers.Dense(3, name="wide"),
                "narrow": keras.layers.Dense(1, name="narrow"),
            }

        def call(self, inputs):
            return {name: self.heads[name](inputs) for name in ("wide", "narrow")}

        def get_config(self):
            return {}

    return {"Heads": Heads}


def subclassed_dicts(keras):
    """Layers in a dict of a model, and a dict of outputs that no graph has seen before."""
    model = subclassed_dicts_objects(keras)["Heads"]()
    losses = {"wide": "mean_squared_error", "narrow": "mean_absolute_error"}
    model.compile(optimizer=keras.optimizers.SGD(0.1), loss=losses)
    return model


def subclassed_no_config_objects(keras):
    """Return a model class that no configuration describes."""

    class Forgetful(keras.Model):
        def __init__(self, factor=1.0, **options):
            super().__init__(**options)
            self.factor = factor
            self.last = keras.layers.Dense(2, name="last")

        def call(self, inputs):
            return self.last(inputs) * self.factor

    return {"Forgetful": Forgetful}


def subclassed_no_config(keras):
    """A model without `get_config`: its argument is back at the default, or nothing is saved."""
    model = subclassed_no_config_objects(keras)["Forgetful"](3.0)
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mean_squared_error")
    return model


def subclassed_functional_objects(keras):
    """Return a model class that is a functional graph with a method more."""

    class Named(keras.Model):
        def describe(self):
            return "functional, and more"

    return {"Named": Named}


def subclassed_functional(keras):
    """A class of one's own made as a functional model: its graph may be saved, or only its name."""
    named = subclassed_functional_objects(keras)["Named"]
    inputs = keras.Input((4,), name="features")
    hidden = keras.layers.Dense(3, activation="tanh", name="hidden")(inputs)
    outputs = keras.layers.Dense(2, name="outputs")(hidden)
    model = named(inputs, outputs, name="subclassed_functional")
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mean_squared_error")
    return model


def own_train_step_objects(keras):
    """Return a model class that trains in its own way: on twice its targets."""

    class Doubling(keras.Model):
        def train_step(self, data):
            return super().train_step((data[0], data[1] * 2.0))

    return {"Doubling": Doubling}


def own_train_step(keras):
    """A `train_step` of one's own (TensorFlow 2.2): without the class, training is another."""
    doubling = own_train_step_objects(keras)["Doubling"]
    inputs = keras.Input((4,), name="features")
    outputs = keras.layers.Dense(2, name="outputs")(inputs)
    model = doubling(inputs, outputs, name="own_train_step")
    model.compile(optimizer=keras.optimizers.SGD(0.1), loss="mean_squared_error")
    return model


def own_block_objects(keras):
    """Return a layer made of layers, registered (https://github.com/keras-team/tf-keras/issues/243)."""
    # TensorFlow 2.4 refuses to register one name twice in a process.
    keras.utils.get_custom_objects().pop("caniload>Block", None)

    @keras.utils.register_keras_serializable(package="caniload")
    class Block(keras.layers.Layer):
        def __init__(self, units=3, **options):
            super().__init__(**options)
            self.units = units
            self.inner = [
                keras.layers.Dense(units, activation="tanh", name="one"),
                keras.layers.LayerNormalization(name="two"),
            ]

        def build(self, input_shape):
            self.inner[0].build(input_shape)
            self.inner[1].build((input_shape[0], self.units))
            super().build(input_shape)

        def call(self, inputs):
            return self.inner[1](self.inner[0](inputs))

        def get_config(self):
            config = super().get_config()
            config["units"] = self.units
            return config

    return {"Block": Block}


def own_block(keras):
    """A registered layer that holds a list of layers: weights two levels down."""
    block = own_block_objects(keras)["Block"]
    inputs = keras.Input((4,), name="features")
    hidden = block(5, name="block")(inputs)
    outputs = keras.layers.Dense(2, name="outputs")(hidden)
    model = keras.Model(inputs, outputs, name="own_block")
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mean_squared_error")
    return model


def own_activity_objects(keras):
    """Return a layer that adds to the loss what passes through it."""

    class Penalty(keras.layers.Layer):
        def __init__(self, rate=0.1, **options):
            super().__init__(**options)
            self.rate = rate

        def call(self, inputs):
            ops = getattr(keras, "ops", keras.backend)
            self.add_loss(self.rate * ops.mean(inputs * inputs))
            return inputs * 1.0

        def get_config(self):
            config = super().get_config()
            config["rate"] = self.rate
            return config

    return {"Penalty": Penalty}


def own_activity(keras):
    """A layer that calls `add_loss`: where the loss is lost, training goes another way."""
    penalty = own_activity_objects(keras)["Penalty"]
    inputs = keras.Input((4,), name="features")
    hidden = keras.layers.Dense(3, name="hidden")(inputs)
    hidden = penalty(0.5, name="penalty")(hidden)
    outputs = keras.layers.Dense(2, name="outputs")(hidden)
    model = keras.Model(inputs, outputs, name="own_activity")
    model.compile(optimizer=keras.optimizers.SGD(0.1), loss="mean_squared_error")
    return model
