"""The pages say what is: their transcripts are run, their links, commands and options looked up."""

from __future__ import annotations

import argparse
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
from transcripts import (
    EXAMPLES,
    PAGES,
    ROOT,
    Block,
    Shell,
    Step,
    blocks,
    differences,
    fits,
    renewed,
)

from caniload.reports.words import UNGIVEN, WORDS
from caniload.runner.commands.grammar.parser import COMMANDS, parser
from caniload.runner.commands.grammar.parts import Commands
from caniload.runner.core.outcomes import Purpose

BLOCKS = [block for page in PAGES for block in blocks(page)]


def name(page: Path) -> str:
    return str(page.relative_to(ROOT))


def test_the_front_page_is_read_at_one_sitting() -> None:
    assert len((ROOT / "README.md").read_text(encoding="utf-8").split()) <= 900


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_what_needs_no_environment_prints_what_the_page_says(page: Path, tmp_path: Path) -> None:
    shell = Shell(tmp_path / "models")
    ours = [block for block in blocks(page) if block.runs and not block.real]
    told = [one for block in ours for one in differences(block, shell)]
    assert not told, "\n\n".join(told)


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: f"{name(block.page)}:{block.line}")
def test_every_transcript_is_run_or_says_why_not(block: Block) -> None:
    assert block.runs or re.fullmatch(r"not run: \w.{10,}", block.mark), block.mark
    assert block.steps


def test_most_transcripts_are_run_and_every_page_has_one() -> None:
    run = [block for block in BLOCKS if block.runs]
    assert len(run) > 2 * (len(BLOCKS) - len(run))
    assert {block.page for block in run} == set(PAGES)


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: f"{name(block.page)}:{block.line}")
def test_every_command_on_a_page_can_be_parsed(block: Block) -> None:
    from caniload.runner.commands.cli import _with_command  # noqa: PLC0415

    for step in block.steps:
        words = shlex.split(step.command)
        if words[0] != "caniload" or not block.runs or "--version" in words:
            continue
        if not any(line.startswith("caniload: ") for line in step.said):
            parser().parse_args(_with_command(words[1:]))


def parsers(whole: argparse.ArgumentParser) -> Iterator[tuple[str, argparse.ArgumentParser]]:
    """Yield every command and every action of one, with its parser."""
    for action in whole._actions:
        if isinstance(action, argparse._SubParsersAction):
            for word in [*action.choices]:
                inner = action.made(word) if isinstance(action, Commands) else action.choices[word]
                yield word, inner
                yield from ((f"{word} {more}", deep) for more, deep in parsers(inner))


TEXT = {page: page.read_text(encoding="utf-8") for page in PAGES}
WHOLE = parser()
OURS = dict(parsers(WHOLE))
OPTIONS = {
    option
    for one in (WHOLE, *OURS.values())
    for option in one._option_string_actions
    if option.startswith("--")
}
OPTIONS |= {
    *re.findall(r'"(--caniload-[a-z]+)"', (ROOT / "src/caniload/pytest_plugin.py").read_text())
}


@pytest.mark.parametrize("command", OURS)
def test_every_command_has_a_page(command: str) -> None:
    pages = [name(page) for page, text in TEXT.items() if re.search(rf"caniload {command}\b", text)]
    assert [page for page in pages if page != "README.md"]


@pytest.mark.parametrize("option", sorted(OPTIONS - {"--help"}))
def test_every_option_has_a_page(option: str) -> None:
    assert any(re.search(rf"{option}\b", text) for text in TEXT.values())


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_command_and_option_that_is_named_exists(page: Path) -> None:
    text = TEXT[page]
    # Options behind another program's name are that program's.
    ours = re.sub(
        r"^\$ (?!caniload).*$|`(uv|pyenv|python|nox) [^`]*`", "", text, flags=re.MULTILINE
    )
    assert set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", ours)) <= OPTIONS
    words = set(re.findall(r"`caniload ([a-z]+)", ours))
    assert words <= set(COMMANDS)


