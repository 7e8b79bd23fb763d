"""What people compile with: each loss and metric by name, in short, and as an object."""

INPUTS = {
    "losses_in_short": {"features": ["normal", [4]]},
    "losses_in_full": {"features": ["normal", [4]]},
    "losses_of_margins": {"features": ["normal", [4]]},
    "losses_named_anew": {"features": ["normal", [4]]},
    "loss_of_logits": {"features": ["normal", [4]]},
    "losses_as_objects": {"features": ["normal", [4]]},
    "losses_of_shares": {"features": ["normal", [4]]},
    "losses_focal": {"features": ["normal", [4]]},
    "metrics_in_short": {"features": ["normal", [4]]},
    "metrics_of_classes": {"features": ["normal", [4]]},
    "metrics_of_numbers": {"features": ["normal", [4]]},
    "metrics_of_counts": {"features": ["normal", [4]]},
    "metrics_of_numbers_as_objects": {"features": ["normal", [4]]},
    "metrics_of_errors_as_objects": {"features": ["normal", [4]]},
    "metrics_of_overlap": {"features": ["normal", [4]]},
    "metrics_of_scores": {"features": ["normal", [4]]},
    "losses_by_output": {"features": ["normal", [4]]},
}
TARGETS = {
    "loss_of_logits": [["classes", 3]],
    "losses_focal": [["classes", 2]],
    "metrics_of_classes": [["classes", 3]],
    "metrics_of_counts": [["classes", 2]],
    "metrics_of_overlap": [["classes", 2]],
    "losses_by_output": [["normal", [1]], ["classes", 3]],
}


def losses_in_short(keras):
    """The short names, which versions resolve, and save, each in its own way."""
    losses = ["mae", "mape", "msle", "mse"]
    inputs = keras.Input((4,), name="features")
    hidden = keras.layers.Dense(3, activation="tanh", name="hidden")(inputs)
    outputs = [
        keras.layers.Dense(3, activation="sigmoid", name="output_%d" % place)(hidden)
        for place in range(len(losses))
    ]
    model = keras.Model(inputs, outputs, name="losses_in_short")
    model.compile(optimizer=keras.optimizers.SGD(0.05), loss=losses)
    return model


def losses_in_full(keras):
    """The same in full, and the loss of counts."""
    losses = ["mean_absolute_percentage_error", "mean_squared_logarithmic_error", "poisson"]
    inputs = keras.Input((4,), name="features")
    hidden = keras.layers.Dense(3, activation="tanh", name="hidden")(inputs)
    outputs = [
        keras.layers.Dense(3, activation="sigmoid", name="output_%d" % place)(hidden)
        for place in range(len(losses))
    ]
    model = keras.Model(inputs, outputs, name="losses_in_full")
    model.compile(optimizer=keras.optimizers.SGD(0.05), loss=losses)
    return model


def losses_of_margins(keras):
    """Hinge losses, by name."""
    losses = ["hinge", "squared_hinge", "categorical_hinge"]
    inputs = keras.Input((4,), name="features")
    hidden = keras.layers.Dense(3, activation="tanh", name="hidden")(inputs)
    outputs = [
        keras.layers.Dense(3, activation="tanh", name="output_%d" % place)(hidden)
        for place in range(len(losses))
    ]
    model = keras.Model(inputs, outputs, name="losses_of_margins")
    model.compile(optimizer=keras.optimizers.SGD(0.05), loss=losses)
    return model


def losses_named_anew(keras):
    """Names that came, or changed, with TensorFlow 2."""
    losses = ["huber", "log_cosh", "cosine_similarity", "kl_divergence"]
    inputs = keras.Input((4,), name="features")
    hidden = keras.layers.Dense(3, activation="tanh", name="hidden")(inputs)
    outputs = [
        keras.layers.Dense(3, activation="softmax", name="output_%d" % place)(hidden)
        for place in range(len(losses))
    ]
    model = keras.Model(inputs, outputs, name="losses_named_anew")
    model.compile(optimizer=keras.optimizers.SGD(0.05), loss=losses)
    return model


def loss_of_logits(keras):
    """TensorFlow's own tutorial: classes as numbers, outputs as logits."""
    inputs = keras.Input((4,), name="features")
    hidden = keras.layers.Dense(3, activation="tanh", name="hidden")(inputs)
    outputs = keras.layers.Dense(3, name="outputs")(hidden)
    model = keras.Model(inputs, outputs, name="loss_of_logits")
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(optimizer="adam", loss=loss, metrics=["accuracy"])
    return model


