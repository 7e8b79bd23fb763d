"""Models of texts, as tutorials, keras.io and Kaggle notebooks write them, narrower."""

import numpy as np
import tensorflow as tf
from made_up import classes, numbers, one_hot, saved_by, words, yes_or_no
from tensorflow import keras
from tensorflow.keras import layers
from tensorflow.keras.layers import (
    GRU,
    LSTM,
    Bidirectional,
    Conv1D,
    Dense,
    Dropout,
    Embedding,
    GlobalMaxPooling1D,
    Input,
    MaxPooling1D,
    SpatialDropout1D,
    TimeDistributed,
)
from tensorflow.keras.models import Model, Sequential


@saved_by("tf-2.4 h5", "tf-2.15 keras")
def imdb_lstm():
    model = Sequential()
    model.add(Embedding(50, 8))
    model.add(LSTM(8, dropout=0.2, recurrent_dropout=0.2))
    model.add(Dense(1, activation="sigmoid"))
    model.compile(loss="binary_crossentropy", optimizer="adam", metrics=["accuracy"])
    return model, words(4, 12), yes_or_no(4, 1)


@saved_by("tf-2.8 h5", "tf-2.18 keras")
def imdb_bidirectional():
    inputs = keras.Input(shape=(None,), dtype="int32")
    x = layers.Embedding(50, 8)(inputs)
    x = layers.Bidirectional(layers.LSTM(4, return_sequences=True))(x)
    x = layers.Bidirectional(layers.LSTM(4))(x)
    model = keras.Model(inputs, layers.Dense(1, activation="sigmoid")(x))
    model.compile(optimizer="adam", loss="binary_crossentropy", metrics=["accuracy"])
    return model, words(4, 12), yes_or_no(4, 1)


@saved_by("tf-2.10 h5", "tf-2.21-keras-3.15 h5")
def imdb_cnn():
    model = Sequential()
    if hasattr(keras, "config"):
        model.add(Embedding(50, 8))
    else:
        model.add(Embedding(50, 8, input_length=20))
    model.add(Dropout(0.2))
    model.add(Conv1D(8, 3, padding="valid", activation="relu", strides=1))
    model.add(GlobalMaxPooling1D())
    model.add(Dense(8))
    model.add(Dropout(0.2))
    model.add(layers.Activation("relu"))
    model.add(Dense(1))
    model.add(layers.Activation("sigmoid"))
    model.compile(loss="binary_crossentropy", optimizer="adam", metrics=["accuracy"])
    return model, words(4, 20), yes_or_no(4, 1)


@saved_by("tf-2.4 h5", "tf-2.13 keras", "tf-2.15 savedmodel")
def tweets_gru():
    model = Sequential()
    model.add(Embedding(50, 8, weights=[numbers(50, 8)], input_length=10, trainable=False))
    model.add(SpatialDropout1D(0.3))
    model.add(GRU(6, dropout=0.3, recurrent_dropout=0.3, return_sequences=True))
    model.add(GRU(6, dropout=0.3, recurrent_dropout=0.3))
    model.add(Dense(8, activation="relu"))
    model.add(Dropout(0.8))
    model.add(Dense(3))
    model.add(layers.Activation("softmax"))
    model.compile(loss="categorical_crossentropy", optimizer="adam", metrics=["accuracy"])
    return model, words(4, 10), one_hot(4, 3)


@saved_by("tf-2.8 h5", "tf-2.15 h5")
def sentence_cnn():
    inputs = Input(shape=(16,), dtype="int32")
    embedded = Embedding(input_dim=50, output_dim=8, input_length=16)(inputs)
    reshaped = layers.Reshape((16, 8, 1))(embedded)
    pooled = []
    for size in (3, 4, 5):
        x = layers.Conv2D(
            4,
            kernel_size=(size, 8),
            padding="valid",
            kernel_initializer="normal",
            activation="relu",
        )(reshaped)
        pooled.append(
            layers.MaxPool2D(pool_size=(16 - size + 1, 1), strides=(1, 1), padding="valid")(x)
        )
    x = layers.Concatenate(axis=1)(pooled)
    x = Dropout(0.5)(layers.Flatten()(x))
    model = Model(inputs=inputs, outputs=Dense(units=2, activation="softmax")(x))
    model.compile(
        optimizer=keras.optimizers.Adam(
            learning_rate=1e-4, beta_1=0.9, beta_2=0.999, epsilon=1e-08, decay=0.0
        )
        if tf.__version__ < "2.11"
        else keras.optimizers.Adam(learning_rate=1e-4, beta_1=0.9, beta_2=0.999, epsilon=1e-08),
        loss="binary_crossentropy",
        metrics=["accuracy"],
    )
    return model, words(4, 16), one_hot(4, 2)


