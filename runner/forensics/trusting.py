"""Why a file is not to be loaded by somebody who does not trust it; pure but for reading code."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator
from pathlib import Path

from caniload.runner.forensics.facts import Inspection, Severity
from caniload.runner.forensics.reaching import IMPORTS, OWN, outside

_NOT_SEEN = frozenset({"layers", "many-objects", "many-operations", "compressed-weights"})
"""Kinds of findings that say that the rest was not looked at."""


def reason(found: Inspection, given: Collection[str] = ()) -> str | None:
    """Return what of the file runs, or is reached, when it is loaded; as far as was found.

    ``given`` are names of classes and functions that a person brings along: of these a loader
    imports none. What could not be looked at is no better than what was found.
    """
    for one in found.findings:
        if one.severity is Severity.DANGER and one.kind != IMPORTS:
            return one.text
    for own in found.custom:
        if outside(own.module) and own.module != OWN and own.name not in given:
            return f"it has {own.module} imported for {own.name}; give its code with --custom"
    if found.code:
        where = ", ".join(str(code.where or "its configuration") for code in found.code[:3])
        return f"it holds {found.code[0].kind} in {where}, which loading runs"
    if found.format == "savedmodel":
        return "a SavedModel is a graph of operations, some of which run when it is loaded"
    for one in found.findings:
        if one.severity is Severity.DAMAGE or one.kind in _NOT_SEEN:
            return f"not all of it could be looked at: {one.text}"
    return None


def names_in(file: Path, factory: str | None = None) -> frozenset[str]:
    """Return the names that a loader is given of a Python file, as far as its text shows them.

    Without a factory these are the classes and functions that it defines; a factory returns a
    dict, whose keys stand in it. What cannot be parsed gives none.
    """
    try:
        tree = ast.parse(file.read_bytes())
    except (OSError, SyntaxError, ValueError):
        return frozenset()
    found: set[str] = set()
    for node in tree.body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef):
            if factory is None:
                found.add(node.name)
            elif node.name == factory:
                found |= set(_keys(node))
    return frozenset(found)


def _keys(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Dict):
            for one in node.keys:
                if isinstance(one, ast.Constant) and isinstance(one.value, str):
                    yield one.value
        elif isinstance(node, ast.Call):
            yield from (one.arg for one in node.keywords if one.arg)
