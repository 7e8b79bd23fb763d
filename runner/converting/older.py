"""``older.yaml``, read and checked, and operations of Keras 3 as an older Keras does them; pure.

What goes into a recipe is ``{"older", "lambda", "takes", "settings"}``: an expression that
probes/across/older.py evaluates, whether a Lambda layer is to be made of it, what it is called
with, and the values of what else is in it.
"""

from __future__ import annotations

import ast
import functools
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError

from caniload.runner.converting.graph import Call, Node, bare
from caniload.runner.converting.transforms import Refused
from caniload.runner.core.errors import MatrixError
from caniload.runner.matrix.places import as_json, read_yaml, say_problems, sentence, written
from caniload.runner.matrix.where import Node as _Node

FILE = Path(__file__).with_name("older.yaml")
ABOUT: Mapping[str, Any] = {
    "keeps": "outputs",
    "why": "operations of Keras 3 are no layers of an older Keras, which has its own for them",
    "source": "https://github.com/keras-team/keras/blob/v3.0.0/keras/ops/operation.py",
}
_LIBRARIES = frozenset(
    {
        "tf",
        "K",
        "Ellipsis",
        "int",
        "float",
        "hasattr",
        "isinstance",
        "len",
        "list",
        "range",
        "slice",
        "tuple",
        "zip",
    }
)
"""What expressions call: TensorFlow, Keras's own backend, and what Python has."""


class Expression(_Node):
    """How one operation is computed; the head of older.yaml says what fields mean."""

    takes: tuple[str, ...]
    usual: Mapping[str, Any] = {}
    only: Mapping[str, Any] = {}
    tf: str
    backend: str | None = None


class Applied(_Node):
    """An operation with settings, which is what a function does that layers apply."""

    to: str
    settings: Mapping[str, Any] = Field(default={}, alias="with")


class Older(_Node):
    schema_version: Literal[1] = Field(alias="schema")
    operations: Mapping[str, Expression]
    activations: Mapping[str, Applied | str] = {}
    layers: Mapping[str, Expression] = {}


@functools.cache
def read_older() -> Older:
    """Return what ships with caniload."""
    return parse_older(FILE.read_text("utf-8"))


def parse_older(text: str) -> Older:
    """Check the text of an older.yaml; ``MatrixError`` names every problem, one line each."""
    problems, data = read_yaml(text, FILE.name)
    older: Older | None = None
    try:
        older = Older.model_validate_json(as_json(data))
    except ValidationError as error:
        problems += [
            (written(detail["loc"]), sentence(detail, "runner/converting/older.py"))
            for detail in error.errors(include_url=False)
        ]
    if problems or older is None:
        raise MatrixError(say_problems(text, problems, name=FILE.name))
    return older


def operation(
    node: Node, calls: list[Call], path: str, *, lambdas: bool, there: str
) -> tuple[dict[str, Any], list[Call]]:
    """Return how an older Keras does the operation, and its calls by the names of arguments.

    ``lambdas``: it has no layers for operations. ``there`` is what it is called. ``Refused``: it
    has nothing that computes the same, or nothing is known.
    """
    name = bare(node.get("class_name"))
    found = _known(name, path, lambdas=lambdas, there=there)
    config = node.get("config")
    stated = (
        {key: _value(one) for key, one in config.items() if key != "name"}
        if isinstance(config, dict)
        else {}
    )
    text = _expression(found, lambdas=lambdas)
    if "dtype" not in _names(text):
        stated.pop("dtype", None)  # the operation's own, which follows from what it is given
    what = f"{path} (keras.ops.{name})"
    made = [{"args": [], "kwargs": _arguments(found, text, call, stated, what)} for call in calls]
    return _spec(found, {}, lambdas=lambdas), made


def applied(function: str, *, lambdas: bool) -> dict[str, Any] | None:
    """Return the operation that does what a layer applies by that name; None if none is known."""
    stated = read_older().activations.get(function)
    if stated is None:
        return None
    one = Applied(to=stated) if isinstance(stated, str) else stated
    found = read_older().operations[one.to]
    if lambdas and found.backend is None:
        return None
    return _spec(found, {**found.usual, **one.settings}, lambdas=lambdas)


