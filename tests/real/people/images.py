"""Models of images, as tutorials, keras.io and Kaggle notebooks write them, narrower."""

import tensorflow as tf
from made_up import classes, numbers, one_hot, saved_by, yes_or_no
from tensorflow import keras
from tensorflow.keras import layers, models


@saved_by("tf-2.4 h5", "tf-2.18 keras")
def lenet():
    model = models.Sequential()
    model.add(layers.Conv2D(6, (5, 5), activation="tanh", input_shape=(28, 28, 1), padding="same"))
    model.add(layers.AveragePooling2D((2, 2), strides=2))
    model.add(
        layers.Conv2D(16, kernel_size=(5, 5), strides=(1, 1), activation="tanh", padding="valid")
    )
    model.add(layers.AveragePooling2D(pool_size=(2, 2), strides=(2, 2)))
    model.add(layers.Flatten())
    model.add(layers.Dense(120, activation="tanh"))
    model.add(layers.Dense(84, activation="tanh"))
    model.add(layers.Dense(10, activation="softmax"))
    model.compile(loss=keras.losses.categorical_crossentropy, optimizer="SGD", metrics=["accuracy"])
    return model, numbers(4, 28, 28, 1), one_hot(4, 10)


@saved_by("tf-2.10 h5", "tf-2.13 keras")
def mnist_convnet():
    model = keras.Sequential(
        [
            keras.Input(shape=(28, 28, 1)),
            layers.Conv2D(8, kernel_size=(3, 3), activation="relu"),
            layers.MaxPooling2D(pool_size=(2, 2)),
            layers.Conv2D(16, kernel_size=(3, 3), activation="relu"),
            layers.MaxPooling2D(pool_size=(2, 2)),
            layers.Flatten(),
            layers.Dropout(0.5),
            layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile(loss="categorical_crossentropy", optimizer="adam", metrics=["accuracy"])
    return model, numbers(4, 28, 28, 1), one_hot(4, 10)


@saved_by("tf-2.8 h5", "tf-2.8 savedmodel")
def fashion_mnist_logits():
    model = keras.Sequential(
        [
            layers.Flatten(input_shape=(28, 28)),
            layers.Dense(32, activation="relu"),
            layers.Dense(10),
        ]
    )
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(optimizer="adam", loss=loss, metrics=["accuracy"])
    return model, numbers(4, 28, 28), classes(4, 10)


@saved_by("tf-2.15 h5", "tf-2.4 savedmodel")
def vgg():
    model = models.Sequential()
    for number, filters in enumerate((4, 8, 8)):
        given = {"input_shape": (32, 32, 3)} if number == 0 else {}
        model.add(
            layers.Conv2D(
                filters, 3, activation="relu", padding="same", name=f"block{number}_conv1", **given
            )
        )
        model.add(
            layers.Conv2D(
                filters, (3, 3), activation="relu", padding="same", name=f"block{number}_conv2"
            )
        )
        model.add(layers.MaxPooling2D((2, 2), strides=(2, 2), name=f"block{number}_pool"))
    model.add(layers.Flatten(name="flatten"))
    model.add(
        layers.Dense(
            32, activation="relu", kernel_regularizer=keras.regularizers.l2(5e-4), name="fc1"
        )
    )
    model.add(layers.Dropout(0.5))
    model.add(layers.Dense(10, activation="softmax", name="predictions"))
    model.compile(
        optimizer=keras.optimizers.SGD(learning_rate=0.01, momentum=0.9, nesterov=True),
        loss="categorical_crossentropy",
        metrics=["accuracy", keras.metrics.TopKCategoricalAccuracy(k=5)],
    )
    return model, numbers(4, 32, 32, 3), one_hot(4, 10)


@saved_by("tf-2.10 h5", "tf-2.15 keras", "tf-2.21-keras-3.15 keras")
def resnet():
    def block(x, filters, stride=1, conv_shortcut=False):
        shortcut = x
        if conv_shortcut:
            shortcut = layers.Conv2D(
                filters,
                1,
                strides=stride,
                kernel_initializer="he_normal",
                kernel_regularizer=keras.regularizers.l2(1e-4),
            )(x)
            shortcut = layers.BatchNormalization(axis=-1, epsilon=1.001e-5)(shortcut)
        x = layers.Conv2D(
            filters,
            3,
            strides=stride,
            padding="same",
            use_bias=False,
            kernel_initializer="he_normal",
        )(x)
        x = layers.BatchNormalization(epsilon=1.001e-5, momentum=0.9)(x)
        x = layers.Activation("relu")(x)
        x = layers.Conv2D(
            filters, 3, padding="same", use_bias=False, kernel_initializer="he_normal"
        )(x)
        x = layers.BatchNormalization(epsilon=1.001e-5)(x)
        x = layers.Add()([shortcut, x])
        return layers.Activation("relu")(x)

    inputs = keras.Input((32, 32, 3))
    x = layers.ZeroPadding2D(padding=((3, 3), (3, 3)), name="conv1_pad")(inputs)
    x = layers.Conv2D(4, 7, strides=2, name="conv1_conv")(x)
    x = layers.BatchNormalization(name="conv1_bn")(x)
    x = layers.Activation("relu")(x)
    x = layers.MaxPooling2D(3, strides=2, padding="same")(x)
    x = block(x, 4)
    x = block(x, 8, 2, conv_shortcut=True)
    x = layers.GlobalAveragePooling2D()(x)
    outputs = layers.Dense(5, activation="softmax", kernel_initializer="he_normal")(x)
    model = keras.Model(inputs, outputs, name="resnet")
    model.compile(
        keras.optimizers.Adam(1e-3),
        "sparse_categorical_crossentropy",
        metrics=["sparse_categorical_accuracy"],
    )
    return model, numbers(4, 32, 32, 3), classes(4, 5)


@saved_by("tf-2.8 h5", "tf-2.18 keras")
def inception():
    def conv_bn(x, filters, rows, cols, strides=(1, 1), padding="same"):
        x = layers.Conv2D(filters, (rows, cols), strides=strides, padding=padding, use_bias=False)(
            x
        )
        x = layers.BatchNormalization(axis=3, scale=False)(x)
        return layers.Activation("relu")(x)

    image = keras.Input(shape=(32, 32, 3))
    x = conv_bn(image, 4, 3, 3, strides=(2, 2), padding="valid")
    branch1 = conv_bn(x, 4, 1, 1)
    branch5 = conv_bn(conv_bn(x, 4, 1, 1), 4, 5, 5)
    branch7 = conv_bn(conv_bn(x, 4, 1, 7), 4, 7, 1)
    pool = layers.AveragePooling2D((3, 3), strides=(1, 1), padding="same")(x)
    pool = conv_bn(pool, 4, 1, 1)
    x = layers.concatenate([branch1, branch5, branch7, pool], axis=3, name="mixed0")
    x = layers.GlobalAveragePooling2D(name="avg_pool")(x)
    x = layers.Dropout(0.4)(x)
    model = models.Model(image, layers.Dense(6, activation="softmax")(x))
    model.compile(
        optimizer=keras.optimizers.RMSprop(0.001), loss="categorical_crossentropy", metrics=["acc"]
    )
    return model, numbers(4, 32, 32, 3), one_hot(4, 6)


@saved_by("tf-2.15 h5", "tf-2.10 savedmodel", "tf-2.18 h5")
def mobilenet_blocks():
    def separable(x, filters, strides):
        x = layers.DepthwiseConv2D(
            (3, 3), padding="same", strides=strides, use_bias=False, depth_multiplier=1
        )(x)
        x = layers.BatchNormalization()(x)
        x = layers.ReLU(6.0)(x)
        x = layers.Conv2D(filters, (1, 1), padding="same", use_bias=False)(x)
        x = layers.BatchNormalization()(x)
        return layers.ReLU(6.0)(x)

    inputs = layers.Input(shape=(32, 32, 3))
    x = layers.Conv2D(4, 3, strides=(2, 2), padding="same", use_bias=False)(inputs)
    x = separable(layers.ReLU(6.0)(layers.BatchNormalization()(x)), 8, 1)
    x = separable(x, 8, 2)
    x = layers.GlobalAveragePooling2D(keepdims=True)(x)
    x = layers.Dropout(1e-3)(x)
    x = layers.Conv2D(5, (1, 1), padding="same")(x)
    x = layers.Reshape((5,))(x)
    model = keras.Model(inputs, layers.Activation("softmax")(x))
    model.compile("adam", "categorical_crossentropy", metrics=["accuracy"])
    return model, numbers(4, 32, 32, 3), one_hot(4, 5)


@saved_by("tf-2.13 h5", "tf-2.21-keras-3.15 h5")
def squeeze_and_excite():
    inputs = keras.Input(shape=(24, 24, 3))
    x = layers.Conv2D(8, 3, strides=2, padding="same", use_bias=False)(inputs)
    x = layers.BatchNormalization(axis=-1)(x)
    x = layers.Activation("swish")(x)
    squeezed = layers.GlobalAveragePooling2D()(x)
    squeezed = layers.Reshape((1, 1, 8))(squeezed)
    squeezed = layers.Conv2D(2, 1, padding="same", activation="swish")(squeezed)
    squeezed = layers.Conv2D(8, 1, padding="same", activation="sigmoid")(squeezed)
    x = layers.multiply([x, squeezed])
    x = layers.Dropout(0.2, noise_shape=(None, 1, 1, 1))(x)
    x = layers.GlobalMaxPooling2D()(x)
    model = keras.Model(inputs, layers.Dense(3, activation="softmax")(x))
    model.compile(
        keras.optimizers.Adam(learning_rate=3e-4, epsilon=1e-8), "categorical_crossentropy"
    )
    return model, numbers(4, 24, 24, 3), one_hot(4, 3)


@saved_by("tf-2.4 h5", "tf-2.10 h5", "tf-2.15 keras")
def unet():
    inputs = layers.Input((32, 32, 1))
    c1 = layers.Conv2D(4, (3, 3), activation="elu", kernel_initializer="he_normal", padding="same")(
        inputs
    )
    c1 = layers.Dropout(0.1)(c1)
    p1 = layers.MaxPooling2D((2, 2))(c1)
    c2 = layers.Conv2D(8, (3, 3), activation="elu", kernel_initializer="he_normal", padding="same")(
        p1
    )
    p2 = layers.MaxPooling2D(pool_size=(2, 2))(c2)
    c3 = layers.Conv2D(
        16, (3, 3), activation="elu", kernel_initializer="he_normal", padding="same"
    )(p2)
    u1 = layers.Conv2DTranspose(8, (2, 2), strides=(2, 2), padding="same")(c3)
    u1 = layers.concatenate([u1, c2])
    c4 = layers.Conv2D(8, (3, 3), activation="elu", kernel_initializer="he_normal", padding="same")(
        u1
    )
    u2 = layers.UpSampling2D(size=(2, 2), interpolation="bilinear")(c4)
    u2 = layers.Concatenate(axis=3)([u2, c1])
    c5 = layers.Conv2D(4, (3, 3), activation="elu", kernel_initializer="he_normal", padding="same")(
        u2
    )
    outputs = layers.Conv2D(1, (1, 1), activation="sigmoid")(c5)
    model = models.Model(inputs=[inputs], outputs=[outputs])
    model.compile(
        optimizer="adam", loss="binary_crossentropy", metrics=[keras.metrics.MeanIoU(num_classes=2)]
    )
    return model, numbers(2, 32, 32, 1), yes_or_no(2, 32, 32, 1)


@saved_by("tf-2.10 h5", "tf-2.18 h5")
def unet_cropping():
    inputs = layers.Input((36, 36, 3))
    c1 = layers.Conv2D(4, 3, activation="relu")(inputs)
    p1 = layers.MaxPool2D()(c1)
    c2 = layers.Conv2D(8, 3, padding="same", dilation_rate=2)(p1)
    c2 = layers.LeakyReLU(0.1)(c2)
    up = layers.UpSampling2D((2, 2))(c2)
    cropped = layers.Cropping2D(((1, 1), (1, 1)))(c1)
    up = layers.Cropping2D(1)(up)
    merged = layers.Concatenate()([up, cropped])
    x = layers.SpatialDropout2D(0.2)(merged)
    outputs = layers.Conv2D(3, 1, activation="softmax")(x)
    model = keras.Model(inputs, outputs)
    model.compile(
        keras.optimizers.Adam(1e-4), loss="sparse_categorical_crossentropy", metrics=["accuracy"]
    )
    return model, numbers(2, 36, 36, 3), yes_or_no(2, 32, 32)


@saved_by("tf-2.4 h5", "tf-2.13 keras")
def densenet():
    def conv_block(x, growth):
        x1 = layers.BatchNormalization(axis=3, epsilon=1.001e-5)(x)
        x1 = layers.Activation("relu")(x1)
        x1 = layers.Conv2D(4 * growth, 1, use_bias=False)(x1)
        x1 = layers.BatchNormalization(axis=3, epsilon=1.001e-5)(x1)
        x1 = layers.Activation("relu")(x1)
        x1 = layers.Conv2D(growth, 3, padding="same", use_bias=False)(x1)
        return layers.Concatenate(axis=3)([x, x1])

    inputs = keras.Input((24, 24, 3))
    x = layers.Conv2D(8, 3, padding="same")(inputs)
    x = conv_block(conv_block(x, 4), 4)
    x = layers.AveragePooling2D(2, strides=2, name="pool2_pool")(x)
    x = layers.GlobalAveragePooling2D(name="avg_pool")(x)
    model = keras.Model(inputs, layers.Dense(4, activation="softmax")(x))
    schedule = keras.optimizers.schedules.PiecewiseConstantDecay([100, 200], [0.1, 0.01, 0.001])
    model.compile(
        keras.optimizers.SGD(schedule, momentum=0.9),
        "categorical_crossentropy",
        metrics=["accuracy"],
    )
    return model, numbers(4, 24, 24, 3), one_hot(4, 4)


@saved_by("tf-2.10 h5", "tf-2.15 savedmodel", "tf-2.18 keras")
def small_xception():
    inputs = keras.Input(shape=(32, 32, 3))
    x = layers.Rescaling(1.0 / 255)(inputs)
    x = layers.Conv2D(8, 3, strides=2, padding="same")(x)
    x = layers.BatchNormalization()(x)
    x = layers.Activation("relu")(x)
    previous = x
    for size in (8, 16):
        x = layers.Activation("relu")(x)
        x = layers.SeparableConv2D(size, 3, padding="same")(x)
        x = layers.BatchNormalization()(x)
        x = layers.MaxPooling2D(3, strides=2, padding="same")(x)
        residual = layers.Conv2D(size, 1, strides=2, padding="same")(previous)
        x = layers.add([x, residual])
        previous = x
    x = layers.GlobalAveragePooling2D()(x)
    x = layers.Dropout(0.25)(x)
    model = keras.Model(inputs, layers.Dense(1, activation="sigmoid")(x))
    model.compile(
        keras.optimizers.Adam(3e-4),
        keras.losses.BinaryCrossentropy(),
        metrics=[keras.metrics.BinaryAccuracy(name="acc")],
    )
    return model, numbers(4, 32, 32, 3) * 255, yes_or_no(4, 1)


@saved_by("tf-2.8 h5", "tf-2.13 keras", "tf-2.21-keras-3.15 keras")
def flowers_with_augmentation():
    augmentation = keras.Sequential(
        [
            layers.RandomFlip("horizontal", input_shape=(24, 24, 3)),
            layers.RandomRotation(0.1),
            layers.RandomZoom(0.1),
        ]
    )
    model = keras.Sequential(
        [
            augmentation,
            layers.Rescaling(1.0 / 127.5, offset=-1),
            layers.Conv2D(4, 3, padding="same", activation="relu"),
            layers.MaxPooling2D(),
            layers.Dropout(0.2),
            layers.Flatten(),
            layers.Dense(5, name="outputs"),
        ]
    )
    model.compile(
        "adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True), metrics=["accuracy"]
    )
    return model, numbers(4, 24, 24, 3) * 255, classes(4, 5)


@saved_by("tf-2.4 h5", "tf-2.13 h5")
def keypoints_prelu():
    model = keras.Sequential(
        [
            layers.Conv2D(4, (3, 3), input_shape=(24, 24, 1)),
            layers.PReLU(shared_axes=[1, 2]),
            layers.MaxPooling2D(),
            layers.Conv2D(8, 3),
            layers.LeakyReLU(alpha=0.1),
            layers.BatchNormalization(),
            layers.Flatten(),
            layers.Dense(16),
            layers.ELU(alpha=0.5),
            layers.Dense(30),
        ]
    )
    model.compile(optimizer="adam", loss="mean_squared_error", metrics=["mae"])
    return model, numbers(4, 24, 24, 1), numbers(4, 30)


@saved_by("tf-2.13 keras", "tf-2.18 keras", "tf-2.21-keras-3.15 h5")
def vision_mixer():
    inputs = layers.Input(shape=(16, 16, 3))
    x = layers.Conv2D(8, kernel_size=4, strides=4)(inputs)
    x = layers.Activation("gelu")(x)
    x = layers.BatchNormalization()(x)
    x0 = x
    x = layers.DepthwiseConv2D(kernel_size=5, padding="same")(x)
    x = layers.Add()([layers.Activation("gelu")(x), x0])
    x = layers.Conv2D(8, kernel_size=1)(x)
    x = layers.LayerNormalization(epsilon=1e-6)(x)
    x = layers.Reshape((16, 8))(x)
    x = layers.Permute((2, 1))(x)
    x = layers.Dense(16, activation=tf.nn.gelu)(x)
    x = layers.GlobalAveragePooling1D()(x)
    model = keras.Model(inputs, layers.Dense(10, activation="softmax")(x))
    model.compile(
        keras.optimizers.AdamW(learning_rate=0.001, weight_decay=0.0001),
        "sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    return model, numbers(4, 16, 16, 3), classes(4, 10)
