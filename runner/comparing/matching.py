"""Which layer of the one model is which of the other, and which weight within them; pure.

Names that somebody chose say it, and names that Keras numbered where all are the same. Else the
order does, with class, shapes of weights and name as its reasons: two models that were built one
after the other are numbered on.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from caniload.runner.comparing.architecture import is_automatic
from caniload.runner.comparing.parts import Layer, Weight

MOST = 1_000_000
"""Most pairs of layers that are weighed against each other."""

ORDER = (
    *("embeddings", "depthwise_kernel", "pointwise_kernel", "kernel", "recurrent_kernel"),
    *("gamma", "beta", "bias", "moving_mean", "moving_variance"),
)
"""Names of weights as the layers of Keras make them, whatever else stands between."""

Pairs = list[tuple[Layer, Layer]]
Shapes = tuple[tuple[int, ...], ...]


def layers(before: Sequence[Layer], after: Sequence[Layer], *, line: bool = False) -> Pairs:
    """Return the pairs of layers that are one layer; what is in none was added or removed.

    ``line``: each layer follows the one before it, so that the order says more than a number.
    """
    ones, others = list(before), list(after)
    pairs: Pairs = []

    def take(found: Iterator[tuple[Layer, Layer]]) -> None:
        for one, other in found:
            pairs.append((one, other))
            ones.remove(one)
            others.remove(other)

    names, same = [one.name for one in ones], [one.name for one in others]
    if names == same or (set(names) == set(same) and not line):
        take(_named(ones, others, _any))
    take(_named(ones, others, lambda one, other: not (is_automatic(one) or is_automatic(other))))
    ends = len(ones) * len(others) > MOST
    if ends:
        take(iter(_ends(ones, others)))
    if not ends or len(ones) * len(others) <= MOST:
        take(iter(_aligned(ones, others)))
    take(_named(ones, others, _alike))
    take(_first(ones, others, _alike_in_shape))
    take(_named(ones, others, _any))
    take(_first(ones, others, lambda one, other: one.key == other.key != ""))
    return pairs


def _named(
    ones: Sequence[Layer], others: Sequence[Layer], fits: Callable[[Layer, Layer], bool]
) -> Iterator[tuple[Layer, Layer]]:
    by_name = {one.name: one for one in others if one.name is not None}
    for one in [*ones]:
        other = by_name.get(one.name or "")
        if other is not None and fits(one, other):
            del by_name[one.name or ""]
            yield one, other


def _first(
    ones: Sequence[Layer], others: Sequence[Layer], fits: Callable[[Layer, Layer], bool]
) -> Iterator[tuple[Layer, Layer]]:
    left = [*others]
    for one in [*ones]:
        other = next((other for other in left if fits(one, other)), None)
        if other is not None:
            left.remove(other)
            yield one, other


def shapes(layer: Layer) -> Shapes:
    return tuple(sorted(one.array.shape for one in layer.weights))


def _any(*_: Layer) -> bool:
    return True


def _alike(one: Layer, other: Layer) -> bool:
    """Say whether the classes are one, as far as both are known."""
    return one.class_name == other.class_name or None in (one.class_name, other.class_name)


def _alike_in_shape(one: Layer, other: Layer) -> bool:
    has = bool(one.weights) or one.is_model or one.class_name is not None
    return has and _alike(one, other) and (shapes(one) == shapes(other) or not one.weights)


Traits = tuple[Layer, Shapes, bool]


def _traits(layer: Layer) -> Traits:
    """Return a layer, the shapes of its weights, and whether Keras named it."""
    return layer, shapes(layer), is_automatic(layer)


def _equal(one: Layer, other: Layer) -> bool:
    """Say whether all but the number in their names is one."""
    named = one.name == other.name or (is_automatic(one) and is_automatic(other))
    alike = one.class_name == other.class_name and one.settings == other.settings
    return named and alike and shapes(one) == shapes(other)


def _score(first: Traits, second: Traits) -> int:
    """Return how much speaks for it that these are one layer; 0: nothing."""
    (one, shaped, automatic), (other, shaped_there, automatic_there) = first, second
    if not _alike(one, other):
        return 0
    if one.class_name is None and shaped != shaped_there and one.key != other.key:
        return 0
    score = 4 if one.name == other.name else 2 if automatic and automatic_there else 1
    score += 8 if shaped == shaped_there else 0
    return score + (4 if one.settings == other.settings else 0)


def _ends(ones: Sequence[Layer], others: Sequence[Layer]) -> Pairs:
    """Return the pairs from both ends on, as long as there is no doubt."""
    both = min(len(ones), len(others))
    first = next((at for at in range(both) if not _equal(ones[at], others[at])), both)
    rest = range(1, both - first + 1)
    last = next((at - 1 for at in rest if not _equal(ones[-at], others[-at])), both - first)
    pairs = list(zip(ones[:first], others[:first], strict=True))
    behind = zip(ones[len(ones) - last :], others[len(others) - last :], strict=True)
    return [*pairs, *behind]


def _aligned(ones: Sequence[Layer], others: Sequence[Layer]) -> Pairs:
    """Return the pairs, in order on both sides, for which most speaks."""
    width = len(others)
    if len(ones) == width and all(map(_equal, ones, others)):
        return list(zip(ones, others, strict=True))
    weighed, against = [_traits(one) for one in ones], [_traits(one) for one in others]
    best = [[0] * (width + 1) for _ in range(len(ones) + 1)]
    for row in range(len(ones) - 1, -1, -1):
        for column in range(width - 1, -1, -1):
            score = _score(weighed[row], against[column])
            paired = best[row + 1][column + 1] + score if score else 0
            best[row][column] = max(paired, best[row + 1][column], best[row][column + 1])
    pairs, row, column = [], 0, 0
    while row < len(ones) and column < width:
        score = _score(weighed[row], against[column])
        if score and best[row][column] == best[row + 1][column + 1] + score:
            pairs.append((ones[row], others[column]))
            row, column = row + 1, column + 1
        elif best[row][column] == best[row + 1][column]:
            row += 1
        else:
            column += 1
    return pairs


WeightPairs = list[tuple[Weight, Weight]]


def weights(before: Sequence[Weight], after: Sequence[Weight]) -> WeightPairs:
    """Return the pairs of weights of a layer: by place and name, by number, by shape."""
    groups, there = _grouped(before), _grouped(after)
    pairs: WeightPairs = []
    for scope, scope_there in _groups(groups, there):
        pairs += _within(groups[scope], there[scope_there])
    met = {id(one) for pair in pairs for one in pair}
    left = [one for one in before if id(one) not in met]
    right = [one for one in after if id(one) not in met]
    if len(left) == len(right) and any(one.numbered for one in (*left, *right)):
        return [*pairs, *zip(*_ordered(left, right), strict=True)]
    for one in left:
        other = next((w for w in right if w.leaf == one.leaf), None)
        other = other or next((w for w in right if w.array.shape == one.array.shape), None)
        if other is not None:
            right.remove(other)
            pairs.append((one, other))
    return pairs


def _grouped(weights: Sequence[Weight]) -> dict[tuple[str, ...], list[Weight]]:
    found: dict[tuple[str, ...], list[Weight]] = {}
    for one in weights:
        found.setdefault(one.scope, []).append(one)
    return found


Groups = dict[tuple[str, ...], list[Weight]]


def _groups(ones: Groups, others: Groups) -> Iterator[tuple[tuple[str, ...], tuple[str, ...]]]:
    """Yield scopes that are one: by name, by the words in their names, then by order."""
    left, right = [*ones], [*others]
    for one in [*left]:
        if one in right:
            left.remove(one)
            right.remove(one)
            yield one, one
    scored = sorted(
        (
            (-score, left.index(one), right.index(other))
            for one in left
            for other in right
            if (score := _common(one, other)) and _shapes(ones[one]) == _shapes(others[other])
        ),
    )
    pairs: dict[int, int] = {}
    for _, at, to in scored:
        if at not in pairs and to not in pairs.values():
            pairs[at] = to
    yield from ((left[at], right[to]) for at, to in pairs.items())
    rest = [one for to, one in enumerate(right) if to not in pairs.values()]
    for one in (one for at, one in enumerate(left) if at not in pairs):
        fitting = [other for other in rest if _shapes(ones[one]) == _shapes(others[other])]
        if fitting:
            rest.remove(fitting[0])
            yield one, fitting[0]


def _common(one: tuple[str, ...], other: tuple[str, ...]) -> float:
    """Return what share of the words in two scopes both have."""
    words, there = _words(one), _words(other)
    return len(words & there) / len(words | there) if words and there else 0.0


def _words(scope: tuple[str, ...]) -> frozenset[str]:
    return frozenset(word for part in scope for word in re.split(r"_+", part) if word)


def _shapes(weights: Sequence[Weight]) -> Shapes:
    return tuple(sorted(one.array.shape for one in weights))


def _within(ones: Sequence[Weight], others: Sequence[Weight]) -> WeightPairs:
    """Pair weights of one scope: by name, by number where the shapes follow each other so."""
    by_leaf: dict[str, list[Weight]] = {}
    for other in others:
        by_leaf.setdefault(other.leaf, []).append(other)
    if any(one.leaf in by_leaf for one in ones):
        return _consumed(ones, by_leaf)
    if len(ones) == len(others):
        first, second = _ordered(ones, others)
        if [one.array.shape for one in first] == [one.array.shape for one in second]:
            return list(zip(first, second, strict=True))
    return []


def _consumed(ones: Sequence[Weight], by_leaf: dict[str, list[Weight]]) -> WeightPairs:
    """Pair by name; of several with one name each is taken once, one of the same shape before."""
    pairs = []
    for one in ones:
        left = by_leaf.get(one.leaf)
        if left:
            shaped = (at for at, it in enumerate(left) if it.array.shape == one.array.shape)
            pairs.append((one, left.pop(next(shaped, 0))))
    return pairs


def _ordered(ones: Sequence[Weight], others: Sequence[Weight]) -> tuple[list[Weight], list[Weight]]:
    """Return both in the order in which layers make their weights, which numbers follow."""
    return sorted(ones, key=_place), sorted(others, key=_place)


def _place(weight: Weight) -> int:
    """Checkpoints list by the alphabet; each name's place among those that layers make."""
    if weight.numbered:
        return int(weight.leaf)
    return ORDER.index(weight.leaf) if weight.leaf in ORDER else len(ORDER)
