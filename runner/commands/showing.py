"""An answer in the format that was asked for, coloured where that is wanted; no answer is made."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterable, Sequence

from caniload.runner.core.outcomes import Outcome
from caniload.runner.core.sheet import Row, as_markdown

TEXT, JSON, MARKDOWN, JUNIT, SARIF = "text", "json", "markdown", "junit", "sarif"

_COLOURS = {
    **dict.fromkeys((Outcome.IDENTICAL, Outcome.TOLERANCE), "32"),
    **dict.fromkeys((Outcome.WARNING, Outcome.WORKAROUND), "33"),
    **dict.fromkeys((Outcome.ERROR, Outcome.CRASH, Outcome.DIFFERS), "31"),
}
"""Of the terminal's own: green, yellow, red; the sign beside it says the same."""


def written(
    kind: str,
    *,
    text: Callable[[], Iterable[str]],
    json: Callable[[], str],
    rows: Callable[[], Sequence[Row]],
    title: str,
    sentence: str = "",
) -> str:
    """Return an answer as text, JSON, Markdown, JUnit or SARIF."""
    if kind == JSON:
        return json()
    if kind == MARKDOWN:
        return as_markdown(title, sentence, rows())
    if kind == JUNIT:
        from caniload.runner.core.testcases import as_junit  # noqa: PLC0415 - XML is for few

        return as_junit(title, rows())
    if kind == SARIF:
        from caniload.runner.core import sarif  # noqa: PLC0415 - likewise
        from caniload.runner.core.version import version  # noqa: PLC0415

        return sarif.as_text(sarif.log(sarif.of_rows(rows()), version()))
    return "\n".join(text())


def is_coloured(when: str) -> bool:
    """Say whether standard output takes colour: ``auto`` asks it, and obeys NO_COLOR."""
    if when != "auto":
        return when == "always"
    dumb = os.environ.get("TERM") == "dumb"
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and not dumb


def painted(text: str, signs: dict[Outcome, str]) -> str:
    """Colour the signs of outcomes, which stand at the beginning or in a column of their own."""
    by_sign = {sign: _COLOURS[one] for one, sign in signs.items() if one in _COLOURS}
    pattern = re.compile(rf"(?<=  )([{re.escape(''.join(by_sign))}])(?= \w)")
    return pattern.sub(lambda found: f"\x1b[{by_sign[found[1]]}m{found[1]}\x1b[0m", text)
