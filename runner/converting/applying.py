"""What is done to one layer for another Keras: rules, functions, what is unknown there; pure.

All that cannot be is collected, so that a person reads of it at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from packaging.version import Version

from caniload.runner.converting import older
from caniload.runner.converting.fitting import Fitting
from caniload.runner.converting.graph import bare
from caniload.runner.converting.rules import Called, Missing, Rule, Rules
from caniload.runner.converting.transforms import ENDING, TRANSFORMS, Layer, Refused
from caniload.runner.matrix.frameworks import frameworks

_TOLD = 4
"""So many reasons are told; what comes behind is counted."""
_SHOWN = 60
"""So many letters of a value are told."""


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


@dataclass(kw_only=True)
class Work:
    """One model under way from the Keras that wrote its configuration to the one that is wanted."""

    written: Version
    wanted: Version
    rules: Rules
    vocabularies: Mapping[str, list[Any]]
    fitting: Fitting | None = None
    unrolling: bool = False
    listed: bool = False
    changes: list[Change] = field(default_factory=list)
    scaled: list[dict[str, Any]] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)
    """What the result may lack: said where its proof fails."""

    @property
    def to_keras_3(self) -> bool:
        return self.wanted >= frameworks().since.keras_3

    @property
    def there(self) -> str:
        """What the wanted version is called."""
        return self.fitting.label if self.fitting else f"Keras {self.wanted}"

    @property
    def lambdas(self) -> bool:
        return self.fitting is not None and self.fitting.lambdas

    def note(
        self, rule: Rule | Missing | Called, where: str, text: str, *, loses: bool = True
    ) -> None:
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

    def check(self) -> None:
        """Raise ``Refused`` with all that was found to be impossible."""
        found = list(dict.fromkeys(self.refused))
        if found:
            more = f"; and {len(found) - _TOLD} more like these" if len(found) > _TOLD else ""
            raise Refused("; ".join(found[:_TOLD]) + more)


def apply(rule: Rule, layer: Layer, work: Work) -> None:
    """Do what a rule says to a layer, or to an initializer and the like."""
    if rule.lacking and not _lacking(rule, layer, work.fitting):
        return
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
    layer.after = [_operation(one, layer, work) for one in layer.after]
    if done:
        work.note(rule, layer.path, ", ".join(done), loses=rule.when is None or unusual)


def _operation(stated: dict[str, Any], layer: Layer, work: Work) -> dict[str, Any]:
    """Return how an operation that a layer needs behind it is done there."""
    if "needs" not in stated:
        return stated
    return older.needed(
        stated["needs"], stated["settings"], layer.path, lambdas=work.lambdas, there=work.there
    )


def _lacking(rule: Rule, layer: Layer, fitting: Fitting | None) -> bool:
    """Say whether the target has not what the rule does without."""
    if fitting is None or rule.lacking is None:
        return False
    if rule.lacking == "class":
        return fitting.lacks(rule.kind, layer.class_name)
    return fitting.lacks_argument(rule.kind, layer.class_name, rule.lacking)


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


def fit(kind: str, layer: Layer, work: Work) -> None:
    """Take away what the target's class does not know, where that is known to change nothing."""
    fitting = work.fitting
    if fitting is None:
        return
    name = layer.class_name
    what = f"the layer {layer.path} ({name})" if kind == "layer" else f"{layer.path} ({name})"
    if fitting.lacks(kind, name):
        if kind == "layer" and _replaced(layer, work):
            return
        article = "layer" if kind == "layer" else kind
        came = fitting.came(kind, name)
        raise Refused(f"{what}: {fitting.label} has no {article} {name}{came}")
    for key in list(fitting.unknown(kind, name, layer.config)):
        value = layer.config[key]
        usual = fitting.is_default(kind, name, key, value)
        rule = work.rules.without(kind, name, key)
        if rule is None or not (usual or _may_go(rule, layer)):
            work.refused.append(
                f"{what} has {key}={_short(value)}, which {fitting.label} does not know"
                f"{fitting.came(kind, name, key)}"
            )
            continue
        del layer.config[key]
        if rule.keeps != "initial":
            text = f"{key} is dropped" if usual else f"{key}={_short(value)} is dropped"
            always = rule.value == "default"  # what is said then is about the default, too
            work.note(rule, layer.path, text, loses=always or not usual)


def _replaced(layer: Layer, work: Work) -> bool:
    """Have an operation do what a layer without weights does that the target has not."""
    spec = older.instead(layer.class_name, layer.config, lambdas=work.lambdas)
    if spec is None or layer.within or work.to_keras_3:
        return False
    name = layer.class_name
    came = work.fitting.came("layer", name) if work.fitting else ""
    why = f"{work.there} has no layer {name}{came}"
    about = {**older.ABOUT, "why": why}
    told = f"{name} is an operation, {spec['older']}"
    work.changes.append(Change(rule="older", where=layer.path, text=told, **about))
    layer.class_name = "Activation"
    layer.config = {"name": layer.config["name"], "activation": "linear"}
    layer.after.append(spec)
    return True


