"""Layers that one other model has, in a second one: put together otherwise, of other sizes."""

INPUTS = {
    "decoder_of_text": {"tokens": ["integers", [6], 11], "memory": ["normal", [5, 4]]},
    "translator": {"question": ["normal", [6, 3]], "answer": ["normal", [5, 2]]},
    "signal_turned": {"signal": ["normal", [6, 4]]},
    "picture_moved": {"picture": ["normal", [10, 10, 3]]},
    "columns_given": {"prices": ["normal", [3]], "codes": ["integers", [3], 500]},
    "picture_drawn": {"sketch": ["normal", [6, 6, 2]]},
    "boxes_in_boxes": {"features": ["normal", [5]]},
    "half_the_digits": {"picture": ["normal", [6, 6, 2]]},
    "formula": {"features": ["normal", [5]]},
    "formula_of_keras": {"features": ["normal", [5]]},
    "memory_of_cells": {"sequence": ["normal", [5, 4]]},
}


def decoder_of_text(keras):
    """A decoder: attention to what came before, then to what an encoder made."""
    tokens = keras.Input((6,), dtype="int32", name="tokens")
    memory = keras.Input((5, 4), name="memory")
    hidden = keras.layers.Embedding(11, 4, name="embedding")(tokens)
    attended = keras.layers.MultiHeadAttention(2, 2, name="before")(
        hidden, hidden, use_causal_mask=True
    )
    hidden = keras.layers.LayerNormalization(name="first")(
        keras.layers.Add(name="add_before")([hidden, attended])
    )
    attended = keras.layers.MultiHeadAttention(2, 2, output_shape=4, name="across")(
        hidden, value=memory, key=memory
    )
    hidden = keras.layers.LayerNormalization(name="second")(
        keras.layers.Add(name="add_across")([hidden, attended])
    )
    outputs = keras.layers.Dense(11, activation="softmax", name="next")(hidden)
    model = keras.Model([tokens, memory], outputs, name="decoder_of_text")
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="categorical_crossentropy")
    return model


def translator(keras):
    """The state of a GRU begins another, that of an LSTM a third."""
    question = keras.Input((6, 3), name="question")
    answer = keras.Input((5, 2), name="answer")
    _, state = keras.layers.GRU(4, return_state=True, name="reads")(question)
    spoken = keras.layers.GRU(4, return_sequences=True, name="speaks")(answer, initial_state=state)
    _, hidden, carry = keras.layers.LSTM(3, return_state=True, name="reads_again")(question)
    said = keras.layers.LSTM(3, return_sequences=True, name="speaks_again")(
        answer, initial_state=[hidden, carry]
    )
    joined = keras.layers.Concatenate(name="joined")([spoken, said])
    outputs = keras.layers.Dense(2, name="outputs")(joined)
    model = keras.Model([question, answer], outputs, name="translator")
    model.compile(optimizer=keras.optimizers.RMSprop(0.01), loss="mean_squared_error")
    return model


def signal_turned(keras):
    """Axes that are exchanged, a vector that is repeated, products along axes that are named."""
    signal = keras.Input((6, 4), name="signal")
    turned = keras.layers.Permute((2, 1), name="turned")(signal)
    again = keras.layers.RepeatVector(6, name="again")(
        keras.layers.GlobalAveragePooling1D(name="average")(signal)
    )
    least = keras.layers.Minimum(name="least")([signal, again])
    product = keras.layers.Dot((2, 2), name="product")([least, signal])
    hidden = keras.layers.Dense(3, activation="tanh", name="hidden")(
        keras.layers.Concatenate(axis=1, name="joined")(
            [product, keras.layers.Dense(6, name="wide")(turned)]
        )
    )
    outputs = keras.layers.Dense(1, name="outputs")(keras.layers.Flatten(name="flat")(hidden))
    model = keras.Model(signal, outputs, name="signal_turned")
    model.compile(optimizer=keras.optimizers.SGD(0.1), loss="mean_squared_error")
    return model


def picture_moved(keras):
    """A line of augmentation before a convolutional network."""
    place = keras.layers  # until TensorFlow 2.5 under `experimental`
    if not hasattr(place, "RandomTranslation"):
        place = keras.layers.experimental.preprocessing
    model = keras.Sequential(name="picture_moved")
    model.add(place.RandomTranslation(0.2, 0.1, input_shape=(10, 10, 3), name="moved"))
    model.add(place.RandomContrast(0.1, name="contrast"))
    model.add(place.RandomCrop(8, 8, name="crop"))
    model.add(keras.layers.Conv2D(4, 3, strides=2, activation="relu", name="convolution"))
    model.add(keras.layers.Flatten(name="flat"))
    model.add(keras.layers.Dense(3, activation="softmax", name="classes"))
    model.compile(optimizer="adam", loss="categorical_crossentropy", metrics=["accuracy"])
    return model


def columns_given(keras):
    """Columns of a table whose statistics and buckets are settings."""
    place = keras.layers  # until TensorFlow 2.5 under `experimental`
    if not hasattr(place, "Hashing"):
        place = keras.layers.experimental.preprocessing
    prices = keras.Input((3,), name="prices")
    codes = keras.Input((3,), dtype="int32", name="codes")
    normal = place.Normalization(
        mean=[0.5, -0.2, 0.1], variance=[2.0, 0.5, 1.5], name="normalization"
    )(prices)
    buckets = place.Discretization([-1.0, 0.0, 1.0], name="buckets")(prices)
    hashed = place.Hashing(num_bins=6, name="hashed")(codes)
    rows = [
        keras.layers.Flatten(name="of_buckets")(
            keras.layers.Embedding(4, 2, name="bucket")(buckets)
        ),
        keras.layers.Flatten(name="of_codes")(keras.layers.Embedding(6, 2, name="code")(hashed)),
    ]
    joined = keras.layers.Concatenate(name="joined")([normal, *rows])
    outputs = keras.layers.Dense(1, activation="sigmoid", name="outputs")(joined)
    model = keras.Model([prices, codes], outputs, name="columns_given")
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="binary_crossentropy")
    return model


