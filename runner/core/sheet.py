"""Answers as rows of a sheet, for the formats that every command has; pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from caniload.runner.core.markup import escaped, table
from caniload.runner.core.texts import shown


@dataclass(frozen=True, kw_only=True)
class Row:
    """One answer: about what, where, in a word, and why; ``good`` is ``None`` if not known.

    ``rule`` is a name that stays the same for answers of a kind, and ``path`` the file that it is
    about, where these are not the word and what it is about. ``level`` is how grave it is where it
    is not good: error, warning or note.
    """

    about: str
    word: str
    said: str
    good: bool | None
    where: str = ""
    seconds: float = 0.0
    rule: str = ""
    path: str = ""
    level: str = "error"


def as_markdown(title: str, sentence: str, rows: Sequence[Row]) -> str:
    """Return a heading, the answer in a sentence, and a table of all rows."""
    placed = any(one.where for one in rows)
    head = ["what", *(["where"] if placed else []), "answer", "why"]
    cells = [
        [
            escaped(one.about),
            *([escaped(one.where)] if placed else []),
            escaped(one.word),
            escaped(one.said),
        ]
        for one in rows
    ]
    lines = [f"# {escaped(title)}", ""]
    if sentence:
        lines += [f"**{escaped(sentence)}**", ""]
    return "\n".join([*lines, *table(head, cells)]).rstrip()


def as_text(rows: Sequence[Row]) -> Iterator[str]:
    """Yield the rows in lines for a terminal."""
    width = max((len(one.about) for one in rows), default=0)
    for one in rows:
        where = f"{one.where}: " if one.where else ""
        yield f"  {one.about:<{width}}  {where}{one.word}: {shown(one.said)}".rstrip(": ")
