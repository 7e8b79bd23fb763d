"""Models as people build them: common layers together, so that each is known of two models."""

INPUTS = {
    "picture_classifier": {"picture": ["normal", [8, 8, 1]]},
    "text_classifier": {"tokens": ["integers", [7], 12]},
    "text_gru": {"tokens": ["integers", [7], 12]},
    "picture_mobile": {"picture": ["normal", [8, 8, 3]]},
    "leaky": {"features": ["normal", [4, 6]]},
    "thresholds": {"signal": ["normal", [8, 3]]},
    "generator": {"noise": ["normal", [5]]},
    "siamese": {"left": ["normal", [6]], "right": ["normal", [6]]},
    "transfer": {"picture": ["normal", [6, 6, 2]]},
    "shared_tower": {"features": ["normal", [6]]},
    "reader": {"tokens": ["integers", [6], 9]},
    "tagger": {"sequence": ["normal", [6, 4]]},
    "cells_in_layers": {"sequence": ["normal", [6, 4]]},
    "both_directions": {"sequence": ["normal", [6, 4]]},
    "signal_classifier": {"signal": ["normal", [16, 2]]},
    "picture_augmented": {"picture": ["normal", [8, 8, 3]]},
    "tabular": {"age": ["normal", [1]], "income": ["normal", [3]]},
    "categories": {"codes": ["integers", [3], 8]},
    "normalized_ways": {"picture": ["normal", [4, 4, 4]]},
    "video": {"clip": ["normal", [4, 6, 6, 2]]},
    "channels_before": {"picture": ["normal", [3, 6, 6]]},
    "regularized": {"tokens": ["integers", [6], 9]},
}
TARGETS = {"picture_classifier": [["classes", 3]], "text_classifier": [["classes", 2]]}


def picture_classifier(keras):
    """The tutorial's: convolutions, pooling, Flatten, classes as numbers."""
    model = keras.Sequential(name="picture_classifier")
    model.add(
        keras.layers.Conv2D(4, 3, activation="relu", input_shape=(8, 8, 1), name="convolution")
    )
    model.add(keras.layers.MaxPooling2D(2, name="pooling"))
    model.add(keras.layers.Flatten(name="flat"))
    model.add(keras.layers.Dense(6, activation="relu", name="hidden"))
    model.add(keras.layers.Dropout(0.25, name="dropout"))
    model.add(keras.layers.Dense(3, activation="softmax", name="classes"))
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def text_classifier(keras):
    """Tokens, read in both directions by an LSTM, to one probability."""
    model = keras.Sequential(name="text_classifier")
    model.add(keras.layers.Embedding(12, 4, name="embedding"))
    model.add(keras.layers.Bidirectional(keras.layers.LSTM(3, name="memory"), name="both_ways"))
    model.add(keras.layers.Dense(4, activation="relu", name="hidden"))
    model.add(keras.layers.Dense(1, activation="sigmoid", name="probability"))
    model.build((None, 7))
    model.compile(optimizer="rmsprop", loss="binary_crossentropy", metrics=["accuracy"])
    return model


def text_gru(keras):
    """Two GRUs, one upon the other, over tokens of which none is masked."""
    tokens = keras.Input((7,), dtype="int32", name="tokens")
    embedded = keras.layers.Embedding(12, 4, name="embedding")(tokens)
    states = keras.layers.GRU(4, return_sequences=True, name="first")(embedded)
    state = keras.layers.GRU(3, name="second")(states)
    outputs = keras.layers.Dense(3, activation="softmax", name="classes")(state)
    model = keras.Model(tokens, outputs, name="text_gru")
    model.compile(
        optimizer=keras.optimizers.Adam(0.01), loss="categorical_crossentropy", metrics=["acc"]
    )
    return model


