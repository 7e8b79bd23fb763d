"""The arguments of two layers that are one, and what they are called with; pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from caniload.runner.comparing import values
from caniload.runner.comparing.architecture import INPUT, PACKAGE, PLACE, is_own
from caniload.runner.comparing.facts import Setting
from caniload.runner.comparing.parts import Layer

Names = Mapping[str | None, str | None]
"""Layers of the first model to what they are called in the second."""

_AXIS = "axis"
_DTYPES = ("float32", "floatx")  # what a layer has that states none
_RANK, _ALPHA = "lora_rank", "lora_alpha"
_INFERRED = ("backward_layer",)
"""What a version writes that another makes of the rest."""


def settings_of(one: Layer, other: Layer, names: Names, prefix: str = "") -> Iterator[Setting]:
    """Yield each argument that is another, of what a layer is built around, too."""
    for key in dict.fromkeys([*one.settings, *other.settings]):
        left, right = one.settings.get(key), other.settings.get(key)
        if not _same_setting(one, other, key, left, right):
            yield setting(f"{prefix}{key}", left, right)
    called = one.calls is not None and other.calls is not None
    if called and not _same_calls(_sources(one.calls, names), _sources(other.calls, {})):
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
        yield from settings_of(left_part, right_part, {}, f"{prefix}{part} ")


def _same_setting(one: Layer, other: Layer, key: str, left: Any, right: Any) -> bool:
    if left is None or right is None:
        silent, stated = (one, right) if left is None else (other, left)
        return _says_nothing(key, stated, silent, (one.class_name, other.class_name))
    if key == _AXIS:
        rank = one.rank or other.rank
        return _axes(left, rank) == _axes(right, rank)
    return values.same(left, right, exact=not values.is_named(key))


def _says_nothing(key: str, stated: Any, silent: Layer, classes: Sequence[str | None]) -> bool:
    """Say whether what one of two layers states goes for the one that does not state it, too."""
    # Versions before did not write them.
    if key == "backend" or (key == "shape" and INPUT in classes):
        return True
    if key == "dtype":
        return stated in _DTYPES
    if key == _ALPHA:  # Keras 3.10 brought it; where it is not given, it is the rank
        return bool(values.same(stated, silent.settings.get(_RANK)))
    if key == PACKAGE:
        return not all(map(is_own, classes))
    return values.is_default(values.folded(classes[0] or ""), key, stated)


def _axes(value: Any, rank: int | None) -> tuple[Any, ...]:
    """Return axes counted from the end; without a rank, one behind the first is taken for last."""
    listed = value if isinstance(value, tuple) else (value,)
    if rank is None:
        return tuple(-1 if isinstance(one, int | float) and one > 1 else one for one in listed)
    return tuple(one - rank if isinstance(one, int | float) and one >= 0 else one for one in listed)


def setting(name: str, left: Any, right: Any) -> Setting:
    said = [None if one is None else values.shown(one) for one in (left, right)]
    return Setting(name=name, before=said[0], after=said[1])


def _sources(calls: Any, names: Names) -> list[Any]:
    """Return what each call is given, by the names of the other file, in the order of the call.

    Whether a tensor stands in the call by its place or by a name is the dialect's matter.
    """
    found = []
    for sources, more in calls:
        tensors = [*sources, *(one for value in more.values() if _tensors(value) for one in value)]
        plain = {key: value for key, value in more.items() if not _tensors(value)}
        found.append(([(names.get(name, name), *rest) for name, *rest in tensors], plain))
    return found


def _same_calls(ones: Sequence[Any], others: Sequence[Any]) -> bool:
    if len(ones) != len(others):
        return False
    return all(
        tensors == tensors_there and _same_constants(plain, plain_there)
        for (tensors, plain), (tensors_there, plain_there) in zip(ones, others, strict=True)
    )


def _same_constants(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Compare by name; by value alone where only one of them was given by its place."""
    by_place = [any(name.startswith(PLACE) for name in each) for each in (one, other)]
    if by_place[0] != by_place[1]:
        return len(one) == len(other) and all(map(values.same, one.values(), other.values()))
    return one.keys() == other.keys() and all(values.same(one[key], other[key]) for key in one)


def _tensors(value: Any) -> bool:
    return isinstance(value, list)


def _given(calls: Any) -> str:
    said = []
    for sources, more in calls:
        said += [name for name, _, _ in sources]
        said += [name for value in more.values() if _tensors(value) for name, _, _ in value]
        said += [f"{key}={values.shown(v)}" for key, v in more.items() if not _tensors(v)]
    return values.shown(", ".join(map(str, said)) or "nothing")


def ends(one: Layer, other: Layer, names: Names, at: str) -> Iterator[Setting]:
    """Yield inputs and outputs of a model that are taken from other layers, or in another order."""
    if one.ends is None or other.ends is None:
        return
    for what, left, right in zip(("inputs", "outputs"), one.ends, other.ends, strict=True):
        if [(names.get(name, name), *place) for name, *place in left] != right:
            said = [", ".join(name for name, _, _ in each) for each in (left, right)]
            yield Setting(name=f"{at}{what}", before=said[0], after=said[1])


def order(
    pairs: Sequence[tuple[Layer, Layer]], one: Layer, other: Layer, at: str
) -> Iterator[Setting]:
    """Yield another order of the layers that both of two lines have; inputs stand anywhere."""
    matched = {id(a): b for a, b in pairs if INPUT not in (a.class_name, b.class_name)}
    place = {id(b): number for number, b in enumerate(other.members)}
    there = [matched[id(a)] for a in one.members if id(a) in matched]
    follow = sorted(there, key=lambda b: place[id(b)])
    if there != follow:
        names = {id(b): a.name for a, b in pairs}
        said = [[names[id(b)] or b.key for b in each] for each in (there, follow)]
        before, after = (values.shown(", ".join(each)) for each in said)
        yield Setting(name=f"{at}order of layers", before=before, after=after)
