"""Weights alone, put into the model that a person's function builds, and how much of them arrived.

Job: ``build`` (see own/custom.py), ``model`` (the file, the list of shards, or a checkpoint's
prefix), ``layout`` ("layers", "objects", "shards", "checkpoint" or "names"), ``backend`` (what
wrote it, where a person says so), ``folder``. Python 3.6 to 3.13; frameworks are imported inside.
"""

import os
import shutil

import custom
from digests import digest

OWN = ("Adam", "Momentum", "RMSProp", "Adagrad", "Adadelta", "Ftrl", "ExponentialMovingAverage")
"""What variables of optimizers in TensorFlow 1 end in, perhaps with a number behind."""
COUNTERS = ("beta1_power", "beta2_power", "global_step", "iterations", "decay", "learning_rate")


def built(keras, job):
    """Return the model that the function gives, without weights of the file."""
    model = custom.built(keras, job["build"])
    if not hasattr(model, "load_weights"):
        raise TypeError("%s returned no model" % job["build"]["factory"])
    if not getattr(model, "weights", None):
        raise ValueError(
            "the model of %s has no weights yet: let the function call it once, or give it an Input"
            % job["build"]["factory"]
        )
    return model


def filled(keras, job, facts):
    """Return the model with the weights of the file; ``facts`` get how they were ``filled``."""
    facts["phase"] = "build"
    model = built(keras, job)
    facts["phase"] = "load"
    facts["filled"] = FROM[job["layout"]](keras, model, job)
    return model


def _from_layers(keras, model, job):
    import h5py

    path = os.path.join(job["folder"], "weights.h5")
    shutil.copyfile(job["model"], path)
    os.chmod(path, 0o600)
    with h5py.File(path, "r+") as file:
        if job.get("backend"):
            file.attrs["backend"] = job["backend"].encode()
        owners = [
            name for name in _texts(file, "layer_names") if _texts(file[name], "weight_names")
        ]
        stored = _stored(file)
    holding = [layer for layer in model.layers if layer.weights]
    into = model
    if len(owners) == 1 < len(holding):
        # What multi_gpu_model put around it: the model was one layer of another one.
        inputs = [keras.Input(batch_shape=one.shape) for one in model.inputs]
        into = keras.Model(inputs, model(inputs if len(inputs) > 1 else inputs[0]))
    into.load_weights(path)
    return _arrived(keras, model, stored)


def _from_objects(keras, model, job):
    import h5py

    path = os.path.join(job["folder"], "model.weights.h5")
    with h5py.File(job["model"], "r") as file, h5py.File(path, "w") as plain:
        for name, value in file.attrs.items():
            plain.attrs[name] = value
        for name in file:
            _copied(file[name], plain, name.replace("\\\\", "/").replace("\\", "/"))
        stored = _stored(plain)
    model.load_weights(path)
    return _arrived(keras, model, stored)


def _copied(found, into, name):
    """Copy what has a name that was joined as another system joins names."""
    import h5py

    if not isinstance(found, h5py.Group):
        into.copy(found, name)
        return
    group = into.require_group(name)
    for key, value in found.attrs.items():
        group.attrs[key] = value
    for key in found:
        _copied(found[key], group, key.replace("\\", "/"))


def _from_shards(keras, model, job):
    model.load_weights(job["model"])


def _from_checkpoint(keras, model, job):
    if hasattr(keras, "ops"):
        raise ValueError("Keras 3 loads no checkpoints of TensorFlow")
    status = model.load_weights(job["model"])
    status.assert_existing_objects_matched()


def _from_names(keras, model, job):
    """Set variables by the names that a Saver of TensorFlow 1 knows them by."""
    import framework
    import tensorflow as tf

    reader = tf.train.load_checkpoint(job["model"])
    stored = reader.get_variable_to_shape_map()
    names = {_name(one): one for one in model.weights}
    before = _before(names, stored)
    inner = {name.partition("/")[2]: one for name, one in names.items()}
    own = {name.partition("/")[0] for name in names}
    if before is None and len(own) == 1 and all("/" in name for name in inner):
        before = _before(inner, stored)  # without the model's own name, which Keras 3 begins with
        names = inner if before is not None else names
    if before is None:
        missing = sorted(name for name in names if name not in stored)
        raise ValueError(
            "the checkpoint has no variables %s; it has %s"
            % (", ".join(missing[:6]), ", ".join(sorted(stored)[:12]))
        )
    for name, variable in names.items():
        array = reader.get_tensor(before + name)
        if tuple(array.shape) != tuple(variable.shape):
            raise ValueError(
                "%s has the shape %s, and in the checkpoint %s"
                % (name, tuple(variable.shape), tuple(array.shape))
            )
        if framework.is_keras_3(keras):
            variable.assign(array)
        else:
            keras.backend.set_value(variable, array)
    left = set(stored) - {before + name for name in names}
    return {"unheld": sorted(name for name in left if not _is_own(name))}


def _name(variable):
    return str(getattr(variable, "path", None) or variable.name).split(":")[0]


def _before(names, stored):
    """Return what stands before all names in the checkpoint, "" if nothing; None: not there."""
    first = next(iter(names))
    found = [one[: -len(first)] for one in stored if one == first or one.endswith("/" + first)]
    fitting = [one for one in found if all(one + name in stored for name in names)]
    return min(fitting, key=len) if len(fitting) == 1 or "" in fitting else None


def _is_own(name):
    last = name.rpartition("/")[2]
    return last.partition("_")[0] in OWN or last.startswith(COUNTERS)


def _texts(group, name):
    found = group.attrs.get(name)
    if found is None:
        found, number = [], 0
        while "%s%d" % (name, number) in group.attrs:  # of many names each part has its number
            found += list(group.attrs["%s%d" % (name, number)])
            number += 1
    return [one.decode() if isinstance(one, bytes) else one for one in found]


def _stored(file):
    """Return {name: array} of all arrays that are no optimizer's."""
    import h5py

    found = {}

    def visit(name, one):
        if isinstance(one, h5py.Dataset) and not name.startswith(("optimizer", "_optimizer")):
            found[name] = one[()]

    file.visititems(visit)
    return found


def _arrived(keras, model, stored):
    """Return the names of arrays that the model holds nowhere as they are stored."""
    import framework

    held = {digest(one) for one in framework.as_arrays(keras, model.weights)}
    return {"unheld": sorted(name for name, one in stored.items() if not _is_held(one, held))}


def _is_held(array, held):
    import numpy as np

    array = np.asarray(array)
    kinds = {array.dtype, np.dtype("float32")} if array.dtype.kind == "f" else {array.dtype}
    return any(digest(array.astype(kind)) in held for kind in kinds)


FROM = {
    "layers": _from_layers,
    "objects": _from_objects,
    "shards": _from_shards,
    "checkpoint": _from_checkpoint,
    "names": _from_names,
}
