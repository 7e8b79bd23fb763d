"""matrix.yaml -> Matrix: typed, frozen; every class of it, and its JSON Schema from them."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    StringConstraints,
    Tag,
    ValidationInfo,
    model_validator,
)
from pydantic_core import PydanticCustomError

from caniload.runner.core.precision import HalfPrecision
from caniload.runner.matrix.stacks import Imported, Stack
from caniload.runner.matrix.where import Choice, Chosen, Identifier, in_full
from caniload.runner.matrix.where import Node as _Node

ModelName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=60)]
PythonVersion = Annotated[str, StringConstraints(pattern=r"^3\.\d+$")]
Version = Annotated[str, StringConstraints(pattern=r"^\d+(\.\d+)*([a-z.+]\w*)*$")]
FormatName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]*$", max_length=60)]
Damage = Literal["truncated", "bitflipped", "empty"]
Carried = Literal["architecture", "weights", "training"]
SETTLED = "settled"
"""Key of a validation's context: environments are on the Python that this machine has."""
Provoked = Literal["layer-configuration", "custom-layer", "weight-shape"]


class Environment(_Node):
    """One Python + one locked package set + environment variables."""

    id: Identifier
    stack: Stack = Field(description="The group of axes this environment belongs to in the report.")
    label: str = Field(description="What the report calls it.", min_length=1, max_length=40)
    python: PythonVersion = Field(description='Minor version of its interpreter, quoted: "3.10".')
    pythons: tuple[PythonVersion, ...] = Field(
        default=(),
        description="Further ones that it runs on where this machine has no `python`, the best "
        "first; each has a lock of its own.",
    )
    imports: Imported = Field(description="The module a person imports as keras there.")
    packages: Mapping[str, Version] = Field(
        description="Exact versions that the row is about, quoted.", min_length=1
    )
    pins: tuple[str, ...] = Field(
        default=(), description="Further requirements for the resolver, such as numpy<1.19."
    )
    overrides: tuple[str, ...] = Field(
        default=(),
        description="Requirements in place of what the packages themselves ask for.",
    )
    cutoff: Annotated[str, StringConstraints(pattern=r"^\d{4}-\d{2}-\d{2}$")] = Field(
        description="The resolver sees no release uploaded after this day."
    )
    variables: Mapping[str, str] = Field(
        default_factory=dict, description="Environment variables set for every process in it."
    )
    twin: Identifier | None = Field(
        default=None,
        description="The environment it differs from in one companion alone: where their cells "
        "part, the companion is to blame.",
    )
    states: Annotated[str, StringConstraints(pattern=r"^\d+(\.\d+)+(-tf)?$")] | None = Field(
        default=None,
        description="What its files state as keras_version, where no package named keras or "
        "tf-keras says it.",
    )
    system: str | None = Field(
        default=None,
        description="What no Python package brings, and the command that does: said where the "
        "import fails.",
        min_length=10,
    )

    @model_validator(mode="after")
    def _of_different_pythons(self, info: ValidationInfo) -> Environment:
        settled = (info.context or {}).get(SETTLED, False)  # on one of its other Pythons
        if not settled and len({self.python, *self.pythons}) <= len(self.pythons):
            raise PydanticCustomError("same_python", "`python` and `pythons` name each one once")
        if self.pythons and self.twin is not None:
            raise PydanticCustomError(
                "twin_of_pythons", "a twin differs in one companion alone: give it no `pythons`"
            )
        return self

    @property
    def variants(self) -> tuple[Environment, ...]:
        """Itself on each of its Pythons, the best first."""
        return (self, *map(self.on, self.pythons))

    def on(self, python: str) -> Environment:
        """Return the same on another of its Pythons, which then is its ``python``."""
        return self.model_copy(update={"python": python})

    @property
    def falls_back(self) -> bool:
        """Whether it is on another Python than its first."""
        return self.python in self.pythons


class Profile(Choice):
    """A selection of the matrix; without an environment or a rule it is of all of them.

    What is left out is not thinned.
    """

    models: tuple[ModelName, ...] = Field(
        default=(), description="The only models of it. Empty: all."
    )
    without: tuple[ModelName, ...] = Field(
        default=(), description="Families and models that are left out."
    )
    formats: tuple[FormatName, ...] = Field(
        default=(), description="The only formats of it. Empty: all."
    )
    readers: Chosen = Field(
        default=Choice(),
        description="Environments that load every file; the others then load only their own, and "
        "those of their neighbours: the environments before and after them in their stack, and "
        "their twins. Empty: every environment loads every file.",
    )


