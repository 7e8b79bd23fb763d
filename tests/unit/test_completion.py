"""Completion: what may stand next, asked of the grammar, and of a real bash by pressing Tab."""

from __future__ import annotations

import os
import pty
import select
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
from test_startup import HEAVY, READERS, imported

from caniload.runner.commands.cli import main
from caniload.runner.commands.completion import PATHS, SHELLS
from caniload.runner.commands.grammar import completing, matrix, parser
from caniload.runner.core.shipped import MATRIX
from caniload.runner.matrix.reading import read_matrix


def after(*words: str) -> tuple[str, ...]:
    return completing.candidates(parser.parser(), words)


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CANILOAD_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)


def test_commands_come_first() -> None:
    assert after("") == tuple(parser.COMMANDS)
    assert after("con") == ("constructors", "convert")
    assert after("dance", "") == ()


def test_ids_are_all_that_the_matrix_has() -> None:
    read = read_matrix(MATRIX)
    ids = tuple(one.id for one in read.environments)
    assert after("check", "--envs", "") == ids
    assert {*after("matrix", "--models", "")} == {one.id for one in read.models}
    assert after("plan", "--formats", "") == tuple(one.id for one in read.formats)
    assert after("env", "build", "") == after("upgrade", "") == after("upgrade", "x", "") == ids


def test_another_matrix_has_others(tmp_path: Path) -> None:
    (tmp_path / "matrix.yaml").write_text(
        "environments:\n  - {id: mine-1.0}\nmodels:\n  - {id: no}\n"
    )
    assert after("check", "--to", "") == ("mine-1.0",)
    shutil.copy(tmp_path / "matrix.yaml", tmp_path / "other.yaml")
    (tmp_path / "matrix.yaml").unlink()
    assert after("--matrix", "other.yaml", "check", "--to", "m") == ("mine-1.0",)
    assert after("--matrix", "nowhere.yaml", "check", "--to", "m") == ()


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["check", "--fo"], ("--for", "--format")),
        (["check", "--for", ""], ("predict", "train")),
        (["check", "--for=t"], ("train",)),
        (["check", "--for", "=", "t"], ("train",)),
        (["check", "--for", "="], ("predict", "train")),
        (["check", "--envs", "x,tf-2.21-t"], ("x,tf-2.21-tf-keras",)),
        (["clean", "re"], ("results", "report")),
        (["clean", "results", "re"], ("results", "report")),
        (["env", "r"], ("remove",)),
        (["plan", "--jobs", ""], ()),
        (["completion", ""], ("bash", "zsh", "fish")),
    ],
)
def test_what_may_stand_there(words: list[str], found: tuple[str, ...]) -> None:
    assert after(*words) == found


@pytest.mark.parametrize(
    "words",
    [["inspect", "m"], ["check", ""], ["check", "a.h5", ""], ["check", "--custom", ""]],
)
def test_paths_are_left_to_the_shell(words: list[str]) -> None:
    assert after(*words) is completing.FILES
    assert main(["completion", "--words", *words]) == PATHS


def test_every_command_completes_its_options() -> None:
    for command in parser.COMMANDS:
        assert "--help" in after(command, "--")


def test_every_shell_that_is_named_has_its_text(capsys: pytest.CaptureFixture[str]) -> None:
    assert tuple(SHELLS) == matrix.SHELLS
    for shell, text in SHELLS.items():
        assert main(["completion", shell]) == 0
        assert capsys.readouterr().out == f"{text}\n"
        if program := shutil.which(shell):
            done = subprocess.run(
                [program, "-n", "-c", text], capture_output=True, text=True, check=False
            )
            assert (done.returncode, done.stderr) == (0, "")
    assert main(["completion"]) == 2
    assert "say which shell: bash, zsh, fish" in capsys.readouterr().err


def test_a_press_of_a_key_imports_no_library() -> None:
    found = imported("completion", "--words", "check", "--envs", "tf-2.1")
    assert not found & (HEAVY | READERS)


class Bash:
    """A bash at a terminal, into which somebody types."""

    def __init__(self, folder: Path) -> None:
        (folder / "bin").mkdir()
        shim = folder / "bin" / "caniload"
        shim.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m caniload "$@"\n')
        shim.chmod(0o755)
        self.process, self.terminal = pty.fork()
        if self.process == 0:
            surroundings = {**os.environ, "PATH": f"{folder / 'bin'}:{os.environ['PATH']}"}
            surroundings |= {"PS1": "> ", "TERM": "dumb", "INPUTRC": "/dev/null"}
            os.chdir(folder)
            os.execvpe("bash", ["bash", "--norc", "--noprofile", "-i"], surroundings)  # noqa: S606

    def types(self, text: str, until: str, seconds: float = 120) -> str:
        """Return all that the screen shows until the words are there."""
        os.write(self.terminal, text.encode())
        seen, end = "", time.monotonic() + seconds
        while until not in seen and time.monotonic() < end:
            if select.select([self.terminal], [], [], 1)[0]:
                seen += os.read(self.terminal, 4096).decode()
        return seen

    def close(self) -> None:
        os.close(self.terminal)  # which hangs up
        os.waitpid(self.process, 0)


def test_tab_in_a_real_bash(tmp_path: Path) -> None:
    (tmp_path / "model-of-mine.h5").touch()
    bash = Bash(tmp_path)
    try:
        ready = bash.types('source <(caniload completion bash); echo rea""dy\n', "ready\r\n")
        assert "ready" in ready
        assert "caniload constructors " in bash.types("caniload const\t", "constructors ")
        bash.types("\x15", "")
        typed = "caniload check model-of\t"
        assert "model-of-mine.h5" in bash.types(typed, "model-of-mine.h5")
        bash.types("\x15", "")
        assert "tf-2.21-keras-3.15" in bash.types(
            "caniload check --to=tf-2.21-keras-3.15\t", "3.15 "
        )
        bash.types("\x15", "")
        assert "tf-2.15-protobuf-3" in bash.types(
            "caniload check --envs tf-2.15-pr\t", "protobuf-3"
        )
    finally:
        bash.close()


@pytest.mark.skipif(shutil.which("fish") is None, reason="there is no fish here")
def test_what_a_real_fish_offers(tmp_path: Path) -> None:
    shim = tmp_path / "caniload"
    shim.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m caniload "$@"\n')
    shim.chmod(0o755)
    (tmp_path / "load.fish").write_text(SHELLS["fish"])
    (tmp_path / "model-of-mine.h5").touch()
    for typed, offered in (
        ("caniload const", "constructors"),
        ("caniload check --envs tf-2.15-pr", "tf-2.15-protobuf-3"),
        ("caniload check model-of", "model-of-mine.h5"),
    ):
        done = subprocess.run(
            ["fish", "--no-config", "-c", f"source load.fish; complete -C '{typed}'"],
            capture_output=True,
            text=True,
            check=False,
            cwd=tmp_path,
            env={**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"},
        )
        assert done.stdout.split() == [offered], done.stderr
