"""Architecture as JSON text and the weights beside it."""

TARGET = "model.json"


def save(keras, model, folder, arguments):
    with open(folder + "/model.json", "w") as file:
        file.write(model.to_json())
    model.save_weights(folder + "/model.weights.h5", **arguments)


def load(keras, folder, custom_objects, arguments):
    with open(folder + "/model.json") as file:
        model = keras.models.model_from_json(file.read(), custom_objects=custom_objects)
    model.load_weights(folder + "/model.weights.h5", **arguments)
    return model