def anchors(page: Path) -> set[str]:
    """Return the anchors of a page's headings, as GitHub makes them."""
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    heads = re.findall(r"^#+ (.+)$", text, flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


@pytest.mark.parametrize("page", [*PAGES, ROOT / "CONTRIBUTING.md"], ids=name)
def test_every_link_leads_somewhere(page: Path) -> None:
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    targets = re.findall(r"\]\(([^)\s]+)\)", text) + re.findall(r'(?:src|srcset)="([^"]+)"', text)
    for target in targets:
        path, _, anchor = target.partition("#")
        if "://" in path:
            continue
        there = (page.parent / path).resolve() if path else page
        assert there.exists(), target
        assert not anchor or anchor in anchors(there), target


def test_every_page_is_in_both_lists() -> None:
    """Recipes are in that of the documentation alone: the README stays short."""
    docs = ROOT / "docs"
    for page in PAGES:
        if page.parent == docs / "recipes":
            assert f"](recipes/{page.name})" in TEXT[docs / "README.md"]
    for index, prefix in ((ROOT / "README.md", "docs/"), (docs / "README.md", "")):
        for page in PAGES:
            if page.name != "README.md" and page.parent == docs:
                assert f"]({prefix}{page.name})" in TEXT[index], f"{name(page)} in {name(index)}"


def test_the_legend_is_that_of_the_report() -> None:
    text = TEXT[ROOT / "docs" / "what-a-cell-says.md"].replace("**", "")
    head = "| outcome | to predict | to go on training |\n|---|---|---|\n"
    legend = text.partition(head)[2].partition("\n\n")[0]
    assert legend.splitlines() == [
        f"| {words.glyph} {words.word.lower()} "
        f"| {' | '.join(words.meaning(purpose) for purpose in Purpose)} |"
        for outcome, words in WORDS.items()
        if outcome not in UNGIVEN
    ]


def test_the_examples_are_small() -> None:
    assert sum(path.stat().st_size for path in EXAMPLES.iterdir() if path.is_file()) < 256 * 1024


def test_the_pictures_are_small() -> None:
    pictures = list((ROOT / "docs" / "images").glob("*.png"))
    assert len(pictures) == 2
    assert all(path.stat().st_size <= 150 * 1024 for path in pictures)


@pytest.mark.parametrize(
    ("said", "printed", "same"),
    [
        (["a", "b"], ["a", "b"], True),
        (["a", "b"], ["a", "c"], False),
        (["a"], ["a", "b"], False),
        (["a", "…"], ["a", "b", "c"], True),
        (["…", "c"], ["a", "b"], False),
        (["…"], [], True),
        (["about 2.5 minutes"], ["about 13 minutes"], True),
        (["12 cells in 3 s"], ["13 cells in 3 s"], False),
        (["tf-2.4  3.8.18  2.4.4"], ["tf-2.4  3.8.20  2.4.4"], True),
        (["tf-2.4  3.8.18  2.4.4"], ["tf-2.4  3.8.18  2.4.3"], False),
    ],
)
def test_only_what_truly_varies_may_differ(
    said: list[str],
    printed: list[str],
    same: bool,  # noqa: FBT001
) -> None:
    assert fits(said, printed) is same


def test_a_changed_word_is_told(tmp_path: Path) -> None:
    step = Step(command="caniload inspect labels.txt", at=1, said=["labels.txt", "  a model"])
    block = Block(page=ROOT / "README.md", line=7, mark="", steps=(step,))
    (told,) = differences(block, Shell(tmp_path / "models"))
    assert told.startswith("README.md:7: $ caniload inspect labels.txt\n")
    assert "\n-  a model\n" in told


def test_what_a_page_leaves_out_stays_left_out() -> None:
    assert renewed(["one 1", "…", "three 3"], ["one 2", "two 2", "three 2"]) == [
        "one 2",
        "…",
        "three 2",
    ]