def losses_as_objects(keras):
    """Errors of numbers, as objects with their defaults."""
    kinds = keras.losses
    losses = [
        kinds.MeanSquaredError(),
        kinds.MeanAbsoluteError(),
        kinds.MeanAbsolutePercentageError(),
        kinds.MeanSquaredLogarithmicError(),
        kinds.LogCosh(),
        kinds.Huber(),
    ]
    inputs = keras.Input((4,), name="features")
    hidden = keras.layers.Dense(3, activation="tanh", name="hidden")(inputs)
    outputs = [
        keras.layers.Dense(3, activation="sigmoid", name="output_%d" % place)(hidden)
        for place in range(len(losses))
    ]
    model = keras.Model(inputs, outputs, name="losses_as_objects")
    model.compile(optimizer=keras.optimizers.SGD(0.05), loss=losses)
    return model


def losses_of_shares(keras):
    """What compares shares, counts, directions and margins, as objects."""
    kinds = keras.losses
    losses = [
        kinds.KLDivergence(),
        kinds.Poisson(),
        kinds.CosineSimilarity(axis=-1),
        kinds.Hinge(),
        kinds.SquaredHinge(),
        kinds.CategoricalHinge(),
    ]
    inputs = keras.Input((4,), name="features")
    hidden = keras.layers.Dense(3, activation="tanh", name="hidden")(inputs)
    outputs = [
        keras.layers.Dense(3, activation="softmax", name="output_%d" % place)(hidden)
        for place in range(len(losses))
    ]
    model = keras.Model(inputs, outputs, name="losses_of_shares")
    model.compile(optimizer=keras.optimizers.SGD(0.05), loss=losses)
    return model


def losses_focal(keras):
    """A loss that came late, and is asked for by those whose classes are rare."""
    inputs = keras.Input((4,), name="features")
    hidden = keras.layers.Dense(3, activation="tanh", name="hidden")(inputs)
    outputs = keras.layers.Dense(1, activation="sigmoid", name="outputs")(hidden)
    model = keras.Model(inputs, outputs, name="losses_focal")
    loss = keras.losses.BinaryFocalCrossentropy(gamma=1.5)
    model.compile(optimizer=keras.optimizers.SGD(0.05), loss=loss)
    return model


def metrics_in_short(keras):
    """Metrics by name, some of them short."""
    metrics = ["mse", "mae", "mape", "msle", "mean_absolute_percentage_error"]
    inputs = keras.Input((4,), name="features")
    hidden = keras.layers.Dense(3, activation="tanh", name="hidden")(inputs)
    outputs = keras.layers.Dense(2, activation="sigmoid", name="outputs")(hidden)
    model = keras.Model(inputs, outputs, name="metrics_in_short")
    model.compile(optimizer=keras.optimizers.SGD(0.05), loss="mse", metrics=metrics)
    return model


def metrics_of_classes(keras):
    """Metrics of classes that are numbers, as objects and by name."""
    kinds = keras.metrics
    metrics = [
        kinds.SparseCategoricalAccuracy(name="right"),
        kinds.SparseTopKCategoricalAccuracy(k=2, name="nearly"),
        kinds.SparseCategoricalCrossentropy(name="entropy"),
        "sparse_categorical_crossentropy",
        "sparse_top_k_categorical_accuracy",
    ]
    inputs = keras.Input((4,), name="features")
    hidden = keras.layers.Dense(3, activation="tanh", name="hidden")(inputs)
    outputs = keras.layers.Dense(3, activation="softmax", name="outputs")(hidden)
    model = keras.Model(inputs, outputs, name="metrics_of_classes")
    model.compile(
        optimizer=keras.optimizers.SGD(0.05),
        loss="sparse_categorical_crossentropy",
        metrics=metrics,
    )
    return model


def metrics_of_numbers(keras):
    """Metrics of classes with a column each, as objects and by name."""
    kinds = keras.metrics
    metrics = [
        kinds.CategoricalAccuracy(name="right"),
        kinds.TopKCategoricalAccuracy(k=2, name="nearly"),
        kinds.CategoricalCrossentropy(name="entropy"),
        "categorical_accuracy",
        "categorical_crossentropy",
        "top_k_categorical_accuracy",
    ]
    inputs = keras.Input((4,), name="features")
    hidden = keras.layers.Dense(3, activation="tanh", name="hidden")(inputs)
    outputs = keras.layers.Dense(3, activation="softmax", name="outputs")(hidden)
    model = keras.Model(inputs, outputs, name="metrics_of_numbers")
    model.compile(
        optimizer=keras.optimizers.SGD(0.05), loss="categorical_crossentropy", metrics=metrics
    )
    return model


