"""Transcripts in the documentation: found, run, compared; and written anew from what is.

A block ```` ```console ```` has commands after ``$`` and below each what it printed. A comment on
the line before the block says what it takes:

- none: it runs anywhere, in seconds, with an empty ``CANILOAD_HOME``
- ``<!-- recorded index -->``: the same, with the package index as the tests have recorded it
- ``<!-- real -->``: it needs TensorFlow 2.15 and 2.21 (tests/real/test_real_docs.py)
- ``<!-- real, empty home -->``: it asks the package index
- ``<!-- real, minutes -->``: as real, and only under ``CANILOAD_TEST_ALL=1``
- ``<!-- not run: reason -->``: never

A line ``…`` stands for any lines. Progress, which goes to stderr, is in no transcript. All commands
of a page run in its order in one folder, a copy of docs/examples. To write the pages anew:

    CANILOAD_HOME=KEPT python tests/transcripts.py [--real] [--minutes] [PAGE…]
"""

from __future__ import annotations

import argparse
import contextlib
import difflib
import io
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from unittest import mock

ROOT = Path(__file__).resolve().parents[1]
EXAMPLES = ROOT / "docs" / "examples"
PAGES = (
    ROOT / "README.md",
    *sorted((ROOT / "docs").glob("*.md")),
    *sorted((ROOT / "docs" / "recipes").glob("*.md")),
)
QUICK = ("", "recorded index")
REAL = ("real", "real, empty home")
MINUTES = ("real, minutes",)
KINDS = (*QUICK, *REAL, *MINUTES)
ANY = "…"
HOME_IN_PAGES = "/home/you/.cache/caniload"
FOLDER_IN_PAGES = "/home/you/models"

VARIES = {
    "how long it takes": r"\d+(\.\d+)? (s|seconds|min|minutes|hours)\b",
    "how large it is": r" *\d+(\.\d+)? (GB|MB|MiB)\b",
    "the patch of a Python": r"\b3\.\d+\.\d+(?= +\d)",
    "who reads the original, which depends on what is built": r"the original in tf-2\.\d+(?=:)",
    "how near it came, which depends on the processor": (
        r"the largest difference is \S+, \S+ was allowed, values go to \S+"
    ),
    "how far a model is from the original, too": (
        r"differ by at most \S+ from|\(\S+ allowed\)|differs by \d+% of its length"
    ),
    "the width of a column": r"(?<=\S) {2,}",
}
"""All that may differ between a page and what is printed, each as a pattern."""


@dataclass(kw_only=True)
class Step:
    """One command, the line of the page where it stands, and what the page says that it prints."""

    command: str
    at: int
    said: list[str] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class Block:
    """One transcript; ``mark`` is the comment before it, without its dashes."""

    page: Path
    line: int
    mark: str
    steps: tuple[Step, ...]

    @property
    def runs(self) -> bool:
        return self.mark in KINDS

    @property
    def real(self) -> bool:
        return self.mark.startswith("real")


def blocks(page: Path) -> Iterator[Block]:
    """Yield a page's transcripts."""
    lines = page.read_text(encoding="utf-8").splitlines()
    for start, text in enumerate(lines):
        if text == "```console":
            end = lines.index("```", start)
            comment = re.fullmatch(r"<!-- (.*) -->", lines[start - 1])
            yield Block(
                page=page,
                line=start + 1,
                mark=comment[1] if comment else "",
                steps=tuple(_steps(lines, start + 1, end)),
            )


def _steps(lines: Sequence[str], start: int, end: int) -> list[Step]:
    steps: list[Step] = []
    for at in range(start, end):
        if lines[at].startswith("$ "):
            command = lines[at].removeprefix("$ ").partition("  #")[0].strip()
            steps.append(Step(command=command, at=at))
        else:
            steps[-1].said.append(lines[at])
    return steps


def plain(text: str) -> str:
    """Return a line without what truly varies."""
    for pattern in VARIES.values():
        text = re.sub(pattern, " ~", text)
    return text.rstrip()


def fits(said: Sequence[str], printed: Sequence[str]) -> bool:
    """Say whether all lines are as said, where ``…`` stands for any lines."""
    pattern = "".join(
        "(?:.*\n)*" if line == ANY else re.escape(f"{plain(line)}\n") for line in said
    )
    return re.fullmatch(pattern, "".join(f"{plain(line)}\n" for line in printed)) is not None


