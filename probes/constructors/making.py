"""Make an instance of a class with as little as it takes."""

import inspect
import re

MODELS = ("Model", "Functional", "Network", "Sequential")
"""What is made of layers."""


def make(keras, cls):
    """Return (instance, None) made with as little as it takes, or (None, why not)."""
    why = None
    for arguments in attempts(keras, cls):
        try:
            return cls(**arguments), None
        except Exception as error:
            why = why or cleaned("%s: %s" % (type(error).__name__, error))
    return None, why


def attempts(keras, cls):
    """Yield arguments with which a class may be made."""
    name = cls.__name__
    if name in MODELS:
        return
    yield minimal(keras, cls)
    for more in MORE.get(name, ()):
        yield dict(minimal(keras, cls), **{key: one(keras) for key, one in more.items()})


def minimal(keras, cls):
    """Return a value for every argument that must be given."""
    given = {}
    for name, parameter in parameters(cls.__init__):
        needed = parameter.default is parameter.empty and parameter.kind in (1, 3)
        if needed and name in FILL:
            given[name] = FILL[name](keras, cls)
    return given


def dense(keras, cls=None):
    return keras.layers.Dense(1)


def wrapped(keras, cls):
    """Return the layer that a wrapper is put around."""
    return keras.layers.LSTM(2) if cls.__name__ == "Bidirectional" else dense(keras)


def cell(keras, cls):
    made = getattr(keras.layers, "LSTMCell", None)
    return made(2) if made is not None else None


def inner(keras, cls):
    return keras.optimizers.SGD()


def mean_of(keras, cls):
    return keras.losses.get("mse")


FILL = {
    "units": lambda keras, cls: 2,
    "output_dim": lambda keras, cls: 2,
    "input_dim": lambda keras, cls: 3,
    "filters": lambda keras, cls: 2,
    "filter": lambda keras, cls: 2,
    "nb_feature": lambda keras, cls: 2,
    "kernel_size": lambda keras, cls: 1,
    "rate": lambda keras, cls: 0.5,
    "p": lambda keras, cls: 0.5,
    "stddev": lambda keras, cls: 0.5,
    "sigma": lambda keras, cls: 0.5,
    "layer": wrapped,
    "cell": cell,
    "cells": lambda keras, cls: [cell(keras, cls)],
    "target_shape": lambda keras, cls: (1,),
    "dims": lambda keras, cls: (1,),
    "n": lambda keras, cls: 1,
    "axes": lambda keras, cls: 1,
    "num_heads": lambda keras, cls: 2,
    "key_dim": lambda keras, cls: 2,
    "head_dim": lambda keras, cls: 2,
    "num_query_heads": lambda keras, cls: 2,
    "num_key_value_heads": lambda keras, cls: 2,
    "function": lambda keras, cls: keras.activations.relu,
    "activation": lambda keras, cls: "relu",
    "equation": lambda keras, cls: "ab,bc->ac",
    "output_shape": lambda keras, cls: 2,
    "output_size": lambda keras, cls: 1,
    "height": lambda keras, cls: 2,
    "width": lambda keras, cls: 2,
    "factor": lambda keras, cls: 0.1,
    "height_factor": lambda keras, cls: 0.1,
    "width_factor": lambda keras, cls: 0.1,
    "scale": lambda keras, cls: 1.0,
    "num_bins": lambda keras, cls: 2,
    "num_tokens": lambda keras, cls: 2,
    "bins": lambda keras, cls: 2,
    "bin_boundaries": lambda keras, cls: [0.0, 1.0],
    "max_tokens": lambda keras, cls: None,
    "num_oov_indices": lambda keras, cls: 1,
    "mask_token": lambda keras, cls: None,
    "oov_token": lambda keras, cls: -1,
    "vocabulary_dtype": lambda keras, cls: "int64",
    "target_size": lambda keras, cls: (2, 2),
    "shape": lambda keras, cls: (1,),
    "sequence_length": lambda keras, cls: 2,
    "vocabulary_size": lambda keras, cls: 3,
    "embedding_dim": lambda keras, cls: 2,
    "num_freqs": lambda keras, cls: 2,
    "transformation": lambda keras, cls: "sinusoidal",
    "feature_columns": lambda keras, cls: [],
    "features": lambda keras, cls: {"a": "float"},
    "linear_model": lambda keras, cls: dense(keras),
    "dnn_model": lambda keras, cls: dense(keras),
    "bounding_box_format": lambda keras, cls: "xyxy",
    "cropping": lambda keras, cls: 1,
    "padding": lambda keras, cls: 1,
    "value": lambda keras, cls: 0.0,
    "l1": lambda keras, cls: 0.01,
    "l2": lambda keras, cls: 0.01,
    "num_classes": lambda keras, cls: 2,
    "target_class_ids": lambda keras, cls: [0],
    "recall": lambda keras, cls: 0.5,
    "precision": lambda keras, cls: 0.5,
    "sensitivity": lambda keras, cls: 0.5,
    "specificity": lambda keras, cls: 0.5,
    "fn": mean_of,
    "reduction": lambda keras, cls: "sum",
    "normalizer": lambda keras, cls: [1.0, 1.0],
    "optimizer": inner,
    "inner_optimizer": inner,
    "loss_scale": lambda keras, cls: "dynamic",
    "initial_learning_rate": lambda keras, cls: 0.1,
    "decay_steps": lambda keras, cls: 10,
    "decay_rate": lambda keras, cls: 0.9,
    "first_decay_steps": lambda keras, cls: 10,
    "boundaries": lambda keras, cls: [10],
    "values": lambda keras, cls: [0.1, 0.01],
    "learning_rate": lambda keras, cls: 0.1,
    "lr": lambda keras, cls: 0.1,
    "quantization_mode": lambda keras, cls: "int8",
    "mode": lambda keras, cls: "int8",
    "source_name": lambda keras, cls: "float32",
    "name": lambda keras, cls: "float32" if "Policy" in cls.__name__ else "made",
    "groups": lambda keras, cls: 1,
    "rank": lambda keras, cls: 1,
    "strides": lambda keras, cls: 1,
    "pool_size": lambda keras, cls: 1,
    "pool_function": lambda keras, cls: None,
    "depth_multiplier": lambda keras, cls: 1,
    "device": lambda keras, cls: "/cpu:0",
    "max_number": lambda keras, cls: 2,
    "layers": lambda keras, cls: [],
}
"""By the name of an argument that has no default."""

