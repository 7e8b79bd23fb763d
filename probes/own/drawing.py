"""What a loaded model is fed: the shapes and types it states, numbers within what it can look up.

A spec is {"name", "shape", "dtype", "key" (if fed by name), "drawn"}; ``drawn`` is ["normal"],
["pixels"], ["masked", value], ["integers", bound] or ["words", more texts to draw from]. All draws
come from numpy's legacy RandomState, whose stream is frozen. Python 3.6 to 3.13.
"""

import zlib

ROWS = 4
SIZES = (32, 8, 16, 64, 96, 128, 224, 256, 512)
"""Pixels tried, in this order, for each side of an image that its shape leaves open."""
LENGTHS = (12, 8, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384)
"""Steps tried, in this order, for what any other shape leaves open: a layer may cut thousands."""
IMAGE = 4  # axes, the rows among them
MOST = 2**24
"""Most numbers of an array of which sizes are only tried."""
SAME = 3
"""How often the same may be raised again before further sizes are no longer tried."""
WORDS = 50
"""Most texts of a vocabulary that are drawn from."""

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


def specs(model, config, stated=()):
    """Return the specs of the model's inputs in the order of predict, or ``None``.

    ``stated`` are those that its file states, [name, shape, dtype], for a model that says none.
    """
    bounds = _bounds(config)
    listed = _of_tensors(model) or [
        (name, None, _shape(shape), dtype) for name, shape, dtype in stated
    ]
    listed = listed or _of_build(model, bounds.get(None))
    if not listed:
        return None
    words = _words(model)
    found = []
    for name, key, shape, dtype in listed:
        drawn = bounds.get(name)
        if drawn is None and len(listed) == 1 and bounds:
            drawn = bounds.get(None)
        if drawn is None:
            drawn = _unbound(dtype, shape)
        if drawn == ["words"] and dtype.startswith(("int", "float")):
            drawn = ["integers", 9]
        if dtype == "string":  # of what is looked up or hashed, either
            drawn = ["words", *words]
        found.append(
            {
                "name": name,
                "key": key,
                "shape": shape,
                "dtype": dtype,
                "drawn": drawn,
            }
        )
    return found


def _unbound(dtype, shape):
    """Return what is drawn where no layer looks it up: of a picture in bytes all that there are."""
    if dtype == "uint8" and len(shape or ()) >= IMAGE:
        return ["pixels"]
    return ["integers", 2] if dtype.startswith(("int", "uint", "bool")) else ["normal"]


def _words(model):
    """Return some of the texts that the model's layers look up: what is unknown says little."""
    found = []
    for layer in getattr(model, "layers", None) or []:
        found += _words(layer)
        try:
            known = layer.get_vocabulary()
        except Exception:  # it has none, or wants to be adapted first
            continue
        listed = [
            one.decode("utf-8", "replace") if isinstance(one, bytes) else one for one in known
        ]
        found += [one for one in listed if isinstance(one, str)][:WORDS]
    return found[:WORDS]


def attempts(specs):
    """Yield (number, specs) of what may suit the model, the likeliest first; ``draw`` takes both.

    Sizes that the shapes leave open are varied; and whole numbers stand in for others at last, for
    a layer of one's own may look them up.
    """
    drawn = {}
    for number in range(max(len(SIZES), len(LENGTHS))):
        sizes = tuple(tuple(_sizes(one, number)) for one in specs)
        if not number or all(map(_is_bearable, sizes)):
            drawn.setdefault(sizes, number)
    for number in drawn.values():
        yield number, specs
    whole = [
        dict(spec, drawn=["integers", 2]) if spec["drawn"] == ["normal"] else spec for spec in specs
    ]
    if whole != specs:
        for number in drawn.values():
            yield number, whole


def _sizes(spec, attempt):
    """Return the sizes of an array for a spec, the rows first."""
    shape = spec["shape"] or [None]
    tried = SIZES if len(shape) >= IMAGE else LENGTHS
    size = tried[min(attempt, len(tried) - 1)]
    return [ROWS if shape[0] is None else shape[0]] + [size if n is None else n for n in shape[1:]]


def _is_bearable(sizes):
    elements = 1
    for one in sizes:
        elements *= one
    return elements <= MOST


