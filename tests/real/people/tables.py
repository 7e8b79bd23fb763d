"""Models of tables, as tutorials, keras.io and Kaggle notebooks write them, narrower."""

import numpy as np
import tensorflow as tf
from made_up import classes, numbers, one_hot, saved_by, words, yes_or_no
from tensorflow import keras
from tensorflow.keras import layers, regularizers


@saved_by("tf-2.4 h5", "tf-2.15 h5", "tf-2.21-keras-3.15 keras")
def titanic():
    model = keras.models.Sequential()
    model.add(
        keras.layers.Dense(units=11, kernel_initializer="uniform", activation="relu", input_dim=7)
    )
    model.add(keras.layers.Dense(units=5, kernel_initializer="uniform", activation="relu"))
    model.add(keras.layers.Dense(units=1, kernel_initializer="uniform", activation="sigmoid"))
    model.compile(optimizer="adam", loss="binary_crossentropy", metrics=["accuracy"])
    return model, numbers(8, 7), yes_or_no(8, 1)


@saved_by("tf-2.10 h5", "tf-2.15 keras", "tf-2.18 keras")
def auto_mpg():
    x = numbers(8, 9)
    normalizer = layers.Normalization(axis=-1)
    normalizer.adapt(x)
    model = keras.Sequential(
        [
            normalizer,
            layers.Dense(16, activation="relu"),
            layers.Dense(16, activation="relu"),
            layers.Dense(1),
        ]
    )
    model.compile(loss="mean_absolute_error", optimizer=keras.optimizers.Adam(0.001))
    return model, x, numbers(8, 1)


@saved_by("tf-2.8 savedmodel", "tf-2.13 keras", "tf-2.18 keras")
def heart_disease():
    age, thal, ca = (
        keras.Input((1,), name="age"),
        keras.Input((1,), name="thal", dtype="string"),
        keras.Input((1,), name="ca", dtype="int64"),
    )
    ages = numbers(8, 1) * 80
    normalizer = layers.Normalization()
    normalizer.adapt(ages)
    names = layers.StringLookup(output_mode="multi_hot")
    texts = np.array([["fixed"], ["normal"], ["reversible"], ["normal"]] * 2)
    names.adapt(texts)
    integers = layers.IntegerLookup(output_mode="multi_hot")
    integers.adapt(np.array([[0], [1], [2], [3]]))
    features = layers.concatenate([normalizer(age), names(thal), integers(ca)])
    x = layers.Dense(8, activation="relu")(features)
    x = layers.Dropout(0.5)(x)
    model = keras.Model([age, thal, ca], layers.Dense(1, activation="sigmoid")(x))
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
    return (
        model,
        [tf.constant(ages), tf.constant(texts), tf.constant(words(8, 1, of=4).astype("int64"))],
        tf.constant(yes_or_no(8, 1)),
    )


@saved_by("tf-2.10 savedmodel", "tf-2.15 keras", "tf-2.18 keras")
def hashed_and_bucketized():
    latitude, kind = (
        keras.Input((1,), name="latitude"),
        keras.Input((1,), name="kind", dtype="string"),
    )
    buckets = layers.Discretization(bin_boundaries=[0.2, 0.5, 0.8])(latitude)
    buckets = layers.CategoryEncoding(num_tokens=4, output_mode="one_hot")(buckets)
    hashed = layers.Hashing(num_bins=6)(kind)
    hashed = layers.Flatten()(layers.Embedding(6, 3)(hashed))
    x = layers.concatenate([buckets, hashed])
    model = keras.Model([latitude, kind], layers.Dense(1)(layers.Dense(8, "relu")(x)))
    model.compile("adam", "mse")
    return (
        model,
        [tf.constant(numbers(8, 1)), tf.constant([["a"], ["b"], ["c"], ["d"]] * 2)],
        tf.constant(numbers(8, 1)),
    )


