"""Models of time series, sound, video and scans, as tutorials and keras.io write them, narrower."""

import tensorflow as tf
from made_up import classes, numbers, one_hot, saved_by, yes_or_no
from tensorflow import keras
from tensorflow.keras import layers


@saved_by("tf-2.4 h5", "tf-2.13 keras", "tf-2.18 h5")
def airline_lstm():
    model = keras.Sequential()
    model.add(layers.LSTM(50, activation="relu", input_shape=(3, 1)))
    model.add(layers.Dense(1))
    model.compile(optimizer="adam", loss="mse")
    return model, numbers(8, 3, 1), numbers(8, 1)


@saved_by("tf-2.8 h5", "tf-2.15 savedmodel", "tf-2.21-keras-3.15 h5")
def stock_prices():
    regressor = keras.Sequential()
    regressor.add(layers.LSTM(units=8, return_sequences=True, input_shape=(10, 1)))
    regressor.add(layers.Dropout(0.2))
    regressor.add(layers.LSTM(units=8, return_sequences=True))
    regressor.add(layers.Dropout(0.2))
    regressor.add(layers.LSTM(units=8))
    regressor.add(layers.Dense(units=1))
    regressor.compile(optimizer="adam", loss="mean_squared_error")
    return regressor, numbers(8, 10, 1), numbers(8, 1)


@saved_by("tf-2.10 h5", "tf-2.15 keras")
def sunspots():
    model = keras.models.Sequential(
        [
            keras.layers.Conv1D(
                8,
                kernel_size=5,
                strides=1,
                padding="causal",
                activation="relu",
                input_shape=[None, 1],
            ),
            keras.layers.Bidirectional(keras.layers.LSTM(6, return_sequences=True)),
            keras.layers.LSTM(6),
            keras.layers.Dense(8, activation="relu"),
            keras.layers.Dense(1),
            keras.layers.Lambda(lambda x: x * 400.0),
        ]
    )
    optimizer = keras.optimizers.SGD(learning_rate=1e-8, momentum=0.9)
    model.compile(loss=keras.losses.Huber(), optimizer=optimizer, metrics=["mae"])
    return model, numbers(8, 12, 1), numbers(8, 1)


@saved_by("tf-2.4 h5", "tf-2.15 h5", "tf-2.18 keras")
def wavenet():
    model = keras.models.Sequential()
    model.add(
        keras.layers.InputLayer(input_shape=[None, 1])
        if not hasattr(keras, "config")
        else keras.Input([None, 1])
    )
    for rate in (1, 2, 4, 8):
        model.add(
            keras.layers.Conv1D(
                filters=6, kernel_size=2, padding="causal", activation="relu", dilation_rate=rate
            )
        )
    model.add(keras.layers.Conv1D(filters=4, kernel_size=1))
    model.compile(loss="mse", optimizer="adam")
    return model, numbers(4, 20, 1), numbers(4, 20, 4)


@saved_by("tf-2.8 h5", "tf-2.18 keras")
def temporal_block():
    inputs = keras.Input(shape=(24, 3))
    x = inputs
    for rate in (1, 2):
        y = layers.Conv1D(6, 3, dilation_rate=rate, padding="causal")(x)
        y = layers.LayerNormalization(axis=-1, epsilon=1e-5)(y)
        y = layers.Activation("relu")(y)
        y = layers.SpatialDropout1D(0.05)(y)
        x = layers.Add()([layers.Conv1D(6, 1, padding="same")(x), y])
    x = layers.Lambda(lambda tt: tt[:, -1, :])(x)
    model = keras.Model(inputs, layers.Dense(1)(x))
    model.compile(keras.optimizers.Adam(learning_rate=0.002, clipnorm=1.0), "mean_squared_error")
    return model, numbers(4, 24, 3), numbers(4, 1)


@saved_by("tf-2.10 h5", "tf-2.18 h5")
def cnn_lstm_frames():
    model = keras.Sequential()
    model.add(
        layers.TimeDistributed(
            layers.Conv2D(4, (3, 3), activation="relu", padding="same"), input_shape=(4, 16, 16, 3)
        )
    )
    model.add(layers.TimeDistributed(layers.MaxPooling2D((4, 4))))
    model.add(layers.TimeDistributed(layers.BatchNormalization()))
    model.add(layers.TimeDistributed(layers.Dropout(0.25)))
    model.add(layers.TimeDistributed(layers.Flatten()))
    model.add(layers.LSTM(8))
    model.add(layers.Dense(3, activation="softmax"))
    model.compile(loss="categorical_crossentropy", optimizer="Adam", metrics=["accuracy"])
    return model, numbers(2, 4, 16, 16, 3), one_hot(2, 3)


