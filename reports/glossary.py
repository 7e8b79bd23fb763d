"""The catalogue as it was met: where each entry was heard first and last, and what has none (pure).

First and last version are measured here, and written nowhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby

import numpy as np

from caniload.reports.groups import LOUDEST_FIRST, WarningGroup, anchor, warning_groups
from caniload.reports.planes import Planes
from caniload.reports.table import Place, Table, firsts
from caniload.reports.text import CleanMatrix
from caniload.runner.core.judged import Bounds, Entry
from caniload.runner.core.outcomes import Outcome

QUIET, MET, UNTESTED = range(3)
"""What a square of a lifetime says of an environment."""


@dataclass(frozen=True, kw_only=True)
class Life:
    """One stack's environments in order: whether each met the entry, and the same in words."""

    stack: str
    squares: tuple[int, ...]
    words: str


@dataclass(kw_only=True)
class Term:
    """An entry that was met, or (``entry`` is ``None``) one text that has none.

    ``places`` are the environments that said or raised it; ``cells`` those of the matrix.
    """

    anchor: str
    entry: Entry | None
    text: str
    source: str
    places: set[int] = field(default_factory=set)
    phases: set[str] = field(default_factory=set)
    sources: set[str] = field(default_factory=set)
    texts: list[WarningGroup] = field(default_factory=list)
    cells: int = 0
    times: int = 0
    example: Place | None = None
    lives: tuple[Life, ...] = ()

    @property
    def severity(self) -> str:
        return self.entry.severity if self.entry else "unknown"

    @property
    def first(self) -> int:
        return min(self.places)

    @property
    def last(self) -> int:
        return max(self.places)


@dataclass(frozen=True, kw_only=True)
class Coverage:
    """How much of what was heard and raised has an entry; known noise is counted apart."""

    messages: int
    unmatched_messages: int
    noise: int
    errors: int
    unmatched_errors: int

    @property
    def share_of_messages(self) -> float:
        return self.unmatched_messages / self.messages if self.messages else 0.0

    @property
    def share_of_errors(self) -> float:
        return self.unmatched_errors / self.errors if self.errors else 0.0

    def over(self, bounds: Bounds) -> list[str]:
        """Say which share is larger than matrix.yaml allows."""
        shares = (
            ("messages", self.share_of_messages, bounds.unmatched_messages),
            ("exceptions", self.share_of_errors, bounds.unmatched_errors),
        )
        return [
            f"{share:.1%} of {what} without an entry in the catalogue, allowed {bound:.1%}"
            for what, share, bound in shares
            if share > bound
        ]


@dataclass(frozen=True, kw_only=True)
class Glossary:
    """``terms`` loudest first; ``unmatched`` most frequent first; ``unused`` were met nowhere."""

    terms: tuple[Term, ...]
    unmatched: tuple[Term, ...]
    unused: tuple[Entry, ...]
    coverage: Coverage

    @property
    def gone(self) -> tuple[Entry, ...]:
        """Entries that a text was once recorded for, and that match nothing here."""
        return tuple(entry for entry in self.unused if entry.example)


def glossary(table: Table, grid: Planes, matrix: CleanMatrix) -> Glossary:
    """Gather by entry all that was heard in cells, heard apart from them, and raised."""
    entries = {entry.id: entry for entry in matrix.catalogue}
    terms: dict[str, Term] = {}
    for group in warning_groups(table, matrix.asides):
        _hear(terms, entries.get(group.rule or ""), group)
    for row, cells in _raised(table):
        _raise(terms, entries, table, row, cells)
    # Whoever met something was tested, if only in saving.
    tested = _tested(table).union(*(term.places for term in terms.values()))
    for term in terms.values():
        term.lives = _lives(term, grid, tested)
    known = [term for term in terms.values() if term.entry]
    unknown = [term for term in terms.values() if not term.entry]
    return Glossary(
        terms=tuple(sorted(known, key=_rank)),
        unmatched=tuple(sorted(unknown, key=_rank)),
        unused=tuple(entry for entry in matrix.catalogue if entry_anchor(entry) not in terms),
        coverage=_coverage(terms.values()),
    )


def entry_anchor(entry: Entry) -> str:
    return f"e-{entry.id}"


