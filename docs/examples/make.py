"""Make the example models of the documentation; run by the Python of the environment named below.

They are made by us, for the pages of the documentation: small, with drawn weights, of no use for
anything else. Run from the repository, ``caniload`` being installed and the environments built:

    "$(caniload env path tf-2.4)" docs/examples/make.py teachable-machine
    "$(caniload env path tf-2.15)" docs/examples/make.py lstm
    "$(caniload env path tf-2.15)" docs/examples/make.py scaler
    "$(caniload env path tf-2.15)" docs/examples/make.py weights
    "$(caniload env path tf-2.21)" docs/examples/make.py again
"""

import sys
from pathlib import Path

import tensorflow as tf

keras = tf.keras
layers = keras.layers
HERE = Path(__file__).resolve().parent


def teachable_machine():
    """Have the shape of an image model that Teachable Machine exports as ``keras_model.h5``.

    A Sequential of two: a backbone as MobileNetV2 is built (a functional model of inverted residual
    blocks) with pooling, and the classifier on it. It has far fewer blocks and channels. As
    exported, it is not compiled.
    """
    inputs = layers.Input((224, 224, 3), name="input_1")
    here = layers.ZeroPadding2D(((0, 1), (0, 1)), name="Conv1_pad")(inputs)
    here = layers.Conv2D(4, 3, strides=2, use_bias=False, name="Conv1")(here)
    here = layers.BatchNormalization(name="bn_Conv1")(here)
    here = layers.ReLU(6.0, name="Conv1_relu")(here)
    for number, strides in enumerate((2, 2, 1)):
        here = _block(here, f"block_{number}_", strides)
    here = layers.Conv2D(32, 1, use_bias=False, name="Conv_1")(here)
    here = layers.BatchNormalization(name="Conv_1_bn")(here)
    here = layers.ReLU(6.0, name="out_relu")(here)
    backbone = keras.Sequential(
        [keras.Model(inputs, here, name="model1"), layers.GlobalAveragePooling2D()],
        name="sequential_1",
    )
    classifier = keras.Sequential(
        [
            layers.Dense(16, activation="relu", input_shape=(32,), name="dense_Dense1"),
            layers.Dense(3, activation="softmax", use_bias=False, name="dense_Dense2"),
        ],
        name="sequential_3",
    )
    model = keras.Sequential([backbone, classifier], name="sequential_4")
    model.build((None, 224, 224, 3))
    model.save(str(HERE / "keras_model.h5"))
    (HERE / "labels.txt").write_text("0 apple\n1 banana\n2 cherry\n")


def _block(before, name, strides):
    """Expand, filter each channel, project; and add what came in where the shapes allow it."""
    here = layers.Conv2D(12, 1, use_bias=False, name=name + "expand")(before)
    here = layers.BatchNormalization(name=name + "expand_BN")(here)
    here = layers.ReLU(6.0, name=name + "expand_relu")(here)
    padding = "same"
    if strides > 1:
        here = layers.ZeroPadding2D(((0, 1), (0, 1)), name=name + "pad")(here)
        padding = "valid"
    here = layers.DepthwiseConv2D(
        3, strides=strides, padding=padding, use_bias=False, name=name + "depthwise"
    )(here)
    here = layers.BatchNormalization(name=name + "depthwise_BN")(here)
    here = layers.ReLU(6.0, name=name + "depthwise_relu")(here)
    here = layers.Conv2D(4, 1, use_bias=False, name=name + "project")(here)
    here = layers.BatchNormalization(name=name + "project_BN")(here)
    return layers.Add(name=name + "add")([before, here]) if strides == 1 else here


def lstm():
    """Read text, as thousands of tutorials do; a TensorFlow before 2.16 states ``time_major``."""
    model = keras.Sequential([layers.Embedding(50, 8), layers.LSTM(8), layers.Dense(1)])
    model.build((None, 12))
    model.compile(optimizer="adam", loss="mse")
    model.save(str(HERE / "text.h5"))


def again():
    """Build the model of ``text.h5`` in another Keras, and then change two things of it."""
    import h5py  # noqa: PLC0415 - the others need it not

    model = keras.Sequential(
        [
            layers.Input((None,), name="embedding_input"),
            layers.Embedding(50, 8, name="embedding"),
            layers.LSTM(8, name="lstm"),
            layers.Dense(1, name="dense"),
        ],
        name="sequential",
    )
    with h5py.File(HERE / "text.h5") as file:
        for layer in model.layers:
            group = file["model_weights"][layer.name]
            layer.set_weights([group[name][()] for name in group.attrs["weight_names"]])
    model.compile(optimizer="adam", loss="mse")
    model.save(str(HERE / "text_3.keras"))
    model.layers[-1].activation = keras.activations.sigmoid
    kernel, bias = model.layers[-1].get_weights()
    kernel[3] += 0.25
    model.layers[-1].set_weights([kernel, bias])
    model.save(str(HERE / "text_new.keras"))


def scaler():
    """Have a layer of one's own, which stands in ``my_layers.py`` beside it."""
    sys.path.insert(0, str(HERE))
    from my_layers import Scaled  # noqa: PLC0415 - it imports a framework

    model = keras.Sequential([layers.Input((4,)), layers.Dense(3), Scaled(2.0)])
    model.save(str(HERE / "scaled.h5"))


def weights():
    """Keep weights alone, of the model that ``net.py`` beside it builds."""
    sys.path.insert(0, str(HERE))
    from net import make  # noqa: PLC0415 - it imports a framework

    make().save_weights(str(HERE / "weights.h5"))


MODELS = {
    "teachable-machine": teachable_machine,
    "lstm": lstm,
    "scaler": scaler,
    "weights": weights,
    "again": again,
}

if __name__ == "__main__":
    keras.backend.clear_session()
    tf.random.set_seed(1)
    MODELS[sys.argv[1]]()
