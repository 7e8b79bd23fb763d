"""Save and load each format, the way a person types it; one pair of small functions a format.

Every function's body is printed as it stands in the scripts that ``caniload reproduce`` writes, so
none uses a helper. ``folder`` is the artifact's folder, ``arguments`` are those that a person adds.
Python 3.6 to 3.13, standard library only.
"""


class Unsupported(Exception):
    """The framework did not write what was asked; the text says what it did instead."""


def save_h5(keras, model, folder):
    model.save(folder + "/model.h5")


def load_h5(keras, folder, custom_objects):
    return keras.models.load_model(folder + "/model.h5", custom_objects=custom_objects)


def save_keras(keras, model, folder):
    if hasattr(keras, "ops"):  # Keras 3 knows the format by its ending
        model.save(folder + "/model.keras")
    else:  # TensorFlow 2.12 has the format under this name only
        model.save(folder + "/model.keras", save_format="keras_v3")


def load_keras(keras, folder, custom_objects):
    return keras.models.load_model(folder + "/model.keras", custom_objects=custom_objects)


def save_savedmodel(keras, model, folder):
    if hasattr(keras, "ops"):  # Keras 3 has no save_format
        model.save(folder + "/model")
    else:
        model.save(folder + "/model", save_format="tf")


def load_savedmodel(keras, folder, custom_objects):
    return keras.models.load_model(folder + "/model", custom_objects=custom_objects)


def save_weights_h5(keras, model, folder):
    model.save_weights(folder + "/model.weights.h5")


def load_weights_h5(keras, folder, model, arguments):
    model.load_weights(folder + "/model.weights.h5", **arguments)


def save_checkpoint(keras, model, folder):
    if hasattr(keras, "ops"):  # Keras 3 has no save_format
        model.save_weights(folder + "/model.ckpt")
    else:
        model.save_weights(folder + "/model.ckpt", save_format="tf")


def load_checkpoint(keras, folder, model, arguments):
    model.load_weights(folder + "/model.ckpt", **arguments)


def save_json(keras, model, folder):
    with open(folder + "/model.json", "w") as file:
        file.write(model.to_json())
    model.save_weights(folder + "/model.weights.h5")


def load_json(keras, folder, custom_objects):
    with open(folder + "/model.json") as file:
        model = keras.models.model_from_json(file.read(), custom_objects=custom_objects)
    model.load_weights(folder + "/model.weights.h5")
    return model


SAVE = {
    "h5": save_h5,
    "keras": save_keras,
    "savedmodel": save_savedmodel,
    "weights-h5": save_weights_h5,
    "checkpoint": save_checkpoint,
    "json": save_json,
}

# These return a model; the others fill one that code has built.
LOAD = {
    "h5": load_h5,
    "keras": load_keras,
    "savedmodel": load_savedmodel,
    "json": load_json,
}

LOAD_INTO = {"weights-h5": load_weights_h5, "checkpoint": load_checkpoint}

# What a person hands to the loading function, relative to the artifact's folder.
TARGET = {
    "h5": "model.h5",
    "keras": "model.keras",
    "savedmodel": "model",
    "weights-h5": "model.weights.h5",
    "checkpoint": "model.ckpt",
    "json": "model.json",
}

_HDF5 = b"\x89HDF\r\n\x1a\n"


def check_written(format_id, folder):
    """Raise Unsupported where the framework wrote another format under the name it was given."""
    import os

    path = os.path.join(folder, TARGET[format_id])
    if format_id == "keras":
        if os.path.isdir(path):
            raise Unsupported("wrote a SavedModel folder under the name model.keras")
        with open(path, "rb") as file:
            head = file.read(8)
        if head == _HDF5:
            raise Unsupported("wrote an HDF5 file under the name model.keras")
        if head[:2] != b"PK":
            raise Unsupported("wrote no zip file under the name model.keras")
    elif format_id == "savedmodel" and not os.path.isdir(path):
        raise Unsupported("wrote a file where a SavedModel folder was asked for")
    elif format_id == "checkpoint" and not os.path.exists(path + ".index"):
        raise Unsupported("wrote no TensorFlow checkpoint under the name model.ckpt")