@saved_by("tf-2.10 h5", "tf-2.18 h5")
def toxic_comments():
    inputs = Input(shape=(20,))
    x = Embedding(50, 8)(inputs)
    x = SpatialDropout1D(0.2)(x)
    x = Bidirectional(
        GRU(6, return_sequences=True, reset_after=True, recurrent_activation="sigmoid")
    )(x)
    average = layers.GlobalAveragePooling1D()(x)
    highest = GlobalMaxPooling1D()(x)
    x = layers.concatenate([average, highest])
    model = Model(inputs, Dense(6, activation="sigmoid")(x))
    model.compile(
        loss="binary_crossentropy",
        optimizer=keras.optimizers.Adam(clipvalue=1.0),
        metrics=[keras.metrics.AUC()],
    )
    return model, words(4, 20), yes_or_no(4, 6)


@saved_by("tf-2.4 h5", "tf-2.10 savedmodel", "tf-2.18 keras")
def masked_words():
    model = Sequential(
        [
            Embedding(50, 8, mask_zero=True, embeddings_initializer="glorot_uniform"),
            Bidirectional(LSTM(6), merge_mode="sum"),
            Dense(8, activation="relu"),
            Dense(1),
        ]
    )
    model.compile(
        loss=keras.losses.BinaryCrossentropy(from_logits=True),
        optimizer=keras.optimizers.Adam(1e-4),
        metrics=["accuracy"],
    )
    return model, words(4, 10), yes_or_no(4, 1)


@saved_by("tf-2.13 keras", "tf-2.18 keras", "tf-2.10 savedmodel")
def raw_strings():
    texts = np.array([["a good film"], ["a bad film"], ["not good at all"], ["the best of all"]])
    vectorize = layers.TextVectorization(max_tokens=30, output_mode="int", output_sequence_length=8)
    vectorize.adapt(texts[:, 0])
    model = Sequential()
    model.add(Input(shape=(1,), dtype=tf.string))
    model.add(vectorize)
    model.add(Embedding(31, 8, name="embedding"))
    model.add(layers.GlobalAveragePooling1D())
    model.add(Dense(8, activation="relu"))
    model.add(Dense(1))
    model.compile(
        "adam",
        keras.losses.BinaryCrossentropy(from_logits=True),
        metrics=[keras.metrics.BinaryAccuracy(threshold=0.0)],
    )
    return model, tf.constant(texts), tf.constant(yes_or_no(4, 1))


@saved_by("tf-2.4 h5", "tf-2.15 h5")
def shakespeare_stateful():
    model = Sequential(
        [
            Embedding(50, 8, batch_input_shape=[4, None]),
            GRU(8, return_sequences=True, stateful=True, recurrent_initializer="glorot_uniform"),
            Dense(50),
        ]
    )
    model.compile(
        optimizer="adam", loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    )
    return model, words(4, 10), words(4, 10)


@saved_by("tf-2.8 h5", "tf-2.15 keras", "tf-2.21-keras-3.15 keras")
def character_lstm():
    model = Sequential([Input(shape=(10, 20)), LSTM(12), Dense(20, activation="softmax")])
    model.compile(
        loss="categorical_crossentropy", optimizer=keras.optimizers.RMSprop(learning_rate=0.01)
    )
    return model, numbers(4, 10, 20), one_hot(4, 20)


@saved_by("tf-2.10 h5", "tf-2.15 h5", "tf-2.18 keras")
def translate_lstm():
    encoder_inputs = keras.Input(shape=(None, 12))
    encoder = keras.layers.LSTM(8, return_state=True)
    _, state_h, state_c = encoder(encoder_inputs)
    decoder_inputs = keras.Input(shape=(None, 14))
    decoder_lstm = keras.layers.LSTM(8, return_sequences=True, return_state=True)
    decoder_outputs, _, _ = decoder_lstm(decoder_inputs, initial_state=[state_h, state_c])
    decoder_outputs = keras.layers.Dense(14, activation="softmax")(decoder_outputs)
    model = keras.Model([encoder_inputs, decoder_inputs], decoder_outputs)
    model.compile(optimizer="rmsprop", loss="categorical_crossentropy", metrics=["accuracy"])
    return model, [numbers(4, 6, 12), numbers(4, 7, 14)], numbers(4, 7, 14)


