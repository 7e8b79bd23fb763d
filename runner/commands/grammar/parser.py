"""All commands together, and the exit codes that ``--help`` states."""

from __future__ import annotations

import argparse
from pathlib import Path

from caniload.runner.commands.grammar import matrix, models
from caniload.runner.commands.grammar.parts import Parser

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


class _Version(argparse.Action):
    """Looks the version up when it is asked for: that takes longer than all else here."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from caniload.runner.core.version import version  # noqa: PLC0415 - see above

        print(f"caniload {version()}")
        parser.exit()


def parser(only: str | None = None) -> argparse.ArgumentParser:
    """Return the parser of the whole command line; ``arguments.command`` is what to call.

    With ``only`` it knows that command alone: to put all of them together takes half as long as to
    start Python.
    """
    whole = Parser(
        prog="caniload",
        description="Run saved Keras models through many TensorFlow and Keras versions.",
        epilog=EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    whole.add_argument(
        "--version",
        action=_Version,
        nargs=0,
        default=argparse.SUPPRESS,
        help="show program's version number and exit",
    )
    whole.add_argument(
        "--matrix", type=Path, metavar="PATH", help="another matrix.yaml (default: ./matrix.yaml)"
    )
    actions = whole.add_subparsers(
        prog=whole.prog, required=True, metavar="COMMAND", parser_class=Parser
    )
    for name, add_to in COMMANDS.items():
        if only in (None, name):
            add_to(actions)
    return whole


COMMANDS = {
    "plan": matrix.add_plan,
    "matrix": matrix.add_matrix,
    "report": matrix.add_report,
    "cells": matrix.add_cells,
    "reproduce": matrix.add_reproduce,
    "env": matrix.add_env,
    "inspect": models.add_inspect,
    "constructors": models.add_constructors,
    "check": models.add_check,
    "bisect": models.add_bisect,
    "convert": models.add_convert,
    "upgrade": models.add_upgrade,
    "releases": matrix.add_releases,
    "clean": matrix.add_clean,
}
"""The commands, as ``--help`` lists them; never taken for a model's name."""
