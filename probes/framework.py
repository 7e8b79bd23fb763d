"""Find Keras and read a model's state through whatever API its version has; Python 3.6 to 3.13.

Nothing here judges. Functions that read optional state return ``None`` where a version has none.
"""


def find(imports):
    """Import and return the module a person calls keras: tensorflow.keras, keras or tf_keras."""
    if imports == "tensorflow.keras":
        import tensorflow as tf

        keras = tf.keras
        getattr(keras, "layers", None)  # TensorFlow 1.15 to 2.21 load it lazily; load it now
        dir(getattr(tf, "contrib", None))  # 1.15 would load it in every child
        return keras
    return __import__(imports)


def pin_threads(imports):
    """Let TensorFlow compute on one thread, so that numbers repeat; safe before a fork."""
    if imports == "keras":
        import os

        if os.environ.get("KERAS_BACKEND") in ("jax", "torch", "theano", "cntk"):
            if os.environ["KERAS_BACKEND"] == "torch":
                import torch

                torch.set_num_threads(1)
            return
    import tensorflow as tf

    threading = getattr(getattr(tf, "config", None), "threading", None)
    if threading is not None:
        threading.set_intra_op_parallelism_threads(1)
        threading.set_inter_op_parallelism_threads(1)
        return
    import os

    # TensorFlow 1.12 and 1.13 start a thread for each processor that they may use; with two, Adam
    # reads its step counter before or after it is raised.
    if hasattr(os, "sched_setaffinity"):
        usable = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, [usable[os.getpid() % len(usable)]])


def is_keras_3(keras):
    return hasattr(keras, "ops")


def as_arrays(keras, variables):
    """Return the values of variables as numpy arrays."""
    import numpy as np

    variables = list(variables)
    if is_keras_3(keras):
        return [np.array(keras.ops.convert_to_numpy(variable)) for variable in variables]
    return [np.array(value) for value in keras.backend.batch_get_value(variables)]


def owners(model, prefix=""):
    """Return [(path, variables)] of every layer that holds weights itself, depth first.

    Last come those that a model holds beside its layers, under the name ``self``.
    """
    found = []
    for layer in getattr(model, "layers", None) or []:
        path = prefix + layer.name
        if getattr(layer, "layers", None) and hasattr(layer, "get_layer"):
            found += owners(layer, path + "/")
        else:
            found.append((path, arrays_among(layer.weights)))
    held = {id(variable) for _, variables in found for variable in variables}
    own = [one for one in arrays_among(model.weights) if id(one) not in held]
    return [*found, (prefix + "self", own)] if own else found


def arrays_among(weights):
    """Leave out the tables of lookups, which TensorFlow 2.3 to 2.5 lists among the weights."""
    return [one for one in weights if not hasattr(one, "num_tensors")]


def named_weights(keras, model):
    """Return [(path/index, array)] for every weight, in a name scheme equal in all versions."""
    found, seen = [], {}
    for stem, variables in owners(model):
        # Two layers of a subclassed model may have one name.
        seen[stem] = seen.get(stem, 0) + 1
        path = stem if seen[stem] == 1 else "%s#%d" % (stem, seen[stem])
        found += [("%s/%d" % (path, index), variable) for index, variable in enumerate(variables)]
    values = as_arrays(keras, [variable for _, variable in found])
    return list(zip((name for name, _ in found), values))


def outputs(value):
    """Return (structure, [(name, array)]) of what predict gave; "1/0" is in the second."""
    if isinstance(value, dict):
        return "dict", list(_flat(value))
    if isinstance(value, (list, tuple)):
        return "list", list(_flat(value))
    return "array", list(_flat([value]))


def _flat(value, before=""):
    """Yield (name, array) of what is in lists and dicts, and of what is in these."""
    import numpy as np

    listed = isinstance(value, (list, tuple))
    for key in range(len(value)) if listed else sorted(value):
        one, name = value[key], before + str(key)
        if isinstance(one, (dict, list, tuple)):
            for found in _flat(one, name + "/"):
                yield found
        else:
            yield name, np.asarray(one)


def fed(arrays, names=None):
    """Return arrays as a person hands them over: by name, one alone, or several as a list."""
    if names is not None:
        return dict(zip(names, arrays))
    return arrays[0] if len(arrays) == 1 else list(arrays)


def predict(model, inputs):
    return model.predict(inputs, verbose=0)


def train_once(model, inputs, targets, eagerly=True):
    """Take one training step and return [loss, metric, ...]; eagerly where the version can.

    Eager execution spares tracing a graph for a single step (10 to 30 times less CPU, measured);
    TensorFlow 1.x has graphs only. What a SavedModel restored is a graph, and TensorFlow 2.1 finds
    no gradient of its loops eagerly: there a step is to be taken as it comes.
    """
    reset = getattr(model, "reset_metrics", None)
    if reset is not None:
        reset()
    if eagerly and runs_eagerly(model):
        model.run_eagerly = True
    given = model.train_on_batch(inputs, targets)
    import numpy as np

    listed = given if isinstance(given, (list, tuple)) else [given]
    return [float(one) for each in listed for one in np.ravel(each)]


