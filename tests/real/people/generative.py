"""Autoencoders, parts of GANs and the like, as tutorials and keras.io write them, narrower."""

import tensorflow as tf
from made_up import classes, numbers, saved_by, words, yes_or_no
from tensorflow import keras
from tensorflow.keras import layers


@saved_by("tf-2.4 h5", "tf-2.15 h5", "tf-2.18 keras")
def autoencoder():
    inputs = keras.Input(shape=(28, 28, 1))
    x = layers.Conv2D(4, (3, 3), activation="relu", padding="same")(inputs)
    x = layers.MaxPooling2D((2, 2), padding="same")(x)
    x = layers.Conv2D(4, (3, 3), activation="relu", padding="same")(x)
    encoded = layers.MaxPooling2D((2, 2), padding="same")(x)
    x = layers.Conv2DTranspose(4, (3, 3), strides=2, activation="relu", padding="same")(encoded)
    x = layers.UpSampling2D((2, 2))(x)
    decoded = layers.Conv2D(1, (3, 3), activation="sigmoid", padding="same")(x)
    model = keras.Model(inputs, decoded)
    model.compile(optimizer="adadelta", loss="binary_crossentropy")
    return model, numbers(4, 28, 28, 1), numbers(4, 28, 28, 1)


@saved_by("tf-2.10 h5", "tf-2.18 h5")
def sparse_autoencoder():
    inputs = keras.Input(shape=(36,))
    encoded = layers.Dense(8, activation="relu", activity_regularizer=keras.regularizers.l1(1e-5))(
        inputs
    )
    decoded = layers.Dense(36, activation="sigmoid")(encoded)
    model = keras.Model(inputs, decoded)
    model.compile(optimizer="adam", loss="mse", metrics=["mse", "cosine_similarity"])
    return model, numbers(4, 36), numbers(4, 36)


@saved_by("tf-2.8 h5", "tf-2.15 savedmodel", "tf-2.18 keras")
def nested_autoencoder():
    encoder = keras.Sequential(
        [keras.Input((28, 28)), layers.Flatten(), layers.Dense(12, activation="selu")],
        name="encoder",
    )
    decoder = keras.Sequential(
        [keras.Input((12,)), layers.Dense(28 * 28, activation="sigmoid"), layers.Reshape([28, 28])],
        name="decoder",
    )
    model = keras.models.Sequential([encoder, decoder])
    model.compile(loss="binary_crossentropy", optimizer=keras.optimizers.SGD(learning_rate=1.5))
    return model, numbers(4, 28, 28), numbers(4, 28, 28)


@saved_by("tf-2.4 h5", "tf-2.10 h5", "tf-2.15 h5")
def vae_lambda():
    def sampling(given):
        z_mean, z_log_sigma = given
        epsilon = tf.random.normal(shape=(tf.shape(z_mean)[0], 2), mean=0.0, stddev=0.1)
        return z_mean + tf.exp(z_log_sigma) * epsilon

    inputs = keras.Input(shape=(36,))
    h = layers.Dense(12, activation="relu")(inputs)
    z_mean = layers.Dense(2)(h)
    z_log_sigma = layers.Dense(2)(h)
    z = layers.Lambda(sampling, name="z")([z_mean, z_log_sigma])
    outputs = layers.Dense(36, activation="sigmoid")(layers.Dense(12, activation="relu")(z))
    model = keras.Model(inputs, outputs, name="vae_mlp")
    model.compile(optimizer="adam", loss="binary_crossentropy")
    return model, numbers(4, 36), numbers(4, 36)


@saved_by("tf-2.10 h5", "tf-2.15 keras", own_code=True)
def vae_encoder():
    from own_code import Sampling

    inputs = keras.Input(shape=(28, 28, 1))
    x = layers.Conv2D(4, 3, activation="relu", strides=2, padding="same")(inputs)
    x = layers.Conv2D(8, 3, activation="relu", strides=2, padding="same")(x)
    x = layers.Flatten()(x)
    x = layers.Dense(8, activation="relu")(x)
    z_mean = layers.Dense(2, name="z_mean")(x)
    z_log_var = layers.Dense(2, name="z_log_var")(x)
    return (
        keras.Model(inputs, [z_mean, z_log_var, Sampling()([z_mean, z_log_var])], name="encoder"),
        None,
        None,
    )


