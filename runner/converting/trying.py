"""What the last environment of a way is to do, and the file that it makes: plain values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from caniload.runner.converting.applying import Change
from caniload.runner.converting.outcome import Remedy
from caniload.runner.converting.rewriting import Recipe


@dataclass(frozen=True, kw_only=True)
class Try:
    """What the last environment of ``way`` is to do: a job of rebuild.py, with its recipe if any.

    ``flat``: the name of a file that is to be read again, and is no result.
    """

    remedy: Remedy
    way: tuple[str, ...]
    job: Mapping[str, Any]
    recipe: Recipe | None = None
    flat: str | None = None


@dataclass(frozen=True, kw_only=True)
class Made(Try):
    """A file that a try made, not yet proven; ``facts`` are those of rebuild.py."""

    out: Path
    facts: Mapping[str, Any]

    @property
    def changes(self) -> tuple[Change, ...]:
        return self.recipe.changes if self.recipe else ()


def taken_apart(recipe: Recipe) -> tuple[Change, ...]:
    """Return what was done to a model by a recipe that a reader followed to unroll it."""
    return (
        *recipe.changes,
        *(
            Change(
                rule="unrolled",
                where=where,
                text="its function is the operations that it calls",
                keeps="outputs",
                why="the bytecode of a Lambda is of one Python, and Keras 3 loads none plainly",
                source="https://github.com/keras-team/keras/pull/21602",
            )
            for where in _lambdas(recipe.model, "")
        ),
    )


def _lambdas(model: Mapping[str, Any], prefix: str) -> Iterator[str]:
    for member in model["members"]:
        for one in member["chain"]:
            path = prefix + str(member["name"])
            if "model" in one:
                yield from _lambdas(one["model"], f"{path}/")
            elif one.get("class_name") == "Lambda":
                yield path
