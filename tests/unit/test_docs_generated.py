"""Pages that are written from what is, are as they would be written now."""

from __future__ import annotations

import re
from pathlib import Path

import generated_pages
import pytest
from transcripts import ROOT

from caniload.runner.commands.grammar.parser import COMMANDS

MADE = generated_pages.pages()


def test_no_generated_page_is_stale() -> None:
    assert not generated_pages.stale(), "python tests/generated_pages.py writes them anew"


def test_a_changed_option_would_be_noticed() -> None:
    text = MADE[ROOT / "docs" / "commands" / "check.md"]
    assert not generated_pages._same(text, text.replace("--trust", "--rely"))
    assert generated_pages._same(text, text.replace(" [--run]", "\n      [--run]"))


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_an_example(command: str) -> None:
    text = MADE[ROOT / "docs" / "commands" / f"{command}.md"]
    assert re.search(rf"## Example\n.*\n\$ caniload {command}\b", text, re.DOTALL)


@pytest.mark.parametrize("page", MADE, ids=lambda page: page.name)
def test_links_of_generated_pages_lead_somewhere(page: Path) -> None:
    text = re.sub(r"```.*?```", "", MADE[page], flags=re.DOTALL)
    for target in re.findall(r"\]\((?!https:)([^)#\s]+)", text):
        assert (page.parent / target).exists(), target
