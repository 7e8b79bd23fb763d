"""One model under way: which job is next, given what is kept; it starts no process."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from caniload.runner.checking.customs import Custom
from caniload.runner.checking.kept import Kept, Record, Terms, loaded
from caniload.runner.checking.subjects import Subject
from caniload.runner.evidence.known import cut_short
from caniload.runner.matrix.schema import Limits

ALONE = frozenset({"build", "load"})
"""Phases that no reference has a part in: what fails there fails whatever it is compared with."""


@dataclass(frozen=True, kw_only=True)
class Step:
    """A job to run: an environment records the model, or is compared with ``reference``."""

    environment: str
    reference: str | None
    job: Mapping[str, Any]


@dataclass(kw_only=True)
class Case:
    """A subject with the environments asked for, and those that may be its reference in turn.

    ``unusable`` says of an environment why it cannot be run here. ``fingerprints`` are by id.
    """

    subject: Subject
    terms: Terms
    custom: Custom
    inputs: Path | None
    asked: Sequence[str]
    candidates: Sequence[str]
    fingerprints: Mapping[str, str]
    carries: Sequence[str]
    kept: Kept
    limits: Limits
    rerun: bool = False
    unusable: dict[str, str] = field(default_factory=dict)
    faults: dict[str, str] = field(default_factory=dict)
    reference: str | None = None
    done: set[tuple[str, str | None]] = field(default_factory=set)
    """What this very run has measured, so that ``rerun`` ends."""

    def steps(self) -> Iterator[Step]:
        """Yield what can be run now; nothing while the reference is still being looked for.

        Call it again when a step has been delivered, as long as it was to find the reference.
        """
        untried = self.find_reference()
        if untried is not None:
            yield self._step(untried, None)
        if self.reference is None:
            return
        for environment in dict.fromkeys((self.reference, *self.asked)):
            if environment not in self.unusable and self.record(environment) is None:
                yield self._step(environment, self.reference)

    def find_reference(self) -> str | None:
        """Take the first candidate that recorded the model; return the one to be tried before."""
        self.reference = None
        for candidate in self.candidates:
            if candidate in self.unusable or candidate in self.faults:
                continue
            record = self._reference_record(candidate)
            if record is None:
                return candidate
            if loaded(record):
                self.reference = candidate
                break
        return None

    def record(self, environment: str) -> Record | None:
        """Return what is known of the model there: compared, else how it failed by itself."""
        if environment not in self.fingerprints:
            return None
        alone = self._reference_record(environment)
        if alone is not None and _failed_alone(alone):
            return alone
        if self.reference is None:
            return alone
        return self._fresh(
            (environment, self.reference),
            self.kept.comparison(
                self.terms,
                self.fingerprints[environment],
                self.fingerprints[self.reference],
            ),
        )

    def compared_under(self) -> tuple[Terms, ...]:
        """Return the terms under which what it is compared with is kept."""
        return (self.terms,)

    def fed(self) -> Record | None:
        """Return what the reference said of its inputs and training step."""
        return self._reference_record(self.reference) if self.reference else None

    def put(self, step: Step, record: Record) -> None:
        reference = self.fingerprints[step.reference] if step.reference else None
        self.kept.put(self.terms, self.fingerprints[step.environment], reference, record)
        self.done.add((step.environment, step.reference))

    def _reference_record(self, environment: str) -> Record | None:
        if environment not in self.fingerprints:
            return None
        found = self.kept.reference(self.terms, self.fingerprints[environment])
        return self._fresh((environment, None), found)

    def _fresh(self, what: tuple[str, str | None], record: Record | None) -> Record | None:
        """Return the record unless it is to be made again."""
        if record is None or what in self.done:
            return record
        return None if self.rerun or cut_short(record, self.limits) else record

    def _step(self, environment: str, reference: str | None) -> Step:
        subject, said = self.subject, self.subject.inspection
        source = environment if reference is None else reference
        job = {
            "kind": "load",
            "role": "reference" if reference is None else "compare",
            "format": said.format,
            "path": str((subject.prefix or subject.path).absolute()),
            "weights": str(subject.weights.absolute()) if subject.weights else None,
            "custom": self.custom.job(),
            "build": self.custom.build and asdict(self.custom.build),
            "inputs": str(self.inputs.absolute()) if self.inputs else None,
            "stated": [[one.name, one.shape, one.dtype] for one in said.inputs],
            "losses": list(said.loss),
            "iterations": said.optimizer.iterations if said.optimizer else None,
            "frozen": [[one.inside, one.name] for one in said.layers if one.trainable is False],
            "train": "training" in self.carries,
            "expected": str(self.kept.expected(self.terms, self.fingerprints[source])),
        }
        return Step(environment=environment, reference=reference, job=job)


def _failed_alone(record: Record) -> bool:
    if record.get("crash") is not None:
        return record["crash"]["phase"] in ALONE
    error = record["facts"]["error"]
    return error is not None and error["phase"] in ALONE
