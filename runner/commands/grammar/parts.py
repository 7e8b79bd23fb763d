"""What the commands are made of: how one is added, and what a word on the line may be."""

from __future__ import annotations

import argparse
import functools
import importlib
import os
from collections.abc import Callable

from caniload.runner.commands.grammar.defaults import fill, from_project
from caniload.runner.core.errors import UsageError

TYPE_CHECKING = False  # checkers know the name; to import it takes as long as all else here
if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

Command = Callable[[argparse.Namespace], int]


class Help(argparse.HelpFormatter):
    """Asks for the terminal's width itself: argparse imports shutil for it, and all it needs."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, width=_columns() - 2)


class RawHelp(Help, argparse.RawDescriptionHelpFormatter):
    """The same, with descriptions as they are written."""


def _columns() -> int:
    """Return the width that is asked for or that the screen has; 80 without either."""
    try:
        return int(os.environ.get("COLUMNS", "")) or 80
    except ValueError:
        pass
    try:
        return os.get_terminal_size().columns or 80
    except OSError:
        return 80


class Parser(argparse.ArgumentParser):
    """Says what is wrong in one line, as every other error of ours."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **{"formatter_class": Help, **named})

    def parse_known_args(  # type: ignore[override]
        self, args: Any = None, namespace: Any = None
    ) -> tuple[argparse.Namespace, list[str]]:
        found, rest = super().parse_known_args(args, namespace)
        fill(self, found)
        return found, rest

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        if isinstance(action, Commands) and value not in action.choices:
            from caniload.runner.core.nearest import nearest  # noqa: PLC0415 - only for a mistake

            near = nearest(value, action.choices)
            raise argparse.ArgumentError(action, f"there is no command {value!r}; {near}")
        super()._check_value(action, value)

    def error(self, message: str) -> None:  # type: ignore[override]
        raise UsageError(f"{message}; see `{self.prog} --help`")


Actions = argparse._SubParsersAction  # noqa: SLF001 - argparse has no public name for it


class Commands(Actions):  # type: ignore[type-arg]
    """Makes the parser of a command when that is typed.

    To make all of them takes half as long as to start Python.
    """

    def add_later(self, name: str, text: str, making: Callable[[Commands], Parser]) -> None:
        """List a command in ``--help``; ``making`` adds its parser, and is called at most once."""
        self._choices_actions.append(self._ChoicesPseudoAction(name, (), text))
        self._name_parser_map[name] = making

    def made(self, name: str) -> Parser:
        """Return the parser of a command."""
        there = self._name_parser_map[name]
        if isinstance(there, Parser):
            return there
        listed = [*self._choices_actions]
        del self._name_parser_map[name]  # or it is there twice
        parser: Parser = there(self)
        self._choices_actions = listed
        return parser

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: Any,
        option_string: str | None = None,
    ) -> None:
        if values[0] in self._name_parser_map:
            self.made(values[0])
        super().__call__(parser, namespace, values, option_string)


@functools.cache
def later(module: str, name: str) -> Command:
    """Return the command of that name, imported when it runs: most need pandas, some do not."""

    def command(arguments: argparse.Namespace) -> int:
        function: Command = getattr(
            importlib.import_module(f"caniload.runner.commands.{module}"), name
        )
        return function(arguments)

    return command


def add(actions: Actions[Parser], name: str, command: Command, text: str) -> Parser:
    parser: Parser = actions.add_parser(name, help=text, description=text)
    if name not in ("clean", "completion", "diff", "inspect", "merge"):
        # Suppressed, for "env" has it before and after its action, and the later is not to undo it.
        parser.add_argument(
            "--locks",
            type=path,
            metavar="DIR",
            default=argparse.SUPPRESS,
            help="another folder of locks",
        )
        parser.add_argument(
            "--no-fetch",
            action="store_true",
            default=argparse.SUPPRESS,
            help="download no Python that this machine has not",
        )
    parser.set_defaults(command=command)
    return parser