def needed(
    name: str, settings: Mapping[str, Any], path: str, *, lambdas: bool, there: str
) -> dict[str, Any]:
    """Return an operation by its name; ``Refused`` if it cannot be had there."""
    found = _known(name, path, lambdas=lambdas, there=there)
    return _spec(found, {**found.usual, **settings}, lambdas=lambdas)


def instead(class_name: str, config: Mapping[str, Any], *, lambdas: bool) -> dict[str, Any] | None:
    """Return the operation that does what a layer without weights does; None if none is known."""
    found = read_older().layers.get(class_name)
    if found is None or (lambdas and found.backend is None):
        return None
    return _spec(found, {**found.usual, **config}, lambdas=lambdas)


def _known(name: str, path: str, *, lambdas: bool, there: str) -> Expression:
    found = read_older().operations.get(name)
    if found is None:
        raise Refused(
            f"{path} is keras.ops.{name}, which came with Keras 3, and nothing is known to compute"
            f" the same in {there}"
        )
    if lambdas and found.backend is None:
        raise Refused(
            f"{path} is keras.ops.{name}, which came with Keras 3; {there} keeps no operations as"
            " layers, and its own functions have none that is the same"
        )
    return found


def _expression(found: Expression, *, lambdas: bool) -> str:
    return found.backend if lambdas and found.backend is not None else found.tf


def _spec(found: Expression, settings: Mapping[str, Any], *, lambdas: bool) -> dict[str, Any]:
    text = _expression(found, lambdas=lambdas)
    takes = [name.strip("*[]") for name in found.takes]
    unset = dict.fromkeys(_names(text) - set(takes))
    heeded = {key: value for key, value in settings.items() if key in _names(text)}
    return {"older": text, "lambda": lambdas, "takes": takes, "settings": {**unset, **heeded}}


def _arguments(
    found: Expression, text: str, call: Call, stated: Mapping[str, Any], what: str
) -> dict[str, Any]:
    """Return all arguments by name, refusing what the expression does not heed."""
    called = _called(found.takes, call["args"])
    called |= {key: _value(one) for key, one in call["kwargs"].items()}
    given = {**found.usual}
    given |= {key: one for key, one in (*stated.items(), *called.items()) if one is not None}
    kwargs: dict[str, Any] = dict.fromkeys(_names(text))
    for key, value in given.items():
        if key in kwargs:
            kwargs[key] = value
        elif value not in (None, False) and value != found.only.get(key):
            raise Refused(f"{what} has {key}={value!r}, which is not known there")
    return kwargs


def _called(takes: Sequence[str], args: Sequence[Any]) -> dict[str, Any]:
    """Return what an operation is called with by name."""
    if takes[0].startswith("*"):
        return {takes[0][1:]: [_value(one) for one in args]}
    named = {}
    for name, stated in zip(takes, args, strict=False):
        value = _value(stated)
        listed = name.endswith("[]") and not isinstance(stated, list)
        named[name.removesuffix("[]")] = [value] if listed else value
    return named


@functools.cache
def _names(expression: str) -> frozenset[str]:
    """Return the arguments that an expression heeds."""
    found = [
        one for one in ast.walk(ast.parse(expression, mode="eval")) if isinstance(one, ast.Name)
    ]
    own = {one.id for one in found if isinstance(one.ctx, ast.Store)}
    return frozenset({one.id for one in found} - own - _LIBRARIES)


def _value(value: Any) -> Any:
    """Return a constant as plain data: slices as lists, an ellipsis as dots, arrays as lists."""
    if isinstance(value, list):
        return [_value(one) for one in value]
    if not isinstance(value, dict) or "$tensor" in value:
        return value
    kind, inside = value.get("class_name"), value.get("config")
    made: Any = value
    if kind == "__ellipsis__":
        made = "..."
    elif not isinstance(inside, dict):
        return value
    elif kind == "__slice__":
        made = [inside.get("start"), inside.get("stop"), inside.get("step")]
    elif kind in ("__numpy__", "__tensor__"):
        made = {"$array": inside.get("value"), "dtype": inside.get("dtype")}
    elif set(inside) == {"name"}:  # a dtype policy
        made = inside["name"]
    return made
