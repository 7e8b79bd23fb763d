"""The command line: exit codes, and errors of one line each."""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import get_args

import pytest

from caniload.runner.commands import cli
from caniload.runner.commands import matrix as commands
from caniload.runner.commands.grammar import parser, parts
from caniload.runner.commands.grammar.matrix import PROFILES, STAGES
from caniload.runner.core.errors import MatrixError, StoreBusyError, StrictError, UsageError
from caniload.runner.core.version import version
from caniload.runner.environments.home import Home
from caniload.runner.evidence.store import Store
from caniload.runner.matrix.plan import Stage
from caniload.runner.matrix.profiles import ProfileName

MATRIX = str(Path(__file__).parents[2] / "matrix.yaml")


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CANILOAD_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)


def stopping(error: BaseException) -> Callable[[argparse.Namespace], int]:
    def command(_: argparse.Namespace) -> int:
        raise error

    return command


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ([], "the following arguments are required: COMMAND; see `caniload --help`"),
        (["dance"], "argument COMMAND: there is no command 'dance'; nearest: "),
        (["matrix", "--jobs", "0"], "argument --jobs: '0' is not a number of 1 or more; see `cani"),
        (["matrix", "--jobs", "x"], "argument --jobs: 'x' is not a number of 1 or more"),
        (["matrix", "--max-disk", "much"], "argument --max-disk: 'much' is not a size such as 20G"),
        (["matrix", "--installer", "conda"], "argument --installer: invalid choice: 'conda'"),
        (["plan", "--nonsense"], "unrecognized arguments: --nonsense"),
        (
            ["--matrix", MATRIX, "plan", "--add", "tensorflow"],
            "'tensorflow' leaves open which tensorflow is meant; say one release, such as tensorf",
        ),
        (["--matrix", MATRIX, "matrix", "--add", "numpy==1"], "'numpy==1' names no TensorFlow, "),
        (["--matrix", MATRIX, "env", "add", "a b"], "'a b' is no requirement; say one release"),
        (["env", "add"], "the following arguments are required: requirement; see `caniload env a"),
        (["releases", "tensorflow"], "unrecognized arguments: tensorflow"),
        (["reproduce"], "the following arguments are required: cell"),
        (["clean", "everything"], "argument part: invalid choice: 'everything'"),
        (["--matrix", "nowhere.yaml", "plan"], "nowhere.yaml: No such file or directory"),
        (["--matrix", MATRIX, "plan", "--envs", "tf-9"], "there is no environment 'tf-9'"),
        (
            ["--matrix", MATRIX, "cells", "--outcome", "fine"],
            "there is no outcome 'fine' here; nearest: ",
        ),
        (
            ["--matrix", MATRIX, "cells", "--predict-outcome", "fine"],
            "there is no outcome 'fine' here; nearest: ",
        ),
        (
            ["--matrix", MATRIX, "reproduce", "a/b.c/d"],
            "there is no cell 'a/b.c/d' in matrix.yaml; ids look like",
        ),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_bad_input_is_one_line_and_code_2(
    arguments: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    (line,) = err.splitlines()
    assert line.startswith(f"caniload: {told}")


@pytest.mark.parametrize(
    ("error", "code", "told"),
    [
        (StrictError("two cells"), 1, "caniload: two cells\n"),
        (UsageError("what?"), 2, "caniload: what?\n"),
        (MatrixError("first\nsecond"), 2, "caniload: first\ncaniload: second\n"),
        (StoreBusyError("busy"), 3, "caniload: busy\n"),
        (KeyboardInterrupt(), 130, "caniload: interrupted; run it again to go on from here\n"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else "",
)
def test_exit_codes(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    error: BaseException,
    code: int,
    told: str,
) -> None:
    monkeypatch.setattr(commands, "plan", stopping(error))
    assert cli.main(["plan"]) == code
    assert capsys.readouterr().err == told


def test_a_bug_is_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commands, "plan", stopping(ZeroDivisionError()))
    with pytest.raises(ZeroDivisionError):
        cli.main(["plan"])


@pytest.mark.parametrize(
    ("text", "size"), [("20G", 20 * 2**30), ("1.5k", 1536), ("800m", 800 * 2**20), ("7", 7)]
)
def test_sizes(text: str, size: int) -> None:
    assert parts.size(text) == size


@pytest.mark.parametrize(
    "words", [["env", "--locks", "X", "list"], ["env", "list", "--locks", "X"]]
)
def test_locks_stand_anywhere(words: list[str]) -> None:
    arguments = parser.parser().parse_args(words)
    wanted = parts.later("environments", "show")
    assert (arguments.locks, arguments.command) == (Path("X"), wanted)


@pytest.mark.parametrize("words", [["env", "remove", "tf-2.15"], ["clean", "environments"]])
def test_nothing_is_removed_under_a_run(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    home = Home.default()
    python = home.python("tf-2.15")
    python.parent.mkdir(parents=True)
    python.touch()
    with Store(home.results):
        assert cli.main(["--matrix", MATRIX, *words]) == 3
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(f"caniload: another run is writing to {home.results}; wait for it, or")
    assert python.exists()
    assert cli.main(["--matrix", MATRIX, *words]) == 0
    assert not python.exists()


def test_requirements_given_apart_are_one_environment() -> None:
    arguments = parser.parser().parse_args(["matrix", "--add", "a==1", "--add", "b==2"])
    assert arguments.add == ["a==1", "b==2"]


def test_lists_of_names() -> None:
    arguments = parser.parser().parse_args(["plan", "--envs", "a, b,,c", "--from", "2.1"])
    assert (arguments.envs, arguments.first, arguments.models) == (("a", "b", "c"), "2.1", ())


@pytest.mark.parametrize("words", [["--help"], ["matrix", "--help"], ["env", "add", "--help"]])
def test_help(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        cli.main(words)
    assert stopped.value.code == 0
    assert capsys.readouterr().out.startswith("usage: caniload")


@pytest.mark.parametrize("command", parser.COMMANDS)
def test_a_command_has_its_arguments_when_it_is_typed(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for whole in (parser.parser(), parser.parser()):
        with pytest.raises(SystemExit):
            whole.parse_args([command, "--help"])
    out = capsys.readouterr().out
    half = len(out) // 2
    assert out.startswith(f"usage: caniload {command} ")
    assert out[:half] == out[half:]
    assert ("--locks" in out) == (
        command not in {"clean", "completion", "diff", "inspect", "merge"}
    )


def test_names_that_are_written_again_for_the_start_are_those_of_the_matrix() -> None:
    assert get_args(ProfileName) == PROFILES
    assert tuple(Stage) == STAGES


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        cli.main(["--version"])
    assert capsys.readouterr().out == f"caniload {version()}\n"


def test_a_reader_that_has_gone_is_no_error() -> None:
    command = f"{sys.executable} -m caniload --matrix {MATRIX} plan --json | true"
    finished = subprocess.run(
        ["bash", "-o", "pipefail", "-c", command], capture_output=True, text=True, check=False
    )
    assert (finished.returncode, finished.stderr) == (0, "")


@pytest.mark.parametrize("command", parser.COMMANDS)
def test_a_file_named_as_a_command_does_not_hide_it(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in (command, "model"):
        (tmp_path / name).touch()
    assert cli._with_command([command, "x"]) == [command, "x"]
    assert cli._with_command(["model", "x"]) == ["check", "model", "x"]


@pytest.mark.parametrize(("words", "fetches"), [(["plan"], True), (["plan", "--no-fetch"], False)])
def test_who_says_so_gets_no_python(
    monkeypatch: pytest.MonkeyPatch, words: list[str], *, fetches: bool
) -> None:
    monkeypatch.delenv("UV_OFFLINE", raising=False)
    monkeypatch.setenv("CANILOAD_NO_FETCH", "")  # so that it is put back
    seen: list[bool] = []

    def command(_: argparse.Namespace) -> int:
        seen.append(Home.default().fetches)
        return 0

    monkeypatch.setattr(commands, "plan", command)
    assert cli.main(words) == 0
    assert seen == [fetches]
