"""What a configuration has its loader import or call -> known to be part of a model, or a danger.

A loader looks up what a file names, and calls it: a list of what is bad is always too short, so
everything asks for trust that is not known to be good. Known are pairs of a place and a name: a
place where Keras or TensorFlow keep such things, and a name that is in ``names`` or in
``known_operations.json``:

- ``tensorflow``: functions as ``tf`` calls them, of ``math``, ``nn``, ``linalg`` and such
  in TensorFlow 2.4 to 2.21, without those that read, write, print, keep state or take a function
- ``keras``: those of ``keras.ops``, ``activations``, ``losses``, ``metrics`` and ``random``
- ``graph``: operations of a graph that ``tf.raw_ops`` of TensorFlow 1.15 to 2.15 has and that are
  registered as stateless, without functions and resources; and those that draw random numbers
- ``state``: those that keep state within a graph, call its functions, or name files that whoever
  loads it says; ``reaching``: all others that TensorFlow 2.4 and 2.21 have
- ``loaders``: functions in the modules in which Keras 2.0 to 2.3 and TensorFlow 1.12 to 2.3 look
  up classes by name alone: whatever is imported there, a file can have called
"""

from __future__ import annotations

import builtins
import functools
import json
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from caniload.runner.forensics.facts import Finding, danger, notice
from caniload.runner.forensics.names import known, of_keras

IMPORTS = "imports"
"""Kind of a finding that the person's own code answers, if it is given."""

MARKS = frozenset(
    {
        *("__lambda__", "__tuple__", "__tensor__", "__keras_tensor__", "__numpy__", "__list__"),
        *("__slice__", "__ellipsis__", "__bytes__", "__typespec__"),
    }
)
"""What Keras itself writes as the class of plain values."""

_STANDARD = sys.stdlib_module_names - {"builtins"}
_BUILTINS = frozenset(name for name in dir(builtins) if callable(getattr(builtins, name)))
OWN = "__main__"
"""The module of what was written in a notebook, or in a script itself."""


_ROOT = re.compile(
    r"(?:tensorflow(?:_core)?\.(?:python\.)?keras|tf_keras|keras_core|keras)(?:\.src)?"
    r"(?:\.api(?:\._v[12]\.keras)?|\._tf_keras\.keras)?(?:\.|$)"
)
"""Where Keras lies, whoever brings it; what follows is a place in it."""

_PARTS = [
    "_legacy.layers",
    "_legacy.losses",
    "activations",
    "backend.torch.optimizers",  # Keras on PyTorch writes its optimizers so
    "constraints",
    "dtype_policies",
    "engine",
    "experimental",
    "feature_column",
    "initializers",
    "layers",
    "legacy",
    "legacy_tf_layers",
    "losses",
    "metrics",
    "mixed_precision",
    "models",
    "optimizer_v1",
    "optimizer_v2",
    "optimizers",
    "premade_models",
    "ops",
    "quantizers",
    "random",
    "regularizers",
]
_FUNCTIONS = [*_PARTS, "backend"]
_OPERATIONS = re.compile(r"(?:[\w.]+\.)?ops(?:\.\w+)*\.[A-Z]\w*$")
"""Operations as layers, of which each version of Keras 3 brings more."""
_LAYERS = re.compile(r"layers\.(?:\w+\.)*[A-Z]\w*$")
"""Classes where Keras keeps its layers: one of a version to come is none to be warned of."""

_TENSORS = re.compile(
    r"tensorflow(?:_core)?\.python\.ops\.(?:gen_)?(?:array|bitwise|clip|image|linalg|math|nn|random"
    r"|sparse|special_math|string)(?:_ops|_ops_impl|_impl)?$|tensorflow(?:_core)?\.python\.ops\.nn$"
)
"""Modules of TensorFlow that hold operations on tensors, and no others."""

_OPERATORS = "__operators__."
_VERSIONED = re.compile(r"(?:_api\.v[12]\.)?(?:compat\.v[12]\.)?")
_CALLS = ("TFOpLambda", "SlicingOpLambda")
_METHODS = {"ragged.RaggedTensor", "sparse.SparseTensor", "RaggedTensor", "SparseTensor", "Tensor"}
_SPECS = {"TensorSpec", "RaggedTensorSpec", "SparseTensorSpec", "KerasTensor", "VariableSpec"}


@functools.cache
def operations() -> dict[str, frozenset[str]]:
    """Return what is in ``known_operations.json``, and ``leaves``: names without their modules."""
    text = Path(__file__).with_name("known_operations.json").read_text("utf-8")
    read = {kind: frozenset(names) for kind, names in json.loads(text).items()}
    leaves = {name.rpartition(".")[2] for name in read["tensorflow"]} | read["keras"]
    return {**read, "leaves": frozenset(leaves)}


