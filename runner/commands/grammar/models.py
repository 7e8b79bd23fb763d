"""Commands about model files of a person's own."""

from __future__ import annotations

import argparse

from caniload.runner.commands.grammar.defaults import from_project
from caniload.runner.commands.grammar.parts import (
    ANSWERED,
    LISTED,
    Parser,
    add_colour,
    add_env_from,
    add_format,
    add_names,
    count,
    path,
)
from caniload.runner.sandbox.words import AUTO, CHOICES


def add_inspect(parser: Parser) -> None:
    from_project(
        parser.add_argument("model", nargs="+", type=path, help="a file, a folder, or a prefix"),
        "models",
    )
    add_format(parser, json="as a JSON list, one object a model")
    stopping = parser.add_argument_group("in CI")
    add_fail_on(stopping)
    stopping.add_argument(
        "--baseline", type=path, metavar="FILE", help="stop for nothing that is in it"
    )
    stopping.add_argument(
        "--write-baseline", type=path, metavar="FILE", help="write all that is found, and exit 0"
    )


def add_fail_on(parser: argparse._ActionsContainer) -> None:
    failing = parser.add_argument(
        "--fail-on",
        choices=("danger", "notice", "unchecked", "never"),
        help="exit 1 for such a finding, or a graver one (default: danger)",
    )
    from_project(failing, "fail-on")


def add_diff(parser: Parser) -> None:
    parser.add_argument("before", metavar="A", type=path, help="a file, a folder, or a prefix")
    parser.add_argument("after", metavar="B", type=path, help="another, of any format")
    add_format(parser, (*ANSWERED, "html"))
    parser.add_argument(
        "-o", "--output", type=path, metavar="FILE", help="write it there (default: print it)"
    )


def add_constructors(parser: Parser) -> None:
    parser.add_argument("name", metavar="ID-OR-CLASS", help="such as tf-2.21, or Dense")
    parser.add_argument(
        "of",
        nargs="?",
        metavar="NAME",
        help="a class of that environment; an argument of that class",
    )
    parser.add_argument("--kind", metavar="KIND", help="only such as layers, losses or metrics")
    add_names(parser, "--envs", metavar="ID,ID", help="environments")
    parser.add_argument("--run", action="store_true", help="ask in environments that are built")
    add_format(parser, LISTED)


def add_attacks(parser: Parser) -> None:
    add_names(parser, "--envs", metavar="ID,ID", help="environments")
    add_format(parser)
    how = parser.add_argument_group("measuring")
    how.add_argument("--run", action="store_true", help="load them in environments that are built")
    add_names(how, "--only", metavar="NAME,NAME", help="these files")
    how.add_argument("--rerun", action="store_true", help="measure again what has been")
    _add_sandbox(how)


def add_check(parser: Parser) -> None:
    add_models(parser)
    add_to(parser)
    add_names(parser, "--envs", metavar="ID,ID", help="environments")
    add_env_from(parser)
    _add_purpose(parser)
    add_format(parser, json="as a JSON list, one object a model")
    parser.add_argument("--lenient", action="store_true", help="exit 0 where it is not known, too")
    add_colour(parser)
    parser.add_argument(
        "-v",
        "--verbose",
        action="store_true",
        help="many models in full, and what was raised in its own words",
    )
    parser.add_argument(
        "--report", type=path, metavar="DIR", help="write the pages of the matrix for them, too"
    )
    parser.add_argument(
        "--secure",
        action="store_true",
        help="the newest version without a known open door in which it stays the same",
    )
    how = parser.add_argument_group("measuring")
    how.add_argument("--run", action="store_true", help="load it in each, and compare")
    _add_given(how)
    _add_with(how)
    _add_build(how)
    _add_measuring(how)


def add_models(parser: argparse._ActionsContainer) -> None:
    model = parser.add_argument(
        "model", nargs="+", type=path, help="a file, a model folder, or a zoo"
    )
    from_project(model, "models")


def add_to(parser: argparse._ActionsContainer) -> None:
    where = add_names(
        parser,
        "--to",
        metavar="2.21",
        help="TensorFlow versions, or ids",
    )
    from_project(where, "to", unless="envs")


def add_ci(parser: Parser) -> None:
    add_models(parser)
    add_to(parser)
    add_names(parser, "--envs", metavar="ID,ID", help="environments")
    add_env_from(parser)
    before = parser.add_argument(
        "--from", dest="before", metavar="2.15", help="and what an upgrade from there does to them"
    )
    from_project(before, "from")
    _add_purpose(parser)
    parser.add_argument(
        "-o",
        "--output",
        type=path,
        default="caniload-report",
        metavar="DIR",
        help="where report.md, comment.md, junit.xml and caniload.sarif go (default:"
        " caniload-report)",
    )
    parser.add_argument("--lenient", action="store_true", help="exit 0 where it is not known, too")
    parser.add_argument(
        "--comment",
        action="store_true",
        help="on GitHub: write the pull request's comment, or update it",
    )
    parser.add_argument("--key", default="default", help="tells the comments of several jobs apart")
    add_fail_on(parser)
    parser.add_argument(
        "--baseline", type=path, metavar="FILE", help="stop for no finding that is in it"
    )
    how = parser.add_argument_group("measuring")
    how.add_argument("--run", action="store_true", help="load them in each, and compare")
    _add_given(how)
    _add_with(how)
    _add_measuring(how)


def add_bisect(parser: Parser) -> None:
    parser.add_argument("model", type=path, help="a file or folder")
    what = "an id, a TensorFlow version, or a requirement such as keras==3.5.0"
    parser.add_argument("--good", required=True, metavar="2.15", help=f"where it loads: {what}")
    parser.add_argument("--bad", required=True, metavar="2.16", help="where it does not")
    _add_purpose(parser)
    _add_with(parser, such_as="h5py==2.10")
    add_format(parser)
    _add_given(parser)