MORE = {
    "InputLayer": [
        {"input_shape": lambda keras: (1,)},
        {"shape": lambda keras: (1,)},
        {"batch_shape": lambda keras: (None, 1)},
    ],
    "Bidirectional": [{"layer": lambda keras: keras.layers.GRU(2)}],
    "RNN": [{"cell": lambda keras: keras.layers.SimpleRNNCell(2)}],
    "Dot": [{"axes": lambda keras: -1}],
    "Lambda": [{"function": lambda keras: keras.activations.relu}],
    "RandomCrop": [{"height": lambda keras: 2, "width": lambda keras: 2}],
    "CategoryEncoding": [{"num_tokens": lambda keras: 2}, {"max_tokens": lambda keras: 2}],
    "Discretization": [{"num_bins": lambda keras: 2}, {"bins": lambda keras: [0.0, 1.0]}],
    "LossScaleOptimizer": [{"dynamic": lambda keras: True}],
    "DropoutWrapper": [{"cell": lambda keras: keras.layers.SimpleRNNCell(2)}],
    "RandomPosterization": [{"factor": lambda keras: 4}],
    "Reduce": [{"reduction": lambda keras: "sum"}],
}
"""By the name of a class whose defaults are not enough."""


def models(keras):
    """Return the instances of the classes that are made of layers."""
    made = {}
    try:
        inputs = keras.layers.Input(shape=(1,))
        model = keras.models.Model(inputs, keras.layers.Dense(1)(inputs))
        made[type(model)] = model
    except Exception:
        pass
    try:
        sequential = keras.models.Sequential()
        made[type(sequential)] = sequential
    except Exception:
        pass
    return made


def parameters(function):
    """Return [(name, parameter)] of a function, without self; nothing for one in C."""
    while hasattr(function, "_original_function"):  # Keras 2.0 to 2.3 wrap them for Keras 1
        function = function._original_function
    try:
        listed = list(inspect.signature(function).parameters.items())
    except (TypeError, ValueError):
        return []
    return listed[1:] if listed and listed[0][0] == "self" else listed


def cleaned(text):
    """Return a text without addresses and folders, in one line, not endless."""
    text = re.sub(r" at 0x[0-9a-fA-F]+", "", text)
    text = re.sub(r"0x[0-9a-fA-F]{6,}", "0x", text)
    text = re.sub(r"(/[\w.+-]+){2,}/", "", text)
    text = re.sub(r"_\d+\b", "", text)
    return " ".join(text.split())[:240]
