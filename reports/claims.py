"""What really happened in the cells that provoke a warning, by kind and generation (pure)."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, lru_cache
from typing import Any

import pandas as pd

from reports.generations import GENERATIONS, generation
from reports.groups import anchor
from reports.kinds import CLAIMS, Claim, Kind, kinds_of
from reports.text import CleanMatrix, normalised
from reports.words import BREAKING_CODES, CODE, UNTESTED
from runner.outcomes import Outcome

HEARD = frozenset({"load", "predict", "train"})
"""Phases whose messages are about the file; import and build say nothing of it."""

UNHEARD = "noise"
"""Severity of messages about the machine, which come whatever is loaded."""

OTHER_MODEL = frozenset({"outputs", "weights", "structure"})
"""Differences that change the numbers, as against settings and training."""

SHOWN = 5
"""How many texts are listed for each generation of each kind, most frequent first."""

COUNTS = (
    "silent",
    "warned",
    "raised",
    "other_numbers_silent",
    "other_settings_silent",
    "other_warned",
    "any_warning",
    "named",
)
"""What is counted: the first six add up to the cells, the last two are about warnings alone."""

Place = tuple[str, str, str, str]
"""Format, saver, loader and model of a cell: what a link into the matrix is made of."""


@dataclass(kw_only=True)
class Text:
    """One text as it was heard first, and in how many cells, whatever its names and numbers."""

    anchor: str
    text: str
    source: str
    example: Place
    cells: int = 0


@dataclass(kw_only=True)
class Tally:
    """The tested cells of one kind that one generation loads; ``examples`` by what is counted."""

    cells: int = 0
    untested: int = 0
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(COUNTS, 0))
    examples: dict[str, Place] = field(default_factory=dict)
    heard: dict[str, Text] = field(default_factory=dict)
    raised: dict[str, Text] = field(default_factory=dict)

    @property
    def warnings(self) -> list[Text]:
        return _most_frequent(self.heard)

    @property
    def exceptions(self) -> list[Text]:
        return _most_frequent(self.raised)


def _most_frequent(texts: Mapping[str, Text]) -> list[Text]:
    return sorted(texts.values(), key=lambda one: (-one.cells, one.anchor))[:SHOWN]


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One kind: all of its cells together, and by the generation that loads them."""

    kind: Kind
    claim: Claim
    whole: Tally
    generations: Mapping[str, Tally]
    models: tuple[str, ...]


def findings(table: pd.DataFrame, matrix: CleanMatrix) -> list[Finding]:
    """Count once; cells that prove nothing are left out, those without a result counted apart."""
    environments = {one.id: one for one in matrix.environments}
    models = {one.id: one for one in matrix.models}
    generations = {one.id: generation(one) for one in matrix.environments}

    @cache
    def provoked(save: str, model: str, load: str) -> tuple[Kind, ...]:
        return kinds_of(environments[save], models[model], environments[load])

    tallies: dict[Kind, dict[str, Tally]] = {kind: {} for kind in Kind}
    involved: dict[Kind, set[str]] = {kind: set() for kind in Kind}
    for row in _rows(table):
        for kind in provoked(row["save"], row["model"], row["load"]):
            involved[kind].add(row["model"])
            tally = tallies[kind].setdefault(generations[row["load"]], Tally())
            _add(tally, row, _named(row["warnings"], CLAIMS[kind].topics, matrix.topics))
    return [
        Finding(
            kind=kind,
            claim=CLAIMS[kind],
            whole=_together(tallies[kind].values()),
            generations={
                name: tallies[kind][name] for name in GENERATIONS if name in tallies[kind]
            },
            models=tuple(name for name in models if name in involved[kind]),
        )
        for kind in Kind
    ]


def _together(tallies: Iterable[Tally]) -> Tally:
    """Add up counts and examples; the texts stay with their generations."""
    whole = Tally()
    for tally in tallies:
        whole.cells += tally.cells
        whole.untested += tally.untested
        for name, count in tally.counts.items():
            whole.counts[name] += count
        whole.examples = tally.examples | whole.examples
    return whole


_COLUMNS = [
    *("format", "save", "load", "model", "outcome", "warnings", "differences"),
    *("error_type", "error_message", "signature"),
]


def _rows(table: pd.DataFrame) -> Iterator[dict[str, Any]]:
    counted = table[~table["control"] & table["evidence"] & (table["outcome"] != Outcome.NA)]
    for values in counted[_COLUMNS].itertuples(index=False, name=None):
        yield dict(zip(_COLUMNS, values, strict=True))


def _add(tally: Tally, row: dict[str, Any], named: bool) -> None:  # noqa: FBT001 - one of its facts
    """Count one cell."""
    code = CODE[Outcome(row["outcome"])]
    if code == UNTESTED:
        tally.untested += 1
        return
    place = (row["format"], row["save"], row["load"], row["model"])
    heard = _heard(row["warnings"])
    tally.cells += 1
    names = [_what(row, warned=bool(heard))]
    names += ["any_warning"] if heard else []
    names += ["named"] if named else []
    for name in names:
        tally.counts[name] += 1
        tally.examples.setdefault(name, place)
    for key, text, source in heard:
        _count(tally.heard, key, text, source, place)
    if names[0] == "raised":
        first, source = _exception(row)
        _count(tally.raised, anchor("e", normalised(first)), first, source, place)


def _what(row: dict[str, Any], *, warned: bool) -> str:
    """Name the one of the first six counts that a tested cell belongs to."""
    outcome = Outcome(row["outcome"])
    if outcome is Outcome.DIFFERS:
        if warned:
            return "other_warned"
        numbers = {one["what"] for one in json.loads(row["differences"])} & OTHER_MODEL
        return "other_numbers_silent" if numbers else "other_settings_silent"
    if CODE[outcome] in BREAKING_CODES:
        return "raised"
    return "warned" if warned else "silent"


def _exception(row: dict[str, Any]) -> tuple[str, str]:
    """Return type and first line of what was raised, and what it was; a crash has neither."""
    if not isinstance(row["error_type"], str):
        return row["signature"] or "(no message)", "the process ended"
    lines = [line for line in row["error_message"].splitlines() if line.strip()]
    return f"{row['error_type']}: {lines[0] if lines else '(no message)'}", "exception"


def _count(texts: dict[str, Text], key: str, text: str, source: str, place: Place) -> None:
    if key not in texts:
        texts[key] = Text(anchor=key, text=text, source=source, example=place)
    texts[key].cells += 1


@lru_cache(maxsize=16_384)
def _heard(warnings: str) -> tuple[tuple[str, str, str], ...]:
    """Return anchor, text and source of each warning of a cell about its file, none twice."""
    found: dict[str, tuple[str, str, str]] = {}
    for message in _about_the_file(warnings):
        category, channel = message["category"], message["channel"]
        # The same name as on the page of all warnings, to link there.
        key = anchor("w", channel, category, normalised(message["text"]))
        found.setdefault(
            key, (key, message["text"], f"{category}, {channel}, while {message['phase']}")
        )
    return tuple(found.values())


def _about_the_file(warnings: str) -> Iterator[dict[str, Any]]:
    for message in json.loads(warnings):
        if message["phase"] in HEARD and message["severity"] != UNHEARD:
            yield message


@lru_cache(maxsize=16_384)
def _rules(warnings: str) -> frozenset[str]:
    return frozenset(one["rule"] for one in _about_the_file(warnings) if one["rule"])


def _named(warnings: str, topics: Collection[str], about: Mapping[str, str]) -> bool:
    """Say whether any warning of a cell is about one of the topics."""
    return any(about.get(rule) in topics for rule in _rules(warnings))
