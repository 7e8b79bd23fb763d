"""A configuration of one Keras -> a recipe for another, and the list of what was changed; pure.

The recipe is what probes/across/rebuild.py builds: ``{"kind", "name", "members", "inputs",
"outputs", "shape"}``. A member is ``{"name", "calls", "chain"}``: what is called one after the
other, each ``{"class_name", "registered_name", "config"}``, ``{"model": recipe}`` or
``{"operation": name, ...}``. Layers within a layer stand as ``{"$layer": ...}``.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from packaging.version import Version

from caniload.runner.converting import operations
from caniload.runner.converting.graph import Graph, Member, Node, bare, is_model, read
from caniload.runner.converting.rules import Rule, Rules, read_rules
from caniload.runner.converting.transforms import TRANSFORMS, Layer, Refused
from caniload.runner.matrix.frameworks import frameworks

_WITHIN = ("layer", "forward_layer", "cell")
_RECURRENT = frozenset({"LSTM", "GRU", "SimpleRNN", "RNN", "ConvLSTM2D", "Bidirectional"})
_CELLS = {"LSTMCell": 3, "GRUCell": 3, "SimpleRNNCell": 3, "LSTM": 3, "GRU": 3, "ConvLSTM2D": 3}


@dataclass(frozen=True, kw_only=True)
class Change:
    """One thing done to one layer, under which rule, and what stays the same of it."""

    rule: str
    where: str
    text: str
    keeps: str
    why: str
    source: str
    loses: str | None = None


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """What is to be built, with what was changed for it and which weights are to be scaled."""

    model: dict[str, Any]
    changes: tuple[Change, ...]
    scaled: tuple[dict[str, Any], ...] = ()


@dataclass(kw_only=True)
class _Work:
    written: Version
    wanted: Version
    rules: Rules
    vocabularies: Mapping[str, list[Any]]
    changes: list[Change] = field(default_factory=list)
    scaled: list[dict[str, Any]] = field(default_factory=list)

    def note(self, rule: Rule, where: str, text: str, *, loses: bool = True) -> None:
        self.changes.append(
            Change(
                rule=rule.id,
                where=where,
                text=text,
                keeps=rule.keeps,
                why=rule.why,
                source=rule.source,
                loses=rule.loses if loses else None,
            )
        )


def rewrite(
    config: Node,
    *,
    written: Version,
    wanted: Version,
    vocabularies: Mapping[str, list[Any]] | None = None,
    rules: Rules | None = None,
) -> Recipe:
    """Return how the model is built by Keras ``wanted``; ``config`` is left as it is.

    ``Refused`` or ``GraphError``: there is no way that keeps its numbers, or none known.
    """
    work = _Work(
        written=written,
        wanted=wanted,
        rules=rules or read_rules(),
        vocabularies=vocabularies or {},
    )
    model = _model(copy.deepcopy(dict(config)), "", work)
    return Recipe(model=model, changes=tuple(work.changes), scaled=tuple(work.scaled))


def _model(node: Node, prefix: str, work: _Work) -> dict[str, Any]:
    graph = read(node)
    members = [_member(one, prefix, work) for one in graph.members]
    return {
        "kind": "sequential" if graph.sequential else "functional",
        "name": graph.name.replace("/", "_")
        if work.wanted >= frameworks().since.keras_3
        else graph.name,
        "trainable": bool(graph.settings.get("trainable", True)),
        "members": [*_input(graph, work), *members],
        "inputs": graph.inputs,
        "outputs": graph.outputs,
        "shape": graph.shape,
    }


def _input(graph: Graph, work: _Work) -> list[dict[str, Any]]:
    """Return the input layer of a line of layers whose first one states the shape itself."""
    if not graph.sequential or not graph.members or is_model(graph.members[0].node):
        return []
    first = graph.members[0].node
    config = first.get("config") or {}
    shape = config.get("batch_input_shape")
    if shape is None or bare(first.get("class_name")) == "InputLayer":
        return []
    dtype = config.get("dtype") if bare(first.get("class_name")) != "Embedding" else None
    key = "batch_shape" if work.wanted >= frameworks().since.keras_3 else "batch_input_shape"
    made = {"name": f"{graph.members[0].name}_input", key: shape}
    if isinstance(dtype, str) and not dtype.startswith("mixed"):
        made["dtype"] = dtype
    chain = [{"class_name": "InputLayer", "registered_name": None, "config": made}]
    return [{"name": made["name"], "calls": [], "chain": chain}]


def _member(member: Member, prefix: str, work: _Work) -> dict[str, Any]:
    calls = [dict(call) for call in member.calls]
    path = prefix + member.name
    if is_model(member.node):
        chain = [{"model": _model(member.node, path + "/", work)}]
        return {"name": member.name, "calls": calls, "chain": chain}
    class_name = bare(member.node.get("class_name"))
    if operations.concerns(member.node):
        made, calls = operations.translated(member.node, calls, path, work.wanted, work.rules)
        for text in made.pop("told"):
            work.changes.append(
                Change(rule="operations", where=path, text=text, **operations.ABOUT)
            )
        return {"name": member.name, "calls": calls, "chain": [made]}
    layer = _layer(member.node, path, 0, work)
    before = layer.pop("before")
    if class_name in _RECURRENT:
        calls = [_with_states(call) for call in calls]
    return {"name": member.name, "calls": calls, "chain": [*before, layer]}


def _with_states(call: dict[str, Any]) -> dict[str, Any]:
    """Hand states over by name: until TensorFlow 2.4 a layer was called with a list of tensors."""
    first = call["args"][0] if call["args"] else None
    if isinstance(first, list) and len(first) > 1 and "initial_state" not in call["kwargs"]:
        return {"args": [first[0]], "kwargs": {**call["kwargs"], "initial_state": first[1:]}}
    return call


def _layer(node: Node, path: str, first: int, work: _Work) -> dict[str, Any]:
    """Return how a layer is made; ``first`` is the place of its first weight among its owner's."""
    name = node.get("class_name")
    config = node.get("config")
    layer = Layer(
        path=path,
        class_name=bare(name),
        config=dict(config) if isinstance(config, dict) else {},
        first=first,
        vocabulary=work.vocabularies.get(path),
    )
    own = node.get("registered_name") or (name if ">" in str(name) else None)
    _inner_objects(layer, work)
    _functions(layer, work)
    for rule in work.rules.of("layer", work.written, work.wanted):
        if rule.concerns(layer.class_name):
            _apply(rule, layer, work)
    _inner_layers(layer, work)
    work.scaled += layer.scaled
    return {
        "class_name": layer.class_name,
        "registered_name": own,
        "config": layer.config,
        "before": [{"registered_name": None, **one} for one in layer.before],
    }


