"""matrix.yaml -> Matrix: typed, frozen; every problem in it at once, with file, line and path."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import pydantic
import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from runner.errors import MatrixError

Identifier = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9.+_-]*$", max_length=60)]
ModelName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=60)]
PythonVersion = Annotated[str, StringConstraints(pattern=r"^3\.\d+$")]
Version = Annotated[str, StringConstraints(pattern=r"^\d+(\.\d+)*([a-z.+]\w*)*$")]
ProfileName = Literal["quick", "default", "full", "all"]
SelectedBy = Literal[ProfileName, "named"]
"""``named``: environments that a person names, with the models of the default profile."""
FormatName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]*$", max_length=60)]
Damage = Literal["truncated", "bitflipped", "empty"]
Carried = Literal["architecture", "weights", "training"]
Stack = Literal["tf.keras", "keras 2 (multi-backend)", "tf-keras", "keras 3"]
Provoked = Literal["layer-configuration", "custom-layer", "weight-shape"]
Imported = Literal["tensorflow.keras", "keras", "tf_keras"]


class _Node(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Environment(_Node):
    """One Python + one locked package set + environment variables."""

    id: Identifier
    stack: Stack = Field(description="The group of axes this environment belongs to in the report.")
    label: str = Field(description="What the report calls it.", min_length=1, max_length=40)
    python: PythonVersion = Field(description='Minor version of its interpreter, quoted: "3.10".')
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
    system: str | None = Field(
        default=None,
        description="What no Python package brings, and the command that does: said where the "
        "import fails.",
        min_length=10,
    )


class Profile(_Node):
    """A selection of the matrix; what is left out is not thinned."""

    environments: tuple[Identifier, ...] = Field(default=(), description="Empty: all.")
    models: tuple[ModelName, ...] = Field(
        default=(), description="Those of them that are there; empty, or none there: all."
    )
    without: tuple[ModelName, ...] = Field(
        default=(), description="Families and models that are left out, where they are there."
    )
    readers: tuple[Identifier, ...] = Field(
        default=(),
        description="Environments that load every file; the others then load only their own, and "
        "those of their neighbours: the environments before and after them in their stack, and "
        "their twins. Empty: every environment loads every file.",
    )


def _in_full(given: Any) -> Any:
    """Write a plain list out; what a validator has touched is no JSON to pydantic any more."""
    if isinstance(given, list):
        given = {"environments": given}
    if not isinstance(given, dict):
        return given
    return {name: tuple(one) if isinstance(one, list) else one for name, one in given.items()}


Selected = Annotated[
    Profile,
    BeforeValidator(_in_full, json_schema_input_type=Profile | tuple[Identifier, ...]),
]
"""A plain list is one of environments."""


class Profiles(_Node):
    """Named selections, beside `all`, which leaves nothing out. A list names environments."""

    quick: Selected = Field(default=Profile(), description="A few telling environments.")
    default: Selected = Field(default=Profile(), description="What is meant where none is named.")
    full: Selected = Field(default=Profile(), description="Every environment, with less of each.")


class Model(_Node):
    """A reference model: function `id` in probes/models/`family`.py."""

    id: ModelName
    family: ModelName
    formats: tuple[FormatName, ...] = Field(
        default=(), description="The formats it says something about. Empty: all."
    )
    provokes: tuple[Provoked, ...] = Field(
        default=(),
        description="What loading it elsewhere puts to the test: constructor arguments that "
        "changed between versions, layers of one's own, weights of another shape.",
    )


class Format(_Node):
    """A way to put a model on disk: probes/formats/`id`.py."""

    id: FormatName
    label: str
    carries: tuple[Carried, ...] = Field(min_length=1)
    models: tuple[ModelName, ...] = Field(
        default=(), description="The only models that it is tried with. Empty: all."
    )


class Gap(_Node):
    """Files that some environments cannot write, why, and what the framework says when asked."""

    environments: tuple[Identifier, ...] = Field(min_length=1)
    formats: tuple[FormatName, ...] = Field(min_length=1)
    models: tuple[ModelName, ...] = Field(default=(), description="Empty: every model.")
    reason: str = Field(min_length=10)
    says: str = Field(min_length=3, description="Text that the framework's own answer contains.")


class Controls(_Node):
    """The model that must survive everywhere, and how its files are spoilt to prove we notice."""

    model: ModelName
    damage: tuple[Damage, ...]


class Tolerances(_Node):
    """Bounds of "within tolerance"; see matrix.yaml."""

    absolute: float = Field(ge=0)
    relative: float = Field(ge=0)
    training: float = Field(ge=0)


class Limits(_Node):
    """Time in seconds, memory in MiB (resident, summed over a cell's process and its children)."""

    seconds: float = Field(gt=0)
    seconds_floor: float = Field(gt=0)
    history_factor: float = Field(ge=1)
    memory_mb: int = Field(ge=256)
    import_seconds: float = Field(gt=0)
    build_seconds: float = Field(gt=0)


class CatalogueBounds(_Node):
    """Largest shares without an entry in runner/catalogue.yaml that `--strict` lets pass.

    Of the messages that are not known noise, and of the exceptions.
    """

    unmatched_messages: float = Field(default=1.0, ge=0, le=1)
    unmatched_errors: float = Field(default=1.0, ge=0, le=1)


class Matrix(_Node):
    """The whole of matrix.yaml; order in the file is order everywhere."""

    model_config = ConfigDict(title="caniload matrix.yaml")

    schema_version: Literal[1] = Field(alias="schema")
    environments: tuple[Environment, ...] = Field(min_length=1)
    profiles: Profiles = Profiles()
    models: tuple[Model, ...] = Field(min_length=1)
    formats: tuple[Format, ...] = Field(min_length=1)
    gaps: tuple[Gap, ...] = ()
    controls: Controls
    tolerances: Tolerances
    limits: Limits
    catalogue: CatalogueBounds = CatalogueBounds()

    def environment(self, environment_id: str) -> Environment:
        """Return the environment of that id; ``KeyError`` if there is none."""
        return {environment.id: environment for environment in self.environments}[environment_id]

    def profile(self, name: SelectedBy) -> Profile:
        """Return a profile with all its environments and models named."""
        found: Profile = Profile()
        if name == "named":
            found = self.profiles.default.model_copy(update={"environments": (), "readers": ()})
        elif name != "all":
            found = getattr(self.profiles, name)
        environments = found.environments or tuple(one.id for one in self.environments)
        named = [one for one in self.models if one.id in found.models] or self.models
        models = tuple(one.id for one in named if not {one.id, one.family} & {*found.without})
        return found.model_copy(update={"environments": environments, "models": models})

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

    def gap(self, environment_id: str, model_id: str, format_id: str) -> Gap | None:
        """Return the stated reason why that environment cannot write that file, if there is one."""
        for gap in self.gaps:
            if (
                environment_id in gap.environments
                and format_id in gap.formats
                and (not gap.models or model_id in gap.models)
            ):
                return gap
        return None


Location = tuple[str | int, ...]


def read_matrix(path: Path) -> Matrix:
    """Read and check matrix.yaml; ``MatrixError`` names every problem, one line each."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "is not UTF-8 text"
        raise MatrixError(f"{path}: {reason}; give another with --matrix PATH") from error
    return parse_matrix(text, name=str(path))


def parse_matrix(text: str, *, name: str = "matrix.yaml") -> Matrix:
    """Check the text of a matrix.yaml; ``name`` stands in front of every problem."""
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        # Safe: the loader is yaml's SafeLoader, which builds plain data only.
        data = yaml.safe_load(text)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise MatrixError(f"{name}:{line}: not YAML: {error.problem}") from error
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise MatrixError(f"{name}:1: not YAML: {str(error).splitlines()[0]}") from error
    lines = dict(_lines(node))
    problems = [
        *_duplicate_keys(node),
        *_unquoted(data),
        *_repeated_ids(data),
    ]
    told = {location for location, _ in problems}
    matrix: Matrix | None = None
    try:
        # JSON mode: lists become tuples, while types stay strict.
        matrix = Matrix.model_validate_json(json.dumps(data, default=str))
    except pydantic.ValidationError as error:
        problems += [
            (location, _sentence(detail))
            for detail in error.errors(include_url=False)
            if not (detail["type"] == "too_short" and detail["input"])  # what it held is told
            and (location := tuple(part for part in detail["loc"])) not in told
        ]
    if matrix is not None:
        problems += _inconsistencies(matrix)
    if problems:
        raise MatrixError(_say(lines, problems, name))
    if matrix is None:  # pragma: no cover - a failed validation always names a problem
        raise MatrixError(f"{name}:1: cannot be used")
    return matrix


def say_problems(text: str, problems: Sequence[tuple[Location, str]], *, name: str) -> str:
    """Put problems of a matrix.yaml in words, one line each, with its file, line and path."""
    node = yaml.compose(text, Loader=yaml.SafeLoader)
    return _say(dict(_lines(node)), problems, name)


def _say(lines: Mapping[Location, int], problems: Sequence[tuple[Location, str]], name: str) -> str:
    return "\n".join(
        f"{name}:{_line(lines, location)}: {_path(location)}: {message}"
        for location, message in sorted(problems, key=lambda problem: _line(lines, problem[0]))
    )


def schema() -> dict[str, Any]:
    """Return the JSON Schema of matrix.yaml, as published in runner/matrix.schema.json."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **Matrix.model_json_schema(by_alias=True),
    }


