"""What a configuration brings along or asks for: custom classes, code, reaches outside; pure."""

from __future__ import annotations

import binascii
import contextlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from caniload.runner.forensics import places, reaching, sizes
from caniload.runner.forensics.configuration import class_name, members
from caniload.runner.forensics.facts import Code, Custom, Finding, danger
from caniload.runner.forensics.formats import wire
from caniload.runner.forensics.formats.documents import walk
from caniload.runner.forensics.names import custom_class, custom_function

_LAMBDA = "Lambda"
_BYTECODE = "__lambda__"
_OPERATION = re.compile(r'(?:"op"|\bop):\s*"([^"]*)"')
_OP = 2  # of NodeDef: node_def.proto
_TYPE = "_type"
"""What ends the name of a setting that says how another is written: as a name, or as bytecode."""
_WRAPPED = ("layer", "forward_layer", "backward_layer", "cell")
_ARRAYS = ("__numpy__", "__tensor__")
_FUNCTIONS = frozenset({"fn", "loss", "metrics", "weighted_metrics"})


@dataclass(frozen=True, kw_only=True)
class Contents:
    custom: tuple[Custom, ...]
    code: tuple[Code, ...]
    findings: tuple[Finding, ...]
    asks_for: int = 0
    """Numbers that all layers ask for by their settings, at least."""


def of(config: Any, *, layers_under: str = "layers") -> Contents:
    """Return what a configuration holds beside its settings; ``of(None)`` is nothing."""
    custom: dict[Custom, None] = {}
    code: dict[Code, None] = {}
    findings: dict[Finding, None] = {}
    asked = 0
    comes_in: dict[int, sizes.Dimensions] = {}
    for key, value in walk(config, layers_under):
        if isinstance(value, dict):
            inner = value.get("config")
            layers = members(value) if isinstance(value.get("class_name"), str) else []
            incoming = sizes.incoming(layers, in_line=class_name(value) == "Sequential")
            comes_in |= {id(layers[place]): one for place, one in incoming.items()}
            if isinstance(inner, dict):
                name, before = class_name(value) or "", comes_in.get(id(value), (1,))
                asked += sizes.asked_for(name, inner, value.get("build_config"), before)
                comes_in |= {
                    id(one): before[-1:]
                    for key in _WRAPPED
                    if isinstance(one := inner.get(key), dict)
                }
            for one in _of_node(key, value):
                match one:
                    case Custom():
                        custom[one] = None
                    case Code():
                        code[one] = None
                    case Finding():
                        findings[one] = None
        elif isinstance(value, str) and _names_a_function(key) and (own := custom_function(value)):
            custom[own] = None
    placed = {one.bytes for one in code if one.where is not None}
    return Contents(
        custom=tuple(custom),
        # A Lambda layer's code is met twice: in the layer, and by itself.
        code=tuple(one for one in code if one.where is not None or one.bytes not in placed),
        findings=tuple(findings),
        asks_for=min(asked, sizes.MOST),
    )


def _of_node(key: str, node: Mapping[str, Any]) -> Iterator[Custom | Code | Finding]:
    name = node.get("class_name")
    if not isinstance(name, str):
        if name is None and "config" not in node and isinstance(node.get("name"), str):
            yield from _of_layer(str(class_name(node)), node)  # Keras 0.3
    elif name == _BYTECODE:
        config = node.get("config")
        code = config.get("code") if isinstance(config, dict) else None
        yield Code(kind="bytecode", bytes=_decoded(code) if isinstance(code, str) else None)
    elif name in _ARRAYS:
        yield from sizes.of_array(node.get("config"))
    elif name == "__typespec__":
        yield from reaching.of_spec(node.get("spec_name"), node.get("module"))
    elif name in ("function", "builtin_function_or_method"):
        yield from _of_function_node(key, node)
    elif name not in reaching.MARKS and ("config" in node or "module" in node):
        yield from _of_class_node(key, name, node)


def _of_function_node(key: str, node: Mapping[str, Any]) -> Iterator[Custom | Finding]:
    module, config = _text(node.get("module")), _text(node.get("config"))
    if key == "layers":
        text = f"has a function, {module}.{config}, where a layer belongs: loading calls it"
        yield danger("names-unknown", text)
    also = _looked_up_as(config or "", node.get("registered_name"))
    for one in dict.fromkeys((config or "", also or config or "")):
        yield from _of_function(one, module)


