"""Where a mask may come to, in a graph of layers; pure.

Nothing here says that one does: what hands a mask on and what swallows it is not told apart, and a
class of somebody's own may make one.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from caniload.runner.converting.graph import Graph, Member, is_model, read, references

_MAKERS = frozenset({"Masking"})


def masked(graph: Graph, *, outside: bool = False) -> frozenset[str]:
    """Return the names of the layers of a model that a mask may come to, or that make one.

    ``outside``: one may come to the model itself.
    """
    if graph.sequential:
        return _along(graph.members, outside=outside)
    found: set[str] = set()
    while True:
        more = {
            one.name
            for one in graph.members
            if one.name not in found and _has(one, found, outside=outside)
        }
        if not more:
            return frozenset(found)
        found |= more


def _along(members: Collection[Member], *, outside: bool) -> frozenset[str]:
    found, there = set(), outside
    for one in members:
        there = there or makes(one.node)
        if there:
            found.add(one.name)
    return frozenset(found)


def _has(one: Member, found: Collection[str], *, outside: bool) -> bool:
    if makes(one.node) or (outside and not one.calls):
        return True
    given = list(one.calls)
    return any("mask" in call["kwargs"] for call in given) or any(
        name in found for name, _, _ in references(given)
    )


def makes(node: Any) -> bool:
    """Say whether a layer, or one within it, may make a mask."""
    if isinstance(node, list):
        return any(makes(one) for one in node)
    if not isinstance(node, dict):
        return False
    config = node.get("config")
    if is_model(node):
        return any(makes(one.node) for one in read(node).members)
    own = node.get("registered_name") not in (None, node.get("class_name")) or (
        ">" in str(node.get("class_name"))
    )
    if "class_name" in node and (own or node["class_name"] in _MAKERS):
        return True
    if isinstance(config, dict) and config.get("mask_zero"):
        return True
    return any(makes(one) for one in (config if isinstance(config, dict) else node).values())
