"""Two files as they were read -> what is the same, what is not, and what could not be compared."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from caniload.runner.comparing import matching, naming, placing, states
from caniload.runner.comparing.architecture import INPUT, is_automatic, is_line
from caniload.runner.comparing.facts import Comparison, Kind, LayerChange, Setting, Side
from caniload.runner.comparing.parts import Layer, Saved, Stored
from caniload.runner.comparing.settings import Names, ends, order, settings_of
from caniload.runner.comparing.tally import Tally


class _Found:
    """What was met so far."""

    def __init__(self) -> None:
        self.layers: list[LayerChange] = []
        self.model: list[Setting] = []
        self.notes: list[str] = []
        self.pairs = 0
        self.renumbered: list[str] = []
        self.weights = Tally()


def compare(before: Saved, after: Saved, paths: tuple[str, str]) -> Comparison:
    """Return what comparing two files finds; reads their arrays."""
    found = _Found()
    not_compared = [
        f"{path}: {gap}"
        for path, saved in zip(paths, (before, after), strict=True)
        for gap in saved.gaps
    ]
    ones, others = _trees(before, after)
    _compare_models(ones, others, found, described=None not in (before.model, after.model))
    if None in (before.model, after.model):
        found.weights.pair_equals()
    state = states.state(before, after, not_compared)
    one_sided = list(_one_sided(before, after))
    if found.renumbered:
        found.notes.append(
            "numbered by Keras in another way:"
            f" {', '.join(found.renumbered[:3])}{', …' if len(found.renumbered) > 3 else ''}"  # noqa: PLR2004 - shown
        )
    described = before.model is not None and after.model is not None
    return Comparison(
        before=_side(paths[0], before),
        after=_side(paths[1], after),
        layers_paired=found.pairs if described else 0,
        layers=tuple(found.layers) if described else (),
        model=(*_model(before.model, after.model), *found.model),
        weights=found.weights.found,
        training=tuple(states.training(before.training, after.training)),
        state=state,
        assets=tuple(states.assets(before, after)),
        not_compared=tuple(not_compared),
        one_sided=tuple(one_sided),
        notes=tuple(found.notes),
    )


def _side(path: str, saved: Saved) -> Side:
    holds = (("layers", saved.model), ("weights", saved.weights), ("training", saved.training))
    layers = None
    if saved.model is not None:
        layers = sum(one.class_name != INPUT for _, one in saved.model.walk())
    return Side(
        path=path,
        said=saved.said,
        holds=tuple(name for name, there in holds if there or there == {}),
        layers=layers,
        weights=len(saved.weights),
        bytes=saved.bytes,
    )


def _trees(before: Saved, after: Saved) -> tuple[Layer, Layer]:
    """Return both as trees with weights in them; one without layers borrows those of the other."""
    # Without those of the other there is nothing to compare them with, unless it has to have them.
    weights = (before.weights and after.weights) or _lacks_weights(before, after)
    return (
        _tree(before, after, before.weights if weights else []),
        _tree(after, before, after.weights if weights else []),
    )


def _lacks_weights(before: Saved, after: Saved) -> bool:
    """Say whether one of two whole models has no weights, and nothing says that they are unread."""
    if None in (before.training, after.training) or None in (before.model, after.model):
        return False
    lacking = after if before.weights else before
    return bool(before.weights) != bool(after.weights) and not lacking.gaps


def _tree(saved: Saved, other: Saved, weights: Sequence[Stored]) -> Layer:
    model = saved.model
    if model is None and other.model is not None:
        model = _copied(other.model)
    if model is None:
        return placing.bare(weights, saved.groups)
    left = placing.place(model, weights)
    if left and saved.model is None and len(left) == len(weights):
        return placing.bare(weights, saved.groups)
    if left:
        extra = placing.bare(left)
        for one in extra.members:
            one.class_name = one.class_name or "?"
        model.members += extra.members
    return model


def _copied(model: Layer) -> Layer:
    return Layer(
        name=model.name,
        class_name=model.class_name,
        settings=model.settings,
        members=[_copied(one) for one in model.members],
        parts={name: _copied(one) for name, one in model.parts.items()},
        key=model.key,
        calls=model.calls,
        ends=model.ends,
        rank=model.rank,
        is_model=model.is_model,
    )


def _compare_models(
    one: Layer, other: Layer, found: _Found, *, described: bool, at: str = ""
) -> None:
    """Compare the members of two models, and theirs."""
    line = is_line(one) and is_line(other)
    pairs = matching.layers(one.members, other.members, line=line)
    names = {a.name: b.name for a, b in pairs}
    if described:
        found.model += ends(one, other, names, at)
        if line:
            found.model += order(pairs, one, other, at)
    there = {id(b): a for a, b in pairs}
    matched = {id(a): b for a, b in pairs}
    for a in one.members:
        if (b := matched.get(id(a))) is not None:
            _compare_layers(a, b, found, at=at, names=names, described=described)
        else:
            _alone(Kind.REMOVED, a, found, at)
    for b in other.members:
        if id(b) not in there:
            _alone(Kind.ADDED, b, found, at)
    _weights(one, other, found, at.rstrip("/"))


def _alone(kind: Kind, layer: Layer, found: _Found, at: str) -> None:
    name = f"{at}{_called(layer)}"
    found.layers.append(LayerChange(kind=kind, name=name, class_name=layer.class_name))
    inside = [(name, layer), *layer.walk(f"{name}/")]
    for where, one in inside:
        for weight in one.weights:
            found.weights.alone(kind, f"{where}/{naming.name(one, weight)}", weight)


def _called(layer: Layer) -> str:
    return layer.name or layer.key or layer.class_name or "?"


def _compare_layers(
    one: Layer,
    other: Layer,
    found: _Found,
    *,
    at: str,
    names: Names,
    described: bool,
) -> None:
    name = f"{at}{_called(one)}"
    found.pairs += one.class_name != INPUT
    renamed = _renamed(one, other, found) if described else None
    settings = list(settings_of(one, other, names)) if described else []
    if one.class_name != other.class_name and described:
        settings.insert(0, Setting(name="class", before=one.class_name, after=other.class_name))
    if renamed or settings:
        kind = Kind.CHANGED if settings else Kind.RENAMED
        change = LayerChange(
            kind=kind,
            name=name,
            class_name=one.class_name,
            renamed_to=renamed,
            settings=tuple(settings),
        )
        found.layers.append(change)
    if not (one.is_model or other.is_model):
        _weights(one, other, found, name)
    else:
        _compare_models(one, other, found, described=described, at=f"{name}/")
    for part in one.parts.keys() & other.parts.keys():
        if one.parts[part].is_model or other.parts[part].is_model:
            inner = f"{name}/{part}/"
            _compare_models(
                one.parts[part], other.parts[part], found, described=described, at=inner
            )


def _renamed(one: Layer, other: Layer, found: _Found) -> str | None:
    if one.name == other.name or None in (one.name, other.name):
        return None
    if is_automatic(one) and is_automatic(other):
        found.renumbered.append(f"{one.name} → {other.name}")
        return None
    return other.name


def _weights(one: Layer, other: Layer, found: _Found, at: str) -> None:
    pairs = matching.weights(one.weights, other.weights)
    firsts, seconds = {id(a) for a, _ in pairs}, {id(b) for _, b in pairs}
    before = f"{at}/" if at else ""
    for a, b in pairs:
        named = naming.name(other, b) if a.numbered else naming.name(one, a)
        found.weights.compare(f"{before}{named}", a, b)
    for a in one.weights:
        if id(a) not in firsts:
            found.weights.alone(Kind.REMOVED, f"{before}{naming.name(one, a)}", a)
    for b in other.weights:
        if id(b) not in seconds:
            found.weights.alone(Kind.ADDED, f"{before}{naming.name(other, b)}", b)


def _model(one: Layer | None, other: Layer | None) -> Iterator[Setting]:
    if one is None or other is None:
        return
    if one.class_name != other.class_name:
        yield Setting(name="class", before=one.class_name, after=other.class_name)
    if one.name != other.name and not (is_automatic(one) and is_automatic(other)):
        yield Setting(name="name", before=one.name, after=other.name)
    yield from settings_of(one, other, {})


def _one_sided(before: Saved, after: Saved) -> Iterator[str]:
    for what, one, other in (
        ("layers and their settings", before.model, after.model),
        ("weights", before.weights or None, after.weights or None),
        ("optimizer, loss and metrics", before.training, after.training),
    ):
        if (one is None) != (other is None):
            lacking = "second" if other is None else "first"
            yield f"{what}: the {lacking} file has none to compare"
