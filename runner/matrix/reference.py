"""What the runner knows of reference models: their source, read as text and never imported."""

from __future__ import annotations

import ast
import functools
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from caniload.runner.core.errors import MatrixError
from caniload.runner.core.shipped import PROBES
from caniload.runner.matrix.schema import Format, Model, Provoked

FAMILIES = PROBES / "models"
FORMATS = PROBES / "formats"
TABLES = frozenset({"INPUTS", "WITHHELD", "REGISTERED", "ARGUMENTS", "SAVE_ARGUMENTS"})
NAMES = frozenset({"WITHHELD", "REGISTERED"})
"""Those of them that are lists of models; the others say something of each."""
STATED = frozenset({"LABEL", "CARRIES", "MODELS"})
"""What a format's file says of the format to people and to the matrix, and no code reads."""


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
    save_arguments: dict[str, dict[str, object]]

    @property
    def models(self) -> tuple[str, ...]:
        """Its reference models, in order: functions of which it says what they are fed."""
        return tuple(name for name in self.sources if name in self.inputs)

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
        for what, table in (("saved", self.save_arguments), ("loaded", self.arguments)):
            if told := keywords(table.get(model, {})):
                parts.append(f"# {what} with {told.removeprefix(', ')}")
        return "\n\n\n".join(parts)


def keywords(given: Mapping[str, object]) -> str:
    """Write keyword arguments out, each after a comma."""
    return "".join(f", {name}={value!r}" for name, value in given.items())


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
        sources=_sources(text, functions),
        docstrings={node.name: ast.get_docstring(node) or "" for node in functions},
        inputs=tables.get("INPUTS", {}),
        withheld=tuple(tables.get("WITHHELD", ())),
        registered=tuple(tables.get("REGISTERED", ())),
        arguments=tables.get("ARGUMENTS", {}),
        save_arguments=tables.get("SAVE_ARGUMENTS", {}),
    )


def _sources(text: str, functions: Sequence[ast.FunctionDef]) -> dict[str, str]:
    """Return the text of each function by its name, as ast.get_source_segment does.

    That one takes the whole file apart for each of them.
    """
    lines = text.split("\n")
    found = {}
    for node in functions:
        whole = lines[node.lineno - 1 : node.end_lineno]
        whole[-1] = whole[-1].encode()[: node.end_col_offset].decode()  # there may be a comment
        found[node.name] = "\n".join(whole)
    return found


def provoked(model: Model, family: Family) -> tuple[Provoked, ...]:
    """Return what loading the model elsewhere puts to the test: as declared, and as seen."""
    seen: tuple[Provoked, ...] = ("custom-layer",) if family.has_own_layers(model.id) else ()
    return tuple(dict.fromkeys((*model.provokes, *seen)))


def _tables(
    path: Path, tree: ast.Module, names: frozenset[str] = TABLES
) -> Iterator[tuple[str, Any]]:
    """Yield the plain data that a file of the probe's assigns to those names."""
    for node in tree.body:
        if not isinstance(node, ast.Assign | ast.AnnAssign) or node.value is None:
            continue
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        for target in targets:
            if isinstance(target, ast.Name) and target.id in names:
                where = f"{path}:{node.lineno}: {target.id}"
                try:
                    value = ast.literal_eval(node.value)
                except (ValueError, TypeError) as error:  # TypeError: a list for a key
                    raise MatrixError(f"{where} must be written out") from error
                if (problem := _misshapen(target.id, value)) is not None:
                    raise MatrixError(f"{where} {problem}")
                yield target.id, value


def _misshapen(table: str, value: Any) -> str | None:
    """Say what is wrong with the shape of a family's table; None if nothing is."""
    if table in NAMES:
        good = isinstance(value, list | tuple) and all(isinstance(one, str) for one in value)
        return None if good else "must be a list of models' names"
    if table not in TABLES:
        return None
    if not isinstance(value, dict) or not all(isinstance(one, dict) for one in value.values()):
        return "must be a dict with a dict for each model"
    for model, inputs in value.items() if table == "INPUTS" else ():
        for name, draw in inputs.items():
            if not isinstance(draw, list) or not draw:
                return f'must say how to draw {name!r} of {model!r}, such as ["normal", [4]]'
    return None


@dataclass(frozen=True, kw_only=True)
class Form:
    """One file of probes/formats/: how a person saves and loads that format, as text.

    ``sha256`` is that of the text without what it states: a new label makes no result old.
    ``target`` is what they hand to the loading function, relative to the artifact's folder;
    ``into_code`` says that a model which code has built is filled; ``serves`` that what comes back
    gives numbers and is no Keras model.
    """

    sha256: str
    target: str
    save_code: str
    load_code: str
    into_code: bool
    serves: str | None


@functools.cache
def read_form(format_id: str, folder: Path = FORMATS) -> Form:
    """Read how a format is saved and loaded; ``MatrixError`` if no file says it."""
    path = folder / f"{format_id.replace('-', '_')}.py"
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise MatrixError(f"{path}: no such format; matrix.yaml names it") from error
    tree = ast.parse(text)
    found = _sources(text, [node for node in tree.body if isinstance(node, ast.FunctionDef)])
    return Form(
        sha256=hashlib.sha256(_code(text, tree).encode()).hexdigest(),
        target=dict(_tables(path, tree, frozenset({"TARGET"})))["TARGET"],
        save_code=found["save"],
        load_code=found.get("load") or found["load_into"],
        into_code="load_into" in found,
        serves=found.get("predict"),
    )


def _code(text: str, tree: ast.Module) -> str:
    """Return the text without the lines of the assignments that state something."""
    lines = text.splitlines(keepends=True)
    for node in tree.body:
        if isinstance(node, ast.Assign) and _stated(node):
            for number in range(node.lineno, (node.end_lineno or node.lineno) + 1):
                lines[number - 1] = ""
    return "".join(lines)


def _stated(node: ast.Assign) -> bool:
    return any(isinstance(one, ast.Name) and one.id in STATED for one in node.targets)


def stated_formats(folder: Path = FORMATS) -> Iterator[Format]:
    """Yield the formats whose files say all that there is to say of them, by name."""
    for path in sorted(folder.glob("*.py")):
        try:
            tree = ast.parse(path.read_text(encoding="utf-8"))
        except SyntaxError as error:
            raise MatrixError(f"{path}:{error.lineno}: {error.msg}") from error
        said = {name.lower(): _plain(value) for name, value in _tables(path, tree, STATED)}
        if not {"label", "carries"} <= said.keys():
            continue
        try:
            yield Format(id=path.stem.replace("_", "-"), **said)
        except ValidationError as error:
            (first, *_) = error.errors(include_url=False)
            what = "".join(str(one).upper() for one in first["loc"][:1])
            raise MatrixError(f"{path}: {what}: {first['msg']}") from error


def _plain(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


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
