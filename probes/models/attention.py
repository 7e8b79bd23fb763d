"""Attention over embedded tokens."""

INPUTS = {"embedding_attention": {"tokens": ["integers", [6], 20]}}


def embedding_attention(keras):
    """Embedding and dot-product attention: integer input, a scalar weight; `causal` was dropped."""
    inputs = keras.Input((6,), dtype="int32", name="tokens")
    embedded = keras.layers.Embedding(20, 6, name="embedding")(inputs)
    query = keras.layers.Dense(6, use_bias=False, name="query")(embedded)
    value = keras.layers.Dense(6, name="value")(embedded)
    attended = keras.layers.Attention(use_scale=True, name="attention")([query, value])
    joined = keras.layers.Concatenate(name="joined")([query, attended])
    pooled = keras.layers.GlobalAveragePooling1D(name="average")(joined)
    normal = keras.layers.LayerNormalization(name="normalization")(pooled)
    outputs = keras.layers.Dense(2, name="outputs")(normal)
    model = keras.Model(inputs, outputs, name="embedding_attention")
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mean_squared_error")
    return model