@saved_by("tf-2.4 h5", "tf-2.13 h5", "tf-2.18 h5")
def wide_and_deep():
    input_wide = keras.layers.Input(shape=[5], name="wide_input")
    input_deep = keras.layers.Input(shape=[6], name="deep_input")
    hidden1 = keras.layers.Dense(30, activation="relu")(input_deep)
    hidden2 = keras.layers.Dense(30, activation="relu")(hidden1)
    concat = keras.layers.concatenate([input_wide, hidden2])
    output = keras.layers.Dense(1, name="output")(concat)
    aux_output = keras.layers.Dense(1, name="aux_output")(hidden2)
    model = keras.models.Model(inputs=[input_wide, input_deep], outputs=[output, aux_output])
    model.compile(
        loss=["mse", "mse"],
        loss_weights=[0.9, 0.1],
        optimizer=keras.optimizers.SGD(learning_rate=1e-3),
    )
    return model, [numbers(8, 5), numbers(8, 6)], [numbers(8, 1), numbers(8, 1)]


@saved_by("tf-2.8 h5", "tf-2.15 keras", "tf-2.21-keras-3.15 h5")
def entity_embeddings():
    inputs, parts = [], []
    for name, size in (("store", 12), ("day", 7), ("state", 5)):
        one = layers.Input(shape=(1,), name=name)
        embedded = layers.Embedding(size, 3, name=f"{name}_embedding")(one)
        inputs.append(one)
        parts.append(layers.Reshape(target_shape=(3,))(embedded))
    rest = layers.Input(shape=(4,), name="numeric")
    inputs.append(rest)
    parts.append(layers.Dense(4)(rest))
    x = layers.Concatenate()(parts)
    x = layers.BatchNormalization()(x)
    x = layers.Dense(16, kernel_initializer="uniform", activation="relu")(x)
    x = layers.Dropout(0.3)(x)
    model = keras.Model(inputs, layers.Dense(1, activation="sigmoid")(x))
    model.compile(loss="mean_absolute_error", optimizer="adam")
    return (
        model,
        [words(8, 1, of=12), words(8, 1, of=7), words(8, 1, of=5), numbers(8, 4)],
        numbers(8, 1),
    )


@saved_by("tf-2.10 h5", "tf-2.18 keras")
def movie_ratings():
    user, movie = layers.Input(shape=(1,), name="User"), layers.Input(shape=(1,), name="Movie")
    given = {"embeddings_initializer": "he_normal", "embeddings_regularizer": regularizers.l2(1e-6)}
    u = layers.Flatten()(layers.Embedding(20, 6, **given)(user))
    m = layers.Flatten()(layers.Embedding(30, 6, **given)(movie))
    user_bias = layers.Flatten()(layers.Embedding(20, 1)(user))
    movie_bias = layers.Flatten()(layers.Embedding(30, 1)(movie))
    x = layers.Dot(axes=1, normalize=True)([u, m])
    x = layers.Add()([x, user_bias, movie_bias])
    x = layers.Activation("sigmoid")(x)
    x = layers.Lambda(lambda score: score * (5.0 - 0.5) + 0.5)(x)
    model = keras.Model([user, movie], x)
    model.compile(loss="mean_squared_error", optimizer=keras.optimizers.Adam(learning_rate=0.001))
    return model, [words(8, 1, of=20), words(8, 1, of=30)], numbers(8, 1)


@saved_by("tf-2.4 h5", "tf-2.15 h5")
def regularized_higgs():
    schedule = keras.optimizers.schedules.InverseTimeDecay(
        0.001, decay_steps=1000, decay_rate=1, staircase=False
    )
    model = keras.Sequential(
        [
            layers.Dense(
                16, activation="elu", kernel_regularizer=regularizers.l2(0.0001), input_shape=(8,)
            ),
            layers.Dropout(0.5),
            layers.Dense(16, activation="elu", kernel_regularizer=regularizers.L1L2(1e-5, 1e-4)),
            layers.GaussianNoise(0.1),
            layers.Dense(1),
        ]
    )
    model.compile(
        optimizer=keras.optimizers.Adam(schedule),
        loss=keras.losses.BinaryCrossentropy(from_logits=True),
        metrics=[
            keras.losses.BinaryCrossentropy(from_logits=True, name="binary_crossentropy"),
            "accuracy",
        ],
    )
    return model, numbers(8, 8), yes_or_no(8, 1)


