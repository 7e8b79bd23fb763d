"""A night as it is kept: what was found in each cell, and how much of it was run; pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from itertools import groupby
from typing import Any, NamedTuple

from caniload.runner.core.outcomes import CLEAN, PROBLEMS, Outcome, Purpose
from caniload.runner.core.texts import clean

SCHEMA = 1


class Place(NamedTuple):
    """A cell's coordinates."""

    save: str
    model: str
    format: str
    load: str

    @property
    def id(self) -> str:
        return f"{self.save}/{self.model}.{self.format}/{self.load}"


@dataclass(frozen=True, kw_only=True)
class State:
    """What was found in cells: many share one.

    For whoever predicts, and for whoever goes on training: the outcome, and its cause, which is an
    entry of the catalogue or, where that has none, the text. ``warnings`` are entries that ask to
    be acted on; ``unnamed`` texts without an entry, normalised. ``size`` is the largest difference
    of an output, ``None`` where none was compared. ``valid``: no control failed on either side.
    """

    predict: str
    train: str
    predict_cause: str = ""
    train_cause: str = ""
    warnings: tuple[str, ...] = ()
    unnamed: tuple[str, ...] = ()
    size: float | None = None
    valid: bool = True

    def outcome(self, purpose: Purpose) -> Outcome:
        return Outcome(self.predict if purpose is Purpose.PREDICT else self.train)

    def cause(self, purpose: Purpose) -> str:
        return self.predict_cause if purpose is Purpose.PREDICT else self.train_cause

    @cached_property
    def known_as(self) -> str:
        """The causes of all that is not clean, as an entry of the ledger names them."""
        bad = [self.cause(one) for one in Purpose if self.outcome(one) in PROBLEMS]
        return " and ".join(dict.fromkeys(bad))

    @property
    def tested(self) -> bool:
        return Outcome(self.train) is not Outcome.UNTESTED

    def trouble(self) -> Purpose | None:
        """Return for whom it is not clean, predicting first; ``None`` where nobody has to act."""
        for purpose in Purpose:
            if self.outcome(purpose) not in CLEAN | {Outcome.NA, Outcome.UNTESTED}:
                return purpose
        return None


@dataclass(frozen=True, kw_only=True)
class Site:
    """An environment as it was that night.

    ``untested`` says why it could not be used. ``base`` is the one that it is held against while no
    night has it: its twin, or the one before it. ``packages`` are those inside, by name. ``ran``: a
    run that night had its cells to load.
    """

    id: str
    lock: str = ""
    base: str = ""
    untested: str = ""
    packages: Mapping[str, str] = field(default_factory=dict)
    asides: tuple[str, ...] = ()
    unnamed: tuple[str, ...] = ()
    controls: tuple[str, ...] = ()
    ran: bool = True


@dataclass(frozen=True, kw_only=True)
class Work:
    """What was really run since the night before, in counts."""

    runs: int = 0
    loaded: int = 0
    told: int = 0
    saved: int = 0
    built: int = 0


@dataclass(frozen=True, kw_only=True)
class Night:
    """``when`` is ISO 8601 in UTC; ``cells`` gives the place of each cell's state in ``states``."""

    when: str
    version: str
    commit: str
    work: Work
    sites: tuple[Site, ...]
    states: tuple[State, ...]
    cells: Mapping[Place, int]

    def state(self, place: Place) -> State | None:
        code = self.cells.get(place)
        return None if code is None else self.states[code]

    def found(self) -> Iterator[tuple[Place, State]]:
        """Yield every cell with what was found in it."""
        for place, code in self.cells.items():
            yield place, self.states[code]

    @cached_property
    def site(self) -> Mapping[str, Site]:
        return {one.id: one for one in self.sites}

    @cached_property
    def by_id(self) -> Mapping[str, Place]:
        return {place.id: place for place in self.cells}

    @cached_property
    def tested(self) -> int:
        """How many cells have a result."""
        known = [one.tested for one in self.states]
        return sum(known[code] for code in self.cells.values())

    @property
    def day(self) -> str:
        return self.when[:10]


def as_json(night: Night) -> dict[str, Any]:
    """Return a night as plain data: cells by who loads them, runs of one state as a pair."""
    loads: dict[str, dict[str, Any]] = {}
    for (load, model, form), places in groupby(
        sorted(night.cells, key=lambda one: (one.load, one.model, one.format, one.save)),
        key=lambda one: (one.load, one.model, one.format),
    ):
        here = list(places)
        codes = [night.cells[one] for one in here]
        loads.setdefault(load, {})[f"{model}.{form}"] = {
            "saves": [one.save for one in here],
            "states": [[code, len(list(same))] for code, same in groupby(codes)],
        }
    savers, shared = _shared(loads)
    return {
        "schema": SCHEMA,
        "when": night.when,
        "caniload": night.version,
        "commit": night.commit,
        "work": asdict(night.work),
        "environments": [asdict(one) for one in night.sites],
        "states": [asdict(one) for one in night.states],
        "savers": savers,
        "cells": shared,
    }


def _shared(loads: Mapping[str, Mapping[str, Any]]) -> tuple[list[list[str]], dict[str, Any]]:
    """Write each list of saving environments once: nearly all files have the same."""
    known: dict[tuple[str, ...], int] = {}
    cells = {
        load: {
            file: [known.setdefault(tuple(one["saves"]), len(known)), one["states"]]
            for file, one in files.items()
        }
        for load, files in loads.items()
    }
    return [list(one) for one in known], cells


def from_json(data: Any) -> Night:
    """Return the night of plain data; ``ValueError`` and its like where it is none."""
    if data["schema"] != SCHEMA:
        raise ValueError(f"schema {data['schema']} is not {SCHEMA}")
    data = _cleaned(data)
    states = tuple(State(**_frozen(one)) for one in data["states"])
    for one in states:
        Outcome(one.predict), Outcome(one.train)
    cells = dict(_cells(data["cells"], data["savers"], len(states)))
    return Night(
        when=str(data["when"]),
        version=str(data["caniload"]),
        commit=str(data["commit"]),
        work=Work(**data["work"]),
        sites=tuple(Site(**_frozen(one)) for one in data["environments"]),
        states=states,
        cells=cells,
    )


def _cells(
    data: Mapping[str, Any], savers: Sequence[Sequence[str]], count: int
) -> Iterator[tuple[Place, int]]:
    for load, files in data.items():
        for file, (place, states) in files.items():
            model, _, form = file.partition(".")
            codes = [code for code, times in states for _ in range(times)]
            if any(not 0 <= code < count for code in codes):
                raise ValueError(f"{file} in {load} has a state that there is not")
            for save, code in zip(savers[place], codes, strict=True):
                yield Place(save, model, form, load), code


def _frozen(data: Mapping[str, Any]) -> dict[str, Any]:
    return {name: tuple(one) if isinstance(one, list) else one for name, one in data.items()}


def _cleaned(value: Any) -> Any:
    if isinstance(value, str):
        return value if value.isascii() and value.isprintable() else clean(value)
    if isinstance(value, list):
        return [_cleaned(one) for one in value]
    if isinstance(value, dict):
        return {_cleaned(name): _cleaned(one) for name, one in value.items()}
    return value


def ordered(names: Iterable[str], night: Night) -> list[str]:
    """Return environments in the order of matrix.yaml; those that have gone come last."""
    places = {one.id: place for place, one in enumerate(night.sites)}
    return sorted(set(names), key=lambda one: (places.get(one, len(places)), one))
