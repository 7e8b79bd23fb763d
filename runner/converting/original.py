"""The original: whether it may be loaded at all, and what the version that can read it says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from caniload.runner.converting.launching import Workshop, told
from caniload.runner.converting.power import sight
from caniload.runner.converting.readers import reading
from caniload.runner.converting.rules import read_rules
from caniload.runner.forensics import trusting
from caniload.runner.forensics.facts import Inspection
from caniload.runner.sandbox.machine import code_in
from caniload.runner.sandbox.words import AUTO

SEED = "caniload convert"


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What a person asked for; ``custom`` are files with classes of their own."""

    path: Path
    target: str
    out: Path
    custom: tuple[Path, ...] = ()
    inputs: Path | None = None
    trusted: bool = False
    endpoint: str | None = None
    """The endpoint of a SavedModel that is to be called, if not the usual one."""
    stays: bool = True
    """Whether the result stays where ``out`` says."""
    sandbox: str = AUTO
    """The wall that it is loaded behind, a word of ``sandbox.words.CHOICES``."""

    def readable(self, inspection: Inspection) -> list[Path]:
        """Return the files and folders that loading the original reads."""
        beside = [_weights_beside(self.path, inspection)] if _is_text(inspection) else []
        given = [self.inputs] if self.inputs else []
        code = [path for one in self.custom for path in (one, *code_in(one.absolute().parent))]
        return [self.path, *beside, *given, *code]

    @property
    def custom_paths(self) -> list[str]:
        return [str(path.absolute()) for path in self.custom]


@dataclass(frozen=True, kw_only=True)
class Original:
    """A model as one environment read it; ``facts`` are those of probes/across/extract.py."""

    environment: str
    facts: Mapping[str, Any]

    @property
    def folder(self) -> Path:
        return Path(self.facts["folder"])

    @property
    def arrays(self) -> str:
        return str(self.folder / "arrays.npz")

    @property
    def inputs(self) -> str:
        """The inputs alone, for another environment to be fed the same."""
        return str(self.folder / "inputs.npz")


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """Why nothing is tried; ``trust`` says that a person may overrule it."""

    reason: str
    trust: bool = False


def refusal(found: Inspection, wish: Wish) -> Refusal | None:
    """Return why the file is not to be loaded, or None."""
    if found.problem is not None:
        return Refusal(reason=found.problem)
    if found.format in ("weights-h5", "checkpoint"):
        text = "the file holds weights only; a model to put them into is in no file of this kind"
        return Refusal(reason=text)
    if found.format not in ("h5", "keras", "savedmodel", "json", "yaml"):
        return Refusal(reason=f"a file of the kind {found.format} is no model of Keras")
    if wish.trusted:
        return None
    given = frozenset[str]().union(*map(trusting.names_in, wish.custom))
    why = trusting.reason(found, given)
    if why is None:
        return None
    return Refusal(reason=f"{why}: say --trust if you know where the file comes from", trust=True)


def job_for(wish: Wish, inspection: Inspection) -> dict[str, Any]:
    """Return what every script is told that loads the original."""
    job: dict[str, Any] = {
        "model": str(wish.path.absolute()),
        "format": inspection.format,
        "custom": wish.custom_paths,
        "trusted": wish.trusted,
    }
    if _is_text(inspection):
        job["weights"] = str(_weights_beside(wish.path, inspection))
    return job


def _is_text(inspection: Inspection) -> bool:
    return inspection.format in ("json", "yaml")


def _weights_beside(path: Path, inspection: Inspection) -> Path:
    named = [path.parent / name for name in inspection.files if name != path.name]
    beside = [one for one in named if one.suffix in (".h5", ".hdf5")]
    stem = path.name.split(".")[0]
    return beside[0] if beside else path.with_name(f"{stem}.weights.h5")


def read_original(wish: Wish, inspection: Inspection, workshop: Workshop) -> Original | Refusal:
    """Return the original as the first environment that can read it does."""
    usable = {
        one.id: workshop.is_built(one.id)
        for one in workshop.matrix.environments
        if workshop.usable(one.id)
    }
    chosen = reading(
        inspection,
        workshop.matrix.environments,
        built=usable,
        rules=read_rules(),
        target=wish.target,
        conversion=workshop.matrix.conversion,
    )
    problems = []
    for environment in chosen.environments:
        given = str(wish.inputs.absolute()) if wish.inputs else None
        looking = sight(workshop.matrix.tolerances, half=True)
        job = {**job_for(wish, inspection), "given": given, "seed": SEED, "sight": looking}
        facts = workshop.run("extract", environment, job)
        if facts["error"] is None:
            return Original(environment=environment, facts=facts)
        if facts["phase"] == "inputs":  # no other version would make more of them
            return Refusal(reason=f"--inputs {wish.inputs}: {facts['error']['message']}")
        problems.append(f"{environment}: {told(facts['error'], facts['phase'])}")
    if problems:
        return Refusal(reason=f"no version could read the original; {' | '.join(problems[:4])}")
    because = "; ".join(one.why for one in chosen.because) or "see `caniload env list`"
    return Refusal(reason=f"no environment that reads it as it was meant is to be had: {because}")
