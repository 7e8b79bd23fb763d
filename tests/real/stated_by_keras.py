"""Load files with the Keras of this environment and write down what it says of each.

    python stated_by_keras.py PROBES IMPORTS JOBS ANSWERS

Run by ``inspecting.py`` inside an environment: Python 3.6 to 3.13, standard library at the top.
"""

import json
import os
import sys
import traceback


def load(keras, reference, job):
    namespace = reference.family(job["family"])
    folder, path = os.path.dirname(job["path"]), job["path"]
    objects = reference.custom_objects(namespace, keras, job["model"])
    if job["model"] in namespace.get("WITHHELD", ()):
        objects = namespace[job["model"] + "_objects"](keras)
    if job["format"] in ("weights-h5", "checkpoint"):
        model = namespace[job["model"]](keras)
        loaded = model.load_weights(path)
        if hasattr(loaded, "expect_partial"):
            loaded.expect_partial()
        return model
    if job["format"] == "json":
        with open(path) as file:
            model = keras.models.model_from_json(file.read(), custom_objects=objects)
        model.load_weights(os.path.join(folder, "model.weights.h5"))
        return model
    options = {}
    if hasattr(keras, "ops") or "safe_mode" in keras.models.load_model.__code__.co_varnames:
        options["safe_mode"] = False
    return keras.models.load_model(path, custom_objects=objects, **options)


def facts(keras, framework, model):
    optimizer = getattr(model, "optimizer", None)
    return {
        "class": type(model).__name__,
        "name": model.name,
        "layers": layers(model),
        "parameters": model.count_params(),
        "trainable": sum(size(one) for one in model.trainable_weights),
        "inputs": [tensor(one) for one in model.inputs or []],
        "input_names": list(getattr(model, "input_names", None) or []),
        "outputs": [tensor(one) for one in model.outputs or []],
        "output_names": list(getattr(model, "output_names", None) or []),
        "policies": policies(model),
        "optimizer": optimizer and state(keras, framework, optimizer),
        "loss": loss(model),
    }


def layers(model, inside=None):
    found = []
    for layer in model.layers:
        if type(layer).__name__ == "InputLayer":
            continue
        found.append([layer.name, type(layer).__name__, inside])
        if hasattr(layer, "layers") and hasattr(layer, "get_layer"):
            found += layers(layer, layer.name)
        elif hasattr(getattr(layer, "layer", None), "layers"):
            found += layers(layer.layer, layer.name)
    return found


def policies(model):
    found = {}
    for layer in model.layers:
        policy = getattr(layer, "dtype_policy", None) or getattr(layer, "_dtype_policy", None)
        name = getattr(policy, "name", None)
        if type(layer).__name__ != "InputLayer" and isinstance(name, str):
            found[layer.name] = name
    return found


def tensor(one):
    if hasattr(one, "_keras_shape"):  # Keras on Theano
        sizes = list(one._keras_shape)
    else:
        shape = one.shape
        sizes = shape.as_list() if hasattr(shape, "as_list") else list(shape)
    dtype = getattr(one.dtype, "name", None) or str(one.dtype)
    return {"shape": [None if one is None else int(one) for one in sizes], "dtype": dtype}


def size(variable):
    if hasattr(variable, "get_value"):
        return int(variable.get_value().size)
    shape = variable.shape
    number = 1
    for one in shape.as_list() if hasattr(shape, "as_list") else shape:
        number *= int(one)
    return number


def state(keras, framework, optimizer):
    found = {"class": type(optimizer).__name__, "rate": None, "iterations": None, "arrays": None}
    for key, names in (("rate", ("learning_rate", "lr")), ("iterations", ("iterations",))):
        for name in names:
            value = getattr(optimizer, name, None)
            if value is not None and not callable(value):
                found[key] = float(framework.as_arrays(keras, [value])[0])
                break
    held = getattr(optimizer, "variables", None)
    held = held() if callable(held) else held
    held = optimizer.weights if held is None else held  # Keras's own before TensorFlow 1.14
    found["arrays"] = sum(1 for one in held if dimensions(one) > 0)
    return found


def dimensions(variable):
    symbolic = hasattr(variable, "get_value")  # Theano, where a shape is a computation
    return variable.ndim if symbolic else len(variable.shape)


def stored_state(path, found):
    """Put in what TensorFlow reads in the file: Keras up to 2.15 restores it at the first step."""
    import tensorflow as tf

    for key, _ in tf.train.list_variables(path + "/variables/variables"):
        parts = key.split("/")
        if "optimizer" in parts and parts[-3] in ("iter", "_iterations", "iterations"):
            found["iterations"] = float(tf.train.load_variable(path + "/variables/variables", key))
    found["arrays"] = sum(
        1
        for key, shape in tf.train.list_variables(path + "/variables/variables")
        if shape and (".OPTIMIZER_SLOT" in key or key.startswith("optimizer/"))
    )


def stored_arrays(path):
    """Count what h5py finds in the file: Keras 3 does not restore an optimizer from HDF5."""
    import h5py

    with h5py.File(path, "r") as file:
        state = file.get("optimizer_weights")
        names = [] if state is None else list(state.attrs["weight_names"])
        return sum(1 for name in names if len(state[name].shape) > 0)


def loss(model):
    value = getattr(model, "loss", None)
    return value if isinstance(value, str) else None


def main():
    probes, imports, jobs, answers = sys.argv[1:]
    sys.path.insert(0, probes)
    import framework
    import reference

    keras = framework.find(imports)
    with open(jobs) as file:
        todo = json.load(file)
    with open(answers, "w") as out:
        for job in todo:
            try:
                said = facts(keras, framework, load(keras, reference, job))
                if job["format"] == "savedmodel" and said["optimizer"]:
                    stored_state(job["path"], said["optimizer"])
                if job["format"] == "h5" and said["optimizer"]:
                    said["optimizer"]["arrays"] = stored_arrays(job["path"])
            except Exception as error:
                lines = traceback.format_exc().splitlines()
                said = {
                    "error": "%s: %s | %s" % (type(error).__name__, str(error)[:200], lines[-3])
                }
            said["path"] = job["path"]
            said["keras_version"] = getattr(keras, "__version__", None)
            out.write(json.dumps(said) + "\n")
            out.flush()


if __name__ == "__main__":
    main()
