"""Layers that people use now and then, and that no other model here has."""

INPUTS = {
    "volumes": {"volume": ["normal", [4, 4, 4, 2]]},
    "dropped_maps": {"picture": ["normal", [6, 6, 3]]},
    "dropped_values": {"features": ["normal", [6]]},
    "cells_by_hand": {"sequence": ["normal", [5, 4]]},
    "memory_first": {"sequence": ["normal", [5, 4]]},
    "local_pictures": {"picture": ["normal", [6, 6, 2]]},
    "memories_of_signals": {"signals": ["normal", [3, 8, 2]]},
    "sums_by_equation": {"sequence": ["normal", [5, 4]]},
    "augmented_further": {"picture": ["normal", [8, 8, 3]]},
    "augmented_in_light": {"picture": ["normal", [8, 8, 3]]},
    "augmented_in_size": {"picture": ["normal", [8, 8, 3]]},
    "passed_through": {"features": ["normal", [6]]},
    "added_and_scaled": {"sequence": ["normal", [5, 6]]},
    "activations_of_pictures": {"picture": ["normal", [6, 6, 2]]},
    "starting_values": {"picture": ["normal", [6, 6, 2]]},
    "adapted": {"codes": ["integers", [3], 8], "numbers": ["normal", [4]]},
}


def volumes(keras):
    """Volumes made smaller and larger again."""
    volume = keras.Input((4, 4, 4, 2), name="volume")
    features = keras.layers.ZeroPadding3D(1, name="padding")(volume)
    features = keras.layers.Conv3D(3, 3, activation="relu", name="convolution")(features)
    features = keras.layers.AveragePooling3D(2, name="average")(features)
    features = keras.layers.SpatialDropout3D(0.2, name="dropout")(features)
    features = keras.layers.UpSampling3D(2, name="larger")(features)
    features = keras.layers.Cropping3D(1, name="cropping")(features)
    features = keras.layers.Conv3DTranspose(2, 2, strides=2, name="transposed")(features)
    means = keras.layers.GlobalAveragePooling3D(name="means")(features)
    largest = keras.layers.GlobalMaxPooling3D(name="largest")(features)
    joined = keras.layers.Concatenate(name="joined")([means, largest])
    outputs = keras.layers.Dense(2, name="outputs")(joined)
    model = keras.Model(volume, outputs, name="volumes")
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mean_squared_error")
    return model


def dropped_maps(keras):
    """Dropout of whole maps, and a penalty on what a layer gives."""
    picture = keras.Input((6, 6, 3), name="picture")
    penalty = keras.regularizers.l2(0.01)
    features = keras.layers.Conv2D(
        4, 3, activation="elu", kernel_regularizer=penalty, name="convolution"
    )(picture)
    features = keras.layers.SpatialDropout2D(0.2, name="maps")(features)
    features = keras.layers.Dropout(0.2, noise_shape=(None, 1, 1, 1), name="whole")(features)
    features = keras.layers.AveragePooling2D(2, name="average")(features)
    features = keras.layers.ActivityRegularization(l2=0.01, name="penalty")(features)
    features = keras.layers.Flatten(name="flat")(features)
    outputs = keras.layers.Dense(
        2, activity_regularizer=keras.regularizers.l1(0.01), name="outputs"
    )(features)
    model = keras.Model(picture, outputs, name="dropped_maps")
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mean_squared_error")
    return model


def dropped_values(keras):
    """The networks that normalize themselves: SELU and its dropout."""
    features = keras.Input((6,), name="features")
    hidden = keras.layers.Dense(
        5, activation="selu", kernel_initializer="lecun_normal", name="hidden"
    )(features)
    hidden = keras.layers.AlphaDropout(0.1, name="alpha")(hidden)
    outputs = keras.layers.Dense(2, name="outputs")(hidden)
    model = keras.Model(features, outputs, name="dropped_values")
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mean_squared_error")
    return model


