"""What a loaded model is fed: the shapes and types it states, numbers within what it can look up.

A spec is {"name", "shape", "dtype", "key" (if fed by name), "open", "drawn"}; ``drawn`` is
["normal"], ["pixels"], ["masked", value], ["integers", bound] or ["words"]. Python 3.6 to 3.13.
"""

import zlib

ROWS = 4
SIZES = (32, 8, 16, 64, 96, 128, 224, 256)
"""Tried, in this order, for what a shape leaves open."""
SEQUENCE = 12

# Layers that hand numbers on as they are, in another arrangement.
_PASSING = {
    "Activation",
    "Concatenate",
    "Dropout",
    "Flatten",
    "InputLayer",
    "Permute",
    "RepeatVector",
    "Reshape",
    "SpatialDropout1D",
    "TimeDistributed",
    "SlicingOpLambda",
    "TFOpLambda",
    "Cast",
    "GetItem",
}
_WORDS = {"StringLookup", "TextVectorization"}
_OPEN_NUMBERS = {"IntegerLookup", "Hashing"}


def specs(model, config):
    """Return the specs of the model's inputs in the order of predict, or ``None``."""
    stated = _stated(model)
    if stated is None:
        return None
    bounds = _bounds(config) if config else {}
    found = []
    for name, key, shape, dtype in stated:
        drawn = bounds.get(name)
        if drawn is None and len(stated) == 1 and bounds:
            drawn = bounds.get(None)
        if drawn is None:
            drawn = ["words"] if dtype == "string" else ["normal"]
            if dtype.startswith(("int", "uint")):
                drawn = ["integers", 2]
            if dtype == "bool":
                drawn = ["integers", 2]
        if drawn == ["words"] and dtype.startswith(("int", "float")):
            drawn = ["integers", 9]
        if dtype == "string":  # of what is looked up or hashed, either
            drawn = ["words"]
        open_sizes = [size is None for size in shape[1:]]
        found.append(
            {
                "name": name,
                "key": key,
                "shape": shape,
                "dtype": dtype,
                "open": any(open_sizes),
                "drawn": drawn,
            }
        )
    return found


def others(specs, sizes):
    """Yield (size, specs) of what may suit a model that did not take the first of these sizes."""
    whole = [
        dict(spec, drawn=["integers", 2]) if spec["drawn"] == ["normal"] else spec for spec in specs
    ]
    for size in sizes[1:]:
        yield size, specs
    if whole != specs:
        for size in sizes:
            yield size, whole


def _stated(model):
    """Return [(name, key, shape, dtype)] as the model's own tensors say, or ``None``."""
    struct = getattr(model, "_inputs_struct", None)  # Keras 3
    if struct is None:
        struct = getattr(model, "_nested_inputs", None)
    keys = None
    if isinstance(struct, dict):
        keys = list(struct)
        tensors = [struct[key] for key in keys]
    else:
        tensors = getattr(model, "inputs", None)
    if tensors:
        names = list(getattr(model, "input_names", None) or [])
        found = []
        for index, tensor in enumerate(tensors):
            name = str(getattr(tensor, "name", "")).split(":")[0]
            if keys is None and index < len(names):
                name = names[index]
            found.append(
                (name, keys[index] if keys else None, _shape(tensor.shape), _dtype(tensor))
            )
        return found
    spec = getattr(model, "_saved_model_inputs_spec", None)
    if spec is not None:
        if isinstance(spec, dict):
            return [(key, key, _shape(one.shape), _dtype(one)) for key, one in spec.items()]
        listed = spec if isinstance(spec, (list, tuple)) else [spec]
        return [
            (str(getattr(one, "name", index)), None, _shape(one.shape), _dtype(one))
            for index, one in enumerate(listed)
        ]
    shape = getattr(model, "_build_input_shape", None) or getattr(model, "_build_shapes_dict", None)
    if isinstance(shape, dict):
        shape = next(iter(shape.values()), None)
    if shape is not None:
        return [("input", None, _shape(shape), "float32")]
    return None


def _shape(shape):
    if hasattr(shape, "as_list"):
        shape = shape.as_list()
    sizes = [getattr(size, "value", size) for size in shape]  # TensorFlow 1 has Dimensions
    return [None if size is None else int(size) for size in sizes]


def _dtype(tensor):
    dtype = getattr(tensor, "dtype", "float32")
    return str(getattr(dtype, "name", dtype))


def _bounds(config):
    """Return {input's name: how its numbers are drawn} by following the graph to what looks up.

    The name ``None`` stands for the only input, where the model is a line of layers.
    """
    found = {}
    _follow(config, found)
    return found


def _follow(node, found):
    """Add the inputs of one model; return what its first input is to hold, for models around it."""
    config = node.get("config")
    layers = config if isinstance(config, list) else (config or {}).get("layers") or []
    if node.get("class_name") == "Sequential":
        for layer in layers:
            wanted = _wanted(layer)
            if wanted is not None:
                found[None] = wanted
                if isinstance(config, dict) and layers[0].get("class_name") == "InputLayer":
                    found[(layers[0].get("config") or {}).get("name")] = wanted
                return wanted
            if layer.get("class_name") not in _PASSING:
                return None
        return None
    feeds = {}
    by_name = {}
    for layer in layers:
        name = layer.get("name") or (layer.get("config") or {}).get("name")
        by_name[name] = layer
        for source in _sources(layer.get("inbound_nodes") or []):
            feeds.setdefault(source, []).append(name)
    first = None
    for name, layer in by_name.items():
        if layer.get("class_name") != "InputLayer":
            continue
        wanted = _reached(name, feeds, by_name)
        if wanted is not None:
            found[name] = wanted
            found.setdefault(None, wanted)
            first = first or wanted
    return first