@saved_by("tf-2.8 h5", "tf-2.18 h5")
def fraud():
    model = keras.Sequential(
        [
            layers.Dense(16, activation="relu", input_shape=(10,)),
            layers.Dense(16, activation="relu"),
            layers.Dropout(0.3),
            layers.Dense(
                1, activation="sigmoid", bias_initializer=keras.initializers.Constant(-4.0)
            ),
        ]
    )
    metrics = [
        keras.metrics.FalseNegatives(name="fn"),
        keras.metrics.FalsePositives(name="fp"),
        keras.metrics.TrueNegatives(name="tn"),
        keras.metrics.TruePositives(name="tp"),
        keras.metrics.Precision(name="precision"),
        keras.metrics.Recall(name="recall"),
        keras.metrics.AUC(name="prc", curve="PR"),
    ]
    model.compile(
        optimizer=keras.optimizers.Adam(1e-2), loss="binary_crossentropy", metrics=metrics
    )
    return model, numbers(8, 10), yes_or_no(8, 1)


@saved_by("tf-2.10 h5", "tf-2.15 h5", "tf-2.18 keras")
def self_normalizing():
    model = keras.models.Sequential()
    model.add(keras.layers.Flatten(input_shape=[6, 6]))
    for _ in range(3):
        model.add(keras.layers.Dense(12, kernel_initializer="lecun_normal", activation="selu"))
    model.add(keras.layers.AlphaDropout(rate=0.1))
    model.add(keras.layers.Dense(10, activation="softmax"))
    model.compile(
        loss="sparse_categorical_crossentropy",
        optimizer=keras.optimizers.Nadam(learning_rate=5e-4),
        metrics=["accuracy"],
    )
    return model, numbers(8, 6, 6), classes(8, 10)


@saved_by("tf-2.4 h5", "tf-2.13 keras")
def monte_carlo_dropout():
    inputs = keras.Input(shape=(10,))
    x = layers.Dense(16, activation="relu", kernel_constraint=keras.constraints.UnitNorm(axis=0))(
        inputs
    )
    x = layers.Dropout(0.5)(x, training=True)
    x = layers.Dense(16, activation="relu", kernel_constraint="non_neg")(x)
    model = keras.Model(inputs, layers.Dense(1, activation="linear")(x))
    model.compile(
        loss=keras.losses.Huber(delta=1.5),
        optimizer=keras.optimizers.Adagrad(0.01),
        metrics=["mae", "mse"],
    )
    return model, numbers(8, 10), numbers(8, 1)


@saved_by("tf-2.8 h5", "tf-2.15 keras", "tf-2.21-keras-3.15 keras")
def several_outputs():
    title, body, tags = (
        keras.Input((None,), name="title"),
        keras.Input((None,), name="body"),
        keras.Input((6,), name="tags"),
    )
    title_features = layers.LSTM(6)(layers.Embedding(50, 8)(title))
    body_features = layers.LSTM(4)(layers.Embedding(50, 8)(body))
    x = layers.concatenate([title_features, body_features, tags])
    priority = layers.Dense(1, name="priority")(x)
    department = layers.Dense(4, name="department")(x)
    model = keras.Model(inputs=[title, body, tags], outputs=[priority, department])
    model.compile(
        optimizer=keras.optimizers.RMSprop(1e-3),
        loss={
            "priority": keras.losses.BinaryCrossentropy(from_logits=True),
            "department": keras.losses.CategoricalCrossentropy(from_logits=True),
        },
        loss_weights={"priority": 1.0, "department": 0.2},
    )
    return model, [words(8, 5), words(8, 7), numbers(8, 6)], [yes_or_no(8, 1), one_hot(8, 4)]


@saved_by("tf-2.10 h5", "tf-2.15 h5", "tf-2.18 keras")
def age_and_gender():
    inputs = keras.Input(shape=(20, 20, 1))
    x = layers.Conv2D(4, 3, activation="relu")(inputs)
    x = layers.MaxPooling2D()(x)
    x = layers.Flatten()(x)
    gender = layers.Dense(1, activation="sigmoid", name="gender_out")(
        layers.Dropout(0.3)(layers.Dense(8, activation="relu")(x))
    )
    age = layers.Dense(1, activation="relu", name="age_out")(
        layers.Dropout(0.3)(layers.Dense(8, activation="relu")(x))
    )
    model = keras.Model(inputs=[inputs], outputs=[gender, age])
    model.compile(
        loss=["binary_crossentropy", "mae"], optimizer="adam", metrics=["accuracy", "mae"]
    )
    return model, numbers(4, 20, 20, 1), [yes_or_no(4, 1), numbers(4, 1)]


