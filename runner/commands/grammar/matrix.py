"""Commands about the matrix, its environments and what is kept of it."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import get_args

from caniload.runner.commands.grammar.parts import (
    Actions,
    Parser,
    add,
    count,
    later,
    listed,
    names,
    size,
)
from caniload.runner.matrix.profiles import ProfileName

PARTS = (
    *("environments", "cache", "artifacts", "results", "report", "private", "added", "checked"),
    "constructors",
)
"""What `caniload clean` can remove."""


def add_selection(parser: argparse.ArgumentParser) -> None:
    chosen = parser.add_argument_group("what of the matrix (default: all of its default profile)")
    chosen.add_argument(
        "--profile", choices=get_args(ProfileName), help="how much of it (default: default)"
    )
    chosen.add_argument(
        "--envs", type=names, default=(), metavar="ID,ID", help="environments, of any profile"
    )
    chosen.add_argument("--from", dest="first", metavar="ID", help="first, such as 2.12")
    chosen.add_argument("--to", dest="last", metavar="ID", help="last, such as 2.21")
    chosen.add_argument("--models", type=names, default=(), metavar="ID,ID")
    chosen.add_argument("--formats", type=names, default=(), metavar="ID,ID")
    chosen.add_argument(
        "--cells",
        type=listed,
        default=(),
        metavar="FILE",
        help="only the cells whose ids a file lists, one a line, as the report's retry.txt does",
    )
    chosen.add_argument("--python-only", metavar="3.11", help="only environments of that Python")
    add_adding(chosen)


def add_adding(parser: argparse._ActionsContainer) -> None:
    parser.add_argument(
        "--add",
        action="append",
        metavar="REQUIREMENT",
        help="and a temporary environment of this, such as tensorflow==2.16.1; given several times,"
        " all of it together is one environment",
    )


def add_plan(actions: Actions[Parser]) -> None:
    parser = add(
        actions,
        "plan",
        later("matrix", "plan"),
        "Show what would run and what it costs; run nothing.",
    )
    add_selection(parser)
    parser.add_argument("--jobs", type=count, metavar="N", help="processes at a time")
    parser.add_argument("--json", action="store_true", help="as JSON")


def add_matrix(actions: Actions[Parser]) -> None:
    parser = add(
        actions,
        "matrix",
        later("matrix", "matrix"),
        "Build and run what is missing; write the report.",
    )
    add_selection(parser)
    how = parser.add_argument_group("how")
    how.add_argument("--jobs", type=count, metavar="N", help="processes at a time (default: cores)")
    how.add_argument("--isolate", action="store_true", help="every cell in a process of its own")
    how.add_argument("--rerun", action="store_true", help="run again what has a result")
    how.add_argument("--max-disk", type=size, metavar="20G", help="evict environments beyond it")
    how.add_argument("--installer", choices=("uv", "virtualenv"), default="uv")
    how.add_argument("--report", type=Path, metavar="DIR", help="where the report goes")
    how.add_argument("--open", action=argparse.BooleanOptionalAction, help="show it in a browser")
    how.add_argument(
        "--strict",
        action="store_true",
        help="exit 1 if anything is untested, or too much has no entry in the catalogue",
    )


def add_report(actions: Actions[Parser]) -> None:
    parser = add(
        actions,
        "report",
        later("matrix", "report"),
        "Write the report from what is stored; run nothing.",
    )
    add_selection(parser)
    parser.add_argument("--report", type=Path, metavar="DIR", help="where it goes")
    parser.add_argument(
        "--open", action=argparse.BooleanOptionalAction, help="show it in a browser"
    )


def add_cells(actions: Actions[Parser]) -> None:
    parser = add(
        actions, "cells", later("cells", "cells"), "Print stored results, one JSON object a line."
    )
    add_selection(parser)
    parser.add_argument("--save", type=names, default=(), metavar="ID,ID", help="saved by")
    parser.add_argument("--load", type=names, default=(), metavar="ID,ID", help="loaded by")
    parser.add_argument("--outcome", type=names, default=(), metavar="WORD,WORD")
    parser.add_argument("--controls", action="store_true", help="damaged control files, too")
    parser.add_argument("id", nargs="*", help="cell ids, such as tf-2.15/lstm.h5/tf-2.21")


def add_reproduce(actions: Actions[Parser]) -> None:
    parser = add(
        actions,
        "reproduce",
        later("cells", "reproduce"),
        "Print a script that repeats one cell by hand.",
    )
    parser.add_argument("cell", help="such as tf-2.15/lstm.h5/tf-2.21")
    add_adding(parser)


def add_env(actions: Actions[Parser]) -> None:
    parser = add(
        actions,
        "env",
        later("environments", "show"),
        "List, build, enter, remove or add environments.",
    )
    inner = parser.add_subparsers(metavar="ACTION", parser_class=Parser)
    parser.set_defaults(json=False)
    listing = add(
        inner,
        "list",
        later("environments", "show"),
        "Show what was found in each of them.",
    )
    listing.add_argument("--json", action="store_true", help="as JSON")
    for name, command, text in (
        ("build", later("environments", "build_named"), "Build environments."),
        (
            "path",
            later("environments", "print_path"),
            "Print the interpreter of an environment.",
        ),
        (
            "shell",
            later("environments", "shell"),
            "Start the environment's Python, as its cells have it.",
        ),
        ("remove", later("environments", "remove"), "Remove built environments."),
    ):
        action = add(inner, name, command, text)
        many = "+" if name in {"build", "remove"} else None
        action.add_argument("id", nargs=many)
    action = add(
        inner,
        "add",
        later("environments", "add"),
        "Write an environment into matrix.yaml, locked.",
    )
    action.add_argument(
        "requirement", nargs="+", help="such as tensorflow==2.16.1 keras==3.5.0; one environment"
    )
    action.add_argument("--id", metavar="ID", help="its id (default: inferred, such as tf-2.16.1)")


def add_releases(actions: Actions[Parser]) -> None:
    parser = add(
        actions,
        "releases",
        later("releases", "releases"),
        "Show what the package index has that matrix.yaml has not, and what adding it costs.",
    )
    parser.add_argument("--pre", action="store_true", help="pre-releases, too")
    parser.add_argument("--json", action="store_true", help="as JSON")


def add_clean(actions: Actions[Parser]) -> None:
    parser = add(
        actions, "clean", later("clean", "clean"), "Say what CANILOAD_HOME holds, and remove parts."
    )
    parser.add_argument(
        "part", nargs="*", choices=[[], *PARTS], help="what to remove (default: nothing)"
    )
