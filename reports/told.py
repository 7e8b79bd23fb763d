"""What a verdict tells of, as JSON for the page's script, with gaps for the numbers of texts."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from json.encoder import encode_basestring
from typing import Any, TypeVar

from caniload.runner.core.judged import Verdict

SNIPPET = 70
"""How much of a message stands in its folded line."""


def as_json(text: str) -> str:
    """Write a text as ``json.dumps`` does; that makes an encoder for each."""
    return encode_basestring(text)


@dataclass(frozen=True, slots=True)
class Told:
    """What a verdict tells of, as JSON with a gap for the number of each text.

    There is one more of ``between`` than of ``texts``, which are JSON as well: a short text as it
    is, a long one by its name.
    """

    between: tuple[str, ...]
    texts: tuple[str, ...]

    def numbered(self, known: dict[str, int]) -> str:
        """Fill the gaps; texts that are not known yet are numbered."""
        told = self.between[0]
        for text, after in zip(self.texts, self.between[1:], strict=True):
            number = known.get(text)
            if number is None:
                number = known[text] = len(known)
            told += f"{number}{after}"
        return told


class _Writing:
    """Puts a ``Told`` together, field by field."""

    def __init__(self, reference: Callable[[str], str]) -> None:
        self._reference = reference
        self._between = [""]
        self._texts: list[str] = []

    def literal(self, text: str) -> None:
        self._between[-1] += text

    def text(self, text: str) -> None:
        self._texts.append(self._reference(text))
        self._between.append("")

    def named(self, name: str, text: str | None) -> None:
        if text:
            self.literal(f',"{name}":')
            self.text(text)

    def told(self) -> Told:
        return Told(tuple(map(sys.intern, self._between)), tuple(self._texts))


Write = Callable[[_Writing, Any], None]
"""Writes what a part of a verdict is, if there is anything; else nothing."""


def tell(verdict: Verdict, reference: Callable[[str], str]) -> Told:
    """Write only what there is, under short names that matrix.js spells out.

    What is something else to whoever only predicts stands under ``p``: null where there is nothing
    then. Both share their texts, so this is small. ``reference`` returns as JSON what stands for a
    text.
    """
    writing = _Writing(reference)
    for _, look, write in _PARTS:
        write(writing, look(verdict))
    if (only := verdict.predicting) is not None:
        writing.literal(f',"p":{{"o":"{only.outcome}"')
        for name, look, write in _PARTS:
            if (now := look(only)) != look(verdict):
                write(writing, now)
                writing.literal("" if now else f',"{name}":null')
        writing.literal("}")
    return writing.told()


def _text(name: str) -> Write:
    return lambda writing, text: writing.named(name, text)


def _phase(writing: _Writing, phase: str) -> None:
    writing.literal(f',"phase":{as_json(phase)}' if phase else "")


def _sized(writing: _Writing, sizes: list[str]) -> None:
    writing.literal(f',"size":[{",".join(map(as_json, sizes))}]' if sizes else "")


Item = TypeVar("Item")


def _listed(
    name: str, write: Callable[[_Writing, Item], None], writing: _Writing, items: Sequence[Item]
) -> None:
    for place, item in enumerate(items):
        writing.literal("," if place else f',"{name}":[')
        write(writing, item)
    writing.literal("]" if items else "")


Heard = tuple[str, str, str, str]
"""What is shown of a message; whether it must be acted on, which the purpose decides, is not."""


def _shown(verdict: Verdict) -> tuple[Heard, ...]:
    return tuple((one.category, one.channel, one.phase, one.text) for one in verdict.messages)


def _heard(writing: _Writing, message: Heard) -> None:
    category, channel, phase, text = message
    text = text.strip() or "(no text)"
    start = text.splitlines()[0]
    start = start if len(start) <= SNIPPET else f"{start[:SNIPPET]}…"
    head = f"{category} ({channel}, while {phase}): {start}"
    writing.literal(f"[{as_json(head)},")
    writing.text(text)
    writing.literal("]")


def _difference(writing: _Writing, item: Mapping[str, Any]) -> None:
    size = item.get("size")
    finite = not isinstance(size, float) or math.isfinite(size)
    writing.literal(f"[{as_json(str(item.get('what', '')))},")
    writing.text(str(item.get("text") or "(no text)"))
    writing.literal(f",{as_json(_number(size if finite else str(size)))}]")


def _sizes(verdict: Verdict) -> list[str]:
    if verdict.max_abs_diff is None:
        return []
    # Only the first was certainly measured: nan in it is a result, in the others a gap.
    others = [verdict.max_rel_diff, verdict.max_ulp_diff]
    known = [None if value is None or math.isnan(value) else value for value in others]
    return [_number(value) for value in (float(verdict.max_abs_diff), *known)]


def _number(value: Any) -> str:
    """Write a measured number with three digits; nan and inf, which JSON lacks, as words."""
    if not isinstance(value, int | float):
        return "" if value is None else str(value)
    if math.isnan(value):
        return "not a number"
    return f"{value:.3g}"


_PARTS: tuple[tuple[str, Callable[[Verdict], Any], Write], ...] = (
    ("reason", lambda one: one.reason, _text("reason")),
    ("signature", lambda one: one.signature, _text("signature")),
    ("cause", lambda one: one.cause, _text("cause")),
    (
        "error",
        lambda one: one.error and f"{one.error.type}: {one.error.message}",
        _text("error"),
    ),
    ("phase", lambda one: one.error and one.error.phase, _phase),
    ("traceback", lambda one: one.error and one.error.traceback, _text("traceback")),
    ("heard", _shown, partial(_listed, "heard", _heard)),
    ("differs", lambda one: one.differences, partial(_listed, "differs", _difference)),
    ("size", _sizes, _sized),
)
"""The parts of a verdict: by what name the script finds it, how it is looked up, and written."""
