"""What is expected, and until when: a file of rules over cells, each with its reason; pure.

An entry is about cells (``cause`` or ``cell``), about a text that has no name (``text``), about a
control that fails (``control``), or about an environment that cannot be used (``environment``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fnmatch import fnmatchcase
from functools import cached_property
from itertools import islice
from typing import Annotated, Any, Literal

import pydantic
from pydantic import Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from caniload.runner.core.errors import MatrixError
from caniload.runner.core.outcomes import SEVERITY, Outcome, Purpose
from caniload.runner.matrix.places import (
    Problem,
    as_json,
    read_yaml,
    say_problems,
    sentence,
    written,
)
from caniload.runner.matrix.where import Node
from caniload.runner.nightly.night import Night, Place, State

NAME = "ledger.yaml"
KINDS = ("cause", "cell", "text", "control", "environment")
TO = ".."
"""Between the first and the last of environments that stand in one order in matrix.yaml."""

Day = Annotated[str, StringConstraints(pattern=r"^\d{4}-\d{2}-\d{2}$")]
Pattern = Annotated[str, StringConstraints(min_length=1, max_length=500)]
Worst = Literal["warning", "workaround", "error", "crash", "differs"]


SHORTEST = 5
"""Letters of a reason: fewer give none."""


class Entry(Node):
    """One thing that is expected. Patterns are ids, with ``*``; of environments also a..b."""

    cause: Pattern | None = Field(
        default=None,
        description="Cells that are not clean for this: an entry of the catalogue, or a text.",
    )
    cell: Pattern | None = Field(default=None, description="One cell, such as a/model.h5/b.")
    text: Pattern | None = Field(default=None, description="A text without a name, normalised.")
    control: Pattern | None = Field(default=None, description="An environment whose control fails.")
    environment: Pattern | None = Field(default=None, description="One that cannot be used.")
    worst: Worst = Field(default="error", description="What it may come to at worst.")
    only: Literal["train"] | None = Field(
        default=None, description="train: whoever only predicts is not to meet it."
    )
    load: tuple[Pattern, ...] = Field(default=(), description="Loaded by. Empty: any.")
    save: tuple[Pattern, ...] = Field(default=(), description="Saved by. Empty: any.")
    model: tuple[Pattern, ...] = Field(default=(), description="Empty: any.")
    format: tuple[Pattern, ...] = Field(default=(), description="Empty: any.")
    cells: int | None = Field(default=None, description="How many it was about when written.", ge=0)
    reason: str = Field(description="Why it is expected.", min_length=SHORTEST, max_length=500)
    since: Day | None = Field(default=None, description="The night that it was written after.")
    expires: Day = Field(description="The last day of it; then it is looked into again.")

    @model_validator(mode="after")
    def _of_one_kind(self) -> Entry:
        if sum(getattr(self, kind) is not None for kind in KINDS) != 1:
            raise PydanticCustomError(
                "no_action", f"needs one of {', '.join(KINDS)}, and no more than one"
            )
        for name in ("since", "expires"):
            told = getattr(self, name)
            try:
                date.fromisoformat(told or "2000-01-01")
            except ValueError:
                raise PydanticCustomError("no_action", f"`{name}`: there is no {told}") from None
        return self

    @property
    def kind(self) -> str:
        return next(kind for kind in KINDS if getattr(self, kind) is not None)

    @property
    def about(self) -> str:
        return str(getattr(self, self.kind))

    def expired(self, today: str) -> bool:
        return today > self.expires


class Ledger(Node):
    """The whole file."""

    schema_version: Literal[1] = Field(alias="schema")
    expected: tuple[Entry, ...] = ()


def parse(text: str, name: str = NAME) -> Ledger:
    """Read a ledger; ``MatrixError`` has a line for each problem: file, line, place, what."""
    duplicates, data = read_yaml(text, name)
    problems: list[Problem] = [*duplicates, *_unquoted(data)]
    told = {location for location, _ in problems}
    try:
        found = Ledger.model_validate_json(as_json(data))
    except pydantic.ValidationError as error:
        problems += [
            (location, sentence(detail, "docs/nightly.md"))
            for detail in error.errors(include_url=False)
            if (location := written(detail["loc"])) not in told
        ]
    else:
        problems += _twice(found)
        if not problems:
            return found
    raise MatrixError(say_problems(text, problems, name=name))


def _unquoted(data: Any) -> Iterator[Problem]:
    """Find days that YAML has read as dates because they were not quoted."""
    entries = data.get("expected") if isinstance(data, dict) else None
    for index, entry in enumerate(entries if isinstance(entries, list) else []):
        for name in ("since", "expires"):
            if isinstance(entry, dict) and isinstance(entry.get(name), date):
                yield ("expected", index, name), f'quote the day: "{entry[name]}"'


def _twice(found: Ledger) -> Iterator[Problem]:
    first: dict[str, int] = {}
    for index, entry in enumerate(found.expected):
        same = entry.model_dump_json(exclude={"cells", "reason", "since", "expires"})
        if same in first:
            yield ("expected", index), f"says what expected[{first[same]}] says; keep one"
        first.setdefault(same, index)


@dataclass(frozen=True, kw_only=True)
class Book:
    """A ledger held against the environments of one matrix, in their order.

    What has expired no longer stands for anything.
    """

    ledger: Ledger
    environments: tuple[str, ...]
    today: str

    @cached_property
    def _standing(self) -> Mapping[str, Sequence[tuple[int, Entry]]]:
        found: dict[str, list[tuple[int, Entry]]] = {kind: [] for kind in KINDS}
        for number, entry in enumerate(self.ledger.expected):
            if not entry.expired(self.today):
                found[entry.kind].append((number, entry))
        return found

    @cached_property
    def _memory(self) -> dict[tuple[str, str, str], bool]:
        return {}

    def of_cell(self, place: Place, state: State) -> int | None:
        """Return the number of the entry that expects a cell which is not clean, if one does."""
        purpose = state.trouble()
        if purpose is None:
            return None
        for number, entry in self._standing["cell"]:
            if fnmatchcase(place.id, entry.about) and self._allows(entry, state, purpose):
                return number
        for number, entry in self._standing["cause"]:
            if (
                _is_named(entry, state.known_as)
                and self._allows(entry, state, purpose)
                and self._is_about(entry, place)
            ):
                return number
        return None

    def _is_about(self, entry: Entry, place: Place) -> bool:
        return (
            self._among(entry.load, place.load, "load")
            and self._among(entry.save, place.save, "save")
            and self._among(entry.format, place.format, "")
            and self._among(entry.model, place.model, "")
        )

    def looked_at(self, entry: Entry, night: Night) -> bool:
        """Say whether a night had as many of the cells as an entry is about.

        A night of fewer environments or models says nothing of what the others come to.
        """
        if entry.kind in ("control", "environment"):
            return any(_is_named(entry, one.id) for one in night.sites)
        if entry.kind == "cell":
            return any(fnmatchcase(place.id, entry.about) for place in night.cells)
        met = (place for place in night.cells if self._is_about(entry, place))
        return sum(1 for _ in islice(met, entry.cells or 1)) >= (entry.cells or 1)

    @staticmethod
    def _allows(entry: Entry, state: State, purpose: Purpose) -> bool:
        if entry.only is not None and purpose is Purpose.PREDICT:
            return False
        worst = SEVERITY[Outcome(entry.worst)]
        return all(SEVERITY[state.outcome(one)] <= worst for one in Purpose)

    def _among(self, patterns: tuple[str, ...], name: str, side: str) -> bool:
        return not patterns or any(self._fits(one, name, side) for one in patterns)

    def _fits(self, pattern: str, name: str, side: str) -> bool:
        key = pattern, name, side
        if key not in self._memory:
            first, between, last = pattern.partition(TO)
            if side and between and {first, last, name} <= set(self.environments):
                at = self.environments.index
                self._memory[key] = at(first) <= at(name) <= at(last)
            else:
                self._memory[key] = fnmatchcase(name, pattern)
        return self._memory[key]

    def of(self, kind: str, about: str, where: str = "") -> int | None:
        """Return the entry that expects a text, a control's failure or an unusable environment."""
        for number, entry in self._standing[kind]:
            if _is_named(entry, about) and (not where or self._among(entry.load, where, "load")):
                return number
        return None


def _is_named(entry: Entry, name: str) -> bool:
    """Say whether an entry is about that; a text may hold what in a pattern means something."""
    return name == entry.about or fnmatchcase(name, entry.about)


def unused(book: Book, night: Night) -> list[int]:
    """Return the numbers of the entries of what was looked at, and that nothing met."""
    met = {
        number
        for place, code in night.cells.items()
        if (number := book.of_cell(place, night.states[code])) is not None
    }
    for site in night.sites:
        found = [book.of("text", text, site.id) for text in site.unnamed]
        found.append(book.of("control", site.id) if site.controls else None)
        found.append(book.of("environment", site.id) if site.untested else None)
        met |= {number for number in found if number is not None}
    met |= {
        number
        for place, code in night.cells.items()
        for text in night.states[code].unnamed
        if (number := book.of("text", text, place.load)) is not None
    }
    standing = (n for n, one in enumerate(book.ledger.expected) if not one.expired(book.today))
    return [
        number
        for number in standing
        if number not in met and book.looked_at(book.ledger.expected[number], night)
    ]