def _lines(node: yaml.Node | None, location: Location = ()) -> Iterator[tuple[Location, int]]:
    """Yield the line (from 1) of every value below ``node``; an unknown key has its own line."""
    if node is None:
        return
    yield location, node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            here = (*location, str(key.value))
            yield from _lines(value, here)
            yield here, key.start_mark.line + 1
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            yield from _lines(value, (*location, index))


def _line(lines: Mapping[Location, int], location: Location) -> int:
    """Return the line of a location, or of the nearest thing around it that is written down."""
    while location and location not in lines:
        location = location[:-1]
    return lines.get(location, 1)


def _path(location: Location) -> str:
    text = ""
    for part in location:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else str(part)
    return text or "(the whole file)"


def _duplicate_keys(node: yaml.Node | None, location: Location = ()) -> list[tuple[Location, str]]:
    """Find keys written twice, of which YAML would silently keep the last."""
    found: list[tuple[Location, str]] = []
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            here = (*location, str(key.value))
            if key.value in seen:
                found.append((here, "this key stands here twice; keep one"))
            seen.add(key.value)
            found += _duplicate_keys(value, here)
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            found += _duplicate_keys(value, (*location, index))
    return found


def _unquoted(data: Any) -> list[tuple[Location, str]]:
    """Find versions that YAML has read as numbers or dates because they were not quoted."""
    found: list[tuple[Location, str]] = []
    environments = data.get("environments") if isinstance(data, dict) else None
    for index, environment in enumerate(environments if isinstance(environments, list) else []):
        if not isinstance(environment, dict):
            continue
        versions: dict[Location, Any] = {("python",): environment.get("python")}
        versions[("cutoff",)] = environment.get("cutoff")
        packages = environment.get("packages")
        if isinstance(packages, dict):
            versions |= {("packages", str(key)): value for key, value in packages.items()}
        for path, value in versions.items():
            if value is not None and not isinstance(value, str | list | dict):
                hint = ' (3.10 unquoted is 3.1: write "3.10")' if isinstance(value, float) else ""
                message = f"quote the version; YAML reads it as {value}{hint}"
                found.append((("environments", index, *path), message))
    return found


