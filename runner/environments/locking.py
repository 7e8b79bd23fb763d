"""matrix.yaml -> runner/locks/<id>.txt: every package of an environment, with hashes.

Each further Python of an environment has its own, ``<id>.python-<version>.txt``. ``nox -s locks``
asks the package index and writes; everything else here only reads files.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import sys
import tempfile
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from caniload.runner.core.errors import CaniloadError, UsageError
from caniload.runner.core.shipped import LOCKS
from caniload.runner.environments import processes, uv
from caniload.runner.environments.pythons import Interpreter, find_pythons
from caniload.runner.matrix.reading import read_matrix
from caniload.runner.matrix.schema import Environment

BUILD_TOOLS = LOCKS / "build-tools.txt"
"""What source distributions are built with, pinned too; for packages that have no wheel."""

_PLATFORM = "x86_64-manylinux_2_28"
_RESOLVE_SECONDS = 600.0
_QUESTION_SECONDS = 30.0
_ANY_DAY = "2999-01-01"
_EXACT = re.compile(r"^([A-Za-z0-9._-]+)==[^*;,]+$")
_PIN = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)", re.MULTILINE)
_INPUTS = re.compile(r"^# for: (.*)$", re.MULTILINE)
_SOURCES = re.compile(r"^# built from source: (.*)$", re.MULTILINE)


class LockError(CaniloadError):
    """The package index has no answer, or none that satisfies the environment."""


def lock_path(environment: Environment, locks_dir: Path = LOCKS) -> Path:
    if environment.falls_back:
        return locks_dir / f"{environment.id}.python-{environment.python}.txt"
    return first_lock(environment, locks_dir)


def first_lock(environment: Environment, locks_dir: Path = LOCKS) -> Path:
    """Return the lock for its first Python, whichever it is on here."""
    return locks_dir / f"{environment.id}.txt"


def first_lock_sha256(environment: Environment, locks_dir: Path = LOCKS) -> str:
    """Identify what an environment is as it ships: what comes with caniload was measured so."""
    return file_sha256(first_lock(environment, locks_dir))


def lock_sha256(environment: Environment, locks_dir: Path = LOCKS) -> str:
    return file_sha256(lock_path(environment, locks_dir))


def file_sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def locked_versions(text: str) -> dict[str, str]:
    """Return name -> version of each package that a lock names, names in normal form."""
    return {normal_name(name): version for name, version in _PIN.findall(text)}


def source_packages(text: str) -> list[str]:
    """Return the packages of a lock that have no wheel and are built while installing."""
    line = _SOURCES.search(text)
    return line.group(1).split(", ") if line else []


def normal_name(name: str) -> str:
    """Return a package's name as indexes compare it: ``Keras_Preprocessing`` is the same."""
    return re.sub(r"[-_.]+", "-", name).lower()


def lock_problem(environment: Environment, locks_dir: Path = LOCKS) -> str | None:
    """Say in one line why the lock cannot serve the environment, or None; asks no index."""
    remedy = f"run `nox -s locks -- {environment.id}`"
    try:
        text = lock_path(environment, locks_dir).read_text(encoding="utf-8")
    except FileNotFoundError:
        on = f" for Python {environment.python}" if environment.falls_back else ""
        return f"{environment.id} has no lock{on}: {remedy}"
    line = _INPUTS.search(text)
    try:
        made_for = json.loads(line.group(1)) if line else None
    except ValueError:
        made_for = None
    if not isinstance(made_for, dict):
        return f"the lock of {environment.id} does not say what it was made for: {remedy}"
    change = _change(made_for, _inputs(environment))
    return f"the lock of {environment.id} was made for {change}: {remedy}" if change else None


def _inputs(environment: Environment) -> dict[str, Any]:
    """Return all that a lock depends on."""
    return {
        "python": environment.python,
        "packages": dict(sorted(environment.packages.items())),
        "pins": list(environment.pins),
        **({"overrides": list(environment.overrides)} if environment.overrides else {}),
        "cutoff": environment.cutoff,
    }


def _change(made_for: Mapping[str, Any], asked: Mapping[str, Any]) -> str | None:
    """Put the first difference between two sets of inputs in words."""
    old, new = _flat(made_for), _flat(asked)
    for name in dict.fromkeys([*new, *old]):
        if old.get(name) != new.get(name):
            before = f"{name} {old[name]}" if name in old else f"no {name}"
            return f"{before}, matrix.yaml asks {new.get(name, 'for none')}"
    return None


