"""How layers and models are put together: in sequence, nested, shared, and by operators."""

INPUTS = {
    "sequential_input_shape": {"features": ["normal", [4]]},
    "sequential_late": {"features": ["normal", [4]]},
    "sequential_in_sequential": {"features": ["normal", [4]]},
    "sequential_late_inside": {"features": ["normal", [4]]},
    "functional_in_sequential": {"features": ["normal", [4]]},
    "sequential_head": {"image": ["normal", [5, 5, 2]]},
    "nested_frozen": {"features": ["normal", [4]]},
    "nested_shared": {"left": ["normal", [4]], "right": ["normal", [4]]},
    "nested_deep": {"features": ["normal", [4]]},
    "frozen_layers": {"features": ["normal", [4]]},
    "list_of_one": {"features": ["normal", [4]]},
    "inputs_turned": {"first": ["normal", [2]], "second": ["normal", [3]]},
    "outputs_kept": {"features": ["normal", [4]]},
    "dict_of_outputs": {"features": ["normal", [4]]},
    "layer_twice": {"features": ["normal", [4]]},
    "merges": {"left": ["normal", [3, 4]], "right": ["normal", [3, 4]]},
    "reshaping": {"signal": ["normal", [4, 3]]},
    "operators": {"features": ["normal", [4]]},
    "slices": {"signal": ["normal", [4, 3]]},
    "tensorflow_functions": {"features": ["normal", [4]]},
    "keras_operations": {"features": ["normal", [4]]},
    "dropouts": {"signal": ["normal", [4, 3]]},
    "weightless": {"image": ["normal", [4, 4, 2]]},
    "large": {"features": ["normal", [1024]]},
}


def sequential_input_shape(keras):
    """`input_shape` on the first layer, which Keras 3 advises against: no layer for the input."""
    model = keras.Sequential(name="sequential_input_shape")
    model.add(keras.layers.Dense(3, activation="tanh", input_shape=(4,), name="hidden"))
    model.add(keras.layers.Dense(2, name="outputs"))
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mean_squared_error")
    return model


def sequential_late(keras):
    """A Sequential that learns its shape from the first data: the file must remember it."""
    model = keras.Sequential(
        [
            keras.layers.Dense(3, activation="tanh", name="hidden"),
            keras.layers.Dense(2, name="outputs"),
        ],
        name="sequential_late",
    )
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mean_squared_error")
    return model


def sequential_in_sequential(keras):
    """As Teachable Machine (https://github.com/googlecreativelab/teachablemachine-community/issues/41)."""
    inner = keras.Sequential(
        [
            keras.layers.InputLayer((4,), name="features"),
            keras.layers.Dense(3, activation="tanh", name="hidden"),
        ],
        name="inner",
    )
    model = keras.Sequential(
        [inner, keras.layers.Dense(2, name="outputs")], name="sequential_in_sequential"
    )
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mean_squared_error")
    return model


def sequential_late_inside(keras):
    """A Sequential without a shape called within a functional model, which tells it."""
    block = keras.Sequential(
        [
            keras.layers.Dense(3, activation="tanh", name="hidden"),
            keras.layers.Dense(3, activation="tanh", name="deeper"),
        ],
        name="block",
    )
    inputs = keras.Input((4,), name="features")
    outputs = keras.layers.Dense(2, name="outputs")(block(inputs))
    model = keras.Model(inputs, outputs, name="sequential_late_inside")
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mean_squared_error")
    return model


def functional_in_sequential(keras):
    """A functional base at the start of a Sequential: transfer learning in its shortest form."""
    base_inputs = keras.Input((4,), name="base_features")
    hidden = keras.layers.Dense(3, activation="tanh", name="base_hidden")(base_inputs)
    skipped = keras.layers.Concatenate(name="base_joined")([base_inputs, hidden])
    base = keras.Model(base_inputs, skipped, name="base")
    model = keras.Sequential(
        [base, keras.layers.Dense(2, name="outputs")], name="functional_in_sequential"
    )
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mean_squared_error")
    return model


