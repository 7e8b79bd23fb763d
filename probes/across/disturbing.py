"""Changes one weight at a time, a little, and puts it back: what nobody sees then proves nothing.

Python 3.6 to 3.13; numpy is imported inside.
"""

import contextlib

from digests import digest

SHARE = 0.01
"""How much of itself every number of a weight is changed by, some up and some down."""


class NotRestored(Exception):
    """A weight is not, bit for bit, what it was before it was changed."""


class Weight(object):
    """One array of numbers of a layer; ``path`` is the layer's, ``name`` its own.

    ``size`` is by how many times what is allowed its change was seen, None if it was not tried;
    ``digest`` then is that of its numbers as they were.
    """

    def __init__(self, keras, layer, path, name, variable):
        self.keras, self.layer, self.variable = keras, layer, variable
        self.path, self.name, self.size, self.digest = path, name, None, None

    def read(self):
        import framework

        return framework.as_arrays(self.keras, [self.variable])[0]

    def write(self, array):
        import framework

        if framework.is_keras_3(self.keras):
            self.variable.assign(array)
        else:
            self.keras.backend.set_value(self.variable, array)

    @property
    def is_copied(self):
        """Say whether the layer computes with numbers that were made of the weight before."""
        kinds = [one for one in type(self.layer).__mro__ if "finalize_state" in vars(one)]
        return bool(kinds) and kinds[0].__name__ != "Layer"  # whose own does nothing


def weights(keras, model):
    """Return the weights with fractions, in the order in which they are tried.

    First the largest of every layer, then the others; layers in an order that is spread over the
    model, so that those that are tried in little time are a fair sample.
    """
    import framework
    import numpy as np

    import crossing

    layers = {}
    for path, layer in crossing.all_layers(model):
        layers.setdefault(path, layer)
    known, grouped = set(), {}
    for path, variables in framework.owners(model):
        for variable in variables:
            if id(variable) in known or not _has_fractions(variable):
                continue
            known.add(id(variable))
            name = str(variable.name).split("/")[-1].split(":")[0]
            one = Weight(keras, layers.get(path), path, name, variable)
            grouped.setdefault(path, []).append(one)
    order = list(grouped.values())
    order = [order[place] for place in np.random.RandomState(0).permutation(len(order))]
    order = [sorted(listed, key=_size, reverse=True) for listed in order]
    return [listed[0] for listed in order] + [one for listed in order for one in listed[1:]]


def _has_fractions(variable):
    dtype = getattr(variable, "dtype", "float32")
    name = str(getattr(dtype, "name", dtype))
    return "float" in name and _size_of(variable) > 0


def _size(weight):
    return _size_of(weight.variable)


def _size_of(variable):
    size = 1
    for one in getattr(variable, "shape", ()):
        size *= int(getattr(one, "value", one) or 0)
    return size


@contextlib.contextmanager
def disturbed(weight, renew):
    """Change every number of a weight by a hundredth of itself, for as long as that lasts.

    Those of zeros alone are changed by a hundredth of one. ``renew`` is called after each writing
    where a layer computes with copies. ``NotRestored``: what was there before is not there again.
    """
    import numpy as np

    before = weight.read()
    weight.digest = digest(before)
    chance = np.random.RandomState(before.size % 2**31)
    signs = chance.randint(0, 2, before.shape) * 2.0 - 1.0
    plain = before.astype("float64")
    moved = plain * (1.0 + SHARE * signs) if plain.any() else plain + SHARE * signs
    try:
        _put(weight, moved.astype("float32" if before.dtype.kind != "f" else before.dtype), renew)
        yield
    finally:
        _put(weight, before, renew)
    if digest(weight.read()) != weight.digest:
        raise NotRestored("%s/%s is not what it was before" % (weight.path, weight.name))


def _put(weight, array, renew):
    weight.write(array)
    if weight.is_copied:
        weight.layer.finalize_state()
        renew()
