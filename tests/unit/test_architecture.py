"""Data flows one way, as README and runner/__init__.py say; read from the source itself."""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FRAMEWORKS = {"tensorflow", "keras", "tf_keras", "torch", "jax", "h5py", "theano"}
FILE_READERS = {"runner.judging.origin": {"h5py"}, "runner.forensics.hdf5file": {"h5py"}}
ADDING = ("wishes", "releases", "joining", "naming", "inference", "matrixtext")
BISECTING = ("answers", "mixing", "search", "symptoms", "telling")
CONVERTING = ("graph", "operations", "outcome", "readers", "rewriting", "telling", "transforms")
UPGRADING = ("judging", "markup", "outcome", "rollback", "stored", "telling", "words")
FORENSICS = ("configuration", "contents", "training", "variables", "facts", "wire", "describe")
PACKAGES = ("runner", "reports", "probes")
FILES = sorted(path for name in PACKAGES for path in (ROOT / name).rglob("*.py"))


def module(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


KNOWN = {module(path) for path in FILES}


@functools.cache
def imports(path: Path, *, top_only: bool = False) -> frozenset[str]:
    """Return every module that a file imports, inside of functions too unless ``top_only``."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return frozenset(_imports(tree, top_only=top_only))


def _imports(tree: ast.Module, *, top_only: bool) -> Iterator[str]:
    for node in tree.body if top_only else ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative imports hide where data comes from"
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                yield inner if inner in KNOWN else str(node.module)


def of(package: str) -> list[Path]:
    return [path for path in FILES if module(path).split(".")[0] == package]


def within(path: Path, *packages: str) -> set[str]:
    return {name for name in imports(path) if name.split(".")[0] in packages}


@pytest.mark.parametrize("path", of("runner"), ids=module)
def test_the_runner_knows_no_probe_and_no_framework(path: Path) -> None:
    allowed = FILE_READERS.get(module(path), set())
    assert not within(path, "probes", *FRAMEWORKS) - allowed
    if module(path) not in {"runner.commands.matrix", "runner.commands.check"}:
        assert not within(path, "reports")


@pytest.mark.parametrize("path", of("reports"), ids=module)
def test_reports_read_the_judged_table_only(path: Path) -> None:
    allowed = {"runner.core.judged", "runner.core.outcomes", "runner.core.cells"}
    assert within(path, "runner") <= allowed
    assert not within(path, "probes", *FRAMEWORKS)


@pytest.mark.parametrize("path", of("probes"), ids=module)
def test_probes_know_neither_and_import_frameworks_inside(path: Path) -> None:
    assert not within(path, "runner", "reports")
    top = {name.split(".")[0] for name in imports(path, top_only=True)}
    assert not top & {*FRAMEWORKS, "numpy"}


def test_no_module_needs_one_that_needs_it() -> None:
    graph = {module(path): imports(path) & KNOWN - {module(path)} for path in FILES}
    assert sum(map(len, graph.values())) > 100  # or nothing was measured
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(" needs ".join(error.args[1]))


@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        ("matrix", "plan"),
        ("plan", "evidence"),
        ("workers", "schedule"),
        ("schedule", "run"),
        ("store", "evidence"),
        ("judged", "verdict"),
        ("verdict", "assemble"),
        ("assemble", "commands"),
    ],
)
def test_the_line_of_stages(earlier: str, later: str) -> None:
    """Each stage is reached from the next, and none from the one before it."""
    assert f"runner.{earlier}" in _all_needed(f"runner.{later}")
    assert f"runner.{later}" not in _all_needed(f"runner.{earlier}")


@functools.cache
def _all_needed(name: str) -> frozenset[str]:
    (path,) = [path for path in FILES if module(path) == name]
    direct = imports(path) & KNOWN
    return direct.union(*(_all_needed(one) for one in direct))


@pytest.mark.parametrize(
    "stage",
    [
        *("plan", "verdict", "texts", "confirm", "judged", "outcomes", *ADDING),
        *(f"bisecting/{name}" for name in BISECTING),
        *(f"converting/{name}" for name in CONVERTING),
        *(f"forensics/{name}" for name in FORENSICS),
        *(f"upgrading/{name}" for name in UPGRADING),
    ],
)
def test_pure_stages_touch_no_file_and_no_process(stage: str) -> None:
    impure = {"os", "subprocess", "pathlib", "time", "tempfile", "shutil", "socket", "psutil"}
    assert not imports(ROOT / "runner" / f"{stage}.py") & impure
