"""TensorFlow's own checkpoint: ``model.save_weights("x", save_format="tf")``."""

TARGET = "model.ckpt"


def save(keras, model, folder, arguments):
    if hasattr(keras, "ops"):  # Keras 3 has no save_format
        model.save_weights(folder + "/model.ckpt", **arguments)
    else:
        model.save_weights(folder + "/model.ckpt", save_format="tf", **arguments)


def load_into(keras, folder, model, arguments):
    model.load_weights(folder + "/model.ckpt", **arguments)


def instead(path):
    import os

    if os.path.exists(path + ".index"):
        return None
    return "wrote no TensorFlow checkpoint under the name model.ckpt"