def picture_mobile(keras):
    """Depthwise and separable convolutions between normalizations and ReLUs, pooled by maximum."""
    picture = keras.Input((8, 8, 3), name="picture")
    features = keras.layers.ZeroPadding2D(1, name="padding")(picture)
    features = keras.layers.Conv2D(4, 3, strides=2, use_bias=False, name="stem")(features)
    features = keras.layers.BatchNormalization(name="stem_bn")(features)
    features = keras.layers.ReLU(name="stem_relu")(features)
    features = keras.layers.DepthwiseConv2D(3, padding="same", name="depthwise")(features)
    features = keras.layers.BatchNormalization(name="depthwise_bn")(features)
    features = keras.layers.LeakyReLU(name="leaky")(features)
    features = keras.layers.SeparableConv2D(6, 3, padding="same", name="separable")(features)
    features = keras.layers.Activation("tanh", name="tanh")(features)
    features = keras.layers.GlobalMaxPooling2D(name="maximum")(features)
    outputs = keras.layers.Dense(2, name="outputs")(features)
    model = keras.Model(picture, outputs, name="picture_mobile")
    model.compile(optimizer=keras.optimizers.RMSprop(0.01), loss="mean_absolute_error")
    return model


def leaky(keras):
    """Activations that are layers, each with a setting of its own."""
    features = keras.Input((4, 6), name="features")
    known = "gelu" if hasattr(keras.activations, "gelu") else "selu"
    hidden = keras.layers.Dense(5, activation=known, name="in")(features)
    hidden = keras.layers.ELU(0.5, name="elu")(hidden)
    hidden = keras.layers.PReLU(shared_axes=[1], name="prelu")(hidden)
    hidden = keras.layers.Dense(4, activation="elu", name="between")(hidden)
    hidden = keras.layers.LeakyReLU(name="leaky")(hidden)
    hidden = keras.layers.Softmax(axis=1, name="softmax")(hidden)
    hidden = keras.layers.GlobalAveragePooling1D(name="average")(hidden)
    outputs = keras.layers.Dense(2, name="outputs")(hidden)
    model = keras.Model(features, outputs, name="leaky")
    model.compile(
        optimizer=keras.optimizers.SGD(0.1, momentum=0.9, nesterov=True), loss="mean_squared_error"
    )
    return model


def thresholds(keras):
    """Two layers that Keras 3 has no more."""
    signal = keras.Input((8, 3), name="signal")
    features = keras.layers.LocallyConnected1D(4, 3, activation="tanh", name="local")(signal)
    features = keras.layers.ThresholdedReLU(0.1, name="threshold")(features)
    features = keras.layers.Flatten(name="flat")(features)
    outputs = keras.layers.Dense(2, name="outputs")(features)
    model = keras.Model(signal, outputs, name="thresholds")
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mean_squared_error")
    return model


def generator(keras):
    """Noise to a picture: Reshape, transposed convolutions, UpSampling of both kinds."""
    noise = keras.Input((5,), name="noise")
    features = keras.layers.Dense(2 * 2 * 4, name="spread")(noise)
    features = keras.layers.BatchNormalization(momentum=0.8, name="spread_bn")(features)
    features = keras.layers.Reshape((2, 2, 4), name="square")(features)
    features = keras.layers.Conv2DTranspose(
        3, 3, strides=2, padding="same", activation="relu", name="larger"
    )(features)
    features = keras.layers.UpSampling2D(2, name="repeated")(features)
    features = keras.layers.Conv2D(3, 3, padding="same", activation="relu", name="smooth")(features)
    features = keras.layers.UpSampling2D(2, interpolation="bilinear", name="drawn")(features)
    outputs = keras.layers.Conv2D(1, 3, padding="same", activation="tanh", name="picture")(features)
    model = keras.Model(noise, outputs, name="generator")
    model.compile(optimizer=keras.optimizers.Adam(0.0002, beta_1=0.5), loss="mean_squared_error")
    return model


def siamese(keras):
    """The same layers for two inputs, compared in every way in which layers can be merged."""
    hidden = keras.layers.Dense(5, activation="tanh", name="hidden")
    code = keras.layers.Dense(4, name="code")
    left = keras.Input((6,), name="left")
    right = keras.Input((6,), name="right")
    one, other = code(hidden(left)), code(hidden(right))
    merged = [
        keras.layers.Subtract(name="difference")([one, other]),
        keras.layers.Multiply(name="product")([one, other]),
        keras.layers.Average(name="mean")([one, other]),
        keras.layers.Maximum(name="largest")([one, other]),
        keras.layers.Add(name="sum")([one, other]),
        keras.layers.Dot(1, normalize=True, name="cosine")([one, other]),
    ]
    joined = keras.layers.Concatenate(name="joined")(merged)
    outputs = keras.layers.Dense(1, activation="sigmoid", name="alike")(joined)
    model = keras.Model([left, right], outputs, name="siamese")
    model.compile(optimizer=keras.optimizers.Adagrad(0.1), loss="mean_squared_error")
    return model


