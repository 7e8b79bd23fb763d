"""What really happened in the cells that provoke a warning, by kind and generation (pure)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, partial

import numpy as np
import numpy.typing as npt

from caniload.reports.generations import generation, generations
from caniload.reports.groups import anchor
from caniload.reports.kinds import CLAIMS, Claim, Kind, kinds_of
from caniload.reports.table import Place, Table, firsts
from caniload.reports.text import CleanMatrix, normalised
from caniload.runner.core.judged import Message, Verdict
from caniload.runner.core.judgedtable import Codes
from caniload.runner.core.outcomes import Outcome

HEARD = frozenset({"load", "predict", "train"})
"""Phases whose messages are about the file; import and build say nothing of it."""

UNHEARD = "noise"
"""Severity of messages about the machine, which come whatever is loaded."""

OTHER_MODEL = frozenset({"outputs", "weights", "structure", "signatures"})
"""Differences that reach whoever predicts, as against settings and training."""

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


def findings(table: Table, matrix: CleanMatrix) -> list[Finding]:
    """Count once; cells that prove nothing are left out, those without a result counted apart."""
    rows = np.flatnonzero(table.counted & ~table.is_any([Outcome.NA]))
    heard = _Heard(table)
    provoked = _provoked(table, matrix)[table.save[rows], table.model[rows], table.load[rows]]
    return [
        _finding(table, heard, rows[(provoked & 1 << bit) > 0], kind, matrix)
        for bit, kind in enumerate(Kind)
    ]


def _provoked(table: Table, matrix: CleanMatrix) -> npt.NDArray[np.uint8]:
    """Return of [save, model, load] the kinds that are provoked, a bit for each."""
    environments = {one.id: one for one in matrix.environments}
    models = {one.id: one for one in matrix.models}
    sides = [environments[name] for name in table.environments]

    @cache
    def bits(save: int, provokes: tuple[str, ...], load: int) -> int:
        found = kinds_of(sides[save], provokes, sides[load])
        return sum(1 << bit for bit, kind in enumerate(Kind) if kind in found)

    places = range(len(sides))
    return np.array(
        [
            [[bits(save, models[name].provokes, load) for load in places] for name in table.models]
            for save in places
        ],
        dtype=np.uint8,
    )


def _finding(
    table: Table, told: _Heard, rows: npt.NDArray[np.intp], kind: Kind, matrix: CleanMatrix
) -> Finding:
    about = {one.id for one in matrix.catalogue if one.category in CLAIMS[kind].topics}
    of = [generation(one) for one in matrix.environments]
    tallies: dict[str, Tally] = {}
    for name, part, cells in _alike(table, told, rows, of, table.load):
        _listen(tallies.setdefault(name, Tally()), part, cells, about)
    by_model: dict[str, Tally] = {}
    for name, part, cells in _alike(table, told, rows, table.models, table.model):
        _add(by_model.setdefault(name, Tally()), part, cells, about)
    return Finding(
        kind=kind,
        claim=CLAIMS[kind],
        whole=_together(tallies.values()),
        generations=_in_order(tallies, generations()),
        models=_in_order(by_model, table.models),
    )


@dataclass(frozen=True, kw_only=True)
class _Part:
    """Cells of one verdict that are counted together; ``place`` is the first of them.

    ``heard`` are rule and text of each warning, ``raised`` what ended the cells, if something did.
    They stand for all texts that read alike; ``again`` is what was said of these cells themselves.
    """

    verdict: Verdict
    place: Place
    heard: tuple[tuple[str, Text], ...]
    raised: Text | None
    again: Callable[[], Verdict]

    def own(self, known: Text) -> Text:
        """Return one of the texts as it reads of the first of these cells."""
        verdict = self.again()
        texts = [*(text for _, text in _heard(verdict.messages)), _raised(verdict)]
        return next((text for text in texts if text and text.anchor == known.anchor), known)


class _Heard:
    """Looks once at what each verdict tells of, however many cells share it."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._known: dict[int, tuple[tuple[tuple[str, Text], ...], Text | None]] = {}
        self._texts: dict[str, Text] = {}

    def part(self, row: int) -> _Part:
        table = self._table
        code = int(table.verdict[row])
        if code not in self._known:
            self._known[code] = self._look(row)
        heard, raised = self._known[code]
        return _Part(
            verdict=table.cells.verdicts[code],
            place=table.place(row),
            heard=heard,
            raised=raised,
            again=partial(table.said, row),
        )

    def _look(self, row: int) -> tuple[tuple[tuple[str, Text], ...], Text | None]:
        """Keep of texts that read alike the first, which stands for all until one is shown."""
        verdict = self._table.said(row)
        raised = _raised(verdict, self._table.raised(row))
        alike = self._texts.setdefault
        return (
            tuple((rule, alike(text.anchor, text)) for rule, text in _heard(verdict.messages)),
            alike(raised.anchor, raised) if raised else None,
        )


