"""Masks that attention is called with, for a Keras that takes one mask for all; pure.

Graphs of Keras 3 until 3.9 keep which masks come to a layer: ``query_mask``, ``value_mask`` and
``key_mask``. Where the layer's call takes but ``attention_mask``, they are put together as Keras 3
does it (keras 3.13, multi_head_attention.py, _compute_attention_mask).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from caniload.runner.converting import older
from caniload.runner.converting.applying import Change, Work
from caniload.runner.converting.graph import Call

_AXES: Mapping[str, int] = {"query_mask": 2, "value_mask": 1, "key_mask": 1}
"""Where each mask, of shape (batch, steps), gets an axis more: (batch, queries, values)."""
_WHOLE = "attention_mask"
_CLASSES = frozenset({"MultiHeadAttention"})


def masks_as_one(
    class_name: str, calls: list[Call], path: str, work: Work, *, mask: bool = False
) -> tuple[list[dict[str, Any]], list[Call]]:
    """Return members of a recipe that put masks together, and the calls with the one mask.

    ``mask``: one may come to the layer unsaid, with its inputs. ``Refused``: the target has no
    operations for that.
    """
    if class_name not in _CLASSES or work.to_keras_3:
        return [], calls
    members: list[dict[str, Any]] = []
    made = []
    for number, call in enumerate(calls):
        kwargs = dict(call["kwargs"])
        given = [(name, kwargs.pop(name)) for name in _AXES if name in kwargs]
        if not given:
            made.append(call)
            if mask and work.fitting is not None and work.fitting.ignores_masks:
                work.doubts.append(
                    f"a mask may come to the layer {path} ({class_name}) with its inputs, and"
                    f" {work.there} does not look for one there"
                )
            continue
        stem = f"{path.replace('/', '_')}_mask_{number}"
        whole = _Chain(stem, path, work, members)
        if _WHOLE in kwargs:
            whole.add("Cast", {"x": kwargs[_WHOLE]}, {"dtype": "bool"})
        for name, one in given:
            whole.add("ExpandDims", {"x": one}, {"axis": _AXES[name]})
        kwargs[_WHOLE] = whole.last
        made.append({"args": call["args"], "kwargs": kwargs})
    if members:
        told = "the masks that its call is given are one, attention_mask"
        about = {**older.ABOUT, "why": f"{work.there} takes no others, by name"}
        work.changes.append(Change(rule="older", where=path, text=told, **about))
    return members, made


class _Chain:
    """Operations one after the other, all masks that are added so far in ``last``."""

    def __init__(self, stem: str, path: str, work: Work, members: list[dict[str, Any]]) -> None:
        self._stem, self._path, self._work, self._members = stem, path, work, members
        self.last: Any = None

    def add(self, name: str, given: Mapping[str, Any], settings: Mapping[str, Any]) -> None:
        made = self._operation(name, given, settings)
        if self.last is not None:
            made = self._operation("LogicalAnd", {"x1": self.last, "x2": made}, {})
        self.last = made

    def _operation(
        self, name: str, given: Mapping[str, Any], settings: Mapping[str, Any]
    ) -> dict[str, Any]:
        work = self._work
        spec = older.needed(name, settings, self._path, lambdas=work.lambdas, there=work.there)
        label = f"{self._stem}_{len(self._members)}"
        calls = [{"args": [], "kwargs": dict(given)}]
        self._members.append({"name": label, "calls": calls, "chain": [spec]})
        return {"$tensor": [label, 0, 0]}
