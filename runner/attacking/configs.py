"""Configurations of models, honest ones and such that attack, in the two ways they are written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Config = dict[str, Any]
INPUT, UNITS, FEATURES = "i", 2, 4
DENSE = "dense"
"""The one layer with weights: a kernel of FEATURES x UNITS and a bias."""

MARK = "canary-ran"
"""What code in a file makes: a folder of that name, where it runs."""
BAIT = "bait_module"
SECRET_WORDS, SECRET_STORAGE, SECRET_HDF5 = "secret.txt", "secret.bin", "secret.h5"
INNER = "inner.keras"
SAVED = "saved"
_RAW = {"output_shape": None, "output_shape_type": "raw", "output_shape_module": None}
LARGE_UNITS = 2**28
"""A kernel of 4 GiB."""


def model(more: Sequence[Config] = (), *, newer: bool, archive: bool) -> Config:
    """Return a model of an input and a dense layer, with ``more`` layers in its graph.

    ``archive``: as a ``.keras`` file has it, with modules; else as HDF5 and JSON have it.
    """
    layers = [
        _input([None, FEATURES], "float32", newer=newer, archive=archive),
        dense([_from_input(newer=newer and archive)], modules=archive),
        *more,
    ]
    return _functional(layers, DENSE, newer=newer, archive=archive)


def dense(nodes: Sequence[Any] = (), *, modules: bool = False) -> Config:
    config: Config = {"name": DENSE, "units": UNITS, "activation": "linear", "use_bias": True}
    return _layer("Dense", config, nodes, modules=modules)


def lookup(vocabulary: Any, *, newer: bool, archive: bool, name: str = "lookup") -> Config:
    """Return a model that looks words up in a vocabulary, or in the file of that name."""
    config: Config = {"name": name, "vocabulary": vocabulary, "num_oov_indices": 1}
    config |= {"mask_token": None, "oov_token": "[UNK]", "max_tokens": None}
    at = _from_input([None, 1], "string", newer=newer and archive)
    layers = [
        _input([None, 1], "string", newer=newer, archive=archive),
        _layer("StringLookup", config, [at], modules=archive),
    ]
    return _functional(layers, name, newer=newer, archive=archive)


def _functional(layers: Sequence[Config], out: str, *, newer: bool, archive: bool) -> Config:
    config: Config = {"name": "m", "layers": list(layers)}
    config |= {"input_layers": [[INPUT, 0, 0]], "output_layers": [[out, 0, 0]]}
    if not archive:
        return {"class_name": "Functional" if newer else "Model", "config": config}
    config["trainable"] = True
    module, kind = ("keras.src.models.functional", "Functional") if newer else ("keras", "Model")
    return {"module": module, "class_name": kind, "config": config, "registered_name": kind}


def _input(shape: list[int | None], dtype: str, *, newer: bool, archive: bool) -> Config:
    size = "batch_shape" if newer and archive else "batch_input_shape"
    config = {size: shape, "dtype": dtype, "sparse": False, "name": INPUT}
    return _layer("InputLayer", config, [], modules=archive)


def _from_input(
    shape: Sequence[int | None] = (None, FEATURES), dtype: str = "float32", *, newer: bool
) -> Any:
    if not newer:
        return [[INPUT, 0, 0, {}]]
    at: Config = {"shape": list(shape), "dtype": dtype, "keras_history": [INPUT, 0, 0]}
    return {"args": [{"class_name": "__keras_tensor__", "config": at}], "kwargs": {}}


def _layer(
    class_name: str, config: Config, nodes: Sequence[Any], *, modules: bool, module: str = ""
) -> Config:
    found: Config = {"class_name": class_name, "config": config, "name": config["name"]}
    found["inbound_nodes"] = list(nodes)
    if modules or module:
        found |= {"module": module or "keras.layers", "registered_name": None}
    return found


def function(module: str, name: str) -> Config:
    """Return a function as a configuration names it."""
    named: Config = {"module": module, "class_name": "function", "config": name}
    return named | {"registered_name": "function"}


def called(module: str, name: str, given: Sequence[Any], *, newer: bool) -> Config:
    """Return a function in the place of a layer, called by a node that leads nowhere."""
    if newer:
        node: Any = {"args": list(given), "kwargs": {}}
    else:
        node = [["_CONSTANT_VALUE", -1, one, {}] for one in given] or [[INPUT, 0, 0, {}]]
    return {**function(module, name), "name": "called", "inbound_nodes": [node]}


def by_lambda(
    what: Any, given: str, arguments: Mapping[str, Any] | None = None, *, newer: bool
) -> Config:
    """Return a Lambda layer that calls a function, by a node that leads nowhere."""
    config: Config = {"name": "by_lambda", "function": what, "arguments": dict(arguments or {})}
    if newer:
        node: Any = {"args": [], "kwargs": {"inputs": given}}
    else:
        config |= {"function_type": "function", "module": what["module"], **_RAW}
        node = [["_CONSTANT_VALUE", -1, given, {}]]
    return _layer("Lambda", config, [node], modules=True)


def with_bytecode(bytecode: str, *, newer: bool, archive: bool) -> Config:
    """Return a Lambda layer behind the input that runs marshalled code (base64)."""
    config: Config = {"name": "by_code", "arguments": {}}
    if newer:
        code = {"code": bytecode, "defaults": None, "closure": None}
        config["function"] = {"class_name": "__lambda__", "config": code}
    else:
        config |= {"function": [bytecode, None, None], "function_type": "lambda"}
        config |= {"module": None, **_RAW}
    return _layer("Lambda", config, [_from_input(newer=newer and archive)], modules=archive)


def handed(what: Any, *, newer: bool) -> Config:
    """Return a layer to which a node that leads nowhere hands anything."""
    if newer:
        node: Any = {"args": [], "kwargs": {"inputs": what}}
    else:
        node = [["_CONSTANT_VALUE", -1, what, {}]]
    return _layer("Activation", {"name": "handed", "activation": "linear"}, [node], modules=True)


def imported(*, newer: bool) -> Config:
    """Return a layer whose class lies in a package that has nothing to do with Keras."""
    return _layer("Bait", {"name": "bait"}, [], modules=newer, module=BAIT)


def saved_model() -> Config:
    config = {"name": "inside", "filepath": SAVED, "call_endpoint": "serving_default"}
    return _layer("TFSMLayer", config, [], modules=True)


def torch_module(pickled: Any) -> Config:
    return _layer("TorchModuleWrapper", {"name": "wrapped", "module": pickled}, [], modules=True)


def large() -> Config:
    """Return a layer of which nothing is stored, and that is to be built."""
    config: Config = {"name": "large", "units": LARGE_UNITS, "activation": "linear"}
    config |= {"kernel_initializer": "zeros", "use_bias": False}
    return {
        **_layer("Dense", config, [], modules=True),
        "build_config": {"input_shape": [None, FEATURES]},
    }
