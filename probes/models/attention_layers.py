"""Attention of every kind. No bias on keys: it cancels in the softmax, and would train on noise."""

INPUTS = {
    "additive_attention": {"sequence": ["normal", [5, 4]]},
    "attention_masked": {"tokens": ["integers", [5], 6]},
    "attention_causal": {"sequence": ["normal", [5, 4]]},
    "multi_head": {"sequence": ["normal", [5, 4]]},
    "multi_head_masked": {"tokens": ["integers", [5], 6]},
    "multi_head_causal": {"sequence": ["normal", [5, 4]]},
    "multi_head_cross": {"asking": ["normal", [3, 4]], "asked": ["normal", [5, 6]]},
    "grouped_query": {"sequence": ["normal", [5, 4]]},
}


def additive_attention(keras):
    """AdditiveAttention has a scale of its own, named anew in Keras 3; `causal` was dropped."""
    inputs = keras.Input((5, 4), name="sequence")
    query = keras.layers.Dense(4, use_bias=False, name="query")(inputs)
    attended = keras.layers.AdditiveAttention(name="attention")([query, inputs])
    outputs = keras.layers.Dense(2, name="outputs")(attended)
    model = keras.Model(inputs, outputs, name="additive_attention")
    model.compile(optimizer=keras.optimizers.SGD(0.1), loss="mean_squared_error")
    return model


def attention_masked(keras):
    """Attention over tokens of which some are masked: the mask is found, or not, by the loader."""
    inputs = keras.Input((5,), dtype="int32", name="tokens")
    embedded = keras.layers.Embedding(6, 4, mask_zero=True, name="embedding")(inputs)
    query = keras.layers.Dense(4, use_bias=False, name="query")(embedded)
    attended = keras.layers.Attention(name="attention")([query, embedded])
    pooled = keras.layers.GlobalAveragePooling1D(name="average")(attended)
    outputs = keras.layers.Dense(2, name="outputs")(pooled)
    model = keras.Model(inputs, outputs, name="attention_masked")
    model.compile(optimizer=keras.optimizers.SGD(0.1), loss="mean_squared_error")
    return model


def attention_causal(keras):
    """`causal` was a setting of the layer, then an argument of each call, and now only that."""
    inputs = keras.Input((5, 4), name="sequence")
    query = keras.layers.Dense(4, use_bias=False, name="query")(inputs)
    attended = keras.layers.Attention(causal=True, name="attention")([query, inputs])
    outputs = keras.layers.Dense(2, name="outputs")(attended)
    model = keras.Model(inputs, outputs, name="attention_causal")
    model.compile(optimizer=keras.optimizers.SGD(0.1), loss="mean_squared_error")
    return model


def multi_head(keras):
    """Its configuration holds shapes (https://github.com/keras-team/keras/issues/20083)."""
    inputs = keras.Input((5, 4), name="sequence")
    attended = keras.layers.MultiHeadAttention(2, 3, use_bias=False, name="attention")(
        inputs, inputs
    )
    outputs = keras.layers.Dense(2, name="outputs")(attended)
    model = keras.Model(inputs, outputs, name="multi_head")
    model.compile(optimizer=keras.optimizers.SGD(0.1), loss="mean_squared_error")
    return model


def multi_head_masked(keras):
    """Heeds masks since TensorFlow 2.10 (https://github.com/keras-team/keras/issues/16248)."""
    inputs = keras.Input((5,), dtype="int32", name="tokens")
    embedded = keras.layers.Embedding(6, 4, mask_zero=True, name="embedding")(inputs)
    attended = keras.layers.MultiHeadAttention(2, 3, use_bias=False, name="attention")(
        embedded, embedded
    )
    pooled = keras.layers.GlobalAveragePooling1D(name="average")(attended)
    outputs = keras.layers.Dense(2, name="outputs")(pooled)
    model = keras.Model(inputs, outputs, name="multi_head_masked")
    model.compile(optimizer=keras.optimizers.SGD(0.1), loss="mean_squared_error")
    return model


def multi_head_causal(keras):
    """`use_causal_mask` is an argument of the call: it is in the graph, not in the layer."""
    inputs = keras.Input((5, 4), name="sequence")
    attended = keras.layers.MultiHeadAttention(2, 3, use_bias=False, name="attention")(
        inputs, inputs, use_causal_mask=True
    )
    outputs = keras.layers.Dense(2, name="outputs")(attended)
    model = keras.Model(inputs, outputs, name="multi_head_causal")
    model.compile(optimizer=keras.optimizers.SGD(0.1), loss="mean_squared_error")
    return model


def multi_head_cross(keras):
    """Queries and values of different shapes, and an output shape that is set."""
    asking = keras.Input((3, 4), name="asking")
    asked = keras.Input((5, 6), name="asked")
    attended = keras.layers.MultiHeadAttention(
        2, 3, value_dim=2, output_shape=3, use_bias=False, name="attention"
    )(asking, value=asked, key=asked)
    outputs = keras.layers.Dense(2, name="outputs")(attended)
    model = keras.Model([asking, asked], outputs, name="multi_head_cross")
    model.compile(optimizer=keras.optimizers.SGD(0.1), loss="mean_squared_error")
    return model


def grouped_query(keras):
    """GroupQueryAttention came with Keras 3; nothing older knows the class."""
    inputs = keras.Input((5, 4), name="sequence")
    attended = keras.layers.GroupQueryAttention(3, 4, 2, use_bias=False, name="attention")(
        inputs, inputs
    )
    outputs = keras.layers.Dense(2, name="outputs")(attended)
    model = keras.Model(inputs, outputs, name="grouped_query")
    model.compile(optimizer=keras.optimizers.SGD(0.1), loss="mean_squared_error")
    return model