def transfer(keras):
    """Somebody's frozen base, a model in the model, below a new head."""
    image = keras.Input((6, 6, 2), name="image")
    features = keras.layers.Conv2D(3, 3, activation="relu", name="convolution")(image)
    features = keras.layers.GlobalAveragePooling2D(name="average")(features)
    base = keras.Model(image, features, name="base")
    base.trainable = False
    picture = keras.Input((6, 6, 2), name="picture")
    features = keras.layers.Dropout(0.2, name="dropout")(base(picture))
    outputs = keras.layers.Dense(3, activation="softmax", name="classes")(features)
    model = keras.Model(picture, outputs, name="transfer")
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="categorical_crossentropy")
    return model


def shared_tower(keras):
    """A layer used twice, sums around blocks, two outputs by name."""
    features = keras.Input((6,), name="features")
    block = keras.layers.Dense(6, activation="tanh", name="block")
    hidden = keras.layers.Add(name="around_one")([features, block(features)])
    hidden = keras.layers.Add(name="around_two")([hidden, block(hidden)])
    hidden = keras.layers.Dense(6, activation="relu", name="hidden")(hidden)
    first = keras.layers.Dense(1, name="first")(hidden)
    second = keras.layers.Dense(2, activation="softmax", name="second")(hidden)
    model = keras.Model(features, [first, second], name="shared_tower")
    model.compile(
        optimizer=keras.optimizers.Adamax(0.01),
        loss={"first": "mean_absolute_error", "second": "categorical_crossentropy"},
    )
    return model


def reader(keras):
    """Tokens that attend to each other in two ways, normalized and averaged."""
    tokens = keras.Input((6,), dtype="int32", name="tokens")
    embedded = keras.layers.Embedding(9, 4, name="embedding")(tokens)
    query = keras.layers.Dense(4, use_bias=False, name="query")(embedded)
    by_product = keras.layers.Attention(use_scale=True, name="by_product")([query, embedded])
    by_sum = keras.layers.AdditiveAttention(name="by_sum")([query, embedded])
    plain = keras.layers.Attention(name="plain")([query, embedded])
    joined = keras.layers.Concatenate(name="joined")([by_product, by_sum, plain])
    joined = keras.layers.LayerNormalization(epsilon=1e-6, name="normal")(joined)
    pooled = keras.layers.GlobalAveragePooling1D(name="average")(joined)
    outputs = keras.layers.Dense(2, name="outputs")(pooled)
    model = keras.Model(tokens, outputs, name="reader")
    model.compile(
        optimizer=keras.optimizers.Adam(0.001),
        loss="mean_squared_error",
        metrics=["mean_absolute_error"],
    )
    return model


def tagger(keras):
    """A tag for each step: Masking, an LSTM in both directions, Dense at every step."""
    sequence = keras.Input((6, 4), name="sequence")
    masked = keras.layers.Masking(0.0, name="masking")(sequence)
    states = keras.layers.Bidirectional(
        keras.layers.LSTM(3, return_sequences=True, dropout=0.1, name="memory"), name="both_ways"
    )(masked)
    outputs = keras.layers.TimeDistributed(
        keras.layers.Dense(3, activation="softmax", name="tag"), name="tags"
    )(states)
    model = keras.Model(sequence, outputs, name="tagger")
    model.compile(optimizer=keras.optimizers.Nadam(0.002), loss="mean_squared_error")
    return model


def cells_in_layers(keras):
    """Cells of three kinds in RNN layers, one upon the other, and one layer unrolled."""
    sequence = keras.Input((6, 4), name="sequence")
    cells = [keras.layers.GRUCell(4, name="lower"), keras.layers.LSTMCell(3, name="upper")]
    states = keras.layers.RNN(cells, return_sequences=True, name="stacked")(sequence)
    states = keras.layers.SimpleRNN(3, return_sequences=True, name="simple")(states)
    state = keras.layers.LSTM(3, unroll=True, name="unrolled")(states)
    outputs = keras.layers.Dense(2, name="outputs")(state)
    model = keras.Model(sequence, outputs, name="cells_in_layers")
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mean_squared_error")
    return model


