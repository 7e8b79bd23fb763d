"""What really happened in the cells that provoke a warning, by kind and generation (pure)."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache, lru_cache
from typing import Any

import pandas as pd

from caniload.reports.generations import generation, generations
from caniload.reports.groups import Place, anchor
from caniload.reports.kinds import CLAIMS, Claim, Kind, kinds_of
from caniload.reports.text import CleanMatrix, normalised
from caniload.reports.words import CODE, UNTESTED
from caniload.runner.core.outcomes import Outcome

HEARD = frozenset({"load", "predict", "train"})
"""Phases whose messages are about the file; import and build say nothing of it."""

UNHEARD = "noise"
"""Severity of messages about the machine, which come whatever is loaded."""

OTHER_MODEL = frozenset({"outputs", "weights", "structure"})
"""Differences that change the numbers, as against settings and training."""

RAISED = frozenset({Outcome.WORKAROUND, Outcome.ERROR, Outcome.CRASH})

SHOWN = 5
"""How many texts are listed for each generation: those about the kind, then most frequent."""

COUNTS = (
    "silent",
    "warned",
    "raised",
    "other_numbers_silent",
    "other_settings_silent",
    "other_warned",
    "any_warning",
    "named",
    "raised_named",
)
"""What is counted: the first six add up to the cells. ``any_warning`` and ``named`` (one about the
kind) are about warnings alone; ``raised_named`` is that part of ``raised`` that is about the kind.
"""


@dataclass(kw_only=True)
class Text:
    """One text as it was heard first, and in how many cells, whatever its names and numbers.

    ``about``: an entry says that it is about the kind that its cell provokes.
    """

    anchor: str
    text: str
    source: str
    example: Place = ("", "", "", "")
    about: bool = False
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
    ranked = sorted(texts.values(), key=lambda one: (not one.about, -one.cells, one.anchor))
    return ranked[:SHOWN]


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One kind: its cells together, by the generation that loads them, and by model."""

    kind: Kind
    claim: Claim
    whole: Tally
    generations: Mapping[str, Tally]
    models: Mapping[str, Tally]


def findings(table: pd.DataFrame, matrix: CleanMatrix) -> list[Finding]:
    """Count once; cells that prove nothing are left out, those without a result counted apart."""
    environments = {one.id: one for one in matrix.environments}
    models = {one.id: one for one in matrix.models}
    entries = {
        kind: {one.id for one in matrix.catalogue if one.category in CLAIMS[kind].topics}
        for kind in Kind
    }
    of = {one.id: generation(one) for one in matrix.environments}

    @cache
    def provoked(save: str, model: str, load: str) -> tuple[Kind, ...]:
        return kinds_of(environments[save], models[model], environments[load])

    tallies: dict[Kind, dict[str, Tally]] = {kind: {} for kind in Kind}
    by_model: dict[Kind, dict[str, Tally]] = {kind: {} for kind in Kind}
    for row in _rows(table):
        for kind in provoked(row["save"], row["model"], row["load"]):
            about = entries[kind]
            tally = tallies[kind].setdefault(of[row["load"]], Tally())
            heard = [replace(text, about=rule in about) for rule, text in _heard(row["warnings"])]
            raised = _raised(row, about)
            _add(tally, row, heard, raised)
            _listen(tally, row, heard, raised)
            _add(by_model[kind].setdefault(row["model"], Tally()), row, heard, raised)
    return [
        Finding(
            kind=kind,
            claim=CLAIMS[kind],
            whole=_together(tallies[kind].values()),
            generations=_in_order(tallies[kind], generations()),
            models=_in_order(by_model[kind], models),
        )
        for kind in Kind
    ]


def _in_order(tallies: Mapping[str, Tally], names: Iterable[str]) -> dict[str, Tally]:
    return {name: tallies[name] for name in names if name in tallies}


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
    *("error_type", "error_message", "error_phase", "signature", "cause"),
]


def _rows(table: pd.DataFrame) -> Iterator[dict[str, Any]]:
    counted = table[~table["control"] & table["evidence"] & (table["outcome"] != Outcome.NA)]
    for values in counted[_COLUMNS].itertuples(index=False, name=None):
        yield dict(zip(_COLUMNS, values, strict=True))


def _add(
    tally: Tally, row: Mapping[str, Any], heard: Collection[Text], raised: Text | None
) -> None:
    """Count one cell by what became of it."""
    if CODE[Outcome(row["outcome"])] == UNTESTED:
        tally.untested += 1
        return
    tally.cells += 1
    names = [_what(row, warned=bool(heard))]
    names += ["any_warning"] if heard else []
    names += ["named"] if any(text.about for text in heard) else []
    names += ["raised_named"] if raised and raised.about else []
    for name in names:
        tally.counts[name] += 1
        tally.examples.setdefault(name, _place(row))


def _listen(
    tally: Tally, row: Mapping[str, Any], heard: Collection[Text], raised: Text | None
) -> None:
    """Keep what one cell said and raised."""
    for text in heard:
        _keep(tally.heard, text, row)
    if raised:
        _keep(tally.raised, raised, row)


def _keep(texts: dict[str, Text], text: Text, row: Mapping[str, Any]) -> None:
    kept = texts.setdefault(text.anchor, replace(text, example=_place(row)))
    kept.cells += 1
    kept.about |= text.about


def _place(row: Mapping[str, Any]) -> Place:
    return row["format"], row["save"], row["load"], row["model"]


def _what(row: Mapping[str, Any], *, warned: bool) -> str:
    """Name the one of the first six counts that a tested cell belongs to."""
    outcome = Outcome(row["outcome"])
    if outcome is Outcome.DIFFERS:
        if warned:
            return "other_warned"
        numbers = {one["what"] for one in json.loads(row["differences"])} & OTHER_MODEL
        return "other_numbers_silent" if numbers else "other_settings_silent"
    if outcome in RAISED:
        return "raised"
    return "warned" if warned else "silent"


def _raised(row: Mapping[str, Any], about: Collection[str]) -> Text | None:
    """Return type and first line of what ended a cell, if something did; a crash has neither."""
    if Outcome(row["outcome"]) not in RAISED:
        return None
    text, source = row["signature"] or "(no message)", "the process ended"
    if isinstance(row["error_type"], str):
        lines = [line for line in row["error_message"].splitlines() if line.strip()]
        text = f"{row['error_type']}: {lines[0] if lines else '(no message)'}"
        source = f"exception, while {row['error_phase']}"
    return Text(
        anchor=anchor("e", source, normalised(text)),
        text=text,
        source=source,
        about=row["cause"] in about,
    )


@lru_cache(maxsize=16_384)
def _heard(warnings: str) -> tuple[tuple[str, Text], ...]:
    """Return rule and text of each warning of a cell about its file, none twice."""
    found: dict[str, tuple[str, Text]] = {}
    for message in json.loads(warnings):
        if message["phase"] not in HEARD or message["severity"] == UNHEARD:
            continue
        category, channel = message["category"], message["channel"]
        text = Text(
            # The same name as on the page of all warnings, to link there.
            anchor=anchor("w", channel, category, normalised(message["text"])),
            text=message["text"],
            source=f"{category}, {channel}, while {message['phase']}",
        )
        found.setdefault(text.anchor, (message["rule"] or "", text))
    return tuple(found.values())