def _sentence(detail: Any) -> str:
    """Say one validation problem in words."""
    kind, context, value = detail["type"], detail.get("ctx", {}), detail.get("input")
    shown = json.dumps(value, default=str)[:60]
    match kind:
        case "missing":
            return "is missing"
        case "extra_forbidden":
            return "unknown key; see runner/matrix.schema.json for the known ones"
        case "literal_error":
            return f"{shown} is not one of {context['expected']}"
        case "string_pattern_mismatch":
            return f"{shown} does not have the form {context['pattern']}"
        case _:
            return f"{detail['msg'][0].lower()}{detail['msg'][1:]}, not {shown}"


def _inconsistencies(matrix: Matrix) -> list[tuple[Location, str]]:
    """Find what is well-formed but cannot be meant: names of nothing."""
    problems: list[tuple[Location, str]] = []
    environments = {environment.id for environment in matrix.environments}
    models = {model.id for model in matrix.models}
    for index, gap in enumerate(matrix.gaps):
        for place, named, known in (
            ("environments", gap.environments, environments),
            ("models", gap.models, models),
        ):
            problems += [
                (("gaps", index, place, position), f"there is no {place[:-1]} {name!r} above")
                for position, name in enumerate(named)
                if name not in known
            ]
    for name, profile in matrix.profiles:
        for place, kind, known in (
            ("environments", "environment", environments),
            ("readers", "environment", environments),
        ):
            problems += [
                (("profiles", name, place, position), f"there is no {kind} {member!r} above")
                for position, member in enumerate(getattr(profile, place))
                if member not in known
            ]
    formats = {known.id for known in matrix.formats}
    problems += [
        (("models", index, "formats", position), f"there is no format {name!r} below")
        for index, model in enumerate(matrix.models)
        for position, name in enumerate(model.formats)
        if name not in formats
    ]
    problems += [
        (("environments", index, "twin"), problem)
        for index, one in enumerate(matrix.environments)
        if one.twin is not None and (problem := _no_twin(matrix, one, one.twin))
    ]
    problems += [
        (("formats", index, "models", position), f"there is no model {name!r} above")
        for index, known in enumerate(matrix.formats)
        for position, name in enumerate(known.models)
        if name not in models
    ]
    if matrix.controls.model not in models:
        message = f"there is no model {matrix.controls.model!r} above"
        problems.append((("controls", "model"), message))
    problems += [
        (
            ("models", index, "formats"),
            "the control is asked in all formats open to it; leave this",
        )
        for index, model in enumerate(matrix.models)
        if model.id == matrix.controls.model and model.formats
    ]
    return problems


