"""matrix.yaml read and checked: every problem in it at once, with file, line and path."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pydantic

from caniload.runner.core.errors import MatrixError
from caniload.runner.core.shipped import PROBES
from caniload.runner.matrix import choosing
from caniload.runner.matrix.families import in_full
from caniload.runner.matrix.frameworks import plain
from caniload.runner.matrix.places import (
    Location,
    Problem,
    as_json,
    read_yaml,
    repeated_ids,
    say_problems,
    sentence,
    written,
)
from caniload.runner.matrix.schema import Environment, Matrix, MatrixFile
from caniload.runner.matrix.where import Choice

KNOWN = "runner/matrix/matrix.schema.json"


def read_matrix(path: Path) -> Matrix:
    """Read and check matrix.yaml; ``MatrixError`` names every problem, one line each."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "is not UTF-8 text"
        raise MatrixError(f"{path}: {reason}; give another with --matrix PATH") from error
    return parse_matrix(text, name=str(path))


def parse_matrix(text: str, *, name: str = "matrix.yaml", sources: Path = PROBES) -> Matrix:
    """Check the text of a matrix.yaml; ``name`` stands in front of every problem.

    Files are read only where it names a family of models or the formats of files: in ``sources``.
    """
    duplicates, data = read_yaml(text, name)
    problems = [
        *duplicates,
        *_unquoted(data),
        *repeated_ids(data, ("environments", "models", "formats")),
    ]
    told = {location for location, _ in problems}
    matrix: Matrix | None = None
    try:
        asked = MatrixFile.model_validate_json(as_json(data))
    except pydantic.ValidationError as error:
        problems += [
            (location, sentence(detail, KNOWN))
            for detail in error.errors(include_url=False)
            if not (detail["type"] == "too_short" and detail["input"])  # what it held is told
            and (location := written(detail["loc"])) not in told
        ]
    else:
        whole = in_full(asked, sources)
        problems += whole.problems
        if not whole.problems:
            matrix = whole.matrix(asked)
            wrong = [*_inconsistencies(matrix), *_no_readers(matrix)]
            problems += [(whole.written(at), told) for at, told in wrong]
    if problems:
        raise MatrixError(say_problems(text, problems, name=name))
    if matrix is None:  # pragma: no cover - a failed validation always names a problem
        raise MatrixError(f"{name}:1: cannot be used")
    return matrix


def _unquoted(data: Any) -> list[Problem]:
    """Find versions that YAML has read as numbers or dates because they were not quoted."""
    found: list[Problem] = []
    environments = data.get("environments") if isinstance(data, dict) else None
    for index, environment in enumerate(environments if isinstance(environments, list) else []):
        if not isinstance(environment, dict):
            continue
        versions: dict[Location, Any] = {("python",): environment.get("python")}
        versions[("cutoff",)] = environment.get("cutoff")
        versions[("states",)] = environment.get("states")
        further = environment.get("pythons")
        if isinstance(further, list):
            versions |= {("pythons", place): value for place, value in enumerate(further)}
        packages = environment.get("packages")
        if isinstance(packages, dict):
            versions |= {("packages", str(key)): value for key, value in packages.items()}
        for path, value in versions.items():
            if value is not None and not isinstance(value, str | list | dict):
                hint = ' (3.10 unquoted is 3.1: write "3.10")' if isinstance(value, float) else ""
                message = f"quote the version; YAML reads it as {value}{hint}"
                found.append((("environments", index, *path), message))
    return found


def _inconsistencies(matrix: Matrix) -> list[Problem]:
    """Find what is well-formed but cannot be meant: names of nothing."""
    rows = matrix.environments
    models = {model.id for model in matrix.models}
    choices: list[tuple[Location, Choice]] = [
        *((("gaps", index), gap) for index, gap in enumerate(matrix.gaps)),
        *((("profiles", name), profile) for name, profile in matrix.profiles),
        *((("profiles", name, "readers"), profile.readers) for name, profile in matrix.profiles),
    ]
    problems: list[Problem] = [
        ((*place, *inside), message)
        for place, choice in choices
        for inside, message in choosing.problems(choice, rows)
    ]
    problems += [
        (("gaps", index, "models", position), f"there is no model {name!r} above")
        for index, gap in enumerate(matrix.gaps)
        for position, name in enumerate(gap.models)
        if name not in models
    ]
    problems += _no_models(matrix, models)
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


def _no_models(matrix: Matrix, models: set[str]) -> Iterator[Problem]:
    """Find models and families of profiles that there are not."""
    families = {model.family for model in matrix.models}
    for name, profile in matrix.profiles:
        for position, one in enumerate(profile.models):
            if one not in models:
                hint = "; that is a family: name its models" if one in families else ""
                yield (
                    ("profiles", name, "models", position),
                    f"there is no model {one!r} below{hint}",
                )
        for position, one in enumerate(profile.without):
            if one not in models | families:
                yield (
                    ("profiles", name, "without", position),
                    f"there is no family and no model {one!r} below",
                )


def _no_readers(matrix: Matrix) -> Iterator[Problem]:
    """Find environments of `conversion` that there are not."""
    known = {environment.id for environment in matrix.environments}
    for place, given in matrix.conversion:
        if isinstance(given, str) and given not in known:
            yield ("conversion", place), f"there is no environment {given!r} above"
        for position, name in enumerate(given if isinstance(given, tuple) else ()):
            if name not in known:
                yield ("conversion", place, position), f"there is no environment {name!r} above"


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
    return {plain(name): version for name, version in packages}
