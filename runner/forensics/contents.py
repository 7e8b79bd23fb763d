"""What a configuration brings along or asks for: custom classes, code, reaches outside; pure."""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from caniload.runner.forensics import reaching, sizes
from caniload.runner.forensics.configuration import class_name
from caniload.runner.forensics.facts import Code, Custom, Finding, danger, notice
from caniload.runner.forensics.formats.documents import walk
from caniload.runner.forensics.names import custom_class, custom_function

_LAMBDA = "Lambda"
_BYTECODE = "__lambda__"
_FUNCTIONS = frozenset({"fn", "loss", "metrics", "weighted_metrics"})
_LOOKUPS = frozenset({"StringLookup", "IntegerLookup", "TextVectorization", "IndexLookup"})
_FAR = re.compile(r"/|~|[A-Za-z]:|\\|[a-z0-9]+://|(.*[/\\])?\.\.([/\\]|$)")
"""A place outside of the folder that the file lies in."""


@dataclass(frozen=True, kw_only=True)
class Contents:
    custom: tuple[Custom, ...]
    code: tuple[Code, ...]
    findings: tuple[Finding, ...]
    asks_for: int = 1
    """Numbers in the largest array that a layer asks for, at least."""


def of(config: Any, *, layers_under: str = "layers") -> Contents:
    """Return what a configuration holds beside its settings; ``of(None)`` is nothing."""
    custom: dict[Custom, None] = {}
    code: dict[Code, None] = {}
    findings: dict[Finding, None] = {}
    largest = 1
    for key, value in walk(config, layers_under):
        if isinstance(value, dict):
            inner = value.get("config")
            if isinstance(inner, dict):
                largest = max(largest, sizes.asked_for(inner, value.get("build_config")))
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
        asks_for=largest,
    )


def _of_node(key: str, node: Mapping[str, Any]) -> Iterator[Custom | Code | Finding]:
    name = node.get("class_name")
    if not isinstance(name, str):
        return
    module = node.get("module") if isinstance(node.get("module"), str) else None
    config = node.get("config")
    if name == _BYTECODE:
        code = config.get("code") if isinstance(config, dict) else None
        yield Code(kind="bytecode", bytes=_decoded(code) if isinstance(code, str) else None)
        return
    if name in ("function", "builtin_function_or_method"):
        yield from _of_function(config if isinstance(config, str) else "", module)
        return
    if name.startswith("__") or ("config" not in node and "module" not in node):
        return
    registered = node.get("registered_name")
    layer = key in ("layers", "layer", "forward_layer", "backward_layer", "nodes")
    own = custom_class(
        name,
        module=module,
        registered=registered if isinstance(registered, str) else None,
        layer=layer,
    )
    if own:
        yield own
    yield from reaching.of_class(name, module)
    if isinstance(config, dict):
        yield from _of_layer(class_name(node) or name, config)


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
    if name == _LAMBDA:
        yield from _of_lambda(where, config)
    elif name == "TorchModuleWrapper":
        yield Code(kind="pickle", where=where)
    elif name == "TFSMLayer":
        yield danger(
            "loads-another-file", f"layer {where} loads the SavedModel {config.get('filepath')}"
        )
    elif name in _LOOKUPS and isinstance(vocabulary := config.get("vocabulary"), str):
        text = f"layer {where} reads its vocabulary from the file {vocabulary}"
        yield (danger if _FAR.match(vocabulary) else notice)("reads-another-file", text)


def _of_lambda(where: str | None, config: Mapping[str, Any]) -> Iterator[Custom | Code | Finding]:
    for part in ("function", "output_shape", "mask"):
        value = config.get(part)
        kind = config.get(f"{part}_type")
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