def cells_by_hand(keras):
    """RNN around each kind of cell, and around several."""
    sequence = keras.Input((5, 4), name="sequence")
    layers = keras.layers
    first = layers.RNN(layers.LSTMCell(3), return_sequences=True, name="lstm")(sequence)
    second = layers.RNN(layers.GRUCell(3), return_sequences=True, name="gru")(first)
    third = layers.RNN(layers.SimpleRNNCell(3), return_sequences=True, name="simple")(second)
    several = layers.RNN([layers.LSTMCell(3), layers.LSTMCell(2)], name="several")(third)
    outputs = layers.Dense(2, name="outputs")(several)
    model = keras.Model(sequence, outputs, name="cells_by_hand")
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mean_squared_error")
    return model


def memory_first(keras):
    """A Sequential whose first layer says what comes in: one that remembers."""
    model = keras.Sequential(name="memory_first")
    memory = keras.layers.LSTM(4, return_sequences=True, input_shape=(5, 4), name="first")
    model.add(memory)
    model.add(keras.layers.Dropout(0.2, name="dropout"))
    model.add(keras.layers.LSTM(3, activation="relu", name="second"))
    model.add(keras.layers.Dense(2, name="outputs"))
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mean_squared_error")
    return model


def local_pictures(keras):
    """A layer that Keras 3 has no more."""
    picture = keras.Input((6, 6, 2), name="picture")
    features = keras.layers.LocallyConnected2D(3, 3, activation="relu", name="local")(picture)
    features = keras.layers.Flatten(name="flat")(features)
    outputs = keras.layers.Dense(2, name="outputs")(features)
    model = keras.Model(picture, outputs, name="local_pictures")
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mean_squared_error")
    return model


def memories_of_signals(keras):
    """ConvLSTM over signals."""
    signals = keras.Input((3, 8, 2), name="signals")
    memory = keras.layers.ConvLSTM1D(3, 3, name="memory")(signals)
    features = keras.layers.GlobalAveragePooling1D(name="average")(memory)
    outputs = keras.layers.Dense(2, name="outputs")(features)
    model = keras.Model(signals, outputs, name="memories_of_signals")
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mean_squared_error")
    return model


def sums_by_equation(keras):
    """EinsumDense, which stood under `experimental` at first."""
    sequence = keras.Input((5, 4), name="sequence")
    place = keras.layers if hasattr(keras.layers, "EinsumDense") else keras.layers.experimental
    features = place.EinsumDense(
        "abc,cd->abd", output_shape=(None, 3), bias_axes="d", activation="relu", name="einsum"
    )(sequence)
    features = keras.layers.GlobalMaxPooling1D(name="largest")(features)
    outputs = keras.layers.Dense(2, name="outputs")(features)
    model = keras.Model(sequence, outputs, name="sums_by_equation")
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mean_squared_error")
    return model


def augmented_further(keras):
    """Augmentation that does nothing while predicting, but for the crop, which takes the middle."""
    place = keras.layers  # until TensorFlow 2.5 under `experimental`
    if not hasattr(place, "RandomContrast"):
        place = keras.layers.experimental.preprocessing
    picture = keras.Input((8, 8, 3), name="picture")
    features = place.RandomContrast(0.2, name="contrast")(picture)
    features = place.RandomTranslation(0.1, 0.1, name="moved")(features)
    features = place.RandomZoom(0.1, name="nearer")(features)
    features = place.RandomCrop(6, 6, name="crop")(features)
    features = keras.layers.Conv2D(3, 3, activation="relu", name="convolution")(features)
    features = keras.layers.GlobalAveragePooling2D(name="average")(features)
    outputs = keras.layers.Dense(2, name="outputs")(features)
    model = keras.Model(picture, outputs, name="augmented_further")
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mean_squared_error")
    return model


def augmented_in_light(keras):
    """Augmentation that came with TensorFlow 2.9."""
    picture = keras.Input((8, 8, 3), name="picture")
    features = keras.layers.RandomBrightness(0.2, name="light")(picture)
    features = keras.layers.Conv2D(3, 3, activation="relu", name="convolution")(features)
    features = keras.layers.GlobalAveragePooling2D(name="average")(features)
    outputs = keras.layers.Dense(2, name="outputs")(features)
    model = keras.Model(picture, outputs, name="augmented_in_light")
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mean_squared_error")
    return model


