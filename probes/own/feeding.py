"""What a model is fed and trained on: a person's own arrays, or made up to suit it.

Made-up inputs respect the shapes, types and embedding ranges that the model states. All draws come
from numpy's legacy RandomState, whose stream is frozen. Python 3.6 to 3.13; numpy is imported
inside.
"""

import framework

ROWS = 4
LENGTHS = (8, 32, 64, 224)  # tried in turn where a dimension may have any length
SEED = 20261122
WORDS = ("alpha", "beta", "gamma", "delta epsilon", "zeta")
# Layers that hand on numbers as they come, so that an embedding behind them bounds the input.
PASSING = {"Reshape", "Flatten", "Permute", "RepeatVector", "Masking", "Concatenate", "Activation"}
HISTORY = 3  # [layer's name, node, tensor]: how a configuration names what a layer is called on


class NoInputs(Exception):
    """Nothing states what the model is to be fed."""


class Fed(object):
    """Arrays with the names under which a model takes them, and where they came from."""

    def __init__(self, arrays, names, described):
        self.arrays, self.names, self.described = arrays, names, described

    def given(self):
        return given(self.arrays, self.names)


def given(arrays, names):
    """Return arrays as a person hands them over; .npz holds text as numpy's own type."""
    return framework.fed(
        [array.astype(object) if array.dtype.kind == "U" else array for array in arrays], names
    )


def feed(job, state, model):
    """Return what the model takes, and what it predicts from that.

    Where dimensions are open the lengths are tried in turn; the last one's exception is raised.
    """
    if job["inputs"] is not None:
        fed = _theirs(job["inputs"], model)
        state.phase("predict")
        return fed, framework.predict(model, fed.given())
    specs = stated(model) or [_Spec(*one) for one in job["stated"]]
    if not specs:
        state.phase("predict")
        raise NoInputs("neither the file nor the model states its inputs")
    _bound(model, specs)
    tried = LENGTHS if any(None in one.shape[1:] for one in specs) else LENGTHS[:1]
    by_name = _names_of_dict(model, specs)
    for length in tried:
        arrays = _made(specs, length)
        fed = Fed(arrays, by_name, [_told(one) for one in arrays])
        state.phase("predict")
        try:
            return fed, framework.predict(model, fed.given())
        except Exception as error:
            if length == tried[-1]:
                raise
            error.__traceback__ = None
        state.phase("compare")
    raise AssertionError("no length was tried")


def _told(array):
    kind = "string" if array.dtype.kind == "U" else array.dtype
    return "%s %s" % (kind, list(array.shape))


def _theirs(path, model):
    """Read a person's arrays: by the names of the inputs if those are given, else as they come."""
    import numpy as np

    with np.load(path, allow_pickle=False) as file:
        found = {name: file[name] for name in file.files}
    names = [one.name for one in stated(model)]
    order = names if set(names) == set(found) else list(found)
    by_name = _names_of_dict(model, stated(model))
    return Fed(
        [found[name] for name in order], by_name, ["%s of --inputs" % name for name in order]
    )


def _names_of_dict(model, specs):
    """Return the names of the inputs where the model was built on a dict of them, else ``None``."""
    built_on = getattr(model, "_inputs_struct", None)  # Keras 3
    if built_on is None:
        built_on = getattr(model, "_nested_inputs", None)  # TensorFlow 2
    if not isinstance(built_on, dict) or len(built_on) != len(specs):
        return None
    # Both list a dict's tensors in the order of its sorted keys.
    return sorted(built_on)


class _Spec(object):
    """One input: ``bound`` is how many numbers an embedding behind it knows."""

    def __init__(self, name, shape, dtype):
        self.name = str(name or "").split(":")[0]
        self.shape = tuple(None if one is None else int(one) for one in shape or ())
        self.dtype = str(dtype or "float32")
        self.bound = None


def stated(model):
    """Return the inputs that the loaded model states, in the order in which it takes them."""
    tensors = getattr(model, "inputs", None) or getattr(model, "_saved_model_inputs_spec", None)
    if tensors is None:
        return []
    if isinstance(tensors, dict):
        tensors = [tensors[name] for name in sorted(tensors)]
    tensors = tensors if isinstance(tensors, (list, tuple)) else [tensors]
    found = []
    for tensor in tensors:
        dtype = getattr(tensor, "dtype", "float32")
        shape = getattr(tensor, "shape", None)
        as_list = getattr(shape, "as_list", None)
        shape = as_list() if as_list is not None and shape.ndims is not None else shape
        found.append(_Spec(getattr(tensor, "name", ""), shape, getattr(dtype, "name", dtype)))
    names = getattr(model, "input_names", None)
    if names and len(names) == len(found):
        for spec, name in zip(found, names):
            spec.name = name
    return found