def sequential_head(keras):
    """A functional base and a Sequential head (https://github.com/keras-team/keras/issues/20084)."""
    base_inputs = keras.Input((5, 5, 2), name="image")
    features = keras.layers.Conv2D(3, 3, activation="tanh", name="convolution")(base_inputs)
    base = keras.Model(base_inputs, features, name="base")
    head = keras.Sequential(
        [
            keras.layers.InputLayer((3, 3, 3), name="features"),
            keras.layers.Flatten(name="flat"),
            keras.layers.Dense(2, name="outputs"),
        ],
        name="head",
    )
    inputs = keras.Input((5, 5, 2), name="picture")
    model = keras.Model(inputs, head(base(inputs)), name="sequential_head")
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mean_squared_error")
    return model


def nested_frozen(keras):
    """Weights of a frozen base come in another order (https://github.com/keras-team/keras/issues/20084)."""
    base_inputs = keras.Input((4,), name="base_features")
    hidden = keras.layers.Dense(4, use_bias=False, name="base_hidden")(base_inputs)
    hidden = keras.layers.BatchNormalization(name="base_normalization")(hidden)
    base_outputs = keras.layers.Dense(4, activation="tanh", name="base_last")(hidden)
    base = keras.Model(base_inputs, base_outputs, name="base")
    base.get_layer("base_hidden").trainable = False
    base.get_layer("base_normalization").trainable = False

    inputs = keras.Input((4,), name="features")
    outputs = keras.layers.Dense(2, name="outputs")(base(inputs))
    model = keras.Model(inputs, outputs, name="nested_frozen")
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mean_squared_error")
    return model


def nested_shared(keras):
    """A siamese network: one model called twice, of which Keras 3 makes a node too many."""
    base_inputs = keras.Input((4,), name="base_features")
    base_outputs = keras.layers.Dense(3, activation="tanh", name="base_hidden")(base_inputs)
    base = keras.Model(base_inputs, base_outputs, name="base")

    left = keras.Input((4,), name="left")
    right = keras.Input((4,), name="right")
    difference = keras.layers.Subtract(name="difference")([base(left), base(right)])
    outputs = keras.layers.Dense(2, use_bias=False, name="outputs")(difference)
    model = keras.Model([left, right], outputs, name="nested_shared")
    model.compile(optimizer=keras.optimizers.SGD(0.1), loss="mean_squared_error")
    return model


def nested_deep(keras):
    """A model in a model in a model: paths of four names."""
    inner_inputs = keras.Input((4,), name="inner_features")
    inner_outputs = keras.layers.Dense(3, activation="tanh", name="inner_hidden")(inner_inputs)
    inner = keras.Model(inner_inputs, inner_outputs, name="inner")
    middle_inputs = keras.Input((4,), name="middle_features")
    middle_outputs = keras.layers.Dense(3, name="middle_hidden")(inner(middle_inputs))
    middle = keras.Model(middle_inputs, middle_outputs, name="middle")

    inputs = keras.Input((4,), name="features")
    outputs = keras.layers.Dense(2, name="outputs")(middle(inputs))
    model = keras.Model(inputs, outputs, name="nested_deep")
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mean_squared_error")
    return model


def frozen_layers(keras):
    """Layers that are not trained between others that are: `trainable` and the order of weights."""
    inputs = keras.Input((4,), name="features")
    hidden = keras.layers.Dense(3, activation="tanh", name="trained")(inputs)
    hidden = keras.layers.Dense(3, activation="tanh", trainable=False, name="frozen")(hidden)
    hidden = keras.layers.BatchNormalization(trainable=False, name="normalization")(hidden)
    outputs = keras.layers.Dense(2, name="outputs")(hidden)
    model = keras.Model(inputs, outputs, name="frozen_layers")
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mean_squared_error")
    return model


def list_of_one(keras):
    """Lists with a single input and a single output: predict gives a list, or an array."""
    inputs = keras.Input((4,), name="features")
    hidden = keras.layers.Dense(3, activation="tanh", name="hidden")(inputs)
    outputs = keras.layers.Dense(2, name="outputs")(hidden)
    model = keras.Model([inputs], [outputs], name="list_of_one")
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mean_squared_error")
    return model