def path(text: str) -> Path:
    from pathlib import Path  # noqa: PLC0415 - takes as long as argparse, and --help names none

    return Path(text)


class Also(argparse.Action):
    """Add what is named each time, where ``type`` returns tuples."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,  # noqa: ARG002 - as argparse calls it
        namespace: argparse.Namespace,
        values: Any,
        option_string: str | None = None,  # noqa: ARG002
    ) -> None:
        before = getattr(namespace, self.dest)
        setattr(namespace, self.dest, values if before is self.default else (*before, *values))


def add_names(parser: argparse._ActionsContainer, flag: str, **more: Any) -> argparse.Action:
    """Add an option that names several, in one list or one after another; none by default."""
    return parser.add_argument(flag, type=names, action=Also, default=(), **more)


def names(text: str) -> tuple[str, ...]:
    names = tuple(name.strip() for name in text.split(",") if name.strip())
    if not names:
        raise argparse.ArgumentTypeError("names nothing; leave it out to choose all")
    return names


def listed(file: str) -> tuple[str, ...]:
    try:
        lines = path(file).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "is not UTF-8 text"
        raise argparse.ArgumentTypeError(f"{file}: {reason}") from error
    found = tuple(line.strip() for line in lines if line.strip() and not line.startswith("#"))
    if not found:
        raise argparse.ArgumentTypeError(f"{file}: lists no cell")
    return found


def count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of 1 or more")
    return int(text)


def shard(text: str) -> tuple[int, int]:
    """Read which of how many, such as 2/8."""
    number, slash, of = text.partition("/")
    if not (slash and number.isdecimal() and of.isdecimal() and 1 <= int(number) <= int(of)):
        raise argparse.ArgumentTypeError(f"{text!r} is not a shard such as 2/8")
    return int(number), int(of)


def address(text: str) -> str:
    """Read an address of the web, or a path from the report's folder."""
    scheme, colon, _ = text.partition(":")
    if not text or (colon and "/" not in scheme and scheme not in ("http", "https")):
        raise argparse.ArgumentTypeError(f"{text!r} is no address such as https://…/feed.xml")
    return text


def size(text: str) -> int:
    """Read a size such as 20G or 800M, in bytes."""
    units = {"K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40}
    unit = text[-1:].upper()
    try:
        size = int(float(text[:-1] if unit in units else text) * units.get(unit, 1))
    except (ValueError, OverflowError):
        size = -1
    if size < 0:
        raise argparse.ArgumentTypeError(f"{text!r} is not a size such as 20G")
    return size


LISTED = ("text", "json")
"""How a list is written; answers about models have more."""

ANSWERED = (*LISTED, "markdown", "junit", "sarif")


def add_format(
    parser: argparse._ActionsContainer,
    kinds: tuple[str, ...] = ANSWERED,
    *,
    usual: str = "text",
    json: str = "the same as --format json",
) -> None:
    """Add how an answer is written."""
    parser.add_argument(
        "--format",
        choices=kinds,
        default=usual,
        help=f"default: {usual}",
    )
    parser.add_argument(
        "--json",
        dest="format",
        action="store_const",
        const="json",
        default=argparse.SUPPRESS,
        help=json,
    )


def add_colour(parser: argparse._ActionsContainer) -> None:
    """Add whether text is coloured."""
    colour = parser.add_argument(
        "--color",
        choices=("auto", "always", "never"),
        default="auto",
        help="auto: on a terminal, and not where NO_COLOR is set",
    )
    from_project(colour, "color")


def add_env_from(parser: argparse._ActionsContainer, what: str = "also") -> None:
    """Add a project's lock as what names an environment."""
    parser.add_argument(
        "--env-from",
        type=path,
        metavar="LOCK",
        help=f"{what} the environment nearest to a uv.lock, pylock.toml, poetry.lock or"
        " requirements.txt; which, and how near, is said",
    )
