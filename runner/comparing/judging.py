"""Two files as they were read -> what is the same, what is not, and what could not be compared."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from caniload.runner.comparing import arrays, compiled, matching, naming, placing, values
from caniload.runner.comparing.architecture import INPUT, is_automatic
from caniload.runner.comparing.facts import (
    Comparison,
    Kind,
    LayerChange,
    Setting,
    Side,
    WeightChange,
    Weights,
)
from caniload.runner.comparing.parts import Array, Layer, Saved, Stored, Weight

_AXIS = "axis"
_INFERRED = ("backward_layer",)
"""What a version writes that another makes of the rest."""

_SLOT_WORDS = {"m": "momentum", "v": "velocity", "iter": "iteration", "iterations": "iteration"}
_NO_WORDS = frozenset({"adam", "training", "optimizer", "vars", "sgd", "rmsprop", ""})


class _Found:
    """What was met so far."""

    def __init__(self) -> None:
        self.layers: list[LayerChange] = []
        self.model: list[Setting] = []
        self.notes: list[str] = []
        self.pairs = 0
        self.renumbered: list[str] = []
        self.weights = _Weights()


class _Weights:
    def __init__(self) -> None:
        self.equal = self.alike = 0
        self.changes: list[WeightChange] = []
        self._alone: list[tuple[WeightChange, Array]] = []

    def compare(self, name: str, one: Weight | Stored, other: Weight | Stored) -> None:
        outcome = arrays.compare(name, one.array, other.array)
        if outcome.change is not None:
            self.changes.append(outcome.change)
        elif outcome.bits:
            self.equal += 1
        else:
            self.alike += 1

    def alone(self, kind: Kind, name: str, one: Weight | Stored) -> None:
        said = arrays.described(one.array)
        before, after = (said, None) if kind is Kind.REMOVED else (None, said)
        self.changes.append(WeightChange(kind=kind, name=name, before=before, after=after))
        self._alone.append((self.changes[-1], one.array))

    def pair_equals(self) -> None:
        """Take what is alone on both sides with the same numbers for one: layers have no names."""
        lost: dict[str | None, list[WeightChange]] = {}
        for change, array in self._alone:
            if change.kind is Kind.REMOVED and change.before in self._sides(Kind.ADDED):
                lost.setdefault(arrays.fingerprint(array), []).append(change)
        for change, array in self._alone:
            if change.kind is Kind.ADDED and change.after in self._sides(Kind.REMOVED):
                same = lost.get(arrays.fingerprint(array))
                if same and arrays.fingerprint(array) is not None:
                    gone = (same.pop(), change)
                    self.changes = [one for one in self.changes if one not in gone]
                    self.equal += 1

    def _sides(self, kind: Kind) -> set[str | None]:
        return {one.before or one.after for one, _ in self._alone if one.kind is kind}

    @property
    def found(self) -> Weights:
        return Weights(equal=self.equal, alike=self.alike, changes=tuple(self.changes))


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
    state = _state(before, after, not_compared)
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
        training=tuple(_training(before.training, after.training)),
        state=state,
        assets=tuple(_assets(before, after)),
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
    weights = before.weights and after.weights  # else there is nothing to compare them with
    return (
        _tree(before, after, before.weights if weights else []),
        _tree(after, before, after.weights if weights else []),
    )


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
    pairs = matching.layers(one.members, other.members)
    names = {a.name: b.name for a, b in pairs}
    if described:
        found.model += _ends(one, other, names, at)
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


def _ends(
    one: Layer, other: Layer, names: Mapping[str | None, str | None], at: str
) -> Iterator[Setting]:
    """Yield inputs and outputs of a model that are taken from other layers, or in another order."""
    if one.ends is None or other.ends is None:
        return
    for what, left, right in zip(("inputs", "outputs"), one.ends, other.ends, strict=True):
        if [(names.get(name, name), *place) for name, *place in left] != right:
            said = [", ".join(name for name, _, _ in each) for each in (left, right)]
            yield Setting(name=f"{at}{what}", before=said[0], after=said[1])


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
    names: Mapping[str | None, str | None],
    described: bool,
) -> None:
    name = f"{at}{_called(one)}"
    found.pairs += one.class_name != INPUT
    renamed = _renamed(one, other, found) if described else None
    settings = list(_settings(one, other, names)) if described else []
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


def _settings(
    one: Layer, other: Layer, names: Mapping[str | None, str | None], prefix: str = ""
) -> Iterator[Setting]:
    """Yield each argument that is another, of what a layer is built around, too."""
    for key in dict.fromkeys([*one.settings, *other.settings]):
        left, right = one.settings.get(key), other.settings.get(key)
        if not _same_setting(one, other, key, left, right):
            yield _setting(f"{prefix}{key}", left, right)
    called = one.calls is not None and other.calls is not None
    if called and _sources(one.calls, names) != _sources(other.calls, {}):
        yield Setting(name="inputs", before=_given(one.calls), after=_given(other.calls))
    for part in dict.fromkeys([*one.parts, *other.parts]):
        left_part, right_part = one.parts.get(part), other.parts.get(part)
        if left_part is None or right_part is None:
            if part not in _INFERRED:
                stated = [each.class_name if each else None for each in (left_part, right_part)]
                yield Setting(name=f"{prefix}{part}", before=stated[0], after=stated[1])
            continue
        if left_part.class_name != right_part.class_name:
            yield Setting(
                name=f"{prefix}{part}", before=left_part.class_name, after=right_part.class_name
            )
        yield from _settings(left_part, right_part, {}, f"{prefix}{part} ")


def _same_setting(one: Layer, other: Layer, key: str, left: Any, right: Any) -> bool:
    if left is None or right is None:
        if key in ("dtype", "shape", "backend"):
            return True  # versions before did not write it
        stated = right if left is None else left
        return values.is_default(values.folded(one.class_name or ""), key, stated)
    if key == _AXIS:
        rank = one.rank or other.rank
        return _axes(left, rank) == _axes(right, rank)
    return values.same(left, right)


def _axes(value: Any, rank: int | None) -> tuple[Any, ...]:
    """Return axes counted from the end; without a rank, one behind the first is taken for last."""
    listed = value if isinstance(value, tuple) else (value,)
    if rank is None:
        return tuple(-1 if isinstance(one, int | float) and one > 1 else one for one in listed)
    return tuple(one - rank if isinstance(one, int | float) and one >= 0 else one for one in listed)


def _setting(name: str, left: Any, right: Any) -> Setting:
    said = [None if one is None else values.shown(one) for one in (left, right)]
    return Setting(name=name, before=said[0], after=said[1])


def _sources(calls: Any, names: Mapping[str | None, str | None]) -> list[Any]:
    """Return what each call is given, by the names of the other file, in the order of the call.

    Whether a tensor stands in the call by its place or by a name is the dialect's matter.
    """
    found = []
    for sources, more in calls:
        tensors = [*sources, *(one for value in more.values() if _tensors(value) for one in value)]
        plain = {key: value for key, value in more.items() if not _tensors(value)}
        found.append(([(names.get(name, name), *rest) for name, *rest in tensors], plain))
    return found


def _tensors(value: Any) -> bool:
    return isinstance(value, list)


def _given(calls: Any) -> str:
    said = []
    for sources, more in calls:
        said += [name for name, _, _ in sources]
        said += [name for value in more.values() if _tensors(value) for name, _, _ in value]
        said += [f"{key}={values.shown(v)}" for key, v in more.items() if not _tensors(v)]
    return values.shown(", ".join(map(str, said)) or "nothing")


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
    yield from _settings(one, other, {})


def _training(
    before: Mapping[str, Any] | None, after: Mapping[str, Any] | None
) -> Iterator[Setting]:
    if before is None or after is None:
        return
    another = not values.same(before.get("optimizer"), after.get("optimizer"))
    optimizer = values.folded(str(before.get("optimizer", after.get("optimizer", ""))))
    for key in dict.fromkeys([*before, *after]):
        left, right = before.get(key), after.get(key)
        if left is None or right is None:
            stated = right if left is None else left
            argument = key.partition(" ")[2]
            if values.is_default(optimizer, argument, stated) or (argument and another):
                continue  # an optimizer that is lost, or another one, is told once
        if not compiled.same(key, left, right):
            yield _setting(key, _alone_of(left), _alone_of(right))


def _alone_of(value: Any) -> Any:
    return value[0] if isinstance(value, tuple) and len(value) == 1 else value


def _another(before: Saved, after: Saved) -> bool:
    names = [(saved.training or {}).get("optimizer") for saved in (before, after)]
    return not values.same(*names)


def _state(before: Saved, after: Saved, not_compared: list[str]) -> Weights:
    """Compare what optimizers keep, where both may have it."""
    found = _Weights()
    whole = before.training is not None and after.training is not None
    if not (before.state and after.state):
        if whole and bool(before.training) == bool(after.training):
            kind = Kind.REMOVED if before.state else Kind.ADDED
            for one in before.state or after.state:
                if one.array.shape:
                    found.alone(kind, one.label, one)
        return found.found
    pairs = _slots(before.state, after.state)
    if pairs is None and (equal := _same_arrays(before.state, after.state)):
        return Weights(equal=equal)
    if pairs is None and whole and _another(before, after):
        return found.found
    if pairs is None:
        sizes = f"{len(before.state)} and {len(after.state)}"
        not_compared.append(f"the optimizer's arrays: {sizes}, kept in another way")
        return found.found
    for one, other in pairs:
        found.compare(one.label, one, other)
    return found.found


def _slots(ones: Sequence[Stored], others: Sequence[Stored]) -> list[tuple[Stored, Stored]] | None:
    """Pair the arrays of two optimizers: by name, by words in it, else in order; None: neither."""
    left, right = _large(ones), _large(others)
    steps = list(zip(_steps(ones), _steps(others), strict=False))[:1]
    if len(left) != len(right):
        return None
    for key in (lambda one: one.label, lambda one: _words(one.label)):
        by_key = {key(one): one for one in right}
        paired = [(one, by_key.get(key(one))) for one in left]
        if len(by_key) == len(right) and all(
            other is not None and one.array.shape == other.array.shape for one, other in paired
        ):
            return [*steps, *((one, other) for one, other in paired if other is not None)]
    if [one.array.shape for one in left] == [one.array.shape for one in right]:
        return [*steps, *zip(left, right, strict=True)]
    return None


def _same_arrays(ones: Sequence[Stored], others: Sequence[Stored]) -> int:
    """Return how many arrays both have, if all that one has the other has, in whatever order."""
    sides = [
        Counter(arrays.fingerprint(one.array) for one in _large(state)) for state in (ones, others)
    ]
    return sides[0].total() if sides[0] == sides[1] and None not in sides[0] else 0


def _large(state: Iterable[Stored]) -> list[Stored]:
    return [one for one in state if one.array.shape]


def _steps(state: Iterable[Stored]) -> Iterator[Stored]:
    """Yield the count of steps, which is the first whole number."""
    return (one for one in state if not one.array.shape and one.array.dtype.startswith("int"))


def _words(label: str) -> frozenset[str]:
    found = re.split(r"[/_:]+|\.\w+", label.lower())
    return frozenset(
        _SLOT_WORDS.get(one, one) for one in found if one not in _NO_WORDS and one != "0"
    )


def _assets(before: Saved, after: Saved) -> Iterator[WeightChange]:
    if not (before.assets or after.assets) or before.training is None or after.training is None:
        return
    for name in dict.fromkeys([*before.assets, *after.assets]):
        one, other = before.assets.get(name), after.assets.get(name)
        sizes = [None if each is None else f"{each[0]:,} bytes" for each in (one, other)]
        if one is None or other is None:
            kind = Kind.ADDED if one is None else Kind.REMOVED
            yield WeightChange(kind=kind, name=name, before=sizes[0], after=sizes[1])
        elif one[0] != other[0] or one[1]() != other[1]():
            yield WeightChange(kind=Kind.CHANGED, name=name, before=sizes[0], after=sizes[1])


def _one_sided(before: Saved, after: Saved) -> Iterator[str]:
    for what, one, other in (
        ("layers and their settings", before.model, after.model),
        ("weights", before.weights or None, after.weights or None),
        ("optimizer, loss and metrics", before.training, after.training),
    ):
        if (one is None) != (other is None):
            lacking = "second" if other is None else "first"
            yield f"{what}: the {lacking} file has none to compare"