def _no_twin(matrix: Matrix, one: Environment, name: str) -> str:
    """Say why the two do not differ in a companion alone; empty if they may."""
    if name == one.id or name not in {other.id for other in matrix.environments}:
        return f"there is no other environment {name!r}"
    other = matrix.environment(name)
    if other.twin is not None:
        return f"{name!r} is itself a twin, of {other.twin!r}"
    if other.stack != one.stack or _about(other) != _about(one):
        return f"{name!r} is of another stack or has other packages"
    return ""


def _about(environment: Environment) -> dict[str, str]:
    """Return the versions that a row is about; a smaller build of TensorFlow is TensorFlow."""
    packages = environment.packages.items()
    return {name.removesuffix("-cpu"): version for name, version in packages}


def _repeated_ids(data: Any) -> Iterator[tuple[Location, str]]:
    """Find ids given twice; asked of plain data, so that it is told beside other mistakes."""
    for section in ("environments", "models", "formats"):
        entries = data.get(section) if isinstance(data, dict) else None
        first: dict[str, int] = {}
        for index, entry in enumerate(entries if isinstance(entries, list) else []):
            name = entry.get("id") if isinstance(entry, dict) else None
            if not isinstance(name, str):
                continue
            if name in first:
                yield (section, index, "id"), f"{name!r} is the id of {section}[{first[name]}] too"
            first.setdefault(name, index)


SCHEMA_FILE = Path(__file__).with_name("matrix.schema.json")


def main(argv: Sequence[str] | None = None) -> int:
    """Write runner/matrix.schema.json, or with ``--check-schema`` say whether it is up to date."""
    text = json.dumps(schema(), indent=1) + "\n"
    if "--check-schema" in (sys.argv[1:] if argv is None else argv):
        if SCHEMA_FILE.read_text(encoding="utf-8") == text:
            return 0
        print("runner/matrix.schema.json is stale: run `python -m runner.matrix`", file=sys.stderr)
        return 1
    SCHEMA_FILE.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
