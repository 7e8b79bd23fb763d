"""Pythons that this machine has not: what uv offers, how large it is, and how it gets here.

They go into a folder of CANILOAD_HOME and nowhere else, and are looked for there ever after.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from caniload.runner.core.errors import EnvironmentUnusable
from caniload.runner.environments import processes, uv
from caniload.runner.environments.home import Home
from caniload.runner.environments.pythons import (
    Interpreter,
    find_fetched,
    find_pythons,
    how_to_get,
)
from caniload.runner.matrix.frameworks import frameworks

_QUESTION_SECONDS = 30.0
_SIZE_SECONDS = 5.0
_USUAL = ("cpython", "default")
_ONE_AT_A_TIME = threading.Lock()
_FAILED: dict[Path, str] = {}
"""What could not be fetched, by this process: the next environment does not wait for it again."""


@dataclass(frozen=True)
class Offer(Interpreter):
    """A Python that can be fetched: ``path`` is where it will be."""

    key: str
    url: str


def here(minors: Iterable[str], home: Home) -> dict[str, Interpreter]:
    """Return this machine's own Pythons, and of the rest those that were fetched before."""
    wanted = list(dict.fromkeys(minors))
    found = find_pythons(wanted)
    return found | find_fetched([one for one in wanted if one not in found], home.pythons)


def can_be_fetched(minor: str) -> bool:
    return not frameworks().lacks(minor, "uv")


def offers(minors: Iterable[str], home: Home) -> list[Offer]:
    """Ask uv for all of these minor versions, newest first; none where nothing is fetched.

    It knows them by heart, or from the list that it is told to use.
    """
    wanted = {one for one in minors if can_be_fetched(one)}
    program = uv.find_uv()
    if not wanted or program is None or not home.fetches:
        return []
    command = [program, "python", "list", "--only-downloads", "--all-versions", "--color=never"]
    finished = processes.run(
        [*command, "--output-format=json"],
        variables=uv.installer_variables(home),
        seconds=_QUESTION_SECONDS,
    )
    try:
        listed = json.loads(finished.output)
        usual = [one for one in listed if (one["implementation"], one["variant"]) == _USUAL]
        return [offer for one in usual if (offer := _offer(one, home)).minor in wanted]
    except (ValueError, KeyError, TypeError):
        return []


def _offer(listed: Mapping[str, str], home: Home) -> Offer:
    minor = ".".join(listed["version"].split(".")[:2])
    path = home.pythons / listed["key"] / "bin" / f"python{minor}"
    return Offer(path, listed["version"], listed["key"], listed["url"])


def sizes(offered: Sequence[Offer]) -> dict[str, int | None]:
    """Ask for the bytes of each download by its version; None where nobody answers."""
    if not offered:
        return {}
    with ThreadPoolExecutor(len(offered)) as threads:
        answers = threads.map(_size, offered)
        return dict(zip([one.version for one in offered], answers, strict=True))


def _size(offer: Offer) -> int | None:
    import urllib.request  # noqa: PLC0415 - few commands ask a server

    from caniload.runner.environments.certificates import trust  # noqa: PLC0415

    request = urllib.request.Request(offer.url, method="HEAD")  # noqa: S310 - uv's, or the user's
    try:
        with urllib.request.urlopen(request, timeout=_SIZE_SECONDS, context=trust()) as answer:  # noqa: S310
            return int(answer.headers["Content-Length"])
    except (OSError, ValueError, TypeError):
        return None


def as_line(found: Mapping[str, int | None], home: Home) -> str:
    """Say what will be fetched, how large it is, and where it goes."""
    told = [
        f"{version} ({f'{size / 1e6:.0f} MB' if size is not None else 'size not known'})"
        for version, size in found.items()
    ]
    return f"Python to fetch with uv into {home.pythons}: {', '.join(told)}"


def ready(interpreter: Interpreter, home: Home, *, seconds: float) -> Interpreter:
    """Return the interpreter, fetched if need be; ``EnvironmentUnusable`` has uv's reason."""
    if not isinstance(interpreter, Offer):
        return interpreter
    with _ONE_AT_A_TIME:
        if interpreter.path not in _FAILED and not interpreter.path.exists():
            said = _fetch(interpreter, home, seconds)
            if said is not None:
                _FAILED[interpreter.path] = said
    found = find_fetched([interpreter.minor], home.pythons).get(interpreter.minor)
    if found is None:
        why = _FAILED.get(interpreter.path, "what came does not run here")
        raise EnvironmentUnusable(
            f"needs Python {interpreter.minor}, which cannot be fetched: {why}; "
            f"{how_to_get(interpreter.minor)}"
        )
    return found


def _fetch(offer: Offer, home: Home, seconds: float) -> str | None:
    """Have uv install it, without links elsewhere; return why that failed."""
    program = uv.find_uv()
    if program is None:
        return "uv is not installed"
    home.pythons.mkdir(parents=True, exist_ok=True)
    command = [program, "python", "install", "--no-progress", "--color=never"]
    finished = processes.run(
        [*command, f"--install-dir={home.pythons}", offer.key],
        variables={**uv.installer_variables(home), "UV_PYTHON_INSTALL_BIN": "0"},
        seconds=seconds,
        cwd=home.pythons,  # no project's .python-version
    )
    if finished.code == 0:
        return None
    if finished.code is None:
        return f"it did not end within {seconds:.0f} s"
    lines = [line.strip() for line in finished.output.splitlines() if line.strip()]
    causes = [line.removeprefix("cause: ") for line in lines if line.startswith("cause: ")]
    return f"uv says: {(causes or lines or ['nothing'])[-1][:200]}"
