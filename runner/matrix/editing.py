"""The text of a matrix.yaml and an environment -> the text with it, all else as it was; pure."""

from __future__ import annotations

import json
from collections.abc import Iterator

import yaml

from caniload.runner.core.errors import MatrixError
from caniload.runner.matrix.joining import joined, place, relative
from caniload.runner.matrix.reading import parse_matrix
from caniload.runner.matrix.schema import Environment


def with_environment(text: str, environment: Environment, *, name: str) -> str:
    """Return the text with the environment's entry, which joins the gaps of its relative.

    What comes out is read again: it must be the matrix that was meant, or ``ValueError``.
    """
    matrix = parse_matrix(text, name=name)
    root: yaml.Node = yaml.compose(text, Loader=yaml.SafeLoader)  # type: ignore[assignment]
    kin = relative(environment, matrix.environments)
    edits = [_insertion(text, root, environment, place(environment, matrix.environments))]
    if kin is not None:
        edits += _into_gaps(text, root, environment.id, kin.id)
    if matrix.profiles.default.environments:
        default = _child(_child(root, "profiles"), "default")
        if isinstance(default, yaml.MappingNode):
            default = _child(default, "environments")
        edits.append(_appended(text, default, environment.id))
    for position, addition in sorted(edits, reverse=True):
        text = text[:position] + addition + text[position:]
    try:
        if parse_matrix(text, name=name) == joined(matrix, environment):
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
    if environment.pins:
        lines.append(f"pins: [{', '.join(map(json.dumps, environment.pins))}]")
    if environment.overrides:
        lines.append(f"overrides: [{', '.join(map(json.dumps, environment.overrides))}]")
    lines.append(f'cutoff: "{environment.cutoff}"')
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


def _into_gaps(text: str, root: yaml.Node, name: str, kin: str) -> Iterator[tuple[int, str]]:
    """Yield an insertion for each gap that names ``kin``: at the end of its list."""
    if not any(key.value == "gaps" for key, _ in root.value):
        return
    for gap in _child(root, "gaps").value:
        named = _child(gap, "environments")
        if not any(node.value == kin for node in named.value):
            continue
        yield _appended(text, named, name)


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
