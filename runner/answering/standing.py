"""Readers that do with files what another does -> those that can stand for it; pure.

Not every reader was given every file. One that did the same as another with all that both were
given, is likely to do the same with the next.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace

from caniload.runner.answering.deciding import Weighed
from caniload.runner.answering.quick import ENOUGH, Question
from caniload.runner.answering.references import Kin, Known
from caniload.runner.answering.weighing import Evidence
from caniload.runner.core.outcomes import CLEAN, Purpose
from caniload.runner.matrix.joining import backend, is_keras_3
from caniload.runner.matrix.schema import Environment

MOST = 0.06
"""Over so many of the files at most they may have parted, for what the wanted file has not."""


@dataclass(frozen=True, kw_only=True)
class StandIn:
    """A reader, and how many models it did the same with as the one that it stands for."""

    environment: Environment
    models: int

    def told(self, asked: Environment) -> str:
        return (
            f"in {self.environment.label}, which did with the {self.models} models that both were"
            f" given what {asked.label} did"
        )


def beside(reader: Environment, others: Sequence[Environment]) -> tuple[Environment, ...]:
    """Return the readers of the same kind of Keras, the nearest in the matrix first."""
    places = {one.id: number for number, one in enumerate(others)}
    place = places.get(reader.id, len(others))
    return tuple(
        sorted(
            (one for one in others if one.id != reader.id and _kind(one) == _kind(reader)),
            key=lambda one: abs(places[one.id] - place),
        )
    )


def _kind(reader: Environment) -> tuple[bool, bool]:
    return is_keras_3(reader), reader.imports == "keras"


def stand_ins(asked: Question, kin: Kin) -> Iterator[StandIn]:
    """Yield the readers that stand for the one that is asked about, the nearest first.

    What computes with something else takes other steps in training, however alike it loads.
    """
    computes = backend(asked.environment.packages)
    files = [*kin.same, *(one for group in kin.near for one in group)]
    wanted = asked.weighed()
    here = Evidence(files=files, environment=asked.environment.id, purpose=asked.purpose)
    for one in asked.readers:
        if asked.purpose is Purpose.TRAIN and backend(one.packages) != computes:
            continue
        there = replace(here, environment=one.id)
        both = [file for file in here.tried if one.id in file.cells]
        parted = [file for file in both if _apart(file, here, there)]
        models = len({file.model for file in both})
        if models < ENOUGH or len(parted) > MOST * len(both):
            continue
        if not any(_unexplained(file, here, there, wanted) for file in parted):
            yield StandIn(environment=one, models=models)


def _apart(file: Known, here: Evidence, there: Evidence) -> bool:
    """Say whether what became of a file was of another kind with one of two readers."""
    return _end(file, here) != _end(file, there)


def _end(file: Known, evidence: Evidence) -> tuple[bool, bool]:
    return evidence.outcome(file) in CLEAN, evidence.loads(file)


def _unexplained(file: Known, here: Evidence, there: Evidence, wanted: Weighed) -> bool:
    """Say whether what readers parted over may be what the wanted file has, too."""
    bad = min(here, there, key=lambda one: _end(file, one))
    return bad.suspects(file) <= wanted.all


def says_otherwise(asked: Question, kin: Kin, stand_in: StandIn, cells: Collection[str]) -> bool:
    """Say whether the files that failed with a stand-in ended otherwise with the one asked about.

    ``cells`` names them, with the stand-in. They may have failed there for reasons of their own.
    """
    here, there = asked.environment.id, stand_in.environment.id
    both = (one for one in (*kin.same, *kin.others) if here in one.cells and there in one.cells)
    return any(
        _reason(one, here) != _reason(one, there) for one in both if one.cell(there) in cells
    )


def _reason(file: Known, environment: str) -> str:
    cell = file.cells[environment]
    return cell.cause or cell.signature
