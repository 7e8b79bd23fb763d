"""What the first page asks before anybody has chosen, and examples of what others ask (pure).

Which step people take, and who asks what, stands in questions.yaml; the versions are the run's.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import yaml

from caniload.reports.generations import generation
from caniload.reports.planes import Planes
from caniload.reports.words import CODE, TREE
from caniload.runner.core.outcomes import Outcome, Purpose


@dataclass(frozen=True, kw_only=True)
class Question:
    """The places that the answer box starts with."""

    save: int
    load: int
    kind: int


@dataclass(frozen=True, kw_only=True)
class Example:
    """A question of somebody's; ``href`` begins where both trees of pages do."""

    who: str
    save: int
    load: int
    kind: int
    href: str


@functools.cache
def _known() -> Mapping[str, Any]:
    text = Path(__file__).with_suffix(".yaml").read_text(encoding="utf-8")
    known: Mapping[str, Any] = yaml.safe_load(text)
    return known


def first_question(grid: Planes) -> Question:
    """Ask about the newest step between generations of loaders, in the stack that most have."""
    for kind in range(len(grid.formats)):
        for places in _stacks(grid):
            if found := step(grid, places, kind):
                return Question(save=found[0], load=found[1], kind=kind)
    return Question(save=0, load=max(len(grid.environments) - 1, 0), kind=0)


def step(grid: Planes, places: Sequence[int], kind: int) -> tuple[int, int] | None:
    """Return the newest two of a stack between which people upgrade, as far as anything is known.

    They are the newest, and the newest of an earlier generation; where there is one generation
    only, the one before it; where nothing is known of others, the newest and itself.
    """
    for load in reversed(places):
        given = [save for save in places if save <= load and grid.known[save, load, :, kind].any()]
        here = generation(grid.environments[load])
        earlier = [one for one in given if generation(grid.environments[one]) != here]
        before = [one for one in given if one < load]
        if given:
            return (earlier or before or given)[-1], load
    return None


def examples(grid: Planes, question: Question) -> Iterator[Example]:
    """Yield what others ask, where this run has an answer."""
    seen: set[str] = set()
    for one in _known()["examples"]:
        kind = _place(grid.formats, one.get("format", grid.formats[question.kind].id))
        ends = kind is not None and _ends(grid, question, kind)
        if kind is None or not ends:
            continue
        save, load = ends[one["save"]], ends[one["load"]]
        family = one.get("family")
        if save == load or not _answered(grid, save, load, kind, family):
            continue
        fragment = {
            "f": grid.formats[kind].id,
            "s": grid.environments[save].id,
            "l": grid.environments[load].id,
            **({"m": f"family:{family}"} if family else {}),
            **({"st": one["shows"]} if "shows" in one else {}),
        }
        tree = TREE[Purpose(one.get("purpose", grid.purpose))]
        href = f"{tree}index.html#{urlencode(fragment)}"
        found = "shows" not in one or bool((grid.codes[..., kind] == _code(one["shows"])).any())
        if href in seen or not found:
            continue
        seen.add(href)
        yield Example(who=one["who"], save=save, load=load, kind=kind, href=href)


def _stacks(grid: Planes) -> list[list[int]]:
    """Return the places of each stack, the most used first, without twins."""
    order = {name: number for number, name in enumerate(_known()["stacks"])}
    found = sorted(grid.stacks, key=lambda one: order.get(one[0], len(order)))
    return [[n for n in places if not grid.environments[n].twin] for _, places in found]


def _ends(grid: Planes, question: Question, kind: int) -> dict[str, int]:
    """Return what the words for versions mean."""
    stack = grid.environments[question.save].stack
    places = next(places for name, places in grid.stacks if name == stack)
    given = [n for n in places if grid.known[n, question.load, :, kind].any()]
    oldest = given[0] if given else question.save
    return {"newest": question.load, "before": question.save, "oldest": oldest}


def _answered(grid: Planes, save: int, load: int, kind: int, family: str | None) -> bool:
    wanted = [n for n, model in enumerate(grid.models) if family in (None, model.family)]
    return bool(grid.known[save, load, wanted, kind].any())


def _code(outcome: str) -> int:
    return CODE[Outcome(outcome)]


def _place(known: Sequence[Any], name: str) -> int | None:
    return next((place for place, one in enumerate(known) if one.id == name), None)
