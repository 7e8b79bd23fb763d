"""Pages of the documentation that are written from what is: commands, rules, and messages.

    python tests/generated_pages.py           # writes them anew
    python tests/generated_pages.py --check   # says which are not what would be written

``docs/commands/`` has a page for each command: its ``--help``, as it prints it, and an example out
of the transcripts of the other pages, which are tested. ``docs/reference/`` lists what `inspect`
finds, how files are rewritten, and the messages that have a name.
"""

from __future__ import annotations

import argparse
import ast
import functools
import os
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from unittest import mock

from transcripts import PAGES, ROOT, Block, Step, blocks

from caniload.runner.commands.grammar.parser import COMMANDS, parser
from caniload.runner.commands.grammar.parts import Commands
from caniload.runner.converting.rules import read_rules
from caniload.runner.core.markup import table
from caniload.runner.forensics import published
from caniload.runner.judging.catalogue import read_catalogue

DOCS = ROOT / "docs"
WRITTEN = "<!-- Written by tests/generated_pages.py: change what it is written from. -->"
WIDTH = "100"
MOST = 3
"""Pages that a command's page leads to."""
RANK = ("danger", "damage", "notice", "unchecked")


def pages() -> dict[Path, str]:
    """Return every generated page by its path."""
    made = {DOCS / "commands" / f"{name}.md": _command(name) for name in COMMANDS}
    made[DOCS / "commands" / "README.md"] = _commands()
    made[DOCS / "reference" / "rules.md"] = _rules()
    made[DOCS / "reference" / "messages.md"] = _messages()
    return made


def stale() -> list[str]:
    """Say which pages are not what would be written, which are missing, and which too many."""
    made = pages()
    there = {path for name in ("commands", "reference") for path in (DOCS / name).glob("*.md")}
    return sorted(
        str(path.relative_to(ROOT))
        for path in made.keys() | there
        if path not in made or path not in there or not _same(path.read_text("utf-8"), made[path])
    )


def _same(one: str, other: str) -> bool:
    """Compare but for how argparse breaks lines, and repeats what an option takes: that varies."""
    return _plain(one) == _plain(other)


def _plain(text: str) -> list[str]:
    return re.sub(r"(-\w) [A-Z]+(?=, --)", r"\1", text).split()


def _page(title: str, lines: Sequence[str]) -> str:
    return "\n".join([f"# {title}", "", WRITTEN, "", *lines]).rstrip() + "\n"


# Commands


def _commands() -> str:
    rows = [(f"[`caniload {name}`]({name}.md)", text) for name, (_, _, text) in COMMANDS.items()]
    shown = _help([], parser())
    return _page("Commands", [*table(("command", "what it does"), rows), *shown])


def _command(name: str) -> str:
    lines = [COMMANDS[name][2], "", *_help([name], _parsers()[name])]
    for action, inner in _actions(_parsers()[name]):
        lines += [f"## {name} {action}", "", *_help([name, action], inner)]
    lines += _example(name)
    lines += ["## More", "", *_more(name)]
    return _page(f"caniload {name}", lines)


@functools.cache
def _parsers() -> dict[str, argparse.ArgumentParser]:
    return dict(_actions(parser()))


def _actions(whole: argparse.ArgumentParser) -> Iterator[tuple[str, argparse.ArgumentParser]]:
    for action in whole._actions:
        if isinstance(action, argparse._SubParsersAction):
            for word in [*action.choices]:
                made = action.made(word) if isinstance(action, Commands) else action.choices[word]
                yield word, made


def _help(words: Sequence[str], one: argparse.ArgumentParser) -> list[str]:
    with mock.patch.dict(os.environ, {"COLUMNS": WIDTH, "NO_COLOR": "1"}):
        text = one.format_help().rstrip()
    return ["```console", f"$ {' '.join(['caniload', *words, '--help'])}", text, "```", ""]


@functools.cache
def _blocks() -> list[Block]:
    return [block for page in PAGES for block in blocks(page)]


def _example(name: str) -> list[str]:
    """Return the first transcript of a command that shows what it says, and where it stands."""
    named = re.compile(rf"caniload {name}\b")
    found = [
        (block, step)
        for block in _blocks()
        for step in block.steps
        if named.match(step.command) and step.said not in ([], ["…"])
    ]
    if not found:
        return []
    block, step = min(found, key=lambda one: (not one[0].runs, one[0].page.name == "README.md"))
    return [
        "## Example",
        "",
        f"From [{_title(block.page)}]({_to(block.page)}):",
        "",
        "```console",
        *_said(step),
        "```",
        "",
    ]


def _said(step: Step) -> list[str]:
    return [f"$ {step.command}", *step.said]


def _more(name: str) -> list[str]:
    """Return the pages that speak of a command most."""
    counted = {
        page: len(re.findall(rf"caniload {name}\b|`{name}\b", page.read_text("utf-8")))
        for page in PAGES
        if page.name not in ("README.md", "exit-codes.md", "python.md")
    }
    first = sorted(filter(counted.get, counted), key=lambda page: (-counted[page], page.name))
    lines = [f"- [{_title(page)}]({_to(page)})" for page in first[:MOST]]
    codes = (DOCS / "exit-codes.md").read_text("utf-8")
    anchor = name if f"\n## {name}\n" in codes else "all-commands"
    return [*lines, f"- [Exit codes](../exit-codes.md#{anchor})"]