def both_directions(keras):
    """Both directions added up, multiplied and kept apart; one layer that reads from the end."""
    sequence = keras.Input((6, 4), name="sequence")
    added = keras.layers.Bidirectional(
        keras.layers.GRU(3, return_sequences=True, name="adding"), merge_mode="sum", name="added"
    )(sequence)
    times = keras.layers.Bidirectional(
        keras.layers.SimpleRNN(3, return_sequences=True, name="timing"),
        merge_mode="mul",
        name="times",
    )(added)
    apart = keras.layers.Bidirectional(
        keras.layers.LSTM(3, name="parting"), merge_mode=None, name="apart"
    )(times)
    backwards = keras.layers.LSTM(3, go_backwards=True, name="backwards")(times)
    joined = keras.layers.Concatenate(name="joined")([apart[0], apart[1], backwards])
    outputs = keras.layers.Dense(2, name="outputs")(joined)
    model = keras.Model(sequence, outputs, name="both_directions")
    model.compile(optimizer=keras.optimizers.SGD(0.1, momentum=0.9), loss="mean_squared_error")
    return model


def signal_classifier(keras):
    """Convolutions along time: causal ones with gaps, pooled, cropped and flattened."""
    model = keras.Sequential(name="signal_classifier")
    model.add(
        keras.layers.Conv1D(
            4,
            3,
            padding="causal",
            dilation_rate=2,
            activation="relu",
            input_shape=(16, 2),
            name="a",
        )
    )
    model.add(keras.layers.BatchNormalization(name="a_bn"))
    model.add(keras.layers.MaxPooling1D(2, name="largest"))
    model.add(keras.layers.SpatialDropout1D(0.1, name="dropout"))
    model.add(keras.layers.ZeroPadding1D(1, name="padding"))
    model.add(keras.layers.SeparableConv1D(4, 3, name="b"))
    model.add(keras.layers.AveragePooling1D(2, name="average"))
    model.add(keras.layers.Cropping1D((0, 1), name="cropping"))
    model.add(keras.layers.Flatten(name="flat"))
    model.add(keras.layers.Dense(2, activation="softmax", name="classes"))
    model.compile(optimizer=keras.optimizers.Adadelta(1.0), loss="categorical_crossentropy")
    return model


def picture_augmented(keras):
    """Pictures are sized, cut, turned (in training) and scaled by layers of the model."""
    place = keras.layers
    if not hasattr(place, "Resizing"):  # until TensorFlow 2.5
        place = keras.layers.experimental.preprocessing
    picture = keras.Input((8, 8, 3), name="picture")
    features = place.Resizing(6, 6, name="sized")(picture)
    features = place.CenterCrop(4, 4, name="cut")(features)
    features = place.RandomFlip("horizontal", seed=1, name="flipped")(features)
    features = place.RandomRotation(0.1, seed=1, name="turned")(features)
    features = place.Rescaling(1.0 / 127.5, offset=-1.0, name="scaled")(features)
    features = keras.layers.Conv2D(3, 3, activation="relu", name="convolution")(features)
    features = keras.layers.GlobalAveragePooling2D(name="average")(features)
    outputs = keras.layers.Dense(2, name="outputs")(features)
    model = keras.Model(picture, outputs, name="picture_augmented")
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mean_squared_error")
    return model


def tabular(keras):
    """Columns by name, in a dict as `tf.data` gives them, and a dict of outputs."""
    age = keras.Input((1,), name="age")
    income = keras.Input((3,), name="income")
    joined = keras.layers.Concatenate(name="joined")([age, income])
    hidden = keras.layers.Dense(4, activation="relu", name="hidden")(joined)
    risk = keras.layers.Dense(1, activation="sigmoid", name="risk")(hidden)
    amount = keras.layers.Dense(1, name="amount")(hidden)
    model = keras.Model(
        {"age": age, "income": income}, {"risk": risk, "amount": amount}, name="tabular"
    )
    model.compile(
        optimizer=keras.optimizers.Adam(0.01),
        loss={"risk": "mean_squared_error", "amount": "mean_absolute_error"},
    )
    return model