def suited(specs, seed, predict):
    """Return the first (specs, arrays, what ``predict(arrays)`` gave) that says something.

    Outputs that are empty, or hold not one number, say nothing: TensorFlow 1.15 cuts a sequence
    down to nothing without a word. ``predict`` returns (structure, [(name, array)]). What it raises
    at all of them is raised, as it was raised at the first.
    """
    first = refused = None
    said = {}
    for number, listed in attempts(specs):
        if said.get(listed is specs, 0) >= SAME:
            continue  # what other sizes do not change is not about sizes
        arrays = draw(listed, seed, number)
        try:
            found = listed, arrays, predict(arrays)
        except Exception as error:
            again = refused is not None and str(error) == str(refused)
            said[listed is specs] = said.get(listed is specs, 0) + again
            if refused is None:
                refused = error
            continue
        if all(map(_says_something, (array for _, array in found[2][1]))):
            return found
        first = first or found
    if first is None:
        raise refused
    return first


def _says_something(array):
    import numpy as np

    array = np.asarray(array)
    return array.size > 0 and (array.dtype.kind != "f" or bool(np.isfinite(array).any()))


def _of_tensors(model):
    """Return [(name, key, shape, dtype)] as the model's own tensors say; nothing if it has none."""
    struct = getattr(model, "_inputs_struct", None)  # Keras 3
    if struct is None:
        struct = getattr(model, "_nested_inputs", None)
    tensors = getattr(model, "inputs", None)
    if tensors is None:
        tensors = getattr(model, "_saved_model_inputs_spec", None)
    if isinstance(struct, dict):
        tensors = struct
    if tensors is None:
        return []
    if isinstance(tensors, dict):
        if not all(hasattr(one, "shape") for one in tensors.values()):
            return []  # inputs in inputs
        return [(str(key), key, _shape(one.shape), _dtype(one)) for key, one in tensors.items()]
    tensors = tensors if isinstance(tensors, (list, tuple)) else [tensors]
    names = list(getattr(model, "input_names", None) or [])
    found = []
    for index, tensor in enumerate(tensors):
        name = str(getattr(tensor, "name", index)).split(":")[0]
        name = names[index] if index < len(names) else name
        found.append((name, None, _shape(tensor.shape), _dtype(tensor)))
    return found


def _of_build(model, first):
    """Return the only input of a model that says no more than for which shape it was built."""
    shape = getattr(model, "_build_input_shape", None) or getattr(model, "_build_shapes_dict", None)
    if isinstance(shape, dict):
        shape = next(iter(shape.values()), None)
    if first == ["words"]:  # a vectorizer alone takes a text a row
        return [("input", None, [None, 1], "string")]
    if shape is None:
        return []
    return [("input", None, [None, *_shape(shape)[1:]], "float32")]  # whatever it was built with


def _shape(shape):
    """Return sizes, None where one is open; none at all where not even their number is known."""
    if hasattr(shape, "as_list"):
        shape = shape.as_list() if shape.ndims is not None else ()
    sizes = [getattr(size, "value", size) for size in shape or ()]  # TensorFlow 1 has Dimensions
    return [None if size is None else int(size) for size in sizes]


def _dtype(tensor):
    dtype = getattr(tensor, "dtype", "float32")
    return str(getattr(dtype, "name", dtype))


def _bounds(config):
    """Return {input's name: how its numbers are drawn} by following the graph to what looks up.

    The name ``None`` stands for the only input, where the model is a line of layers. Of a
    configuration that is written otherwise than Keras writes its own, nothing is known.
    """
    found = {}
    try:
        if config:
            _follow(config, found)
    except Exception:  # layers of somebody's own, with any arguments under any names
        return {}
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


def draw(specs, seed, attempt=0):
    """Return an array for each spec, the same for the same seed and attempt in every version."""
    import numpy as np

    random = np.random.RandomState(zlib.crc32(str(seed).encode()) & 0x7FFFFFFF)
    return [_drawn(random, spec, _sizes(spec, attempt)) for spec in specs]


def _drawn(random, spec, sizes):
    import numpy as np

    kind = spec["drawn"]
    if kind[0] == "words":
        others = ["", "the", "a", "model", "of", "two", "worlds", "zebra", "0", "1", "2"]
        known = kind[1:]
        again = 2 * len(others) // len(known) + 1 if known else 0  # two of three texts are known
        words = np.array(others + known * again)
        texts = words[random.randint(0, len(words), [*sizes, 5])]
        flat = [" ".join(row) for row in texts.reshape(-1, 5)]
        one = words[random.randint(1, len(words), sizes)]
        # Every other row is a single word, for layers that look up whole texts.
        joined = np.array(flat).reshape(sizes).astype(object)
        joined[::2] = one[::2]
        return joined.astype(str)
    if kind[0] == "integers":
        dtype = spec["dtype"]
        most = 2**31 - 1
        if dtype.startswith(("int", "uint")):
            most = min(most, np.iinfo(dtype).max)
        whole = _ending_early(random.randint(0, max(1, min(kind[1], most)), sizes), 0)
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