def metrics_of_counts(keras):
    """What is counted of yes and no."""
    kinds = keras.metrics
    metrics = [
        kinds.Recall(name="recall"),
        kinds.Precision(name="precision"),
        kinds.AUC(name="auc"),
        kinds.AUC(name="prc", curve="PR"),
        kinds.TruePositives(name="tp"),
        kinds.FalsePositives(name="fp"),
        kinds.TrueNegatives(name="tn"),
        kinds.FalseNegatives(name="fn"),
        kinds.BinaryAccuracy(name="accuracy"),
        kinds.BinaryCrossentropy(name="entropy"),
        "binary_accuracy",
        "binary_crossentropy",
    ]
    inputs = keras.Input((4,), name="features")
    hidden = keras.layers.Dense(3, activation="tanh", name="hidden")(inputs)
    outputs = keras.layers.Dense(1, activation="sigmoid", name="outputs")(hidden)
    model = keras.Model(inputs, outputs, name="metrics_of_counts")
    model.compile(optimizer=keras.optimizers.SGD(0.05), loss="binary_crossentropy", metrics=metrics)
    return model


def metrics_of_numbers_as_objects(keras):
    """Errors of numbers that everybody reports, as objects."""
    kinds = keras.metrics
    metrics = [
        kinds.RootMeanSquaredError(),
        kinds.MeanSquaredError(),
        kinds.MeanAbsoluteError(name="mae"),
    ]
    inputs = keras.Input((4,), name="features")
    hidden = keras.layers.Dense(3, activation="tanh", name="hidden")(inputs)
    outputs = keras.layers.Dense(2, activation=None, name="outputs")(hidden)
    model = keras.Model(inputs, outputs, name="metrics_of_numbers_as_objects")
    model.compile(optimizer=keras.optimizers.SGD(0.05), loss="mean_squared_error", metrics=metrics)
    return model


def metrics_of_errors_as_objects(keras):
    """Errors that are reported now and then, as objects."""
    kinds = keras.metrics
    metrics = [
        kinds.MeanAbsolutePercentageError(),
        kinds.MeanSquaredLogarithmicError(),
        kinds.LogCoshError(),
        kinds.CosineSimilarity(axis=-1),
        kinds.KLDivergence(),
        kinds.Poisson(),
    ]
    inputs = keras.Input((4,), name="features")
    hidden = keras.layers.Dense(3, activation="tanh", name="hidden")(inputs)
    outputs = keras.layers.Dense(2, activation="sigmoid", name="outputs")(hidden)
    model = keras.Model(inputs, outputs, name="metrics_of_errors_as_objects")
    model.compile(optimizer=keras.optimizers.SGD(0.05), loss="mean_absolute_error", metrics=metrics)
    return model


def metrics_of_overlap(keras):
    """What segmentation reports."""
    metrics = [keras.metrics.MeanIoU(num_classes=2), keras.metrics.Recall(thresholds=0.3)]
    inputs = keras.Input((4,), name="features")
    hidden = keras.layers.Dense(3, activation="tanh", name="hidden")(inputs)
    outputs = keras.layers.Dense(1, activation="sigmoid", name="outputs")(hidden)
    model = keras.Model(inputs, outputs, name="metrics_of_overlap")
    model.compile(optimizer=keras.optimizers.SGD(0.05), loss="binary_crossentropy", metrics=metrics)
    return model


def metrics_of_scores(keras):
    """Scores that came late."""
    metrics = [keras.metrics.R2Score(), keras.metrics.F1Score(threshold=0.5)]
    inputs = keras.Input((4,), name="features")
    hidden = keras.layers.Dense(3, activation="tanh", name="hidden")(inputs)
    outputs = keras.layers.Dense(3, activation="sigmoid", name="outputs")(hidden)
    model = keras.Model(inputs, outputs, name="metrics_of_scores")
    model.compile(optimizer=keras.optimizers.SGD(0.05), loss="mean_squared_error", metrics=metrics)
    return model


def losses_by_output(keras):
    """Two outputs with a loss, weight and metric by name of each."""
    inputs = keras.Input((4,), name="features")
    hidden = keras.layers.Dense(3, activation="tanh", name="hidden")(inputs)
    price = keras.layers.Dense(1, name="price")(hidden)
    kind = keras.layers.Dense(3, activation="softmax", name="kind")(hidden)
    model = keras.Model(inputs, [price, kind], name="losses_by_output")
    model.compile(
        optimizer="adam",
        loss={"price": "mae", "kind": "sparse_categorical_crossentropy"},
        loss_weights={"price": 0.5, "kind": 1.0},
        metrics={"price": ["mse"], "kind": ["accuracy"]},
    )
    return model