def of_class(name: str, module: str | None) -> Iterator[Finding]:
    """Yield what is to be said of a class that a loader is told to make."""
    yield from _judged(name, module, _a_class, "a layer or another part of a model")


def of_function(name: str, module: str | None) -> Iterator[Finding]:
    """Yield what is to be said of a function that a loader is told to take."""
    what = "an activation, a loss, a metric or an operation on tensors"
    yield from _judged(name, module, _a_function, what)


def of_layer(class_name: str, config: Mapping[str, Any]) -> Iterator[Finding]:
    """Yield what is to be said of a layer that calls what its configuration names."""
    if class_name in _CALLS:
        symbol = config.get("function")
        if isinstance(symbol, str) and not _an_operation(symbol):
            yield _unknown(f"tf.{symbol}", "an operation on tensors")
    elif class_name == "ClassMethod":
        symbol = config.get("cls_symbol")
        if isinstance(symbol, str) and symbol not in _METHODS:
            yield _unknown(f"tf.{symbol}", "a kind of tensor")


def of_graph(operation: str | None) -> Iterator[Finding]:
    """Yield what is to be said of an operation of a graph; None is one that cannot be read."""
    if operation is None or operation not in operations()["graph"]:
        yield _unknown(operation or "an operation that cannot be read", "one without effects")


def of_spec(name: Any, module: Any) -> Iterator[Finding]:
    """Yield what is to be said of a type that a loader is told to make."""
    if name not in _SPECS or not (module is None or of_keras(str(module))):
        yield _unknown(f"{module}.{name}", "a type of tensors")


def of_name(name: Any) -> Iterator[Finding]:
    """Yield what is to be said of a layer's name, which Keras 3 makes a path of."""
    if isinstance(name, str) and (".." in re.split(r"[/\\]", name) or name.startswith("/")):
        text = f"a layer is called {name}, which leads out of the folder that it is written into"
        yield danger("name-path-traversal", text)


def outside(module: str | None) -> bool:
    """Say whether a loader would import a module that neither Keras nor Python's core is."""
    return bool(module) and module != "builtins" and not of_keras(module)


def _judged(name: str, module: str | None, knows: Any, what: str) -> Iterator[Finding]:
    # The older versions look up a class by its name alone, whatever module stands beside it.
    nameless = module in (None, "", "builtins", OWN)
    if (nameless or knows is _a_class) and name.rpartition(">")[2] in operations()["loaders"]:
        text = f"asks the loader for {name}, which in older versions is a function of the loader's"
        yield danger("names-unknown", f"{text} own, and no part of a model")
    elif of_keras(module):
        if not knows(name, str(module)):
            utility = (_place(str(module)) or "").partition(".")[0] == "utils"
            yield _unknown(
                f"{module}.{name}", what, kind="names-utility" if utility else "names-unknown"
            )
    elif module == "builtins":
        if name in _BUILTINS and not knows(name, "keras"):
            yield _pythons_own(name, module)
    elif module and module.partition(".")[0] in _STANDARD:
        yield _pythons_own(name, module)
    elif outside(module):
        text = f"asks the loader to import {module} for {name}, unless it is given that"
        yield (notice if module == OWN else danger)(IMPORTS, text)


def _place(module: str) -> str | None:
    """Return the place in Keras that a module is; None where it is none of Keras."""
    found = _ROOT.match(module)
    return module[found.end() :] if found else None


def _within(place: str, parts: list[str]) -> bool:
    return not place or any(place == part or place.startswith(f"{part}.") for part in parts)


def _a_class(name: str, module: str) -> bool:
    place, bare = _place(module), name.rpartition(">")[2]
    if place is None or not bare.isidentifier() or not _within(place, _PARTS):
        return False
    whole = f"{place}.{bare}"
    named = bare in known()["layers"] | known()["classes"]
    return named or bool(_LAYERS.match(whole) or _OPERATIONS.match(whole))


def _a_function(name: str, module: str) -> bool:
    place, bare = _place(module), name.rpartition(">")[2]
    if place is not None:
        named = bare in known()["functions"] or bare in operations()["leaves"]
        return named and _within(place, _FUNCTIONS)
    if _TENSORS.match(module):
        return bare in operations()["leaves"]
    return _an_operation(f"{module}.{name}".partition(".")[2])


def _an_operation(symbol: str) -> bool:
    bare = _VERSIONED.sub("", symbol, count=1)
    return symbol.startswith(_OPERATORS) or bare in operations()["tensorflow"]


def _unknown(what: str, kind_of_thing: str, *, kind: str = "names-unknown") -> Finding:
    return danger(kind, f"asks the loader for {what}, which is not known as {kind_of_thing}")


def _pythons_own(name: str, module: str) -> Finding:
    return danger("names-python", f"asks the loader for {module}.{name}, which is Python's own")
