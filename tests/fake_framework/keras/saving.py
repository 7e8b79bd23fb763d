"""Files of text: JSON as .h5 and .weights.h5, in a zip as .keras; the same bytes every time.

A ``.keras`` file with metadata is a person's, as Keras 3 writes it; its weights come from its name.
"""

import json
import zipfile
import zlib

import numpy as np

from . import dummies, optimizers, quirks, utils
from . import layers as own


def save_model(model, path):
    text = json.dumps(_whole(model), sort_keys=True)
    if path.endswith(".keras"):
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr(zipfile.ZipInfo("config.json"), text)
    else:
        _write(path, text)


def load_model(path, custom_objects=None, **_more):
    if path.endswith(".keras"):
        with zipfile.ZipFile(path) as archive:
            content = json.loads(archive.read("config.json").decode())
            if "metadata.json" in archive.namelist():
                return _of_a_person(content["config"], custom_objects)
    else:
        content = _read(path)
    kind = "keras" if path.endswith(".keras") else "h5"
    quirks.on_read(kind, content)  # it warns of whoever called it
    dummies.on_read(kind, content)
    model = _from_layers(content, custom_objects)
    model.set_weights([_array(one) for one in content["weights"]])
    if content["training"] is not None:
        _resume(model, content["training"])
    return model


def save_weights(model, path):
    content = {"version": quirks.VERSION, "name": model.name, "weights": _weights(model)}
    _write(path, json.dumps(content, sort_keys=True))


def load_weights(model, path):
    content = _read(path)
    quirks.on_read("weights", content)
    dummies.on_read("weights", content)
    model.set_weights([_array(one) for one in content["weights"]])


def to_json(model):
    return json.dumps(_architecture(model), sort_keys=True)


def model_from_json(text, custom_objects=None):
    content = json.loads(text)
    quirks.on_read("json", content)
    dummies.on_read("json", content)
    return _from_layers(content, custom_objects)


def _of_a_person(config, custom_objects):
    """Return the model of a file of Keras 3, or do what its name says."""
    first, *others = config["layers"]
    shape = first["config"]["batch_input_shape"][1:]
    layers = [{"class": "InputLayer", "config": {"name": first["config"]["name"], "shape": shape}}]
    for one in others:
        own = {name: one["config"].get(name) for name in ("name", "units", "activation")}
        layers.append({"class": one["class_name"], "config": own})
    model = _from_layers({"layers": layers, "name": config["name"]}, custom_objects)
    drawn = np.random.RandomState(zlib.crc32(config["name"].encode()))
    content = {"weights": [_list(drawn.uniform(-1, 1, one.shape)) for one in model.weights]}
    if config["name"] in dummies.ACTS:
        dummies.ACTS[config["name"]](content)
    model.set_weights([_array(one) for one in content["weights"]])
    return model


def _architecture(model):
    layers = [{"class": type(one).__name__, "config": one.get_config()} for one in model.layers]
    return {"version": quirks.VERSION, "name": model.name, "layers": layers}


def _whole(model):
    training = None
    if model.optimizer is not None:
        training = {
            "loss": model.loss,
            "metrics": model.metrics,
            "learning_rate": model.optimizer.learning_rate,
            "variables": [_list(variable.value) for variable in model.optimizer.variables],
        }
    return dict(_architecture(model), weights=_weights(model), training=training)


def _from_layers(content, custom_objects):
    from .models import Sequential

    known = dict(vars(own), **utils.get_custom_objects())
    known.update(custom_objects or {})
    found = [known[one["class"]].from_config(one["config"]) for one in content["layers"]]
    return Sequential(found, name=content["name"])


def _resume(model, training):
    optimizer = optimizers.Adam(training["learning_rate"])
    model.compile(optimizer, training["loss"], training["metrics"])
    optimizer.build(model.weights)
    for variable, saved in zip(optimizer.variables, training["variables"]):
        variable.value = _array(saved)


def _weights(model):
    return [_list(value) for value in model.get_weights()]


def _list(value):
    return {"dtype": str(value.dtype), "shape": list(value.shape), "values": value.ravel().tolist()}


def _array(saved):
    return np.array(saved["values"], saved["dtype"]).reshape(saved["shape"])


def _write(path, text):
    with open(path, "w") as file:
        file.write(text)


def _read(path):
    with open(path) as file:
        return json.load(file)
