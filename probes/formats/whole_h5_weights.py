"""A whole model's ``.h5`` from which code takes the weights only, as transfer learning does."""

TARGET = "model.h5"


def save(keras, model, folder, arguments):
    model.save(folder + "/model.h5", **arguments)


def load_into(keras, folder, model, arguments):
    model.load_weights(folder + "/model.h5", **arguments)
