"""Preprocessing layers, which hold tables and statistics, and moved twice."""

INPUTS = {
    "normalization_adapted": {"features": ["normal", [4]]},
    "normalization_set": {"features": ["normal", [4]]},
    "discretization": {"features": ["normal", [4]]},
    "discretization_adapted": {"features": ["normal", [4]]},
    "hashing": {"tokens": ["integers", [4], 1000]},
    "integer_lookup": {"tokens": ["integers", [4], 9]},
    "string_lookup": {"tokens": ["integers", [4], 9]},
    "category_encoding": {"tokens": ["integers", [4], 6]},
    "text_vectorization": {"tokens": ["integers", [4], 9]},
    "image_sizes": {"image": ["normal", [5, 5, 2]]},
    "augmentation": {"image": ["normal", [4, 4, 2]]},
    "experimental_rescaling": {"features": ["normal", [4]]},
}


def normalization_adapted(keras):
    """Adapted weights, and what is derived of them (https://github.com/keras-team/keras/issues/15348)."""
    import numpy as np

    place = keras.layers
    if not hasattr(place, "Normalization"):  # until TensorFlow 2.5
        place = keras.layers.experimental.preprocessing
    layer = place.Normalization(name="normalization")
    layer.adapt(np.arange(40, dtype="float32").reshape(10, 4))
    inputs = keras.Input((4,), name="features")
    outputs = keras.layers.Dense(2, name="outputs")(layer(inputs))
    model = keras.Model(inputs, outputs, name="normalization_adapted")
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mean_squared_error")
    return model


def normalization_set(keras):
    """Normalization that is told its mean and variance: settings then, and no weights at all."""
    inputs = keras.Input((4,), name="features")
    normal = keras.layers.Normalization(
        mean=[0.1, 0.2, 0.3, 0.4], variance=[1.0, 2.0, 3.0, 4.0], name="normalization"
    )(inputs)
    outputs = keras.layers.Dense(2, name="outputs")(normal)
    model = keras.Model(inputs, outputs, name="normalization_set")
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mean_squared_error")
    return model


def discretization(keras):
    """Discretization with given boundaries; the argument was called `bins` until TensorFlow 2.5."""
    place = keras.layers
    if not hasattr(place, "Discretization"):
        place = keras.layers.experimental.preprocessing
    inputs = keras.Input((4,), name="features")
    buckets = place.Discretization([-0.5, 0.0, 0.5], name="buckets")(inputs)
    embedded = keras.layers.Embedding(4, 3, name="embedding")(buckets)
    flat = keras.layers.Flatten(name="flat")(embedded)
    outputs = keras.layers.Dense(2, name="outputs")(flat)
    model = keras.Model(inputs, outputs, name="discretization")
    model.compile(optimizer=keras.optimizers.SGD(0.1), loss="mean_squared_error")
    return model


def discretization_adapted(keras):
    """Boundaries that Discretization learnt are made of a summary in its weights, or are not."""
    import numpy as np

    layer = keras.layers.Discretization(num_bins=4, epsilon=0.01, name="buckets")
    layer.adapt(np.linspace(-1.5, 1.5, 40, dtype="float32").reshape(10, 4))
    inputs = keras.Input((4,), name="features")
    embedded = keras.layers.Embedding(4, 3, name="embedding")(layer(inputs))
    flat = keras.layers.Flatten(name="flat")(embedded)
    outputs = keras.layers.Dense(2, name="outputs")(flat)
    model = keras.Model(inputs, outputs, name="discretization_adapted")
    model.compile(optimizer=keras.optimizers.SGD(0.1), loss="mean_squared_error")
    return model


def hashing(keras):
    """Hashing of integers: another hash in another version is another row of the table."""
    place = keras.layers
    if not hasattr(place, "Hashing"):  # until TensorFlow 2.5
        place = keras.layers.experimental.preprocessing
    inputs = keras.Input((4,), dtype="int32", name="tokens")
    hashed = place.Hashing(num_bins=8, name="hashed")(inputs)
    embedded = keras.layers.Embedding(8, 3, name="embedding")(hashed)
    flat = keras.layers.Flatten(name="flat")(embedded)
    outputs = keras.layers.Dense(2, name="outputs")(flat)
    model = keras.Model(inputs, outputs, name="hashing")
    model.compile(optimizer=keras.optimizers.SGD(0.1), loss="mean_squared_error")
    return model


def integer_lookup(keras):
    """IntegerLookup with a vocabulary: the places of unknown and of masked numbers moved."""
    place = keras.layers
    if not hasattr(place, "IntegerLookup"):  # until TensorFlow 2.5
        place = keras.layers.experimental.preprocessing
    inputs = keras.Input((4,), dtype="int64", name="tokens")
    found = place.IntegerLookup(vocabulary=[1, 3, 5, 7], name="found")(inputs)
    embedded = keras.layers.Embedding(6, 3, name="embedding")(found)
    flat = keras.layers.Flatten(name="flat")(embedded)
    outputs = keras.layers.Dense(2, name="outputs")(flat)
    model = keras.Model(inputs, outputs, name="integer_lookup")
    model.compile(optimizer=keras.optimizers.SGD(0.1), loss="mean_squared_error")
    return model


def string_lookup_objects(keras):
    """Return a layer that writes numbers as text, for inputs here are numbers."""
    import tensorflow as tf

    class AsText(keras.layers.Layer):
        def call(self, inputs):
            return tf.strings.as_string(inputs)

        def compute_output_shape(self, input_shape):
            return input_shape

    return {"AsText": AsText}


