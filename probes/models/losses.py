"""Losses and metrics: by name, as objects, for each output, and of one's own."""

INPUTS = {
    "accuracy_binary": {"features": ["normal", [4]]},
    "accuracy_categorical": {"features": ["normal", [4]]},
    "accuracy_sparse": {"features": ["normal", [4]]},
    "loss_as_object": {"features": ["normal", [4]]},
    "loss_smoothed": {"features": ["normal", [4]]},
    "metrics_as_objects": {"features": ["normal", [4]]},
    "weighted_metrics": {"features": ["normal", [4]]},
    "loss_weights": {"features": ["normal", [4]]},
    "own_loss": {"features": ["normal", [4]]},
    "own_loss_missing": {"features": ["normal", [4]]},
    "own_loss_class": {"features": ["normal", [4]]},
    "own_metric": {"features": ["normal", [4]]},
    "added_loss": {"features": ["normal", [4]]},
    "compile_options": {"features": ["normal", [4]]},
}
TARGETS = {
    "accuracy_binary": [["classes", 2]],
    "accuracy_sparse": [["classes", 3]],
    "metrics_as_objects": [["classes", 2]],
}
WITHHELD = ["own_loss_missing"]


def accuracy_binary(keras):
    """`accuracy` where there is one probability: the name is resolved by loss and by shape."""
    inputs = keras.Input((4,), name="features")
    hidden = keras.layers.Dense(3, activation="tanh", name="hidden")(inputs)
    outputs = keras.layers.Dense(1, activation="sigmoid", name="outputs")(hidden)
    model = keras.Model(inputs, outputs, name="accuracy_binary")
    model.compile(
        optimizer=keras.optimizers.Adam(0.01), loss="binary_crossentropy", metrics=["accuracy"]
    )
    return model


def accuracy_categorical(keras):
    """`acc`, the short name, where targets have a column for each class."""
    inputs = keras.Input((4,), name="features")
    hidden = keras.layers.Dense(3, activation="tanh", name="hidden")(inputs)
    outputs = keras.layers.Dense(3, activation="softmax", name="outputs")(hidden)
    model = keras.Model(inputs, outputs, name="accuracy_categorical")
    model.compile(
        optimizer=keras.optimizers.SGD(0.1), loss="categorical_crossentropy", metrics=["acc"]
    )
    return model


def accuracy_sparse(keras):
    """Becomes another metric when loaded (https://github.com/tensorflow/tensorflow/issues/42890)."""
    inputs = keras.Input((4,), name="features")
    hidden = keras.layers.Dense(3, activation="tanh", name="hidden")(inputs)
    outputs = keras.layers.Dense(3, activation="softmax", name="outputs")(hidden)
    model = keras.Model(inputs, outputs, name="accuracy_sparse")
    model.compile(
        optimizer=keras.optimizers.SGD(0.1),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy", "sparse_categorical_accuracy"],
    )
    return model


def loss_as_object(keras):
    """A loss as an object with a setting: one that is lost gives steps of another length."""
    inputs = keras.Input((4,), name="features")
    hidden = keras.layers.Dense(3, activation="tanh", name="hidden")(inputs)
    outputs = keras.layers.Dense(2, name="outputs")(hidden)
    model = keras.Model(inputs, outputs, name="loss_as_object")
    model.compile(optimizer=keras.optimizers.SGD(0.1), loss=keras.losses.Huber(delta=0.25))
    return model


def loss_smoothed(keras):
    """Crossentropy of logits with smoothed labels: two settings that no name carries."""
    inputs = keras.Input((4,), name="features")
    hidden = keras.layers.Dense(3, activation="tanh", name="hidden")(inputs)
    outputs = keras.layers.Dense(3, name="outputs")(hidden)
    model = keras.Model(inputs, outputs, name="loss_smoothed")
    loss = keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=0.2)
    model.compile(optimizer=keras.optimizers.SGD(0.1), loss=loss)
    return model


def metrics_as_objects(keras):
    """Metrics as objects with settings and weights of their own."""
    inputs = keras.Input((4,), name="features")
    hidden = keras.layers.Dense(3, activation="tanh", name="hidden")(inputs)
    outputs = keras.layers.Dense(1, activation="sigmoid", name="outputs")(hidden)
    model = keras.Model(inputs, outputs, name="metrics_as_objects")
    model.compile(
        optimizer=keras.optimizers.SGD(0.1),
        loss=keras.losses.BinaryCrossentropy(),
        metrics=[
            keras.metrics.AUC(num_thresholds=20, name="area"),
            keras.metrics.Precision(thresholds=0.3, name="precision"),
            keras.metrics.BinaryAccuracy(threshold=0.4, name="right"),
        ],
    )
    return model


def weighted_metrics(keras):
    """Metrics that heed weights of samples are listed apart, and may be forgotten apart."""
    inputs = keras.Input((4,), name="features")
    hidden = keras.layers.Dense(3, activation="tanh", name="hidden")(inputs)
    outputs = keras.layers.Dense(2, name="outputs")(hidden)
    model = keras.Model(inputs, outputs, name="weighted_metrics")
    model.compile(
        optimizer=keras.optimizers.SGD(0.1),
        loss="mean_squared_error",
        metrics=["mean_absolute_error"],
        weighted_metrics=["mean_squared_error"],
    )
    return model