def _alike(
    table: Table, told: _Heard, rows: npt.NDArray[np.intp], names: Sequence[str], axis: Codes
) -> Iterator[tuple[str, _Part, int]]:
    """Yield what is counted alike: by the name of a place on an axis, and by verdict."""
    number = {name: n for n, name in enumerate(names)}
    codes = np.array([number[name] for name in names], dtype=np.int64)
    keys = codes[axis[rows]] * len(table.cells.verdicts) + table.verdict[rows]
    for place, cells in firsts(keys):
        row = int(rows[place])
        yield names[axis[row]], told.part(row), cells


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


def _add(tally: Tally, part: _Part, cells: int, about: Collection[str]) -> None:
    """Count cells by what became of them."""
    verdict = part.verdict
    if verdict.outcome is Outcome.UNTESTED:
        tally.untested += cells
        return
    tally.cells += cells
    names = [_what(verdict, warned=bool(part.heard))]
    names += ["any_warning"] if part.heard else []
    names += ["named"] if any(rule in about for rule, _ in part.heard) else []
    names += ["raised_named"] if verdict.outcome in RAISED and verdict.cause in about else []
    for name in names:
        tally.counts[name] += cells
        tally.examples.setdefault(name, part.place)


def _listen(tally: Tally, part: _Part, cells: int, about: Collection[str]) -> None:
    """Count cells, and keep what they said and raised."""
    _add(tally, part, cells, about)
    for rule, text in part.heard:
        _keep(tally.heard, text, part, cells, about=rule in about)
    if part.raised:
        _keep(tally.raised, part.raised, part, cells, about=part.verdict.cause in about)


def _keep(texts: dict[str, Text], text: Text, part: _Part, cells: int, *, about: bool) -> None:
    if text.anchor not in texts:
        texts[text.anchor] = replace(part.own(text), example=part.place)
    kept = texts[text.anchor]
    kept.cells += cells
    kept.about |= about


def _what(verdict: Verdict, *, warned: bool) -> str:
    """Name the one of the first six counts that a tested cell belongs to."""
    if verdict.outcome is Outcome.DIFFERS:
        if warned:
            return "other_warned"
        numbers = {one["what"] for one in verdict.differences} & OTHER_MODEL
        return "other_numbers_silent" if numbers else "other_settings_silent"
    if verdict.outcome in RAISED:
        return "raised"
    return "warned" if warned else "silent"


def _raised(verdict: Verdict, alike: str = "") -> Text | None:
    """Return type and first line of what ended a cell, if something did; a crash has neither.

    ``alike`` is the same of its whole message, with names and numbers taken out, where it is known.
    """
    if verdict.outcome not in RAISED:
        return None
    text, source = verdict.signature or "(no message)", "the process ended"
    if not (error := verdict.error):
        alike = ""
    else:
        lines = [line for line in error.message.splitlines() if line.strip()]
        text = f"{error.type}: {lines[0] if lines else '(no message)'}"
        alike = alike if lines == [error.message] else ""
        source = f"exception, while {error.phase}"
    return Text(
        anchor=anchor("e", source, alike or normalised(text)),
        text=text,
        source=source,
    )


def _heard(messages: tuple[Message, ...]) -> tuple[tuple[str, Text], ...]:
    """Return rule and text of each warning of a cell about its file, none twice."""
    found: dict[str, tuple[str, Text]] = {}
    for message in messages:
        if message.phase not in HEARD or message.severity == UNHEARD:
            continue
        category, channel = message.category, message.channel
        text = Text(
            # The same name as on the page of all warnings, to link there.
            anchor=anchor("w", channel, category, normalised(message.text)),
            text=message.text,
            source=f"{category}, {channel}, while {message.phase}",
        )
        found.setdefault(text.anchor, (message.rule or "", text))
    return tuple(found.values())
