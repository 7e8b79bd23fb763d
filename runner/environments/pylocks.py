"""The lock of an environment -> pylock.toml (PEP 751), which pip, uv and others install from.

Ours has versions and hashes; where the files lie only the package index knows, so it is asked. A
file is in it only if its hash is in our lock: what is installed from the one is what is installed
from the other.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from caniload.runner.core.errors import CaniloadError
from caniload.runner.core.shipped import LOCKS
from caniload.runner.environments import processes, uv
from caniload.runner.environments.locking import LockError, lock_path, locked_versions, normal_name
from caniload.runner.matrix.schema import Environment

_SECONDS = 300.0
_PACKAGE = re.compile(r"^(?=[A-Za-z0-9])", re.MULTILINE)
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")
_PLATFORM = "x86_64-manylinux_2_28"
_MARKER = "sys_platform == 'linux' and platform_machine == 'x86_64'"


def pylock(environment: Environment, locks: Path = LOCKS) -> str:
    """Return the text of ``pylock.<id>.toml``; ``LockError``: the index has not what is locked."""
    text = lock_path(environment, locks).read_text("utf-8")
    hashes = locked_hashes(text)
    found = _asked(environment, locked_versions(text))
    return "\n".join(_lines(environment, kept(found, hashes))) + "\n"


def locked_hashes(text: str) -> dict[str, set[str]]:
    """Return the sha256 of each package's files that a lock lets in."""
    found = {}
    for part in _PACKAGE.split(text):
        name, pinned, _ = part.partition("==")
        if pinned and not part.startswith("#"):
            found[normal_name(name)] = {*_HASH.findall(part)}
    return found


def kept(
    packages: Sequence[Mapping[str, Any]], hashes: Mapping[str, set[str]]
) -> list[dict[str, Any]]:
    """Return the packages with the files that are locked; ``LockError`` where one has none."""
    made = []
    for package in packages:
        name = normal_name(package["name"])
        wheels = [one for one in package.get("wheels", ()) if _sha256(one) in hashes[name]]
        sdist = package.get("sdist")
        sdist = sdist if sdist and not wheels and _sha256(sdist) in hashes[name] else None
        if not wheels and sdist is None:
            raise LockError(
                f"the package index has no file of {name} {package['version']} with a hash of the"
                " lock; another index may have it"
            )
        made.append({**package, "wheels": wheels, "sdist": sdist})
    return made


def _sha256(file: Mapping[str, Any]) -> str:
    return str(file.get("hashes", {}).get("sha256", ""))


def _asked(environment: Environment, pins: Mapping[str, str]) -> list[dict[str, Any]]:
    program = uv.find_uv()
    if program is None:
        raise LockError(
            "where the files lie is asked by uv, which is not installed: pip install uv"
        )
    command = [
        *(program, "pip", "compile", "--quiet", "--no-header", "--no-progress", "--color=never"),
        *("--format=pylock.toml", "--no-deps"),
        f"--python-version={environment.python}",
        f"--python-platform={_PLATFORM}",
        *uv.find_links(),
    ]
    wanted = "\n".join(f"{name}=={version}" for name, version in pins.items())
    answer = processes.run(
        [*command, "-"], variables=uv.installer_variables(), seconds=_SECONDS, stdin=wanted
    )
    if answer.code != 0:
        lines = [line.strip() for line in answer.output.splitlines() if line.strip()]
        raise LockError(
            f"{environment.id} cannot be exported: {(lines or ['uv says nothing'])[-1]}"
        )
    try:
        found: list[dict[str, Any]] = tomllib.loads(answer.output)["packages"]
    except (ValueError, KeyError) as error:
        raise CaniloadError(f"uv's answer cannot be read: {error}") from error
    return found


def _lines(environment: Environment, packages: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    yield 'lock-version = "1.0"'
    yield 'created-by = "caniload"'
    yield f'requires-python = "=={environment.python}.*"'
    yield f"environments = [{json.dumps(_MARKER)}]"
    for package in packages:
        yield ""
        yield "[[packages]]"
        yield f"name = {json.dumps(normal_name(package['name']))}"
        yield f"version = {json.dumps(package['version'])}"
        if package["sdist"]:
            yield f"sdist = {_file(package['sdist'])}"
        if package["wheels"]:
            yield "wheels = ["
            yield from (f"    {_file(one)}," for one in package["wheels"])
            yield "]"


def _file(file: Mapping[str, Any]) -> str:
    told = {key: file[key] for key in ("name", "url", "path") if key in file}
    if "url" in told:  # a user and a password are no part of a file that travels
        split = urlsplit(told["url"])
        told["url"] = split._replace(netloc=split.netloc.rpartition("@")[2]).geturl()
    parts = [f"{key} = {json.dumps(value)}" for key, value in told.items()]
    if "size" in file:
        parts.append(f"size = {int(file['size'])}")
    return f'{{ {", ".join(parts)}, hashes = {{ sha256 = "{_sha256(file)}" }} }}'
