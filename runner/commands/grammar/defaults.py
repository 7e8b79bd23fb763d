"""Where nothing is typed: what a variable says, else the project, else what is usual.

What an argument may be is checked as if it had been typed.
"""

from __future__ import annotations

import argparse
import os

from caniload.runner.core.errors import UsageError

TYPE_CHECKING = False  # checkers know the name; to import it takes as long as all else here
if TYPE_CHECKING:
    from typing import Any

    from caniload.runner.project.reading import Said


class Unset(list):  # type: ignore[type-arg]
    """Stands where nothing was typed; a list, for argparse appends to a copy of it.

    ``usual`` is what holds where nobody says anything; ``unless`` is another argument of the same
    meaning, beside which only what is typed counts.
    """

    def __init__(self, key: str, usual: Any, *, needed: bool, unless: str | None) -> None:
        super().__init__()
        self.key, self.usual, self.needed, self.unless = key, usual, needed, unless


def from_project(action: argparse.Action, key: str, *, unless: str | None = None) -> None:
    """Let variables and ``[tool.caniload]`` say an argument where it is not typed."""
    needed = action.required and action.default is None
    usual = [] if action.nargs == "*" and action.default is None else action.default
    action.default = Unset(key, usual, needed=needed, unless=unless)
    action.required = False
    if action.nargs == "+":
        action.nargs = "*"


def fill(parser: argparse.ArgumentParser, found: argparse.Namespace) -> None:
    """Put in what was not typed."""
    open_ones = [
        (action, value)
        for action in parser._actions  # noqa: SLF001 - argparse has no public name for it
        if isinstance(value := getattr(found, action.dest, None), Unset) and value is action.default
    ]
    if not open_ones:
        return
    from pathlib import Path  # noqa: PLC0415 - takes as long as argparse, and --help names none

    from caniload.runner.project.reading import said  # noqa: PLC0415 - likewise

    told = said(Path.cwd(), os.environ)
    for action, value in open_ones:
        beside = bool(value.unless and getattr(found, value.unless, None))
        if value.key in told and not beside:
            setattr(found, action.dest, _read(parser, action, told[value.key]))
        elif value.needed:
            name = "/".join(action.option_strings) or action.metavar or action.dest
            parser.error(f"the following arguments are required: {name}")
        else:
            usual = value.usual
            setattr(found, action.dest, [*usual] if isinstance(usual, list) else usual)


def _read(parser: argparse.ArgumentParser, action: argparse.Action, said: Said) -> Any:
    many = isinstance(action, argparse._AppendAction) or action.nargs == "*"  # noqa: SLF001
    values = said.values if many or len(said.values) == 1 else (",".join(said.values),)
    try:
        read = []
        for text in values:
            one = parser._get_value(action, text)  # noqa: SLF001
            parser._check_value(action, one)  # noqa: SLF001
            read.append(one)
    except argparse.ArgumentError as error:
        raise UsageError(f"{said.where}: {error.message}") from error
    return read if many else read[0]