def _inner_layers(layer: Layer, work: _Work) -> None:
    offset = layer.first
    for key in (*_WITHIN, "backward_layer"):
        inner = layer.config.get(key)
        if isinstance(inner, dict) and "class_name" in inner:
            layer.config[key] = _inner(inner, layer.path, offset, work)
            offset += _weights(inner)
            if layer.class_name == "Bidirectional" and key != "backward_layer":
                _second_direction(layer, inner, offset, work)
    cells = layer.config.get("cells")
    if isinstance(cells, list):
        made = []
        for cell in cells:
            made.append(_inner(cell, layer.path, offset, work))
            offset += _weights(cell)
        layer.config["cells"] = made


def _second_direction(layer: Layer, inner: Node, offset: int, work: _Work) -> None:
    """Scale the weights of the copy that Bidirectional makes of its layer by itself."""
    if layer.config.get("backward_layer") is None:
        apart = _Work(written=work.written, wanted=work.wanted, rules=work.rules, vocabularies={})
        _layer(inner, layer.path, offset, apart)
        work.scaled += apart.scaled


def _inner(node: Node, path: str, first: int, work: _Work) -> dict[str, Any]:
    if is_model(node):
        name = (node.get("config") or {}).get("name", "")
        return {"$layer": {"model": _model(node, f"{path}/{name}/", work)}}
    made = _layer(node, path, first, work)
    if made.pop("before"):
        raise Refused(f"a layer within {path} applies hard_sigmoid, which has no equal there")
    return {"$layer": made}


