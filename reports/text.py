"""The one place where text from frameworks and files is made fit to show, before anything else.

Model names, warnings and tracebacks come from code that nobody here controls. All of it passes
through ``ingest``, so that every page and every file holds the same harmless text.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from enum import Enum
from functools import lru_cache
from pathlib import Path
from typing import Any

from caniload.runner.core.judged import JudgedMatrix

LIMIT = 20_000
"""Longest text that is kept, in characters; what is cut from the middle is counted."""

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

_STANDARD_LIBRARY = re.compile(r"(?:/[\w.@+-]+)+/lib(?:64)?/(python3\.\d+)/")
_USER_FOLDER = re.compile(r"(?<![\w~.$)-])/(?:home/[\w.-]+|Users/[\w.-]+|root)(?=/)")
_PACKAGE = str(Path(__file__).resolve().parent.parent)


class CleanMatrix(JudgedMatrix):
    """A judged matrix whose every text has passed through ``ingest``."""


def ingest(judged: JudgedMatrix, home: Path | None = None) -> CleanMatrix:
    """Clean every text in the matrix; paths below ``home`` become ``$CANILOAD_HOME/...``."""
    if isinstance(judged, CleanMatrix):
        return judged
    homes = tuple(sorted({str(home), str(home.resolve())}, reverse=True)) if home else ()
    values = {name: _cleaned(getattr(judged, name), homes) for name in judged.__dataclass_fields__}
    # A lock is published whole, however long it is: half of one installs nothing.
    values["environments"] = tuple(
        replace(cleaned, lock_text=harmless(environment.lock_text, homes))
        for cleaned, environment in zip(values["environments"], judged.environments, strict=True)
    )
    return CleanMatrix(**values)


def _cleaned(value: Any, homes: tuple[str, ...]) -> Any:
    """Return ``value`` with every text in it cleaned, whatever it is made of."""
    if value is None or isinstance(value, bool | int | float | Enum):
        return value
    if isinstance(value, str):
        return clean(value, homes)
    if isinstance(value, tuple | list):
        return type(value)([_cleaned(item, homes) for item in value])
    if isinstance(value, Mapping):
        return {clean(str(key), homes): _cleaned(item, homes) for key, item in value.items()}
    fields = {name: _cleaned(getattr(value, name), homes) for name in value.__dataclass_fields__}
    return type(value)(**fields)


@lru_cache(maxsize=65_536)
def clean(text: str, homes: tuple[str, ...] = ()) -> str:
    """Make one text safe to print anywhere, and short; doing it twice changes nothing more."""
    return excerpt(harmless(text, homes), LIMIT)


def harmless(text: str, homes: tuple[str, ...]) -> str:
    """Take out of a text what could act on a terminal, a page or a reader's trust."""
    text = _ANSI.sub("", text)
    text = _LINE_END.sub("\n", text)
    text = _CONTROL.sub("", text)
    text = _UNPAIRED.sub("\ufffd", text)
    text = _INVISIBLE.sub(lambda found: f"\u27e8U+{ord(found[0]):04X}\u27e9", text)
    return _without_machine_paths(text, homes)


def _without_machine_paths(text: str, homes: tuple[str, ...]) -> str:
    """Replace the folders of the machine that ran the matrix, which are nobody else's business."""
    if "/" not in text:
        return text
    for home in homes:
        text = re.sub(rf"{re.escape(home)}(?![\w.-])", "$CANILOAD_HOME", text)
    text = text.replace(f"{_PACKAGE}/", "$CANILOAD/")
    text = _STANDARD_LIBRARY.sub(r"$PYTHON/lib/\1/", text)
    return _USER_FOLDER.sub("~", text)


def excerpt(text: str, limit: int = 4_000) -> str:
    """Cut the middle out of an overlong text: a traceback says most at its two ends."""
    if len(text) <= limit:
        return text
    head, tail = limit * 2 // 3, limit // 4
    left_out = len(text) - head - tail
    return f"{text[:head]}\n[… {left_out:,} characters cut here …]\n{text[-tail:]}"


_PATTERNS = (
    (re.compile(r"0x[0-9a-fA-F]+"), "<address>"),
    (re.compile(r"(?<![\w:/])(?:[A-Za-z]:)?(?:[\\/][\w.@$~+<>-]+){2,}[\\/]?"), "<path>"),
    (re.compile(r"\bline \d+"), "line <n>"),
    (re.compile(r"(?<!\w)'[^'\n]{1,80}'(?!\w)|\"[^\"\n]{1,80}\"|`[^`\n]{1,80}`"), "<name>"),
    (re.compile(r"\b[\w/]+:\d+\b"), "<name>:<n>"),
    (re.compile(r"(?<![\w.])\d+(?:\.\d+)*(?:e[+-]?\d+)?(?!\w)"), "<n>"),
    (re.compile(r"\b(\w+?)_\d+\b"), r"\1_<n>"),
    (re.compile(r"\s+"), " "),
)


@lru_cache(maxsize=65_536)
def normalised(text: str) -> str:
    """Take names, paths and numbers out of a message, so that equal causes read alike."""
    for pattern, replacement in _PATTERNS:
        text = pattern.sub(replacement, text)
    return text.strip()[:400]
