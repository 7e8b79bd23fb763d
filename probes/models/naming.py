"""Names of layers, which become paths in files: separators, spaces, letters, length."""

INPUTS = {
    "names_slash": {"features": ["normal", [4]]},
    "names_dot": {"features": ["normal", [4]]},
    "names_space": {"features": ["normal", [4]]},
    "names_unicode": {"features": ["normal", [4]]},
    "names_automatic": {"features": ["normal", [4]]},
    "names_repeated": {"features": ["normal", [4]]},
    "names_long": {"features": ["normal", [4]]},
}


def names_slash(keras):
    """Slashes in names, as scopes of TensorFlow have them: groups within groups of a file."""
    inputs = keras.Input((4,), name="features")
    hidden = keras.layers.Dense(3, activation="tanh", name="block/one/hidden")(inputs)
    hidden = keras.layers.Dense(3, activation="tanh", name="block/two/hidden")(hidden)
    outputs = keras.layers.Dense(2, name="head/outputs")(hidden)
    model = keras.Model(inputs, outputs, name="names_slash")
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mean_squared_error")
    return model


def names_dot(keras):
    """Dots in names, as PyTorch has them: some file formats split paths at dots."""
    inputs = keras.Input((4,), name="features")
    hidden = keras.layers.Dense(3, activation="tanh", name="block.1.hidden")(inputs)
    outputs = keras.layers.Dense(2, name="head.outputs")(hidden)
    model = keras.Model(inputs, outputs, name="names.dot")
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mean_squared_error")
    return model


def names_space(keras):
    """Spaces in names: TensorFlow's graphs refuse them in places."""
    inputs = keras.Input((4,), name="features")
    hidden = keras.layers.Dense(3, activation="tanh", name="first hidden layer")(inputs)
    outputs = keras.layers.Dense(2, name="the outputs")(hidden)
    model = keras.Model(inputs, outputs, name="names_space")
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mean_squared_error")
    return model


def names_unicode(keras):
    """Names in letters that are not ASCII: bytes in HDF5, text everywhere else."""
    inputs = keras.Input((4,), name="features")
    hidden = keras.layers.Dense(3, activation="tanh", name="größe")(inputs)
    outputs = keras.layers.Dense(2, name="層")(hidden)
    model = keras.Model(inputs, outputs, name="names_unicode")
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mean_squared_error")
    return model


def names_automatic(keras):
    """Names that Keras makes up: dense_10 comes before dense_2 for whoever sorts them as text."""
    inputs = keras.Input((4,))
    hidden = inputs
    for _ in range(11):
        hidden = keras.layers.Dense(3, activation="tanh")(hidden)
    outputs = keras.layers.Dense(2)(hidden)
    model = keras.Model(inputs, outputs)
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mean_squared_error")
    return model


def names_repeated(keras):
    """Layers of one name in two models within a third: allowed there, and mixed up by name."""
    bases = []
    for name in ("left", "right"):
        base_inputs = keras.Input((4,), name="same_inputs")
        base_outputs = keras.layers.Dense(3, activation="tanh", name="same")(base_inputs)
        bases.append(keras.Model(base_inputs, base_outputs, name=name))
    inputs = keras.Input((4,), name="features")
    joined = keras.layers.Concatenate(name="joined")([base(inputs) for base in bases])
    outputs = keras.layers.Dense(2, name="same")(joined)
    model = keras.Model(inputs, outputs, name="names_repeated")
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mean_squared_error")
    return model


def names_long(keras):
    """Names of 200 letters: HDF5 limits the list of them to 64 KB, file systems a name to 255."""
    inputs = keras.Input((4,), name="features")
    hidden = inputs
    for letter in "abcd":
        hidden = keras.layers.Dense(3, activation="tanh", name=letter * 200)(hidden)
    outputs = keras.layers.Dense(2, name="outputs")(hidden)
    model = keras.Model(inputs, outputs, name="names_long")
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mean_squared_error")
    return model
