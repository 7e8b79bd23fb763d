"""Commands about the matrix, its environments and what is kept of it."""

from __future__ import annotations

import argparse

from caniload.runner.commands.grammar.parts import (
    LISTED,
    Parser,
    add,
    add_env_from,
    add_format,
    add_names,
    address,
    count,
    later,
    listed,
    path,
    shard,
    size,
)

PROFILES = ("quick", "default", "full", "published", "all")
"""Those of ``matrix.profiles``, which would have to import ``typing``."""

PARTS = (
    "environments",
    "pythons",
    "cache",
    "artifacts",
    "results",
    "report",
    "private",
    "added",
    "checked",
    "constructors",
    "attacks",
    "packs",
    "nights",
)
"""What `caniload clean` can remove."""

STAGES = ("save", "load")
PLATFORMS = ("manylinux_x86_64", "manylinux_aarch64", "macosx_arm64", "macosx_x86_64", "win_amd64")
SHELLS = ("bash", "zsh", "fish")


def add_selection(parser: argparse.ArgumentParser, usual: str | None = None) -> None:
    """Add what chooses a part; ``usual`` is the profile, whatever else is named."""
    said = usual or "default"
    chosen = parser.add_argument_group(f"what of the matrix (default: all of its {said} profile)")
    chosen.add_argument(
        "--profile", choices=PROFILES, default=usual, help=f"how much of it (default: {said})"
    )
    add_names(
        chosen,
        "--envs",
        metavar="ID,ID",
        help="environments, of any profile",
    )
    add_env_from(chosen)
    chosen.add_argument("--from", dest="first", metavar="ID", help="first, such as 2.12")
    chosen.add_argument("--to", dest="last", metavar="ID", help="last, such as 2.21")
    add_names(chosen, "--models", metavar="ID,ID")
    add_names(chosen, "--formats", metavar="ID,ID")
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


def add_plan(parser: Parser) -> None:
    add_selection(parser)
    parser.add_argument("--jobs", type=count, metavar="N", help="processes at a time")
    add_format(parser, LISTED)
    parser.add_argument(
        "--shards", type=count, metavar="N", help="how N machines would divide it, from nothing"
    )
    parser.add_argument(
        "--platform",
        choices=PLATFORMS,
        help="which environments the package index has wheels of there; nothing runs there",
    )


def add_matrix(parser: Parser) -> None:
    add_selection(parser)
    how = parser.add_argument_group("how")
    how.add_argument("--jobs", type=count, metavar="N", help="processes at a time (default: cores)")
    how.add_argument("--isolate", action="store_true", help="every cell in a process of its own")
    how.add_argument(
        "--no-twins",
        dest="twins",
        action="store_false",
        help="tell no cell from another's run; run all that was told so",
    )
    how.add_argument("--rerun", action="store_true", help="run again what has a result")
    how.add_argument(
        "--pulse",
        action="store_true",
        help="load the control again in every environment, so that each is built and tried although"
        " nothing is missing",
    )
    how.add_argument("--max-disk", type=size, metavar="20G", help="evict environments beyond it")
    how.add_argument("--installer", choices=("uv", "virtualenv"), default="uv")
    how.add_argument("--report", type=path, metavar="DIR", help="where the report goes")
    _add_shown(how)
    how.add_argument("--open", action=argparse.BooleanOptionalAction, help="show it in a browser")
    how.add_argument(
        "--strict",
        action="store_true",
        help="exit 1 if anything is untested, or too much has no entry in the catalogue",
    )
    parted = parser.add_argument_group("one of many machines")
    parted.add_argument(
        "--shard", type=shard, metavar="K/N", help="only the Kth of N shards of a stage; no report"
    )
    parted.add_argument("--stage", choices=STAGES, help="save first; when all is merged, load")
    parted.add_argument(
        "--engine",
        default="local",
        metavar="local|dask://HOST:PORT",
        help="who runs it: this machine, or the workers of a Dask cluster; dask+tls:// over TLS",
    )
    parted.add_argument(
        "--insecure", action="store_true", help="take a cluster elsewhere without TLS, too"
    )


