"""Operations of Keras 3, done by an older Keras: as the layers it makes of TensorFlow, or Lambdas.

A spec is ``{"older", "lambda", "takes", "settings"}``, made by runner/converting/older.py: an
expression out of older.yaml, whether it is to be the function of a Lambda layer, what it is called
with, and values of the other names in it. Python 3.6 to 3.13.
"""


class Operation(object):
    """Called like a layer, with tensors and plain values by name."""

    whole = False

    def __init__(self, keras, spec):
        self.keras = keras
        self._spec = spec

    def __call__(self, *args, **kwargs):
        given = dict(self._spec["settings"])
        given.update(zip(self._spec["takes"], args))
        given.update(kwargs)
        given = {name: _made(value) for name, value in given.items()}
        if self._spec["lambda"]:
            return self._as_lambda(given)
        import tensorflow as tf

        # A comprehension looks for its names among the globals.
        return eval(self._spec["older"], dict(given, tf=tf))  # noqa: S307 - of older.yaml

    def _as_lambda(self, given):
        """Return what a Lambda layer gives whose function is the expression.

        What is no tensor is among its arguments, which a file states as data; it finds the backend
        under the name by which its own module knows it.
        """
        lists = [name for name, value in given.items() if _is_list(value)]
        held = lists or [name for name, value in given.items() if _is_tensor(value)]
        others = {name: value for name, value in given.items() if name not in held}
        fed = [given[name] for name in held]
        outer = ", ".join(["given"] + ["%s=None" % name for name in sorted(others)])
        inner = "lambda %s: %s" % (", ".join(held), self._spec["older"])
        called = "*given" if len(held) > 1 else "given"
        text = "lambda %s: (%s)(%s)" % (outer, inner, called)
        function = eval(text, {"K": self.keras.backend})  # noqa: S307 - of older.yaml
        layer = self.keras.layers.Lambda(function, arguments=others)
        return layer(fed if len(held) > 1 else fed[0])


def _is_list(value):
    return isinstance(value, list) and bool(value) and all(_is_tensor(one) for one in value)


def _is_tensor(value):
    return hasattr(value, "shape") and hasattr(value, "dtype") and not hasattr(value, "tolist")


def _made(value):
    """Return arrays where a file states them, in lists, too."""
    if isinstance(value, dict) and "$array" in value:
        import numpy as np

        return np.array(value["$array"], value["dtype"])
    if isinstance(value, list):
        return [_made(one) for one in value]
    return value
