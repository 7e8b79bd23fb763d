"""The original: whether it may be loaded at all, and what the version that can read it says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from caniload.runner.checking.customs import Source
from caniload.runner.checking.subjects import FILLING
from caniload.runner.converting.applying import Change
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
    build: Source | None = None
    """The function that returns the model which weights alone are put into."""
    packages: tuple[str, ...] = ()
    """Requirements of the person's code, which environments get laid over them."""
    written_by: str | None = None
    """The backend that wrote the weights, where their file does not say."""
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
        if inspection.format in FILLING:
            beside += [_folder(self.path) / name for name in inspection.files]
        given = [self.inputs] if self.inputs else []
        code = [path for one in self.custom for path in (one, *code_in(one.absolute().parent))]
        if self.build is not None:
            code += [*([Path(self.build.file)] if self.build.file else [])]
            code += code_in(Path(self.build.search))
        return [self.path, *beside, *given, *code]

    @property
    def code(self) -> dict[str, Any] | None:
        """Where the function is, as probes/own/custom.py takes it."""
        return asdict(self.build) if self.build is not None else None

    @property
    def custom_paths(self) -> list[str]:
        return [str(path.absolute()) for path in self.custom]


@dataclass(frozen=True, kw_only=True)
class Original:
    """A model as one environment read it; ``facts`` are those of probes/across/extract.py."""

    environment: str
    facts: Mapping[str, Any]
    changes: tuple[Change, ...] = ()
    """What was done to it before it was read so."""

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
    if unfit := found.problem or _unfit(found, wish):
        return Refusal(reason=unfit)
    if wish.trusted:
        return None
    given = frozenset[str]().union(*map(trusting.names_in, wish.custom))
    why = trusting.reason(found, given)
    if why is None:
        return None
    return Refusal(reason=f"{why}: say --trust if you know where the file comes from", trust=True)


def _unfit(found: Inspection, wish: Wish) -> str:
    """Return what the file lacks of a whole model; empty if nothing."""
    if found.format in FILLING and wish.build is not None:
        return ""
    if found.format in FILLING:
        return (
            "the file holds weights only: name the function that builds their model, --build"
            " FILE.py:FUNCTION"
        )
    if found.format not in ("h5", "keras", "savedmodel", "json", "yaml"):
        return f"a file of the kind {found.format} is no model of Keras"
    if _is_text(found) and not (weights := _weights_beside(wish.path, found)).is_file():
        return (
            "the file describes a model and has no weights; they have to lie beside it, as"
            f" {weights.name}"
        )
    return ""


def job_for(wish: Wish, inspection: Inspection) -> dict[str, Any]:
    """Return what every script is told that loads the original."""
    job: dict[str, Any] = {
        "model": str(wish.path.absolute()),
        "format": inspection.format,
        "custom": wish.custom_paths,
        "trusted": wish.trusted,
        "named": {
            f"{one.package}>{one.name}": one.name for one in inspection.custom if one.package
        },
    }
    if wish.build is not None:
        job["code"] = wish.code
    if inspection.format in FILLING:
        job.update(build=wish.code, backend=wish.written_by, layout=_layout(inspection))
        listed = [one for one in inspection.files if one.endswith((".index", ".weights.json"))]
        path = _folder(wish.path) / listed[0] if listed else wish.path
        job["model"] = str((path.with_suffix("") if path.suffix == ".index" else path).absolute())
    if _is_text(inspection):
        job["weights"] = str(_weights_beside(wish.path, inspection))
    return job


def _folder(path: Path) -> Path:
    return path if path.is_dir() else path.parent


def _layout(inspection: Inspection) -> str:
    """Return how the arrays lie in a file of weights, in a word of probes/across/filling.py."""
    variant = inspection.variant or ""
    if inspection.format == "checkpoint":
        return "names" if variant == "by names" else "checkpoint"
    if variant == "layers by name":
        return "layers"
    return "shards" if variant.endswith("shards") else "objects"


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
    stated = inspection
    if wish.written_by is not None:
        origin = replace(inspection.origin, backend=wish.written_by)
        stated = replace(inspection, origin=origin)
    chosen = reading(
        stated,
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
    if chosen.only_itself:
        origin = inspection.origin
        text = (
            f"the file is of {origin.keras_version or origin.tensorflow_version}, and only"
            f" {wish.target} could read it here: compared with itself, it would prove nothing."
            " Have the version that saved it, or one between, in matrix.yaml; `caniload env list`"
            " says which can be used here"
        )
        return Refusal(reason=text)
    because = "; ".join(one.why for one in chosen.because) or "see `caniload env list`"
    return Refusal(reason=f"no environment that reads it as it was meant is to be had: {because}")
