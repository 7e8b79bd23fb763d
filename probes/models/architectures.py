"""Whole architectures, small: those that Keras ships take over 20 seconds to save."""

INPUTS = {
    "unet": {"image": ["normal", [8, 8, 2]]},
    "resnet": {"image": ["normal", [8, 8, 3]]},
    "transformer": {"tokens": ["integers", [6], 9]},
    "autoencoder": {"features": ["normal", [6]]},
    "wide_and_deep": {"wide": ["normal", [3]], "deep": ["normal", [5]]},
    "linear_model": {"features": ["normal", [4]]},
    "inverted_residuals": {"picture": ["normal", [8, 8, 3]]},
    "efficient_block": {"image": ["normal", [8, 8, 3]]},
}


def unet(keras):
    """A U-Net: connections across, pooling, and transposed convolutions back to full size."""
    inputs = keras.Input((8, 8, 2), name="image")
    skipped, features = [], inputs
    for level, filters in enumerate((3, 4)):
        features = keras.layers.Conv2D(
            filters, 3, padding="same", activation="elu", name="down_%d" % level
        )(features)
        skipped.append(features)
        features = keras.layers.AveragePooling2D(2, name="pooling_%d" % level)(features)
    features = keras.layers.Conv2D(5, 3, padding="same", activation="elu", name="bottom")(features)
    for level, filters in ((1, 4), (0, 3)):
        features = keras.layers.Conv2DTranspose(
            filters, 2, strides=2, padding="same", name="larger_%d" % level
        )(features)
        features = keras.layers.Concatenate(name="across_%d" % level)([skipped[level], features])
        features = keras.layers.Conv2D(
            filters, 3, padding="same", activation="elu", name="up_%d" % level
        )(features)
    outputs = keras.layers.Conv2D(1, 1, activation="sigmoid", name="mask")(features)
    model = keras.Model(inputs, outputs, name="unet")
    model.compile(optimizer=keras.optimizers.SGD(0.1), loss="mean_squared_error")
    return model


def resnet(keras):
    """A ResNet of three blocks, named as Keras names its own: stages, shortcuts, statistics."""
    inputs = keras.Input((8, 8, 3), name="image")
    features = keras.layers.Conv2D(4, 3, padding="same", name="conv1_conv")(inputs)
    for index, (filters, stride) in enumerate(((4, 1), (6, 2), (6, 1))):
        name = "conv2_block%d" % (index + 1)
        shortcut = features
        if stride > 1:
            shortcut = keras.layers.Conv2D(filters, 1, strides=stride, name=name + "_0_conv")(
                features
            )
        inner = keras.layers.BatchNormalization(epsilon=1.001e-5, name=name + "_1_bn")(features)
        inner = keras.layers.Activation("elu", name=name + "_1_elu")(inner)
        inner = keras.layers.Conv2D(
            filters, 3, strides=stride, padding="same", use_bias=False, name=name + "_1_conv"
        )(inner)
        features = keras.layers.Add(name=name + "_add")([shortcut, inner])
    features = keras.layers.GlobalAveragePooling2D(name="avg_pool")(features)
    outputs = keras.layers.Dense(2, activation="softmax", name="probs")(features)
    model = keras.Model(inputs, outputs, name="resnet")
    model.compile(optimizer=keras.optimizers.SGD(0.1, momentum=0.9), loss="mean_squared_error")
    return model


def transformer_objects(keras):
    """Return a layer that adds a weight for each position."""

    class Positions(keras.layers.Layer):
        def build(self, input_shape):
            self.table = self.add_weight(
                name="table",
                shape=(int(input_shape[1]), int(input_shape[2])),
                initializer="random_normal",
            )
            super().build(input_shape)

        def call(self, inputs):
            return inputs + self.table

    return {"Positions": Positions}


def transformer(keras):
    """One block of a transformer: positions of one's own, attention, normalization, gelu."""
    positions = transformer_objects(keras)["Positions"]
    inputs = keras.Input((6,), dtype="int32", name="tokens")
    embedded = keras.layers.Embedding(9, 4, name="embedding")(inputs)
    embedded = positions(name="positions")(embedded)
    attended = keras.layers.MultiHeadAttention(2, 2, use_bias=False, name="attention")(
        embedded, embedded
    )
    hidden = keras.layers.Add(name="attention_sum")([embedded, attended])
    hidden = keras.layers.LayerNormalization(epsilon=1e-6, name="attention_norm")(hidden)
    inner = keras.layers.Dense(8, activation="gelu", name="inner")(hidden)
    inner = keras.layers.Dense(4, name="inner_out")(inner)
    hidden = keras.layers.Add(name="inner_sum")([hidden, inner])
    hidden = keras.layers.LayerNormalization(epsilon=1e-6, name="inner_norm")(hidden)
    pooled = keras.layers.GlobalAveragePooling1D(name="average")(hidden)
    outputs = keras.layers.Dense(2, name="outputs")(pooled)
    model = keras.Model(inputs, outputs, name="transformer")
    model.compile(optimizer=keras.optimizers.SGD(0.05), loss="mean_squared_error")
    return model