def add_merge(parser: Parser) -> None:
    parser.add_argument(
        "home", nargs="+", type=path, help="a CANILOAD_HOME, or a copy of its results and artifacts"
    )
    parser.add_argument(
        "--into", type=path, metavar="HOME", help="where all of it goes (default: CANILOAD_HOME)"
    )
    parser.add_argument(
        "--stage", choices=STAGES, help="refuse unless all shards of this stage are there"
    )
    parser.add_argument(
        "--incomplete", action="store_true", help="merge what is there, though shards are missing"
    )


def add_report(parser: Parser) -> None:
    add_selection(parser)
    parser.add_argument("--report", type=path, metavar="DIR", help="where it goes")
    _add_shown(parser)
    parser.add_argument(
        "--open", action=argparse.BooleanOptionalAction, help="show it in a browser"
    )


def _add_shown(parser: argparse._ActionsContainer) -> None:
    """Add what a report shows beside results."""
    parser.add_argument(
        "--feed",
        type=address,
        metavar="URL",
        help="an Atom feed that its pages name, such as nightly.atom in the report's folder",
    )
    parser.add_argument(
        "--no-shipped",
        dest="shipped",
        action="store_false",
        help="show no shipped evidence of what has no result here",
    )


def add_cells(parser: Parser) -> None:
    add_selection(parser)
    add_names(parser, "--save", metavar="ID,ID", help="saved by")
    add_names(parser, "--load", metavar="ID,ID", help="loaded by")
    add_names(
        parser,
        "--outcome",
        metavar="WORD,WORD",
        help="only cells that come to this for whoever goes on training",
    )
    add_names(
        parser,
        "--predict-outcome",
        metavar="WORD,WORD",
        help="only cells that come to this for whoever predicts",
    )
    parser.add_argument("--controls", action="store_true", help="damaged control files, too")
    parser.add_argument("id", nargs="*", help="cell ids, such as tf-2.15/lstm.h5/tf-2.21")


def add_reproduce(parser: Parser) -> None:
    parser.add_argument("cell", help="such as tf-2.15/lstm.h5/tf-2.21")
    add_adding(parser)


def add_env(parser: Parser) -> None:
    inner = parser.add_subparsers(metavar="ACTION", parser_class=Parser)
    parser.set_defaults(format="text")
    listing = add(
        inner,
        "list",
        later("environments", "show"),
        "Show what was found in each of them.",
    )
    add_format(listing, LISTED)
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
        "export",
        later("environments", "export"),
        "Write an environment's lock as pylock.ID.toml, which pip and uv install from.",
    )
    action.add_argument("id")
    action.add_argument(
        "-o",
        "--output",
        type=path,
        metavar="FILE",
        help="default: pylock.ID.toml, with - for each dot of the id, as PEP 751 asks; -: print it",
    )
    action = add(
        inner,
        "add",
        later("environments", "add"),
        "Write an environment into matrix.yaml, locked.",
    )
    action.add_argument(
        "requirement", nargs="+", help="such as tensorflow==2.16.1 keras==3.5.0; one environment"
    )
    action.add_argument(
        "--beside",
        metavar="ID",
        help="a twin of that environment, which differs from it in this companion alone",
    )
    action.add_argument("--id", metavar="ID", help="its id (default: inferred, such as tf-2.16.1)")


def add_releases(parser: Parser) -> None:
    parser.add_argument("--pre", action="store_true", help="pre-releases, too")
    add_format(parser, LISTED)


def add_clean(parser: Parser) -> None:
    parser.add_argument(
        "part", nargs="*", choices=[[], *PARTS], help="what to remove (default: nothing)"
    )


def add_completion(parser: Parser) -> None:
    parser.add_argument("shell", nargs="?", choices=SHELLS, help="for whom")
    parser.add_argument("--words", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)