def _flat(inputs: Mapping[str, Any]) -> dict[str, str]:
    packages = inputs.get("packages")
    flat = {str(k): str(v) for k, v in packages.items()} if isinstance(packages, dict) else {}
    flat |= {name: str(inputs[name]) for name in ("python", "cutoff") if name in inputs}
    for name, given in (("pins", inputs.get("pins")), ("overrides", inputs.get("overrides", []))):
        flat[name] = ", ".join(map(str, given)) or "none" if isinstance(given, list) else "?"
    return flat


def compile_lock(environment: Environment, interpreter: Interpreter | None) -> str:
    """Resolve the environment as of its cutoff and return the text of its lock."""
    return _lock_text(environment, resolve(environment, interpreter))


def resolve(
    environment: Environment, interpreter: Interpreter | None
) -> Sequence[Mapping[str, Any]]:
    """Ask the package index for all packages of the environment, as pylock.toml (PEP 751) has them.

    ``interpreter`` runs the build scripts of packages that exist as source only.
    """
    requirements = [f"{name}=={version}" for name, version in environment.packages.items()]
    requirements += environment.pins
    command = [
        _uv(),
        "pip",
        "compile",
        "--quiet",
        "--no-header",
        "--no-progress",
        "--color=never",
        "--format=pylock.toml",
        f"--exclude-newer={environment.cutoff}",
        *(f"--exclude-newer-package={name}={_ANY_DAY}" for name in _younger(environment)),
        f"--python-version={environment.python}",
        f"--python-platform={_PLATFORM}",
        *([f"--python={interpreter.path}"] if interpreter else []),
    ]
    with tempfile.TemporaryDirectory() as folder:
        if environment.overrides:
            overrides = Path(folder, "overrides.txt")
            overrides.write_text("\n".join(environment.overrides))
            command.append(f"--overrides={overrides}")
        answer = _ask(command, requirements)
    if answer.code != 0:
        raise LockError(f"{environment.id} cannot be locked: {_why(environment, answer.output)}")
    packages: Sequence[Mapping[str, Any]] = tomllib.loads(answer.output)["packages"]
    return packages


def _younger(environment: Environment) -> list[str]:
    """Return companions of a twin of which it says the very release: that may be of a later day.

    All else stays as of the cutoff, so that it still differs from the other in that one alone.
    """
    if environment.twin is None:
        return []
    asked = (_EXACT.match(one) for one in (*environment.pins, *environment.overrides))
    return sorted({normal_name(found[1]) for found in asked if found})


def download_bytes(packages: Sequence[Mapping[str, Any]]) -> int:
    """Return how much installing downloads: of each package's fitting files the largest."""
    return sum(max(map(_file_bytes, _files(package))) for package in packages)


