"""Operations of a recipe, done with keras.ops on tensors of a graph; Python 3.6 to 3.13.

Names with "@" are functions of this file. Shapes are plain numbers when a graph is built, so what
is computed from them is computed at once.
"""


class Operation(object):
    """Something called like a layer; ``whole``: what it returns is one value, even if a list."""

    def __init__(self, keras, name):
        self.keras = keras
        self.whole = name in ("@shape", "@stack", "@getitem", "@einsum")
        self._run = globals()["do_" + name[1:]] if name.startswith("@") else None
        self._name = name

    def __call__(self, *args, **kwargs):
        kwargs = _with_arrays(kwargs)
        if self._run is not None:
            return self._run(self.keras, **kwargs)
        if not _symbolic(list(kwargs.values())):
            plain = _PLAIN.get(self._name)
            if plain is not None:
                return plain(*kwargs.values())
        return getattr(self.keras.ops, self._name)(**kwargs)


_PLAIN = {
    "add": lambda x1, x2: x1 + x2,
    "subtract": lambda x1, x2: x1 - x2,
    "multiply": lambda x1, x2: None if x1 is None or x2 is None else x1 * x2,
    "floor_divide": lambda x1, x2: x1 // x2,
    "concatenate": lambda xs, axis: [one for each in xs for one in each],
}


_NUMBERS = ("x", "x1", "x2", "xs", "condition", "operands")
"""Arguments that hold numbers; in others a list is a shape, or axes."""


def _with_arrays(kwargs):
    """Return arguments in which constants that a file states as lists are arrays."""
    given = [kwargs[name] for name in _NUMBERS if name in kwargs]
    flat = [one for value in given for one in (value if isinstance(value, list) else [value])]
    dtypes = [str(one.dtype) for one in flat if _symbolic(one)]
    if not _symbolic(list(kwargs.values())):
        return kwargs  # a computation on shapes
    # The condition's own type says nothing of what is chosen from.
    floats = [one for one in dtypes if "float" in one]
    like = (floats or dtypes or ["int32"])[0]
    made = dict(kwargs)
    for name in _NUMBERS:
        value = kwargs.get(name)
        if not isinstance(value, list):
            continue
        if not _symbolic(value):
            made[name] = _array(value, like)
        elif name in ("xs", "operands"):
            made[name] = [_array(one, like) if isinstance(one, list) else one for one in value]
    return made


def _array(value, like):
    import numpy as np

    array = np.asarray(value)
    if array.dtype.kind == "f":
        return array.astype(like if "float" in like else "float32")
    return array.astype(like) if array.dtype.kind in "iu" and like != "bool" else array


def _symbolic(value):
    if isinstance(value, (list, tuple)):
        return any(_symbolic(one) for one in value)
    return hasattr(value, "shape") and hasattr(value, "dtype")


def _slice(one):
    if one == {"class_name": "__ellipsis__"}:
        return Ellipsis
    if isinstance(one, dict):
        return slice(one["start"], one["stop"], one["step"])
    return one


def do_getitem(keras, x, slices):
    if not isinstance(slices, list):
        return x[_slice(slices)]
    made = tuple(_slice(one) for one in slices)
    if not _symbolic(x):
        return x[made[0]]
    # keras.ops sees None as a new axis from 3.? on; the other versions are told by expand_dims.
    return x[made]


def do_shape(keras, x):
    return tuple(x.shape)


def do_stack(keras, x, axis=0):
    return keras.ops.stack(x, axis=axis) if _symbolic(x) else list(x)


def do_unstack(keras, x, num=None, axis=0):
    return keras.ops.unstack(x, num=num, axis=axis)


def do_split(keras, x, sizes, axis=0):
    import itertools

    if isinstance(sizes, (list, tuple)):
        sizes = list(itertools.accumulate(sizes))[:-1]
    return keras.ops.split(x, sizes, axis=axis)


def do_reshape(keras, x, newshape):
    shape = [-1 if size is None else size for size in newshape]
    return keras.ops.reshape(x, tuple(int(size) for size in shape))


def do_reverse(keras, x, axis):
    for place in axis if isinstance(axis, list) else [axis]:
        x = keras.ops.flip(x, axis=place)
    return x


def do_squeeze(keras, x, axis=None):
    for place in sorted(axis if isinstance(axis, list) else [axis], reverse=True):
        x = keras.ops.squeeze(x, axis=place)
    return x


def do_pad(keras, x, pad_width, mode="constant", constant_values=0):
    mode = mode.lower()
    more = {"constant_values": constant_values} if mode == "constant" and constant_values else {}
    return keras.ops.pad(x, pad_width, mode=mode, **more)


def do_cast(keras, x, dtype):
    return keras.ops.cast(x, str(dtype)) if _symbolic(x) else x


def do_identity(keras, x):
    return keras.layers.Identity()(x)


def do_clip(keras, x, x_min, x_max):
    return keras.ops.clip(x, x_min, x_max)


def do_gather(keras, x, indices, axis=0):
    return keras.ops.take(x, indices, axis=axis or 0)


def do_one_hot(keras, x, num_classes, axis=-1, dtype="float32"):
    return keras.ops.one_hot(x, num_classes, axis=axis, dtype=dtype)


def do_squared_difference(keras, x1, x2):
    return keras.ops.square(keras.ops.subtract(x1, x2))


def do_argmax(keras, x, axis=0, dtype="int64"):
    return keras.ops.cast(keras.ops.argmax(x, axis=axis), dtype)


