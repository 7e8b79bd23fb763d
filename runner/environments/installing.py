"""Put a locked package set in a folder: with uv, or with virtualenv and pip to the same end."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from caniload.runner.environments import processes, uv
from caniload.runner.environments.causes import cause
from caniload.runner.environments.home import Home
from caniload.runner.environments.locking import BUILD_TOOLS, locked_versions, source_packages
from caniload.runner.environments.pythons import Interpreter
from caniload.runner.matrix.frameworks import frameworks


class InstallationError(Exception):
    """The installer failed; the message is the cause in one clause, ``output`` all it said."""

    def __init__(self, reason: str, output: str) -> None:
        super().__init__(reason)
        self.output = output


@dataclass(frozen=True, kw_only=True)
class Installation:
    """One run of an installer: where, with which Python, what, and until when.

    ``until`` is a reading of the monotonic clock. ``lock_file`` is inherited by the installer, so
    that nobody builds in the same folder while it lives, even if we are killed.
    """

    folder: Path
    interpreter: Interpreter
    lock: Path
    home: Home
    until: float
    lock_file: int
    on_output: Callable[[str], None] | None = None

    @property
    def python(self) -> str:
        return str(self.folder / "bin" / "python")

    def run(self, *command: str) -> processes.Finished:
        finished = processes.run(
            command,
            variables=uv.installer_variables(self.home),
            seconds=max(0.0, self.until - time.monotonic()),
            on_output=self.on_output,
            cwd=self.home.environments,
            keep_open=[self.lock_file],
        )
        if finished.code is None:
            reason = "the installation did not end in time; raise limits.build_seconds or run again"
            raise InstallationError(reason, finished.output)
        return finished

    def must(self, *command: str) -> None:
        _checked(self.run(*command))


def install_with_uv(installation: Installation) -> None:
    """Make the environment and fill it; bytecode is compiled now, for later it never would be."""
    program = uv.find_uv()
    if program is None:
        raise InstallationError("uv is not installed; `pip install uv`", "")
    quiet = ("--no-progress", "--color=never")
    python = str(installation.interpreter.path)
    installation.must(
        program, "venv", "--no-project", *quiet, f"--python={python}", str(installation.folder)
    )
    text = installation.lock.read_text(encoding="utf-8")
    itself = frameworks().lacks(installation.interpreter.minor, "compiling")
    command = [
        *(program, "pip", "install", *quiet, f"--python={installation.python}"),
        *("--require-hashes", "--no-deps", *([] if itself else ["--compile-bytecode"])),
        *_wheels_only(text),
        *uv.find_links(),
        f"--build-constraints={BUILD_TOOLS}",
        f"--requirements={installation.lock}",
    ]
    finished = installation.run(*command)
    if finished.code != 0 and "torch" in locked_versions(text) and "torch" in finished.output:
        # Where no folder of wheels has it: the index of PyTorch's own CPU builds.
        finished = installation.run(*command, "--torch-backend=cpu")
        if finished.code != 0:
            reason = (
                "PyTorch's CPU build is in no folder that PIP_FIND_LINKS names, and from PyTorch's "
                f"own index it cannot be had either: {cause(finished.output)}"
            )
            raise InstallationError(reason, finished.output)
    _checked(finished)
    if itself:  # its exit code tells of files for Python 2 that some packages carry
        installation.run(
            installation.python, "-m", "compileall", "-q", str(installation.folder / "lib")
        )


def install_with_pip(installation: Installation) -> None:
    """Do the same without uv; slower, and ten times the disk, for pip copies."""
    python = str(installation.interpreter.path)
    folder = str(installation.folder)
    minor = installation.interpreter.minor
    if frameworks().lacks(minor, "virtualenv"):  # but has a venv of its own
        installation.must(python, "-m", "venv", folder)
    else:
        installation.must(
            *(sys.executable, "-m", "virtualenv", "--quiet", "--no-download"),
            *("--no-periodic-update", f"--python={python}", folder),
        )
    pip = (installation.python, "-m", "pip", "--disable-pip-version-check")
    text = installation.lock.read_text(encoding="utf-8")
    sources = source_packages(text)
    if sources or frameworks().lacks(minor, "wheels"):
        installation.must(*pip, "install", "--require-hashes", f"--requirement={BUILD_TOOLS}")
    installation.must(
        *(*pip, "install", "--require-hashes", "--no-deps", "--no-build-isolation"),
        "--only-binary=:all:",
        *([f"--no-binary={','.join(sources)}"] if sources else []),
        f"--requirement={installation.lock}",
    )
    tools = [name for name in ("wheel", "setuptools", "pip") if name not in locked_versions(text)]
    if tools:  # last, pip removes itself: the lock is the whole package set
        installation.must(*pip, "uninstall", "--yes", *tools)


def _wheels_only(lock: str) -> list[str]:
    """Return uv's options that forbid building anything but what exists as source only."""
    sources = source_packages(lock)
    if not sources:
        return ["--no-build"]
    return [f"--only-binary={name}" for name in locked_versions(lock) if name not in sources]


def _checked(finished: processes.Finished) -> None:
    if finished.code != 0:
        raise InstallationError(cause(finished.output), finished.output)


INSTALLERS: dict[str, Callable[[Installation], None]] = {
    "uv": install_with_uv,
    "virtualenv": install_with_pip,
}