def inputs_turned(keras):
    """Inputs listed in another order than they are used and made in: order must not be guessed."""
    second = keras.Input((3,), name="second")
    first = keras.Input((2,), name="first")
    joined = keras.layers.Concatenate(name="joined")([second, first])
    outputs = keras.layers.Dense(2, name="outputs")(joined)
    model = keras.Model([first, second], outputs, name="inputs_turned")
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mean_squared_error")
    return model


def outputs_kept(keras):
    """A layer in the middle is an output, too, and comes after the one made of it."""
    inputs = keras.Input((4,), name="features")
    hidden = keras.layers.Dense(3, activation="tanh", name="hidden")(inputs)
    last = keras.layers.Dense(2, name="last")(hidden)
    model = keras.Model(inputs, [last, hidden], name="outputs_kept")
    model.compile(
        optimizer=keras.optimizers.Adam(0.01), loss=["mean_squared_error", "mean_absolute_error"]
    )
    return model


def dict_of_outputs(keras):
    """One input and a dict of outputs, with a loss, a weight and a metric for each by name."""
    inputs = keras.Input((4,), name="features")
    hidden = keras.layers.Dense(3, activation="tanh", name="hidden")(inputs)
    outputs = {
        "width": keras.layers.Dense(1, name="width")(hidden),
        "age": keras.layers.Dense(2, name="age")(hidden),
    }
    model = keras.Model(inputs, outputs, name="dict_of_outputs")
    model.compile(
        optimizer=keras.optimizers.SGD(0.1),
        loss={"width": "mean_squared_error", "age": "mean_absolute_error"},
        loss_weights={"width": 0.5, "age": 2.0},
        metrics={"age": ["mean_squared_error"]},
    )
    return model


def layer_twice(keras):
    """One layer applied to its own output: two nodes of one layer in a row."""
    inputs = keras.Input((4,), name="features")
    again = keras.layers.Dense(4, activation="tanh", name="again")
    outputs = keras.layers.Dense(2, name="outputs")(again(again(inputs)))
    model = keras.Model(inputs, outputs, name="layer_twice")
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mean_squared_error")
    return model


def merges(keras):
    """All layers that merge: Dot has axes and a setting, Maximum and Minimum choose."""
    left = keras.Input((3, 4), name="left")
    right = keras.Input((3, 4), name="right")
    both = [left, right]
    parts = [
        keras.layers.Add(name="add")(both),
        keras.layers.Subtract(name="subtract")(both),
        keras.layers.Multiply(name="multiply")(both),
        keras.layers.Average(name="average")(both),
        keras.layers.Maximum(name="maximum")(both),
        keras.layers.Minimum(name="minimum")(both),
        keras.layers.Dot(axes=(2, 2), normalize=True, name="dot")(both),
    ]
    joined = keras.layers.Concatenate(axis=-1, name="joined")(parts)
    flat = keras.layers.Flatten(name="flat")(joined)
    outputs = keras.layers.Dense(2, name="outputs")(flat)
    model = keras.Model([left, right], outputs, name="merges")
    model.compile(optimizer=keras.optimizers.SGD(0.01), loss="mean_squared_error")
    return model


def reshaping(keras):
    """Reshape with an unknown size, Permute, RepeatVector, cropping: shapes come back as lists."""
    inputs = keras.Input((4, 3), name="signal")
    turned = keras.layers.Permute((2, 1), name="turned")(inputs)
    padded = keras.layers.ZeroPadding1D((1, 2), name="padded")(turned)
    cropped = keras.layers.Cropping1D((2, 1), name="cropped")(padded)
    flat = keras.layers.Flatten(name="flat")(cropped)
    repeated = keras.layers.RepeatVector(2, name="repeated")(flat)
    longer = keras.layers.UpSampling1D(2, name="longer")(repeated)
    folded = keras.layers.Reshape((-1, 6), name="folded")(longer)
    outputs = keras.layers.Dense(2, name="outputs")(folded)
    model = keras.Model(inputs, outputs, name="reshaping")
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mean_squared_error")
    return model