@saved_by("tf-2.4 h5", "tf-2.10 h5", "tf-2.15 keras", own_code=True)
def own_metric():
    from own_code import rmse

    model = keras.Sequential(
        [layers.Dense(8, activation="relu", input_shape=(6,)), layers.Dense(1)]
    )
    model.compile(optimizer="rmsprop", loss="mse", metrics=[rmse])
    return model, numbers(8, 6), numbers(8, 1)


@saved_by("tf-2.15 h5", "tf-2.18 keras")
def layer_norm_tabular():
    inputs = keras.Input(shape=(12,))
    x = layers.LayerNormalization()(inputs)
    x = layers.GaussianDropout(0.1)(x)
    x = layers.Dense(16, use_bias=False)(x)
    x = layers.BatchNormalization(
        momentum=0.95, center=False, gamma_initializer="ones", beta_regularizer=None
    )(x)
    x = layers.Activation(tf.nn.relu)(x)
    skip = layers.Dense(
        16, activation="mish" if hasattr(keras.activations, "mish") else "softplus"
    )(x)
    x = layers.Average()([x, skip])
    x = layers.Maximum()([x, layers.Dense(16, activation="hard_sigmoid")(x)])
    x = layers.Subtract()([x, skip])
    model = keras.Model(inputs, layers.Dense(3, activation="softmax")(x))
    loss = keras.losses.CategoricalCrossentropy(label_smoothing=0.1)
    model.compile(
        keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(0.01, 1000), amsgrad=True),
        loss,
        metrics=["accuracy"],
    )
    return model, numbers(8, 12), one_hot(8, 3)


@saved_by("tf-2.4 h5", "tf-2.8 h5", "tf-2.15 h5")
def mixed_precision():
    keras.mixed_precision.set_global_policy("mixed_float16")
    try:
        inputs = keras.Input(shape=(28, 28, 1), name="digits")
        x = layers.Conv2D(4, 3, activation="relu")(inputs)
        x = layers.Flatten()(x)
        x = layers.Dense(16, activation="relu", name="dense_1")(x)
        x = layers.Dense(10, name="dense_logits")(x)
        outputs = layers.Activation("softmax", dtype="float32", name="predictions")(x)
        model = keras.Model(inputs=inputs, outputs=outputs)
        model.compile(
            loss="sparse_categorical_crossentropy",
            optimizer=keras.optimizers.RMSprop(),
            metrics=["accuracy"],
        )
    finally:
        keras.mixed_precision.set_global_policy("float32")
    return model, numbers(4, 28, 28, 1), classes(4, 10)


@saved_by("tf-2.8 h5", "tf-2.15 h5")
def doubles():
    keras.backend.set_floatx("float64")
    try:
        model = keras.Sequential(
            [layers.Dense(8, activation="sigmoid", input_shape=(4,)), layers.Dense(1)]
        )
        model.compile(
            optimizer=keras.optimizers.Ftrl(0.01),
            loss="mse",
            metrics=[keras.metrics.RootMeanSquaredError()],
        )
    finally:
        keras.backend.set_floatx("float32")
    return model, numbers(8, 4).astype("float64"), numbers(8, 1).astype("float64")


@saved_by("tf-2.4 h5", "tf-2.13 h5", "tf-2.18 h5")
def q_network():
    model = keras.Sequential()
    model.add(layers.Dense(24, input_dim=4, activation="relu"))
    model.add(layers.Dense(24, activation="relu"))
    model.add(layers.Dense(2, activation="linear"))
    model.compile(loss="mse", optimizer=keras.optimizers.Adam(learning_rate=0.001))
    return model, numbers(8, 4), numbers(8, 2)


@saved_by("tf-2.10 h5", "tf-2.18 h5")
def actor_critic():
    inputs = layers.Input(shape=(4,))
    common = layers.Dense(16, activation="relu")(inputs)
    action = layers.Dense(2, activation="softmax")(common)
    critic = layers.Dense(1)(common)
    return keras.Model(inputs=inputs, outputs=[action, critic]), None, None
