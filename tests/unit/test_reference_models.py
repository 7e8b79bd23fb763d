"""Reference models as source text: what a script that reproduces a cell relies on."""

from __future__ import annotations

import ast
import builtins
import symtable
from pathlib import Path
from typing import Any

import pytest

from caniload.runner.matrix.reading import read_matrix

ROOT = Path(__file__).parents[2]
FAMILIES = sorted((ROOT / "probes/models").glob("*.py"))
MODELS = [(model.id, model.family) for model in read_matrix(ROOT / "matrix.yaml").models]
KINDS = {"normal", "integers"}


def tree(family: str) -> ast.Module:
    return ast.parse((ROOT / f"probes/models/{family}.py").read_text(encoding="utf-8"))


def functions(family: str) -> dict[str, ast.FunctionDef]:
    return {node.name: node for node in tree(family).body if isinstance(node, ast.FunctionDef)}


def table(family: str, name: str) -> Any:
    """Return a module-level literal of a family, or an empty dict."""
    for node in tree(family).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == name:
            return ast.literal_eval(node.value)
    return {}


def free_names(scope: symtable.SymbolTable) -> set[str]:
    """Return what a function takes from the module around it."""
    found = {symbol.get_name() for symbol in scope.get_symbols() if symbol.is_global()}
    return found.union(*(free_names(child) for child in scope.get_children()))


@pytest.mark.parametrize(("model", "family"), MODELS)
def test_every_model_of_the_matrix_says_why_it_is_there(model: str, family: str) -> None:
    sentence = ast.get_docstring(functions(family)[model])
    assert sentence is not None
    first, *rest = sentence.splitlines()
    assert first.endswith(".")
    assert all(not line or line.startswith("https://github.com/") for line in rest)


@pytest.mark.parametrize(("model", "family"), MODELS)
def test_every_model_states_its_inputs_as_plain_data(model: str, family: str) -> None:
    inputs = table(family, "INPUTS")[model]
    assert {spec[0] for spec in inputs.values()} <= KINDS


@pytest.mark.parametrize("path", FAMILIES, ids=lambda path: path.stem)
def test_functions_stand_alone_but_for_their_own_classes(path: Path) -> None:
    module = symtable.symtable(path.read_text(encoding="utf-8"), path.name, "exec")
    for scope in module.get_children():
        allowed = {*dir(builtins), f"{scope.get_name()}_objects"}
        assert free_names(scope) <= allowed, scope.get_name()


@pytest.mark.parametrize("path", FAMILIES, ids=lambda path: path.stem)
def test_tables_name_models_of_their_family(path: Path) -> None:
    known = functions(path.stem)
    for name in ("INPUTS", "TARGETS", "REGISTERED", "WITHHELD", "ARGUMENTS", "SAVE_ARGUMENTS"):
        assert set(table(path.stem, name)) <= set(known), name


def test_only_the_control_and_what_has_no_weights_are_never_compiled() -> None:
    for model, family in MODELS:
        compiled = ".compile(" in ast.unparse(functions(family)[model])
        assert compiled == (model not in ("control", "weightless")), model