@saved_by("tf-2.8 h5", "tf-2.15 h5", "tf-2.18 h5")
def dcgan_generator():
    model = keras.Sequential()
    model.add(layers.Dense(7 * 7 * 8, use_bias=False, input_shape=(10,)))
    model.add(layers.BatchNormalization())
    model.add(layers.LeakyReLU())
    model.add(layers.Reshape((7, 7, 8)))
    model.add(layers.Conv2DTranspose(8, (5, 5), strides=(1, 1), padding="same", use_bias=False))
    model.add(layers.BatchNormalization())
    model.add(layers.LeakyReLU())
    model.add(
        layers.Conv2DTranspose(
            1, (5, 5), strides=(2, 2), padding="same", use_bias=False, activation="tanh"
        )
    )
    return model, None, None


@saved_by("tf-2.4 h5", "tf-2.13 keras", "tf-2.21-keras-3.15 keras")
def dcgan_discriminator():
    model = keras.Sequential()
    model.add(layers.Conv2D(8, (5, 5), strides=(2, 2), padding="same", input_shape=[28, 28, 1]))
    model.add(layers.LeakyReLU())
    model.add(layers.Dropout(0.3))
    model.add(layers.Flatten())
    model.add(layers.Dense(1, activation="sigmoid"))
    model.compile(
        loss="binary_crossentropy",
        optimizer=keras.optimizers.Adam(0.0002, 0.5),
        metrics=["accuracy"],
    )
    return model, numbers(4, 28, 28, 1), yes_or_no(4, 1)


@saved_by("tf-2.10 h5", "tf-2.15 h5")
def gan_stacked():
    generator = keras.Sequential(
        [
            layers.Dense(16, input_dim=8),
            layers.LeakyReLU(alpha=0.2),
            layers.BatchNormalization(momentum=0.8),
            layers.Dense(36, activation="tanh"),
        ]
    )
    discriminator = keras.Sequential(
        [
            layers.Dense(16, input_dim=36),
            layers.LeakyReLU(alpha=0.2),
            layers.Dense(1, activation="sigmoid"),
        ]
    )
    discriminator.compile(loss="binary_crossentropy", optimizer="adam")
    discriminator.trainable = False
    noise = layers.Input(shape=(8,))
    model = keras.Model(noise, discriminator(generator(noise)))
    model.compile(loss="binary_crossentropy", optimizer=keras.optimizers.Adam(0.0002, 0.5))
    return model, numbers(4, 8), yes_or_no(4, 1)


@saved_by("tf-2.8 h5", "tf-2.18 keras")
def conditional_gan():
    label = layers.Input(shape=(1,))
    x = layers.Embedding(10, 5)(label)
    x = layers.Dense(7 * 7)(x)
    x = layers.Reshape((7, 7, 1))(x)
    noise = layers.Input(shape=(6,))
    y = layers.Dense(7 * 7 * 4)(noise)
    y = layers.LeakyReLU(0.2)(y)
    y = layers.Reshape((7, 7, 4))(y)
    merge = layers.Concatenate()([y, x])
    out = layers.Conv2DTranspose(4, (4, 4), strides=(2, 2), padding="same")(merge)
    out = layers.Conv2D(1, (7, 7), activation="tanh", padding="same")(out)
    return keras.Model([noise, label], out), None, None


@saved_by("tf-2.8 h5", "tf-2.10 h5", "tf-2.15 h5")
def super_resolution():
    inputs = keras.Input(shape=(None, None, 1))
    given = {"activation": "relu", "kernel_initializer": "orthogonal", "padding": "same"}
    x = layers.Conv2D(8, 5, **given)(inputs)
    x = layers.Conv2D(4, 3, **given)(x)
    x = layers.Conv2D(9, 3, **given)(x)
    outputs = tf.nn.depth_to_space(x, 3)
    model = keras.Model(inputs, outputs)
    model.compile(
        optimizer=keras.optimizers.Adam(learning_rate=0.001), loss=keras.losses.MeanSquaredError()
    )
    return model, numbers(2, 12, 12, 1), numbers(2, 36, 36, 1)


