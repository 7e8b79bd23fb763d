"""Weights without architecture, under the ending that Keras 3 asks for."""

TARGET = "model.weights.h5"


def save(keras, model, folder, arguments):
    model.save_weights(folder + "/model.weights.h5", **arguments)


def load_into(keras, folder, model, arguments):
    model.load_weights(folder + "/model.weights.h5", **arguments)
