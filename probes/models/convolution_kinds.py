"""Convolutions of every kind, and what stands around them: pooling, padding, order of channels."""

INPUTS = {
    "depthwise": {"image": ["normal", [6, 6, 2]]},
    "depthwise_1d": {"signal": ["normal", [8, 2]]},
    "separable_1d": {"signal": ["normal", [8, 2]]},
    "causal": {"signal": ["normal", [8, 2]]},
    "conv3d": {"volume": ["normal", [4, 4, 4, 2]]},
    "grouped": {"image": ["normal", [5, 5, 4]]},
    "transposed_1d": {"signal": ["normal", [4, 2]]},
    "transposed_output_padding": {"image": ["normal", [3, 3, 2]]},
    "locally_connected": {"signal": ["normal", [6, 2]]},
    "channels_first_flat": {"image": ["normal", [2, 5, 5]]},
    "channels_first_pooling": {"image": ["normal", [2, 4, 4]]},
    "keepdims": {"image": ["normal", [4, 4, 3]]},
    "padding": {"image": ["normal", [4, 4, 2]]},
    "upsampling": {"image": ["normal", [3, 3, 2]]},
}


def depthwise(keras):
    """Keras 3 refused the `groups` of tf.keras (https://github.com/keras-team/keras/issues/19151)."""
    inputs = keras.Input((6, 6, 2), name="image")
    features = keras.layers.DepthwiseConv2D(
        3, strides=2, depth_multiplier=2, activation="tanh", name="depthwise_convolution"
    )(inputs)
    features = keras.layers.Flatten(name="flat")(features)
    outputs = keras.layers.Dense(2, name="outputs")(features)
    model = keras.Model(inputs, outputs, name="depthwise")
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mean_squared_error")
    return model


def depthwise_1d(keras):
    """DepthwiseConv1D came with TensorFlow 2.9 and shares its base class with the 2D layer."""
    inputs = keras.Input((8, 2), name="signal")
    features = keras.layers.DepthwiseConv1D(3, activation="tanh", name="depthwise_convolution")(
        inputs
    )
    features = keras.layers.Flatten(name="flat")(features)
    outputs = keras.layers.Dense(2, name="outputs")(features)
    model = keras.Model(inputs, outputs, name="depthwise_1d")
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mean_squared_error")
    return model


def separable_1d(keras):
    """SeparableConv1D has two kernels with settings of their own, and wrote `groups` as well."""
    inputs = keras.Input((8, 2), name="signal")
    features = keras.layers.SeparableConv1D(
        3,
        3,
        depth_multiplier=2,
        depthwise_regularizer=keras.regularizers.l2(0.01),
        activation="tanh",
        name="separable_convolution",
    )(inputs)
    features = keras.layers.Flatten(name="flat")(features)
    outputs = keras.layers.Dense(2, name="outputs")(features)
    model = keras.Model(inputs, outputs, name="separable_1d")
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mean_squared_error")
    return model


def causal(keras):
    """Dilated causal Conv1D, as in WaveNet: padding before the first step only."""
    inputs = keras.Input((8, 2), name="signal")
    features = keras.layers.Conv1D(3, 2, padding="causal", activation="tanh", name="near")(inputs)
    features = keras.layers.Conv1D(
        3, 2, padding="causal", dilation_rate=2, activation="tanh", name="far"
    )(features)
    outputs = keras.layers.Conv1D(1, 1, name="outputs")(features)
    model = keras.Model(inputs, outputs, name="causal")
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mean_squared_error")
    return model


def conv3d(keras):
    """Conv3D and its pooling: five-dimensional kernels."""
    inputs = keras.Input((4, 4, 4, 2), name="volume")
    features = keras.layers.Conv3D(3, 2, activation="tanh", name="convolution")(inputs)
    features = keras.layers.AveragePooling3D(2, name="pooling")(features)
    features = keras.layers.Flatten(name="flat")(features)
    outputs = keras.layers.Dense(2, name="outputs")(features)
    model = keras.Model(inputs, outputs, name="conv3d")
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mean_squared_error")
    return model


def grouped(keras):
    """Conv2D with two groups (TensorFlow 2.3): a loader that drops `groups` misreads the kernel."""
    inputs = keras.Input((5, 5, 4), name="image")
    features = keras.layers.Conv2D(4, 3, groups=2, activation="tanh", name="convolution")(inputs)
    features = keras.layers.Flatten(name="flat")(features)
    outputs = keras.layers.Dense(2, name="outputs")(features)
    model = keras.Model(inputs, outputs, name="grouped")
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mean_squared_error")
    return model


def transposed_1d(keras):
    """Conv1DTranspose came with TensorFlow 2.3 (https://github.com/keras-team/keras/issues/19441)."""
    inputs = keras.Input((4, 2), name="signal")
    features = keras.layers.Conv1DTranspose(
        3, 3, strides=2, padding="same", activation="tanh", name="transposed_convolution"
    )(inputs)
    outputs = keras.layers.Conv1D(1, 3, padding="same", name="outputs")(features)
    model = keras.Model(inputs, outputs, name="transposed_1d")
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mean_squared_error")
    return model