def _rank(term: Term) -> tuple[int, int, int, str]:
    return (LOUDEST_FIRST.index(term.severity), -term.cells, -term.times, term.anchor)


def _term(terms: dict[str, Term], entry: Entry | None, name: str, text: str, source: str) -> Term:
    name = entry_anchor(entry) if entry else name
    return terms.setdefault(name, Term(anchor=name, entry=entry, text=text, source=source))


def _hear(terms: dict[str, Term], entry: Entry | None, group: WarningGroup) -> None:
    """Take in one text that was heard, from however many cells."""
    source = f"{group.category}, {group.channel}"
    term = _term(terms, entry, group.anchor, group.text, source)
    term.texts.append(group)
    term.places |= group.places
    term.phases |= group.phases
    term.sources.add(group.channel)
    term.cells += group.cells
    term.times += group.times
    term.example = term.example or group.where


def _raised(table: Table) -> Iterator[tuple[int, int]]:
    """Yield the first row of all that were raised alike in one environment, and how many.

    Of a file that could not be written only its saver's cell counts: it was raised there once.
    """
    raises = table.by_verdict(lambda one: one.error is not None, bool)[table.verdict]
    paths = np.array([one.path is None for one in table.cells.names.files], dtype=bool)
    unsaved = table.is_any([Outcome.NA]) & paths[table.cells.columns.file]
    rows = np.flatnonzero(raises & ~(unsaved & (table.save != table.load)))
    keys = table.verdict[rows].astype(np.int64) * len(table.environments) + table.load[rows]
    for place, cells in firsts(keys * 2 + table.control[rows]):
        yield int(rows[place]), cells


def _raise(
    terms: dict[str, Term], entries: dict[str, Entry], table: Table, row: int, cells: int
) -> None:
    """Take in one exception; a cell that only warns has a cause, too, and was heard already."""
    verdict = table.cells.verdicts[int(table.verdict[row])]
    error = verdict.error
    assert error is not None  # noqa: S101 - it is asked for those that raised
    text = table.raised(row)
    source = f"exception, while {error.phase}"
    entry = entries.get(verdict.cause or "")
    term = _term(terms, entry, anchor("x", source, text), text, source)
    term.places.add(int(table.load[row]))
    term.phases.add(error.phase)
    term.sources.add("exception")
    term.cells += cells
    term.times += cells
    if not table.control[row]:
        term.example = term.example or table.place(row)


def _tested(table: Table) -> frozenset[int]:
    """Return the environments that loaded anything."""
    rows = ~table.is_any([Outcome.NA, Outcome.UNTESTED])
    return frozenset(map(int, np.unique(table.load[rows])))


def _lives(term: Term, grid: Planes, tested: frozenset[int]) -> tuple[Life, ...]:
    """Draw when the entry was met, in each stack that met it."""
    return tuple(
        Life(
            stack=stack,
            squares=tuple(
                MET if place in term.places else QUIET if place in tested else UNTESTED
                for place in places
            ),
            words=_words(term, grid, [place for place in places if place in tested]),
        )
        for stack, places in grid.stacks
        if term.places & set(places)
    )


def _words(term: Term, grid: Planes, tested: Sequence[int]) -> str:
    """Name the runs of tested versions that met it."""
    runs = [list(run) for met, run in groupby(tested, term.places.__contains__) if met]
    label = [one.label for one in grid.environments]
    named = [label[run[0]] + (f" to {label[run[-1]]}" if run[1:] else "") for run in runs]
    return f"{', '.join(named)} ({sum(map(len, runs))} of {len(tested)})"


def _coverage(terms: Iterable[Term]) -> Coverage:
    counts = dict.fromkeys(("named", "unnamed", "noise", "errors", "lost"), 0)
    for term in terms:
        raised = term.times - sum(group.times for group in term.texts)
        said = term.times - raised
        counts["errors"] += raised
        counts["lost"] += raised if term.entry is None else 0
        kind = "unnamed" if not term.entry else "noise" if term.severity == "noise" else "named"
        counts[kind] += said
    return Coverage(
        messages=counts["named"] + counts["unnamed"],
        unmatched_messages=counts["unnamed"],
        noise=counts["noise"],
        errors=counts["errors"],
        unmatched_errors=counts["lost"],
    )
