"""The grammar of the command line: which commands there are, and what each is given."""

from __future__ import annotations

import argparse
import functools
import importlib
from collections.abc import Callable
from pathlib import Path
from typing import get_args

from runner import inspecting
from runner.errors import UsageError
from runner.matrix import ProfileName
from runner.version import version

Command = Callable[[argparse.Namespace], int]

EXIT_CODES = """\
exit codes: 0 done, whatever the cells say · 1 under --strict something is untested or a control
failed, or a file was not converted · 2 matrix.yaml or an argument cannot be used, a file to inspect
is damaged or no model, or one to convert needs --trust · 3 another run holds the store · 4 the
machine cannot do what was asked, or the package index does not answer · 130 interrupted (run
again: nothing is lost)
of check: 0 all models stay the same everywhere asked · 1 somewhere they do not · 2 a file cannot be
read, or is not run without --trust · 5 not known
of bisect: 0 the release and its package are found · 1 an end is not good or not bad as said · 2 as
of check · 4 an end cannot be tested here · 5 narrowed, but not to one release of one package
of upgrade: 0 nothing is to be done · 1 a model warns, needs a change, works in part or is lost ·
2 as of check · 5 something was not tested; the rollback changes none of them"""


PARTS = ("environments", "cache", "artifacts", "results", "report", "private", "added", "checked")
"""What `caniload clean` can remove."""


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one line, as every other error of ours."""

    def error(self, message: str) -> None:  # type: ignore[override]
        raise UsageError(f"{message}; see `{self.prog} --help`")


def parser() -> argparse.ArgumentParser:
    """Return the parser of the whole command line; ``arguments.command`` is what to call."""
    whole = _Parser(
        prog="caniload",
        description="Run saved Keras models through many TensorFlow and Keras versions.",
        epilog=EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    whole.add_argument("--version", action="version", version=f"caniload {version()}")
    whole.add_argument(
        "--matrix", type=Path, metavar="PATH", help="another matrix.yaml (default: ./matrix.yaml)"
    )
    actions = whole.add_subparsers(required=True, metavar="COMMAND", parser_class=_Parser)
    for add in COMMANDS.values():
        add(actions)
    return whole


@functools.cache
def _later(name: str, module: str = "commands") -> Command:
    """Return the command of that name, imported when it runs: most need pandas, some do not."""

    def command(arguments: argparse.Namespace) -> int:
        function: Command = getattr(importlib.import_module(f"runner.{module}"), name)
        return function(arguments)

    return command


Actions = argparse._SubParsersAction  # noqa: SLF001 - argparse has no public name for it


def _add(actions: Actions[_Parser], name: str, command: Command, text: str) -> _Parser:
    parser: _Parser = actions.add_parser(name, help=text, description=text)
    if name not in ("clean", "inspect"):
        # Suppressed, for "env" has it before and after its action, and the later is not to undo it.
        parser.add_argument(
            "--locks",
            type=Path,
            metavar="DIR",
            default=argparse.SUPPRESS,
            help="another folder of locks",
        )
    parser.set_defaults(command=command)
    return parser


def _add_selection(parser: argparse.ArgumentParser) -> None:
    chosen = parser.add_argument_group("what of the matrix (default: all of its default profile)")
    chosen.add_argument(
        "--profile", choices=get_args(ProfileName), help="how much of it (default: default)"
    )
    chosen.add_argument(
        "--envs", type=_names, default=(), metavar="ID,ID", help="environments, of any profile"
    )
    chosen.add_argument("--from", dest="first", metavar="ID", help="first, such as 2.12")
    chosen.add_argument("--to", dest="last", metavar="ID", help="last, such as 2.21")
    chosen.add_argument("--models", type=_names, default=(), metavar="ID,ID")
    chosen.add_argument("--formats", type=_names, default=(), metavar="ID,ID")
    chosen.add_argument(
        "--cells",
        type=_listed,
        default=(),
        metavar="FILE",
        help="only the cells whose ids a file lists, one a line, as the report's retry.txt does",
    )
    chosen.add_argument("--python-only", metavar="3.11", help="only environments of that Python")
    _add_adding(chosen)


def _add_adding(parser: argparse._ActionsContainer) -> None:
    parser.add_argument(
        "--add",
        action="append",
        metavar="REQUIREMENT",
        help="and a temporary environment of this, such as tensorflow==2.16.1; given several times,"
        " all of it together is one environment",
    )


def _add_plan(actions: Actions[_Parser]) -> None:
    parser = _add(
        actions, "plan", _later("plan"), "Show what would run and what it costs; run nothing."
    )
    _add_selection(parser)
    parser.add_argument("--jobs", type=_count, metavar="N", help="processes at a time")
    parser.add_argument("--json", action="store_true", help="as JSON")


def _add_matrix(actions: Actions[_Parser]) -> None:
    parser = _add(
        actions, "matrix", _later("matrix"), "Build and run what is missing; write the report."
    )
    _add_selection(parser)
    how = parser.add_argument_group("how")
    how.add_argument(
        "--jobs", type=_count, metavar="N", help="processes at a time (default: cores)"
    )
    how.add_argument("--isolate", action="store_true", help="every cell in a process of its own")
    how.add_argument("--rerun", action="store_true", help="run again what has a result")
    how.add_argument("--max-disk", type=_size, metavar="20G", help="evict environments beyond it")
    how.add_argument("--installer", choices=("uv", "virtualenv"), default="uv")
    how.add_argument("--report", type=Path, metavar="DIR", help="where the report goes")
    how.add_argument("--open", action=argparse.BooleanOptionalAction, help="show it in a browser")
    how.add_argument(
        "--strict",
        action="store_true",
        help="exit 1 if anything is untested, or too much has no entry in the catalogue",
    )


def _add_report(actions: Actions[_Parser]) -> None:
    parser = _add(
        actions, "report", _later("report"), "Write the report from what is stored; run nothing."
    )
    _add_selection(parser)
    parser.add_argument("--report", type=Path, metavar="DIR", help="where it goes")
    parser.add_argument(
        "--open", action=argparse.BooleanOptionalAction, help="show it in a browser"
    )


def _add_cells(actions: Actions[_Parser]) -> None:
    parser = _add(
        actions, "cells", _later("cells"), "Print stored results, one JSON object a line."
    )
    _add_selection(parser)
    parser.add_argument("--save", type=_names, default=(), metavar="ID,ID", help="saved by")
    parser.add_argument("--load", type=_names, default=(), metavar="ID,ID", help="loaded by")
    parser.add_argument("--outcome", type=_names, default=(), metavar="WORD,WORD")
    parser.add_argument("--controls", action="store_true", help="damaged control files, too")
    parser.add_argument("id", nargs="*", help="cell ids, such as tf-2.15/lstm.h5/tf-2.21")


def _add_reproduce(actions: Actions[_Parser]) -> None:
    parser = _add(
        actions, "reproduce", _later("reproduce"), "Print a script that repeats one cell by hand."
    )
    parser.add_argument("cell", help="such as tf-2.15/lstm.h5/tf-2.21")
    _add_adding(parser)


def _add_env(actions: Actions[_Parser]) -> None:
    parser = _add(
        actions,
        "env",
        _later("show", "environment_commands"),
        "List, build, enter, remove or add environments.",
    )
    inner = parser.add_subparsers(metavar="ACTION", parser_class=_Parser)
    parser.set_defaults(json=False)
    listing = _add(
        inner,
        "list",
        _later("show", "environment_commands"),
        "Show what was found in each of them.",
    )
    listing.add_argument("--json", action="store_true", help="as JSON")
    for name, command, text in (
        ("build", _later("build_named", "environment_commands"), "Build environments."),
        (
            "path",
            _later("print_path", "environment_commands"),
            "Print the interpreter of an environment.",
        ),
        (
            "shell",
            _later("shell", "environment_commands"),
            "Start the environment's Python, as its cells have it.",
        ),
        ("remove", _later("remove", "environment_commands"), "Remove built environments."),
    ):
        action = _add(inner, name, command, text)
        many = "+" if name in {"build", "remove"} else None
        action.add_argument("id", nargs=many)
    action = _add(
        inner,
        "add",
        _later("add", "environment_commands"),
        "Write an environment into matrix.yaml, locked.",
    )
    action.add_argument(
        "requirement", nargs="+", help="such as tensorflow==2.16.1 keras==3.5.0; one environment"
    )
    action.add_argument("--id", metavar="ID", help="its id (default: inferred, such as tf-2.16.1)")


def _add_inspect(actions: Actions[_Parser]) -> None:
    parser = _add(
        actions,
        "inspect",
        inspecting.inspect,
        "Show what saved model files say of themselves; loads nothing, needs no framework.",
    )
    parser.add_argument("model", nargs="+", type=Path, help="a file, a folder, or a prefix")
    parser.add_argument("--json", action="store_true", help="as a JSON list, one object a model")


def _add_check(actions: Actions[_Parser]) -> None:
    parser = _add(
        actions,
        "check",
        _later("check", "checking.command"),
        "Say whether models of yours load elsewhere and stay the same; --run tries it.",
    )
    parser.add_argument("model", nargs="+", type=Path, help="a file, a model folder, or a zoo")
    parser.add_argument(
        "--to", type=_names, default=(), metavar="2.21", help="TensorFlow versions, or ids"
    )
    parser.add_argument("--envs", type=_names, default=(), metavar="ID,ID", help="environments")
    parser.add_argument("--json", action="store_true", help="as a JSON list, one object a model")
    parser.add_argument(
        "--report", type=Path, metavar="DIR", help="write the pages of the matrix for them, too"
    )
    how = parser.add_argument_group("measuring")
    how.add_argument("--run", action="store_true", help="load it in each, and compare")
    how.add_argument(
        "--trust", action="store_true", help="also what runs code of its own when it is loaded"
    )
    how.add_argument(
        "--custom",
        action="append",
        default=[],
        metavar="FILE.py[:FACTORY]",
        help="your layers and functions: a file or a module; a factory returns a dict of them",
    )
    how.add_argument("--inputs", type=Path, metavar="X.npz", help="what to predict from")
    how.add_argument("--rerun", action="store_true", help="measure again what has been")
    how.add_argument("--jobs", type=_count, metavar="N", help="processes at a time")


def _add_bisect(actions: Actions[_Parser]) -> None:
    parser = _add(
        actions,
        "bisect",
        _later("bisect", "bisecting.command"),
        "Find the exact release, and its package, with which a model stops loading or changes.",
    )
    parser.add_argument("model", type=Path, help="a file or folder")
    what = "an id, a TensorFlow version, or a requirement such as keras==3.5.0"
    parser.add_argument("--good", required=True, metavar="2.15", help=f"where it loads: {what}")
    parser.add_argument("--bad", required=True, metavar="2.16", help="where it does not")
    parser.add_argument(
        "--with",
        dest="having",
        action="append",
        default=[],
        metavar="REQUIREMENT",
        help="in every environment, such as h5py==2.10; may be given several times",
    )
    parser.add_argument("--json", action="store_true", help="as JSON")
    parser.add_argument(
        "--trust", action="store_true", help="also what runs code of its own when it is loaded"
    )
    parser.add_argument(
        "--custom",
        action="append",
        default=[],
        metavar="FILE.py[:FACTORY]",
        help="your layers and functions: a file or a module; a factory returns a dict of them",
    )
    parser.add_argument("--inputs", type=Path, metavar="X.npz", help="what to predict from")


def _add_convert(actions: Actions[_Parser]) -> None:
    parser = _add(
        actions,
        "convert",
        _later("convert", "converting.command"),
        "Bring a saved model to another version, and prove that it is the same model there.",
    )
    parser.add_argument("model", type=Path, help="a file or folder, which is left as it is")
    parser.add_argument("--to", required=True, metavar="ID", help="where, such as 2.21")
    parser.add_argument("-o", "--output", type=Path, metavar="OUT", help="such as out.keras")
    parser.add_argument(
        "--custom",
        type=Path,
        action="append",
        default=[],
        metavar="FILE",
        help="a Python file with your own layers and functions; may be given several times",
    )
    parser.add_argument(
        "--inputs", type=Path, metavar="FILE", help="inputs to compare on, .npz (default: drawn)"
    )
    parser.add_argument(
        "--trust", action="store_true", help="run code that the file brings (SavedModel, Lambda)"
    )
    parser.add_argument("--report", type=Path, metavar="FILE", help="write .html or .json, too")
    parser.add_argument("--json", action="store_true", help="as JSON")


def _add_upgrade(actions: Actions[_Parser]) -> None:
    parser = _add(
        actions,
        "upgrade",
        _later("upgrade", "upgrading.command"),
        "Say what of yours survives an upgrade, what needs a change, and what a rollback reads.",
    )
    parser.add_argument("before", metavar="FROM", help="what you have, such as 2.15 or tf-2.15")
    parser.add_argument("after", metavar="TO", help="where you go, such as 2.21")
    parser.add_argument(
        "model",
        nargs="*",
        type=Path,
        help="a file, a model folder, or a zoo (default: what is stored of reference models)",
    )
    parser.add_argument(
        "-o", "--output", type=Path, metavar="FILE", help="write it there (default: print it)"
    )
    parser.add_argument("--json", action="store_true", help="as JSON instead of Markdown")
    how = parser.add_argument_group("how")
    how.add_argument(
        "--trust", action="store_true", help="also what runs code of its own when it is loaded"
    )
    how.add_argument(
        "--custom",
        action="append",
        default=[],
        metavar="FILE.py[:FACTORY]",
        help="your layers and functions, as of check; remedies take FILE.py only",
    )
    how.add_argument("--inputs", type=Path, metavar="X.npz", help="what to predict from")
    how.add_argument(
        "--no-remedies", dest="remedies", action="store_false", help="do not try to convert"
    )
    how.add_argument(
        "--no-rollback", dest="rollback", action="store_false", help="do not try the way back"
    )
    how.add_argument(
        "--converted", type=Path, metavar="DIR", help="copy the files that remedies made there"
    )
    how.add_argument("--rerun", action="store_true", help="measure again what has been")
    how.add_argument("--jobs", type=_count, metavar="N", help="processes at a time")


def _add_releases(actions: Actions[_Parser]) -> None:
    parser = _add(
        actions,
        "releases",
        _later("releases"),
        "Show what the package index has that matrix.yaml has not, and what adding it costs.",
    )
    parser.add_argument("--pre", action="store_true", help="pre-releases, too")
    parser.add_argument("--json", action="store_true", help="as JSON")


def _add_clean(actions: Actions[_Parser]) -> None:
    parser = _add(
        actions, "clean", _later("clean"), "Say what CANILOAD_HOME holds, and remove parts."
    )
    parser.add_argument(
        "part", nargs="*", choices=[[], *PARTS], help="what to remove (default: nothing)"
    )


def _names(text: str) -> tuple[str, ...]:
    names = tuple(name.strip() for name in text.split(",") if name.strip())
    if not names:
        raise argparse.ArgumentTypeError("names nothing; leave it out to choose all")
    return names


def _listed(path: str) -> tuple[str, ...]:
    try:
        lines = Path(path).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "is not UTF-8 text"
        raise argparse.ArgumentTypeError(f"{path}: {reason}") from error
    found = tuple(line.strip() for line in lines if line.strip() and not line.startswith("#"))
    if not found:
        raise argparse.ArgumentTypeError(f"{path}: lists no cell")
    return found


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of 1 or more")
    return int(text)


def _size(text: str) -> int:
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


COMMANDS = {
    "plan": _add_plan,
    "matrix": _add_matrix,
    "report": _add_report,
    "cells": _add_cells,
    "reproduce": _add_reproduce,
    "env": _add_env,
    "inspect": _add_inspect,
    "check": _add_check,
    "bisect": _add_bisect,
    "convert": _add_convert,
    "upgrade": _add_upgrade,
    "releases": _add_releases,
    "clean": _add_clean,
}
"""The commands, as ``--help`` lists them; never taken for a model's name."""
