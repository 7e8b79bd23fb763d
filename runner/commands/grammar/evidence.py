"""``caniload evidence`` and its actions."""

from __future__ import annotations

from caniload.runner.commands.grammar.matrix import add_selection
from caniload.runner.commands.grammar.parts import Parser, add, later, path


def add_evidence(parser: Parser) -> None:
    inner = parser.add_subparsers(metavar="ACTION", parser_class=Parser)
    parser.set_defaults(pack=[], format="text")
    showing = add(
        inner,
        "show",
        later("evidence", "show"),
        "Check every byte of packs, and say what they cover and what not.",
    )
    showing.add_argument(
        "pack", nargs="*", type=path, metavar="FILE", help="packs (default: all that are used here)"
    )
    showing.add_argument("--format", choices=("text", "json"), default="text")
    _add_export(
        add(
            inner,
            "export",
            later("evidence", "export"),
            "Write what was measured here into one file: features and outcomes, no code, no paths.",
        )
    )
    bringing = add(
        inner,
        "import",
        later("evidence", "bring"),
        "Check packs and take them into CANILOAD_HOME, where answers use them.",
    )
    bringing.add_argument("place", nargs="+", metavar="FILE-OR-URL", help="a file, or https://…")
    merging = add(
        inner,
        "merge",
        later("evidence", "merge"),
        "Make one pack of several; in any order the same bytes.",
    )
    merging.add_argument("pack", nargs="+", type=path, metavar="FILE")
    merging.add_argument("--into", type=path, metavar="FILE", required=True, help="written anew")
    merging.add_argument(
        "--latest",
        action="store_true",
        help="of what one environment saved and another loaded, keep what was measured last",
    )


def _add_export(parser: Parser) -> None:
    parser.add_argument(
        "-o",
        "--output",
        type=path,
        metavar="FILE",
        required=True,
        help="such as team.pack",
    )
    parser.add_argument(
        "--own",
        action="append",
        default=[],
        type=path,
        metavar="PATH",
        help="and what `check --run` measured of these files of yours: features and outcomes,"
        " without names; may be given several times",
    )
    add_selection(parser, usual="all")