def picture_drawn(keras):
    """A generator of pictures: convolutions that enlarge, and slopes shared along axes."""
    sketch = keras.Input((6, 6, 2), name="sketch")
    features = keras.layers.Conv2D(3, 3, padding="same", name="convolution")(sketch)
    features = keras.layers.PReLU(shared_axes=[1, 2], name="slopes")(features)
    features = keras.layers.Conv2DTranspose(
        3, 3, strides=2, padding="same", output_padding=1, name="larger"
    )(features)
    features = keras.layers.LeakyReLU(name="leaky")(features)
    features = keras.layers.PReLU(shared_axes=[1], name="slopes_of_rows")(features)
    features = keras.layers.UpSampling2D(2, interpolation="bilinear", name="twice")(features)
    largest = keras.layers.GlobalMaxPooling2D(name="largest")(features)
    average = keras.layers.GlobalAveragePooling2D(name="average")(features)
    joined = keras.layers.Concatenate(name="joined")([largest, average])
    outputs = keras.layers.Dense(2, activation="tanh", name="outputs")(joined)
    model = keras.Model(sketch, outputs, name="picture_drawn")
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mean_squared_error")
    return model


def boxes_in_boxes(keras):
    """A Sequential in a Sequential in a Sequential, as helper functions return them."""
    inner = keras.Sequential(
        [
            keras.layers.Dense(4, activation="relu", input_shape=(6,), name="small"),
            keras.layers.BatchNormalization(name="normal"),
        ],
        name="inner",
    )
    middle = keras.Sequential(
        [keras.layers.Dense(6, activation="tanh", input_shape=(5,), name="wide"), inner],
        name="middle",
    )
    model = keras.Sequential(name="boxes_in_boxes")
    model.add(middle)
    model.add(keras.layers.Dense(2, activation="softmax", name="classes"))
    model.build((None, 5))
    model.compile(optimizer="adam", loss="categorical_crossentropy", metrics=["accuracy"])
    return model


def half_the_digits(keras):
    """Convolutions that compute in bfloat16, below a last layer in float32."""
    if hasattr(keras.mixed_precision, "Policy"):
        policy = keras.mixed_precision.Policy("mixed_bfloat16")
    else:  # until TensorFlow 2.3
        policy = keras.mixed_precision.experimental.Policy("mixed_bfloat16")
    picture = keras.Input((6, 6, 2), name="picture")
    features = keras.layers.Conv2D(4, 3, dtype=policy, name="convolution")(picture)
    features = keras.layers.ReLU(dtype=policy, name="relu")(features)
    features = keras.layers.Flatten(dtype=policy, name="flat")(features)
    outputs = keras.layers.Dense(2, dtype="float32", name="outputs")(features)
    model = keras.Model(picture, outputs, name="half_the_digits")
    model.compile(optimizer=keras.optimizers.SGD(0.1), loss="mean_squared_error")
    return model


def formula(keras):
    """A formula of TensorFlow's functions and of operators between layers."""
    import tensorflow as tf

    inputs = keras.Input((5,), name="features")
    hidden = keras.layers.Dense(4, name="hidden")(inputs)
    hidden = tf.nn.relu(hidden) - 0.5
    scaled = -tf.square(inputs) / 4.0 + 1.0
    mean = tf.reduce_mean(scaled, axis=-1, keepdims=True)
    joined = tf.concat([hidden, mean, scaled], axis=1)
    outputs = keras.layers.Dense(1, name="outputs")(joined)
    model = keras.Model(inputs, outputs, name="formula")
    model.compile(optimizer=keras.optimizers.SGD(0.1), loss="mean_squared_error")
    return model


def formula_of_keras(keras):
    """The same of keras.ops."""
    inputs = keras.Input((5,), name="features")
    hidden = keras.layers.Dense(4, name="hidden")(inputs)
    hidden = keras.ops.relu(hidden) - 0.5
    scaled = -keras.ops.square(inputs) / 4.0 + 1.0
    mean = keras.ops.mean(scaled, axis=-1, keepdims=True)
    joined = keras.ops.concatenate([hidden, mean, scaled], axis=1)
    outputs = keras.layers.Dense(1, name="outputs")(joined)
    model = keras.Model(inputs, outputs, name="formula_of_keras")
    model.compile(optimizer=keras.optimizers.SGD(0.1), loss="mean_squared_error")
    return model


def memory_of_cells(keras):
    """Recurrent layers that are put together of cells, one read backwards."""
    layers = keras.layers
    sequence = keras.Input((5, 4), name="sequence")
    states = layers.RNN(layers.GRUCell(3, name="gated"), return_sequences=True, name="first")(
        sequence
    )
    states = layers.RNN(
        layers.LSTMCell(4, name="long"), return_sequences=True, go_backwards=True, name="second"
    )(states)
    state = layers.RNN(layers.SimpleRNNCell(3, name="simple"), name="third")(states)
    outputs = layers.Dense(2, name="outputs")(state)
    model = keras.Model(sequence, outputs, name="memory_of_cells")
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mean_squared_error")
    return model