def transposed_output_padding(keras):
    """Conv2DTranspose with `output_padding`: a size that the loader must compute alike."""
    inputs = keras.Input((3, 3, 2), name="image")
    features = keras.layers.Conv2DTranspose(
        3, 3, strides=2, output_padding=1, activation="tanh", name="transposed_convolution"
    )(inputs)
    outputs = keras.layers.Conv2D(1, 3, name="outputs")(features)
    model = keras.Model(inputs, outputs, name="transposed_output_padding")
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mean_squared_error")
    return model


def locally_connected(keras):
    """LocallyConnected1D is gone in Keras 3."""
    inputs = keras.Input((6, 2), name="signal")
    features = keras.layers.LocallyConnected1D(3, 2, activation="tanh", name="unshared")(inputs)
    features = keras.layers.Flatten(name="flat")(features)
    outputs = keras.layers.Dense(2, name="outputs")(features)
    model = keras.Model(inputs, outputs, name="locally_connected")
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mean_squared_error")
    return model


def channels_first_flat(keras):
    """A convolution in Theano's order of channels (https://github.com/keras-team/keras/issues/3307)."""
    inputs = keras.Input((2, 5, 5), name="image")
    features = keras.layers.Conv2D(
        3, 3, data_format="channels_first", activation="tanh", name="convolution"
    )(inputs)
    features = keras.layers.Flatten(data_format="channels_first", name="flat")(features)
    outputs = keras.layers.Dense(2, name="outputs")(features)
    model = keras.Model(inputs, outputs, name="channels_first_flat")
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mean_squared_error")
    return model


def channels_first_pooling(keras):
    """Layers that know an order of channels and need no convolution, which CPUs may lack for it."""
    inputs = keras.Input((2, 4, 4), name="image")
    features = keras.layers.ZeroPadding2D(1, data_format="channels_first", name="padded")(inputs)
    features = keras.layers.UpSampling2D(2, data_format="channels_first", name="larger")(features)
    flat = keras.layers.Flatten(data_format="channels_first", name="flat")(features)
    pooled = keras.layers.GlobalMaxPooling2D(data_format="channels_first", name="largest")(features)
    joined = keras.layers.Concatenate(name="joined")([flat, pooled])
    outputs = keras.layers.Dense(2, name="outputs")(joined)
    model = keras.Model(inputs, outputs, name="channels_first_pooling")
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mean_squared_error")
    return model


def keepdims(keras):
    """Global pooling with `keepdims` (TensorFlow 2.6): without it the output has another shape."""
    inputs = keras.Input((4, 4, 3), name="image")
    features = keras.layers.GlobalAveragePooling2D(keepdims=True, name="average")(inputs)
    features = keras.layers.Conv2D(3, 1, activation="tanh", name="mixed")(features)
    scaled = keras.layers.Multiply(name="scaled")([inputs, features])
    features = keras.layers.GlobalMaxPooling2D(keepdims=True, name="largest")(scaled)
    outputs = keras.layers.Conv2D(2, 1, name="outputs")(features)
    model = keras.Model(inputs, outputs, name="keepdims")
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mean_squared_error")
    return model


def padding(keras):
    """Uneven padding and cropping, and pooling with `same`: tuples of tuples come back as lists."""
    inputs = keras.Input((4, 4, 2), name="image")
    features = keras.layers.ZeroPadding2D(((1, 0), (2, 1)), name="padded")(inputs)
    features = keras.layers.Conv2D(3, (2, 3), name="convolution")(features)
    features = keras.layers.Cropping2D(((0, 1), (1, 0)), name="cropped")(features)
    features = keras.layers.AveragePooling2D(
        (2, 3), strides=(1, 2), padding="same", name="pooling"
    )(features)
    features = keras.layers.Flatten(name="flat")(features)
    outputs = keras.layers.Dense(2, name="outputs")(features)
    model = keras.Model(inputs, outputs, name="padding")
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mean_squared_error")
    return model


def upsampling(keras):
    """Nearest and bilinear up-sampling by uneven factors: pixel centres moved in TensorFlow 2."""
    inputs = keras.Input((3, 3, 2), name="image")
    nearest = keras.layers.UpSampling2D((2, 3), name="nearest")(inputs)
    bilinear = keras.layers.UpSampling2D((2, 3), interpolation="bilinear", name="bilinear")(inputs)
    joined = keras.layers.Concatenate(name="joined")([nearest, bilinear])
    outputs = keras.layers.Conv2D(1, 3, name="outputs")(joined)
    model = keras.Model(inputs, outputs, name="upsampling")
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mean_squared_error")
    return model
