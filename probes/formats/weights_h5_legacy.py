"""Weights without architecture, under a plain ``.h5``: Keras 3 reads it and does not write it."""

TARGET = "model_weights.h5"


def save(keras, model, folder, arguments):
    model.save_weights(folder + "/model_weights.h5", **arguments)


def load_into(keras, folder, model, arguments):
    model.load_weights(folder + "/model_weights.h5", **arguments)