def categories(keras):
    """Codes looked up in a vocabulary, told as many zeros and ones."""
    codes = keras.Input((3,), dtype="int64", name="codes")
    found = keras.layers.IntegerLookup(vocabulary=[1, 2, 3, 5, 7], name="lookup")(codes)
    ones = keras.layers.CategoryEncoding(num_tokens=6, output_mode="multi_hot", name="ones")(found)
    outputs = keras.layers.Dense(2, name="outputs")(ones)
    model = keras.Model(codes, outputs, name="categories")
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mean_squared_error")
    return model


def normalized_ways(keras):
    """Normalization over groups, over an axis of one's own, and to length 1."""
    picture = keras.Input((4, 4, 4), name="picture")
    features = keras.layers.GroupNormalization(2, name="groups")(picture)
    features = keras.layers.Conv2D(4, 3, padding="same", name="convolution")(features)
    features = keras.layers.BatchNormalization(axis=1, name="rows")(features)
    features = keras.layers.UnitNormalization(name="unit")(features)
    features = keras.layers.GlobalAveragePooling2D(keepdims=True, name="average")(features)
    features = keras.layers.Flatten(name="flat")(features)
    outputs = keras.layers.Dense(2, name="outputs")(features)
    model = keras.Model(picture, outputs, name="normalized_ways")
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mean_squared_error")
    return model


def video(keras):
    """Pictures in time: a convolution in three dimensions, a ConvLSTM, each picture flattened."""
    clip = keras.Input((4, 6, 6, 2), name="clip")
    features = keras.layers.Conv3D(3, 3, padding="same", activation="relu", name="volume")(clip)
    features = keras.layers.MaxPooling3D((1, 2, 2), name="largest")(features)
    features = keras.layers.ConvLSTM2D(2, 2, padding="same", return_sequences=True, name="memory")(
        features
    )
    features = keras.layers.TimeDistributed(keras.layers.Flatten(name="one"), name="each")(features)
    state = keras.layers.LSTM(3, name="end")(features)
    outputs = keras.layers.Dense(2, name="outputs")(state)
    model = keras.Model(clip, outputs, name="video")
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mean_squared_error")
    return model


def channels_before(keras):
    """Channels before rows and columns, in layers that a CPU computes so."""
    first = "channels_first"
    picture = keras.Input((3, 6, 6), name="picture")
    features = keras.layers.ZeroPadding2D(1, data_format=first, name="padding")(picture)
    features = keras.layers.Cropping2D(1, data_format=first, name="cropping")(features)
    features = keras.layers.PReLU(shared_axes=[2, 3], name="prelu")(features)
    flat = keras.layers.Flatten(data_format=first, name="flat")(features)
    average = keras.layers.GlobalAveragePooling2D(data_format=first, name="average")(features)
    largest = keras.layers.GlobalMaxPooling2D(data_format=first, name="largest")(features)
    joined = keras.layers.Concatenate(name="joined")([flat, average, largest])
    outputs = keras.layers.Dense(2, name="outputs")(joined)
    model = keras.Model(picture, outputs, name="channels_before")
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mean_squared_error")
    return model


def regularized(keras):
    """Penalties, limits and starting values in every place that takes one."""
    small, limits = keras.regularizers.l2(0.01), keras.constraints
    tokens = keras.Input((6,), dtype="int32", name="tokens")
    features = keras.layers.Embedding(
        9,
        4,
        embeddings_regularizer=small,
        embeddings_constraint=limits.MaxNorm(2),
        name="embedding",
    )(tokens)
    features = keras.layers.SeparableConv1D(
        4,
        3,
        depthwise_regularizer=small,
        pointwise_regularizer=small,
        depthwise_initializer="he_normal",
        name="separable",
    )(features)
    state = keras.layers.GRU(
        3, kernel_regularizer=small, recurrent_constraint=limits.NonNeg(), name="memory"
    )(features)
    outputs = keras.layers.Dense(
        2,
        kernel_regularizer=keras.regularizers.l1(0.01),
        bias_regularizer=small,
        activity_regularizer=small,
        kernel_constraint=limits.UnitNorm(),
        kernel_initializer=keras.initializers.RandomNormal(stddev=0.1),
        name="outputs",
    )(state)
    model = keras.Model(tokens, outputs, name="regularized")
    model.compile(optimizer=keras.optimizers.SGD(0.1, clipnorm=1.0), loss="mean_squared_error")
    return model
