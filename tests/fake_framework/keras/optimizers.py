"""Adam, with its two slots for every weight."""

import numpy as np

from .backend import Variable


class Adam:
    def __init__(self, learning_rate=0.001):
        self.learning_rate = float(np.float32(learning_rate))
        self.iterations = Variable("iterations", np.array(0, "int64"))
        self.slots = []

    @property
    def variables(self):
        return [self.iterations, *self.slots]

    def get_config(self):
        return {"name": "adam", "learning_rate": self.learning_rate}

    def build(self, weights):
        self.slots = [
            Variable("slot", np.zeros_like(weight.value)) for weight in weights for _ in range(2)
        ]

    def apply(self, weights, gradients):
        if not self.slots:
            self.build(weights)
        self.iterations.value = self.iterations.value + 1
        step = int(self.iterations.value)
        for index, (weight, gradient) in enumerate(zip(weights, gradients)):
            mean, square = self.slots[2 * index], self.slots[2 * index + 1]
            mean.value = (0.9 * mean.value + 0.1 * gradient).astype("float32")
            square.value = (0.999 * square.value + 0.001 * gradient**2).astype("float32")
            rate = self.learning_rate * (1 - 0.999**step) ** 0.5 / (1 - 0.9**step)
            change = rate * mean.value / (np.sqrt(square.value) + 1e-7)
            weight.value = (weight.value - change).astype("float32")