@saved_by("tf-2.4 h5", "tf-2.13 h5")
def addition_seq2seq():
    model = keras.Sequential()
    model.add(layers.LSTM(8, input_shape=(7, 12)))
    model.add(layers.RepeatVector(4))
    model.add(layers.LSTM(8, return_sequences=True))
    model.add(layers.TimeDistributed(layers.Dense(12, activation="softmax")))
    model.compile(loss="categorical_crossentropy", optimizer="adam", metrics=["accuracy"])
    return model, numbers(4, 7, 12), numbers(4, 4, 12)


@saved_by("tf-2.8 h5", "tf-2.15 keras")
def named_entities():
    word = Input(shape=(12,), name="word_input")
    character = Input(shape=(12, 5), name="char_input")
    word_embedded = Embedding(50, 8, mask_zero=True)(word)
    character_embedded = TimeDistributed(Embedding(50, 4))(character)
    character_encoded = TimeDistributed(LSTM(4, return_sequences=False, recurrent_dropout=0.5))(
        character_embedded
    )
    x = layers.concatenate([word_embedded, character_encoded])
    x = SpatialDropout1D(0.3)(x)
    x = Bidirectional(LSTM(units=5, return_sequences=True, recurrent_dropout=0.6))(x)
    model = Model([word, character], TimeDistributed(Dense(9, activation="softmax"))(x))
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["acc"])
    return model, [words(4, 12), words(4, 12, 5)], words(4, 12, of=9)


@saved_by("tf-2.10 h5", "tf-2.15 keras", "tf-2.21-keras-3.15 keras")
def dot_attention():
    query = Input(shape=(6,), dtype="int32")
    value = Input(shape=(9,), dtype="int32")
    embedding = Embedding(input_dim=50, output_dim=8)
    cnn = Conv1D(filters=8, kernel_size=4, padding="same")
    query_encoded = cnn(embedding(query))
    value_encoded = cnn(embedding(value))
    attended = layers.Attention()([query_encoded, value_encoded])
    x = layers.Concatenate()(
        [layers.GlobalAveragePooling1D()(query_encoded), layers.GlobalAveragePooling1D()(attended)]
    )
    model = Model([query, value], Dense(1, activation="sigmoid")(x))
    model.compile("adam", "binary_crossentropy")
    return model, [words(4, 6), words(4, 9)], yes_or_no(4, 1)


@saved_by("tf-2.8 h5", "tf-2.18 keras")
def additive_attention():
    encoder_inputs = Input(shape=(8,))
    x = Embedding(50, 8, trainable=True)(encoder_inputs)
    encoded, state_h, state_c = LSTM(6, return_sequences=True, return_state=True, dropout=0.4)(x)
    decoder_inputs = Input(shape=(None,))
    y = Embedding(50, 8)(decoder_inputs)
    decoded, _, _ = LSTM(6, return_sequences=True, return_state=True)(
        y, initial_state=[state_h, state_c]
    )
    context = layers.AdditiveAttention(name="attention_layer")([decoded, encoded])
    joined = layers.Concatenate(axis=-1, name="concat_layer")([decoded, context])
    model = Model(
        [encoder_inputs, decoder_inputs], TimeDistributed(Dense(50, activation="softmax"))(joined)
    )
    model.compile(optimizer="rmsprop", loss="sparse_categorical_crossentropy")
    return model, [words(4, 8), words(4, 5)], words(4, 5)


@saved_by("tf-2.4 h5", "tf-2.10 h5", "tf-2.15 h5")
def hand_made_attention():
    inputs = Input(shape=(10, 4))
    x = LSTM(8, return_sequences=True)(inputs)
    attention = Dense(1, activation="tanh")(x)
    attention = layers.Flatten()(attention)
    attention = layers.Activation("softmax")(attention)
    attention = layers.RepeatVector(8)(attention)
    attention = layers.Permute([2, 1])(attention)
    x = layers.Multiply()([x, attention])
    x = layers.Lambda(lambda xin: tf.reduce_sum(xin, axis=-2), output_shape=(8,))(x)
    model = Model(inputs, Dense(3, activation="softmax")(x))
    model.compile("adam", "categorical_crossentropy", metrics=["accuracy"])
    return model, numbers(4, 10, 4), one_hot(4, 3)