def _files(package: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """Return a package's wheels; its source where it has none."""
    return package.get("wheels") or [package["sdist"]]


def _file_bytes(file: Mapping[str, Any]) -> int:
    if "size" in file:
        return int(file["size"])
    local = Path(unquote(urlsplit(file["url"]).path))  # in a folder of wheels
    return local.stat().st_size if local.is_file() else 0


def _why(environment: Environment, output: str) -> str:
    for name, version in environment.packages.items():
        if version_exists(name, version) is False:
            return f"there is no {name} {version}; correct `packages` in matrix.yaml"
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    causes = [line.removeprefix("cause: ") for line in lines if line.startswith("cause: ")]
    return (causes or lines or ["uv says nothing"])[-1]


def _uv() -> str:
    program = uv.find_uv()
    if program is None:
        raise LockError("locks are made by uv, which is not installed: pip install uv")
    return program


def _ask(
    command: Sequence[str], requirements: Sequence[str], *, seconds: float = _RESOLVE_SECONDS
) -> processes.Finished:
    def ask(*options: str) -> processes.Finished:
        return processes.run(
            [*command, *uv.find_links(), *options, "-"],
            variables=uv.installer_variables(),
            seconds=seconds,
            stdin="\n".join(requirements),
        )

    answer = ask()
    if answer.code != 0 and any(asked.startswith("torch==") for asked in requirements):
        # Where no folder of wheels has it: the index of PyTorch's own CPU builds.
        answer = ask("--torch-backend=cpu")
    return answer


def _lock_text(environment: Environment, packages: Sequence[Mapping[str, Any]]) -> str:
    """Write names, versions and hashes, and nothing of where they came from.

    Where a package has wheels, only their hashes are let in: nothing is built from source that
    need not be.
    """
    sources = [package["name"] for package in packages if not package.get("wheels")]
    lines = [
        f"# {environment.id}: written by `nox -s locks`; do not edit",
        f"# for: {json.dumps(_inputs(environment))}",
    ]
    if sources:
        lines.append(f"# built from source: {', '.join(sources)}")
    for package in packages:
        hashes = sorted({f"--hash=sha256:{file['hashes']['sha256']}" for file in _files(package)})
        lines.append(" \\\n    ".join([f"{package['name']}=={package['version']}", *hashes]))
    return "\n".join(lines) + "\n"


def version_exists(name: str, version: str) -> bool | None:
    """Ask the package index whether there is that version; None if it does not answer."""
    program = uv.find_uv()
    if program is None:
        return None
    command = [program, "pip", "compile", "--quiet", "--color=never", "--no-deps"]
    answer = _ask(command, [f"{name}=={version}"], seconds=_QUESTION_SECONDS)
    if answer.code == 0 or "no wheels with a matching" in answer.output:  # for our own Python
        return True
    known = re.search("there is no version of|not found in the package registry", answer.output)
    return False if known else None


def main(argv: Sequence[str] | None = None) -> int:
    """Write the locks of the named environments (all without a name), or check them."""
    parser = argparse.ArgumentParser(prog="nox -s locks --")
    parser.add_argument("ids", nargs="*", metavar="ID")
    parser.add_argument("--matrix", type=Path, default=Path("matrix.yaml"))
    how = parser.add_mutually_exclusive_group()
    how.add_argument(
        "--check",
        action="store_true",
        help="write nothing; fail if one was made for other versions",
    )
    how.add_argument(
        "--compare", action="store_true", help="write nothing; fail if the index resolves otherwise"
    )
    arguments = parser.parse_args(argv)
    try:
        if arguments.check:
            return _check_all(arguments.matrix, arguments.ids)
        return _lock_all(arguments.matrix, arguments.ids, compare=arguments.compare)
    except CaniloadError as error:
        print(f"locks: {error}", file=sys.stderr)
        return error.exit_code


def _check_all(matrix: Path, ids: Sequence[str]) -> int:
    """Hold locks against matrix.yaml; asks no index, whose answers change from day to day."""
    wanted = _wanted(matrix, ids)
    problems = [problem for one in wanted if (problem := lock_problem(one) or _unhashed(one))]
    print("\n".join([*problems, f"{len(wanted) - len(problems)} of {len(wanted)} locks fit"]))
    return int(bool(problems))


def _unhashed(environment: Environment) -> str | None:
    path = lock_path(environment)
    _, *packages = re.split(r"^(?=[A-Za-z0-9])", path.read_text("utf-8"), flags=re.MULTILINE)
    bare = [one.split("==")[0] for one in packages if "--hash=" not in one]
    return f"{path.name}: no hash of {bare[0]}; run `nox -s locks`" if bare else None


def _lock_all(matrix: Path, ids: Sequence[str], *, compare: bool) -> int:
    wanted = _wanted(matrix, ids)
    pythons = find_pythons({one.python for one in wanted})
    stale = 0
    for environment in wanted:
        text = compile_lock(environment, pythons.get(environment.python))
        path = lock_path(environment)
        if path.is_file() and path.read_text(encoding="utf-8") == text:
            print(f"{path.stem}: up to date")
            continue
        stale += 1
        if not compare:
            path.write_text(text, encoding="utf-8")
        print(f"{path.stem}: {'the index resolves otherwise' if compare else 'written'}")
    return int(compare and stale > 0)


def _wanted(matrix: Path, ids: Sequence[str]) -> list[Environment]:
    """Return the environments of these ids, all without any, once for each of their Pythons."""
    environments = {environment.id: environment for environment in read_matrix(matrix).environments}
    if unknown := [name for name in ids if name not in environments]:
        raise UsageError(f"matrix.yaml has no environment {', '.join(unknown)}")
    return [one for name in ids or environments for one in environments[name].variants]


if __name__ == "__main__":
    sys.exit(main())
