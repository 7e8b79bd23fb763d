"""What may stand next on a command line: for shells, which ask at each press of a key.

No library is imported and no YAML read: ids are found by the lines that they stand on.
"""

from __future__ import annotations

import argparse
import os
import re
from collections.abc import Iterator, Sequence

from caniload.runner.commands.grammar.parts import Actions, Commands, path

FILES = ("FILES",)
"""Stands for whatever the shell itself would complete: paths."""

_ENVIRONMENTS, _MODELS, _FORMATS = "environments", "models", "formats"
_OPTIONS = {
    **dict.fromkeys(("--envs", "--save", "--load", "--good", "--bad", "--from"), _ENVIRONMENTS),
    "--to": _ENVIRONMENTS,
    "--models": _MODELS,
    "--formats": _FORMATS,
}
_POSITIONALS = {
    **dict.fromkeys(("id", "before", "after", "name"), _ENVIRONMENTS),
    "cell": _ENVIRONMENTS,
}
_FILES = {"--custom", "--build"}
_ID = re.compile(r"^ +- \{?id: ([\w.-]+)", re.MULTILINE)
_FAMILY = re.compile(r"family: (\w+)")
_INPUTS = re.compile(r"^INPUTS = \{.*?\}$(?=\n\S|\n*\Z|\n\n)", re.MULTILINE | re.DOTALL)
_NAME = re.compile(r'^(?:INPUTS = \{|    )"(\w+)":', re.MULTILINE)


def candidates(whole: argparse.ArgumentParser, words: Sequence[str]) -> tuple[str, ...]:
    """Return what the last of the words may become; `FILES` for paths, nothing where any text goes.

    ``words`` are those after the program's name, as a shell has split them.
    """
    *before, current = _joined(words) or [""]
    parser, action, places, matrix = _walk(whole, before)
    option, equals, value = current.partition("=")
    if action is None and option.startswith("--") and equals:
        action = parser._option_string_actions.get(option)  # noqa: SLF001 - no public name
        return _fitting(_values(action, matrix), value, lead="")
    if action is not None:
        return _fitting(_values(action, matrix), current)
    if current.startswith("-"):
        return _fitting(tuple(_options(parser)), current)
    return _fitting(_values(places[0], matrix) if places else (), current)


def _joined(words: Sequence[str]) -> list[str]:
    """Put together again what bash takes apart at each ``=``."""
    made: list[str] = []
    for place, word in enumerate(words):
        if word == "=" and made and made[-1].startswith("--"):
            made[-1] += "="
        elif place and words[place - 1] == "=" and made[-1].endswith("="):
            made[-1] += word
        else:
            made.append(word)
    return made


def _walk(
    parser: argparse.ArgumentParser, words: Sequence[str]
) -> tuple[argparse.ArgumentParser, argparse.Action | None, list[argparse.Action], str | None]:
    """Return who reads the next word, the option whose value it is, and positionals to come."""
    places = _positionals(parser)
    open_option: argparse.Action | None = None
    matrix = None
    for word in words:
        if open_option is not None:
            matrix = word if "--matrix" in open_option.option_strings else matrix
            open_option = None
        elif word.startswith("-") and word != "-":
            found = parser._option_string_actions.get(word)  # noqa: SLF001 - no public name
            open_option = found if found is not None and found.nargs != 0 else None
        elif places and isinstance(places[0], Actions):
            inner = _inner(places[0], word)
            if inner is None:
                return parser, None, [], matrix
            parser, places = inner, _positionals(inner)
        elif places and places[0].nargs not in ("*", "+"):
            places = places[1:]
    return parser, open_option, places, matrix


def _inner(action: Actions, word: str) -> argparse.ArgumentParser | None:  # type: ignore[type-arg]
    if word not in action.choices:
        return None
    return action.made(word) if isinstance(action, Commands) else action.choices[word]


def _positionals(parser: argparse.ArgumentParser) -> list[argparse.Action]:
    return [one for one in parser._actions if not one.option_strings]  # noqa: SLF001


def _options(parser: argparse.ArgumentParser) -> Iterator[str]:
    for one in parser._actions:  # noqa: SLF001 - no public name
        if one.help != argparse.SUPPRESS:
            yield from (name for name in one.option_strings if name.startswith("--"))


def _values(action: argparse.Action | None, matrix: str | None) -> tuple[str, ...]:
    if action is None:
        return ()
    if action.choices is not None:
        return tuple(str(one) for one in action.choices if one != [])
    if action.type is path or _FILES & {*action.option_strings}:
        return FILES
    names = action.option_strings or [action.dest]
    kind = next((found for one in names if (found := _kind(one))), None)
    return _ids(kind, matrix) if kind else ()


def _kind(name: str) -> str | None:
    return _OPTIONS.get(name) if name.startswith("-") else _POSITIONALS.get(name)


def _fitting(found: tuple[str, ...], current: str, lead: str | None = None) -> tuple[str, ...]:
    """Return what begins as the word does; of a list with commas, the last of it."""
    if found is FILES:
        return FILES
    done, comma, last = current.rpartition(",")
    lead = f"{done}{comma}" if lead is None else f"{lead}{done}{comma}"
    return tuple(f"{lead}{one}" for one in found if one.startswith(last))


def _ids(kind: str, matrix: str | None) -> tuple[str, ...]:
    from caniload.runner.core.shipped import MATRIX, PROBES  # noqa: PLC0415 - imports pathlib

    here = "matrix.yaml"
    place = matrix or (here if os.path.isfile(here) else str(MATRIX))  # noqa: PTH113 - see above
    section = re.search(rf"^{kind}:$(.*?)(?=^\w|\Z)", _text(place), flags=re.MULTILINE | re.DOTALL)
    if section is None:
        return ()
    if kind != _MODELS:
        return tuple(_ID.findall(section[1]))
    families = dict.fromkeys(_FAMILY.findall(section[1]))
    texts = (_text(str(PROBES / "models" / f"{family}.py")) for family in families)
    found = (
        name for text in texts for body in _INPUTS.findall(text) for name in _NAME.findall(body)
    )
    return tuple(dict.fromkeys(found))


def _text(place: str) -> str:
    try:
        return path(place).read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        return ""