def augmented_in_size(keras):
    """Augmentation that Keras 3 has no more."""
    place = keras.layers  # until TensorFlow 2.5 under `experimental`
    if not hasattr(place, "RandomContrast"):
        place = keras.layers.experimental.preprocessing
    picture = keras.Input((8, 8, 3), name="picture")
    features = place.RandomHeight(0.1, name="height")(picture)
    features = place.RandomWidth(0.1, name="width")(features)
    features = keras.layers.GlobalAveragePooling2D(name="average")(features)
    outputs = keras.layers.Dense(2, name="outputs")(features)
    model = keras.Model(picture, outputs, name="augmented_in_size")
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mean_squared_error")
    return model


def passed_through(keras):
    """A layer that does nothing, as people put it where a model was cut."""
    features = keras.Input((6,), name="features")
    hidden = keras.layers.Dense(4, activation="relu", name="hidden")(features)
    hidden = keras.layers.Identity(name="identity")(hidden)
    outputs = keras.layers.Dense(2, name="outputs")(hidden)
    model = keras.Model(features, outputs, name="passed_through")
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mean_squared_error")
    return model


def added_and_scaled(keras):
    """Operators between tensors, which became layers from TensorFlow 2.4 on."""
    sequence = keras.Input((5, 6), name="sequence")
    left = keras.layers.Dense(4, activation="relu", name="left")(sequence)
    right = keras.layers.Dense(4, activation="sigmoid", name="right")(sequence)
    joined = left + right
    joined = joined * right - left
    joined = joined / 2.0
    outputs = keras.layers.Dense(2, name="outputs")(joined[:, -1, :])
    model = keras.Model(sequence, outputs, name="added_and_scaled")
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mean_squared_error")
    return model


def activations_of_pictures(keras):
    """Activations within convolutions, each that all versions have."""
    picture = keras.Input((6, 6, 2), name="picture")
    known = ("tanh", "sigmoid", "elu", "selu", "softplus", "softsign", "hard_sigmoid", "linear")
    maps = [
        keras.layers.Conv2D(2, 3, activation=one, name="maps_%s" % one)(picture) for one in known
    ]
    joined = keras.layers.Concatenate(name="joined")(maps)
    features = keras.layers.GlobalAveragePooling2D(name="average")(joined)
    outputs = keras.layers.Dense(2, activation="softmax", name="outputs")(features)
    model = keras.Model(picture, outputs, name="activations_of_pictures")
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mean_squared_error")
    return model


def starting_values(keras):
    """Initializers by name and as objects within convolutions."""
    picture = keras.Input((6, 6, 2), name="picture")
    known = [
        "he_normal",
        "he_uniform",
        "glorot_normal",
        "lecun_uniform",
        "random_normal",
        "random_uniform",
        "orthogonal",
        keras.initializers.TruncatedNormal(stddev=0.1),
        keras.initializers.Constant(0.2),
    ]
    maps = [
        keras.layers.Conv2D(2, 3, kernel_initializer=one, name="maps_%d" % place)(picture)
        for place, one in enumerate(known)
    ]
    joined = keras.layers.Concatenate(name="joined")(maps)
    features = keras.layers.GlobalMaxPooling2D(name="largest")(joined)
    outputs = keras.layers.Dense(
        2,
        kernel_regularizer=keras.regularizers.l1_l2(0.01, 0.02),
        bias_initializer="random_normal",
        name="outputs",
    )(features)
    model = keras.Model(picture, outputs, name="starting_values")
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mean_squared_error")
    return model


def adapted(keras):
    """Preprocessing that has learned from data, and not been told: its state is in weights."""
    import numpy as np

    codes = keras.Input((3,), dtype="int64", name="codes")
    numbers = keras.Input((4,), name="numbers")
    found = keras.layers.IntegerLookup(output_mode="multi_hot", name="lookup")
    found.adapt(np.array([[1], [2], [3], [5], [7]]))
    scaled = keras.layers.Normalization(name="scaled")
    scaled.adapt(np.arange(12.0).reshape((3, 4)) ** 1.5)
    joined = keras.layers.Concatenate(name="joined")([found(codes), scaled(numbers)])
    outputs = keras.layers.Dense(2, name="outputs")(joined)
    model = keras.Model([codes, numbers], outputs, name="adapted")
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mean_squared_error")
    return model
