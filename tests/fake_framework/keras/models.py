"""Models: a chain of layers that predicts, takes a pretend training step, and is saved."""

import numpy as np

from . import saving
from .layers import InputLayer, Tensor
from .saving import load_model, model_from_json

__all__ = ["Model", "Sequential", "load_model", "model_from_json"]


class Given:
    def __init__(self, layer):
        self.name = layer.name
        self.shape = (None, *layer.shape)
        self.dtype = "float32"


class Model:
    built = True
    trainable = True

    def __init__(self, inputs, outputs, name=None):
        self._start(outputs.chain, name)

    def _start(self, layers, name):
        self.layers = layers
        self.name = name
        self.optimizer = self.loss = None
        self.metrics = []

    @property
    def weights(self):
        return [variable for layer in self.layers for variable in layer.weights]

    @property
    def inputs(self):
        """Return what it is fed, for whoever asks a loaded model what that is."""
        return [Given(one) for one in self.layers if isinstance(one, InputLayer)]

    def count_params(self):
        return sum(value.size for value in self.get_weights())

    def get_weights(self):
        return [variable.value for variable in self.weights]

    def set_weights(self, values):
        values = [np.asarray(value, "float32") for value in values]
        shapes = [variable.shape for variable in self.weights]
        if [value.shape for value in values] != shapes:
            raise ValueError("weights do not fit: %s" % shapes)
        for variable, value in zip(self.weights, values):
            variable.value = value

    def compile(self, optimizer, loss, metrics=()):
        self.optimizer, self.loss, self.metrics = optimizer, loss, list(metrics)

    def predict(self, x, verbose=0):
        for layer in self.layers:
            x = layer.call(x)
        return x

    def train_on_batch(self, x, y):
        """Take a step along a gradient that is none, but depends on weights, data and loss."""
        outputs = self.predict(x)
        right = outputs[np.arange(len(y)), y[:, 0]]
        loss = float(-np.log(right + 1e-7).mean())
        accuracy = float((outputs.argmax(axis=-1) == y[:, 0]).mean())
        gradients = [(variable.value * loss).astype("float32") for variable in self.weights]
        self.optimizer.apply(self.weights, gradients)
        return [loss, accuracy]

    def save(self, path, save_format=None):
        saving.save_model(self, path)

    def save_weights(self, path):
        saving.save_weights(self, path)

    def load_weights(self, path):
        saving.load_weights(self, path)

    def to_json(self):
        return saving.to_json(self)


class Sequential(Model):
    def __init__(self, layers, name=None):
        tensor = Tensor(layers[0].shape[0], [])
        for layer in layers:
            tensor = layer(tensor)
        self._start(tensor.chain, name)
