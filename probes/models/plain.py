"""Plain models: what must survive everywhere, and the smallest classifier."""

INPUTS = {
    "control": {"features": ["normal", [4]]},
    "dense": {"features": ["normal", [4]]},
}
TARGETS = {"dense": [["classes", 3]]}


def control(keras):
    """Two Dense layers, never compiled: the control; where it fails, the probe is to blame."""
    inputs = keras.Input((4,), name="features")
    hidden = keras.layers.Dense(5, activation="relu", name="hidden")(inputs)
    outputs = keras.layers.Dense(2, name="outputs")(hidden)
    return keras.Model(inputs, outputs, name="control")


def dense(keras):
    """Sequential classifier with accuracy: a metric's name is resolved anew by the loader."""
    model = keras.Sequential(
        [
            keras.layers.InputLayer((4,), name="features"),
            keras.layers.Dense(8, activation="relu", name="hidden"),
            keras.layers.Dense(3, activation="softmax", name="classes"),
        ],
        name="dense",
    )
    model.compile(
        optimizer=keras.optimizers.Adam(0.01),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    return model
