"""What a configuration has its loader import or call -> known to be part of a model, or a danger.

A loader looks up what a file names, and calls it: a list of what is bad is always too short, so
everything asks for trust that is not known to be good. Known are the layers, losses and other parts
in ``names``, and the operations in ``known_operations.json``:

- ``tensorflow``: functions as ``tf`` calls them, of ``math``, ``nn``, ``linalg`` and such
  in TensorFlow 2.4 to 2.21, without those that read, write, print, keep state or take a function
- ``keras``: those of ``keras.ops``, ``activations``, ``losses``, ``metrics`` and ``random``
- ``graph``: operations of a graph that TensorFlow 1.15 to 2.15 register as stateless, without
  functions and resources, likewise picked; and those that draw random numbers
- ``importable``: what else an environment has that can be imported; a loader can reach it by name
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

_STANDARD = sys.stdlib_module_names - {"builtins"}
_BUILTINS = frozenset(name for name in dir(builtins) if callable(getattr(builtins, name)))
_UTILITIES = ("keras.utils", "keras.src.utils", "tensorflow.keras.utils", "tf_keras.utils")
_OWN = "__main__"
_OPERATORS = "__operators__."
_VERSIONED = re.compile(r"compat\.v[12]\.")
_LAYERS = re.compile(r"(tensorflow\.)?(tf_)?keras\.(src\.)?layers\.(\w+\.)*[A-Z]\w*$")
"""Classes where Keras keeps its layers: one of a version to come is none to be warned of."""
_CALLS = ("TFOpLambda", "SlicingOpLambda")
_METHODS = {"ragged.RaggedTensor", "sparse.SparseTensor", "RaggedTensor", "SparseTensor", "Tensor"}
_GRAPH_OPERATION = re.compile(r'(?:"op"|\bop):\s*"([^"]*)"')


@functools.cache
def operations() -> dict[str, frozenset[str]]:
    """Return what is in ``known_operations.json``, and ``leaves``: names without their modules."""
    text = Path(__file__).with_name("known_operations.json").read_text("utf-8")
    read = {kind: frozenset(names) for kind, names in json.loads(text).items()}
    leaves = {name.rpartition(".")[2] for name in read["tensorflow"]} | read["keras"]
    return {**read, "leaves": frozenset(leaves)}


def of_class(name: str, module: str | None) -> Iterator[Finding]:
    """Yield what is to be said of a class that a loader is told to make."""
    if _pythons_own(module, name):
        yield danger("names-python", f"asks the loader for {module}.{name}, which is Python's own")
    elif of_keras(module):
        there = name.rpartition(">")[2] in known()["layers"] | known()["classes"]
        if not there and not _LAYERS.match(f"{module}.{name}"):
            yield _unknown(f"{module}.{name}", "layer or other part of a model")
    else:
        yield from _outside(name, module)


def of_function(name: str, module: str | None) -> Iterator[Finding]:
    """Yield what is to be said of a function that a loader is told to take."""
    if _pythons_own(module, name):
        yield danger("names-python", f"asks the loader for {module}.{name}, which is Python's own")
    elif of_keras(module):
        if str(module).startswith(_UTILITIES):
            what = f"asks the loader for {module}.{name}, which is no layer's"
            yield danger("names-utility", what)
        elif not _a_function(name):
            yield _unknown(f"{module}.{name}", "activation, loss, metric or operation on tensors")
    else:
        yield from _outside(name, module)


def of_layer(class_name: str, config: Mapping[str, Any]) -> Iterator[Finding]:
    """Yield what is to be said of a layer that calls what its configuration names."""
    if class_name in _CALLS:
        symbol = config.get("function")
        if isinstance(symbol, str) and not _an_operation(symbol):
            yield _unknown(f"tf.{symbol}", "operation on tensors")
    elif class_name == "ClassMethod":
        symbol = config.get("cls_symbol")
        if isinstance(symbol, str) and symbol not in _METHODS:
            yield _unknown(f"tf.{symbol}", "kind of tensor")
    elif class_name == "TensorFlowOpLayer":
        for symbol in _GRAPH_OPERATION.findall(str(config.get("node_def"))):
            if symbol not in operations()["graph"]:
                yield _unknown(symbol, "operation without effects")


def of_name(name: Any) -> Iterator[Finding]:
    """Yield what is to be said of a layer's name, which Keras 3 makes a path of."""
    if isinstance(name, str) and (".." in re.split(r"[/\\]", name) or name.startswith("/")):
        text = f"a layer is called {name}, which leads out of the folder that it is written into"
        yield danger("name-path-traversal", text)


def _an_operation(symbol: str) -> bool:
    return symbol.startswith(_OPERATORS) or _VERSIONED.sub("", symbol) in operations()["tensorflow"]


def _a_function(name: str) -> bool:
    bare = name.rpartition(">")[2].rpartition(".")[2]
    return (
        bare in known()["functions"]
        or bare in known()["layers"] | known()["classes"]
        or bare in operations()["leaves"]
    )


def _unknown(what: str, kind: str) -> Finding:
    return danger("names-unknown", f"asks the loader for {what}, which is not known as {_a(kind)}")


def _a(kind: str) -> str:
    return f"an {kind}" if kind[0] in "aeiou" else f"a {kind}"


def _outside(name: str, module: str | None) -> Iterator[Finding]:
    """Yield that a loader imports what neither Keras nor a notebook brings."""
    if not module or module in (_OWN, "builtins"):
        return
    text = f"asks the loader to import {module} for {name}, unless it is given that"
    yield (danger if reached(module) else notice)(IMPORTS, text)


def reached(module: str | None) -> bool:
    """Say whether an environment has the module; what it has not, no loader here imports."""
    return module is not None and module.partition(".")[0] in operations()["importable"] | _STANDARD


def _pythons_own(module: str | None, name: str) -> bool:
    if module is None:
        return False
    return module.partition(".")[0] in _STANDARD or (module == "builtins" and name in _BUILTINS)
