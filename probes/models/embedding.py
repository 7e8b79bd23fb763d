"""Tokens looked up in tables, and models of text."""

INPUTS = {
    "embedding_input_length": {"tokens": ["integers", [6], 9]},
    "embedding_shared": {"first": ["integers", [3], 9], "second": ["integers", [3], 9]},
    "embedding_regularized": {"tokens": ["integers", [6], 9]},
    "text_lstm": {"tokens": ["integers", [8], 9]},
    "text_convolution": {"tokens": ["integers", [8], 9]},
}
TARGETS = {"text_lstm": [["classes", 2]], "text_convolution": [["classes", 3]]}


def embedding_input_length(keras):
    """`input_length` stood in every tutorial; Keras 3 ignores it and warns."""
    model = keras.Sequential(
        [
            keras.layers.Embedding(9, 4, input_length=6, name="embedding"),
            keras.layers.Flatten(name="flat"),
            keras.layers.Dense(2, name="outputs"),
        ],
        name="embedding_input_length",
    )
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mean_squared_error")
    return model


def embedding_shared(keras):
    """One table for two inputs: its rows must be updated from both."""
    first = keras.Input((3,), dtype="int32", name="first")
    second = keras.Input((3,), dtype="int32", name="second")
    table = keras.layers.Embedding(9, 4, name="table")
    product = keras.layers.Multiply(name="product")([table(first), table(second)])
    flat = keras.layers.Flatten(name="flat")(product)
    outputs = keras.layers.Dense(2, name="outputs")(flat)
    model = keras.Model([first, second], outputs, name="embedding_shared")
    model.compile(optimizer=keras.optimizers.SGD(0.1), loss="mean_squared_error")
    return model


def embedding_regularized(keras):
    """A table with a penalty and a constraint: what it forgets shows after a step only."""
    inputs = keras.Input((6,), dtype="int32", name="tokens")
    embedded = keras.layers.Embedding(
        9,
        4,
        embeddings_initializer="normal",
        embeddings_regularizer=keras.regularizers.l2(0.1),
        embeddings_constraint=keras.constraints.MaxNorm(0.5, axis=1),
        name="embedding",
    )(inputs)
    pooled = keras.layers.GlobalMaxPooling1D(name="largest")(embedded)
    outputs = keras.layers.Dense(2, name="outputs")(pooled)
    model = keras.Model(inputs, outputs, name="embedding_regularized")
    model.compile(optimizer=keras.optimizers.SGD(0.1), loss="mean_squared_error")
    return model


def text_lstm(keras):
    """The text classifier of the tutorials: padding masked, a memory, one probability."""
    model = keras.Sequential(
        [
            keras.layers.InputLayer((8,), dtype="int32", name="tokens"),
            keras.layers.Embedding(9, 4, mask_zero=True, name="embedding"),
            keras.layers.LSTM(3, name="memory"),
            keras.layers.Dense(4, activation="relu", name="hidden"),
            keras.layers.Dense(1, activation="sigmoid", name="probability"),
        ],
        name="text_lstm",
    )
    model.compile(
        optimizer=keras.optimizers.Adam(0.01), loss="binary_crossentropy", metrics=["accuracy"]
    )
    return model


def text_convolution(keras):
    """Convolutions of several widths over text, joined: one table read by three branches."""
    inputs = keras.Input((8,), dtype="int32", name="tokens")
    embedded = keras.layers.Embedding(9, 4, name="embedding")(inputs)
    branches = []
    for width in (2, 3, 4):
        features = keras.layers.Conv1D(3, width, activation="tanh", name="width_%d" % width)(
            embedded
        )
        pooled = keras.layers.GlobalAveragePooling1D(name="average_%d" % width)(features)
        branches.append(pooled)
    joined = keras.layers.Concatenate(name="joined")(branches)
    outputs = keras.layers.Dense(3, activation="softmax", name="classes")(joined)
    model = keras.Model(inputs, outputs, name="text_convolution")
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="sparse_categorical_crossentropy")
    return model
