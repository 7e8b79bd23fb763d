"""Models on top of those that come with Keras, frozen in whole or in part."""

from made_up import classes, numbers, one_hot, saved_by, yes_or_no
from tensorflow import keras
from tensorflow.keras import layers


@saved_by("tf-2.4 h5", "tf-2.15 h5", "tf-2.18 keras")
def transfer_frozen():
    base = keras.applications.MobileNetV2((32, 32, 3), alpha=0.35, include_top=False, weights=None)
    base.trainable = False
    inputs = keras.Input(shape=(32, 32, 3))
    x = base(inputs, training=False)
    x = layers.GlobalAveragePooling2D()(x)
    x = layers.Dropout(0.2)(x)
    model = keras.Model(inputs, layers.Dense(1)(x))
    loss = keras.losses.BinaryCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(learning_rate=1e-4), loss, metrics=["accuracy"])
    return model, numbers(4, 32, 32, 3), yes_or_no(4, 1)


@saved_by("tf-2.10 h5", "tf-2.15 keras")
def transfer_efficientnet():
    base = keras.applications.EfficientNetB0(
        include_top=False, weights=None, input_shape=(32, 32, 3), pooling="avg"
    )
    for layer in base.layers[:-20]:
        layer.trainable = False
    x = layers.BatchNormalization(axis=-1, momentum=0.99, epsilon=0.001)(base.output)
    x = layers.Dense(
        16,
        kernel_regularizer=keras.regularizers.l2(0.016),
        activity_regularizer=keras.regularizers.l1(0.006),
        bias_regularizer=keras.regularizers.l1(0.006),
        activation="relu",
    )(x)
    x = layers.Dropout(rate=0.45, seed=123)(x)
    model = keras.Model(inputs=base.input, outputs=layers.Dense(4, activation="softmax")(x))
    model.compile(
        keras.optimizers.Adamax(learning_rate=0.001),
        loss="categorical_crossentropy",
        metrics=["accuracy"],
    )
    return model, numbers(4, 32, 32, 3), one_hot(4, 4)


@saved_by("tf-2.8 h5", "tf-2.15 h5")
def transfer_mobilenet_sequential():
    base = keras.applications.MobileNet(
        input_shape=(32, 32, 3), alpha=0.25, include_top=False, weights=None
    )
    base.trainable = False
    model = keras.Sequential(
        [base, layers.Flatten(), layers.Dense(8, activation="relu"), layers.Dense(3, "softmax")]
    )
    model.compile(optimizer="rmsprop", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return model, numbers(4, 32, 32, 3), classes(4, 3)