@saved_by("tf-2.4 h5", "tf-2.15 keras", "tf-2.21-keras-3.15 keras")
def next_frame():
    inputs = layers.Input(shape=(None, 12, 12, 1))
    x = layers.ConvLSTM2D(
        filters=4, kernel_size=(5, 5), padding="same", return_sequences=True, activation="relu"
    )(inputs)
    x = layers.BatchNormalization()(x)
    x = layers.ConvLSTM2D(
        filters=4, kernel_size=(1, 1), padding="same", return_sequences=True, activation="relu"
    )(x)
    x = layers.Conv3D(filters=1, kernel_size=(3, 3, 3), activation="sigmoid", padding="same")(x)
    model = keras.models.Model(inputs, x)
    model.compile(loss=keras.losses.binary_crossentropy, optimizer=keras.optimizers.Adam())
    return model, numbers(2, 3, 12, 12, 1), yes_or_no(2, 3, 12, 12, 1)


@saved_by("tf-2.8 h5", "tf-2.13 keras", "tf-2.18 keras")
def anomaly_autoencoder():
    model = keras.Sequential(
        [
            layers.Input(shape=(24, 1)),
            layers.Conv1D(filters=8, kernel_size=7, padding="same", strides=2, activation="relu"),
            layers.Dropout(rate=0.2),
            layers.Conv1D(filters=4, kernel_size=7, padding="same", strides=2, activation="relu"),
            layers.Conv1DTranspose(
                filters=4, kernel_size=7, padding="same", strides=2, activation="relu"
            ),
            layers.Dropout(rate=0.2),
            layers.Conv1DTranspose(
                filters=8, kernel_size=7, padding="same", strides=2, activation="relu"
            ),
            layers.Conv1DTranspose(filters=1, kernel_size=7, padding="same"),
        ]
    )
    model.compile(optimizer=keras.optimizers.Adam(learning_rate=0.001), loss="mse")
    return model, numbers(4, 24, 1), numbers(4, 24, 1)


@saved_by("tf-2.10 h5", "tf-2.15 h5", "tf-2.18 keras")
def transformer_series():
    def encoder(inputs):
        x = layers.MultiHeadAttention(key_dim=8, num_heads=2, dropout=0.25)(inputs, inputs)
        x = layers.Dropout(0.25)(x)
        x = layers.LayerNormalization(epsilon=1e-6)(x)
        res = x + inputs
        x = layers.Conv1D(filters=4, kernel_size=1, activation="relu")(res)
        x = layers.Dropout(0.25)(x)
        x = layers.Conv1D(filters=inputs.shape[-1], kernel_size=1)(x)
        return layers.LayerNormalization(epsilon=1e-6)(x) + res

    inputs = keras.Input(shape=(20, 1))
    x = encoder(encoder(inputs))
    x = layers.GlobalAveragePooling1D(data_format="channels_last")(x)
    x = layers.Dense(16, activation="relu")(x)
    x = layers.Dropout(0.4)(x)
    model = keras.Model(inputs, layers.Dense(2, activation="softmax")(x))
    model.compile(
        loss="sparse_categorical_crossentropy",
        optimizer=keras.optimizers.Adam(learning_rate=1e-4),
        metrics=["sparse_categorical_accuracy"],
    )
    return model, numbers(4, 20, 1), classes(4, 2)


@saved_by("tf-2.8 h5", "tf-2.15 keras")
def fully_convolutional():
    inputs = keras.layers.Input((20, 1))
    x = inputs
    for _ in range(2):
        x = keras.layers.Conv1D(filters=8, kernel_size=3, padding="same")(x)
        x = keras.layers.BatchNormalization()(x)
        x = keras.layers.ReLU()(x)
    x = keras.layers.GlobalAveragePooling1D()(x)
    model = keras.models.Model(
        inputs=inputs, outputs=keras.layers.Dense(2, activation="softmax")(x)
    )
    model.compile(
        optimizer="adam",
        loss="sparse_categorical_crossentropy",
        metrics=["sparse_categorical_accuracy"],
    )
    return model, numbers(4, 20, 1), classes(4, 2)


@saved_by("tf-2.4 h5", "tf-2.13 h5")
def masked_series():
    model = keras.Sequential()
    model.add(layers.Masking(mask_value=-1.0, input_shape=(10, 4)))
    model.add(layers.GRU(8, return_sequences=True, activation="tanh"))
    model.add(layers.TimeDistributed(layers.Dense(1, activation="sigmoid")))
    model.compile("adam", "binary_crossentropy", metrics=["binary_accuracy"])
    return model, numbers(4, 10, 4), yes_or_no(4, 10, 1)


