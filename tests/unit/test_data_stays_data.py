"""What is known of environments, versions and packages stands in YAML, and nowhere in our code.

Read from the syntax tree of every module of ``runner`` and ``reports``, docstrings and help texts
aside. A text for people may give an example: what follows "such as" or "look like" is none.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from packaging.version import Version

from caniload.runner.matrix.frameworks import frameworks, plain
from caniload.runner.matrix.reading import read_matrix

ROOT = Path(__file__).parents[2]
HELP = "runner/commands/grammar/"
FILES = {
    name: path
    for place in ("runner", "reports")
    for path in sorted((ROOT / place).rglob("*.py"))
    if not (name := str(path.relative_to(ROOT))).startswith(HELP)
}
IDS = [one.id for one in read_matrix(ROOT / "matrix.yaml").environments]
MAIN = {"tensorflow", "keras", "tf-keras", "torch"}
"""One of these alone may be what a function is about; two in a row are a table."""
COMPANIONS = {
    *frameworks().exact,
    *frameworks().suspected,
    *(name for one in frameworks().suspects for name in one.along),
} - {*MAIN, "theano", "cntk"}

MINORS = {
    Version(version).release[:2]
    for one in read_matrix(ROOT / "matrix.yaml").environments
    for name, version in one.packages.items()
    if plain(name) in {"tensorflow", "keras"}
}

_EXAMPLE = re.compile(r"(such as|look like) \S+")
_ID = re.compile(rf"(?<![\w.-])({'|'.join(map(re.escape, sorted(IDS, key=len)[::-1]))})(?![\w-])")
_VERSION = re.compile(r"[=<>!~ ]*\d+(\.\d+)+\w*(-tf)?")
_SAID = re.compile(r"\b(TensorFlow|TF|Keras|tf-keras|tf\.keras) v?\d+\.\d+")

ALLOWED: Mapping[tuple[str, str], str] = {
    (
        "runner/forensics/formats/layouts.py",
        "Keras 2.12",
    ): "names a layout to people; decides nothing",
    (
        "runner/forensics/names.py",
        "keras, keras_core, tensorflow, tf_keras",
    ): "modules as files name"
    " them, which are Keras's own: what is known of a file format, and of no version",
    ("runner/core/sarif.py", "2.1.0"): "the version of SARIF that is written",
    ("reports/views.py", "(2, 3)"): "axes of an array",
}
"""Hits that stay, by file, and why."""


def hits(text: str) -> Iterator[tuple[int, str]]:
    """Yield the line and the words of all that looks like data."""
    tree = ast.parse(text)
    skipped = {id(one) for node in ast.walk(tree) for one in _no_data(node)}
    for node in ast.walk(tree):
        if id(node) not in skipped:
            yield from ((node.lineno, what) for what in _in(node))  # type: ignore[attr-defined]


def _no_data(node: ast.AST) -> Iterator[ast.AST]:
    """Yield docstrings, and how numbers are shown."""
    if isinstance(node, ast.Expr):
        yield node.value
    if isinstance(node, ast.FormattedValue) and node.format_spec is not None:
        yield from ast.walk(node.format_spec)


def _in(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.Constant(value=str(text)):
            yield from _in_text(_EXAMPLE.sub("", text))
        case ast.Tuple(elts=parts) | ast.List(elts=parts) | ast.Set(elts=parts):
            yield from _table(parts)
        case ast.Dict(keys=parts):
            yield from _table([one for one in parts if one is not None])
        case ast.Call(func=ast.Name(id="Version" | "SpecifierSet"), args=[ast.Constant()]):
            yield ast.unparse(node)
        case ast.Compare(left=left, comparators=[right]):
            if any(map(_numbers, (left, right))) and any(map(_of_version, (left, right))):
                yield ast.unparse(node)
        case _:
            pass


def _in_text(text: str) -> Iterator[str]:
    yield from (found[0] for found in _ID.finditer(text))
    yield from (found[0] for found in _SAID.finditer(text))
    if _VERSION.fullmatch(text) or text in COMPANIONS:
        yield text


def _table(parts: list[ast.expr]) -> Iterator[str]:
    """Yield a collection that has two packages in it, or the numbers of a version."""
    texts = {part.value for part in parts if isinstance(part, ast.Constant)}
    if len(texts & (MAIN | COMPANIONS)) > 1:
        yield ", ".join(sorted(map(str, texts)))
    numbers = tuple(part.value for part in parts if isinstance(part, ast.Constant))
    if len(numbers) == len(parts) and numbers in MINORS:
        yield str(numbers)


def _numbers(node: ast.expr) -> bool:
    if isinstance(node, ast.Tuple):
        return all(map(_numbers, node.elts))
    return isinstance(node, ast.Constant) and type(node.value) is int


def _of_version(node: ast.expr) -> bool:
    """Say whether it is a part of a version, also behind an index."""
    while isinstance(node, ast.Subscript):
        node = node.value
    return isinstance(node, ast.Attribute) and node.attr in {"major", "minor", "micro", "release"}


@pytest.mark.parametrize("name", FILES)
def test_no_environment_no_version_and_no_table_of_packages_stands_in_code(name: str) -> None:
    found = hits(FILES[name].read_text(encoding="utf-8"))
    left = [f"{name}:{line}: {what}" for line, what in found if (name, what) not in ALLOWED]
    assert not left, "\n".join(left)


def test_what_is_allowed_is_still_there() -> None:
    for name, what in ALLOWED:
        assert what in [found for _, found in hits(FILES[name].read_text(encoding="utf-8"))]


@pytest.mark.parametrize(
    ("planted", "found"),
    [
        ('BRIDGE = "tf-2.15"', "tf-2.15"),
        ('say = f"by way of tf-2.16-keras-3.0 and {bridge}"', "tf-2.16-keras-3.0"),
        ('FIRST = Version("3")', "Version('3')"),
        ('if text < "2.4":\n    pass', "2.4"),
        ('allowed = ">=2.16"', ">=2.16"),
        ("if version.major < 3:\n    pass", "version.major < 3"),
        ("if one.release[:2] >= (2, 7):\n    pass", "one.release[:2] >= (2, 7)"),
        ("SINCE = (2, 12)", "(2, 12)"),
        ('SUSPECTS = ("keras", "tensorflow")', "keras, tensorflow"),
        ('TITLES = {"tensorflow": "TF", "torch": "PyTorch"}', "tensorflow, torch"),
        ('packages.get("tensorflow-cpu")', "tensorflow-cpu"),
        ('reason = "it came with TensorFlow 2.12"', "TensorFlow 2.12"),
    ],
)
def test_planted_data_is_found(planted: str, found: str) -> None:
    """The test above can fail."""
    assert found in [what for _, what in hits(planted)]


@pytest.mark.parametrize(
    "text",
    [
        '"""Since TensorFlow 2.12, such as tf-2.12."""',
        'say = "one release, such as tensorflow==2.16.1"',
        'say = "ids look like tf-2.15/lstm.h5/tf-2.21"',
        'say = f"{seconds:10.1f}"',
        'packages.get("keras")',
        "pair = (0, 1)",
    ],
)
def test_an_example_and_a_docstring_are_none(text: str) -> None:
    assert not list(hits(text))
