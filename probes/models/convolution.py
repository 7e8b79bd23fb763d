"""Convolutions, whose configurations gained and lost arguments between versions."""

INPUTS = {
    "conv_bn": {"image": ["normal", [6, 6, 2]]},
    "separable": {"image": ["normal", [6, 6, 2]]},
    "conv_transpose": {"image": ["normal", [3, 3, 2]]},
    "residual": {"image": ["normal", [6, 6, 3]]},
    "channels_first": {"image": ["normal", [2, 6, 6]]},
    "deprecated_arguments": {"image": ["normal", [6, 6, 2]]},
}


def conv_bn(keras):
    """Conv2D and BatchNormalization: moving statistics; `axis` was a list, then a number."""
    inputs = keras.Input((6, 6, 2), name="image")
    # No bias before the normalization: it would cancel, and train on rounding errors alone.
    features = keras.layers.Conv2D(4, 3, use_bias=False, name="convolution")(inputs)
    features = keras.layers.BatchNormalization(name="normalization")(features)
    features = keras.layers.Activation("relu", name="activation")(features)
    features = keras.layers.MaxPooling2D(2, name="pooling")(features)
    features = keras.layers.Flatten(name="flat")(features)
    outputs = keras.layers.Dense(2, name="outputs")(features)
    model = keras.Model(inputs, outputs, name="conv_bn")
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mean_squared_error")
    return model


def separable(keras):
    """Separable and depthwise convolutions: tf.keras 2 writes `groups`, which Keras 3 refuses."""
    inputs = keras.Input((6, 6, 2), name="image")
    features = keras.layers.SeparableConv2D(
        4, 3, padding="same", activation="relu", name="separable_convolution"
    )(inputs)
    features = keras.layers.DepthwiseConv2D(3, activation="relu", name="depthwise_convolution")(
        features
    )
    features = keras.layers.GlobalAveragePooling2D(name="average")(features)
    outputs = keras.layers.Dense(2, name="outputs")(features)
    model = keras.Model(inputs, outputs, name="separable")
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mean_squared_error")
    return model


def conv_transpose(keras):
    """A decoder: Conv2DTranspose (`groups`) and bilinear up-sampling, which TF 2 computes anew."""
    inputs = keras.Input((3, 3, 2), name="image")
    features = keras.layers.Conv2DTranspose(
        4, 3, strides=2, padding="same", activation="relu", name="transposed_convolution"
    )(inputs)
    features = keras.layers.UpSampling2D(2, interpolation="bilinear", name="larger")(features)
    outputs = keras.layers.Conv2D(1, 3, padding="same", name="outputs")(features)
    model = keras.Model(inputs, outputs, name="conv_transpose")
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mean_squared_error")
    return model


def residual(keras):
    """A skip connection, LeakyReLU (`alpha` became `negative_slope`) and a metric by short name."""
    inputs = keras.Input((6, 6, 3), name="image")
    features = keras.layers.Conv2D(3, 3, padding="same", use_bias=False, name="first")(inputs)
    features = keras.layers.BatchNormalization(name="normalization")(features)
    features = keras.layers.LeakyReLU(0.1, name="leaky")(features)
    features = keras.layers.Conv2D(3, 3, padding="same", name="second")(features)
    features = keras.layers.Add(name="skip")([inputs, features])
    features = keras.layers.ReLU(name="activation")(features)
    features = keras.layers.GlobalMaxPooling2D(name="largest")(features)
    outputs = keras.layers.Dense(2, name="outputs")(features)
    model = keras.Model(inputs, outputs, name="residual")
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mse", metrics=["mae"])
    return model


def channels_first(keras):
    """A convolution over channels first, usual on Theano; TensorFlow 1 has none on a CPU."""
    inputs = keras.Input((2, 6, 6), name="image")
    features = keras.layers.Conv2D(
        4, 3, activation="relu", data_format="channels_first", name="convolution"
    )(inputs)
    features = keras.layers.GlobalAveragePooling2D(data_format="channels_first", name="average")(
        features
    )
    outputs = keras.layers.Dense(2, name="outputs")(features)
    model = keras.Model(inputs, outputs, name="channels_first")
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mean_squared_error")
    return model


def deprecated_arguments(keras):
    """Arguments of their day: `input_shape` of a layer, `lr` and `decay` of an optimizer."""
    layers = [
        keras.layers.Conv2D(4, 3, activation="relu", input_shape=(6, 6, 2), name="convolution"),
        keras.layers.GlobalMaxPooling2D(name="largest"),
        keras.layers.Dense(2, name="outputs"),
    ]
    model = keras.Sequential(layers, name="deprecated_arguments")
    optimizer = keras.optimizers.Adam(lr=0.02, decay=0.001)
    model.compile(optimizer=optimizer, loss="mean_squared_error")
    return model