class Shell:
    """Runs the commands of one page, in its order, in a copy of the examples."""

    def __init__(self, folder: Path, real_home: Path | None = None) -> None:
        self.folder = folder
        self.empty_home = folder.with_name("home")
        self.real_home = real_home or self.empty_home
        self.code = 0
        shutil.copytree(EXAMPLES, folder, dirs_exist_ok=True)

    def run(self, command: str, mark: str = "") -> list[str]:
        """Return what a command printed, with the paths that the pages have."""
        words = shlex.split(command)
        home = self.real_home if mark in ("real", *MINUTES) else self.empty_home
        variables = {
            "CANILOAD_HOME": str(home),
            "CANILOAD_NO_FETCH": "1",
            "COLUMNS": "100",
            "NO_COLOR": "1",
        }
        if command == "echo $?":
            return [str(self.code)]
        if words[0] == "cat":
            return (self.folder / words[1]).read_text(encoding="utf-8").splitlines()
        if words[0] == "python" or mark.startswith("real"):
            out, err = self._apart(words, variables)
        else:
            out, err = self._here(words, variables, recorded=mark == "recorded index")
        told = [line for line in err.splitlines() if line.startswith("caniload: ")]
        text = "\n".join([*out.splitlines(), *told])
        text = text.replace(str(home), HOME_IN_PAGES)
        return text.replace(str(self.folder), FOLDER_IN_PAGES).splitlines()

    def _apart(self, words: list[str], variables: Mapping[str, str]) -> tuple[str, str]:
        start = ["-m", "caniload"] if words[0] == "caniload" else []
        done = subprocess.run(
            [sys.executable, *start, *words[1:]],
            capture_output=True,
            text=True,
            check=False,
            cwd=self.folder,
            env={**os.environ, **variables},
        )
        self.code = done.returncode
        return done.stdout, done.stderr

    def _here(
        self, words: list[str], variables: Mapping[str, str], *, recorded: bool
    ) -> tuple[str, str]:
        from caniload.runner.commands import cli  # noqa: PLC0415 - not needed to read the pages

        assert words[0] == "caniload", f"only caniload is run, not {words[0]}"
        out, err = io.StringIO(), io.StringIO()
        with contextlib.ExitStack() as stack:
            stack.enter_context(mock.patch.dict(os.environ, variables))
            stack.enter_context(contextlib.chdir(self.folder))
            stack.enter_context(contextlib.redirect_stdout(out))
            stack.enter_context(contextlib.redirect_stderr(err))
            if recorded:
                stack.enter_context(_recorded_index())
            try:
                self.code = cli.main(words[1:])
            except SystemExit as stop:  # --help
                self.code = int(stop.code or 0)
        return out.getvalue(), err.getvalue()


def _recorded_index() -> contextlib.AbstractContextManager[object]:
    sys.path.append(str(ROOT / "tests" / "unit"))
    from recorded import around  # noqa: PLC0415 - it reads all that was recorded

    from caniload.runner.releases import adding  # noqa: PLC0415

    return mock.patch.object(
        adding, "surroundings", lambda one, *_: around(pythons=("3.11",), of=one)
    )


def differences(block: Block, shell: Shell) -> list[str]:
    """Run one transcript and say where it is not what the page says."""
    told = []
    for step in block.steps:
        printed = shell.run(step.command, block.mark)
        if not fits(step.said, printed):
            delta = difflib.unified_diff(
                step.said, printed, "the page", "what was printed", lineterm="", n=1
            )
            where = f"{block.page.relative_to(ROOT)}:{block.line}: $ {step.command}"
            told.append("\n".join([where, *delta]))
    return told


def renewed(said: Sequence[str], printed: Sequence[str]) -> list[str]:
    """Return what was printed, with the lines that the page leaves out left out again."""
    if ANY not in said:
        return list(printed)
    lines, position = [], 0
    for line in said:
        if line == ANY:
            lines.append(ANY)
            continue
        near = difflib.get_close_matches(line, printed[position:], n=1, cutoff=0.5)
        if near:
            position = printed.index(near[0], position) + 1
            lines.append(near[0])
    return lines


def renew(page: Path, kinds: Sequence[str]) -> None:
    """Write the outputs of a page anew."""
    lines = page.read_text(encoding="utf-8").splitlines()
    told: list[tuple[Step, list[str]]] = []
    with tempfile.TemporaryDirectory() as folder:
        kept = os.environ.get("CANILOAD_HOME")
        shell = Shell(Path(folder).resolve() / "models", Path(kept) if kept else None)
        for block in blocks(page):
            if block.mark in kinds:
                told += [(step, shell.run(step.command, block.mark)) for step in block.steps]
    for step, printed in reversed(told):  # from the end, so that the lines before keep their place
        if not fits(step.said, printed):
            print(f"{page.relative_to(ROOT)}: $ {step.command}")
            lines[step.at + 1 : step.at + 1 + len(step.said)] = renewed(step.said, printed)
    page.write_text("\n".join(lines) + "\n", encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("page", nargs="*", type=Path, default=PAGES)
    parser.add_argument("--real", action="store_true", help="also what needs environments")
    parser.add_argument("--minutes", action="store_true", help="also what takes minutes")
    given = parser.parse_args()
    kinds = [*QUICK, *REAL * given.real, *MINUTES * given.minutes]
    for page in given.page:
        renew(page.resolve(), kinds)


if __name__ == "__main__":
    main()