def _may_go(rule: Missing, layer: Layer) -> bool:
    """Say whether an argument goes also where it is not at its default."""
    return rule.value == "any" or (rule.value == "unmasked" and not layer.masked)


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."


def called(made: dict[str, Any], calls: list[dict[str, Any]], path: str, work: Work) -> None:
    """Have the settings of a layer say what calls of it cannot, in place."""
    for rule in work.rules.calls:
        if not rule.concerns(made["class_name"], work.wanted):
            continue
        given = {bool(call["kwargs"].pop(rule.argument, None)) for call in calls}
        if given == {True} and rule.sets:
            made["config"].update(rule.sets)
            settings = ", ".join(f"{key}={value!r}" for key, value in rule.sets.items())
            work.note(rule, path, f"{rule.argument} of its calls is its own {settings}")
        elif True in given:
            what = f"the layer {path} ({made['class_name']}) is called with {rule.argument}"
            raise Refused(f"{what}, which {work.there} does not know: {rule.why}")


def functions(layer: Layer, work: Work) -> None:
    """Write functions by their names, and by those of the wanted version."""
    for key, stated in list(layer.config.items()):
        if key != "activation" and not key.endswith("_activation"):
            continue
        value: Any = stated
        if isinstance(stated, dict) and isinstance(stated.get("config"), str):
            value = layer.config[key] = stated["config"]
        for rule in work.rules.of("function", work.written, work.wanted):
            lacking = work.fitting is not None and work.fitting.lacks("function", str(value))
            if isinstance(value, str) and value in rule.names and (lacking or not rule.lacking):
                layer.config[key] = rule.names[value]
                text = f"its function {value} is called {rule.names[value]}"
                work.note(rule, layer.path, text)
    for rule in work.rules.of("function", work.written, work.wanted):
        if rule.apply and (done := TRANSFORMS[rule.apply](layer)):
            work.note(rule, layer.path, done)
    _unknown_functions(layer, work)


def _unknown_functions(layer: Layer, work: Work) -> None:
    """Have an operation do what the target has no function for, or another of that name."""
    rules = work.rules.of("function", work.written, work.wanted)
    differing = {name for rule in rules for name in rule.differs}
    for key, value in list(layer.config.items()):
        named = key == "activation" or key.endswith("_activation")
        if not named or not isinstance(value, str):
            continue
        if work.fitting is not None and work.fitting.lacks("function", value):
            why = f"{work.there} has no function {value}{work.fitting.came('function', value)}"
        elif layer.class_name == "Activation" and value in differing:
            why = f"{work.there} computes something else under the name {value}"
        else:
            continue
        text = f"the layer {layer.path} applies {value}, and {why}"
        spec = None
        behind = layer.class_name in ENDING or layer.class_name == "Activation"
        if key == "activation" and behind and not layer.within and not work.to_keras_3:
            spec = older.applied(value, lambdas=work.lambdas)
        if spec is None:
            raise Refused(text)
        layer.config[key] = "linear"
        layer.after.append(spec)
        told = f"its function {value} is an operation behind it"
        about = {**older.ABOUT, "why": why}
        work.changes.append(Change(rule="older", where=layer.path, text=told, **about))


def inner_objects(layer: Layer, work: Work) -> None:
    """Rewrite initializers and the like, and give each the module that Keras 3 looks for it in."""
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
        for rule in work.rules.of(kind, work.written, work.wanted):
            if rule.concerns(inner.class_name):
                apply(rule, inner, work)
        registered = value.get("registered_name")
        if ">" in value["class_name"]:
            registered = value["class_name"]
        custom = registered not in (None, inner.class_name)
        if not custom and not _fits(kind, inner, work):
            del layer.config[key]
            continue
        made: dict[str, Any] = {"class_name": inner.class_name, "config": inner.config}
        if work.to_keras_3:
            made["module"] = value.get("module") if custom else f"keras.{kind}s"
            made["registered_name"] = registered
        layer.config[key] = made


def _fits(kind: str, inner: Layer, work: Work) -> bool:
    """Say whether the target has the object; what only counts in training is told as lost."""
    before = len(work.refused)
    try:
        fit(kind, inner, work)
    except Refused as error:
        work.refused.append(str(error))
    if len(work.refused) == before:
        return True
    why = "; ".join(work.refused[before:])
    del work.refused[before:]
    lost = {
        "initializer": "whoever trains it anew starts otherwise",
        "regularizer": "training goes on without it",
        "constraint": "training goes on without it",
    }
    change = Change(
        rule="training-only",
        where=inner.path,
        text=f"{inner.class_name} is dropped",
        keeps="inference",
        why=why,
        source=older.ABOUT["source"],
        loses=lost[kind],
    )
    work.changes.append(change)
    return False
