"""A matrix and an environment -> the matrix with it, and its text, all else as it was; pure."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TypeVar

import yaml

from caniload.runner.core.errors import MatrixError
from caniload.runner.matrix.choosing import chosen
from caniload.runner.matrix.joining import place, relative
from caniload.runner.matrix.reading import parse_matrix
from caniload.runner.matrix.schema import Environment, Matrix
from caniload.runner.matrix.where import Choice

Chosen = TypeVar("Chosen", bound=Choice)


def joined(matrix: Matrix, environment: Environment) -> Matrix:
    """Return the matrix with the environment, which is in its default profile.

    Rules take it by themselves. Where they do not, a default profile of named environments names
    it too, and so does a gap that names its relative.
    """
    rows = list(matrix.environments)
    rows.insert(place(environment, rows), environment)
    kin = relative(environment, matrix.environments)
    gaps = tuple(
        _naming(gap, environment, rows) if kin is not None and kin.id in gap.environments else gap
        for gap in matrix.gaps
    )
    default = matrix.profiles.default
    if default.environments:
        default = _naming(default, environment, rows)
    profiles = matrix.profiles.model_copy(update={"default": default})
    return matrix.model_copy(
        update={"environments": tuple(rows), "gaps": gaps, "profiles": profiles}
    )


def _naming(of: Chosen, environment: Environment, rows: Sequence[Environment]) -> Chosen:
    """Return the choice with the environment, by id if no rule of it takes it."""
    if environment.id in chosen(of, rows):
        return of
    return of.model_copy(update={"environments": (*of.environments, environment.id)})


def with_environment(text: str, environment: Environment, *, name: str) -> str:
    """Return the text with the environment's entry, and its id where no rule takes it.

    What comes out is read again: it must be the matrix that was meant, or ``ValueError``.
    """
    matrix = parse_matrix(text, name=name)
    meant = joined(matrix, environment)
    root: yaml.Node = yaml.compose(text, Loader=yaml.SafeLoader)  # type: ignore[assignment]
    edits = [_insertion(text, root, environment, place(environment, matrix.environments))]
    edits += [
        _appended(text, _child(_child(root, "gaps").value[index], "environments"), environment.id)
        for index, (before, after) in enumerate(zip(matrix.gaps, meant.gaps, strict=True))
        if after != before
    ]
    if meant.profiles != matrix.profiles:
        default = _child(_child(root, "profiles"), "default")
        if isinstance(default, yaml.MappingNode):
            default = _child(default, "environments")
        edits.append(_appended(text, default, environment.id))
    for position, addition in sorted(edits, reverse=True):
        text = text[:position] + addition + text[position:]
    try:
        if parse_matrix(text, name=name) == meant:
            return text
    except MatrixError:
        pass  # as when it reads as another matrix
    raise ValueError(f"{name} is laid out so that {environment.id} finds no place in it")


def entry(environment: Environment) -> list[str]:
    """Return the lines of its entry, as those of matrix.yaml are written."""
    lines = [
        f"id: {_plain(environment.id)}",
        f"stack: {_plain(environment.stack)}",
        f"label: {_plain(environment.label)}",
        f'python: "{environment.python}"',
        f"imports: {environment.imports}",
        f"packages: {_flow({name: json.dumps(v) for name, v in environment.packages.items()})}",
    ]
    if environment.twin:
        lines.append(f"twin: {_plain(environment.twin)}")
    if environment.states:
        lines.append(f'states: "{environment.states}"')
    if environment.pins:
        lines.append(f"pins: [{', '.join(map(json.dumps, environment.pins))}]")
    if environment.overrides:
        lines.append(f"overrides: [{', '.join(map(json.dumps, environment.overrides))}]")
    lines.append(f'cutoff: "{environment.cutoff}"')
    if environment.system:
        lines.append(f"system: {json.dumps(environment.system)}")
    if environment.variables:
        shown = {name: _plain(value) for name, value in environment.variables.items()}
        lines.append(f"variables: {_flow(shown)}")
    return [f"{'  ' if number else '- '}{line}" for number, line in enumerate(lines)]


def _flow(values: dict[str, str]) -> str:
    return f"{{{', '.join(f'{_plain(name)}: {value}' for name, value in values.items())}}}"


def _plain(value: str) -> str:
    """Return the scalar bare where YAML reads it back as it is, also inside of braces."""
    try:
        bare = yaml.safe_load(f"{{a: {value}}}") == {"a": value}
    except yaml.YAMLError:
        bare = False
    return value if bare else json.dumps(value)


def _insertion(text: str, root: yaml.Node, environment: Environment, index: int) -> tuple[int, str]:
    """Return where the entry goes: under the one before it, or, first of its stack, above."""
    nodes = _child(root, "environments").value
    before, after = nodes[index - 1 : index], nodes[index : index + 1]
    indent = " " * (nodes[0].start_mark.column - 2)
    block = "".join(f"{indent}{line}\n" for line in entry(environment))
    is_first = [_child(node, "stack").value == environment.stack for node in [*before, *after]]
    if not before or is_first == [False, True]:
        return text.rindex("\n", 0, after[0].start_mark.index) + 1, block
    end = text.find("\n", _end(before[0]))
    return (end + 1, block) if end >= 0 else (len(text), f"\n{block}")


def _end(node: yaml.Node) -> int:
    """Return where its last leaf ends; a block itself ends only where the next thing begins."""
    if isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        if isinstance(last, tuple):
            # An alias is the node of its anchor, which stands further up.
            return max(_end(last[1]), int(last[0].end_mark.index))
        return _end(last)
    return int(node.end_mark.index)


def _appended(text: str, listed: yaml.Node, name: str) -> tuple[int, str]:
    """Return the insertion that puts a name at the end of a list."""
    last = listed.value[-1]
    end = last.end_mark.index
    if isinstance(listed, yaml.CollectionNode) and listed.flow_style:
        return end, f", {_plain(name)}"
    line = text.find("\n", end)
    indent = " " * (last.start_mark.column - 2)
    return (line if line >= 0 else len(text)), f"\n{indent}- {_plain(name)}"


def _child(node: yaml.Node, name: str) -> yaml.Node:
    (found,) = [value for key, value in node.value if key.value == name]
    node_found: yaml.Node = found
    return node_found
