"""Why a file is not to be loaded by somebody who does not trust it; pure but for reading code."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable
from pathlib import Path

from caniload.runner.forensics.facts import Inspection, Severity
from caniload.runner.forensics.reaching import IMPORTS, reached


def reason(found: Inspection, given: Collection[str] = ()) -> str | None:
    """Return what of the file runs, or is reached, when it is loaded; as far as was found.

    ``given`` are names of classes and functions that a person brings along: of these a loader
    imports none.
    """
    for one in found.findings:
        if one.severity is Severity.DANGER and one.kind != IMPORTS:
            return one.text
    for own in found.custom:
        if own.name not in given and reached(own.module):
            return f"it has {own.module} imported for {own.name}; give its code with --custom"
    if found.code:
        where = ", ".join(str(code.where or "its configuration") for code in found.code[:3])
        return f"it holds {found.code[0].kind} in {where}, which loading runs"
    if found.format == "savedmodel":
        return "a SavedModel is a graph of operations, some of which run when it is loaded"
    return None


def names_in(files: Iterable[Path]) -> frozenset[str]:
    """Return all names that Python files define or mention, texts included.

    A function that returns a dict of classes names them in texts. What cannot be parsed has none.
    """
    found: set[str] = set()
    for file in files:
        try:
            tree = ast.parse(file.read_bytes())
        except (OSError, SyntaxError, ValueError):
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef | ast.FunctionDef):
                found.add(node.name)
            elif isinstance(node, ast.Name):
                found.add(node.id)
            elif isinstance(node, ast.alias):
                found.add(node.asname or node.name)
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.add(node.value)
    return frozenset(found)
