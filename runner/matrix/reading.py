"""matrix.yaml read and checked: every problem in it at once, with file, line and path."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pydantic
import yaml

from caniload.runner.core.errors import MatrixError
from caniload.runner.core.shipped import PROBES
from caniload.runner.matrix import choosing
from caniload.runner.matrix.families import in_full
from caniload.runner.matrix.frameworks import plain
from caniload.runner.matrix.schema import Environment, Matrix, MatrixFile
from caniload.runner.matrix.where import Choice

Location = tuple[str | int, ...]


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
    try:
        lines, duplicates, data = _read(text)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise MatrixError(f"{name}:{line}: not YAML: {error.problem}") from error
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise MatrixError(f"{name}:1: not YAML: {str(error).splitlines()[0]}") from error
    problems = [
        *duplicates,
        *_unquoted(data),
        *_repeated_ids(data),
    ]
    told = {location for location, _ in problems}
    matrix: Matrix | None = None
    try:
        # JSON mode: lists become tuples, while types stay strict.
        written = MatrixFile.model_validate_json(json.dumps(data, default=str))
    except pydantic.ValidationError as error:
        problems += [
            (location, _sentence(detail))
            for detail in error.errors(include_url=False)
            if not (detail["type"] == "too_short" and detail["input"])  # what it held is told
            and (location := _written(detail["loc"])) not in told
        ]
    else:
        whole = in_full(written, sources)
        problems += whole.problems
        if not whole.problems:
            matrix = whole.matrix(written)
            wrong = [*_inconsistencies(matrix), *_no_readers(matrix)]
            problems += [(whole.written(at), told) for at, told in wrong]
    if problems:
        raise MatrixError(_say(lines, problems, name))
    if matrix is None:  # pragma: no cover - a failed validation always names a problem
        raise MatrixError(f"{name}:1: cannot be used")
    return matrix


def _read(text: str) -> tuple[dict[Location, int], list[tuple[Location, str]], Any]:
    """Return the lines of all values, the keys written twice, and the values."""
    try:
        return _read_by(getattr(yaml, "CSafeLoader", yaml.SafeLoader), text)
    except yaml.YAMLError:  # which the reader in Python words, the same on every machine
        return _read_by(yaml.SafeLoader, text)


def _read_by(
    reader: type[yaml.SafeLoader], text: str
) -> tuple[dict[Location, int], list[tuple[Location, str]], Any]:
    loader = reader(text)
    try:
        node: yaml.Node | None = loader.get_single_node()
        # First, for to construct a mapping is to change the nodes of one with merge keys.
        lines, duplicates = dict(_lines(node)), _duplicate_keys(node)
        return lines, duplicates, None if node is None else loader.construct_document(node)
    finally:
        loader.dispose()


def _written(location: Sequence[str | int]) -> Location:
    """Leave out the names of alternatives, which stand in <> and in no file."""
    return tuple(part for part in location if not str(part).startswith("<"))


def say_problems(text: str, problems: Sequence[tuple[Location, str]], *, name: str) -> str:
    """Put problems of a matrix.yaml in words, one line each, with its file, line and path."""
    node = yaml.compose(text, Loader=yaml.SafeLoader)
    return _say(dict(_lines(node)), problems, name)


def _say(lines: Mapping[Location, int], problems: Sequence[tuple[Location, str]], name: str) -> str:
    return "\n".join(
        f"{name}:{_line(lines, location)}: {_path(location)}: {message}"
        for location, message in sorted(problems, key=lambda problem: _line(lines, problem[0]))
    )


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


def _sentence(detail: Any) -> str:
    """Say one validation problem in words."""
    kind, context, value = detail["type"], detail.get("ctx", {}), detail.get("input")
    shown = json.dumps(value, default=str)[:60]
    match kind:
        case "missing":
            return "is missing"
        case "extra_forbidden":
            return "unknown key; see runner/matrix/matrix.schema.json for the known ones"
        case "of_none" | "same_python" | "twin_of_pythons":
            return str(detail["msg"])
        case "literal_error":
            return f"{shown} is not one of {context['expected']}"
        case "string_pattern_mismatch":
            return f"{shown} does not have the form {context['pattern']}"
        case _:
            return f"{detail['msg'][0].lower()}{detail['msg'][1:]}, not {shown}"


def _inconsistencies(matrix: Matrix) -> list[tuple[Location, str]]:
    """Find what is well-formed but cannot be meant: names of nothing."""
    rows = matrix.environments
    models = {model.id for model in matrix.models}
    choices: list[tuple[Location, Choice]] = [
        *((("gaps", index), gap) for index, gap in enumerate(matrix.gaps)),
        *((("profiles", name), profile) for name, profile in matrix.profiles),
        *((("profiles", name, "readers"), profile.readers) for name, profile in matrix.profiles),
    ]
    problems: list[tuple[Location, str]] = [
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


def _no_readers(matrix: Matrix) -> Iterator[tuple[Location, str]]:
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