def _title(page: Path) -> str:
    return page.read_text("utf-8").partition("\n")[0].removeprefix("# ")


def _to(page: Path) -> str:
    return os.path.relpath(page, DOCS / "commands")


# Rules


def _rules() -> str:
    lines = [
        "By these rules files are judged and rewritten. Each stands in data, with its source.",
        "",
        "## What inspect finds",
        "",
        "The words are those of `--json` and of SARIF. What they stop is said in",
        "[What is this file](../what-is-this-file.md#in-ci).",
        "",
        *table(("finding", "severity", "what is published about it"), _findings()),
        "## How files are rewritten",
        "",
        "`convert` and `upgrade` go by these, in order. *From* and *to* are versions of Keras.",
        "",
        *table(("rule", "from", "to", "of", "why", "source"), _rewriting()),
        "## What older versions do not know",
        "",
        *table(("rule", "arguments", "why", "source"), _missing()),
    ]
    return _page("Rules", lines)


def _findings() -> list[tuple[str, str, str]]:
    made = {
        one: None
        for path in sorted((ROOT / "runner" / "forensics").rglob("*.py"))
        for one in _made_by(ast.parse(path.read_text("utf-8")))
    }
    named = {kind for kind, _ in made}
    made |= dict.fromkeys((kind, "danger") for kind in published._read() if kind not in named)
    return [
        (f"`{kind}`", severity, "<br>".join(_cell(one.line) for one in published.advisories(kind)))
        for kind, severity in sorted(made, key=lambda one: (RANK.index(one[1]), one[0]))
    ]


def _made_by(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """Yield the kinds of findings that a module makes, with their severities."""
    constants = {
        one.targets[0].id: one.value.value
        for one in tree.body
        if isinstance(one, ast.Assign)
        and isinstance(one.targets[0], ast.Name)
        and isinstance(one.value, ast.Constant)
    }
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not node.args:
            continue
        # Some are `(notice if harmless else danger)(kind, ...)`.
        either = [node.func.body, node.func.orelse] if isinstance(node.func, ast.IfExp) else ()
        for function in either or [node.func]:
            severity = function.id if isinstance(function, ast.Name) else ""
            first = node.args[0]
            kind = constants.get(first.id) if isinstance(first, ast.Name) else None
            kind = first.value if isinstance(first, ast.Constant) else kind
            if severity in RANK and kind:
                yield str(kind), severity


def _rewriting() -> list[tuple[str, ...]]:
    return [
        (
            f"`{one.id}`",
            _cell(one.written_by or "any"),
            _cell(one.wanted_by or "any"),
            _cell(", ".join(one.classes) or one.kind),
            _cell(one.why),
            _source(one.source),
        )
        for one in read_rules().rules
    ]


def _missing() -> list[tuple[str, ...]]:
    return [
        (
            f"`{one.id}`",
            _cell(", ".join(one.arguments)),
            _cell(one.why),
            _source(one.source),
        )
        for one in read_rules().missing
    ]


def _cell(text: str) -> str:
    """Return a text of our own data as Markdown that says just this, in one line."""
    return re.sub(r"([\\\\`*_{}\[\]|~$<>])", r"\\\1", " ".join(text.split()))


def _source(text: str) -> str:
    return f"[source]({text})" if text.startswith("https://") else _cell(text)


# Messages


def _messages() -> str:
    entries = [rule.entry for rule in read_catalogue()]
    lines = [
        "What the frameworks warn of and raise, as far as it has a name. *Attention* and *danger*",
        "make a cell a warning, see [What a cell says](../what-a-cell-says.md). In which versions",
        "each is heard is measured: the report's pages about warnings have it.",
        "",
    ]
    for category in dict.fromkeys(one.category for one in entries):
        lines += [f"## {category}", ""]
        for one in entries:
            if one.category == category:
                lines += [f"### {one.id}", ""]
                if one.example:
                    lines += ["```text", *_wrapped(one.example), "```", ""]
                lines += [f"*{one.severity}*: {_cell(one.means)}", "", _cell(one.advice), ""]
    return _page("Messages", lines)


def _wrapped(text: str) -> list[str]:
    return [line.rstrip() for line in text.replace("```", "'''").splitlines()]


def main() -> int:
    """Write the pages, or say which are stale."""
    given = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    given.add_argument("--check", action="store_true", help="write nothing")
    if given.parse_args().check:
        print("\n".join(stale()))
        return bool(stale())
    for path, text in pages().items():
        if not path.exists() or not _same(path.read_text("utf-8"), text):
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, "utf-8")
            print(path.relative_to(ROOT))
    for path in [*(DOCS / "commands").glob("*.md"), *(DOCS / "reference").glob("*.md")]:
        if path not in pages():
            path.unlink()
    return 0


if __name__ == "__main__":
    sys.exit(main())
