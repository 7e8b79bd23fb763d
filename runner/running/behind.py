"""One command behind a wall, or without one: run to its end, and what it wrote read with care."""

from __future__ import annotations

import math
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from caniload.runner.environments import processes
from caniload.runner.running import weighing
from caniload.runner.sandbox import watching
from caniload.runner.sandbox.blaming import suspicion
from caniload.runner.sandbox.walls import Cage

LOOKING = 0.5
"""Seconds between two looks at how much a command has written and how much memory it has."""


@dataclass(frozen=True, kw_only=True)
class Ended:
    """``code`` and ``output`` are as of ``processes.run``; ``stopped`` says which limit it met.

    ``heavy`` says that it used more memory than it may: that is no limit of a wall's.
    """

    code: int | None
    output: str
    stopped: str | None = None
    heavy: bool = False


def run(
    command: Sequence[str],
    cage: Cage | None,
    *,
    variables: Mapping[str, str],
    folder: Path,
    seconds: float,
    memory_mb: float = math.inf,
) -> Ended:
    """Run a command in a folder, which behind a wall is one that it may write.

    It is ended where it and all that it has started use more memory than ``memory_mb``.
    """
    own = {"TMPDIR": str(folder)}
    stopped: list[str] = []
    heavy: list[float] = []
    over = threading.Event()

    def begun(pid: int) -> None:
        def weigh() -> None:
            while not over.wait(LOOKING):
                if cage is not None and (why := cage.overgrown()) is not None:
                    stopped.append(why)
                elif memory_mb < math.inf and (used := weighing.tree_mb(pid)) > memory_mb:
                    heavy.append(used)
                else:
                    continue
                (watching.end_tree if cage is None else cage.end)(pid)
                return

        threading.Thread(target=weigh, daemon=True).start()

    if cage is not None:
        cage.hand_over()
        command, variables = cage.command(command), cage.variables()
    try:
        found = processes.run(
            command,
            variables={**variables, **own},
            seconds=seconds,
            cwd=folder,
            ending=None if cage is None else cage.end,
            begun=begun,
        )
    finally:
        over.set()
        if cage is None:
            watching.end_strays(folder)  # what left the group: behind a wall all ends with it
    if cage is not None and not stopped and not heavy and found.code not in (0, None):
        died = {"kind": "signal" if found.code < 0 else "exit", "signal": None}
        said = suspicion(None, died, found.output[-20_000:], cage.hides)
        stopped += [said] if said is not None else []
    why = next(iter(stopped), None)
    return Ended(code=found.code, output=found.output, stopped=why, heavy=bool(heavy))


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