def is_random(keras, model, inputs):
    """Say whether training draws random numbers, so that no two steps are alike.

    Asked by calling the model twice as in training, which may change it; a model that has graphs
    only is not asked.
    """
    import numpy as np

    if not runs_eagerly(model):
        return False
    drawn = []
    for _ in range(2):
        value = model(inputs, training=True)
        values = value.values() if isinstance(value, dict) else value
        values = values if isinstance(value, (dict, list, tuple)) else [value]
        if is_keras_3(keras):
            values = [keras.ops.convert_to_numpy(one) for one in values]
        drawn.append([np.asarray(one).tobytes() for one in values])
    return drawn[0] != drawn[1]


def runs_eagerly(model):
    """Say whether the model can train without a graph: everywhere but in TensorFlow 1.x."""
    import sys

    tensorflow = sys.modules.get("tensorflow")
    return hasattr(model, "run_eagerly") and (
        tensorflow is None or not tensorflow.__version__.startswith("1.")
    )


def trainable(model):
    """Return whether the model is, and the paths of the layers that are not.

    Depth first, in the names of ``owners``; a layer inside a frozen one is told as it says itself.
    """
    frozen = [path for path, layer in layers_of(model) if not layer.trainable]
    return {"model": bool(model.trainable), "frozen": frozen}


def layers_of(model, prefix=""):
    """Yield (path, layer) of all layers, those of models within behind the model; depth first."""
    for layer in getattr(model, "layers", None) or []:
        path = prefix + layer.name
        yield path, layer
        if hasattr(layer, "get_layer"):
            for one in layers_of(layer, path + "/"):
                yield one


def signatures(model):
    """Return what a loaded SavedModel is called by, or ``None`` where it is no such thing.

    By name: the shape and dtype of each input and output, as ``structured_input_signature`` and
    ``structured_outputs`` of TensorFlow's concrete functions state them.
    """
    found = getattr(model, "signatures", None)
    if not found or not hasattr(found, "items"):
        return None
    return {
        str(name): {
            "inputs": _specs(one.structured_input_signature[1]),
            "outputs": _specs(one.structured_outputs),
        }
        for name, one in sorted(found.items())
        if hasattr(one, "structured_outputs")
    }


def _specs(named):
    if not hasattr(named, "items"):
        return None
    return {
        str(name): {
            "shape": None if one.shape.rank is None else one.shape.as_list(),
            "dtype": one.dtype.name,
        }
        for name, one in sorted(named.items())
        if hasattr(one, "dtype")
    }


def is_compiled(model):
    return getattr(model, "optimizer", None) is not None


def optimizer(keras, model):
    """Return the optimizer's class, settings and the size of each state variable, or ``None``."""
    import numpy as np

    from compare import number

    found = getattr(model, "optimizer", None)
    if found is None:
        return None
    kind = type(found)
    facts = {"class": kind.__name__, "module": kind.__module__, "settings": {}, "iterations": None}
    for key, value in found.get_config().items():
        if isinstance(value, (bool, str)) or value is None:
            facts["settings"][key] = value
        elif isinstance(value, (int, float, np.generic)) or getattr(value, "shape", None) == ():
            facts["settings"][key] = number(value)
        else:
            facts["settings"][key] = type(value).__name__
    if getattr(found, "iterations", None) is not None:
        facts["iterations"] = int(as_arrays(keras, [found.iterations])[0])
    facts["slots"] = _slots(keras, found)
    return facts


def _slots(keras, found):
    """Return [shape, L2] of every state variable with dimensions, in the optimizer's own order."""
    import numpy as np

    from compare import number

    variables = getattr(found, "variables", None)
    if variables is None:
        variables = getattr(found, "weights", [])
    if callable(variables):
        variables = variables()
    values = as_arrays(keras, variables)
    return [
        [list(value.shape), number(np.sqrt(np.square(value.astype("float64")).sum()))]
        for value in values
        if value.ndim and value.dtype.kind == "f"
    ]


def versions(keras):
    """Return the versions that the framework and its companions report from inside."""
    import platform
    import sys

    found = {"python": platform.python_version()}
    version = getattr(keras, "__version__", None)
    if version is None and "keras" in sys.modules:
        version = getattr(sys.modules["keras"], "__version__", None)
    found["keras"] = str(version)
    for name in ("tensorflow", "numpy", "h5py", "jax", "torch"):
        if name in sys.modules:
            found[name] = str(getattr(sys.modules[name], "__version__", ""))
    return found
