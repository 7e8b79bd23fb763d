"""What an endpoint is fed whose inputs are all that is known of it: a file states their types.

Texts may be records (tf.Example) or pictures; the graph says which, by the operations that read
them. Python 3.6 to 3.13; frameworks are imported inside.
"""

import drawing

RANKS = (2, 4, 1, 3)
"""How many axes are tried for an input that does not say, in this order."""
RECORDS = ("ParseExample", "ParseExampleV2", "ParseSingleExample")
PICTURES = ("DecodeJpeg", "DecodePng", "DecodeImage", "DecodeAndCropJpeg", "DecodeBmp", "DecodeGif")
SIDE = 96
"""Pixels of a picture's side."""


def specs(stated, operations):
    """Return lists of specs to try in this order, as ``drawing.draw`` takes them.

    ``operations`` are the NodeDefs of the graph.
    """
    nodes = list(operations)
    kinds = {node.op for node in nodes}
    texts = ["words"]
    if kinds & set(RECORDS):
        texts = ["records", _features(nodes)]
    elif kinds & set(PICTURES):
        texts = ["pictures"]
    ranks = RANKS if any(shape is None for _, shape, _ in stated) else (None,)
    return [[_spec(one, texts, rank) for one in stated] for rank in ranks]


def _spec(stated, texts, rank):
    name, shape, dtype = stated
    return {
        "name": name,
        "key": name,
        "shape": [None] * rank if shape is None else list(shape),
        "dtype": dtype,
        "drawn": texts if dtype == "string" else _drawn(shape, dtype),
    }


def _drawn(shape, dtype):
    if shape is not None and not len(shape):
        return ["fixed"]  # a switch or a rate: of training, and of what is dropped
    return ["integers", 2] if dtype.startswith(("int", "uint", "bool")) else ["normal"]


def suited(listed, seed, call):
    """Return the first (specs, arrays, what ``call(arrays)`` gave) that says something."""
    plain = [_as_drawn(one) for one in listed]

    def made(arrays):
        return [_made(one, array, seed) for one, array in zip(listed, arrays)]

    _, arrays, found = drawing.suited(plain, seed, lambda arrays: call(made(arrays)))
    return listed, made(arrays), found


def _as_drawn(spec):
    """Return a spec that ``drawing`` knows, for what is made of the array that it draws."""
    if spec["drawn"][0] in ("records", "pictures"):
        return dict(spec, dtype="float32", drawn=["normal"])
    if spec["drawn"] == ["fixed"]:
        return dict(spec, shape=[1], dtype="float32", drawn=["normal"])
    return spec


def _made(spec, array, seed):
    import numpy as np

    kind = spec["drawn"][0]
    if kind == "fixed":
        return np.array(spec["dtype"] != "bool").astype(spec["dtype"].replace("string", "U1"))
    if kind == "records":
        chance = np.random.RandomState(array.size)
        return np.array([_record(spec["drawn"][1], chance) for _ in array.ravel()]).reshape(
            array.shape
        )
    if kind == "pictures":
        chance = np.random.RandomState(array.size)
        return np.array([_picture(chance) for _ in array.ravel()]).reshape(array.shape)
    return array


def _features(nodes):
    """Return [[name, type, how many]] of what the graph reads in a record, -1 where any number."""
    by_name = {node.name: node for node in nodes}
    found = []
    for node in nodes:
        if node.op not in RECORDS:
            continue
        types = [_type(one) for one in node.attr["Tdense"].list.type]
        sparse = [_type(one) for one in node.attr["sparse_types"].list.type]
        shapes = [[dim.size for dim in one.dim] for one in node.attr["dense_shapes"].list.shape]
        keys, sparse_keys = _keys(node, by_name, len(sparse), len(shapes))
        for key, kind, shape in zip(keys, types, shapes):
            size = 1
            for one in shape:
                size *= max(one, 1)
            found.append([key, kind, size])
        found += [[key, kind, 1] for key, kind in zip(sparse_keys, sparse)]
    return found


def _type(number):
    from tensorflow.python.framework import dtypes

    return dtypes.as_dtype(number).name


def _keys(node, by_name, sparse, dense):
    """Return the names that a record's parts have, dense ones and sparse ones."""
    if node.op == "ParseSingleExample":
        kinds = ("dense_keys", "sparse_keys")
        return [[one.decode() for one in node.attr[kind].list.s] for kind in kinds]
    inputs = [_texts(by_name.get(one.split(":")[0])) for one in node.input]
    if node.op == "ParseExampleV2":  # serialized, names, sparse keys, dense keys, ragged keys
        return inputs[3], inputs[2]
    # serialized, names, then a key each
    sparse_keys = [one for texts in inputs[2 : 2 + sparse] for one in texts]
    dense_keys = [one for texts in inputs[2 + sparse : 2 + sparse + dense] for one in texts]
    return dense_keys, sparse_keys


def _texts(node):
    """Return the texts that a constant of the graph holds."""
    import numpy as np

    if node is None or node.op != "Const":
        return []
    from tensorflow.python.framework import tensor_util

    value = tensor_util.MakeNdarray(node.attr["value"].tensor)
    return [one.decode() for one in np.ravel(value)]


def _record(features, chance):
    """Return a record as bytes, with a part at its end that nobody asks for.

    Without it the bytes might end in a nought, which an array of bytes drops.
    """
    import tensorflow as tf

    train = tf.train
    made = {}
    for name, kind, size in features:
        if kind == "string":
            words = [b"a", b"b", b"the", b"model"]
            values = [words[index] for index in chance.randint(0, len(words), size)]
            made[name] = train.Feature(bytes_list=train.BytesList(value=values))
        elif kind == "int64":
            values = chance.randint(0, 2, size)
            made[name] = train.Feature(int64_list=train.Int64List(value=values))
        else:
            values = chance.standard_normal(size)
            made[name] = train.Feature(float_list=train.FloatList(value=values))
    end = {"~": train.Feature(bytes_list=train.BytesList(value=[b"~"]))}
    whole = train.Example(features=train.Features(feature=made)).SerializeToString()
    return whole + train.Example(features=train.Features(feature=end)).SerializeToString()


def _picture(chance):
    """Return a picture as the bytes of a PNG."""
    import struct
    import zlib

    pixels = chance.randint(0, 256, (SIDE, SIDE, 3)).astype("uint8")
    rows = b"".join(b"\0" + row.tobytes() for row in pixels)

    def chunk(kind, data):
        checked = struct.pack(">I", zlib.crc32(kind + data) & 0xFFFFFFFF)
        return struct.pack(">I", len(data)) + kind + data + checked

    head = struct.pack(">IIBBBBB", SIDE, SIDE, 8, 2, 0, 0, 0)
    parts = (chunk(b"IHDR", head), chunk(b"IDAT", zlib.compress(rows)), chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)
