"""The one place where text from frameworks and files is made fit to show, before anything else.

Model names, warnings and tracebacks come from code that nobody here controls. All of it passes
through ``ingest``, so that every page and every file holds the same harmless text.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum
from functools import lru_cache
from pathlib import Path
from typing import Any

from caniload.runner.core.judged import JudgedMatrix
from caniload.runner.core.judgedrows import Shared, as_table
from caniload.runner.core.judgedtable import (
    Derived,
    File,
    JudgedTable,
    Names,
    Process,
    Verdicts,
    changed,
)

LIMIT = 20_000
"""Longest text that is kept, in characters; what is cut from the middle is counted."""

_NAMED = (Derived, File, Process)

_ANSI = re.compile(
    r"""\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?   # OSC: titles, hyperlinks
      | (?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]     # CSI: colours, cursor
      | \x1b[ -/]*[0-~]                      # two-character escapes
    """,
    re.VERBOSE,
)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f]")
_LINE_END = re.compile("\r\n?|[\x85\u2028\u2029]")
_UNPAIRED = re.compile("[\ud800-\udfff\ufffe\uffff]")
_INVISIBLE = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")

_UNUSUAL = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff"
    "\ud800-\udfff\ufffe\uffff]"
)
"""Any of what the patterns above look for, whose search is quick where there is nothing."""

SHORT_LINE = 300
"""Lines up to this length are worth remembering."""

_STANDARD_LIBRARY = re.compile(r"(?:/[\w.@+-]+)+/lib(?:64)?/(python3\.\d+)/")
_USER_FOLDER = re.compile(r"(?<![\w~.$)-])/(?:home/[\w.-]+|Users/[\w.-]+|root)(?=/)")
_PACKAGE = str(Path(__file__).resolve().parent.parent)


@dataclass(frozen=True, kw_only=True)
class CleanMatrix(JudgedMatrix):
    """A judged matrix whose every text has passed through ``ingest``; its cells are columns."""

    cells: JudgedTable


def ingest(
    judged: JudgedMatrix, home: Path | None = None, *, given_up: bool = False
) -> CleanMatrix:
    """Clean every text in the matrix; paths below ``home`` become ``$CANILOAD_HOME/...``.

    ``given_up``: nobody looks at ``judged`` again, so that its texts need not be held beside the
    clean ones.
    """
    if isinstance(judged, CleanMatrix):
        return judged
    homes = tuple(sorted({str(home), str(home.resolve())}, reverse=True)) if home else ()
    names = judged.__dataclass_fields__.keys() - {"cells"}
    values = {name: _cleaned(getattr(judged, name), homes) for name in names}
    values["cells"] = _clean_cells(as_table(judged.cells), homes, given_up=given_up)
    # A lock is published whole, however long it is: half of one installs nothing.
    values["environments"] = tuple(
        replace(cleaned, lock_text=harmless(environment.lock_text, homes))
        for cleaned, environment in zip(values["environments"], judged.environments, strict=True)
    )
    return CleanMatrix(**values)


def _clean_cells(cells: JudgedTable, homes: tuple[str, ...], *, given_up: bool) -> JudgedTable:
    """Clean what the codes stand for, each text as often as it is held."""
    shared = Shared()
    names = {name: _cleaned(value, homes) for name, value in vars(cells.names).items()}

    def cleaned(text: str) -> str:
        return _clean(text, homes)

    verdicts = Verdicts()
    for place, one in enumerate(cells.verdicts):
        verdicts.append(shared(changed(one, cleaned)))
        if given_up:
            cells.verdicts[place] = verdicts[place]
    return replace(cells, names=Names(**names), verdicts=verdicts)


def _cleaned(value: Any, homes: tuple[str, ...]) -> Any:
    """Return ``value`` with every text in it cleaned, whatever it is made of."""
    if value is None or isinstance(value, bool | int | float | Enum):
        return value
    if isinstance(value, str):
        return clean(value, homes)
    if isinstance(value, tuple | list):
        made = [_cleaned(item, homes) for item in value]
        return type(value)(*made) if isinstance(value, _NAMED) else type(value)(made)
    if isinstance(value, Mapping):
        return {clean(str(key), homes): _cleaned(item, homes) for key, item in value.items()}
    fields = {name: _cleaned(getattr(value, name), homes) for name in value.__dataclass_fields__}
    return type(value)(**fields)


def clean(text: str, homes: tuple[str, ...] = ()) -> str:
    """Make one text safe to print anywhere, and short; doing it twice changes nothing more."""
    return excerpt(harmless(text, homes), LIMIT)


_clean = lru_cache(maxsize=4_096)(clean)


def harmless(text: str, homes: tuple[str, ...]) -> str:
    """Take out of a text what could act on a terminal, a page or a reader's trust."""
    if _UNUSUAL.search(text):
        text = _ANSI.sub("", text)
        text = _LINE_END.sub("\n", text)
        text = _CONTROL.sub("", text)
        text = _UNPAIRED.sub("\ufffd", text)
        text = _INVISIBLE.sub(lambda found: f"\u27e8U+{ord(found[0]):04X}\u27e9", text)
    if "/" not in text:
        return text
    # The lines of tracebacks come again and again, and no pattern reaches beyond its line.
    return "\n".join(_place_free(line, homes) for line in text.split("\n"))


