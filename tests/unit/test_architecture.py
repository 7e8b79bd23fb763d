"""The house has rooms, and data flows through them one way; read from the source itself.

``ROOMS`` is the one list of them. A room imports only from rooms before it in the list.

    python tests/unit/test_architecture.py    # prints the rooms, from the top floor down
"""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[2]
ROOMS = (
    "runner.core",
    "reports",
    "runner.project",
    "runner.sandbox",
    "runner.forensics",
    "runner.matrix",
    "runner.environments",
    "runner.packages",
    "runner.packs",
    "runner.evidence",
    "runner.judging",
    "runner.running",
    "runner.attacking",
    "runner.sharding",
    "runner.engines",
    "runner.releases",
    "runner.checking",
    "runner.answering",
    "runner.converting",
    "runner.comparing",
    "runner.bisecting",
    "runner.upgrading",
    "runner.nightly",
    "runner.ci",
    "runner.commands",
)
"""From the ground floor up."""
FRAMEWORKS = {"tensorflow", "keras", "tf_keras", "torch", "jax", "theano", "cntk"}
DRAWING = {"runner.commands.drawing", "runner.commands.check"}
"""The commands that draw; nobody else knows the reports."""
BY_TEXT = {
    ("runner.commands.grammar.parts", "caniload.runner.commands."),  # when a command is typed
    ("reports.printing", "caniload.reports"),  # where its templates lie
}
READING_HDF5 = {
    "runner.attacking.layouts",  # writes files that attack
    "runner.judging.origin",
    "runner.evidence.content",
    "runner.forensics.formats.hdf5file",
}
LARGEST = 400
"""Lines of a module; one of more is two."""
PURE = {
    "runner.core": (
        "attacked",
        "texts",
        "judged",
        "outcomes",
        "cells",
        "markup",
        "sheet",
        "testcases",
        "nearest",
    ),
    "runner.project": ("keys",),
    "runner.sandbox": ("words", "levels", "syscalls", "containers", "blaming"),
    "runner.forensics": (
        *("configuration", "contents", "training", "facts", "describe"),
        *("formats.variables", "formats.wire"),
    ),
    "runner.matrix": ("where", "choosing", "plan", "joining", "editing"),
    "runner.packages": ("listing", "simpleapi"),
    "runner.packs": ("columns", "contents", "joining", "asking", "covering"),
    "runner.evidence": ("candidates", "taken"),
    "runner.judging": ("verdict", "differences", "confirm", "signatures"),
    "runner.attacking": ("configs", "judging", "doors", "telling"),
    "runner.sharding": ("dividing", "contradicting"),
    "runner.engines": ("address", "engine", "parcels"),
    "runner.releases": ("wishes", "missing", "naming", "inference"),
    "runner.checking": ("answers", "sheets"),
    "runner.answering": ("lineage", "securing"),
    "runner.converting": (
        *("graph", "operations", "outcome", "readers", "rewriting", "telling", "transforms"),
        *("many.manifest", "many.naming", "many.telling"),
    ),
    "runner.comparing": (
        *("architecture", "compiled", "facts", "matching", "naming", "page", "parts"),
        *("placing", "settings", "telling", "values"),
    ),
    "runner.bisecting": ("answers", "mixing", "search", "symptoms", "telling"),
    "runner.upgrading": (
        *("judging", "opened", "outcome", "rollback", "stored", "telling", "words"),
    ),
    "runner.nightly": (
        *("cells", "comparing", "feed", "findings", "issues", "ledger", "looking", "night"),
        *("past", "proposing", "taking", "telling", "writing"),
    ),
    "runner.ci": ("outcome", "telling"),
}


class Import(NamedTuple):
    """One name that a module takes from another of ours, or a whole foreign module."""

    module: str
    name: str
    line: int


