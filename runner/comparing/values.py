"""Values of a configuration, as any Keras wrote them -> one way to write each; pure.

An object (an initializer, a loss, a policy) becomes an ``Object`` of its folded name and what it
is given that is no default; one that is only a name is the same as that name in a text. ``None``
and what is not there are one, but where ``words.yaml`` says that null is a choice: versions write
all that they know, so what is not written was not there yet, and is as it was. Texts are compared
letter by letter, but where an argument holds a name.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from caniload.runner.comparing.knowledge import defaults, words
from caniload.runner.forensics.configuration import policy_of

ANY = "*"

NOTHING = {"class_name": "None", "config": {}}
"""A null that was chosen; it is kept as the name None."""

_TUPLES = ("__tuple__", "TensorShape", "__tensor__", "__numpy__")
_FUNCTIONS = ("function", "builtin_function_or_method", "ufunc")
_REGULARIZERS = ("l1", "l2", "l1l2")
_POLICIES = ("policy", "dtypepolicy", "floatdtypepolicy", "quantizeddtypepolicy")
_LEAST = 0.01  # what l1 and l2 are alone
_SHOWN = 120
_LARGE = 1e15  # beyond which a whole number is no longer written out


@dataclass(frozen=True)
class Object:
    """Something with a class: its folded name, what it is given, and the name as it was written."""

    key: str
    given: tuple[tuple[str, Any], ...]
    written: str

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Object) and (self.key, self.given) == (other.key, other.given)

    def __hash__(self) -> int:
        return hash((self.key, repr(self.given)))


def folded(name: str) -> str:
    """Return a name as it is compared: glorot_uniform and GlorotUniform are one."""
    bare = name.rpartition(">")[2].rpartition(".")[2].replace("_", "").lower()
    return str(words()["aliases"].get(bare, bare))


def class_of(name: str | None) -> str | None:
    return words()["classes"].get(name, name) if name is not None else None


def arguments(config: Mapping[str, Any], of: str | None = None) -> Iterator[tuple[str, Any]]:
    """Yield the arguments that say something of the model, under today's names.

    ``of`` is the folded class. One that is not Keras's own means by a name what it likes.
    """
    known = words()["arguments"]
    own = of is None or of in defaults()
    choices = words()["nothing"].get(of or "", ())
    for name, value in config.items():
        key = known.get(name, name)
        if key is None and not own and name not in words()["of_any_class"]:
            key = name
        if key is not None and (value is not None or key in choices):
            yield str(key), NOTHING if value is None else value


def is_named(argument: str) -> bool:
    """Say whether an argument holds a name, and no text that is compared letter by letter."""
    return argument.endswith(tuple(words()["names"]))


def canonical(value: Any) -> Any:
    """Return a value in the one way in which it is compared."""
    if isinstance(value, bool | str | int) or value is None:
        return value
    if isinstance(value, float):
        return _number(value)
    if isinstance(value, list | tuple):
        return tuple(canonical(one) for one in value)
    if not isinstance(value, Mapping):
        return str(value)
    if isinstance(name := value.get("class_name"), str):
        return _object(name, value)
    return tuple(
        sorted((str(key), canonical(one)) for key, one in value.items() if one is not None)
    )


def _number(value: float) -> float:
    """Return a number as float32 holds it: optimizers read theirs back out of such a variable."""
    try:
        return float(struct.unpack("f", struct.pack("f", value))[0])
    except (OverflowError, struct.error):
        return float(value) if abs(value) < math.inf else value


def _object(name: str, node: Mapping[str, Any]) -> Any:
    config = node.get("config")
    if name in _TUPLES:
        items = config.get("value") if isinstance(config, Mapping) else node.get("items")
        return canonical(items)
    if name in _FUNCTIONS and isinstance(config, str):
        return config
    if name == "__lambda__":
        text = json.dumps(config, sort_keys=True)
        return f"code {hashlib.sha256(text.encode()).hexdigest()[:12]}"
    given = config if isinstance(config, Mapping) else {}
    if folded(name) in _POLICIES or (isinstance(config, str) and "module" not in node):
        policy = policy_of(node)
        if policy is not None or not given:
            return policy
        quantized = tuple(str(given.get(one)) for one in ("mode", "source_name"))
        return "_from_".join(quantized)
    return made(name, given)


def made(name: str, config: Mapping[str, Any]) -> Any:
    """Return an object of a class and what it is given; a text if that is nothing of its own."""
    key = folded(name)
    if key in _REGULARIZERS:
        return _regularizer(name, key, config)
    fn = config.get("fn")
    if fn is not None and key in ("meanmetricwrapper", "lossfunctionwrapper"):
        return _wrapped(fn, config)
    given = {
        argument: canonical(value)
        for argument, value in arguments(config, key)
        if argument not in ("fn", "dtype") and not is_default(key, argument, canonical(value))
    }
    bare = name.rpartition(">")[2]
    if key == "variancescaling":
        key, given = _scaled(given)
        bare = bare if folded(bare) == key else key
    return Object(key, tuple(sorted(given.items())), bare) if given else bare


def _wrapped(fn: Any, config: Mapping[str, Any]) -> Any:
    """Return a metric or loss that a function is wrapped to: the function, and what it is given."""
    named = canonical(fn)
    name = named.key if isinstance(named, Object) else str(named)
    return made(name, {key: value for key, value in config.items() if key != "fn"})


def _regularizer(name: str, key: str, config: Mapping[str, Any]) -> Any:
    fallback = 0.0 if key == "l1l2" else _LEAST
    given = {
        one: _number(float(value))
        for one in ("l1", "l2")
        if one in key and isinstance(value := config.get(one, fallback), int | float) and value
    }
    return Object("l1l2", tuple(sorted(given.items())), name.rpartition(">")[2])


def _scaled(given: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    full = {"scale": 1.0, "mode": "fan_in", "distribution": "truncated_normal", **given}
    full["distribution"] = str(full["distribution"]).replace("truncated_", "")
    for name, made_of in words()["scaled"].items():
        if all(full.get(argument) == value for argument, value in made_of.items()):
            rest = {key: value for key, value in given.items() if key not in made_of}
            return str(name), rest
    return "variancescaling", given


def is_default(key: str, argument: str, value: Any) -> bool:
    """Say whether this is what the argument is where it is not given, in any version."""
    by_class = defaults()
    known = [*by_class.get(key, {}).get(argument, ()), *by_class[ANY].get(argument, ())]
    return any(same(canonical(one), value) for one in known)


def same(one: Any, other: Any, *, exact: bool = False) -> bool:
    """Say whether two canonical values mean the same; texts in lists are data, and no names."""
    if isinstance(one, Object) or isinstance(other, Object):
        if isinstance(one, str) and isinstance(other, Object):
            one, other = other, one
        if isinstance(one, Object) and isinstance(other, str):
            return _as_object(other) == one
        return bool(one == other)
    if isinstance(one, str) and isinstance(other, str):
        names = not exact and one.isidentifier() and other.isidentifier()
        return one == other or (names and folded(one) == folded(other))
    if isinstance(one, tuple) and isinstance(other, tuple):
        pairs = zip(one, other, strict=False)
        return len(one) == len(other) and all(same(*pair, exact=True) for pair in pairs)
    if isinstance(one, tuple) != isinstance(other, tuple):
        items, alone = (one, other) if isinstance(one, tuple) else (other, one)
        return (
            bool(items) and not isinstance(alone, str) and all(same(item, alone) for item in items)
        )
    return bool(one == other)


def _as_object(name: str) -> Object | None:
    """Return what a name alone stands for, where that is more than the name."""
    key = folded(name)
    if key in _REGULARIZERS:
        found: Object = _regularizer(name, key, {})
        return found
    return None


def shown(value: Any) -> str:
    """Return a canonical value as people read it, of bounded length."""
    text = _text(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def _text(value: Any) -> str:
    if isinstance(value, Object):
        given = ", ".join(f"{name}={_text(one)}" for name, one in value.given)
        return f"{value.written}({given})"
    if isinstance(value, tuple):
        return f"({', '.join(map(_text, value))})"
    if isinstance(value, float):
        whole = value.is_integer() and abs(value) < _LARGE
        return f"{int(value)}" if whole else f"{value:.7g}"
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    return re.sub(r"\s+", " ", str(value))
