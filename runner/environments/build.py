"""Lock + interpreter -> a built environment with its receipt, or one sentence why not.

An environment is built in place, for the scripts and ``pyvenv.cfg`` in it carry its path. What
makes it whole is the receipt, which is written last and in one step: a folder without one is
rubbish of a build that died, and is removed before the next.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from packaging.version import InvalidVersion, Version

from caniload.runner.core.errors import EnvironmentUnusable
from caniload.runner.core.shipped import LOCKS, PROBES
from caniload.runner.environments import processes, uv
from caniload.runner.environments.fetching import ready
from caniload.runner.environments.holding import HeldError, held
from caniload.runner.environments.home import Home, apparent_bytes
from caniload.runner.environments.installing import INSTALLERS, Installation, InstallationError
from caniload.runner.environments.locking import (
    lock_path,
    lock_problem,
    lock_sha256,
    locked_versions,
    normal_name,
)
from caniload.runner.environments.pythons import Interpreter
from caniload.runner.environments.receipts import FILE, Receipt, read_receipt, write_receipt
from caniload.runner.environments.variables import process_variables
from caniload.runner.matrix.frameworks import plain
from caniload.runner.matrix.schema import Environment, Limits

__all__ = ["Receipt", "build", "existing", "remove"]

_HEALTHCHECK = PROBES / "healthcheck.py"
_LOG_LINES = 400


@dataclass(frozen=True, kw_only=True)
class _Build:
    environment: Environment
    home: Home
    interpreter: Interpreter
    limits: Limits
    locks_dir: Path
    installer: str
    on_output: Callable[[str], None] | None

    @property
    def folder(self) -> Path:
        return self.home.environment(self.environment.id)

    @property
    def log(self) -> Path:
        return self.home.environments / f"{self.environment.id}.log"


def build(
    environment: Environment,
    *,
    home: Home,
    interpreter: Interpreter,
    limits: Limits,
    locks_dir: Path = LOCKS,
    installer: Literal["uv", "virtualenv"] = "uv",
    on_output: Callable[[str], None] | None = None,
) -> Receipt:
    """Return the receipt of the built environment, after building it if need be.

    A Python that this machine has not is fetched before.

    Without uv on the machine, virtualenv and pip do it, as they do when asked for.
    """
    if problem := lock_problem(environment, locks_dir):
        raise EnvironmentUnusable(problem)
    work = _Build(
        environment=environment,
        home=home,
        interpreter=interpreter,
        limits=limits,
        locks_dir=locks_dir,
        installer=installer if uv.find_uv() else "virtualenv",
        on_output=on_output,
    )
    try:
        with held(environment.id, home, seconds=limits.build_seconds) as lock_file:
            built = existing(environment, home=home, locks_dir=locks_dir)
            if built is not None and built.python == interpreter.version:
                return built
            there = ready(interpreter, home, seconds=limits.build_seconds)
            return _build(replace(work, interpreter=there), lock_file)
    except HeldError:
        raise EnvironmentUnusable(
            f"another process has been building {environment.id} for "
            f"{limits.build_seconds:.0f} s; end it, then run again"
        ) from None


def existing(environment: Environment, *, home: Home, locks_dir: Path = LOCKS) -> Receipt | None:
    """Return the receipt if the environment is there and is what its lock gives today.

    Its time stamp is renewed: it says when the environment was last needed.
    """
    folder = home.environment(environment.id)
    receipt = read_receipt(folder)
    if (
        receipt is None
        or not lock_path(environment, locks_dir).is_file()
        or not receipt.describes(environment, lock_sha256(environment, locks_dir))
        or not home.python(environment.id).exists()  # its interpreter may have been removed
    ):
        return None
    with contextlib.suppress(OSError):
        os.utime(folder / FILE)
    return receipt


def remove(environment_id: str, home: Home) -> None:
    """Remove a built environment; what it shares with the cache stays there."""
    folder = home.environment(environment_id)
    # The receipt first: if we are killed half-way, what is left is not taken for whole.
    _make_writable(folder)
    (folder / FILE).unlink(missing_ok=True)
    shutil.rmtree(folder, ignore_errors=True)
    if folder.exists():
        raise EnvironmentUnusable(f"{folder} cannot be removed; remove it by hand")


def _build(work: _Build, lock_file: int) -> Receipt:
    started = time.monotonic()
    remove(work.environment.id, work.home)
    installation = Installation(
        folder=work.folder,
        interpreter=work.interpreter,
        lock=lock_path(work.environment, work.locks_dir),
        home=work.home,
        until=started + work.limits.build_seconds,
        lock_file=lock_file,
        on_output=work.on_output,
    )
    try:
        INSTALLERS[work.installer](installation)
        report = _ask_inside(work)
    except InstallationError as error:
        work.log.write_text("".join(error.output.splitlines(keepends=True)[-_LOG_LINES:]))
        reason = f"{work.environment.id} cannot be built: {error}"
        raise EnvironmentUnusable(f"{reason} (log: {work.log})") from error
    except OSError as error:
        raise EnvironmentUnusable(f"{work.environment.id} cannot be built: {error}") from error
    receipt = _receipt(work, report, seconds=time.monotonic() - started)
    write_receipt(receipt, work.folder)
    _protect(work.folder)
    return receipt


def _ask_inside(work: _Build) -> dict[str, Any]:
    """Import the framework in a fresh process of the environment and return what it states."""
    private = work.home.private / work.environment.id
    private.mkdir(parents=True, exist_ok=True)
    result = private / "healthcheck.json"
    result.unlink(missing_ok=True)
    finished = processes.run(
        [
            *(str(work.home.python(work.environment.id)), "-s", str(_HEALTHCHECK)),
            *(work.environment.imports, str(result)),
        ],
        variables=process_variables(work.environment, work.home),
        seconds=work.limits.import_seconds,
        cwd=private,
    )
    if not result.is_file():
        said = finished.output.strip().splitlines()
        how = "did not end in time" if finished.code is None else f"died (exit {finished.code})"
        reason = f"importing {work.environment.imports} {how}: {said[-1] if said else 'no word'}"
        raise InstallationError(reason, finished.output)
    report: dict[str, Any] = json.loads(result.read_text(encoding="utf-8"))
    if report["error"] is not None:
        text = " ".join(str(report["error"]["text"]).split())[:300]
        reason = f"importing {work.environment.imports} raised {report['error']['type']}: {text}"
        if work.environment.system is not None:
            reason += f"; {work.environment.system}"
        raise InstallationError(reason, finished.output)
    _must_agree(work, report)
    return report


def _same(found: str | None, asked: str) -> bool:
    """Compare versions: TensorFlow calls its release candidates 2.22.0-rc0."""
    if found is None or found == asked:
        return found is not None
    try:
        return Version(found) == Version(asked)
    except InvalidVersion:
        return False


def _must_agree(work: _Build, report: dict[str, Any]) -> None:
    """Refuse an environment that is not what matrix.yaml and its lock say."""
    text = lock_path(work.environment, work.locks_dir).read_text(encoding="utf-8")
    asked = {"python": work.environment.python, **locked_versions(text)}
    inside = {normal_name(name): version for name, version in report["packages"].items()}
    inside["python"] = ".".join(report["python"].split(".")[:2])
    stated = report["versions"]
    for name, version in work.environment.packages.items():
        module = plain(name)
        asked[f"{module} (as imported)"] = version
        inside[f"{module} (as imported)"] = stated.get(module, version)
    for name, version in asked.items():
        if not _same(inside.get(name), version):
            raise InstallationError(
                f"{name} {version} was asked for, {inside.get(name, 'nothing')} is inside; "
                f"renew the lock with `nox -s locks -- {work.environment.id}`",
                json.dumps(report, indent=1),
            )


def _receipt(work: _Build, report: dict[str, Any], *, seconds: float) -> Receipt:
    return Receipt(
        environment=work.environment.id,
        lock_sha256=lock_sha256(work.environment, work.locks_dir),
        python=report["python"],
        interpreter=str(work.interpreter.path),
        platform=report["platform"],
        imports=work.environment.imports,
        variables=dict(work.environment.variables),
        versions=report["versions"],
        packages=report["packages"],
        installer=work.installer,
        bytes=apparent_bytes(work.folder),
        seconds=round(seconds, 1),
        built_at=datetime.now(UTC).isoformat(timespec="seconds"),
    )


def _protect(folder: Path) -> None:
    """Make every folder of the environment read-only, so that no loader adds or replaces files.

    It does not protect against root, against a process that first gives itself the right back, or
    against writing *into* an existing file: files are hard links shared with the cache, and their
    mode is everybody's. A sandbox has to mount the environment read-only for that.
    """
    for root, _, _ in os.walk(folder):
        Path(root).chmod(0o555)


def _make_writable(folder: Path) -> None:
    for root, _, _ in os.walk(folder):
        Path(root).chmod(0o755)
