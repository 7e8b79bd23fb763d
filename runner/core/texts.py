"""Texts from frameworks: cleaned of control characters, and normalised to group like with like."""

from __future__ import annotations

import math
import re
from typing import Any

LONGEST = 200
"""Most letters of a text that is shown in a line."""

_BIDIRECTIONAL = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069\u2028\u2029]")
_ANSI = re.compile(r"\x1b(\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(\x07|\x1b\\)|[@-Z\\-_])")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_NORMAL: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"0x[0-9a-fA-F]+"), "0x…"),
    (re.compile(r"(?:(?<=[\s'\"(=,:])|^)(?:/[\w.+@-]+){2,}/?"), "<path>"),
    (re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(?:\.\d+)?"), "<time>"),
    (re.compile(r"'[^'\n]{1,200}'"), "'…'"),
    (re.compile(r'"[^"\n]{1,200}"'), '"…"'),
    (re.compile(r"\b(layer|object|model|weight|variable) `?[\w/.:>-]+`?", re.IGNORECASE), r"\1 …"),
    (re.compile(r"<[^<>\n]{1,300}>"), "<…>"),
    (re.compile(r"<\w+ [^<>\n]*$"), "<…"),
    (re.compile(r"-?\d+(?:\.\d+)?(?:e[+-]?\d+)?"), "N"),
    (re.compile(r"[ \t]+"), " "),
)

(_ADDRESS, _PATH, _TIME) = _NORMAL[:3]  # what never tells causes apart
_SUFFIX = re.compile(r"\.[A-Za-z]\w*(?=[./]*$)")

_ENCOUNTERED = "Exception encountered: "
_INNER = re.compile(rf"^{_ENCOUNTERED}", re.MULTILINE)
_CONFIG = re.compile(r"(Full object config: |\bconfig=)[{(].*", re.DOTALL)


def clean(text: str) -> str:
    """Take out terminal escapes, control characters and lone surrogates; keep line breaks."""
    text = text.encode("utf-8", "backslashreplace").decode("utf-8")
    return _CONTROL.sub("", _ANSI.sub("", text).replace("\r", ""))


def shown(text: object, longest: int = LONGEST) -> str:
    """Return a text that cannot steer a terminal, in one line of bounded length."""
    line = " ".join(_BIDIRECTIONAL.sub("", clean(str(text))).split())
    return line if len(line) <= longest else f"{line[:longest]}…"


def cleaned(value: Any) -> Any:
    """Return plain data with all its texts cleaned, and numbers that JSON lacks as text."""
    if isinstance(value, dict):
        return {cleaned(key): cleaned(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [cleaned(one) for one in value]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return clean(value) if type(value) is str else value


def first_line(text: str) -> str:
    """Return the first line that says something."""
    return next((line.strip() for line in text.splitlines() if line.strip()), "")


def told(text: str) -> str:
    """Return the line that tells what went wrong: Keras 3 opens with a line that says nothing.

    Of exceptions within exceptions it is that of the innermost, which Keras 3 tells last.
    """
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    for line in reversed(lines):
        _, found, inner = line.rpartition(_ENCOUNTERED)
        if found and inner:
            return inner.removeprefix("''").strip() or line
    return lines[0] if lines else ""


def normalised(text: str) -> str:
    """Return the text with names, paths, addresses and numbers taken out, in one line."""
    text = told(clean(text))
    for pattern, replacement in _NORMAL:
        text = pattern.sub(replacement, text)
    return text[:300]


def plain(text: str) -> str:
    """Return the text as the catalogue knows it: without places, in one line.

    Names and numbers stay, and of a path what its name ends in, for they tell causes apart.
    """
    text = clean(text)
    for pattern, replacement in (_ADDRESS, _TIME):
        text = pattern.sub(replacement, text)
    return " ".join(_PATH[0].sub(_ending, text).split())


def _ending(path: re.Match[str]) -> str:
    suffix = _SUFFIX.search(path[0])
    return f"<path>{suffix[0] if suffix else ''}"


def raised(kind: str, message: str) -> str:
    """Return ``Type: message``; of exceptions within exceptions the innermost message.

    Configurations are cut: they hold every word that a model can be made of.
    """
    message = clean(message)
    inner = _INNER.split(message)[-1]
    inner = inner if inner.strip() not in {"", "''"} else message
    return f"{kind}: {plain(without_configuration(inner))}"


def without_configuration(text: str) -> str:
    """Return the text up to where it prints the whole configuration of a model or layer."""
    return _CONFIG.sub(r"\1{…}", text)