def _made(specs, length):
    import numpy as np

    random = np.random.RandomState(SEED)
    found = []
    for spec in specs:
        rows = spec.shape[0] if spec.shape and spec.shape[0] else ROWS
        shape = [rows, *(length if one is None else one for one in spec.shape[1:])]
        if spec.dtype == "string":
            found.append(np.array(WORDS)[random.randint(0, len(WORDS), shape)])
        elif spec.bound is not None:
            dtype = spec.dtype if spec.dtype.startswith(("int", "uint")) else "int32"
            found.append(random.randint(0, spec.bound, shape).astype(dtype))
        elif spec.dtype.startswith(("int", "uint")):
            # Small enough for what a table, a category or a pixel can be.
            found.append(random.randint(0, 2, shape).astype(spec.dtype))
        elif spec.dtype == "bool":
            found.append(random.randint(0, 2, shape).astype(bool))
        elif spec.dtype.startswith("float"):
            found.append(random.standard_normal(shape).astype(spec.dtype))
        else:  # bfloat16, which numpy does not know, and whatever is still to come
            found.append(random.standard_normal(shape).astype("float32"))
    return found


def targets(losses, shapes):
    """Return training targets for outputs of these shapes.

    Rows of positive numbers that add up to one suit nearly every loss; a sparse one takes classes.
    """
    import numpy as np

    random = np.random.RandomState(SEED + 1)
    found = []
    sparse = any("sparse" in loss.lower() for loss in losses)
    for shape in shapes:
        if sparse and len(shape) > 1:
            found.append(random.randint(0, shape[-1], [*shape[:-1], 1]).astype("int32"))
            continue
        drawn = random.uniform(0.1, 0.9, shape)
        if len(shape) > 1 and shape[-1] > 1:
            drawn /= drawn.sum(-1, keepdims=True)
        found.append(drawn.astype("float32"))
    return found


def _bound(model, specs):
    """Note for every input that an embedding looks numbers up by, how many it knows."""
    try:
        config = model.get_config()
    except Exception:  # a subclassed model need not have one
        config = None
    if isinstance(config, list):  # a Sequential model, as it was before Keras 2.2.3
        config = {"layers": config}
    layers = (config or {}).get("layers") or []
    if not layers:
        return
    graph = _Graph(layers)
    named = {layer.get("name") or layer["config"].get("name"): layer for layer in layers}
    for spec in specs:
        start = spec.name if spec.name in named else None
        if start is None and len(specs) > 1:
            continue
        bounds = graph.bounds(start)
        if bounds:
            spec.bound = max(1, min(bounds))


class _Graph(object):
    """The layers of a configuration, and who is called on whom."""

    def __init__(self, layers):
        self.layers = layers
        self.names = [layer.get("name") or layer["config"].get("name") for layer in layers]
        self.called_on = {name: set() for name in self.names}
        chained = not any(layer.get("inbound_nodes") for layer in layers)
        for place, layer in enumerate(layers):
            if chained:
                before = {self.names[place - 1]} if place else set()
            else:
                before = set(_histories(layer.get("inbound_nodes"), set(self.names)))
            self.called_on[self.names[place]] = before

    def bounds(self, start):
        """Return the sizes of all embeddings that are fed by ``start``, or by any input."""
        found, waiting, seen = [], [], set()
        for name, before in self.called_on.items():
            is_first = not before if start is None else name == start
            if is_first:
                waiting.append(name)
        while waiting:
            name = waiting.pop()
            if name in seen:
                continue
            seen.add(name)
            layer = self.layers[self.names.index(name)]
            sizes, passes = _of_layer(layer)
            found += sizes
            if passes:
                waiting += [one for one, before in self.called_on.items() if name in before]
        return found


def _of_layer(layer):
    """Return the embedding sizes in a layer that is fed, and whether it hands on what it gets."""
    kind = str(layer.get("class_name")).rpartition(">")[2]
    config = layer.get("config") or {}
    if kind == "Embedding":
        return [int(config["input_dim"])], False
    if isinstance(config.get("layers"), list):  # a model inside
        return _Graph(config["layers"]).bounds(None), False
    inner = config.get("layer")
    if isinstance(inner, dict):  # a wrapper, such as TimeDistributed
        return _of_layer(inner)[0], False
    return [], kind == "InputLayer" or kind in PASSING


def _histories(nodes, names):
    """Yield the names of layers that a configuration says a layer is called on, in any version."""
    if isinstance(nodes, dict):
        nodes = list(nodes.values())
    elif _is_history(nodes) and nodes[0] in names:
        yield nodes[0]
    if isinstance(nodes, (list, tuple)):
        for value in nodes:
            for name in _histories(value, names):
                yield name


def _is_history(nodes):
    return isinstance(nodes, (list, tuple)) and len(nodes) >= HISTORY and isinstance(nodes[0], str)