def autoencoder(keras):
    """Encoder and decoder as models in a third, each of use alone: weights with two owners."""
    features = keras.Input((6,), name="features")
    code = keras.layers.Dense(2, activation="tanh", name="code")(features)
    encoder = keras.Model(features, code, name="encoder")
    given = keras.Input((2,), name="given")
    restored = keras.layers.Dense(6, name="restored")(given)
    decoder = keras.Model(given, restored, name="decoder")
    model = keras.Sequential([encoder, decoder], name="autoencoder")
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mean_absolute_error")
    return model


def wide_and_deep(keras):
    """Two inputs of which one goes around all layers, with a loss of logits."""
    wide = keras.Input((3,), name="wide")
    deep = keras.Input((5,), name="deep")
    hidden = keras.layers.Dense(4, activation="tanh", name="hidden")(deep)
    hidden = keras.layers.Dense(3, activation="tanh", name="deeper")(hidden)
    joined = keras.layers.Concatenate(name="joined")([wide, hidden])
    outputs = keras.layers.Dense(1, name="logit")(joined)
    model = keras.Model([wide, deep], outputs, name="wide_and_deep")
    loss = keras.losses.BinaryCrossentropy(from_logits=True)
    model.compile(optimizer=keras.optimizers.SGD(0.1), loss=loss)
    return model


def linear_model(keras):
    """A premade model of TensorFlow 2.2 to 2.15, which is a class and no graph."""
    model = keras.experimental.LinearModel(units=2)
    model.compile(optimizer=keras.optimizers.SGD(0.1), loss="mean_squared_error")
    return model


def inverted_residuals(keras):
    """Two blocks as in MobileNetV2, frozen, below a new head: the commonest transfer learning."""
    image = keras.Input((8, 8, 3), name="image")
    features = keras.layers.Conv2D(4, 1, use_bias=False, name="Conv1")(image)
    for index in (1, 2):
        name = "block_%d_" % index
        inner = keras.layers.Conv2D(8, 1, use_bias=False, name=name + "expand")(features)
        inner = keras.layers.BatchNormalization(name=name + "expand_BN")(inner)
        inner = keras.layers.ReLU(6.0, name=name + "expand_relu")(inner)
        inner = keras.layers.DepthwiseConv2D(
            3, padding="same", use_bias=False, name=name + "depthwise"
        )(inner)
        inner = keras.layers.BatchNormalization(name=name + "depthwise_BN")(inner)
        inner = keras.layers.ReLU(6.0, name=name + "depthwise_relu")(inner)
        inner = keras.layers.Conv2D(4, 1, use_bias=False, name=name + "project")(inner)
        features = keras.layers.Add(name=name + "add")([features, inner])
    features = keras.layers.GlobalAveragePooling2D(name="average")(features)
    base = keras.Model(image, features, name="base")
    base.trainable = False

    inputs = keras.Input((8, 8, 3), name="picture")
    outputs = keras.layers.Dense(2, name="outputs")(base(inputs))
    model = keras.Model(inputs, outputs, name="inverted_residuals")
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mean_squared_error")
    return model


def efficient_block(keras):
    """The first block of an EfficientNet: normalization within, squeeze and excitation, swish."""
    import numpy as np

    place = keras.layers
    if not hasattr(place, "Normalization"):  # until TensorFlow 2.5
        place = keras.layers.experimental.preprocessing
    normalization = place.Normalization(name="normalization")
    normalization.adapt(np.arange(48, dtype="float32").reshape(1, 4, 4, 3))
    inputs = keras.Input((8, 8, 3), name="image")
    features = place.Rescaling(0.5, name="rescaling")(inputs)
    features = normalization(features)
    features = keras.layers.Conv2D(6, 1, use_bias=False, name="expand_conv")(features)
    features = keras.layers.BatchNormalization(name="expand_bn")(features)
    features = keras.layers.Activation("swish", name="expand_activation")(features)
    padded = keras.layers.ZeroPadding2D(((0, 1), (0, 1)), name="dwconv_pad")(features)
    features = keras.layers.DepthwiseConv2D(3, strides=2, use_bias=False, name="dwconv")(padded)
    squeezed = keras.layers.GlobalAveragePooling2D(name="se_squeeze")(features)
    squeezed = keras.layers.Reshape((1, 1, 6), name="se_reshape")(squeezed)
    squeezed = keras.layers.Conv2D(2, 1, activation="swish", name="se_reduce")(squeezed)
    squeezed = keras.layers.Conv2D(6, 1, activation="sigmoid", name="se_expand")(squeezed)
    features = keras.layers.Multiply(name="se_excite")([features, squeezed])
    features = keras.layers.GlobalAveragePooling2D(name="avg_pool")(features)
    outputs = keras.layers.Dense(2, name="outputs")(features)
    model = keras.Model(inputs, outputs, name="efficient_block")
    model.compile(optimizer=keras.optimizers.SGD(0.05), loss="mean_squared_error")
    return model
