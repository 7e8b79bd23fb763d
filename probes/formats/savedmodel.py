"""TensorFlow's folder of graphs and variables: ``model.save("x", save_format="tf")``."""

TARGET = "model"


def save(keras, model, folder, arguments):
    if hasattr(keras, "ops"):  # Keras 3 has no save_format
        model.save(folder + "/model", **arguments)
    else:
        model.save(folder + "/model", save_format="tf", **arguments)


def load(keras, folder, custom_objects, arguments):
    return keras.models.load_model(folder + "/model", custom_objects=custom_objects, **arguments)


def instead(path):
    import os

    return None if os.path.isdir(path) else "wrote a file where a SavedModel folder was asked for"
