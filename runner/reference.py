"""What the runner knows of reference models: their source, read as text and never imported."""

from __future__ import annotations

import ast
import functools
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from runner.errors import MatrixError
from runner.matrix import Model, Provoked
from runner.workers import PROBES

FAMILIES = PROBES / "models"
TABLES = frozenset({"INPUTS", "WITHHELD", "REGISTERED", "ARGUMENTS"})


@dataclass(frozen=True, kw_only=True)
class Family:
    """One file of probes/models/: functions by name, and its tables of plain data."""

    path: Path
    sha256: str
    sources: dict[str, str]
    docstrings: dict[str, str]
    inputs: dict[str, dict[str, list[object]]]
    withheld: tuple[str, ...]
    registered: tuple[str, ...]
    arguments: dict[str, dict[str, object]]

    def has_own_layers(self, model: str) -> bool:
        """Say whether the model is made with classes that no framework brings."""
        listed = {*self.withheld, *self.registered}
        return model in listed or f"{model}_objects" in self.sources

    def source(self, model: str) -> str:
        """Return the code that builds a model, its own layers first."""
        parts = (self.sources.get(f"{model}_objects"), self.sources[model])
        return "\n\n\n".join(part for part in parts if part)

    def builder(self, model: str) -> str:
        """Name the function that builds what weights are loaded into."""
        return f"{model}_there" if f"{model}_there" in self.sources else model

    def definer(self, model: str) -> str | None:
        """Name the function that defines the loading side's classes; ``None`` if it has none."""
        if model in self.withheld:
            return None
        names = (f"{model}_objects_there", f"{model}_objects")
        return next((name for name in names if name in self.sources), None)

    def source_there(self, model: str) -> str:
        """Return the code of the loading side, where it is not the saving side's; else nothing."""
        names = (f"{model}_objects_there", f"{model}_there")
        parts = [self.sources[name] for name in names if name in self.sources]
        if given := self.arguments.get(model):
            told = "".join(f", {name}={value!r}" for name, value in given.items())
            parts.append(f"# model.load_weights(path{told})")
        return "\n\n\n".join(parts)


@functools.cache
def read_family(name: str, folder: Path = FAMILIES) -> Family:
    """Read a family file; ``MatrixError`` where matrix.yaml names one that is not there."""
    path = folder / f"{name}.py"
    try:
        text = path.read_text(encoding="utf-8")
        tree = ast.parse(text)
    except OSError as error:
        raise MatrixError(f"{path}: no such family of models; matrix.yaml names it") from error
    except SyntaxError as error:
        raise MatrixError(f"{path}:{error.lineno}: {error.msg}") from error
    except ValueError as error:
        raise MatrixError(f"{path}: is not UTF-8 text") from error
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    tables = dict(_tables(path, tree))
    return Family(
        path=path,
        sha256=hashlib.sha256(text.encode()).hexdigest(),
        sources={node.name: ast.get_source_segment(text, node) or "" for node in functions},
        docstrings={node.name: ast.get_docstring(node) or "" for node in functions},
        inputs=tables.get("INPUTS", {}),
        withheld=tuple(tables.get("WITHHELD", ())),
        registered=tuple(tables.get("REGISTERED", ())),
        arguments=tables.get("ARGUMENTS", {}),
    )


def provoked(model: Model, family: Family) -> tuple[Provoked, ...]:
    """Return what loading the model elsewhere puts to the test: as declared, and as seen."""
    seen: tuple[Provoked, ...] = ("custom-layer",) if family.has_own_layers(model.id) else ()
    return tuple(dict.fromkeys((*model.provokes, *seen)))


def _tables(path: Path, tree: ast.Module) -> Iterator[tuple[str, Any]]:
    """Yield the tables of plain data that a family file assigns."""
    for node in tree.body:
        if not isinstance(node, ast.Assign | ast.AnnAssign) or node.value is None:
            continue
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        for target in targets:
            if isinstance(target, ast.Name) and target.id in TABLES:
                try:
                    yield target.id, ast.literal_eval(node.value)
                except ValueError as error:
                    where = f"{path}:{node.lineno}"
                    raise MatrixError(f"{where}: {target.id} must be written out") from error


@functools.cache
def functions(path: Path) -> dict[str, str]:
    """Return the source of every function of a file of the probe's, by name."""
    text = path.read_text(encoding="utf-8")
    return {
        node.name: ast.get_source_segment(text, node) or ""
        for node in ast.parse(text).body
        if isinstance(node, ast.FunctionDef)
    }


def format_sources(format_id: str) -> dict[str, str]:
    """Return the code that saves and loads a format, as ``save_code`` and ``load_code``."""
    found = functions(PROBES / "formats.py")
    name = format_id.replace("-", "_")
    return {"save_code": found[f"save_{name}"], "load_code": found[f"load_{name}"]}


def check_models(models: tuple[Model, ...], folder: Path = FAMILIES) -> None:
    """Raise ``MatrixError``, a line each, for models that no family file defines."""
    problems = []
    for model in models:
        family = read_family(model.family, folder)
        if model.id not in family.sources:
            problems.append(f"{family.path}: has no function {model.id!r}; matrix.yaml names it")
        elif model.id not in family.inputs:
            problems.append(f"{family.path}: INPUTS has no {model.id!r}; say what it is fed")
    if problems:
        raise MatrixError("\n".join(problems))