def module(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


FILES = {
    module(path): path
    for package in ("runner", "reports", "probes")
    for path in sorted((ROOT / package).rglob("*.py"))
}


def room(name: str) -> str | None:
    """Return the room of a module, the longest that its name begins with."""
    return next((one for one in ROOMS if f"{name}.".startswith(f"{one}.")), None)


@functools.cache
def imports(name: str, *, top_only: bool = False) -> tuple[Import, ...]:
    """Return all that a module imports, inside of functions too unless ``top_only``."""
    tree = ast.parse(FILES[name].read_text(encoding="utf-8"))
    return tuple(_imports(tree, top_only=top_only))


def _imports(tree: ast.Module, *, top_only: bool) -> Iterator[Import]:
    for node in tree.body if top_only else ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (Import(_ours(one.name), "", node.lineno) for one in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative imports hide where data comes from"
            for one in node.names:
                inner = _ours(f"{node.module}.{one.name}")
                there = inner if inner in FILES else _ours(str(node.module))
                yield Import(there, one.name, node.lineno)


def _ours(name: str) -> str:
    return name.removeprefix("caniload.")


def foreign(name: str, *, top_only: bool = False) -> set[str]:
    return {one.module.split(".")[0] for one in imports(name, top_only=top_only)}


def upwards(name: str) -> list[str]:
    """Say each import of a module that runs to a room above its own, with files and names."""
    here = room(name)
    if here is None:
        return []
    return [
        f"{FILES[name].relative_to(ROOT)}:{one.line} ({here}) imports {one.name} from"
        f" {FILES[one.module].relative_to(ROOT)} ({there}), which stands above it"
        for one in imports(name)
        if (there := room(one.module)) is not None and ROOMS.index(there) > ROOMS.index(here)
    ]


def test_every_module_has_a_room_and_every_room_a_module() -> None:
    told = [one for one in ROOMS if one != "reports"]
    listed = re.findall(
        r"``(\w+)``", ast.get_docstring(ast.parse(FILES["runner"].read_text())) or ""
    )
    assert [f"runner.{one}" for one in listed if f"runner.{one}" in ROOMS] == told
    table = re.findall(r"^\| `([\w/]+)` \|", (ROOT / "CONTRIBUTING.md").read_text(), re.MULTILINE)
    assert [one.replace("/", ".") for one in table if one.replace("/", ".") in ROOMS] == [*ROOMS]
    homeless = [name for name in FILES if room(name) is None and not name.startswith("probes")]
    assert homeless == ["runner"]  # whose __init__ is the map
    assert {room(name) for name in FILES} - {None} == set(ROOMS)
    folders = {path.parent.name for path in (ROOT / "runner").glob("*/__init__.py")}
    assert folders == {one.removeprefix("runner.") for one in ROOMS if one != "reports"}


@pytest.mark.parametrize("here", ROOMS)
def test_a_room_imports_only_from_rooms_below_it(here: str) -> None:
    wrong = [
        said for name in FILES if room(name) == here for said in [*upwards(name), *_drawing(name)]
    ]
    assert not wrong, "\n".join(wrong)


def _drawing(name: str) -> list[str]:
    """Say who reads the reports and is no command that draws; ``reports`` may read itself."""
    if room(name) == "reports" or name in DRAWING:
        return []
    return [
        f"{FILES[name].relative_to(ROOT)}:{one.line} imports {one.name} from {one.module}"
        for one in imports(name)
        if room(one.module) == "reports"
    ]


@pytest.mark.parametrize("name", [name for name in FILES if not name.startswith("probes")])
def test_no_room_is_reached_through_the_face_or_by_a_text(name: str) -> None:
    """Neither as ``caniload.runner.x`` of a package that is imported whole, nor by importlib."""
    whole = {one.module for one in imports(name)} & {"caniload", "runner"}
    assert not whole, f"{name} imports all of {whole}: name the module that is meant"
    tree = ast.parse(FILES[name].read_text(encoding="utf-8"))
    texts = [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    reached = [text for text in texts if text.startswith("caniload.") and text.endswith(".")]
    reached += [text for text in texts if text.removeprefix("caniload.") in FILES and "." in text]
    assert not [text for text in reached if (name, text) not in BY_TEXT]


@pytest.mark.parametrize("here", ROOMS)
def test_a_room_says_what_comes_in_what_goes_out_and_what_it_never_does(here: str) -> None:
    said = ast.get_docstring(ast.parse(FILES[here].read_text(encoding="utf-8"))) or ""
    for word in ("Comes in:", "Goes out:", "Never:"):
        assert word in " ".join(said.split()), f"{FILES[here].relative_to(ROOT)}: {word}"


def test_reports_read_the_ground_floor_alone() -> None:
    read = {room(one.module) for name in FILES if room(name) == "reports" for one in imports(name)}
    assert read - {None} == {"runner.core", "reports"}


@pytest.mark.parametrize("name", [name for name in FILES if name.startswith("probes")])
def test_probes_know_nobody_and_import_frameworks_inside(name: str) -> None:
    assert not foreign(name) & {"runner", "reports", "caniload"}
    assert not foreign(name, top_only=True) & {*FRAMEWORKS, "h5py", "numpy"}


@pytest.mark.parametrize("name", [name for name in FILES if not name.startswith("probes")])
def test_only_probes_import_a_framework(name: str) -> None:
    assert not foreign(name) & {*FRAMEWORKS, "probes"}
    if name not in READING_HDF5:
        assert "h5py" not in foreign(name)


def test_no_module_needs_one_that_needs_it() -> None:
    graph = {name: {one.module for one in imports(name)} & FILES.keys() - {name} for name in FILES}
    assert sum(map(len, graph.values())) > 100  # or nothing was measured
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        circle = error.args[1]
        pytest.fail("a circle: " + " is needed by ".join(circle))


@pytest.mark.parametrize("name", [f"{here}.{stage}" for here in PURE for stage in PURE[here]])
def test_pure_stages_touch_no_file_and_no_process(name: str) -> None:
    impure = {"os", "subprocess", "pathlib", "time", "tempfile", "shutil", "socket", "psutil"}
    assert not foreign(name) & impure


def test_an_import_planted_upwards_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The test above can fail, and says where."""
    planted = tmp_path / "plan.py"
    planted.write_text("from caniload.runner.judging.verdict import judge\n")
    monkeypatch.setattr(f"{__name__}.ROOT", tmp_path)
    monkeypatch.setitem(FILES, "runner.matrix.planted", planted)
    monkeypatch.setitem(FILES, "runner.judging.verdict", tmp_path / "verdict.py")
    (said,) = upwards("runner.matrix.planted")
    assert said == (
        "plan.py:1 (runner.matrix) imports judge from verdict.py (runner.judging),"
        " which stands above it"
    )


@pytest.mark.parametrize("name", [name for name in FILES if not name.startswith("probes")])
def test_a_module_is_read_at_one_sitting(name: str) -> None:
    assert len(FILES[name].read_text(encoding="utf-8").splitlines()) <= LARGEST


def picture() -> Iterator[str]:
    """Yield a line for each room, the highest first: its size, and the rooms that it reads."""
    arrows = {
        here: {room(one.module) for n in FILES if room(n) == here for one in imports(n)}
        for here in ROOMS
    }
    for here in reversed(ROOMS):
        paths = [path for name, path in FILES.items() if room(name) == here]
        lines = sum(len(path.read_text(encoding="utf-8").splitlines()) for path in paths)
        needs = [one for one in ROOMS if one in arrows[here] and one != here]
        read = ", ".join(one.removeprefix("runner.") for one in needs)
        yield f"{here:20} {len(paths):3} modules {lines:6,} lines   reads {read or 'nobody'}"
    count = sum(len(read - {None, here}) for here, read in arrows.items())
    yield f"{len(ROOMS)} rooms, {count} arrows, {sum(len(upwards(name)) for name in FILES)} upwards"


if __name__ == "__main__":
    print("\n".join(picture()))