Selected = Annotated[
    Profile,
    BeforeValidator(in_full, json_schema_input_type=Profile | tuple[Identifier, ...]),
]
"""A plain list is one of environments."""


class Profiles(_Node):
    """Named selections, beside `all`, which leaves nothing out. A list names environments."""

    quick: Selected = Field(default=Profile(), description="A few telling environments.")
    default: Selected = Field(default=Profile(), description="What is meant where none is named.")
    full: Selected = Field(default=Profile(), description="Every environment, with less of each.")
    published: Selected = Field(
        default=Profile(), description="What is measured for the evidence that comes with caniload."
    )


class AboutModels(_Node):
    """What is said of reference models: of one, or of all of a family."""

    formats: tuple[FormatName, ...] = Field(
        default=(), description="The formats it says something about. Empty: all."
    )
    precision: HalfPrecision | None = Field(
        default=None, description="It computes with half the digits; its weights may be whole."
    )
    provokes: tuple[Provoked, ...] = Field(
        default=(),
        description="What loading it elsewhere puts to the test: constructor arguments that "
        "changed between versions, layers of one's own, weights of another shape.",
    )


class Model(AboutModels):
    """A reference model: function `id` in probes/models/`family`.py."""

    id: ModelName
    family: ModelName


class FamilyOfModels(AboutModels):
    """The models of probes/models/`family`.py that have no row of their own, in its order.

    A function there is a model if INPUTS says what it is fed.
    """

    family: ModelName
    but: Mapping[ModelName, AboutModels] = Field(
        default={}, description="What is said of some of its models instead, field by field."
    )


class Format(_Node):
    """A way to put a model on disk: probes/formats/`id`.py."""

    id: FormatName
    label: str
    carries: tuple[Carried, ...] = Field(min_length=1)
    models: tuple[ModelName, ...] = Field(
        default=(), description="The only models that it is tried with. Empty: all."
    )


class OtherFormats(_Node):
    """The formats that have no row: files of probes/formats/ with LABEL and CARRIES, by name.

    MODELS, where a file has it, names the only models that it is tried with.
    """

    others: Literal[True]


class Gap(Choice):
    """Files that some environments cannot write, why, and what the framework says when asked."""

    formats: tuple[FormatName, ...] = Field(min_length=1)
    models: tuple[ModelName, ...] = Field(default=(), description="Empty: every model.")
    reason: str = Field(min_length=10)
    says: str = Field(min_length=3, description="Text that the framework's own answer contains.")

    @model_validator(mode="after")
    def _of_some_environments(self) -> Gap:
        if self.empty:
            raise PydanticCustomError("of_none", "say of which `environments`, or `where`")
        return self


class ConversionReaders(_Node):
    """Who reads a person's file before it is brought across; what is left out is not tried."""

    bridge: Identifier | None = Field(
        default=None, description="It reads what its predecessors wrote, and saves it anew."
    )
    unrolling: Identifier | None = Field(
        default=None,
        description="It keeps the operations of a Lambda layer of multi-backend Keras.",
    )
    multi_backend: tuple[Identifier, ...] = Field(
        default=(), description="They read files of multi-backend Keras, in this order."
    )
    oldest: tuple[Identifier, ...] = Field(
        default=(),
        description="They are asked last for files from before tf.keras was numbered as its "
        "TensorFlow, and for those that state nothing.",
    )


class Controls(_Node):
    """The model that must survive everywhere, and how its files are spoilt to prove we notice."""

    model: ModelName
    damage: tuple[Damage, ...]


class Tolerances(_Node):
    """Bounds of "within tolerance"; see matrix.yaml."""

    absolute: float = Field(ge=0)
    relative: float = Field(ge=0)
    training: float = Field(ge=0)
    half: Mapping[HalfPrecision, float] = Field(
        default={}, description="`relative` for what models compute with half the digits."
    )

    def named(self) -> dict[str, float]:
        """Return every bound by its name, for people."""
        usual = self.model_dump(exclude={"half"})
        return usual | {f"relative, {name}": value for name, value in self.half.items()}

    def of_outputs(self, precision: HalfPrecision | None) -> Tolerances:
        """Return the bounds for outputs and losses of a model that computes in such numbers."""
        wider = self.half.get(precision, 0.0) if precision else 0.0
        return self.model_copy(update={"relative": max(self.relative, wider)})


