"""Activations, by name, as a function and as a layer."""

INPUTS = {
    "activations_named": {"features": ["normal", [4]]},
    "hard_sigmoid": {"features": ["normal", [4]]},
    "swish": {"features": ["normal", [4]]},
    "gelu": {"features": ["normal", [4]]},
    "newer_activations": {"features": ["normal", [4]]},
    "activation_functions": {"features": ["normal", [4]]},
    "tensorflow_activations": {"features": ["normal", [4]]},
    "tensorflow_softmax": {"features": ["normal", [4]]},
    "own_activation": {"features": ["normal", [4]]},
    "activation_layer": {"features": ["normal", [4]]},
    "leaky_relu": {"features": ["normal", [4]]},
    "elu_layer": {"features": ["normal", [4]]},
    "prelu": {"image": ["normal", [3, 3, 2]]},
    "thresholded_relu": {"features": ["normal", [4]]},
    "relu_limits": {"features": ["normal", [4]]},
    "softmax_axis": {"signal": ["normal", [5, 3]]},
}
TARGETS = {"tensorflow_softmax": [["classes", 3]]}


def activations_named(keras):
    """Activations by the names that all versions know, one after the other."""
    inputs = keras.Input((4,), name="features")
    hidden = inputs
    for name in ("elu", "selu", "softplus", "softsign", "tanh", "sigmoid", "exponential", "linear"):
        hidden = keras.layers.Dense(3, activation=name, name=name + "_dense")(hidden)
    outputs = keras.layers.Dense(2, activation="softmax", name="outputs")(hidden)
    model = keras.Model(inputs, outputs, name="activations_named")
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mean_squared_error")
    return model


def hard_sigmoid(keras):
    """Another function under one name (https://github.com/tensorflow/tensorflow/issues/47495)."""
    inputs = keras.Input((4,), name="features")
    hidden = keras.layers.Dense(3, activation="hard_sigmoid", name="hidden")(inputs)
    outputs = keras.layers.Dense(2, name="outputs")(hidden)
    model = keras.Model(inputs, outputs, name="hard_sigmoid")
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mean_squared_error")
    return model


def swish(keras):
    """The name swish came with TensorFlow 2.2; Keras 3 calls it silu, and saves it so."""
    inputs = keras.Input((4,), name="features")
    hidden = keras.layers.Dense(3, activation="swish", name="hidden")(inputs)
    hidden = keras.layers.Activation("swish", name="activation")(hidden)
    outputs = keras.layers.Dense(2, name="outputs")(hidden)
    model = keras.Model(inputs, outputs, name="swish")
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mean_squared_error")
    return model


def gelu(keras):
    """The name gelu came with TensorFlow 2.4; older ones do not know it."""
    inputs = keras.Input((4,), name="features")
    hidden = keras.layers.Dense(3, activation="gelu", name="hidden")(inputs)
    outputs = keras.layers.Dense(2, name="outputs")(hidden)
    model = keras.Model(inputs, outputs, name="gelu")
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mean_squared_error")
    return model


def newer_activations(keras):
    """Names that only Keras 3 knows: celu, hard_silu, log_softmax."""
    inputs = keras.Input((4,), name="features")
    hidden = keras.layers.Dense(3, activation="celu", name="celu")(inputs)
    hidden = keras.layers.Dense(3, activation="hard_silu", name="hard_silu")(hidden)
    outputs = keras.layers.Dense(2, activation="log_softmax", name="outputs")(hidden)
    model = keras.Model(inputs, outputs, name="newer_activations")
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mean_squared_error")
    return model


def activation_functions(keras):
    """Activations given as Keras's own functions: saved by name, and sometimes with a module."""
    inputs = keras.Input((4,), name="features")
    hidden = keras.layers.Dense(3, activation=keras.activations.elu, name="hidden")(inputs)
    hidden = keras.layers.Activation(keras.activations.tanh, name="activation")(hidden)
    outputs = keras.layers.Dense(2, activation=keras.activations.softplus, name="outputs")(hidden)
    model = keras.Model(inputs, outputs, name="activation_functions")
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mean_squared_error")
    return model


def tensorflow_activations(keras):
    """Activations given as TensorFlow's functions: Keras looks for their names among its own."""
    import tensorflow as tf

    inputs = keras.Input((4,), name="features")
    hidden = keras.layers.Dense(3, activation=tf.nn.leaky_relu, name="hidden")(inputs)
    outputs = keras.layers.Dense(2, activation=tf.nn.tanh, name="outputs")(hidden)
    model = keras.Model(inputs, outputs, name="tensorflow_activations")
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mean_squared_error")
    return model


