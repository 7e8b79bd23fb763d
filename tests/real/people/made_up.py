"""Made-up data in the shapes that people's models take, and the list of models and savers."""

import numpy as np

MODELS = {}
"""Name of a model -> (function that returns model, x, y; "environment format" of each file)."""

OWN_CODE = set()
"""Names of the models whose file needs ``own_code.py`` to be loaded."""


def saved_by(*files, own_code=False):
    """List a function: each of ``files`` is an environment and the format it saves the model in."""

    def listed(function):
        MODELS[function.__name__] = (function, files)
        if own_code:
            OWN_CODE.add(function.__name__)
        return function

    return listed


def numbers(*shape):
    return np.random.RandomState(1).rand(*shape).astype("float32")


def words(*shape, of=50):
    return np.random.RandomState(2).randint(1, of, shape).astype("int32")


def classes(count, of):
    return np.random.RandomState(3).randint(0, of, (count,)).astype("int32")


def one_hot(count, of):
    return np.eye(of, dtype="float32")[classes(count, of)]


def yes_or_no(*shape):
    return np.random.RandomState(4).randint(0, 2, shape).astype("float32")
