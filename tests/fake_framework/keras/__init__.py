"""A pretend Keras: dense layers, one optimizer, files of text, and the faults of its version.

It offers what the probes and the plain and hostile reference models need, and nothing more.
"""

from . import backend, layers, models, optimizers, quirks, utils
from .layers import Input
from .models import Model, Sequential

__version__ = quirks.VERSION
__all__ = [
    "Input",
    "Model",
    "Sequential",
    "backend",
    "layers",
    "models",
    "optimizers",
    "utils",
]
