"""Arrays of a file -> the layers that they belong to; pure.

Where no architecture is known, layers are made of the names that the arrays have.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from caniload.runner.comparing.parts import Layer, Stored, Weight

_LAYERS = frozenset({"layers", "_layer_checkpoint_dependencies"})


def place(model: Layer, weights: Iterable[Stored]) -> list[Stored]:
    """Give each layer its weights; return those of which no layer is known."""
    left = []
    for stored in weights:
        found = _by_objects(model, stored) if stored.by == "objects" else _by_names(model, stored)
        if found is None:
            left.append(stored)
            continue
        layer, scope = found
        layer.weights.append(_weight(stored, scope))
    return left


def bare(weights: Iterable[Stored], names: Sequence[tuple[str, str | None]] = ()) -> Layer:
    """Return a model of the layers that the arrays name; ``names`` are those without any, too."""
    model = Layer(name=None, class_name=None, is_model=True)
    by_key = {key: Layer(name=label, class_name=None, key=key) for key, label in names}
    for stored in weights:
        parts = [*stored.parts]
        label: str | None = None
        if stored.by == "objects" and parts[0] in _LAYERS:
            label = stored.labels[1] if len(stored.labels) > 1 else None
            parts = parts[1:]
        key = stored.layer or (parts[0] if len(parts) > 1 else "")
        named = label if stored.by == "objects" else key
        layer = by_key.setdefault(key, Layer(name=named, class_name=None, key=key))
        scope = _without(key, parts[:-1]) if stored.by == "names" else parts[1:-1]
        layer.weights.append(_weight(stored, tuple(scope)))
    model.members = list(by_key.values())
    return model


def _weight(stored: Stored, scope: tuple[str, ...]) -> Weight:
    return Weight(array=stored.array, label=stored.label, scope=scope, leaf=stored.parts[-1])


def _without(name: str, scope: Sequence[str]) -> Sequence[str]:
    """Return what stands behind a layer's own name, or all where that is not there."""
    return scope[scope.index(name) + 1 :] if name in scope else scope


def _by_names(model: Layer, stored: Stored) -> tuple[Layer, tuple[str, ...]] | None:
    """Follow names from the outside in; what is no layer's name is a scope around it."""
    here, start = model, 0
    scopes = stored.parts[:-1]
    if stored.layer is not None:
        own = _member(model, stored.layer)
        if own is None:
            return None
        here = own
    found = here if here is not model else None
    for at, name in enumerate(scopes):
        inner = _member(here, name)
        if inner is None and not _ahead(here, scopes[at + 1 :]):
            inner = _deep(here, name)
        if inner is not None:
            here = found = inner
            start = at + 1
    if found is None:
        return None
    rest = scopes[start:]
    return found, tuple(_without(found.name or "", rest))


def _ahead(here: Layer, names: Sequence[str]) -> bool:
    """Say whether a name that comes is that of a layer right below."""
    return any(_member(here, name) is not None for name in names)


def _member(model: Layer, name: str) -> Layer | None:
    return next((one for one in model.within() if one.name == name), None)


def _deep(model: Layer, name: str) -> Layer | None:
    """Return the one layer of that name at any depth: Keras 2 leaves out the models around it."""
    found = [one for _, one in model.walk() if one.name == name]
    return found[0] if len(found) == 1 else None


def _by_objects(model: Layer, stored: Stored) -> tuple[Layer, tuple[str, ...]] | None:
    """Follow ``layers/<key>`` from the outside in; what comes behind is within a layer."""
    here, at = model, 0
    parts = stored.parts[:-1]
    while at + 1 < len(parts):
        if parts[at] in _LAYERS:
            label = stored.labels[at + 1] if len(stored.labels) > at + 1 else None
            inner = _labelled(here, label, parts[at + 1])
            if inner is None:
                return None
            here, at = inner, at + 2
        elif (part := here.parts.get(parts[at])) is not None and part.is_model:
            here, at = part, at + 1
        else:
            break
    if here is model and not (model.is_model and at):
        return None
    return here, tuple(parts[at:])


def _labelled(model: Layer, label: str | None, key: str) -> Layer | None:
    by_name = next((one for one in model.members if label and one.name == label), None)
    return by_name or next((one for one in model.members if one.key == key), None)
