"""How two models were compiled, what their optimizers keep, and other files inside."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from caniload.runner.comparing import arrays, compiled, values
from caniload.runner.comparing.facts import Kind, Setting, WeightChange, Weights
from caniload.runner.comparing.parts import Saved, Stored
from caniload.runner.comparing.settings import setting
from caniload.runner.comparing.tally import Tally
from caniload.runner.forensics.formats.savedmodel import GRAPH_FILE

_SLOT_WORDS = {"m": "momentum", "v": "velocity", "iter": "iteration", "iterations": "iteration"}
_NO_WORDS = frozenset({"adam", "training", "optimizer", "vars", "sgd", "rmsprop", ""})


def training(
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
            yield setting(key, _alone_of(left), _alone_of(right))


def _alone_of(value: Any) -> Any:
    return value[0] if isinstance(value, tuple) and len(value) == 1 else value


def _another(before: Saved, after: Saved) -> bool:
    names = [(saved.training or {}).get("optimizer") for saved in (before, after)]
    return not values.same(*names)


def state(before: Saved, after: Saved, not_compared: list[str]) -> Weights:
    """Compare what optimizers keep, where both may have it."""
    found = Tally()
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
    if left := list(_left(before.state, after.state, pairs)):
        more = f" and {len(left) - 1} more" if len(left) > 1 else ""
        not_compared.append(f"a number of the optimizer that one file lacks: {left[0]}{more}")
    return found.found


def _left(
    ones: Sequence[Stored], others: Sequence[Stored], pairs: Sequence[tuple[Stored, Stored]]
) -> Iterator[str]:
    """Yield single numbers of one of two optimizers whose arrays have the same names."""
    large = [(one.label, other.label) for one, other in pairs if one.array.shape]
    met = {id(one) for pair in pairs for one in pair}
    if large and all(one == other for one, other in large):
        for one in (*ones, *others):
            if not one.array.shape and id(one) not in met:
                yield one.label


def _slots(ones: Sequence[Stored], others: Sequence[Stored]) -> list[tuple[Stored, Stored]] | None:
    """Pair the arrays of two optimizers: by name, by words in it, else in order; None: neither."""
    left, right = _large(ones), _large(others)
    steps = list(zip(_steps(ones), _steps(others), strict=False))[:1]
    steps += _single(ones, others, [one.label for pair in steps for one in pair])
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


def _single(
    ones: Sequence[Stored], others: Sequence[Stored], known: Sequence[str]
) -> Iterator[tuple[Stored, Stored]]:
    """Yield the single numbers that both keep under one name."""
    by_label = {one.label: one for one in others if not one.array.shape}
    for one in ones:
        other = by_label.get(one.label)
        if other is not None and not one.array.shape and one.label not in known:
            yield one, other


def _words(label: str) -> frozenset[str]:
    found = re.split(r"[/_:]+|\.\w+", label.lower())
    return frozenset(
        _SLOT_WORDS.get(one, one) for one in found if one not in _NO_WORDS and one != "0"
    )


def assets(before: Saved, after: Saved) -> Iterator[WeightChange]:
    """Yield other files inside that differ; where both are named in one way, or by what is in them.

    A file that cannot be read is not compared, nor one of which the other way has no counterpart.
    """
    can = [saved.files is not None or saved.training is not None for saved in (before, after)]
    if not all(can):
        return
    ones, others = dict(before.assets), dict(after.assets)
    apart = None not in (before.files, after.files) and before.files != after.files
    if apart:
        _without_equals(ones, others)
    for name in dict.fromkeys([*ones, *others]):
        one, other = ones.get(name), others.get(name)
        kind, reason = _asset(name, one, other)
        if apart and kind in (Kind.ADDED, Kind.REMOVED):
            kind, reason = Kind.NOT_COMPARED, "the other file keeps such in another way"
        sizes = [None if each is None else f"{each[0]:,} bytes" for each in (one, other)]
        if kind is not None:
            yield WeightChange(kind=kind, name=name, before=sizes[0], after=sizes[1], reason=reason)


_Asset = tuple[int, Callable[[], str | None]]


def _asset(name: str, one: _Asset | None, other: _Asset | None) -> tuple[Kind | None, str | None]:
    """Return what became of a file inside, and why it was not compared."""
    if name == GRAPH_FILE:
        if one is not None and other is not None and one[1]() == other[1]() is not None:
            return None, None
        return Kind.NOT_COMPARED, "tables are filled out of the graph, which is not compared"
    if one is None or other is None:
        return (Kind.ADDED if one is None else Kind.REMOVED), None
    if one[0] != other[0]:
        return Kind.CHANGED, None
    hashes = (one[1](), other[1]())
    if None in hashes:
        return Kind.NOT_COMPARED, "it cannot be read"
    return (Kind.CHANGED if hashes[0] != hashes[1] else None), None


def _without_equals(ones: dict[str, _Asset], others: dict[str, _Asset]) -> None:
    """Take away what both have, whatever it is called."""
    by_content = {(size, hashed()): name for name, (size, hashed) in others.items()}
    for name, (size, hashed) in list(ones.items()):
        content = (size, hashed())
        if content[1] is not None and content in by_content:
            del ones[name], others[by_content.pop(content)]
