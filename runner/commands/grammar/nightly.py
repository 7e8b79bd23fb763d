"""``caniload nightly``, ``ledger`` and ``history``."""

from __future__ import annotations

import argparse

from caniload.runner.commands.grammar.matrix import add_selection
from caniload.runner.commands.grammar.parts import (
    LISTED,
    Parser,
    add,
    add_format,
    add_names,
    count,
    later,
    path,
)

KEPT = 60
"""Nights that are kept one by one, as ``nightly.keeping`` has it."""


def _add_nights(parser: argparse._ActionsContainer) -> None:
    parser.add_argument(
        "--nights",
        type=path,
        metavar="DIR",
        help="where nights are kept (default: nights in CANILOAD_HOME)",
    )


def _add_ledger(parser: argparse._ActionsContainer) -> None:
    parser.add_argument(
        "--ledger",
        type=path,
        metavar="FILE",
        help="what is expected (default: ledger.yaml beside matrix.yaml)",
    )


def add_nightly(parser: Parser) -> None:
    inner = parser.add_subparsers(metavar="ACTION", required=True, parser_class=Parser)
    _add_compare(
        add(
            inner,
            "compare",
            later("nightly", "compare"),
            "Say what is new against the ledger and the nights before; keep the night.",
        )
    )
    planning = add(
        inner,
        "issues",
        later("nightly", "plan_issues"),
        "Print as JSON which issues to open, update, reopen and close; does none of it.",
    )
    planning.add_argument(
        "--report", type=path, required=True, metavar="FILE", help="nightly.json of compare --into"
    )
    planning.add_argument(
        "--issues",
        type=path,
        required=True,
        metavar="FILE",
        help="the tracker's: gh issue list --state all --label caniload-nightly --json"
        " number,state,labels,body",
    )
    proposing = add(
        inner,
        "propose",
        later("nightly", "propose"),
        "Print as JSON which new releases to propose as pull requests.",
    )
    proposing.add_argument(
        "--requests",
        type=path,
        metavar="FILE",
        help="those that there are: gh pr list --state all --json headRefName",
    )
    proposing.add_argument("--days", type=count, default=60, help="how old is new (default: 60)")
    proposing.add_argument("--pre", action="store_true", help="pre-releases, too")
    telling = add(
        inner,
        "proposal",
        later("nightly", "proposal"),
        "Print as Markdown what a new environment does beside the one that it follows.",
    )
    telling.add_argument("id", metavar="ENV")
    _add_ledger(telling)
    add_selection(telling)


def _add_compare(parser: Parser) -> None:
    add_selection(parser)
    _add_nights(parser)
    _add_ledger(parser)
    parser.add_argument(
        "--into",
        type=path,
        metavar="DIR",
        help="write nightly.json, nightly.md and nightly.atom there",
    )
    parser.add_argument(
        "--summary",
        type=path,
        metavar="FILE",
        help='append Markdown to it, such as "$GITHUB_STEP_SUMMARY"',
    )
    parser.add_argument(
        "--link", default="", metavar="URL", help="where the feed's readers find more"
    )
    parser.add_argument(
        "--most",
        type=count,
        default=KEPT,
        metavar="N",
        help=f"nights to keep, and of older ones the first of a month (default: {KEPT})",
    )
    parser.add_argument(
        "--again", action="store_true", help="in place of the night that was kept last"
    )
    parser.add_argument(
        "--no-keep", dest="keep", action="store_false", help="only tell; keep nothing"
    )
    parser.add_argument(
        "--fail-on",
        choices=("new", "open", "never"),
        default="new",
        help="exit 1 for what is new, or also for what is not settled (default: new)",
    )
    add_format(parser, (*LISTED, "markdown"))


def add_ledger(parser: Parser) -> None:
    inner = parser.add_subparsers(metavar="ACTION", required=True, parser_class=Parser)
    writing = add(
        inner,
        "write",
        later("nightly", "write_ledger"),
        "Write what is stored into the ledger: add what nothing expects, remove what is gone.",
    )
    _add_ledger(writing)
    writing.add_argument("--reason", default="", help="why what is new is expected")
    writing.add_argument(
        "--days", type=count, metavar="N", help="how long (default: 90; without a reason 30)"
    )
    add_names(
        writing,
        "--only",
        metavar="ID,ID",
        help="only these causes, by the ids that `nightly compare` tells; remove nothing",
    )
    writing.add_argument(
        "--renew", action="store_true", help="give what has expired another term, too"
    )
    add_selection(writing)
    checking = add(
        inner,
        "check",
        later("nightly", "check_ledger"),
        "Check the ledger, and hold it against what is stored.",
    )
    _add_ledger(checking)
    add_selection(checking)
    add_format(checking, LISTED)


def add_history(parser: Parser) -> None:
    parser.add_argument(
        "name", metavar="CELL|ENV|MODEL", help="such as tf-2.15/lstm.h5/tf-2.21, tf-2.21 or lstm"
    )
    _add_nights(parser)
    add_format(parser, LISTED)