def do_argmin(keras, x, axis=0, dtype="int64"):
    return keras.ops.cast(keras.ops.argmin(x, axis=axis), dtype)


def do_matmul(keras, x1, x2, transpose_a=False, transpose_b=False):
    return keras.ops.matmul(_turned(keras, x1, transpose_a), _turned(keras, x2, transpose_b))


def _turned(keras, x, turned):
    if not turned:
        return x
    axes = list(range(len(x.shape)))
    axes[-1], axes[-2] = axes[-2], axes[-1]
    return keras.ops.transpose(x, axes)


def do_einsum(keras, equation, operands):
    listed = operands if isinstance(operands, list) else [operands]
    return keras.ops.einsum(equation, *listed)


def do_l2_normalize(keras, x, axis=None, epsilon=1e-12):
    total = keras.ops.sum(keras.ops.square(x), axis=axis, keepdims=True)
    return keras.ops.multiply(x, keras.ops.rsqrt(keras.ops.maximum(total, epsilon)))


def do_add_n(keras, xs):
    total = xs[0]
    for one in xs[1:]:
        total = keras.ops.add(total, one)
    return total


def do_norm(keras, x, order="euclidean", axis=None, keepdims=False):
    if isinstance(axis, list):
        axis = tuple(axis)
    if order in ("euclidean", 2):
        if order == 2 and (axis is None or isinstance(axis, tuple)):
            raise ValueError("the norm of a matrix of the order 2")
        total = keras.ops.sum(keras.ops.square(x), axis=axis, keepdims=keepdims)
        return keras.ops.sqrt(total)
    if order == 1 and isinstance(axis, int):
        return keras.ops.sum(keras.ops.abs(x), axis=axis, keepdims=keepdims)
    raise ValueError("a norm of the order %s" % order)


def do_normalize(keras, x, order="euclidean", axis=None):
    norm = do_norm(keras, x, order, axis, keepdims=True)
    return keras.ops.divide(x, norm), norm


def do_clip_by_norm(keras, x, bound, axis=None):
    norm = do_norm(keras, x, axis=axis, keepdims=True)
    return keras.ops.divide(keras.ops.multiply(x, bound), keras.ops.maximum(norm, bound))


def do_grayscale(keras, x):
    import numpy as np

    weights = np.array([0.2989, 0.587, 0.114], str(x.dtype))
    return keras.ops.sum(keras.ops.multiply(x, weights), axis=-1, keepdims=True)


def do_standardized(keras, x):
    """Bring every image to the mean 0 and the deviation 1, as tf.image does: not of flat ones."""
    axes = (-3, -2, -1)
    size = x.shape[-3] * x.shape[-2] * x.shape[-1]
    mean = keras.ops.mean(x, axis=axes, keepdims=True)
    deviation = keras.ops.std(x, axis=axes, keepdims=True)
    return keras.ops.divide(keras.ops.subtract(x, mean), keras.ops.maximum(deviation, size**-0.5))


def do_gelu(keras, x, approximate=False):
    return keras.ops.gelu(x, approximate=approximate)


def do_leaky_relu(keras, x, negative_slope=0.2):
    return keras.ops.leaky_relu(x, negative_slope=negative_slope)


def do_softmax(keras, x, axis=-1):
    return keras.ops.softmax(x, axis=axis)


def do_log_softmax(keras, x, axis=-1):
    return keras.ops.log_softmax(x, axis=axis)


def do_depth_to_space(keras, x, block_size, data_format="NHWC"):
    """Move blocks of channels to places; (batch, h, w, b * b * c) is (batch, h * b, w * b, c)."""
    if data_format != "NHWC":
        raise ValueError("depth_to_space with the channels first")
    _, height, width, depth = x.shape
    b, c = block_size, depth // (block_size * block_size)
    x = keras.ops.reshape(x, (-1, height, width, b, b, c))
    x = keras.ops.transpose(x, (0, 1, 3, 2, 4, 5))
    return keras.ops.reshape(x, (-1, height * b, width * b, c))


def do_space_to_depth(keras, x, block_size, data_format="NHWC"):
    """Move places to blocks of channels, the other way round."""
    if data_format != "NHWC":
        raise ValueError("space_to_depth with the channels first")
    _, height, width, depth = x.shape
    b = block_size
    x = keras.ops.reshape(x, (-1, height // b, b, width // b, b, depth))
    x = keras.ops.transpose(x, (0, 1, 3, 2, 4, 5))
    return keras.ops.reshape(x, (-1, height // b, width // b, b * b * depth))


def do_resize(keras, x, size, method="bilinear", antialias=False):
    return keras.ops.image.resize(
        x, tuple(size), interpolation=method, antialias=antialias, data_format="channels_last"
    )


def _pooling(pool_size, strides, padding, data_format):
    if data_format not in (None, "NHWC"):
        raise ValueError("pooling with the channels first")

    def inner(size):
        return tuple(size[1:3]) if isinstance(size, list) and len(size) == 4 else size

    return {"pool_size": inner(pool_size), "strides": inner(strides), "padding": padding.lower()}


def do_average_pool(keras, x, pool_size, strides, padding, data_format=None):
    settings = _pooling(pool_size, strides, padding, data_format)
    return keras.ops.average_pool(x, data_format="channels_last", **settings)


def do_max_pool(keras, x, pool_size, strides, padding, data_format=None):
    settings = _pooling(pool_size, strides, padding, data_format)
    return keras.ops.max_pool(x, data_format="channels_last", **settings)
