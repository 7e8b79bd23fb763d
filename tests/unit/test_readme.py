"""README's legend says what the report says, of every outcome that a verdict can give."""

from __future__ import annotations

from pathlib import Path

from caniload.reports.words import UNGIVEN, WORDS

README = Path(__file__).parents[2] / "README.md"


def test_the_legend_is_that_of_the_report() -> None:
    text = README.read_text(encoding="utf-8").replace("**", "")
    legend = text.partition("| outcome | means |\n|---|---|\n")[2].partition("\n\n")[0]
    assert legend.splitlines() == [
        f"| {words.glyph} {words.word.lower()} | {words.means} |"
        for outcome, words in WORDS.items()
        if outcome not in UNGIVEN
    ]