class Limits(_Node):
    """Time in seconds, memory in MiB (resident, summed over a cell's process and its children)."""

    seconds: float = Field(gt=0)
    seconds_floor: float = Field(gt=0)
    history_factor: float = Field(ge=1)
    memory_mb: int = Field(ge=256)
    import_seconds: float = Field(gt=0)
    build_seconds: float = Field(gt=0)


class CatalogueBounds(_Node):
    """Largest shares without an entry in runner/judging/catalogue.yaml that `--strict` lets pass.

    Of the messages that are not known noise, and of the exceptions.
    """

    unmatched_messages: float = Field(default=1.0, ge=0, le=1)
    unmatched_errors: float = Field(default=1.0, ge=0, le=1)


def _is_family(given: Any) -> str:
    """Name the alternative; a name in <> is no part of the place that a problem is told with."""
    return (
        "<family>"
        if isinstance(given, dict) and {*given} & {"id", "family"} == {"family"}
        else "<model>"
    )


def _is_others(given: Any) -> str:
    return "<others>" if isinstance(given, dict) and "others" in given else "<format>"


class MatrixFile(_Node):
    """The whole of matrix.yaml as it is written; order in the file is order everywhere."""

    model_config = ConfigDict(title="caniload matrix.yaml")

    schema_version: Literal[1] = Field(alias="schema")
    environments: tuple[Environment, ...] = Field(min_length=1)
    profiles: Profiles = Profiles()
    models: tuple[
        Annotated[
            Annotated[Model, Tag("<model>")] | Annotated[FamilyOfModels, Tag("<family>")],
            Discriminator(_is_family),
        ],
        ...,
    ] = Field(min_length=1)
    formats: tuple[
        Annotated[
            Annotated[Format, Tag("<format>")] | Annotated[OtherFormats, Tag("<others>")],
            Discriminator(_is_others),
        ],
        ...,
    ] = Field(min_length=1)
    gaps: tuple[Gap, ...] = ()
    conversion: ConversionReaders = ConversionReaders()
    controls: Controls
    tolerances: Tolerances
    limits: Limits
    catalogue: CatalogueBounds = CatalogueBounds()


class Matrix(MatrixFile):
    """matrix.yaml with every model and every format written out."""

    models: tuple[Model, ...] = Field(min_length=1)
    formats: tuple[Format, ...] = Field(min_length=1)

    def environment(self, environment_id: str) -> Environment:
        """Return the environment of that id; ``KeyError`` if there is none."""
        return {environment.id: environment for environment in self.environments}[environment_id]

    def formats_of(self, model_id: str) -> tuple[str, ...]:
        """Return the ids of the formats that a model is saved in."""
        wanted = {model.id: model.formats for model in self.models}[model_id]
        return tuple(
            known.id
            for known in self.formats
            if (not wanted or known.id in wanted) and (not known.models or model_id in known.models)
        )

    def format(self, format_id: str) -> Format:
        """Return the format of that id; ``KeyError`` if there is none."""
        return {known.id: known for known in self.formats}[format_id]


SCHEMA_FILE = Path(__file__).with_name("matrix.schema.json")


def schema() -> dict[str, Any]:
    """Return the JSON Schema of matrix.yaml, as published in runner/matrix/matrix.schema.json."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **MatrixFile.model_json_schema(by_alias=True),
    }


def main(argv: Sequence[str] | None = None) -> int:
    """Write matrix.schema.json, or with ``--check-schema`` say whether it is up to date."""
    text = json.dumps(schema(), indent=1) + "\n"
    if "--check-schema" in (sys.argv[1:] if argv is None else argv):
        if SCHEMA_FILE.read_text(encoding="utf-8") == text:
            return 0
        print(
            f"{SCHEMA_FILE.name} is stale: run `python -m caniload.runner.matrix.schema`",
            file=sys.stderr,
        )
        return 1
    SCHEMA_FILE.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
