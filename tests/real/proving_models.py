"""Saves small models with all that a wrong conversion may get wrong; runs inside environments.

``proving_models.py FOLDER`` writes ``sequence.h5``, ``image.h5``, ``sure.h5`` (its softmax
gives nothing but ones and noughts) and ``deaf.h5`` (a layer is fed nothing but noughts).
"""

import os
import sys


def main(folder):
    from tensorflow import keras

    for make in (sequence, image, sure, deaf):
        model = make(keras)
        _fill(model)
        if make is sure:
            model.layers[-1].set_weights([one * 1000 for one in model.layers[-1].get_weights()])
        if make is image:
            model.compile("adam", "mse")
        model.save(os.path.join(folder, make.__name__ + ".h5"))


def sequence(keras):
    kinds = keras.layers
    return keras.Sequential(
        [
            kinds.Input((None,)),
            kinds.Embedding(20, 4, mask_zero=True, name="words"),
            kinds.LSTM(4, name="memory"),
            kinds.Dense(3, activation="softmax", name="last"),
        ]
    )


def image(keras):
    kinds = keras.layers
    return keras.Sequential(
        [
            kinds.Input((6, 6, 6)),
            kinds.Conv2D(6, 3, padding="same", name="look"),
            kinds.BatchNormalization(epsilon=1e-5, name="norm"),
            kinds.Dropout(0.5, name="drop"),
            kinds.GlobalAveragePooling2D(name="pool"),
            kinds.Dense(6, activation="relu", name="middle"),
            kinds.Dense(2, activation="softmax", name="last"),
        ]
    )


def sure(keras):
    kinds = keras.layers
    return keras.Sequential(
        [
            kinds.Input((4,)),
            kinds.Dense(6, activation="relu", name="middle"),
            kinds.Dense(3, activation="softmax", name="last"),
        ]
    )


def deaf(keras):
    kinds = keras.layers
    given = kinds.Input((4,))
    nothing = kinds.ReLU(max_value=0.0, name="nothing")(given)
    unheard = kinds.Dense(3, use_bias=False, name="unheard")(nothing)
    heard = kinds.Dense(3, name="heard")(given)
    return keras.Model(given, kinds.Add(name="both")([heard, unheard]))


def _fill(model):
    import numpy as np

    chance = np.random.RandomState(3)
    drawn = [chance.normal(0.0, 0.5, one.shape).astype("float32") for one in model.get_weights()]
    model.set_weights(drawn)
    for layer in model.layers:
        if type(layer).__name__ == "BatchNormalization":  # whose last weight is a variance
            weights = layer.get_weights()
            layer.set_weights([*weights[:-1], np.abs(weights[-1]) + 0.1])


if __name__ == "__main__":
    main(sys.argv[1])
