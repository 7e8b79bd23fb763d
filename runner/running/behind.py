"""One command behind a wall, or without one: run to its end, and what it wrote read with care."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from caniload.runner.environments import processes
from caniload.runner.sandbox import watching
from caniload.runner.sandbox.blaming import suspicion
from caniload.runner.sandbox.walls import Cage

LOOKING = 0.5
"""Seconds between two looks at how much a command has written and how much memory it has."""


@dataclass(frozen=True, kw_only=True)
class Ended:
    """``code`` and ``output`` are as of ``processes.run``; ``stopped`` says which limit it met."""

    code: int | None
    output: str
    stopped: str | None = None


def run(
    command: Sequence[str],
    cage: Cage | None,
    *,
    variables: Mapping[str, str],
    folder: Path,
    seconds: float,
) -> Ended:
    """Run a command in a folder, which behind a wall is one that it may write."""
    own = {"TMPDIR": str(folder)}
    if cage is None:
        found = processes.run(command, variables={**variables, **own}, seconds=seconds, cwd=folder)
        return Ended(code=found.code, output=found.output)
    stopped: list[str] = []
    over = threading.Event()

    def begun(pid: int) -> None:
        def weigh() -> None:
            while not over.wait(LOOKING):
                if (why := cage.overgrown()) is not None:
                    stopped.append(why)
                    cage.end(pid)
                    return

        threading.Thread(target=weigh, daemon=True).start()

    cage.hand_over()
    try:
        found = processes.run(
            cage.command(command),
            variables={**cage.variables(), **own},
            seconds=seconds,
            cwd=folder,
            ending=cage.end,
            begun=begun,
        )
    finally:
        over.set()
    if not stopped and found.code not in (0, None):
        died = {"kind": "signal" if found.code < 0 else "exit", "signal": None}
        said = suspicion(None, died, found.output[-20_000:], cage.hides)
        stopped += [said] if said is not None else []
    return Ended(code=found.code, output=found.output, stopped=next(iter(stopped), None))


def facts(path: Path, cage: Cage | None) -> dict[str, Any] | None:
    """Return what a script wrote down, or ``None``."""
    if cage is not None and watching.unplain(path, cage.writable) is not None:
        return None
    return watching.read_json(path)


def without_walled(found: dict[str, Any], cage: Cage | None, walled: list[str]) -> dict[str, Any]:
    """Return facts in which what the wall may have stopped is a fault of ours, and note it."""
    if cage is None:
        return found
    tries = [without_walled(one, cage, walled) for one in found.get("tries") or ()]
    found = {**found, "tries": tries} if "tries" in found else found
    error = found.get("error")
    why = suspicion(error, None, "", cage.hides) if error else None
    if why is None:
        return found
    walled.append(why)
    ours = {"type": "Unusable", "message": why, "traceback": error["traceback"] if error else []}
    return {**found, "error": ours, "phase": "start"}