def string_lookup(keras):
    """Its table may not come back (https://github.com/keras-team/keras/issues/18376)."""
    layers = string_lookup_objects(keras)
    place = keras.layers
    if not hasattr(place, "StringLookup"):  # until TensorFlow 2.5
        place = keras.layers.experimental.preprocessing
    inputs = keras.Input((4,), dtype="int32", name="tokens")
    words = layers["AsText"](dtype="string", name="words")(inputs)
    found = place.StringLookup(vocabulary=["1", "3", "5", "7"], name="found")(words)
    embedded = keras.layers.Embedding(6, 3, name="embedding")(found)
    flat = keras.layers.Flatten(name="flat")(embedded)
    outputs = keras.layers.Dense(2, name="outputs")(flat)
    model = keras.Model(inputs, outputs, name="string_lookup")
    model.compile(optimizer=keras.optimizers.SGD(0.1), loss="mean_squared_error")
    return model


def category_encoding(keras):
    """CategoryEncoding called `max_tokens` what is `num_tokens`, and `binary` what is multi_hot."""
    place = keras.layers
    if not hasattr(place, "CategoryEncoding"):  # until TensorFlow 2.5
        place = keras.layers.experimental.preprocessing
    inputs = keras.Input((4,), dtype="int32", name="tokens")
    encoded = place.CategoryEncoding(6, output_mode="multi_hot", name="encoded")(inputs)
    outputs = keras.layers.Dense(2, name="outputs")(encoded)
    model = keras.Model(inputs, outputs, name="category_encoding")
    model.compile(optimizer=keras.optimizers.SGD(0.1), loss="mean_squared_error")
    return model


def text_vectorization_objects(keras):
    """Return a layer that writes numbers as a sentence, for inputs here are numbers."""
    import tensorflow as tf

    class AsSentence(keras.layers.Layer):
        def call(self, inputs):
            words = tf.strings.as_string(inputs)
            return tf.strings.reduce_join(words, axis=1, separator=" ", keepdims=True)

        def compute_output_shape(self, input_shape):
            return (input_shape[0], 1)

    return {"AsSentence": AsSentence}


def text_vectorization(keras):
    """TextVectorization with a vocabulary, which is an asset, a table or a setting by version."""
    layers = text_vectorization_objects(keras)
    place = keras.layers
    if not hasattr(place, "TextVectorization"):  # until TensorFlow 2.5
        place = keras.layers.experimental.preprocessing
    layer = place.TextVectorization(
        output_sequence_length=5, vocabulary=["1", "3", "5", "7"], name="vectors"
    )
    inputs = keras.Input((4,), dtype="int32", name="tokens")
    sentence = layers["AsSentence"](dtype="string", name="sentence")(inputs)
    embedded = keras.layers.Embedding(8, 3, name="embedding")(layer(sentence))
    flat = keras.layers.Flatten(name="flat")(embedded)
    outputs = keras.layers.Dense(2, name="outputs")(flat)
    model = keras.Model(inputs, outputs, name="text_vectorization")
    model.compile(optimizer=keras.optimizers.SGD(0.1), loss="mean_squared_error")
    return model


def image_sizes(keras):
    """Rescaling, Resizing and CenterCrop: interpolation is in TensorFlow, and by name."""
    place = keras.layers
    if not hasattr(place, "Resizing"):  # until TensorFlow 2.5
        place = keras.layers.experimental.preprocessing
    inputs = keras.Input((5, 5, 2), name="image")
    features = place.Rescaling(0.5, offset=0.1, name="rescaled")(inputs)
    features = place.Resizing(7, 6, interpolation="bilinear", name="resized")(features)
    features = place.CenterCrop(4, 4, name="cropped")(features)
    features = keras.layers.Flatten(name="flat")(features)
    outputs = keras.layers.Dense(2, name="outputs")(features)
    model = keras.Model(inputs, outputs, name="image_sizes")
    model.compile(optimizer=keras.optimizers.SGD(0.01), loss="mean_squared_error")
    return model


def augmentation(keras):
    """Layers that turn images at random, in training only: they hold the state of a generator."""
    place = keras.layers
    if not hasattr(place, "RandomFlip"):  # until TensorFlow 2.5
        place = keras.layers.experimental.preprocessing
    inputs = keras.Input((4, 4, 2), name="image")
    features = place.RandomFlip("horizontal", seed=1, name="flipped")(inputs)
    features = place.RandomRotation(0.1, seed=2, name="turned")(features)
    features = place.RandomZoom(0.1, seed=3, name="zoomed")(features)
    features = keras.layers.Flatten(name="flat")(features)
    outputs = keras.layers.Dense(2, name="outputs")(features)
    model = keras.Model(inputs, outputs, name="augmentation")
    model.compile(optimizer=keras.optimizers.SGD(0.01), loss="mean_squared_error")
    return model


def experimental_rescaling(keras):
    """The path layers.experimental.preprocessing, which tutorials used and Keras 3 has not."""
    place = keras.layers.experimental.preprocessing
    inputs = keras.Input((4,), name="features")
    rescaled = place.Rescaling(2.0, offset=-1.0, name="rescaled")(inputs)
    outputs = keras.layers.Dense(2, name="outputs")(rescaled)
    model = keras.Model(inputs, outputs, name="experimental_rescaling")
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mean_squared_error")
    return model
