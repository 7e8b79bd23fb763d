"""Keras v3's zip: ``model.save("x.keras")``, from TensorFlow 2.12."""

TARGET = "model.keras"
HDF5 = b"\x89HDF\r\n\x1a\n"


def save(keras, model, folder, arguments):
    if hasattr(keras, "ops"):  # Keras 3 knows the format by its ending
        model.save(folder + "/model.keras", **arguments)
    else:  # TensorFlow 2.12 has the format under this name only
        model.save(folder + "/model.keras", save_format="keras_v3", **arguments)


def load(keras, folder, custom_objects, arguments):
    return keras.models.load_model(
        folder + "/model.keras", custom_objects=custom_objects, **arguments
    )


def instead(path):
    import os

    if os.path.isdir(path):
        return "wrote a SavedModel folder under the name model.keras"
    with open(path, "rb") as file:
        head = file.read(8)
    if head == HDF5:
        return "wrote an HDF5 file under the name model.keras"
    return None if head[:2] == b"PK" else "wrote no zip file under the name model.keras"