def add_convert(parser: Parser) -> None:
    parser.add_argument(
        "model", nargs="+", type=path, help="a file or folder, which is left as it is; or a zoo"
    )
    from_project(
        parser.add_argument("--to", required=True, metavar="ID", help="where, such as 2.21"), "to"
    )
    parser.add_argument("-o", "--output", type=path, metavar="OUT", help="such as out.keras")
    _add_purpose(parser)
    custom = parser.add_argument(
        "--custom",
        type=path,
        action="append",
        default=[],
        metavar="FILE",
        help="a Python file with your own layers and functions; may be given several times",
    )
    from_project(custom, "custom")
    _add_with(parser)
    _add_build(parser)
    parser.add_argument(
        "--written-by",
        choices=("tensorflow", "theano", "cntk"),
        metavar="BACKEND",
        help="what wrote weights that do not say so: theano turns its kernels over",
    )
    parser.add_argument(
        "--endpoint", metavar="NAME", help="of a SavedModel that can only be called"
    )
    inputs = parser.add_argument(
        "--inputs", type=path, metavar="FILE", help="inputs to compare on, .npz (default: drawn)"
    )
    from_project(inputs, "inputs")
    parser.add_argument(
        "--trust", action="store_true", help="run code that the file brings (SavedModel, Lambda)"
    )
    parser.add_argument("--strict", action="store_true", help="exit 1 where the proof is weak, too")
    _add_sandbox(parser)
    parser.add_argument("--report", type=path, metavar="FILE", help="write .html or .json, too")
    add_format(parser)
    parser.add_argument(
        "--no-receipt", dest="receipt", action="store_false", help="write none beside the result"
    )
    many = parser.add_argument_group("many at once")
    many.add_argument(
        "--into",
        type=path,
        metavar="DIR",
        help="bring all models in folders across, to there; again: go on where it ended",
    )
    many.add_argument("--rerun", action="store_true", help="do again what is done")
    many.add_argument("--jobs", type=count, metavar="N", help="files at a time")


def add_upgrade(parser: Parser) -> None:
    parser.add_argument(
        "before", metavar="FROM", help="what you have, such as 2.15, tf-2.15 or uv.lock"
    )
    parser.add_argument("after", metavar="TO", nargs="?", help="where you go, such as 2.21")
    add_env_from(parser, "in place of FROM")
    model = parser.add_argument(
        "model",
        nargs="*",
        default=[],
        type=path,
        help="a file, a model folder, or a zoo (default: what is stored of reference models)",
    )
    from_project(model, "models")
    parser.add_argument(
        "-o", "--output", type=path, metavar="FILE", help="write it there (default: print it)"
    )
    _add_purpose(parser)
    add_format(parser, usual="markdown")
    how = parser.add_argument_group("how")
    _add_given(how, more="; remedies take FILE.py only")
    _add_with(how)
    _add_build(how)
    how.add_argument(
        "--no-remedies", dest="remedies", action="store_false", help="do not try to convert"
    )
    how.add_argument(
        "--no-rollback", dest="rollback", action="store_false", help="do not try the way back"
    )
    how.add_argument(
        "--converted", type=path, metavar="DIR", help="copy the files that remedies made there"
    )
    _add_measuring(how)


def _add_purpose(parser: argparse._ActionsContainer) -> None:
    purpose = parser.add_argument(
        "--for",
        dest="purpose",
        choices=("predict", "train"),
        default="predict",
        help="what you want of it: to predict (the default), or to go on training",
    )
    from_project(purpose, "for")


def _add_given(parser: argparse._ActionsContainer, more: str = "") -> None:
    """Add what a person's file is loaded with."""
    parser.add_argument(
        "--trust", action="store_true", help="also what runs code of its own when it is loaded"
    )
    _add_sandbox(parser)
    custom = parser.add_argument(
        "--custom",
        action="append",
        default=[],
        metavar="FILE.py[:FACTORY]",
        help="your layers and functions: a file or a module; a factory returns a dict of them"
        + more,
    )
    from_project(custom, "custom")
    inputs = parser.add_argument(
        "--inputs", type=path, metavar="X.npz", help="what to predict from"
    )
    from_project(inputs, "inputs")


def _add_sandbox(parser: argparse._ActionsContainer) -> None:
    wall = parser.add_argument(
        "--sandbox",
        choices=CHOICES,
        default=AUTO,
        metavar="LEVEL",
        help=f"the wall that files are loaded behind: {', '.join(CHOICES)} (default: auto, the"
        " first that holds here)",
    )
    from_project(wall, "sandbox")


def _add_with(parser: argparse._ActionsContainer, such_as: str = "scipy") -> None:
    having = parser.add_argument(
        "--with",
        dest="having",
        action="append",
        default=[],
        metavar="REQUIREMENT",
        help=f"in every environment, such as {such_as}; may be given several times",
    )
    from_project(having, "with")


def _add_build(parser: argparse._ActionsContainer) -> None:
    building = parser.add_argument(
        "--build",
        metavar="FILE.py:FUNCTION",
        help="a function of yours that returns the model, for files that hold weights alone",
    )
    from_project(building, "build")


def _add_measuring(parser: argparse._ActionsContainer) -> None:
    parser.add_argument("--rerun", action="store_true", help="measure again what has been")
    jobs = parser.add_argument("--jobs", type=count, metavar="N", help="processes at a time")
    from_project(jobs, "jobs")