@saved_by("tf-2.4 h5", "tf-2.15 h5")
def tensor_arithmetic():
    inputs = keras.Input(shape=(8,))
    x = layers.Dense(8)(inputs)
    x = tf.nn.relu(x) * 0.5 + 1.0
    x = tf.concat([x, inputs], axis=-1)
    model = keras.Model(inputs, layers.Dense(1)(tf.math.tanh(x)))
    model.compile("sgd", "mse")
    return model, numbers(4, 8), numbers(4, 1)


@saved_by("tf-2.10 h5", "tf-2.18 keras", own_code=True)
def dice_segmentation():
    from own_code import dice_coef, dice_loss

    inputs = keras.Input((16, 16, 1))
    x = layers.Conv2D(4, 3, padding="same", activation="relu")(inputs)
    y = layers.Conv2D(8, 3, padding="same", activation="relu")(layers.MaxPooling2D()(x))
    y = layers.Conv2DTranspose(4, 2, strides=2)(y)
    outputs = layers.Conv2D(1, 1, activation="sigmoid")(layers.concatenate([x, y], axis=-1))
    model = keras.Model(inputs, outputs)
    model.compile(
        optimizer=keras.optimizers.Adam(learning_rate=1e-5), loss=dice_loss, metrics=[dice_coef]
    )
    return model, numbers(2, 16, 16, 1), yes_or_no(2, 16, 16, 1)


@saved_by("tf-2.8 h5", "tf-2.15 h5", "tf-2.18 keras")
def siamese_contrast():
    def euclidean(vectors):
        x, y = vectors
        return tf.sqrt(tf.maximum(tf.reduce_sum(tf.square(x - y), axis=1, keepdims=True), 1e-7))

    inputs = layers.Input((28, 28, 1))
    x = layers.BatchNormalization()(inputs)
    x = layers.Conv2D(4, (5, 5), activation="tanh")(x)
    x = layers.AveragePooling2D(pool_size=(2, 2))(x)
    x = layers.Flatten()(x)
    x = layers.Dense(10, activation="tanh")(x)
    embedding = keras.Model(inputs, x)
    left, right = layers.Input((28, 28, 1)), layers.Input((28, 28, 1))
    merged = layers.Lambda(euclidean, output_shape=(1,))([embedding(left), embedding(right)])
    normal = layers.BatchNormalization()(merged)
    model = keras.Model(inputs=[left, right], outputs=layers.Dense(1, activation="sigmoid")(normal))
    model.compile(loss="binary_crossentropy", optimizer="RMSprop", metrics=["accuracy"])
    return model, [numbers(4, 28, 28, 1), numbers(4, 28, 28, 1)], yes_or_no(4, 1)


@saved_by("tf-2.10 h5", "tf-2.15 keras", "tf-2.18 keras")
def image_and_question():
    vision = keras.Sequential(
        [
            keras.Input((16, 16, 3)),
            layers.Conv2D(4, (3, 3), activation="relu", padding="same"),
            layers.MaxPooling2D(),
            layers.Flatten(),
        ]
    )
    image = keras.Input((16, 16, 3))
    question = keras.Input((10,), dtype="int32")
    encoded = layers.LSTM(8)(layers.Embedding(input_dim=50, output_dim=8)(question))
    merged = layers.concatenate([encoded, vision(image)])
    model = keras.Model([image, question], layers.Dense(7, activation="softmax")(merged))
    model.compile(
        keras.optimizers.Adam(),
        "sparse_categorical_crossentropy",
        metrics=["sparse_top_k_categorical_accuracy"],
    )
    return model, [numbers(4, 16, 16, 3), words(4, 10)], classes(4, 7)
