"""The package index that uv or pip is configured for, asked for the releases of packages."""

from __future__ import annotations

import base64
import configparser
import http.client
import os
import sys
import urllib.error
import urllib.request
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import unquote, urlsplit, urlunsplit

from caniload.runner.core.errors import CaniloadError
from caniload.runner.environments import processes, uv
from caniload.runner.environments.certificates import trust
from caniload.runner.environments.locking import normal_name
from caniload.runner.packages import simpleapi
from caniload.runner.packages.listing import Release

_SECONDS = 60.0
_QUESTION_SECONDS = 30.0
_REMEDY = "check the network, the proxy or UV_DEFAULT_INDEX, then run again"


class IndexUnusable(CaniloadError):  # noqa: N818 - named as the other facts about this machine
    """The package index is not configured, cannot be reached, or answers with something else."""


def releases(packages: Iterable[str]) -> dict[str, tuple[Release, ...]]:
    """Ask the index for each package; one that it does not have has no releases."""
    names = sorted({normal_name(package) for package in packages})
    base = index_url()
    with ThreadPoolExecutor(len(names)) as threads:
        answers = threads.map(lambda name: _ask(base, name), names)
        return dict(zip(names, answers, strict=True))


def index_url(variables: Mapping[str, str] = os.environ) -> str:
    """Return the index that uv would ask; where nobody told uv of one, pip's.

    uv's default is had from uv itself, by asking once with all configuration and once with none.
    """
    if variables.get("UV_OFFLINE", "") not in {"", "0", "false"}:
        raise IndexUnusable("UV_OFFLINE is set, so the package index is not asked; unset it")
    asked = _uv_says(variables)
    plain = {name: variables[name] for name in ("HOME", "PATH") if name in variables}
    chosen = asked if asked != _uv_says(plain, "--no-config") else _pip_says(variables) or asked
    if chosen is None:
        raise IndexUnusable("no package index is configured; set UV_DEFAULT_INDEX or PIP_INDEX_URL")
    if not _is_address(chosen):  # which is not shown: it may hold a password
        raise IndexUnusable(
            "the package index has no usable address; characters such as / and # in a password"
            f" are written %2F and %23; {_REMEDY}"
        )
    return chosen.rstrip("/")


def _is_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
        _ = parts.port  # parsed when asked for
    except ValueError:
        return False
    return bool(parts.scheme and parts.hostname) and "@" not in f"{parts.path}{parts.fragment}"


def _uv_says(variables: Mapping[str, str], *options: str) -> str | None:
    program = uv.find_uv()
    if program is None:
        return None
    command = [program, "pip", "compile", "--quiet", "--no-header", "--emit-index-url"]
    finished = processes.run(
        [*command, *options, "-"], variables=variables, seconds=_QUESTION_SECONDS
    )
    said = [line.split() for line in finished.output.splitlines()]
    return next((words[1] for words in said if words[:1] == ["--index-url"]), None)


def _pip_says(variables: Mapping[str, str]) -> str | None:
    """Return pip's index: its variable goes before its files, the user's before the machine's."""
    if named := variables.get("PIP_INDEX_URL"):
        return named
    home = Path(variables.get("HOME", "~")).expanduser()
    settings = Path(variables.get("XDG_CONFIG_HOME") or home / ".config")
    files = (
        Path("/etc/pip.conf"),
        home / ".pip" / "pip.conf",
        settings / "pip" / "pip.conf",
        Path(sys.prefix) / "pip.conf",
        *([Path(variables["PIP_CONFIG_FILE"])] if "PIP_CONFIG_FILE" in variables else []),
    )
    read = configparser.RawConfigParser(strict=False)
    try:
        read.read(files, encoding="utf-8")
    except (configparser.Error, UnicodeDecodeError) as error:
        raise IndexUnusable(
            f"pip's configuration cannot be read: {error}".splitlines()[0]
        ) from error
    return read.get("global", "index-url", fallback=None)


def _ask(base: str, package: str) -> tuple[Release, ...]:
    """Return the releases of one package; credentials stay out of what is said of a failure."""
    parts = urlsplit(base)
    place = parts.netloc.rpartition("@")[2]
    try:
        address = urlunsplit((parts.scheme, place, f"{parts.path}/{package}/", "", ""))
        request = urllib.request.Request(  # noqa: S310 - the index is the user's own choice
            address, headers={"Accept": simpleapi.ACCEPT}
        )
        for name, value in _credentials(parts.username, parts.password).items():
            request.add_unredirected_header(name, value)  # another host is not to have them
        with urllib.request.urlopen(request, timeout=_SECONDS, context=trust()) as answer:  # noqa: S310
            text = answer.read().decode("utf-8", "replace")
            return simpleapi.read(package, answer.headers.get("Content-Type", ""), text)
    except urllib.error.HTTPError as error:
        if error.code == http.HTTPStatus.NOT_FOUND:
            return ()
        reason = f"answers {error.code} {error.reason} about {package}"
    except urllib.error.URLError as error:
        reason = f"cannot be reached ({error.reason})"
    except (OSError, http.client.HTTPException) as error:
        reason = f"cannot be reached ({error})"
    except ValueError as error:
        reason = f"does not answer as an index about {package} ({error})"
    raise IndexUnusable(f"the package index {place} {reason}; {_REMEDY}")


def _credentials(user: str | None, password: str | None) -> dict[str, str]:
    if user is None:
        return {}
    pair = f"{unquote(user)}:{unquote(password or '')}".encode()
    return {"Authorization": f"Basic {base64.b64encode(pair).decode()}"}
