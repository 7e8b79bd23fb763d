"""Build a reference model, its fixed inputs and targets; the same numbers in every environment.

Reads one family file of ``models/`` by path. All draws come from numpy's legacy RandomState, whose
stream is frozen. Python 3.6 to 3.13; numpy is imported inside.
"""

import importlib
import zlib

import framework

BATCH = 4


def family(path):
    """Run a family file and return its namespace."""
    with open(path, "rb") as file:
        source = file.read()
    # Classes of a person's own script live in __main__, and files carry that name.
    namespace = {"__name__": "__main__", "__file__": path}
    exec(compile(source, path, "exec"), namespace)
    return namespace


def draw(seed, specs):
    """Return one array of ``BATCH`` rows for each spec.

    A spec is ["normal", shape], ["integers", shape, number] or ["classes", number].
    """
    import numpy as np

    random = np.random.RandomState(zlib.crc32(seed.encode()) & 0x7FFFFFFF)
    found = []
    for spec in specs:
        if spec[0] == "normal":
            found.append(random.standard_normal([BATCH, *spec[1]]).astype("float32"))
        elif spec[0] == "integers":
            found.append(random.randint(0, spec[2], [BATCH, *spec[1]]).astype("int32"))
        elif spec[0] == "classes":
            found.append(random.randint(0, spec[1], [BATCH, 1]).astype("int32"))
        else:
            raise ValueError("unknown kind of input %r" % (spec[0],))
    return found


def inputs(namespace, model_id):
    """Return the names of the inputs and their arrays, in the family's order."""
    specs = namespace["INPUTS"][model_id]
    return list(specs), draw("inputs:" + model_id, list(specs.values()))


def targets(namespace, model_id, output_shapes):
    """Return training targets: those the family states, else normal numbers like the outputs."""
    stated = namespace.get("TARGETS", {}).get(model_id)
    specs = stated or [["normal", list(shape[1:])] for shape in output_shapes]
    return draw("targets:" + model_id, specs)


def is_fed_by_name(namespace, model_id):
    """Say whether a person feeds the model a dict: the family's ``BY_NAME`` lists such models."""
    return model_id in namespace.get("BY_NAME", ())


def architecture(namespace, model_id):
    """Return the function that builds what weights are loaded into.

    The model itself, or ``<model>_there`` where the loading side's code builds another one.
    """
    return namespace.get(model_id + "_there") or namespace[model_id]


def arguments(namespace, table, model_id):
    """Return what a person adds when saving or loading: the family's table for the model."""
    return dict(namespace.get(table, {}).get(model_id, {}))


def form(format_id):
    """Return the module that saves and loads a format.

    It has ``TARGET``, ``save`` and ``load`` or ``load_into``, the way a person types them (their
    bodies are printed in reproduction scripts); ``instead`` says what was written where it is not
    the format; ``predict`` is for what gives numbers and is no Keras model.
    """
    return importlib.import_module("formats." + format_id.replace("-", "_"))


def _settable(keras, model, current):
    """Return the weights in the order in which ``set_weights`` takes them.

    Old versions list what is trained first, and set layer by layer: the same unless some is frozen.
    """
    listed = framework.arrays_among(model.weights)
    if len(listed) < len(model.weights):  # with tables of lookups, versions go by the list
        return list(model.weights)
    values = framework.as_arrays(keras, listed)
    same = [one.tobytes() == other.tobytes() for one, other in zip(values, current)]
    if all(same):
        return listed
    return [variable for layer in model.layers for variable in layer.weights]


def set_weights(keras, model, seed):
    """Give every floating-point weight a fixed value that no initializer would give."""
    import numpy as np

    random = np.random.RandomState(zlib.crc32(seed.encode()) & 0x7FFFFFFF)
    values = []
    current = model.get_weights()
    for variable in _settable(keras, model, current):
        if hasattr(variable, "num_tensors"):  # a lookup's table, which is no array, until 2.5
            values += [current.pop(0) for _ in range(variable.num_tensors)]
            continue
        initial = current.pop(0)
        if np.asarray(initial).dtype.kind != "f":
            values.append(initial)
            continue
        drawn = random.standard_normal(initial.shape) * 0.3
        if "variance" in variable.name:
            drawn = np.abs(drawn) + 0.5
        values.append(drawn.astype(initial.dtype))
    model.set_weights(values)
    for layer in getattr(model, "layers", None) or []:
        # Keras 3 goes on with the mean and variance that Normalization had before.
        finalize = getattr(layer, "finalize_state", None)
        if finalize is not None:
            finalize()


def custom_objects(namespace, keras, model_id):
    """Return what a person passes as custom_objects when loading: a dict, or ``None``.

    ``<model>_objects_there`` defines them where the loading side's code is not the saving side's. A
    family's ``REGISTERED`` models register their classes instead; for its ``WITHHELD`` ones the
    person has no definition at all.
    """
    define = namespace.get(model_id + "_objects_there") or namespace.get(model_id + "_objects")
    if define is None or model_id in namespace.get("WITHHELD", ()):
        return None
    objects = define(keras)
    return None if model_id in namespace.get("REGISTERED", ()) else objects