def _of_class_node(
    key: str, name: str, node: Mapping[str, Any]
) -> Iterator[Custom | Code | Finding]:
    module, registered = _text(node.get("module")), _text(node.get("registered_name"))
    layer = key in ("layers", "layer", "forward_layer", "backward_layer", "nodes")
    if own := custom_class(name, module=module, registered=registered, layer=layer):
        yield own
    for one in dict.fromkeys((name, _looked_up_as(name, registered) or name)):
        yield from reaching.of_class(one, module)
        if isinstance(node.get("config"), dict):
            yield from _of_layer(one.rpartition(">")[2], node["config"])


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _looked_up_as(name: str, registered: Any) -> str | None:
    """Return the other name that a loader looks up in the module; one with a package is none."""
    plain = isinstance(registered, str) and ">" not in registered
    return registered if plain and registered not in (name, "function") else None


def _of_function(name: str, module: str | None) -> Iterator[Custom | Finding]:
    found = list(reaching.of_function(name, module))
    yield from found
    if name and all(one.kind == reaching.IMPORTS for one in found):
        own = custom_function(name, module=module)
        if own:
            yield own


def _of_layer(name: str, config: Mapping[str, Any]) -> Iterator[Custom | Code | Finding]:
    where = config["name"] if isinstance(config.get("name"), str) else None
    yield from reaching.of_name(where)
    yield from reaching.of_layer(name, config)
    if name == "TensorFlowOpLayer":
        for operation in _operations(config.get("node_def")):
            yield from reaching.of_graph(operation)
    yield from places.findings(where, config)
    if name == "TorchModuleWrapper":
        yield Code(kind="pickle", where=where)
    yield from _of_written_code(name, where, config)


def _operations(node: Any) -> list[str | None]:
    """Return the operations that a node of a graph names, as a dict, a text or its bytes.

    TensorFlow writes a dict or the message itself (tensorflow/python/keras/engine/base_layer.py).
    """
    if isinstance(node, dict):
        operation = node.get("op")
        return [operation if isinstance(operation, str) else None]
    if not isinstance(node, str):
        return [None]
    # A message may have a text in it that looks like another one: all readings count.
    found: list[str | None] = list(_OPERATION.findall(node))
    for encoding in ("utf-8", "latin-1"):
        with contextlib.suppress(ValueError):
            found += filter(None, [wire.text(node.encode(encoding), _OP)])
    return list(dict.fromkeys(found)) or [None]


def _of_written_code(
    name: str, where: str | None, config: Mapping[str, Any]
) -> Iterator[Custom | Code | Finding]:
    """Yield what settings hold that are functions: a Lambda's, and those of any layer with a type.

    Keras 1 and 2 wrote a function's bytecode into ``mode`` of Merge, too, with ``mode_type``.
    """
    own = ("function", "output_shape", "mask") if name == _LAMBDA else ()
    typed = (key.removesuffix(_TYPE) for key in map(str, config) if key.endswith(_TYPE))
    for part in dict.fromkeys((*own, *typed)):
        value = config.get(part)
        kind = config.get(f"{part}{_TYPE}")
        if part not in own and kind not in ("lambda", "function"):
            continue
        text = _bytecode(value, kind)
        if text is not None:
            yield Code(kind="bytecode", where=where, bytes=_decoded(text))
        elif isinstance(value, str) and kind == "function":
            module = config.get("module" if part == "function" else f"{part}_module")
            yield from _of_function(value, module if isinstance(module, str) else None)


def _bytecode(value: Any, kind: Any) -> str | None:
    """Return the marshalled code of a Lambda; a plain shape or a function's name is none."""
    if isinstance(value, dict) and value.get("class_name") == _BYTECODE:
        config = value.get("config")
        code = config.get("code") if isinstance(config, dict) else None
        return code if isinstance(code, str) else ""
    if isinstance(value, dict) and value.get("class_name") == "__tuple__":
        value = value.get("items")
    if isinstance(value, list) and value and isinstance(value[0], str):
        return value[0] if kind in ("lambda", None) else None
    if isinstance(value, str) and kind == "lambda":
        return value  # Keras 1
    return None


def _decoded(text: str) -> int | None:
    try:
        return len(binascii.a2b_base64(text.encode(), strict_mode=False))
    except (binascii.Error, UnicodeEncodeError):
        return None


def _names_a_function(key: str) -> bool:
    return key == "activation" or key.endswith("_activation") or key in _FUNCTIONS