def loss_weights(keras):
    """Two outputs with a list of losses, weights and metrics: a list of lists, in order."""
    inputs = keras.Input((4,), name="features")
    hidden = keras.layers.Dense(3, activation="tanh", name="hidden")(inputs)
    outputs = [
        keras.layers.Dense(1, name="first")(hidden),
        keras.layers.Dense(2, name="second")(hidden),
    ]
    model = keras.Model(inputs, outputs, name="loss_weights")
    model.compile(
        optimizer=keras.optimizers.SGD(0.1),
        loss=["mean_squared_error", "mean_absolute_error"],
        loss_weights=[0.25, 2.0],
        metrics=[["mean_absolute_error"], ["mean_squared_error"]],
    )
    return model


def own_loss_objects(keras):
    """Return a loss function of one's own."""

    def fourth_power(expected, predicted):
        difference = (expected - predicted) * (expected - predicted)
        return getattr(keras, "ops", keras.backend).mean(difference * difference, axis=-1)

    return {"fourth_power": fourth_power}


def own_loss(keras):
    """A loss function of one's own, handed over when loading."""
    fourth_power = own_loss_objects(keras)["fourth_power"]
    inputs = keras.Input((4,), name="features")
    hidden = keras.layers.Dense(3, activation="tanh", name="hidden")(inputs)
    outputs = keras.layers.Dense(2, name="outputs")(hidden)
    model = keras.Model(inputs, outputs, name="own_loss")
    model.compile(optimizer=keras.optimizers.SGD(0.01), loss=fourth_power)
    return model


def own_loss_missing_objects(keras):
    """Return a loss function that the loader never sees."""

    def lost_loss(expected, predicted):
        difference = (expected - predicted) * (expected - predicted)
        return getattr(keras, "ops", keras.backend).mean(difference * difference, axis=-1)

    return {"lost_loss": lost_loss}


def own_loss_missing(keras):
    """A loss that the loader does not have (https://github.com/rstudio/keras3/issues/769)."""
    lost_loss = own_loss_missing_objects(keras)["lost_loss"]
    inputs = keras.Input((4,), name="features")
    hidden = keras.layers.Dense(3, activation="tanh", name="hidden")(inputs)
    outputs = keras.layers.Dense(2, name="outputs")(hidden)
    model = keras.Model(inputs, outputs, name="own_loss_missing")
    model.compile(optimizer=keras.optimizers.SGD(0.01), loss=lost_loss)
    return model


def own_loss_class_objects(keras):
    """Return a loss class of one's own, with a setting."""

    class Scaled(keras.losses.Loss):
        def __init__(self, factor=1.0, **kwargs):
            super().__init__(**kwargs)
            self.factor = factor

        def call(self, expected, predicted):
            difference = (expected - predicted) * (expected - predicted)
            return self.factor * getattr(keras, "ops", keras.backend).mean(difference, axis=-1)

        def get_config(self):
            config = super().get_config()
            config["factor"] = self.factor
            return config

    return {"Scaled": Scaled}


def own_loss_class(keras):
    """A loss class of one's own with a factor: back at its default, steps are shorter."""
    scaled = own_loss_class_objects(keras)["Scaled"](3.0, name="scaled")
    inputs = keras.Input((4,), name="features")
    hidden = keras.layers.Dense(3, activation="tanh", name="hidden")(inputs)
    outputs = keras.layers.Dense(2, name="outputs")(hidden)
    model = keras.Model(inputs, outputs, name="own_loss_class")
    model.compile(optimizer=keras.optimizers.SGD(0.05), loss=scaled)
    return model


def own_metric_objects(keras):
    """Return a metric function of one's own."""

    def largest_error(expected, predicted):
        difference = (expected - predicted) * (expected - predicted)
        return getattr(keras, "ops", keras.backend).max(difference, axis=-1)

    return {"largest_error": largest_error}


def own_metric(keras):
    """A metric function of one's own: of no use for predictions, and needed to load them."""
    largest_error = own_metric_objects(keras)["largest_error"]
    inputs = keras.Input((4,), name="features")
    hidden = keras.layers.Dense(3, activation="tanh", name="hidden")(inputs)
    outputs = keras.layers.Dense(2, name="outputs")(hidden)
    model = keras.Model(inputs, outputs, name="own_metric")
    model.compile(
        optimizer=keras.optimizers.SGD(0.05), loss="mean_squared_error", metrics=[largest_error]
    )
    return model


def added_loss(keras):
    """`add_loss` with a tensor, as variational autoencoders had it until Keras 3."""
    inputs = keras.Input((4,), name="features")
    hidden = keras.layers.Dense(3, activation="tanh", name="hidden")(inputs)
    outputs = keras.layers.Dense(2, name="outputs")(hidden)
    model = keras.Model(inputs, outputs, name="added_loss")
    model.add_loss(keras.backend.mean(hidden * hidden))
    model.compile(optimizer=keras.optimizers.SGD(0.05), loss="mean_squared_error")
    return model


def compile_options(keras):
    """Options of `compile` that are no part of the model (TensorFlow 2.4), and saved with it."""
    inputs = keras.Input((4,), name="features")
    hidden = keras.layers.Dense(3, activation="tanh", name="hidden")(inputs)
    outputs = keras.layers.Dense(2, name="outputs")(hidden)
    model = keras.Model(inputs, outputs, name="compile_options")
    model.compile(
        optimizer=keras.optimizers.Adam(0.01),
        loss="mean_squared_error",
        run_eagerly=True,
        steps_per_execution=1,
    )
    return model
