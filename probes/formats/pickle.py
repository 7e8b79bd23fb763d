"""The model object as Python pickles it, which people do."""

TARGET = "model.pickle"


def save(keras, model, folder, arguments):
    import pickle

    with open(folder + "/model.pickle", "wb") as file:
        pickle.dump(model, file, **arguments)


def load(keras, folder, custom_objects, arguments):
    import pickle

    with open(folder + "/model.pickle", "rb") as file:
        return pickle.load(file, **arguments)
