"""All commands together, and the exit codes that ``--help`` states."""

from __future__ import annotations

import argparse
import functools

from caniload.runner.commands.grammar import evidence, matrix, models, nightly
from caniload.runner.commands.grammar.parts import Commands, Parser, RawHelp, add, later, path

EXIT_CODES = """\
exit codes: 0 done, whatever the cells say · 1 under --strict something is untested or a control
failed · 2 matrix.yaml or an argument cannot be used, or a file to inspect is damaged or no model ·
3 another run holds the store · 4 the machine cannot do what was asked, or the package index does
not answer · 130 interrupted (run again: nothing is lost)
of inspect: 0 nothing stops · 1 a danger, or what --fail-on names · 2 a file cannot be read
of check: 0 all models stay the same everywhere asked · 1 somewhere they do not · 2 a file cannot be
read, or is not run without --trust · 5 not known; with --secure 0 each has a version without a
known open door · 1 one has none
of diff: 0 the same · 1 not the same · 2 a file cannot be read · 5 nothing differs, but not all was
compared
of convert: 0 all were delivered · 1 one was not · 2 one needs --trust, or there is no model · 3
another run writes to that folder · 4 the target cannot be built here
of bisect: 0 the release and its package are found · 1 an end is not good or not bad as said · 2 as
of check · 4 an end cannot be tested here · 5 narrowed, but not to one release of one package
of upgrade: 0 nothing is to be done · 1 a model warns, needs a change, works in part or is lost ·
2 as of check · 5 something was not tested; the rollback changes none of them
of ci: as of inspect, check and upgrade, the gravest of 4, 3, 2, 1, 5, 0
of merge: 0 all is in one place · 1 results contradict each other; the first was kept · 2 shards are
of different plans or machines · 5 shards are missing; nothing was merged (also of matrix --shard
whose files are not all there)
of nightly compare: 0 nothing is new · 1 something is · 2 the ledger or a night cannot be read · 5
nothing ran, or nothing has a result
of ledger check: 0 what is stored is as the ledger says · 1 something is not, or has expired
of evidence merge: 0 one pack was made of all · 1 so it was, and measurements in it contradict each
other · 2 a pack is none, or not as it was written (also of evidence show and import)"""


class _Version(argparse.Action):
    """Looks the version up when it is asked for: that takes longer than all else here."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from caniload.runner.core.version import version  # noqa: PLC0415 - see above

        print(f"caniload {version()}")
        parser.exit()


def parser() -> Parser:
    """Return the parser of the whole command line; ``arguments.command`` is what to call."""
    whole = Parser(
        prog="caniload",
        description="Run saved Keras models through many TensorFlow and Keras versions.",
        epilog=EXIT_CODES,
        formatter_class=RawHelp,
    )
    whole.add_argument(
        "--version",
        action=_Version,
        nargs=0,
        default=argparse.SUPPRESS,
        help="show program's version number and exit",
    )
    whole.add_argument(
        "--matrix", type=path, metavar="PATH", help="another matrix.yaml (default: ./matrix.yaml)"
    )
    actions: Commands = whole.add_subparsers(  # type: ignore[assignment]
        action=Commands, prog=whole.prog, required=True, metavar="COMMAND", parser_class=Parser
    )
    for name, (_, _, text) in COMMANDS.items():
        actions.add_later(name, text, functools.partial(_made, name))
    return whole


def _made(name: str, actions: Commands) -> Parser:
    adding, command, text = COMMANDS[name]
    parser = add(actions, name, command, text)
    adding(parser)
    return parser


COMMANDS = {
    "plan": (
        matrix.add_plan,
        later("matrix", "plan"),
        "Show what would run and what it costs; run nothing.",
    ),
    "matrix": (
        matrix.add_matrix,
        later("matrix", "matrix"),
        "Build and run what is missing; write the report.",
    ),
    "merge": (
        matrix.add_merge,
        later("sharding", "merge"),
        "Bring what other machines measured into one CANILOAD_HOME; they keep what they have.",
    ),
    "report": (
        matrix.add_report,
        later("matrix", "report"),
        "Write the report from what is stored; run nothing.",
    ),
    "cells": (
        matrix.add_cells,
        later("cells", "cells"),
        "Print stored results, one JSON object a line.",
    ),
    "reproduce": (
        matrix.add_reproduce,
        later("cells", "reproduce"),
        "Print a script that repeats one cell by hand.",
    ),
    "env": (
        matrix.add_env,
        later("environments", "show"),
        "List, build, enter, remove or add environments.",
    ),
    "inspect": (
        models.add_inspect,
        later("inspect", "inspect"),
        "Show what saved model files say of themselves; loads nothing, needs no framework.",
    ),
    "diff": (
        models.add_diff,
        later("diff", "diff"),
        "Show what differs between two saved models: layers, settings, weights, training.",
    ),
    "constructors": (
        models.add_constructors,
        later("constructors", "constructors"),
        "Show which arguments layers, losses, optimizers and the like take in each version.",
    ),
    "attacks": (
        models.add_attacks,
        later("attacks", "attacks"),
        "Show which version lets what through of harmless files that attack; --run tries it.",
    ),
    "check": (
        models.add_check,
        later("check", "check"),
        "Say whether models of yours load elsewhere and stay the same; --run tries it.",
    ),
    "bisect": (
        models.add_bisect,
        later("bisect", "bisect"),
        "Find the exact release, and its package, with which a model stops loading or changes.",
    ),
    "convert": (
        models.add_convert,
        later("convert", "convert"),
        "Bring saved models to another version, and prove that they are the same models there.",
    ),
    "upgrade": (
        models.add_upgrade,
        later("upgrade", "upgrade"),
        "Say what of yours survives an upgrade, what needs a change, and what a rollback reads.",
    ),
    "ci": (
        models.add_ci,
        later("ci", "ci"),
        "Ask it all of a project's models: a page, one comment, SARIF, JUnit, one exit code.",
    ),
    "evidence": (
        evidence.add_evidence,
        later("evidence", "show"),
        "Take what was measured elsewhere, give what was measured here: in one file.",
    ),
    "nightly": (
        nightly.add_nightly,
        later("nightly", "compare"),
        "Say what is new tonight, and plan the issues and proposals that follow.",
    ),
    "ledger": (
        nightly.add_ledger,
        later("nightly", "check_ledger"),
        "Write or check what is expected of every night.",
    ),
    "history": (
        nightly.add_history,
        later("nightly", "history"),
        "Say since which night a cell, an environment or a model is as it is.",
    ),
    "releases": (
        matrix.add_releases,
        later("releases", "releases"),
        "Show what the package index has that matrix.yaml has not, and what adding it costs.",
    ),
    "completion": (
        matrix.add_completion,
        later("completion", "completion"),
        "Print what bash, zsh or fish loads to complete commands, options and ids.",
    ),
    "clean": (
        matrix.add_clean,
        later("clean", "clean"),
        "Say what CANILOAD_HOME holds, and remove parts.",
    ),
}
"""The commands as ``--help`` lists them: who adds the arguments, what runs, and what it does.

Never taken for a model's name.
"""
