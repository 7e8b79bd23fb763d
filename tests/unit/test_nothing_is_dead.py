"""What nobody calls, reads or includes is found here, and goes."""

from __future__ import annotations

import argparse
import ast
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from caniload.runner.commands.grammar.parser import parser
from caniload.runner.commands.grammar.parts import Commands

ROOT = Path(__file__).parents[2]
CODE = sorted([*(ROOT / "runner").rglob("*.py"), *(ROOT / "reports").rglob("*.py")])
TEMPLATES = sorted((ROOT / "reports" / "templates").glob("*.html"))
FACE = [ROOT / "noxfile.py", ROOT / "pyproject.toml", *(ROOT / "src" / "caniload").glob("*.py")]
CALLED_BY_OTHERS = {
    "handle_starttag": "html.parser",
    "handle_data": "html.parser",
    "seekable": "io",
    "readinto": "io",
}


def words(paths: list[Path]) -> Counter[str]:
    return Counter(word for path in paths for word in re.findall(r"\w+", path.read_text("utf-8")))


SAID = words([*CODE, *TEMPLATES, *FACE])


def defined() -> Iterator[tuple[Path, str]]:
    for path in CODE:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("__"):
                by = [ast.unparse(one).partition("(")[0] for one in node.decorator_list]
                if not any(one.endswith("validator") for one in by):  # called by pydantic
                    yield path.relative_to(ROOT), node.name


def test_every_function_and_class_is_named_somewhere_else() -> None:
    dead = [f"{path}: {name}" for path, name in defined() if SAID[name] == 1]
    assert [one for one in dead if one.rsplit(" ", 1)[1] not in CALLED_BY_OTHERS] == []


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: str(path.name))
def test_every_template_is_drawn_or_included(template: Path) -> None:
    others = [path for path in [*CODE, *TEMPLATES] if path != template]
    names = (f'"{template.name}"', f'"{template.stem}"')
    assert any(name in path.read_text("utf-8") for path in others for name in names)


def options(whole: argparse.ArgumentParser) -> Iterator[tuple[str, str]]:
    for action in whole._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name in [*action.choices]:
                made = action.made(name) if isinstance(action, Commands) else action.choices[name]
                yield from options(made)
        elif action.dest not in ("help", "version"):
            yield whole.prog, action.dest


def test_every_option_is_read() -> None:
    commands = [path for path in CODE if "commands" in path.parts and "grammar" not in path.parts]
    text = "\n".join(path.read_text("utf-8") for path in commands)
    unread = [
        f"{program} {dest}"
        for program, dest in options(parser())
        if not re.search(rf'arguments\.{dest}\b|"{dest}"', text)
    ]
    assert unread == []