@saved_by("tf-2.8 h5", "tf-2.15 keras", "tf-2.18 h5")
def transformer_functional():
    inputs = layers.Input(shape=(12,))
    x = layers.Embedding(50, 8)(inputs)
    attended = layers.MultiHeadAttention(num_heads=2, key_dim=8, dropout=0.1)(x, x)
    x = layers.LayerNormalization(epsilon=1e-6)(x + attended)
    y = layers.Dense(16, activation="relu")(x)
    y = layers.Dense(8)(y)
    y = layers.Dropout(0.1)(y)
    x = layers.LayerNormalization(epsilon=1e-6)(layers.Add()([x, y]))
    x = layers.GlobalAveragePooling1D()(x)
    x = layers.Dropout(0.1)(x)
    outputs = layers.Dense(2, activation="softmax")(x)
    model = keras.Model(inputs=inputs, outputs=outputs)
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return model, words(4, 12), classes(4, 2)


@saved_by("tf-2.10 h5", "tf-2.15 keras", own_code=True)
def transformer_own_layers():
    from own_code import TokenAndPositionEmbedding, TransformerBlock

    inputs = layers.Input(shape=(12,))
    x = TokenAndPositionEmbedding(12, 50, 8)(inputs)
    x = TransformerBlock(8, 2, 16)(x)
    x = layers.GlobalAveragePooling1D()(x)
    x = layers.Dropout(0.1)(x)
    model = keras.Model(inputs=inputs, outputs=layers.Dense(2, activation="softmax")(x))
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return model, words(4, 12), classes(4, 2)


@saved_by("tf-2.4 h5", "tf-2.8 h5", "tf-2.15 h5")
def siamese_manhattan():
    left, right = Input(shape=(10,), dtype="int32"), Input(shape=(10,), dtype="int32")
    shared = Sequential([Embedding(50, 8, input_shape=(10,), trainable=False), LSTM(6)])
    distance = layers.Lambda(
        lambda pair: keras.backend.exp(
            -keras.backend.sum(keras.backend.abs(pair[0] - pair[1]), axis=1, keepdims=True)
        )
    )([shared(left), shared(right)])
    model = Model(inputs=[left, right], outputs=[distance])
    model.compile(
        loss="mean_squared_error",
        optimizer=keras.optimizers.Adadelta(clipnorm=1.25),
        metrics=["accuracy"],
    )
    return model, [words(4, 10), words(4, 10)], yes_or_no(4, 1)


@saved_by("tf-2.10 h5", "tf-2.18 h5")
def skip_gram():
    target, context = Input((1,)), Input((1,))
    embedding = Embedding(50, 8, name="embedding")
    target_vector = layers.Reshape((8, 1))(embedding(target))
    context_vector = layers.Reshape((8, 1))(embedding(context))
    product = layers.Dot(axes=1)([target_vector, context_vector])
    product = layers.Reshape((1,))(product)
    model = Model(inputs=[target, context], outputs=Dense(1, activation="sigmoid")(product))
    model.compile(loss="binary_crossentropy", optimizer="rmsprop")
    return model, [words(4, 1), words(4, 1)], yes_or_no(4, 1)


@saved_by("tf-2.13 h5", "tf-2.18 keras")
def spam_cnn_lstm():
    model = Sequential()
    model.add(Embedding(50, 8))
    model.add(Conv1D(filters=8, kernel_size=3, padding="same", activation="relu"))
    model.add(MaxPooling1D(pool_size=2))
    model.add(
        LSTM(
            6,
            kernel_regularizer="l2",
            recurrent_constraint=keras.constraints.max_norm(2.0),
            unroll=False,
        )
    )
    model.add(Dense(1, activation="sigmoid", kernel_constraint=keras.constraints.MaxNorm(3)))
    model.compile(
        "adam",
        "binary_crossentropy",
        metrics=[keras.metrics.Precision(name="precision"), keras.metrics.Recall(name="recall")],
    )
    return model, words(4, 12), yes_or_no(4, 1)