def _weights(node: Node) -> int:
    """Return how many weights an inner layer has, for those whose weights may be scaled."""
    config = node.get("config")
    bias = isinstance(config, dict) and config.get("use_bias", True)
    return _CELLS.get(bare(node.get("class_name")), 2) - (0 if bias else 1)


def _inner_objects(layer: Layer, work: _Work) -> None:
    """Rewrite initializers, and give every object the module that Keras 3 looks for it in."""
    for key, value in list(layer.config.items()):
        if not isinstance(value, dict) or not isinstance(value.get("class_name"), str):
            continue
        kind = key.rpartition("_")[2]
        if kind not in ("initializer", "regularizer", "constraint"):
            continue
        inner = Layer(
            path=f"{layer.path}.{key}",
            class_name=bare(value["class_name"]),
            config=dict(value.get("config") or {}),
        )
        if kind == "initializer":
            for rule in work.rules.of("initializer", work.written, work.wanted):
                _apply(rule, inner, work)
        registered = value.get("registered_name")
        if ">" in value["class_name"]:
            registered = value["class_name"]
        made: dict[str, Any] = {"class_name": inner.class_name, "config": inner.config}
        if work.wanted >= frameworks().since.keras_3:
            custom = registered not in (None, inner.class_name)
            made["module"] = value.get("module") if custom else f"keras.{kind}s"
            made["registered_name"] = registered
        layer.config[key] = made


def _functions(layer: Layer, work: _Work) -> None:
    """Write functions by their names, and by those of today."""
    for key, stated in list(layer.config.items()):
        if key != "activation" and not key.endswith("_activation"):
            continue
        value: Any = stated
        if isinstance(stated, dict) and isinstance(stated.get("config"), str):
            value = layer.config[key] = stated["config"]
        elif isinstance(stated, dict) and isinstance(stated.get("config"), dict):
            layer.config[key] = {"$layer": _function_layer(stated, layer.path, work)}
        for rule in work.rules.of("function", work.written, work.wanted):
            if isinstance(value, str) and value in rule.names:
                layer.config[key] = rule.names[value]
                text = f"its function {value} is called {rule.names[value]}"
                work.note(rule, layer.path, text)
    for rule in work.rules.of("function", work.written, work.wanted):
        if rule.apply and (done := TRANSFORMS[rule.apply](layer)):
            work.note(rule, layer.path, done)


def _function_layer(value: Node, path: str, work: _Work) -> dict[str, Any]:
    """Return a layer that stands where a function is expected, such as activation=LeakyReLU()."""
    made = _layer(value, path, 0, work)
    made.pop("before")
    return made


def _apply(rule: Rule, layer: Layer, work: _Work) -> None:
    done = []
    if rule.become and layer.class_name != rule.become:
        done.append(f"{layer.class_name} is {rule.become}")
        layer.class_name = rule.become
    dropped, unusual = _dropped(rule, layer)
    done += dropped
    for old, new in rule.rename.items():
        if old in layer.config:
            layer.config[new] = layer.config.pop(old)
            done.append(f"{old} is {new}")
    for key, value in rule.set.items():
        layer.config.setdefault(key, value)
    if rule.apply and (text := TRANSFORMS[rule.apply](layer)):
        done.append(text)
    if done:
        work.note(rule, layer.path, ", ".join(done), loses=rule.when is None or unusual)


def _dropped(rule: Rule, layer: Layer) -> tuple[list[str], bool]:
    """Drop keys; return what was dropped, and whether any stood at an unusual value."""
    done, unusual = [], False
    for key in rule.drop:
        if key not in layer.config:
            continue
        value = layer.config.pop(key)
        usual = rule.when is None or value in rule.when
        if not usual and rule.keeps == "outputs":
            raise Refused(f"the layer {layer.path} has {key}={value!r}: {rule.why}")
        if rule.keeps != "initial":
            done.append(f"{key} is dropped" if usual else f"{key}={value!r} is dropped")
            unusual = unusual or not usual
    return done, unusual
