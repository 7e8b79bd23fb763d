"""What a framework raised -> what it means, in a few plain words: ``plainly.yaml``; pure."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import yaml

FILE = Path(__file__).with_name("plainly.yaml")

MOST = 2
"""Names of arguments that are told."""

_LONGEST = 20_000
_KEY = re.compile(r"['\"](\w+)['\"]\s*(?=[:,\]}])")
_VALUE = re.compile(r"[\[{(][^\[\]{}()]*[\]})]")


class Plain(NamedTuple):
    """A pattern, and the sentence for it."""

    pattern: re.Pattern[str]
    says: str


BEGINNINGS = (
    "does not load: ",
    "loads, but predict raises: ",
    "loads and predicts, but the next training step raises: ",
)
"""What stands before the words of a framework, of which there may be plain ones."""


def reworded(reason: str) -> str:
    """Return a reason with what was raised in plain words; as it is where there are none."""
    begin = next((one for one in BEGINNINGS if reason.startswith(one)), "")
    plain = plainly(reason.removeprefix(begin))
    return f"{begin}{plain}" if plain else reason


def plainly(raised: str) -> str:
    """Return in plain words what was raised; empty where no pattern is found in it."""
    for one in patterns():
        if found := one.pattern.search(raised[:_LONGEST]):
            named = {name: text for name, text in found.groupdict().items() if text}
            if "keys" in named:
                keys = list(dict.fromkeys(_keys(named["keys"])))
                if not keys:
                    continue
                named["keys"] = _listed(keys)
            return one.says.format(**named)
    return ""


def _keys(text: str) -> Iterator[str]:
    """Yield the names in a dict or a list as Python prints it, those of the outermost alone."""
    inside = text[1:]
    while True:
        flat = _VALUE.sub("", inside)
        if flat == inside:
            break
        inside = flat
    end = re.search(r"[\]})]", inside)
    inside = inside[: end.end()] if end else f"{inside},"
    is_dict = text.startswith("{")
    for found in _KEY.finditer(inside):
        if not is_dict or inside[found.end() :].lstrip().startswith(":"):
            yield found[1]


def _listed(keys: list[str]) -> str:
    if len(keys) > MOST:
        return f"{', '.join(keys[:MOST])} and {len(keys) - MOST} more"
    return " and ".join(keys)


@functools.cache
def patterns(file: Path = FILE) -> tuple[Plain, ...]:
    """Return what ships."""
    rows = yaml.load(
        file.read_text(encoding="utf-8"),
        Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader),  # noqa: S506 - both are safe
    )
    return tuple(Plain(re.compile(one["pattern"], re.DOTALL), one["says"]) for one in rows)
