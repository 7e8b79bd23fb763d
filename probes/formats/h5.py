"""One HDF5 file with architecture, weights and training state: ``model.save("x.h5")``."""

TARGET = "model.h5"


def save(keras, model, folder, arguments):
    model.save(folder + "/model.h5", **arguments)


def load(keras, folder, custom_objects, arguments):
    return keras.models.load_model(folder + "/model.h5", custom_objects=custom_objects, **arguments)