def _reached(start, feeds, by_name):
    """Return the narrowest bound among what an input is handed to; words before numbers."""
    pending, seen, bounds = [start], {start}, []
    while pending:
        for name in feeds.get(pending.pop(), []):
            if name in seen or name not in by_name:
                continue
            seen.add(name)
            layer = by_name[name]
            wanted = _wanted(layer)
            if wanted is not None:
                bounds.append(wanted)
            elif layer.get("class_name") in _PASSING or "TensorFlowOp" in layer["class_name"]:
                pending.append(name)
    if not bounds:
        return None
    numbers = [bound for bound in bounds if bound[0] == "integers"]
    return min(numbers, key=lambda bound: bound[1]) if numbers else bounds[0]


def _wanted(layer):
    """Return what a layer wants to be fed, if it looks things up."""
    name = str(layer.get("class_name")).split(">")[-1]
    config = layer.get("config")
    if not isinstance(config, dict):
        return _follow(layer, {}) if isinstance(config, list) else None
    if name == "Embedding":
        return ["integers", int(config["input_dim"])]
    if name == "Masking":
        return ["masked", float(config.get("mask_value") or 0.0)]
    if name == "CategoryEncoding":
        return ["integers", int(config.get("num_tokens") or config.get("max_tokens") or 2)]
    if name in _WORDS:
        return ["words"]
    if name in _OPEN_NUMBERS:
        return ["integers", 9]
    if name == "Rescaling":
        return ["pixels"]
    if name in ("TimeDistributed", "Bidirectional") and isinstance(config.get("layer"), dict):
        return _wanted(config["layer"])
    if name in ("Model", "Functional", "Sequential"):
        return _follow(layer, {})
    return None


def _sources(value):
    """Yield the layers' names out of inbound nodes, however they are written."""
    if isinstance(value, dict):
        if value.get("class_name") == "__keras_tensor__":
            yield value["config"]["keras_history"][0]
            return
        value = list(value.values())
    if isinstance(value, (list, tuple)):
        if len(value) >= 3 and isinstance(value[0], str) and isinstance(value[1], int):
            yield value[0]
            value = value[3:]
        for one in value:
            for name in _sources(one):
                yield name


def draw(specs, seed, size=SIZES[0]):
    """Return an array for each spec, the same for the same seed in every version."""
    import numpy as np

    random = np.random.RandomState(zlib.crc32(str(seed).encode()) & 0x7FFFFFFF)
    found = []
    for spec in specs:
        shape = spec["shape"] or [None]
        open_size = size if len(shape) > 3 else min(size, SEQUENCE)
        rows = ROWS if shape[0] is None else shape[0]
        sizes = [rows] + [open_size if one is None else one for one in shape[1:]]
        found.append(_drawn(random, spec, sizes))
    return found


def _drawn(random, spec, sizes):
    import numpy as np

    kind = spec["drawn"]
    if kind[0] == "words":
        words = np.array(["", "the", "a", "model", "of", "two", "worlds", "zebra", "0", "1", "2"])
        texts = words[random.randint(0, len(words), [*sizes, 5])]
        flat = [" ".join(row) for row in texts.reshape(-1, 5)]
        one = words[random.randint(1, len(words), sizes)]
        # Every other row is a single word, for layers that look up whole texts.
        joined = np.array(flat).reshape(sizes).astype(object)
        joined[::2] = one[::2]
        return joined.astype(str)
    if kind[0] == "integers":
        whole = _ending_early(random.randint(0, max(1, min(kind[1], 2**31 - 1)), sizes), 0)
        dtype = spec["dtype"]
        return whole.astype("int32" if dtype == "string" else dtype)
    values = random.standard_normal(sizes)
    # Rows of several sizes: what saturates for one of them says something for another.
    if kind[0] == "pixels":
        values = np.floor(random.random_sample(sizes) * 256.0)
    elif kind[0] == "masked":
        values = _ending_early(values, kind[1])
    elif len(values) > 1:
        values[1::4] = random.random_sample(values[1::4].shape)
        values[2::4] *= 3.0
    if spec["dtype"].startswith(("int", "uint")):
        values = np.abs(values)
    dtype = spec["dtype"]
    return values.astype("float32" if dtype == "bfloat16" else dtype)


def _ending_early(values, filler):
    """Let every other sequence end half-way, so that a mask that gets lost is seen."""
    if values.ndim > 1:
        values[1::2, (values.shape[1] + 1) // 2 :] = filler
    return values


def arranged(specs, given):
    """Return a person's arrays in the model's order: by name where names fit, else as given."""
    if specs is None:
        return list(given.values())
    names = [spec["key"] or spec["name"] for spec in specs]
    if set(names) <= set(given):
        return [given[name] for name in names]
    if len(given) != len(specs):
        raise ValueError(
            "the model has the inputs %s, the file has %s" % (", ".join(names), ", ".join(given))
        )
    return list(given.values())
