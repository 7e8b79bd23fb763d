"""YAML read, and problems of what it says told with file, line and path."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import yaml

from caniload.runner.core.errors import MatrixError

Location = tuple[str | int, ...]
Problem = tuple[Location, str]


def read_yaml(text: str, name: str) -> tuple[list[Problem], Any]:
    """Return the keys that are written twice, and the values.

    ``MatrixError``: it is no YAML; one line.
    """
    try:
        return _read(text)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise MatrixError(f"{name}:{line}: not YAML: {error.problem}") from error
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise MatrixError(f"{name}:1: not YAML: {str(error).splitlines()[0]}") from error


def _read(text: str) -> tuple[list[Problem], Any]:
    try:
        return _read_by(getattr(yaml, "CSafeLoader", yaml.SafeLoader), text)
    except yaml.YAMLError:  # which the reader in Python words, the same on every machine
        return _read_by(yaml.SafeLoader, text)


def _read_by(reader: type[yaml.SafeLoader], text: str) -> tuple[list[Problem], Any]:
    loader = reader(text)
    try:
        node: yaml.Node | None = loader.get_single_node()
        # First, for to construct a mapping is to change the nodes of one with merge keys.
        duplicates = _duplicate_keys(node)
        return duplicates, None if node is None else loader.construct_document(node)
    finally:
        loader.dispose()


def as_json(data: Any) -> str:
    """Write values for pydantic's JSON mode: lists become tuples there, while types stay strict."""
    return json.dumps(_by_text(data), default=str)


def _by_text(data: Any) -> Any:
    """Write keys as text, such as a date, which JSON has not."""
    if isinstance(data, dict):
        return {str(name): _by_text(one) for name, one in data.items()}
    return [_by_text(one) for one in data] if isinstance(data, list) else data


def say_problems(text: str, problems: Sequence[Problem], *, name: str) -> str:
    """Put problems of a YAML file in words, one line each, with its file, line and path.

    Lines are looked for only here: who makes no mistake does not wait for them.
    """
    lines = dict(_lines(yaml.compose(text, Loader=yaml.SafeLoader)))
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


def _duplicate_keys(node: yaml.Node | None, location: Location = ()) -> list[Problem]:
    """Find keys written twice, of which YAML would silently keep the last."""
    found: list[Problem] = []
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


def written(location: Sequence[str | int]) -> Location:
    """Leave out the names of alternatives, which stand in <> and in no file."""
    return tuple(part for part in location if not str(part).startswith("<"))


WHOLE = frozenset({"no_action", "of_none", "same_python", "twin_of_pythons"})
"""Kinds of our own validators whose message is a whole sentence."""


def sentence(detail: Any, known: str) -> str:
    """Say one validation problem in words; ``known`` says where the known keys are told."""
    kind, context, value = detail["type"], detail.get("ctx", {}), detail.get("input")
    shown = json.dumps(value, default=str)[:60]
    match kind:
        case "missing":
            return "is missing"
        case "extra_forbidden":
            return f"unknown key; see {known} for the known ones"
        case _ if kind in WHOLE:
            return str(detail["msg"])
        case "literal_error":
            return f"{shown} is not one of {context['expected']}"
        case "string_pattern_mismatch":
            return f"{shown} does not have the form {context['pattern']}"
        case _:
            return f"{detail['msg'][0].lower()}{detail['msg'][1:]}, not {shown}"


def repeated_ids(data: Any, sections: Sequence[str]) -> Iterator[Problem]:
    """Find ids given twice; asked of plain data, so that it is told beside other mistakes."""
    for section in sections:
        entries = data.get(section) if isinstance(data, dict) else None
        first: dict[str, int] = {}
        for index, entry in enumerate(entries if isinstance(entries, list) else []):
            name = entry.get("id") if isinstance(entry, dict) else None
            if not isinstance(name, str):
                continue
            if name in first:
                yield (section, index, "id"), f"{name!r} is the id of {section}[{first[name]}] too"
            first.setdefault(name, index)