def tensorflow_softmax(keras):
    """`tf.nn.softmax`, as in TensorFlow's first tutorials: its own name is now softmax_v2."""
    import tensorflow as tf

    inputs = keras.Input((4,), name="features")
    hidden = keras.layers.Dense(3, activation=tf.nn.relu, name="hidden")(inputs)
    outputs = keras.layers.Dense(3, activation=tf.nn.softmax, name="classes")(hidden)
    model = keras.Model(inputs, outputs, name="tensorflow_softmax")
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="sparse_categorical_crossentropy")
    return model


def own_activation_objects(keras):
    """Return an activation of one's own."""

    def cubed(tensor):
        return tensor * tensor * tensor

    return {"cubed": cubed}


def own_activation(keras):
    """A function of one's own as activation: files hold its name, which the loader must be told."""
    cubed = own_activation_objects(keras)["cubed"]
    inputs = keras.Input((4,), name="features")
    hidden = keras.layers.Dense(3, activation=cubed, name="hidden")(inputs)
    outputs = keras.layers.Dense(2, name="outputs")(hidden)
    model = keras.Model(inputs, outputs, name="own_activation")
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mean_squared_error")
    return model


def activation_layer(keras):
    """A layer given as another layer's activation, against advice: saved as a layer, or refused."""
    inputs = keras.Input((4,), name="features")
    leaky = keras.layers.LeakyReLU(0.2, name="leaky")
    hidden = keras.layers.Dense(3, activation=leaky, name="hidden")(inputs)
    outputs = keras.layers.Dense(2, name="outputs")(hidden)
    model = keras.Model(inputs, outputs, name="activation_layer")
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mean_squared_error")
    return model


def leaky_relu(keras):
    """`alpha` is now `negative_slope` (https://github.com/IsoNet-cryoET/IsoNet/issues/59)."""
    inputs = keras.Input((4,), name="features")
    hidden = keras.layers.Dense(3, name="hidden")(inputs)
    hidden = keras.layers.LeakyReLU(name="by_default")(hidden)
    hidden = keras.layers.Dense(3, name="deeper")(hidden)
    hidden = keras.layers.LeakyReLU(0.05, name="leaky")(hidden)
    outputs = keras.layers.Dense(2, name="outputs")(hidden)
    model = keras.Model(inputs, outputs, name="leaky_relu")
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mean_squared_error")
    return model


def elu_layer(keras):
    """ELU with a slope of its own: old versions keep `alpha` as a numpy array."""
    inputs = keras.Input((4,), name="features")
    hidden = keras.layers.Dense(3, name="hidden")(inputs)
    hidden = keras.layers.ELU(alpha=0.5, name="elu")(hidden)
    outputs = keras.layers.Dense(2, name="outputs")(hidden)
    model = keras.Model(inputs, outputs, name="elu_layer")
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mean_squared_error")
    return model


def prelu(keras):
    """PReLU has weights, and axes that share them: a list of two in the configuration."""
    inputs = keras.Input((3, 3, 2), name="image")
    features = keras.layers.Conv2D(3, 2, name="convolution")(inputs)
    features = keras.layers.PReLU(shared_axes=[1, 2], name="prelu")(features)
    features = keras.layers.Flatten(name="flat")(features)
    outputs = keras.layers.Dense(2, name="outputs")(features)
    model = keras.Model(inputs, outputs, name="prelu")
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mean_squared_error")
    return model


def thresholded_relu(keras):
    """ThresholdedReLU is all but gone in Keras 3, which may still build it and not load it."""
    inputs = keras.Input((4,), name="features")
    hidden = keras.layers.Dense(3, name="hidden")(inputs)
    hidden = keras.layers.ThresholdedReLU(theta=0.1, name="thresholded")(hidden)
    outputs = keras.layers.Dense(2, name="outputs")(hidden)
    model = keras.Model(inputs, outputs, name="thresholded_relu")
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mean_squared_error")
    return model


def relu_limits(keras):
    """ReLU with a ceiling, a slope and a threshold: three numbers that were arrays once."""
    inputs = keras.Input((4,), name="features")
    hidden = keras.layers.Dense(3, name="hidden")(inputs)
    hidden = keras.layers.ReLU(max_value=0.7, negative_slope=0.1, threshold=0.2, name="limited")(
        hidden
    )
    outputs = keras.layers.Dense(2, name="outputs")(hidden)
    model = keras.Model(inputs, outputs, name="relu_limits")
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mean_squared_error")
    return model


def softmax_axis(keras):
    """The Softmax layer over an axis that is not the last."""
    inputs = keras.Input((5, 3), name="signal")
    hidden = keras.layers.Dense(3, activation="tanh", use_bias=False, name="hidden")(inputs)
    hidden = keras.layers.Softmax(axis=1, name="softmax")(hidden)
    outputs = keras.layers.Dense(2, name="outputs")(hidden)
    model = keras.Model(inputs, outputs, name="softmax_axis")
    model.compile(optimizer=keras.optimizers.SGD(0.1), loss="mean_squared_error")
    return model