@saved_by("tf-2.10 h5", "tf-2.15 h5", "tf-2.18 keras")
def stacked_cells():
    inputs = keras.Input((10, 4))
    cells = [layers.LSTMCell(6), layers.GRUCell(5)]
    x = layers.RNN(layers.StackedRNNCells(cells), return_sequences=True)(inputs)
    x = layers.SimpleRNN(4, go_backwards=True)(x)
    model = keras.Model(inputs, layers.Dense(1)(x))
    model.compile(keras.optimizers.RMSprop(1e-3, rho=0.95, centered=True), "mae")
    return model, numbers(4, 10, 4), numbers(4, 1)


@saved_by("tf-2.8 h5", "tf-2.15 keras", "tf-2.21-keras-3.15 h5")
def activity_recognition():
    model = keras.Sequential()
    model.add(layers.Conv1D(filters=8, kernel_size=3, activation="relu", input_shape=(32, 9)))
    model.add(layers.Conv1D(filters=8, kernel_size=3, activation="relu"))
    model.add(layers.Dropout(0.5))
    model.add(layers.MaxPooling1D(pool_size=2))
    model.add(layers.Flatten())
    model.add(layers.Dense(16, activation="relu"))
    model.add(layers.Dense(6, activation="softmax"))
    model.compile(loss="categorical_crossentropy", optimizer="adam", metrics=["accuracy"])
    return model, numbers(4, 32, 9), one_hot(4, 6)


@saved_by("tf-2.8 h5", "tf-2.15 savedmodel", "tf-2.18 keras")
def speech_commands():
    spectrograms = numbers(4, 30, 33, 1)
    norm = layers.Normalization()
    norm.adapt(spectrograms)
    model = keras.Sequential(
        [
            layers.Input(shape=(30, 33, 1)),
            layers.Resizing(16, 16),
            norm,
            layers.Conv2D(4, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Dropout(0.25),
            layers.Flatten(),
            layers.Dense(8),
        ]
    )
    model.compile(
        keras.optimizers.Adam(),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    return model, spectrograms, classes(4, 8)


@saved_by("tf-2.4 h5", "tf-2.10 h5")
def multi_step_forecast():
    model = keras.Sequential(
        [
            layers.Lambda(lambda x: x[:, -3:, :], input_shape=(12, 5)),
            layers.Conv1D(16, activation="relu", kernel_size=3),
            layers.Dense(6 * 5, kernel_initializer=tf.initializers.zeros()),
            layers.Reshape([6, 5]),
        ]
    )
    model.compile(
        loss=keras.losses.MeanSquaredError(),
        optimizer=keras.optimizers.Adam(),
        metrics=[keras.metrics.MeanAbsoluteError()],
    )
    return model, numbers(4, 12, 5), numbers(4, 6, 5)


@saved_by("tf-2.13 h5", "tf-2.18 h5")
def stateful_lstm():
    if hasattr(keras, "config"):
        first = [keras.Input(batch_shape=(4, 5, 2))]
        given = {}
    else:
        first, given = [], {"batch_input_shape": (4, 5, 2)}
    model = keras.Sequential(
        [
            *first,
            layers.LSTM(6, stateful=True, return_sequences=True, **given),
            layers.LSTM(6, stateful=True),
            layers.Dense(1),
        ]
    )
    model.compile(loss="mean_squared_error", optimizer="adam")
    return model, numbers(4, 5, 2), numbers(4, 1)


@saved_by("tf-2.10 h5", "tf-2.15 h5")
def volumes():
    inputs = keras.Input((12, 12, 12, 1))
    x = layers.Conv3D(filters=4, kernel_size=3, activation="relu")(inputs)
    x = layers.MaxPool3D(pool_size=2)(x)
    x = layers.BatchNormalization()(x)
    x = layers.GlobalAveragePooling3D()(x)
    x = layers.Dense(units=8, activation="relu")(x)
    x = layers.Dropout(0.3)(x)
    model = keras.Model(inputs, layers.Dense(units=1, activation="sigmoid")(x), name="3dcnn")
    schedule = keras.optimizers.schedules.ExponentialDecay(
        1e-4, decay_steps=100000, decay_rate=0.96, staircase=True
    )
    model.compile(
        loss="binary_crossentropy",
        optimizer=keras.optimizers.Adam(learning_rate=schedule),
        metrics=["acc"],
    )
    return model, numbers(2, 12, 12, 12, 1), yes_or_no(2, 1)
