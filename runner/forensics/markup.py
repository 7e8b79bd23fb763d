"""Texts of strangers -> Markdown in which they are text and nothing else; pure."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence

from caniload.runner.forensics.describe import shown

LONGEST = 400

_MARKS = re.compile(r"([\\`*_{}\[\]|~$])")
_LINKS = re.compile(r"(://|www\.|[@#])", re.IGNORECASE)


def escaped(text: object, longest: int = LONGEST) -> str:
    """Return a text in one line: no markup, no HTML, no cell's end, no link, nobody mentioned."""
    return _MARKS.sub(r"\\\1", in_html(text, longest))


def in_html(text: object, longest: int = LONGEST) -> str:
    """Return the same for a line of HTML, where Markdown's backslashes would be seen."""
    line = html.escape(shown(text, longest), quote=False)
    return _LINKS.sub(lambda found: f"{found[0][:1]}\u200b{found[0][1:]}", line)


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Yield a table of cells that are escaped already."""
    yield f"| {' | '.join(head)} |"
    yield f"|{'---|' * len(head)}"
    for row in rows:
        yield f"| {' | '.join(row)} |"
    yield ""


def folded(summary: str, lines: Sequence[str]) -> Iterator[str]:
    """Yield lines of Markdown, folded away under a summary for `in_html`."""
    yield f"<details><summary>{in_html(summary)}</summary>"
    yield ""
    yield from lines
    yield ""
    yield "</details>"
    yield ""