def operators(keras):
    """Operators become layers without a class (https://github.com/openvinotoolkit/nncf/pull/1083)."""
    inputs = keras.Input((4,), name="features")
    hidden = keras.layers.Dense(4, activation="tanh", name="hidden")(inputs)
    mixed = hidden * 2.0 + inputs / 4.0 - 0.5
    outputs = keras.layers.Dense(2, name="outputs")(-mixed)
    model = keras.Model(inputs, outputs, name="operators")
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mean_squared_error")
    return model


def slices(keras):
    """Slicing becomes a layer of its own: slices are written as dicts, or as text."""
    inputs = keras.Input((4, 3), name="signal")
    first = inputs[:, 0]
    middle = keras.layers.Flatten(name="middle")(inputs[:, 1:3, ::2])
    joined = keras.layers.Concatenate(name="joined")([first, middle, inputs[:, :, -1]])
    outputs = keras.layers.Dense(2, name="outputs")(joined)
    model = keras.Model(inputs, outputs, name="slices")
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mean_squared_error")
    return model


def tensorflow_functions(keras):
    """Functions of TensorFlow in the graph: TFOpLambda from 2.4 on, TensorFlowOpLayer before."""
    import tensorflow as tf

    inputs = keras.Input((4,), name="features")
    hidden = keras.layers.Dense(3, name="hidden")(inputs)
    hidden = tf.nn.relu(hidden)
    mean = tf.reduce_mean(inputs, axis=-1, keepdims=True)
    joined = tf.concat([hidden, mean, tf.square(inputs)], axis=1)
    outputs = keras.layers.Dense(2, name="outputs")(joined)
    model = keras.Model(inputs, outputs, name="tensorflow_functions")
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mean_squared_error")
    return model


def keras_operations(keras):
    """Functions of keras.ops in the graph: layers that only Keras 3 knows, and knows by version."""
    inputs = keras.Input((4,), name="features")
    hidden = keras.layers.Dense(3, name="hidden")(inputs)
    hidden = keras.ops.relu(hidden)
    mean = keras.ops.mean(inputs, axis=-1, keepdims=True)
    joined = keras.ops.concatenate([hidden, mean, keras.ops.square(inputs)], axis=1)
    outputs = keras.layers.Dense(2, name="outputs")(joined)
    model = keras.Model(inputs, outputs, name="keras_operations")
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mean_squared_error")
    return model


def dropouts(keras):
    """Layers that are random in training: since Keras 3 they hold the state of a generator."""
    inputs = keras.Input((4, 3), name="signal")
    hidden = keras.layers.SpatialDropout1D(0.3, name="spatial")(inputs)
    hidden = keras.layers.GaussianNoise(0.1, name="noise")(hidden)
    hidden = keras.layers.GaussianDropout(0.2, name="gaussian")(hidden)
    hidden = keras.layers.Dense(3, activation="tanh", name="hidden")(hidden)
    hidden = keras.layers.Dropout(0.5, noise_shape=(None, 1, 3), seed=7, name="dropout")(hidden)
    hidden = keras.layers.Flatten(name="flat")(hidden)
    outputs = keras.layers.Dense(2, name="outputs")(hidden)
    model = keras.Model(inputs, outputs, name="dropouts")
    model.compile(optimizer=keras.optimizers.SGD(0.1), loss="mean_squared_error")
    return model


def weightless(keras):
    """A model without a single weight, never compiled: some formats have nothing to write."""
    inputs = keras.Input((4, 4, 2), name="image")
    pooled = keras.layers.AveragePooling2D(2, name="pooling")(inputs)
    outputs = keras.layers.Flatten(name="flat")(pooled)
    return keras.Model(inputs, outputs, name="weightless")


def large(keras):
    """Four megabytes of weights: more than one block of any format, and of any buffer."""
    inputs = keras.Input((1024,), name="features")
    hidden = keras.layers.Dense(1024, activation="tanh", use_bias=False, name="hidden")(inputs)
    outputs = keras.layers.Dense(2, name="outputs")(hidden)
    model = keras.Model(inputs, outputs, name="large")
    model.compile(optimizer=keras.optimizers.SGD(0.01), loss="mean_squared_error")
    return model