def _place_free(line: str, homes: tuple[str, ...]) -> str:
    if "/" not in line:
        return line
    short = len(line) <= SHORT_LINE
    return _known_line(line, homes) if short else _without_machine_paths(line, homes)


def _without_machine_paths(text: str, homes: tuple[str, ...]) -> str:
    """Replace the folders of the machine that ran the matrix, which are nobody else's business."""
    for home in homes:
        if home in text:
            text = re.sub(rf"{re.escape(home)}(?![\w.-])", "$CANILOAD_HOME", text)
    text = text.replace(f"{_PACKAGE}/", "$CANILOAD/")
    if "/python3." in text:
        text = _STANDARD_LIBRARY.sub(r"$PYTHON/lib/\1/", text)
    return _USER_FOLDER.sub("~", text)


_known_line = lru_cache(maxsize=65_536)(_without_machine_paths)


def excerpt(text: str, limit: int = 4_000) -> str:
    """Cut the middle out of an overlong text: a traceback says most at its two ends."""
    if len(text) <= limit:
        return text
    head, tail = limit * 2 // 3, limit // 4
    left_out = len(text) - head - tail
    return f"{text[:head]}\n[… {left_out:,} characters cut here …]\n{text[-tail:]}"


_PATTERNS = (
    ("0x", re.compile(r"0x[0-9a-fA-F]+"), "<address>"),
    (
        "",
        re.compile(r"(?<![\w:/])(?:[A-Za-z]:|\$[A-Z_]+)?(?:[\\/][\w.@$~+<>-]+){2,}[\\/]?"),
        "<path>",
    ),
    ("line ", re.compile(r"\bline \d+"), "line <n>"),
    (
        "",
        re.compile(r"(?<!\w)'[^'\n]{1,80}'(?!\w)|\"[^\"\n]{1,80}\"|`[^`\n]{1,80}`"),
        "<name>",
    ),
    (":", re.compile(r"\b[\w/]+:\d+\b"), "<name>:<n>"),
    ("", re.compile(r"(?<![\w.])\d+(?:\.\d+)*(?:e[+-]?\d+)?(?!\w)"), "<n>"),
    ("_", re.compile(r"\b(\w+?)_\d+\b"), r"\1_<n>"),
)
"""What has to be there for a pattern to find anything, the pattern, and what takes its place."""

KEPT, MARGIN = 400, 200
"""How much of a normalised text is kept, and how much more makes sure of it."""


@lru_cache(maxsize=65_536)
def normalised(text: str) -> str:
    """Take names, paths and numbers out of a message, so that equal causes read alike.

    Only its beginning is looked at as long as that is enough for what is kept: a pattern takes a
    text from left to right, so what is cut off changes nothing but the last that it finds.
    """
    size = 2 * (KEPT + MARGIN)
    while True:
        found = text[:size]
        for needed, pattern, replacement in _PATTERNS:
            if needed in found:
                found = pattern.sub(replacement, found)
        found = " ".join(found.split())
        if size >= len(text) or len(found) >= KEPT + MARGIN:
            return found[:KEPT]
        size *= 4
